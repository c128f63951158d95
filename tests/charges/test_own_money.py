"""Who pays says nothing of what came of it, and money is spent only where its account may pay."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.charges import service
from booking.charges.refusals import NothingToTake
from booking.charges.verifying import faults
from booking.charges.windows import Windows
from booking.core.errors import InvalidInput
from booking.core.period import Period
from booking.notifications.service import announce
from booking.reservations.cancelling import cancel_reservation
from booking.reservations.forms import UseForm
from booking.reservations.handing_over import hand_over_bookings
from booking.reservations.moving import move_reservation
from booking.reservations.refusals import (
    AlreadyStarted,
    OwnUse,
    PiecesNeeded,
    ReservationRefused,
    SamplesNeeded,
)
from booking.reservations.service import reserve_agreed, reserve_for_staff
from booking.reservations.uses import uses_to_confirm
from booking.reservations.using import confirm_use
from booking.reservations.wishes import Wish
from models.accounts import User
from models.catalogue import Instrument
from models.custody import OwnerChange
from models.pricing import ReservationQuote
from models.reservations import Reservation
from models.samples import SampleRun
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.charges import ChargeKind, ChargeProblem, ChargeState
from models.vocabulary.custody import OwnerChangeState
from models.vocabulary.pricing import Offer
from models.vocabulary.reservations import ReservationState, UseOutcome
from tests.charges.houses import PIECES, House
from tests.factories.instruments import make_organisation
from tests.factories.letters import mailed
from tests.factories.payers import make_payer
from tests.factories.people import give
from tests.factories.prices import make_hourly_price
from tests.reservations.acting import at

WEEK, TWO_HOURS = timedelta(days=7), timedelta(hours=2)
MANY: dict[str, Any] = {"windows": Windows(), "is_bulk": True}


@pytest.fixture
def house(session: Session, now: datetime) -> House:
    return House(session, now)


def test_who_answers_for_the_account_neither_confirms_the_use_nor_takes_it_back_for_nothing(house: House) -> None:
    give(house.session, house.lead, Role.STEWARD, ScopeKind.INSTRUMENT, house.instrument.id)
    made, late = house.book(9), house.book(12)
    for outcome in UseOutcome:
        form = UseForm(outcome=outcome, note="说明")
        with pytest.raises(OwnUse):
            house.do(confirm_use, made.id, form, windows=Windows(), by=house.lead, at_=made.ends_at)
        house.session.rollback()
    running, elsewhere = made.starts_at + timedelta(minutes=30), Period(made.starts_at + WEEK, made.ends_at + WEEK)
    with pytest.raises(AlreadyStarted):
        house.do(cancel_reservation, made.id, reason="让出", by=house.lead, at_=running)
    house.session.rollback()
    with pytest.raises(ReservationRefused):
        house.do(move_reservation, made.id, elsewhere, override_reason="改期", by=house.lead, at_=running)
    house.session.rollback()
    house.do(cancel_reservation, late.id, reason="让出", by=house.lead, at_=late.starts_at - TWO_HOURS)

    def listed(user: User) -> list[int]:
        found = uses_to_confirm(house.session, house.actor(user), limit=9, now=late.ends_at)
        return [one.id for one in found.items]

    assert house.charge(late).gross_fen == 10_000
    assert (listed(house.lead), listed(house.steward)) == ([], [made.id])
    assert house.books() == (20_000, 30_000, 0)


def test_what_the_price_counts_is_counted_one_by_one_and_never_left_out(session: Session, now: datetime) -> None:
    house = House(session, now, sample_fen=2_000, extras=[PIECES])
    made = house.book(9)
    session.get_one(Reservation, made.id).sample_count = 0
    session.commit()
    with pytest.raises(SamplesNeeded):
        house.do(confirm_use, made.id, UseForm(), **MANY, by=house.steward, at_=made.ends_at)
    session.rollback()
    session.get_one(Reservation, made.id).sample_count = 2
    session.commit()
    with pytest.raises(PiecesNeeded):
        house.do(confirm_use, made.id, UseForm(), **MANY, by=house.steward, at_=made.ends_at)
    session.rollback()
    with pytest.raises(InvalidInput) as refused:
        house.confirm(made)
    session.rollback()

    assert [one.field for one in refused.value.problems] == ["samples", "pieces.0"]
    assert house.charge(made) is None
    assert house.confirm(made, samples=3, pieces={0: 4}).gross_fen == 20_000 + 3 * 2_000 + 4 * 3_000


def test_time_for_samples_stays_free_when_it_is_moved_and_handed_over(house: House) -> None:
    give(house.session, house.student, Role.STEWARD, ScopeKind.INSTRUMENT, house.instrument.id)
    wish = Wish(house.instrument.id, at(9, 120))
    made = house.do(reserve_for_staff, wish, by=house.steward, at_=house.now)
    made_by = {"reservation_id": made.id, "instrument_id": house.instrument.id, "started_by_id": house.steward.id}
    house.session.add(SampleRun(**made_by, created_at=house.now))
    house.session.commit()
    house.do(move_reservation, made.id, at(10, 120), by=house.steward, at_=house.now)
    handed = (house.place.id, house.steward.id, [made.id], house.student.email)
    house.do(hand_over_bookings, *handed, reason="换班", by=house.admin, at_=house.now)
    found = house.session.get_one(Reservation, made.id)

    assert (found.booked_by_id, found.starts_at) == (house.student.id, at(10, 120).start)
    assert house.confirm(found) is None
    assert house.session.scalars(sa.select(ReservationQuote.id)).all() == []


def test_an_account_pays_no_owner_that_it_may_not_pay_and_its_member_is_told_to_choose_another(house: House) -> None:
    made = house.book(9, day=3)
    heir = make_organisation(house.session, adcode="510104")
    give(house.session, house.steward, Role.STEWARD, ScopeKind.ORGANISATION, heir.id)
    change = OwnerChange(
        instrument_id=house.instrument.id,
        from_organisation_id=house.place.id,
        to_organisation_id=heir.id,
        starts_on=date(2026, 11, 24),
        reason="划转",
        state=OwnerChangeState.APPLIED,
        proposed_at=house.now,
        applied_at=house.now,
    )
    house.session.add(change)
    house.session.get_one(Instrument, house.instrument.id).organisation_id = heir.id
    house.session.commit()
    mailed(house.session, now=house.now)
    payload = {"change_id": change.id, "actor_id": None}
    announce(house.session, "catalogue.owner_changed", payload, now=house.now)
    letters = [one for one in mailed(house.session, now=house.now) if one.template == "reservations/owner_changed"]
    charge = house.confirm(made)

    told = [(one.recipient, [unpaid["link"] for unpaid in one.values["unpaid"]]) for one in letters]
    assert told == [(house.student.email, [f"https://instruments.example.cn/reservations/{made.id}/payer"])]
    assert (charge.organisation_id, charge.gross_fen, charge.captured_fen) == (heir.id, 20_000, 0)
    assert house.books() == (50_000, 0, 0)
    later = made.ends_at + TWO_HOURS
    house.do(service.accept_charge, charge.id, by=house.lead, at_=later)
    assert (house.charge(made).problem, house.books()) == (ChargeProblem.PAYER_SHORT, (50_000, 0, 0))
    with pytest.raises(NothingToTake):
        house.do(service.take_rest, charge.id, by=house.steward, at_=later)
    house.session.rollback()


def test_a_hold_in_another_account_than_the_charges_is_never_left_there_in_silence(house: House) -> None:
    made = house.book(9)
    other = make_payer(house.session, house.place, house.lead, 50_000, [house.student], number="52170002")
    house.session.get_one(Reservation, made.id).payer_account_id = other.id
    house.session.commit()
    with pytest.raises(RuntimeError):
        house.confirm(made)
    house.session.rollback()

    assert house.charge(made) is None


def test_what_has_a_price_that_says_no_amount_waits_as_a_problem_however_it_ends(house: House) -> None:
    make_hourly_price(house.session, house.instrument, 0, house.admin, revision=2, offer=Offer.NOT_OFFERED)
    wishes = [Wish(house.instrument.id, at(hour, 120)) for hour in (9, 12, 15)]
    who: dict[str, Any] = {"holder_id": house.student.id, "by": house.steward, "at_": house.now}
    absent, late, own = [house.do(reserve_agreed, wish, **who) for wish in wishes]
    house.session.get_one(Reservation, own.id).booked_by_id = house.steward.id
    house.session.commit()
    house.do(cancel_reservation, late.id, by=house.student, at_=late.starts_at - TWO_HOURS)
    house.confirm(absent, outcome=UseOutcome.NO_SHOW)
    with pytest.raises(OwnUse):
        house.confirm(own)
    house.session.rollback()

    charges = [house.charge(one) for one in (absent, late)]
    assert [one.kind for one in charges] == [ChargeKind.NO_SHOW, ChargeKind.LATE_CANCELLATION]
    assert {(one.state, one.problem, one.gross_fen) for one in charges} == {
        (ChargeState.ESTIMATED, ChargeProblem.NOT_PRICED, 0)
    }
    assert house.books() == (50_000, 0, 0)


def test_a_use_that_costs_something_and_has_no_charge_is_found(house: House) -> None:
    lost, absent, standing = (house.book(hour, 1) for hour in (9, 10, 11))
    states = {lost.id: ReservationState.COMPLETED, absent.id: ReservationState.NO_SHOW}
    for reservation_id, state in states.items():
        house.session.get_one(Reservation, reservation_id).state = state
    house.session.commit()
    assert standing.state == ReservationState.CONFIRMED

    assert list(faults(house.session)) == [
        f"reservation {lost.id} is completed and costs something, but has no charge",
        f"reservation {absent.id} is no_show and costs something, but has no charge",
    ]
