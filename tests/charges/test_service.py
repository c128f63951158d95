"""Charges: made once with the confirmed use, paid from what was held, accepted, disputed, changed and let off."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.charges import service
from booking.charges.forms import ChargeChangeForm
from booking.charges.verifying import faults as charge_faults
from booking.charges.windows import Windows
from booking.core.actors import Actor
from booking.core.errors import Forbidden
from booking.ledger.verifying import faults as ledger_faults
from booking.payers import amounts
from booking.payers.forms import PayerAmountForm
from booking.payers.service import held_in, left_in
from booking.payers.verifying import faults
from booking.reservations.forms import UseForm
from booking.reservations.refusals import NotOver, UseConfirmed
from booking.reservations.service import request_reservation
from booking.reservations.using import confirm_use
from booking.reservations.wishes import Paying, Wish
from models.accounts import User
from models.charges import Charge
from models.payers import PayerAccount
from models.reservations import Reservation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.charges import ChargeKind, ChargeProblem, ChargeState
from models.vocabulary.pricing import BilledOn
from models.vocabulary.reservations import ReservationState
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.payers import make_payer
from tests.factories.people import actor_for, give, make_user
from tests.factories.prices import make_hourly_price
from tests.reservations.acting import at

HOURLY = 10_000
PAID = Paying()
ALONE = Paying(is_later=True)


class House:
    """An instrument at 100 yuan an hour, its steward, a grant of a lead's with a student, and a stranger."""

    def __init__(self, session: Session, now: datetime, *, payer_fen: int = 50_000, **price: Any) -> None:
        self.session, self.now = session, now
        self.place = make_organisation(session)
        self.instrument = make_instrument(session, self.place, policy={"closes_on_holidays": False})
        self.lead, self.student, self.stranger = (make_user(session, name) for name in ("lead", "student", "stranger"))
        self.steward, self.admin = make_user(session, "steward"), make_user(session, "admin")
        give(session, self.steward, Role.STEWARD, ScopeKind.INSTRUMENT, self.instrument.id)
        give(session, self.admin, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, self.place.id)
        terms = {"cancel_share": 5_000, "no_show_share": 10_000, **price}
        self.price = make_hourly_price(session, self.instrument, HOURLY, self.admin, **terms)
        self.payer = make_payer(session, self.place, self.lead, payer_fen, [self.student])

    def actor(self, user: User) -> Actor:
        return actor_for(self.session, user, now=self.now)

    def book(
        self,
        hour: int,
        hours: int = 2,
        by: User | None = None,
        paying: Paying = PAID,
        at_: datetime | None = None,
    ) -> Reservation:
        wish = Wish(self.instrument.id, at(hour, hours * 60), paying=paying)
        made = request_reservation(self.session, wish, actor=self.actor(by or self.student), now=at_ or self.now)
        self.session.commit()
        return made

    def do(self, work: Callable[..., Any], *args: Any, by: User, at_: datetime, **more: Any) -> Any:
        done = work(self.session, *args, **more, actor=self.actor(by), now=at_)
        self.session.commit()
        return done

    def confirm(self, reservation: Reservation, after: timedelta = timedelta(hours=1), **said: Any) -> Charge | None:
        when = reservation.ends_at + after
        self.do(confirm_use, reservation.id, UseForm(**said), windows=Windows(), by=self.steward, at_=when)
        return self.charge(reservation)

    def charge(self, reservation: Reservation) -> Charge | None:
        self.session.expire_all()
        return self.session.scalar(sa.select(Charge).where(Charge.reservation_id == reservation.id))

    def books(self) -> tuple[int, int, int]:
        """What is left, held and captured; the books are right."""
        self.session.expire_all()
        found = self.session.get_one(PayerAccount, self.payer.id)
        wrong = [*ledger_faults(self.session), *faults(self.session), *charge_faults(self.session)]
        assert wrong == []
        captured = -(left_in(self.session, found) + held_in(self.session, found)) + 0
        total = amounts.queries.total_of(self.session, found)
        return left_in(self.session, found), held_in(self.session, found), total + captured


@pytest.fixture
def house(session: Session, now: datetime) -> House:
    return House(session, now)


def test_a_use_as_booked_is_charged_what_was_held_and_two_stewards_make_one_charge(house: House) -> None:
    made = house.book(9)
    with pytest.raises(NotOver):
        house.confirm(made, timedelta(minutes=-1))
    house.session.rollback()
    with pytest.raises(Forbidden):
        house.do(confirm_use, made.id, UseForm(), windows=Windows(), by=house.student, at_=made.ends_at)
    house.session.rollback()
    charge = house.confirm(made)

    assert charge is not None
    assert (charge.state, charge.kind, charge.estimated_fen) == (ChargeState.FINAL, ChargeKind.USE, 20_000)
    assert (charge.gross_fen, charge.captured_fen, charge.paper_fen, charge.problem) == (20_000, 20_000, 0, None)
    assert house.books() == (30_000, 0, 20_000)
    assert house.session.get_one(Reservation, made.id).state == ReservationState.COMPLETED
    with pytest.raises(UseConfirmed):
        house.confirm(made)
    house.session.rollback()
    assert house.session.scalars(sa.select(sa.func.count(Charge.id))).all() == [1]
    assert house.books() == (30_000, 0, 20_000)


def test_actual_time_is_billed_where_the_price_says_so_and_more_than_held_is_taken_as_far_as_it_goes(
    session: Session, now: datetime
) -> None:
    house = House(session, now, payer_fen=25_000, billed_on=BilledOn.LARGER)
    made = house.book(9)
    actual = {"actual_starts_at": made.starts_at, "actual_ends_at": made.ends_at + timedelta(minutes=60)}
    charge = house.confirm(made, timedelta(hours=2), **{name: value.isoformat() for name, value in actual.items()})

    assert charge is not None
    assert (charge.gross_fen, charge.captured_fen, charge.problem) == (30_000, 25_000, ChargeProblem.PAYER_SHORT)
    assert house.books() == (0, 0, 25_000)
    later = made.ends_at + timedelta(days=1)
    house.do(
        amounts.set_amount, house.payer.id, PayerAmountForm(amount_fen=28_000, reason="追加"), by=house.admin, at_=later
    )
    house.do(service.take_rest, charge.id, by=house.steward, at_=later)
    assert house.charge(made).captured_fen == 28_000
    house.do(service.settle_on_paper, charge.id, "余款线下收取", by=house.steward, at_=later)
    found = house.charge(made)
    assert (found.captured_fen, found.paper_fen, found.problem) == (28_000, 2_000, None)
    form = ChargeChangeForm(change_fen=-3_000, name="优惠", reason="协商")
    house.do(service.adjust_charge, charge.id, form, windows=Windows(), by=house.steward, at_=later)
    found = house.charge(made)
    assert (found.gross_fen, found.captured_fen, found.paper_fen) == (27_000, 27_000, 0)
    assert house.books() == (1_000, 0, 27_000)
