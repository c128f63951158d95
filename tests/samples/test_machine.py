"""Any sequence of steps by either side: what is refused changes nothing, and history, numbers and queue agree."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.charges.windows import Windows
from booking.core.errors import Refused
from booking.core.period import Period
from booking.samples import handling, queries, quoting
from booking.samples.forms import GiveBackForm, RecordForm, SettleForm
from booking.web.extensions import db
from models.samples import SampleOrder, SampleOrderStep
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.samples import Leftover, SampleOrderState, SampleState, Settling
from tests.factories.instruments import make_instrument
from tests.factories.people import actor_for, give, make_user
from tests.factories.samples import Orders, request_form
from tests.machines import InEmptyDatabase, run

NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)

W = Windows()
GO_ON = SettleForm(answer=Settling.GO_ON)
LOST = RecordForm(state=SampleState.LOST, note="滑落")
Step = Callable[["Machine", SampleOrder], Any]
STEPS: dict[str, Step] = {
    "quote": lambda m, o: m.orders.quoted(o),
    "accept": lambda m, o: m.orders.accepted(o),
    "send": lambda m, o: m.orders.sent(o),
    "receive": lambda m, o: m.orders.received(o),
    "receive less": lambda m, o: m.orders.received(o, missing=[1], note="少"),
    "settle": lambda m, o: handling.settle_mismatch(
        m.session, o.id, SettleForm(answer=Settling.GO_ON), windows=W, **m.asker
    ),
    "run": lambda m, o: m.orders.run(o, period=m.next_hour()),
    "lose": lambda m, o: handling.record_sample(m.session, o.id, 2, LOST, **m.staff),
    "report": lambda m, o: m.orders.reported(o, is_final=False),
    "report all": lambda m, o: m.orders.reported(o),
    "approve": lambda m, o: handling.approve_results(m.session, o.id, windows=W, **m.asker),
    "dispute": lambda m, o: handling.dispute_results(m.session, o.id, reason="x", **m.asker),
    "cancel": lambda m, o: handling.cancel_order(m.session, o.id, reason="x", windows=W, **m.asker),
    "refuse": lambda m, o: quoting.refuse_order(m.session, o.id, reason="x", **m.staff),
    "give back": lambda m, o: handling.give_back(m.session, o.id, GiveBackForm(how=Leftover.DISPOSE), **m.staff),
    "expire": lambda m, o: quoting.expire_quote(m.session, o.id, now=NOW + timedelta(days=99)),
}
ONWARD = ("quote", "accept", "receive", "run", "report all", "approve", "give back")
STANDING = {"number", "state", "version", "queued_at", "given_back"}


class Machine(InEmptyDatabase):
    """Two orders that both sides lead anywhere."""

    orders: Orders
    asker: dict[str, Any]
    staff: dict[str, Any]

    def __init__(self) -> None:
        super().__init__()
        self.session: Session = self.context.enter_context(Session(db.engine, expire_on_commit=False))

    @initialize()
    def begin(self) -> None:
        """Both sides, and two requests."""
        instrument = make_instrument(self.session, hours=(), policy={"closes_on_holidays": False})
        steward, asker = make_user(self.session, "steward"), make_user(self.session, "asker")
        give(self.session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
        asks, works = (actor_for(self.session, one, now=NOW) for one in (asker, steward))
        self.orders = Orders(self.session, instrument.id, asks, works, NOW)
        self.asker = {"actor": asks, "now": NOW}
        self.staff = {"actor": works, "now": NOW}
        self.hours = 0
        self.ids = [self.orders.asked(request_form(count=2)).id for _ in range(2)]
        self.session.commit()

    @rule(which=st.integers(0, 1), name=st.one_of(st.sampled_from(ONWARD), st.sampled_from(sorted(STEPS))))
    def step(self, which: int, name: str) -> None:
        """One side tries a step; a refused one leaves everything as it was."""
        order = self.session.get_one(SampleOrder, self.ids[which])
        before = self._standing(order)
        try:
            STEPS[name](self, order)
            self.session.commit()
        except (Refused, IndexError):
            self.session.rollback()
            assert self._standing(self.session.get_one(SampleOrder, order.id)) == before

    def next_hour(self) -> Period:
        """An hour that no run has taken."""
        self.hours += 1
        start = NOW + timedelta(minutes=30) + self.hours * HOUR
        return Period(start, start + HOUR)

    def _standing(self, order: SampleOrder) -> dict[str, Any]:
        """What a step changes."""
        samples = [one.state for one in queries.samples_of(self.session, order.id)]
        return {name: getattr(order, name) for name in STANDING} | {"samples": samples}

    @invariant()
    def all_agrees(self) -> None:
        """History leads to the state; the number, the queue and what is at hand follow from it."""
        found = self.session.scalars(select(SampleOrder).order_by(SampleOrder.id)).all()
        places = []
        for order in found:
            steps = self.session.scalars(
                select(SampleOrderStep).where(SampleOrderStep.order_id == order.id).order_by(SampleOrderStep.id)
            ).all()
            taken = {row.step.value for row in steps}
            assert steps[-1].state == order.state
            assert order.version == len(steps)
            assert (order.number is not None) == ("accept" in taken)
            assert (order.received_at is not None) == ("receive" in taken)
            assert (order.state == SampleOrderState.QUEUED) == (queries.place_of(self.session, order) is not None)
            assert order.state != SampleOrderState.DONE or {"run", "report", "approve"} <= taken
            places.append(queries.place_of(self.session, order))
        queued = sorted(place for place in places if place is not None)
        assert queued == list(range(1, len(queued) + 1))


def test_whatever_both_sides_try_history_numbers_and_queue_agree(engine_app: Flask) -> None:
    run(engine_app, Machine, walks=5, steps=20)
