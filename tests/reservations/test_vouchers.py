"""Bookings of firms that vouchers cover a part of: how much, by which limit, what is held, and why nothing is."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.clock import local_date
from booking.programmes.rules import Excluded
from booking.reservations.refusals import ReservationRefused
from booking.reservations.service import ask
from booking.reservations.vouching import VoucherUse, Vouching
from booking.reservations.wishes import Answer
from booking.vouchers.plans import Plan
from models.reservations import Reservation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.programmes import Limit, Reason
from models.vocabulary.vouchers import VoucherState
from models.vouchers import Voucher, VoucherHold, VoucherWish
from tests.factories.affiliations import affiliate
from tests.factories.instruments import make_instrument
from tests.factories.looking import count
from tests.factories.people import give, make_user
from tests.factories.prices import make_hourly_price
from tests.factories.vouchers import make_firm
from tests.reservations.acting import codes
from tests.reservations.firms import HOURLY, NO_VOUCHER, Firm, automatic, named


@pytest.fixture
def firm(session: Session, now: datetime) -> Firm:
    return Firm(session, now)


def asked(firm: Firm, hours: float, vouching: Vouching | None = None, **more: Any) -> Answer:
    return ask(firm.session, firm.wish(9, hours * 60, vouching, **more), actor=firm.actor(), now=firm.now)


def planned(answer: Answer) -> Plan:
    assert answer.payment is not None
    assert answer.payment.covering is not None
    return answer.payment.covering.plan(answer.payment.cost(answer.period), answer.period)


def test_thirty_per_cent_of_two_thousand_yuan_is_held_in_the_voucher_and_the_rest_in_the_account(firm: Firm) -> None:
    voucher = firm.issue(1_000_000)

    found = planned(asked(firm, 2))
    made = firm.book(9, 120)

    assert (found.covered_fen, found.own_fen, found.limits) == (60_000, 140_000, (Limit.SHARE,))
    assert (made.uses_vouchers, made.payer_account_id) == (True, firm.payer.id)
    assert (firm.amounts(voucher), firm.paid()) == ((940_000, 60_000), 140_000)


def test_who_redeems_their_voucher_pays_in_full_first(firm: Firm) -> None:
    voucher = firm.issue(1_000_000, redeemed_by="enterprise")

    found = planned(asked(firm, 1))
    firm.book(9, 60)

    assert (found.expected_fen, found.deducted_fen, found.own_fen) == (30_000, 0, 100_000)
    assert (firm.amounts(voucher), firm.paid()) == ((970_000, 30_000), 100_000)


def test_a_voucher_that_lives_elsewhere_is_chosen_like_ours_and_two_bookings_do_not_count_on_the_same_of_it(
    firm: Firm,
) -> None:
    voucher = firm.register(40_000)

    first = planned(asked(firm, 1, named(voucher)))
    firm.book(9, 60, named(voucher))
    second = planned(asked(firm, 1, named(voucher), day=2))
    firm.book(9, 60, named(voucher), day=2)
    with pytest.raises(ReservationRefused):
        firm.book(9, 60, named(voucher), day=3)
    firm.session.rollback()

    assert (first.expected_fen, first.own_fen, first.limits) == (30_000, 100_000, (Limit.SHARE,))
    assert (second.expected_fen, second.own_fen, second.limits) == (10_000, 100_000, (Limit.CREDIT,))
    assert (firm.amounts(voucher), firm.paid()) == ((0, 40_000), 200_000)


@pytest.mark.parametrize(
    ("said", "face", "covered", "limit"),
    [
        pytest.param({"year_cap_fen": 45_000}, 1_000_000, 45_000, Limit.YEAR_CAP, id="the cap inside one booking"),
        pytest.param({}, 50_000, 50_000, Limit.CREDIT, id="the credit"),
        pytest.param({"budget_fen": 55_000}, 1_000_000, 55_000, Limit.BUDGET, id="the budget that uses reserve"),
        pytest.param({}, 1_000_000, 60_000, Limit.SHARE, id="the share"),
    ],
)
def test_the_limit_that_decides_is_told_and_held(
    firm: Firm, said: dict[str, Any], face: int, covered: int, limit: Limit
) -> None:
    voucher = firm.issue(face, **said)

    found = planned(asked(firm, 2))
    firm.book(9, 120)

    assert (found.covered_fen, found.limits) == (covered, (limit,))
    assert (firm.amounts(voucher), firm.paid()) == ((face - covered, covered), 2 * HOURLY - covered)
    assert firm.session.scalars(select(VoucherHold.decided_by)).one() == [limit.value]


def test_half_a_fen_is_rounded_up(session: Session, now: datetime) -> None:
    firm = Firm(session, now, hourly_fen=15)
    voucher = firm.issue(1_000_000)

    firm.book(9, 60)

    assert (firm.amounts(voucher), firm.paid()) == ((999_995, 5), 10)


def test_the_voucher_that_ends_first_is_used_first_and_the_second_fills_its_share(firm: Firm) -> None:
    later, sooner = firm.issue(1_000_000), firm.issue(20_000, use_by="2026-12-15")

    firm.book(9, 120)

    assert (firm.amounts(sooner), firm.amounts(later)) == ((0, 20_000), (960_000, 40_000))
    assert firm.paid() == 140_000


def test_one_that_is_named_alone_is_used(firm: Firm) -> None:
    later, sooner = firm.issue(1_000_000), firm.issue(20_000, use_by="2026-12-15")

    firm.book(9, 120, named(later))

    assert (firm.amounts(sooner), firm.amounts(later)) == ((20_000, 0), (940_000, 60_000))


def test_what_is_declared_is_kept_and_excludes(firm: Firm) -> None:
    voucher = firm.issue(1_000_000)

    with pytest.raises(ReservationRefused) as refused:
        firm.book(9, 120, named(voucher, is_related=True))
    firm.session.rollback()
    made = firm.book(9, 120, automatic(is_related=True))
    kept = firm.book(12, 60, automatic(is_funded=True))

    [refusal] = refused.value.refusals
    assert (str(refusal.code), refusal.values["plan"].reasons) == (
        "voucher_covers_nothing",
        (Excluded(Reason.RELATED_DECLARED),),
    )
    assert [str(one.action) for one in refusal.remedies] == ["no_voucher"]
    assert (made.uses_vouchers, kept.uses_vouchers, firm.amounts(voucher)) == (False, True, (970_000, 30_000))
    wish = firm.session.scalars(select(VoucherWish)).one()
    assert (wish.reservation_id, wish.is_funded, wish.declared_by_id) == (kept.id, True, firm.agent.id)


def test_a_firm_covers_nothing_on_instruments_of_its_own(firm: Firm) -> None:
    own = make_instrument(firm.session, firm.firm, policy={"closes_on_holidays": False})
    make_hourly_price(firm.session, own, HOURLY, firm.admin)
    voucher = firm.issue(1_000_000)
    firm.instrument = own

    found = planned(asked(firm, 1))
    made = firm.book(9, 60)

    assert Excluded(Reason.SAME_LEGAL_PERSON) in found.reasons
    assert (made.uses_vouchers, firm.amounts(voucher)) == (False, (1_000_000, 0))


def test_nothing_is_booked_behind_the_last_day_of_a_voucher_that_is_named(firm: Firm) -> None:
    sooner, later = firm.issue(1_000_000, use_by="2026-11-25"), firm.issue(1_000_000)

    with pytest.raises(ReservationRefused) as refused:
        firm.book(9, 120, named(sooner), day=5)
    firm.session.rollback()

    [refusal] = refused.value.refusals
    assert (str(refusal.code), refusal.values["last_day"]) == ("voucher_after_use_by", date(2026, 11, 25))
    cures = [(str(one.action), one.voucher.id if one.voucher else None) for one in refusal.remedies]
    assert cures[:2] == [("use_voucher", later.id), ("no_voucher", None)]
    assert count(firm.session, Reservation) == 0
    assert firm.amounts(sooner) == (1_000_000, 0)


def test_a_use_over_the_midnight_of_the_last_day_is_held_as_one_of_the_day_on_which_it_begins(firm: Firm) -> None:
    voucher = firm.issue(1_000_000, use_by="2026-11-24")

    made = firm.book(23.5, 60, named(voucher))
    held = firm.amounts(voucher)
    with pytest.raises(ReservationRefused) as refused:
        firm.book(2, 60, named(voucher), day=2)

    days = [local_date(one - timedelta(minutes=1)) for one in (made.starts_at, made.ends_at)]
    assert days == [date(2026, 11, 24), date(2026, 11, 25)]
    assert held == (970_000, 30_000)
    assert [str(one.code) for one in refused.value.refusals] == ["voucher_after_use_by"]


def test_automatic_books_without_and_says_why_nothing_is_covered(firm: Firm) -> None:
    firm.issue(1_000_000, use_by="2026-11-25")

    answer = asked(firm, 2, day=5)
    made = firm.book(9, 120, day=5)

    assert answer.allowed
    assert [one.reason for one in planned(answer).reasons] == [Reason.AFTER_USE_BY]
    assert (made.uses_vouchers, firm.paid()) == (False, 200_000)


def test_a_frozen_voucher_is_not_offered_and_holds_nothing_new(firm: Firm) -> None:
    voucher = firm.issue(1_000_000)
    made = firm.book(9, 60)
    firm.session.get_one(Voucher, voucher.id).state = VoucherState.FROZEN
    firm.session.commit()

    with pytest.raises(ReservationRefused) as refused:
        firm.book(12, 60, named(voucher))
    firm.session.rollback()
    without = firm.book(12, 60)

    assert codes(refused.value) == ["voucher_unknown"]
    assert (made.uses_vouchers, without.uses_vouchers) == (True, False)
    assert (firm.amounts(voucher)[1], firm.paid()) == (30_000, 70_000 + 100_000)


def test_a_voucher_of_another_firm_is_as_unknown_as_one_that_is_not_there(firm: Firm) -> None:
    theirs = firm.issue(1_000_000, make_firm(firm.session))

    for own in (False, True):
        if own:
            firm.issue(1_000_000)
        found = []
        for number in (theirs.id, 999_999):
            with pytest.raises(ReservationRefused) as refused:
                firm.book(9, 120, Vouching(VoucherUse.NAMED, number))
            firm.session.rollback()
            found.append([(str(one.code), one.values, one.remedies) for one in refused.value.refusals])
        assert found[0] == found[1]
        assert [one[0] for one in found[0]] == ["voucher_unknown"]
    assert count(firm.session, Reservation) == 0
    assert firm.amounts(theirs) == (1_000_000, 0)


def test_who_belongs_to_the_firm_uses_its_vouchers_and_a_stranger_none(firm: Firm) -> None:
    voucher = firm.issue(1_000_000)
    member, stranger = make_user(firm.session, "member"), make_user(firm.session, "stranger")
    affiliate(firm.session, member, firm.firm)

    theirs, other = firm.book(9, 60, by=member), firm.book(12, 60, by=stranger)

    assert (theirs.uses_vouchers, other.uses_vouchers) == (True, False)
    assert firm.amounts(voucher) == (970_000, 30_000)


def test_of_two_firms_one_is_named(firm: Firm) -> None:
    second = make_firm(firm.session)
    give(firm.session, firm.agent, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, second.id)
    first_voucher, second_voucher = firm.issue(1_000_000), firm.issue(1_000_000, second)

    answer = asked(firm, 1)
    unsaid = firm.book(9, 60)
    said = firm.book(12, 60, Vouching(organisation_id=second.id))

    assert answer.payment is not None
    assert answer.payment.covering is not None
    assert (answer.payment.covering.is_open, unsaid.uses_vouchers, said.uses_vouchers) == (True, False, True)
    assert (firm.amounts(first_voucher), firm.amounts(second_voucher)) == ((1_000_000, 0), (970_000, 30_000))


def test_a_booking_without_vouchers_stores_nothing_about_them(firm: Firm) -> None:
    voucher = firm.issue(1_000_000)

    made = firm.book(9, 120, NO_VOUCHER)

    assert (made.uses_vouchers, firm.amounts(voucher), firm.paid()) == (False, (1_000_000, 0), 200_000)
    assert (count(firm.session, VoucherWish), count(firm.session, VoucherHold)) == (0, 0)


def test_the_account_need_hold_the_own_part_only(session: Session, now: datetime) -> None:
    firm = Firm(session, now, credit_fen=150_000)
    voucher = firm.issue(1_000_000)

    with pytest.raises(ReservationRefused) as refused:
        firm.book(9, 120, NO_VOUCHER)
    session.rollback()
    with pytest.raises(ReservationRefused) as longer:
        firm.book(9, 240)
    session.rollback()
    firm.book(9, 120)

    assert codes(refused.value) == codes(longer.value) == ["payer_short"]
    shorter = next(one for one in longer.value.refusals[0].remedies if str(one.action) == "shorten")
    assert longer.value.refusals[0].values["needed_fen"] == 280_000
    assert shorter.ends_at is not None
    assert shorter.starts_at is not None
    assert (shorter.ends_at - shorter.starts_at).total_seconds() == 2 * 3600
    assert (firm.amounts(voucher), firm.paid()) == ((940_000, 60_000), 140_000)
