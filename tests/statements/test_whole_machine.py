"""From the booking to the refund at random: held, used, disputed, billed, paid in parts, paid back; the books agree."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask
from hypothesis import strategies as st
from hypothesis.stateful import invariant
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.charges import service as charges
from booking.charges.queries import due_to_finish
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
from tests.charges.arguing import WINDOWS
from tests.machines import picks, tried, walk
from tests.statements.office import ALONE
from tests.statements.test_machine import Machine

MUST = {"book", "hold", "move", "cancel", "confirm", "adjust", "dispute", "uphold", "accept", "waive"} | {
    "bill",
    "pay",
    "pay in part",
    "pay anything",
    "pay back",
}
slots = st.tuples(st.integers(1, 90), st.integers(1, 3))
"""Hours from now on, and how long."""
people = st.sampled_from(["lead", "other"])


class Whole(Machine):
    """The same office goes on taking bookings while it bills, and the people go on disputing and cancelling."""

    def begin(self) -> None:
        """Besides what is billed, each books three times: one is disputed, one is cancelled, one is still to come."""
        super().begin()
        for by in ("lead", "other"):
            for hours in (2, 5, 30):
                self.book((hours, 1), by)
            self.move(-1, (20, 1))
            self.cancel(-1)
            self.use(-1, UseOutcome.USED)
            for step in ("dispute", "uphold", "dispute", "adjust"):
                self.argue(step)

    @tried(slot=slots, by=people)
    def book(self, slot: tuple[int, int], by: str) -> None:
        step, paying = ("hold", Paying(self.payer_id)) if by == "lead" else ("book", ALONE)
        wish = Wish(self.instrument_id, self._period(slot), paying=paying)
        self.attempt(step, request_reservation, wish, by=by)

    @tried(pick=picks, slot=slots)
    def move(self, pick: int, slot: tuple[int, int]) -> None:
        self._with(pick, "move", move_reservation, self._period(slot))

    @tried(pick=picks)
    def cancel(self, pick: int) -> None:
        self._with(pick, "cancel", cancel_reservation)

    @tried(pick=picks, outcome=st.sampled_from([UseOutcome.USED, UseOutcome.USED, UseOutcome.NO_SHOW]))
    def use(self, pick: int, outcome: UseOutcome) -> None:
        """A use is confirmed when it is over."""
        if one := self._standing(pick):
            self.now = max(self.now, one.ends_at)
            self.attempt("confirm", confirm_use, one.id, UseForm(outcome=outcome), windows=WINDOWS, by="steward")

    @tried(days=st.integers(1, 12))
    def wait(self, days: int) -> None:
        """Time passes; what nobody answered is accepted."""
        self.now += timedelta(days=days)
        with Session(db.engine) as session:
            due = list(due_to_finish(session, now=self.now))
        for charge_id in due:
            self.done["go on"] += transaction(charges.go_on, charge_id, windows=WINDOWS, now=self.now)

    @tried(fen=st.integers(10_000, 60_000))
    def top_up(self, fen: int) -> None:
        self.papers += 1
        form = PayerReceiptForm(amount_fen=fen, receipt_number=f"T{self.papers}", receipt_on=self.now.date())
        self.attempt("top up", amounts.top_up, self.payer_id, form, by="finance")

    @invariant()
    def nothing_is_held_but_for_what_stands_and_what_waits(self) -> None:
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

    def _with(self, pick: int, step: str, work: Callable[..., Any], *given: Any) -> None:
        """What its holder does with one of the bookings."""
        if one := self._standing(pick):
            holder = next(name for name, actor in self.who.items() if actor.id == one.booked_by_id)
            self.attempt(step, work, one.id, *given, by=holder)


def test_from_the_booking_to_the_refund_the_books_agree(engine_app: Flask) -> None:
    walk(engine_app, Whole, MUST, walks=7, steps=26)
