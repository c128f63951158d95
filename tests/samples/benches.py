"""A house in which orders are charged: a student's samples, quoted by a steward, paid by a lead's grant."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from booking.charges.sampled import charge_of_order
from booking.charges.windows import Windows
from booking.core.clock import at_local, local_date
from booking.core.period import Period
from booking.reservations.wishes import Paying
from booking.samples import charging, handling, quoting
from booking.samples.forms import CountForm, QuoteLineForm, RecordForm, SampleQuoteForm
from booking.samples.queries import open_steps, order_for
from models.accounts import User
from models.charges import Charge
from models.samples import SampleOrder
from models.vocabulary.pricing import LineKind
from models.vocabulary.samples import SampleState, SampleStep
from tests.charges.houses import House
from tests.factories.samples import Orders, request_form

WINDOWS = Windows()
LATER = Paying(is_later=True)
USUAL = Paying()
FAILED = RecordForm(state=SampleState.FAILED, note="样品不导电")
LOST = RecordForm(state=SampleState.LOST, note="滑落")
QUOTE = 125_000


class Bench:
    """A student's orders of six samples at 200 yuan with a set-up of 50, paid by a lead's grant of 2,000 yuan."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.house = House(session, now, payer_fen=200_000)
        self.session, self.now, self.hours = session, now, 0
        self.orders = self.by(self.house.student)

    def by(self, asker: User) -> Orders:
        house = self.house
        return Orders(self.session, house.instrument.id, house.actor(asker), house.actor(house.steward), self.now)

    def quoted(self, orders: Orders | None = None, **asked: Any) -> SampleOrder:
        by = orders or self.orders
        order = by.asked(request_form(count=6, **asked))
        lines = [
            QuoteLineForm(kind=LineKind.SETUP, count=1, unit_fen=5_000),
            QuoteLineForm(kind=LineKind.SAMPLES, count=6, unit_fen=20_000),
        ]
        until = local_date(self.now) + timedelta(days=9)
        form = SampleQuoteForm(last_quote_id=0, lines=lines, valid_until=until, reason="按样品")
        quoting.quote_order(self.session, order.id, form, actor=by.staff, now=self.now)
        return order

    def testing(self, paying: Paying = USUAL, orders: Orders | None = None) -> SampleOrder:
        by = orders or self.orders
        order = by.received(by.sent(by.accepted(self.quoted(by), paying)))
        self.run(order, by)
        return order

    def run(self, order: SampleOrder, by: Orders) -> None:
        self.hours += 1
        start = at_local(local_date(self.now) + timedelta(days=1), 9 * 60) + self.hours * timedelta(hours=1)
        by.run(order, period=Period(start, start + timedelta(hours=1)))
        self.session.commit()

    def reported(self, *failed: int, paying: Paying = USUAL) -> SampleOrder:
        order = self.testing(paying)
        for position in failed:
            self.record(order, position, FAILED)
        self.orders.reported(order)
        self.session.commit()
        return order

    def record(self, order: SampleOrder, position: int, form: RecordForm) -> None:
        handling.record_sample(self.session, order.id, position, form, actor=self.orders.staff, now=self.now)
        self.session.commit()

    def approve(self, order: SampleOrder, by: User | None = None) -> Charge | None:
        who: dict[str, Any] = {"actor": self.house.actor(by or self.house.student), "now": self.now}
        handling.approve_results(self.session, order.id, windows=WINDOWS, **who)
        self.session.commit()
        return self.charge(order)

    def cancel(self, order: SampleOrder) -> Charge | None:
        who: dict[str, Any] = {"actor": self.orders.asker, "now": self.now}
        handling.cancel_order(self.session, order.id, reason="停", windows=WINDOWS, **who)
        self.session.commit()
        return self.charge(order)

    def say(self, order: SampleOrder, counts: list[int], note: str = "说明", *, by: User | None = None) -> None:
        actor = self.house.actor(by or self.house.steward)
        form = CountForm(counts=counts, note=note)
        charging.say_done(self.session, order.id, form, windows=WINDOWS, actor=actor, now=self.now)
        self.session.commit()

    def charge(self, order: SampleOrder) -> Charge | None:
        self.session.expire_all()
        return charge_of_order(self.session, order.id)

    def open_steps(self, order: SampleOrder, by: User) -> list[SampleStep]:
        self.session.expire_all()
        actor = self.house.actor(by)
        return open_steps(self.session, order_for(self.session, order.id, actor), actor)

    def books(self) -> tuple[int, int, int]:
        return self.house.books()
