"""Changes of bookings with vouchers that are refused: behind a last day, beyond a cap, and what nobody could pay."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from booking.programmes.service import write_version
from booking.reservations import approval
from booking.reservations.choosing_payer import choose_payer
from booking.reservations.moving import move_reservation
from booking.reservations.refusals import ReservationRefused
from booking.reservations.vouching import Vouching
from booking.reservations.wishes import Paying
from booking.statements.reminding import Owing
from models.directory import Organisation
from models.programmes import Programme
from models.reservations import Reservation
from models.vocabulary.accounts import Role, ScopeKind
from tests.factories.people import give, make_user
from tests.factories.programmes import make_officer, version_form
from tests.factories.vouchers import make_voucher
from tests.reservations.acting import at, codes
from tests.reservations.firms import NO_VOUCHER, Firm, named


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


def test_a_use_that_another_voucher_covers_in_part_is_not_moved_behind_the_last_day_of_one_that_holds(
    firm: Firm,
) -> None:
    ends, stays = firm.issue(28_000, use_by="2026-11-25"), firm.issue(1_000_000)
    made = firm.book(10, 60)
    held = firm.amounts(ends), firm.amounts(stays)

    with pytest.raises(ReservationRefused) as own:
        move(firm, made, 9, 60, day=5)
    firm.session.rollback()
    with pytest.raises(ReservationRefused) as staff:
        move(firm, made, 9, 60, day=5, by=firm.admin, reason="检修")
    firm.session.rollback()
    kept = firm.amounts(ends), firm.amounts(stays)
    move(firm, made, 9, 60, day=5, paying=with_vouchers(named(stays)))

    assert (codes(own.value), codes(staff.value)) == (["voucher_after_use_by"], ["voucher_of_holder"])
    assert held == kept == ((0, 28_000), (998_000, 2_000))
    assert (firm.amounts(ends), firm.amounts(stays), firm.paid()) == ((28_000, 0), (970_000, 30_000), 70_000)


def test_who_owes_something_overdue_takes_no_voucher_off(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = firm.issue(1_000_000), firm.issue(1_000_000)
    made = firm.book(9, 60, named(first))
    owed = Owing(frozenset({firm.payer.id}), is_any=True, is_own=True)
    monkeypatch.setattr("booking.reservations.paying.owing", lambda *args, **named: owed)

    with pytest.raises(ReservationRefused) as refused:
        firm.do(choose_payer, made.id, with_vouchers(NO_VOUCHER))
    firm.session.rollback()
    firm.do(choose_payer, made.id, with_vouchers(named(second)))

    assert codes(refused.value) == ["payer_overdue"]
    assert (firm.amounts(first), firm.amounts(second), firm.paid()) == ((1_000_000, 0), (970_000, 30_000), 70_000)


def test_what_a_voucher_paid_whole_needs_an_account_without_it(session: Session, now: datetime) -> None:
    firm = Firm(session, now, needs_payer=True)
    voucher = firm.issue(1_000_000, shares={"instrument_sharing": 10_000})
    colleague = make_user(session, "colleague")
    give(session, colleague, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, firm.firm.id)
    made = firm.book(9, 60, by=colleague)

    with pytest.raises(ReservationRefused) as refused:
        firm.do(choose_payer, made.id, with_vouchers(NO_VOUCHER), by=colleague)
    session.rollback()

    assert codes(refused.value) == ["payer_needed"]
    assert (firm.amounts(voucher), firm.paid()) == ((900_000, 100_000), 0)


def test_a_move_that_waits_is_refused_where_a_voucher_would_be_held_against_the_caps_of_two_years(
    session: Session,
) -> None:
    firm = Firm(session, datetime(2026, 12, 28, 1, 30, tzinfo=UTC), needs_approval=True)
    voucher = firm.issue(1_000_000, use_by="2027-02-28")
    made = firm.book(9, 60, day=37)
    firm.do(approval.confirm_reservation, made.id, by=firm.admin)

    with pytest.raises(ReservationRefused) as refused:
        move(firm, made, 9, 60, day=44)
    session.rollback()
    kept = firm.amounts(voucher), firm.paid()
    move(firm, made, 9, 60, day=44, paying=with_vouchers(NO_VOUCHER))

    assert codes(refused.value) == ["voucher_not_for_both"]
    assert kept == ((970_000, 30_000), 70_000)
    assert (firm.amounts(voucher), firm.paid()) == ((1_000_000, 0), 100_000)


def test_a_move_that_waits_is_refused_where_the_vouchers_of_both_times_do_not_fit_into_the_cap(careful: Firm) -> None:
    ends = careful.issue(20_000, use_by="2026-11-25", year_cap_fen=30_000)
    programme = careful.session.get_one(Programme, ends.programme_id)
    authority = careful.session.get_one(Organisation, programme.organisation_id)
    officer = make_officer(careful.session, authority, "writer", now=careful.now)
    ways: dict[str, Any] = {"redeemed_by": "provider", "reserves_budget": "hold", "valid_from": careful.now.date()}
    form = version_form(**ways, year_cap_fen=30_000)
    write_version(careful.session, ends.programme_id, form, actor=officer, now=careful.now)
    stays = make_voucher(careful.session, careful.firm, 500_000, programme=programme, now=careful.now)
    made = careful.book(9, 60, day=5)
    careful.do(approval.confirm_reservation, made.id, by=careful.admin)

    with pytest.raises(ReservationRefused) as refused:
        move(careful, made, 9, 60)
    careful.session.rollback()

    assert codes(refused.value) == ["voucher_not_for_both"]
    assert (careful.amounts(ends), careful.amounts(stays)) == ((20_000, 0), (470_000, 30_000))
