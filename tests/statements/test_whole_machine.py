"""From the booking to the refund at random: held, used, disputed, billed, paid in parts, paid back; the books agree."""

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.charges import service as charges
from booking.charges.queries import due_to_finish
from booking.charges.windows import Windows
from booking.core.period import Period
from booking.payers import amounts
from booking.payers.forms import PayerReceiptForm
from booking.payers.service import held_in
from booking.reservations.cancelling import cancel_reservation
from booking.reservations.forms import UseForm
from booking.reservations.moving import move_reservation
from booking.reservations.service import request_reservation
from booking.reservations.using import confirm_use
from booking.reservations.wishes import Paying, Wish
from booking.web.extensions import db, transaction
from models.charges import Charge
from models.payers import PayerAccount
from models.reservations import Reservation
from models.vocabulary.charges import ChargeState
from models.vocabulary.reservations import ReservationState, UseOutcome
from tests.statements.office import ALONE
from tests.statements.test_machine import Machine, emptied

STEPS_AT_LEAST, KINDS_AT_LEAST = 40, 6
"""So many steps, of so many kinds, must have taken effect, or the machine proves nothing."""
slots = st.tuples(st.integers(1, 40), st.integers(1, 3))
"""Hours from now on, and how long."""
picks = st.integers(0, 5)


class Whole(Machine):
    """The same office goes on taking bookings while it bills, and the people go on disputing and cancelling."""

    @rule(slot=slots, is_lead=st.booleans())
    def book(self, slot: tuple[int, int], is_lead: bool) -> None:
        wish = Wish(self.instrument_id, self._period(slot), paying=Paying(self.payer_id) if is_lead else ALONE)
        self._try(request_reservation, wish, by="lead" if is_lead else "other")

    @rule(pick=picks, slot=slots)
    def move(self, pick: int, slot: tuple[int, int]) -> None:
        self._with(pick, move_reservation, self._period(slot))

    @rule(pick=picks)
    def cancel(self, pick: int) -> None:
        self._with(pick, cancel_reservation)

    @rule(pick=picks, outcome=st.sampled_from([UseOutcome.USED, UseOutcome.USED, UseOutcome.NO_SHOW]))
    def use(self, pick: int, outcome: UseOutcome) -> None:
        """A use is confirmed when it is over."""
        if one := self._standing(pick):
            self.now = max(self.now, one.ends_at)
            self._try(confirm_use, one.id, UseForm(outcome=outcome), windows=Windows(), by="steward")

    @rule(pick=picks, by=st.sampled_from(["lead", "other"]))
    def dispute(self, pick: int, by: str) -> None:
        self._step(pick, charges.dispute_charge, "不对", by=by)

    @rule(pick=picks)
    def uphold(self, pick: int) -> None:
        self._step(pick, charges.uphold_charge, "按记录", windows=Windows())

    @rule(days=st.integers(1, 12))
    def wait(self, days: int) -> None:
        """Time passes; what nobody answered is accepted."""
        self.now += timedelta(days=days)
        with Session(db.engine) as session:
            due = list(due_to_finish(session, now=self.now))
        for charge_id in due:
            self.done["go_on"] += transaction(charges.go_on, charge_id, windows=Windows(), now=self.now)

    @rule(fen=st.integers(10_000, 60_000))
    def top_up(self, fen: int) -> None:
        self.papers += 1
        form = PayerReceiptForm(amount_fen=fen, receipt_number=f"T{self.papers}", receipt_on=self.now.date())
        self._try(amounts.top_up, self.payer_id, form)

    @invariant()
    def nothing_is_held_but_for_what_stands_and_what_waits(self) -> None:
        if not hasattr(self, "who"):
            return
        with Session(db.engine) as session:
            standing = select(Reservation.id).where(
                Reservation.payer_account_id == self.payer_id, Reservation.state == ReservationState.CONFIRMED
            )
            waiting = select(Charge.id).where(
                Charge.payer_account_id == self.payer_id, Charge.state == ChargeState.ESTIMATED
            )
            is_any = session.scalar(standing) is not None or session.scalar(waiting) is not None
            held = held_in(session, session.get_one(PayerAccount, self.payer_id))
        assert held >= 0
        assert is_any or held == 0

    def _period(self, slot: tuple[int, int]) -> Period:
        start = self.now.replace(minute=0, second=0) + timedelta(hours=slot[0])
        return Period(start, start + timedelta(hours=slot[1]))

    def _standing(self, pick: int) -> Reservation | None:
        with Session(db.engine, expire_on_commit=False) as session:
            rows = select(Reservation).where(Reservation.state == ReservationState.CONFIRMED)
            found = session.scalars(rows.order_by(Reservation.id)).all()
        return found[pick % len(found)] if found else None

    def _with(self, pick: int, work: Callable[..., Any], *given: Any) -> None:
        """What its holder does with one of the bookings."""
        if one := self._standing(pick):
            holder = next(name for name, actor in self.who.items() if actor.id == one.booked_by_id)
            self._try(work, one.id, *given, by=holder)


def test_from_the_booking_to_the_refund_the_books_agree(engine_app: Flask) -> None:
    took_effect: Counter[str] = Counter()

    class OnThisEngine(Whole):
        def __init__(self) -> None:
            super().__init__()
            self.context = ExitStack()
            self.context.enter_context(emptied(engine_app))

        def teardown(self) -> None:
            took_effect.update(getattr(self, "done", {}))
            self.context.close()

    bounded = settings(max_examples=8, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))
    run_machine(OnThisEngine, settings=bounded)
    assert took_effect.total() >= STEPS_AT_LEAST, took_effect
    assert len(took_effect) >= KINDS_AT_LEAST, took_effect
