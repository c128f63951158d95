"""Every change of a booking that vouchers cover a part of sets what they hold, or lets it go."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.payers.holds import for_reservation
from booking.reservations import approval
from booking.reservations.cancelling import cancel_reservation
from booking.reservations.choosing_payer import choose_payer
from booking.reservations.editing import edit_reservation
from booking.reservations.handing_over import hand_over_bookings
from booking.reservations.letting_go import due_to_let_go, let_go_of_lost
from booking.reservations.moving import move_reservation
from booking.reservations.refusals import ReservationRefused
from booking.reservations.vouching import Vouching
from booking.reservations.wishes import Details, Paying
from booking.vouchers.wishing import wish_of
from models.accounts import Grant
from models.custody import OwnerChange
from models.payers import PayerAccount
from models.reservations import Reservation, ReservationChange
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.custody import OwnerChangeState
from models.vocabulary.reservations import ChangeKind
from tests.factories.people import give, make_user
from tests.factories.vouchers import make_firm
from tests.reservations.acting import at, codes
from tests.reservations.firms import NO_VOUCHER, Firm, automatic, named


@pytest.fixture
def firm(session: Session, now: datetime) -> Firm:
    return Firm(session, now)


@pytest.fixture
def careful(session: Session, now: datetime) -> Firm:
    return Firm(session, now, needs_approval=True)


def move(firm: Firm, made: Reservation, hour: float, minutes: float, *, day: int = 1, **more: Any) -> Reservation:
    return firm.do(move_reservation, made.id, at(hour, minutes, day), **more)  # type: ignore[no-any-return]


def with_vouchers(vouching: Vouching) -> Paying:
    return Paying(vouching=vouching)


def test_moves_hold_what_the_new_time_is_covered_and_cancelling_gives_everything_back(firm: Firm) -> None:
    voucher = firm.issue(1_000_000)
    made = firm.book(9, 120, day=4)

    move(firm, made, 9, 240, day=4)
    longer = firm.amounts(voucher), firm.paid()
    move(firm, made, 9, 60, day=4)
    shorter = firm.amounts(voucher), firm.paid()
    firm.do(cancel_reservation, made.id)

    assert longer == ((880_000, 120_000), 280_000)
    assert shorter == ((970_000, 30_000), 70_000)
    assert (firm.amounts(voucher), firm.paid()) == ((1_000_000, 0), 0)


def test_what_holds_a_voucher_is_not_moved_behind_its_last_day_by_anybody(firm: Firm) -> None:
    voucher = firm.issue(1_000_000, use_by="2026-11-25")
    made = firm.book(10, 60)

    with pytest.raises(ReservationRefused) as own:
        move(firm, made, 9, 60, day=5)
    firm.session.rollback()
    with pytest.raises(ReservationRefused) as staff:
        move(firm, made, 9, 60, day=5, by=firm.admin, reason="检修")
    firm.session.rollback()
    moved = move(firm, made, 9, 60, day=5, paying=with_vouchers(NO_VOUCHER))

    assert (codes(own.value), codes(staff.value)) == (["voucher_after_use_by"], ["voucher_of_holder"])
    assert "no_voucher" in {str(one.action) for one in own.value.refusals[0].remedies}
    assert (moved.starts_at, firm.amounts(voucher), firm.paid()) == (at(9, 60, 5).start, (1_000_000, 0), 100_000)


def test_while_a_move_waits_enough_is_held_for_either_time(careful: Firm) -> None:
    voucher = careful.issue(1_000_000)
    made = careful.book(9, 60)
    careful.do(approval.confirm_reservation, made.id, by=careful.admin)

    move(careful, made, 12, 180)
    waiting = careful.amounts(voucher), careful.paid()
    careful.do(approval.confirm_reservation, made.id, by=careful.admin)

    assert waiting == ((910_000, 90_000), 210_000)
    assert (careful.amounts(voucher), careful.paid()) == ((910_000, 90_000), 210_000)


@pytest.mark.parametrize("end", ["rejected", "withdrawn", "lapsed"])
def test_a_move_that_comes_to_nothing_gives_back_what_it_asked_for(careful: Firm, end: str) -> None:
    voucher = careful.issue(1_000_000)
    made = careful.book(9, 60, day=3)
    careful.do(approval.confirm_reservation, made.id, by=careful.admin)
    move(careful, made, 12, 180, day=3)

    if end == "rejected":
        careful.do(approval.reject_reservation, made.id, reason="检修", by=careful.admin)
    elif end == "withdrawn":
        move(careful, made, 9, 60, day=3)
    else:
        approval.lapse_reservation(careful.session, made.id, now=careful.now + timedelta(days=40))
        careful.session.commit()

    assert (careful.amounts(voucher), careful.paid()) == ((970_000, 30_000), 70_000)


@pytest.mark.parametrize("end", ["rejected", "lapsed"])
def test_a_request_that_ends_gives_everything_back(careful: Firm, end: str) -> None:
    voucher = careful.issue(1_000_000)
    made = careful.book(9, 60)

    if end == "rejected":
        careful.do(approval.reject_reservation, made.id, reason="检修", by=careful.admin)
    else:
        approval.lapse_reservation(careful.session, made.id, now=careful.now + timedelta(days=40))
        careful.session.commit()

    assert (careful.amounts(voucher), careful.paid()) == ((1_000_000, 0), 0)


def test_more_samples_are_covered_in_part(session: Session, now: datetime) -> None:
    firm = Firm(session, now, price={"sample_fen": 10_000})
    voucher = firm.issue(1_000_000)
    made = firm.book(9, 60, day=3)

    firm.do(edit_reservation, made.id, Details(sample_count=10), fields={"sample_count"})

    assert (firm.amounts(voucher), firm.paid()) == ((940_000, 60_000), 140_000)


def test_other_vouchers_or_none_are_chosen_before_it_begins(firm: Firm) -> None:
    first, second = firm.issue(1_000_000), firm.issue(1_000_000)
    made = firm.book(9, 60, named(first))

    firm.do(choose_payer, made.id, with_vouchers(named(second, is_funded=True)))
    changed = firm.amounts(first), firm.amounts(second), firm.paid()
    firm.do(choose_payer, made.id, with_vouchers(NO_VOUCHER))
    without = firm.amounts(second), firm.paid()
    firm.do(choose_payer, made.id, with_vouchers(automatic()))
    firm.now = made.starts_at + timedelta(minutes=5)
    with pytest.raises(ReservationRefused) as late:
        firm.do(choose_payer, made.id, with_vouchers(NO_VOUCHER))
    firm.session.rollback()

    assert changed == ((1_000_000, 0), (970_000, 30_000), 70_000)
    assert without == ((1_000_000, 0), 100_000)
    assert (firm.amounts(first), firm.paid()) == ((970_000, 30_000), 70_000)
    assert codes(late.value) == ["voucher_has_begun"]
    kinds = firm.session.scalars(select(ReservationChange.after).where(ReservationChange.kind == ChangeKind.EDITED))
    assert list(kinds) == [{"voucher_changed": True}] * 3


def test_a_booking_made_without_can_use_a_voucher_later_and_settle_its_rest_later(firm: Firm) -> None:
    voucher = firm.issue(1_000_000)
    made = firm.book(9, 60, NO_VOUCHER)

    firm.do(choose_payer, made.id, Paying(is_later=True, vouching=automatic()))

    assert (firm.amounts(voucher), firm.paid()) == ((970_000, 30_000), 0)
    assert firm.session.get_one(Reservation, made.id).payer_account_id is None


def test_an_heir_of_the_firm_takes_the_voucher_over_and_anybody_else_has_none(firm: Firm) -> None:
    voucher = firm.issue(1_000_000)
    colleague, stranger = make_user(firm.session, "colleague"), make_user(firm.session, "stranger")
    give(firm.session, colleague, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, firm.firm.id)
    made = firm.book(9, 60)

    def hand_over(heir: str, by: Any) -> None:
        firm.do(hand_over_bookings, firm.owner.id, by.id, [made.id], heir, reason="离职", by=firm.admin)

    hand_over(colleague.email, firm.agent)
    kept = firm.amounts(voucher)
    hand_over(stranger.email, colleague)

    wish = wish_of(firm.session, for_reservation(made.id))
    assert kept == (970_000, 30_000)
    assert (firm.amounts(voucher), firm.paid()) == ((1_000_000, 0), 0)
    assert wish is not None
    assert not wish.is_used


def test_an_heir_of_another_firm_uses_its_vouchers_never_those_of_before(firm: Firm) -> None:
    voucher, heir = firm.issue(1_000_000), make_user(firm.session, "heir")
    second = make_firm(firm.session)
    give(firm.session, heir, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, second.id)
    theirs, made = firm.issue(1_000_000, second), firm.book(9, 60, named(voucher))
    said: dict[str, Any] = {"reason": "离职", "by": firm.admin}
    firm.do(hand_over_bookings, firm.owner.id, firm.agent.id, [made.id], heir.email, **said)

    with pytest.raises(ReservationRefused) as refused:
        firm.do(choose_payer, made.id, with_vouchers(named(voucher)), by=heir)
    firm.session.rollback()
    firm.do(choose_payer, made.id, with_vouchers(automatic()), by=heir)

    assert codes(refused.value) == ["voucher_unknown"]
    assert (firm.amounts(voucher), firm.amounts(theirs)) == ((1_000_000, 0), (970_000, 30_000))
    assert firm.paid() == 0


def test_who_leaves_the_firm_books_on_without_its_voucher(firm: Firm) -> None:
    voucher = firm.issue(1_000_000)
    made, later = firm.book(9, 60, day=3), firm.book(12, 60, day=3)
    assert list(due_to_let_go(firm.session, now=firm.now)) == []
    firm.session.query(Grant).filter(Grant.user_id == firm.agent.id).delete()
    firm.session.commit()

    due = list(due_to_let_go(firm.session, now=firm.now))
    changed = [let_go_of_lost(firm.session, one, now=firm.now) for one in due]
    firm.session.commit()

    assert (due, changed) == ([made.id, later.id], [True, True])
    assert (firm.amounts(voucher), firm.paid()) == ((1_000_000, 0), 200_000)
    assert list(due_to_let_go(firm.session, now=firm.now)) == []


def test_those_whose_holder_left_come_before_those_with_another_owner(firm: Firm) -> None:
    firm.issue(1_000_000)
    partner = make_user(firm.session, "partner")
    give(firm.session, partner, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, firm.firm.id)
    kept, left = firm.book(9, 60, day=2, by=partner, is_later=True), firm.book(9, 60, day=3)
    firm.session.add(
        OwnerChange(
            instrument_id=firm.instrument.id,
            from_organisation_id=firm.firm.id,
            to_organisation_id=firm.owner.id,
            starts_on=firm.now.date(),
            reason="划转",
            state=OwnerChangeState.APPLIED,
            proposed_at=firm.now,
            applied_at=firm.now + timedelta(minutes=1),
        )
    )
    firm.session.query(Grant).filter(Grant.user_id == firm.agent.id).delete()
    firm.session.commit()

    assert list(due_to_let_go(firm.session, now=firm.now)) == [left.id, kept.id]


def test_an_account_that_cannot_pay_what_a_lost_voucher_covered_pays_nothing(session: Session, now: datetime) -> None:
    firm = Firm(session, now, credit_fen=80_000)
    voucher = firm.issue(1_000_000)
    made = firm.book(9, 60, day=3)
    session.query(Grant).filter(Grant.user_id == firm.agent.id).delete()
    session.commit()

    let_go_of_lost(session, made.id, now=now)
    session.commit()

    assert (firm.amounts(voucher), firm.paid()) == ((1_000_000, 0), 0)
    assert session.get_one(Reservation, made.id).payer_account_id is None


def test_a_late_cancellation_releases_the_voucher_and_its_fee_is_all_own_part(firm: Firm) -> None:
    voucher = firm.issue(1_000_000)
    made = firm.book(14, 120, day=0)

    firm.do(cancel_reservation, made.id)

    assert (firm.amounts(voucher), firm.paid()) == ((1_000_000, 0), 100_000)


def test_a_fee_beyond_what_the_account_held_holds_no_more(session: Session, now: datetime) -> None:
    firm = Firm(session, now, price={"cancel_share": 10_000})
    firm.issue(1_000_000)
    made = firm.book(14, 120, day=0)

    firm.do(cancel_reservation, made.id)

    assert firm.paid() == 140_000


def test_a_stewards_move_that_the_account_cannot_pay_is_refused_without_its_amounts(
    session: Session, now: datetime
) -> None:
    firm = Firm(session, now, credit_fen=80_000)
    voucher = firm.issue(1_000_000)
    made = firm.book(9, 60, day=3)

    with pytest.raises(ReservationRefused) as refused:
        move(firm, made, 9, 240, day=3, by=firm.admin, reason="检修")
    session.rollback()

    assert codes(refused.value) == ["payer_of_holder"]
    assert (firm.amounts(voucher), firm.paid()) == ((970_000, 30_000), 70_000)
    assert session.get_one(PayerAccount, firm.payer.id).closed_at is None
