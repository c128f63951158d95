"""What became of a reservation's time decides what it costs: closed, given back, cancelled by others, another owner."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.charges import service
from booking.charges.windows import Windows
from booking.core.errors import Forbidden, InvalidInput
from booking.core.period import Period
from booking.reservations.blocks import add_block
from booking.reservations.cancelling import cancel_reservation
from booking.reservations.editing import edit_reservation
from booking.reservations.forms import UseForm
from booking.reservations.handing_over import cancel_bookings
from booking.reservations.moving import move_reservation
from booking.reservations.refusals import AlreadyStarted, FeeChanged, OwnUse, ReservationRefused, SamplesNeeded
from booking.reservations.service import request_reservation
from booking.reservations.using import confirm_use
from booking.reservations.wishes import Details, Paying, Wish
from models.accounts import User
from models.catalogue import Instrument
from models.charges import Charge, ChargeLine
from models.custody import OwnerChange
from models.directory import Organisation
from models.reservations import Reservation, ReservationUse
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.affiliations import AffiliationState
from models.vocabulary.charges import ChargeState
from models.vocabulary.custody import OwnerChangeState
from models.vocabulary.pricing import BilledOn
from models.vocabulary.reservations import BlockKind, ReservationState, UseOutcome
from tests.charges.houses import ALONE, PAID, House
from tests.factories.affiliations import affiliate
from tests.factories.instruments import make_organisation
from tests.factories.payers import make_payer
from tests.factories.people import give, make_user
from tests.reservations.acting import at, claims_of

TWO_HOURS = timedelta(hours=2)


@pytest.fixture
def house(session: Session, now: datetime) -> House:
    return House(session, now)


def block(house: House, hour: int, minutes: int, now: datetime) -> None:
    """The instrument is out of use from an hour of tomorrow on."""
    wanted = (house.instrument.id, at(hour, minutes), BlockKind.OUTAGE, "故障")
    house.do(add_block, *wanted, by=house.steward, at_=now)


def test_nobody_pays_for_not_coming_to_what_was_out_of_use(house: House) -> None:
    made = house.book(9)
    block(house, 10, 30, house.now)
    with pytest.raises(InvalidInput) as refused:
        house.confirm(made, outcome=UseOutcome.NO_SHOW)
    house.session.rollback()
    with pytest.raises(InvalidInput) as wordless:
        house.confirm(made, outcome=UseOutcome.UNUSABLE)
    house.session.rollback()
    charge = house.confirm(made, outcome=UseOutcome.UNUSABLE, note="停电")

    fields = [one.field for error in (refused, wordless) for one in error.value.problems]
    assert (fields, charge) == (["outcome", "note"], None)
    assert house.session.get_one(Reservation, made.id).state == ReservationState.CANCELLED
    assert claims_of(house.session, made) == []
    assert house.books() == (50_000, 0, 0)


def test_a_block_after_a_late_cancellation_lets_off_the_part_that_it_covers(session: Session, now: datetime) -> None:
    house = House(session, now, payer_fen=60_000)
    part, whole, before = house.book(9), house.book(12), house.book(15)
    for one in (part, whole, before):
        house.do(cancel_reservation, one.id, by=house.student, at_=one.starts_at - TWO_HOURS)
    block(house, 10, 180, part.starts_at - timedelta(hours=1))
    block(house, 13, 60, part.starts_at - timedelta(hours=1))

    house.go_on(before.ends_at + timedelta(minutes=1))

    # Half of 200 is 100; the last hour of the first, and all of the second, lay under blocks.
    told = [(house.charge(one).state, house.charge(one).gross_fen) for one in (part, whole, before)]
    assert told == [(ChargeState.FINAL, 5_000), (ChargeState.WAIVED, 0), (ChargeState.FINAL, 10_000)]
    kinds = session.scalars(sa.select(ChargeLine.kind).order_by(ChargeLine.id)).all()
    assert [str(kind) for kind in kinds if kind != "late_cancellation"] == ["closed", "closed"]
    assert house.books() == (45_000, 0, 15_000)


def test_who_cancels_their_own_pays_however_they_do_it_and_an_institution_for_who_leaves_pays_nothing(
    session: Session, now: datetime
) -> None:
    house = House(session, now, payer_fen=60_000)
    home = make_organisation(session)
    officer = make_user(session, "officer")
    give(session, officer, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, home.id)
    affiliate(session, house.student, home)
    own, theirs, here = house.book(9), house.book(12), house.book(15)
    late = own.starts_at - TWO_HOURS
    of = house.student.id
    house.do(cancel_bookings, None, of, [own.id], reason="离校", by=house.student, at_=late)
    house.do(cancel_bookings, home.id, of, [theirs.id], reason="离校", by=officer, at_=late)
    house.do(cancel_bookings, house.place.id, of, [here.id], reason="离校", by=house.admin, at_=late)

    charged = [charge.reservation_id for charge in session.scalars(sa.select(Charge))]
    assert (charged, house.charge(own).gross_fen) == ([own.id], 10_000)
    states = {session.get_one(Reservation, one.id).state for one in (own, theirs, here)}
    assert states == {ReservationState.CANCELLED}
    assert house.books() == (50_000, 10_000, 0)


def test_no_institution_lets_itself_off_what_an_account_pays_that_only_it_answers_for(
    session: Session, now: datetime
) -> None:
    house, home = House(session, now), make_organisation(session)
    officer = make_user(session, "officer")
    give(session, officer, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, home.id)
    payer = make_payer(session, home, house.lead, 100_000, [house.student], number="52170002")
    affiliate(session, house.student, home)
    made = [house.book(hour, paying=Paying(payer.id)) for hour in (9, 12, 15)]
    kept, left, by_owner = made
    mine = make_payer(session, home, officer, 50_000, [house.student], number="52170003")
    own = house.book(9, day=2, paying=Paying(mine.id))
    late, of = kept.starts_at - TWO_HOURS, house.student.id

    def cancel(one: Reservation, place: Organisation, by: User, at_: datetime = late) -> int:
        house.do(cancel_bookings, place.id, of, [one.id], reason="离校", by=by, at_=at_)
        charge = house.charge(one)
        return charge.gross_fen if charge else 0

    assert cancel(own, home, officer, own.starts_at - TWO_HOURS) == 10_000
    assert cancel(kept, home, officer) == 0
    affiliate(session, house.lead, home, state=AffiliationState.ENDED, ends_on=date(2026, 11, 1))
    assert cancel(left, home, officer, left.starts_at - TWO_HOURS) == 10_000
    assert cancel(by_owner, house.place, house.admin, by_owner.starts_at - TWO_HOURS) == 0
    house.books()


def test_an_institution_may_let_off_what_it_would_owe_itself(house: House) -> None:
    made = house.book(9)
    affiliate(house.session, house.lead, house.place, state=AffiliationState.ENDED, ends_on=date(2026, 11, 1))
    of, late = house.student.id, made.starts_at - TWO_HOURS
    house.do(cancel_bookings, house.place.id, of, [made.id], reason="离校", by=house.admin, at_=late)

    assert house.charge(made) is None
    assert house.books() == (50_000, 0, 0)


def test_cancelling_asks_again_when_it_costs_something_else_than_was_shown(house: House) -> None:
    made = house.book(9)
    late = made.starts_at - TWO_HOURS
    with pytest.raises(FeeChanged):
        house.do(cancel_reservation, made.id, fee_seen=0, by=house.student, at_=late)
    house.session.rollback()
    assert house.books() == (30_000, 20_000, 0)
    house.do(cancel_reservation, made.id, fee_seen=10_000, by=house.student, at_=late)

    assert house.charge(made).gross_fen == 10_000


def test_the_owner_of_the_day_of_use_earns_the_fee_whoever_confirms_it_later(house: House) -> None:
    made = house.book(9)
    heir = make_organisation(house.session)
    new_steward = make_user(house.session, "newsteward")
    give(house.session, new_steward, Role.STEWARD, ScopeKind.ORGANISATION, heir.id)
    applied = made.ends_at + timedelta(days=2)
    house.session.add(
        OwnerChange(
            instrument_id=house.instrument.id,
            from_organisation_id=house.place.id,
            to_organisation_id=heir.id,
            starts_on=date(2026, 11, 26),
            reason="划转",
            state=OwnerChangeState.APPLIED,
            proposed_at=house.now,
            applied_at=applied,
        )
    )
    house.session.get_one(Instrument, house.instrument.id).organisation_id = heir.id
    house.session.commit()
    house.do(confirm_use, made.id, UseForm(), windows=Windows(), by=new_steward, at_=applied)
    charge = house.charge(made)

    assert (charge.organisation_id, charge.captured_fen) == (house.place.id, 20_000)


def test_nobody_confirms_a_priced_use_of_their_own_or_settles_what_they_pay(house: House) -> None:
    own = house.book(9, by=house.steward, paying=ALONE)
    with pytest.raises(OwnUse):
        house.confirm(own)
    house.session.rollback()
    house.do(confirm_use, own.id, UseForm(), windows=Windows(), by=house.admin, at_=own.ends_at)
    charge = house.charge(own)
    with pytest.raises(Forbidden):
        house.do(service.waive_charge, charge.id, "自用", by=house.steward, at_=own.ends_at)
    house.session.rollback()

    assert house.charge(own).state == ChargeState.FINAL
    house.do(service.waive_charge, charge.id, "校内共建", by=house.admin, at_=own.ends_at)
    assert house.charge(own).state == ChargeState.WAIVED


@pytest.mark.parametrize("by_steward", [False, True], ids=["by a student", "by a steward of their own"])
def test_a_use_that_runs_is_not_taken_out_of_the_books(house: House, by_steward: bool) -> None:
    who = house.steward if by_steward else house.student
    made = house.book(9, hours=4, by=who, paying=ALONE if by_steward else PAID)
    before, late = house.books(), made.ends_at - timedelta(minutes=10)
    ends_at = made.ends_at
    for period in (Period(late, ends_at), Period(made.starts_at + timedelta(days=7), ends_at + timedelta(days=7))):
        with pytest.raises(ReservationRefused) as refused:
            house.do(move_reservation, made.id, period, override_reason="改期", by=who, at_=late)
        house.session.rollback()
        assert "has_begun" in {str(one.code) for one in refused.value.refusals}
    with pytest.raises(AlreadyStarted):
        house.do(cancel_reservation, made.id, reason="不用了", by=who, at_=late)
    house.session.rollback()

    assert house.books() == before
    charge = house.confirm(made) if not by_steward else None
    assert charge is None or charge.gross_fen == 4 * 10_000


def test_what_is_charged_by_the_sample_is_not_confirmed_among_others_without_a_count(
    session: Session, now: datetime
) -> None:
    house = House(session, now, sample_fen=2_000)
    made = house.book(9)
    many = {"windows": Windows(), "is_bulk": True}
    with pytest.raises(SamplesNeeded):
        house.do(confirm_use, made.id, UseForm(), **many, by=house.steward, at_=made.ends_at)
    house.session.rollback()
    none = house.confirm(made, samples=0)

    assert (none.gross_fen, session.scalars(sa.select(ReservationUse.sample_count)).all()) == (20_000, [0])


def least(house: House, made: Reservation, minutes: int, *, by: User, at_: datetime, **more: Any) -> None:
    """Keep only so many minutes from its start."""
    period = Period(made.starts_at, made.starts_at + timedelta(minutes=minutes))
    house.do(move_reservation, made.id, period, by=by, at_=at_, **more)


def codes(refused: pytest.ExceptionInfo[ReservationRefused]) -> list[str]:
    return [str(one.code) for one in refused.value.refusals]


def test_who_would_pay_for_cancelling_does_not_make_less_of_it_instead(house: House) -> None:
    made = house.book(9, 4)
    late, other_day = made.starts_at - TWO_HOURS, at(9, 240, day=9)
    refusals = []
    for period in (at(9, 30), at(11, 240), other_day):
        with pytest.raises(ReservationRefused) as refused:
            house.do(move_reservation, made.id, period, by=house.student, at_=late)
        house.session.rollback()
        refusals.append((codes(refused), refused.value.refusals[0].values))
    house.do(move_reservation, made.id, at(9, 270), by=house.student, at_=late)
    house.do(cancel_reservation, made.id, fee_seen=22_500, by=house.student, at_=late)

    assert refusals == [(["late_to_give_up"], {"fee_fen": 20_000})] * 3
    assert house.books() == (27_500, 22_500, 0)


def test_in_time_and_by_the_steward_less_is_booked_for_less(house: House) -> None:
    early, kept = house.book(9, day=9), house.book(12)
    least(house, early, 60, by=house.student, at_=house.now)
    least(house, kept, 60, by=house.steward, at_=kept.starts_at - TWO_HOURS, reason="调试")

    assert house.books() == (30_000, 20_000, 0)


def test_a_use_that_runs_counts_as_booked_where_its_price_says_so(session: Session, now: datetime) -> None:
    house = House(session, now)
    made = house.book(9)
    running = made.starts_at + timedelta(minutes=5)
    with pytest.raises(ReservationRefused) as refused:
        least(house, made, 30, by=house.student, at_=running)
    session.rollback()
    house.confirm(made, outcome=UseOutcome.NO_SHOW)

    assert (codes(refused), house.charge(made).gross_fen) == (["counts_as_booked"], 20_000)


def test_a_use_that_is_billed_by_its_actual_time_may_end_early(session: Session, now: datetime) -> None:
    house = House(session, now, billed_on=BilledOn.ACTUAL, no_show_share=0)
    made = house.book(9)
    least(house, made, 60, by=house.student, at_=made.starts_at + timedelta(minutes=5))

    assert house.books() == (40_000, 10_000, 0)


def test_a_steward_keeps_what_they_booked_themselves_and_no_reason_sets_that_aside(house: House) -> None:
    made = house.book(9, by=house.steward, paying=ALONE)
    with pytest.raises(ReservationRefused) as refused:
        least(house, made, 30, by=house.steward, at_=made.starts_at - TWO_HOURS, override_reason="我有急事")
    house.session.rollback()

    assert codes(refused) == ["late_to_give_up"]
    assert house.session.get_one(Reservation, made.id).ends_at == made.ends_at


def test_fewer_samples_cost_less_only_in_time(session: Session, now: datetime) -> None:
    house = House(session, now, sample_fen=1_000)
    wish = Wish(house.instrument.id, at(9, 120, 9), paying=PAID, details=Details(sample_count=10))
    made = house.do(request_reservation, wish, by=house.student, at_=now)
    fewer, few = Details(sample_count=4), Details(sample_count=1)
    house.do(edit_reservation, made.id, fewer, fields=["sample_count"], by=house.student, at_=now)
    late = made.starts_at - TWO_HOURS
    with pytest.raises(ReservationRefused) as refused:
        house.do(edit_reservation, made.id, few, fields=["sample_count"], by=house.student, at_=late)
    session.rollback()

    assert codes(refused) == ["late_to_give_up"]
    assert house.books() == (26_000, 24_000, 0)
