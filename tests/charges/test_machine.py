"""Bookings and their charges at random: every account equals its transfers, and nothing stays held for what is done."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from booking.charges import service
from booking.charges.queries import due_to_finish
from booking.charges.verifying import faults as charge_faults
from booking.core.period import Period
from booking.ledger.verifying import faults as ledger_faults
from booking.payers.amounts import close_payer, set_amount
from booking.payers.forms import PayerAmountForm
from booking.payers.service import held_in, left_in, set_limit
from booking.payers.verifying import faults as payer_faults
from booking.reservations.blocks import add_block
from booking.reservations.cancelling import cancel_reservation
from booking.reservations.choosing_payer import choose_payer
from booking.reservations.forms import UseForm
from booking.reservations.handing_over import hand_over_bookings
from booking.reservations.moving import move_reservation
from booking.reservations.service import request_reservation
from booking.reservations.using import confirm_use
from booking.reservations.verifying import faults as claim_faults
from booking.reservations.wishes import Paying, Wish
from booking.web.extensions import db, transaction
from models.accounts import User
from models.catalogue import Instrument
from models.charges import Charge, ChargeCapture, ChargeEvent
from models.ledger import LedgerAccount
from models.payers import PayerAccount, PayerHold, PayerMember
from models.reservations import Reservation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.charges import ChargeProblem, ChargeState, ChargeStep
from models.vocabulary.pricing import BilledOn
from models.vocabulary.reservations import BlockKind, ReservationState, UseOutcome
from tests.charges.arguing import WINDOWS, Arguing
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.payers import make_payer
from tests.factories.people import actor_for, give, make_user
from tests.factories.prices import make_hourly_price
from tests.machines import picks, tried, walk

START = datetime(2026, 11, 23, 1, tzinfo=UTC)
GRANTED, LIMIT = 60_000, 45_000
MUST = {
    "book",
    "hold",
    "move",
    "choose payer",
    "hand over",
    "set amount",
    "cancel",
    "confirm",
    "dispute",
    "accept",
    "adjust",
    "waive",
    "go on",
}
slots = st.tuples(st.integers(-1, 60), st.integers(1, 3))
"""Hours from now on, and how long."""


class Machine(Arguing):
    """Two people book, one within a limit of a grant, one on paper; a steward and the lead deal with the charges."""

    @initialize()
    def arrange(self) -> None:
        with Session(db.engine, expire_on_commit=False) as session:
            place = make_organisation(session)
            self.instrument_id = make_instrument(session, place, policy={"closes_on_holidays": False}).id
            names = ("lead", "student", "other", "steward", "admin")
            people = {name: make_user(session, name) for name in names}
            give(session, people["steward"], Role.STEWARD, ScopeKind.INSTRUMENT, self.instrument_id)
            give(session, people["admin"], Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, place.id)
            instrument = people["steward"], self.instrument_id
            self._price(session, *instrument)
            payer = make_payer(session, place, people["lead"], GRANTED, [people["student"]])
            member = session.scalars(select(PayerMember)).one()
            lead = actor_for(session, people["lead"], now=START)
            set_limit(session, payer.id, member.id, LIMIT, actor=lead, now=START)
            other = make_payer(session, place, people["lead"], GRANTED, [people["student"]], number="52170002")
            session.commit()
            self.payer_id, self.place_id = payer.id, place.id
            self.payer_ids = (payer.id, other.id)
            self.who = {name: actor_for(session, person, now=START) for name, person in people.items()}
        self.now = START
        self.begin()

    def begin(self) -> None:
        """Of those that are booked one goes from hand to hand, is cancelled or used late, and fought over."""
        for hour, is_student in ((2, True), (5, False), (9, True), (12, False)):
            self.book((hour, 2), is_student)
        self.set_amount(0, 70_000)
        self.move(2, (16, 2))
        self.cancel(2)
        self.choose_payer(0, 1)
        self.hand_over(2)
        for _each in range(2):
            self.confirm(0, 1, UseOutcome.USED)
            for step in ("dispute", "adjust", "accept"):
                self.argue(step, -1_000)
        self.argue("waive")
        self.book((4, 2), True)
        self.confirm(-1, 0, UseOutcome.USED)
        self.wait(24 * 9)
        self.go_on()
        for hour, is_student in ((2, True), (5, False), (20, True), (30, False)):
            self.book((hour, 2), is_student)

    def _price(self, session: Session, steward: User, instrument_id: int) -> None:
        instrument = session.get_one(Instrument, instrument_id)
        terms: dict[str, Any] = {"billed_on": BilledOn.LARGER, "cancel_share": 5_000, "no_show_share": 8_000}
        make_hourly_price(session, instrument, 10_000, steward, cancel_hours=6, **terms)

    @tried(slot=slots, is_student=st.booleans())
    def book(self, slot: tuple[int, int], is_student: bool) -> None:
        paying = Paying(self.payer_ids[slot[0] % 2]) if is_student else Paying(is_later=True)
        wish = Wish(self.instrument_id, self._period(slot), paying=paying)
        step, by = ("hold", "student") if is_student else ("book", "other")
        self.attempt(step, request_reservation, wish, by=by)

    @tried(pick=picks, slot=slots)
    def move(self, pick: int, slot: tuple[int, int]) -> None:
        if one := self._reservation(pick):
            self.attempt("move", move_reservation, one.id, self._period(slot), by=self._holder(one))

    @tried(pick=picks, account=st.integers(0, 2))
    def choose_payer(self, pick: int, account: int) -> None:
        if one := self._reservation(pick):
            paying = Paying(self.payer_ids[account]) if account < len(self.payer_ids) else Paying(is_later=True)
            self.attempt("choose payer", choose_payer, one.id, paying, by=self._holder(one))

    @tried(pick=picks)
    def hand_over(self, pick: int) -> None:
        if one := self._reservation(pick):
            heir = "other" if self._holder(one) == "student" else "student"
            handed = (self.place_id, one.booked_by_id, [one.id], f"{heir}@example.org")
            self.attempt("hand over", hand_over_bookings, *handed, reason="换人", by="admin")

    @tried(account=st.integers(0, 1))
    def close_account(self, account: int) -> None:
        with Session(db.engine) as session:
            is_used = session.scalar(select(func.count(Charge.id))) or 0
        if is_used > 1:
            self.attempt("close account", close_payer, self.payer_ids[account], "结题", by="admin")

    @tried(account=st.integers(0, 1), fen=st.integers(30_000, 90_000))
    def set_amount(self, account: int, fen: int) -> None:
        self.attempt(
            "set amount",
            set_amount,
            self.payer_ids[account],
            PayerAmountForm(amount_fen=fen, reason="调整"),
            by="admin",
        )

    @tried(pick=picks)
    def cancel(self, pick: int) -> None:
        if one := self._reservation(pick):
            self.attempt("cancel", cancel_reservation, one.id, by=self._holder(one))

    @tried(hours=st.integers(1, 12))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @tried(pick=picks, late=st.integers(-1, 3), outcome=st.sampled_from(UseOutcome))
    def confirm(self, pick: int, late: int, outcome: UseOutcome) -> None:
        if one := self._reservation(pick):
            self.now = max(self.now, one.ends_at + timedelta(hours=max(late, 0)))
            end = one.ends_at + timedelta(hours=late)
            actual = {"actual_starts_at": one.starts_at.isoformat(), "actual_ends_at": end.isoformat()}
            form = UseForm.model_validate(
                {"outcome": outcome, "note": "说明", **(actual if end > one.starts_at else {})}
            )
            self.attempt("confirm", confirm_use, one.id, form, windows=WINDOWS, by="steward")

    @tried(slot=slots)
    def close(self, slot: tuple[int, int]) -> None:
        self.attempt("close", add_block, self.instrument_id, self._period(slot), BlockKind.OUTAGE, "故障", by="steward")

    @tried()
    def go_on(self) -> None:
        with Session(db.engine) as session:
            due = list(due_to_finish(session, now=self.now))
        for charge_id in due:
            self.done["go on"] += transaction(service.go_on, charge_id, windows=WINDOWS, now=self.now)

    @invariant()
    def the_books_are_right(self) -> None:
        with Session(db.engine) as session:
            proofs = (ledger_faults, payer_faults, charge_faults, claim_faults)
            assert [line for proof in proofs for line in proof(session)] == []
            charges = session.scalars(select(Charge)).all()
            for payer_id in self.payer_ids:
                payer = session.get_one(PayerAccount, payer_id)
                captured = session.get_one(LedgerAccount, payer.captured_id).balance_fen
                put_in = -session.get_one(LedgerAccount, payer.source_id).balance_fen
                assert left_in(session, payer) + held_in(session, payer) + captured == put_in
                assert captured == sum(one.captured_fen for one in charges if one.payer_account_id == payer_id)
            self._the_rest_is_owed(session, charges)

    def _the_rest_is_owed(self, session: Session, charges: Sequence[Charge]) -> None:
        """What is charged is paid, settled on paper or owed; before anybody agreed no more is paid than was held."""
        paid = _sums(session, select(ChargeCapture.charge_id, func.sum(ChargeCapture.amount_fen)))
        held = _sums(session, select(PayerHold.reservation_id, func.max(PayerHold.amount_fen)))
        agreed = set(session.scalars(select(ChargeEvent.charge_id).where(ChargeEvent.step == ChargeStep.ACCEPT)))
        for one in charges:
            owed = one.gross_fen - one.paper_fen - paid.get(one.id, 0)
            assert owed >= 0
            assert one.state != ChargeState.ACCEPTED or (owed > 0) == (one.problem == ChargeProblem.PAYER_SHORT)
            assert one.id in agreed or paid.get(one.id, 0) <= held.get(one.reservation_id or 0, 0)

    def finish(self) -> None:
        """When everything is over, confirmed and silently accepted, nothing is held any more."""
        self.now += timedelta(days=3)
        with Session(db.engine) as session:
            standing = select(Reservation.id).where(Reservation.state == ReservationState.CONFIRMED)
            open_ones = session.scalars(standing).all()
        for reservation_id in open_ones:
            self.attempt("confirm", confirm_use, reservation_id, UseForm(), windows=WINDOWS, by="steward")
        self.go_on()
        with Session(db.engine) as session:
            held = [held_in(session, session.get_one(PayerAccount, payer_id)) for payer_id in self.payer_ids]
        assert held == [0, 0]
        self.the_books_are_right()

    def _period(self, slot: tuple[int, int]) -> Period:
        start = self.now.replace(minute=0) + timedelta(hours=slot[0])
        return Period(start, start + timedelta(hours=slot[1]))

    def _reservation(self, pick: int) -> Reservation | None:
        """One of those that still stand."""
        with Session(db.engine, expire_on_commit=False) as session:
            standing = select(Reservation).where(Reservation.state == ReservationState.CONFIRMED)
            found = session.scalars(standing.order_by(Reservation.id)).all()
        return found[pick % len(found)] if found else None

    def _holder(self, one: Reservation) -> str:
        return next(name for name, actor in self.who.items() if actor.id == one.booked_by_id)


def _sums(session: Session, rows: Select[int, int]) -> dict[int, int]:
    """Amounts by what they belong to."""
    grouped = rows.group_by(rows.selected_columns[0])
    return {key: int(amount) for key, amount in session.execute(grouped)}


def test_accounts_equal_their_transfers_and_nothing_stays_held_whatever_people_do(engine_app: Flask) -> None:
    walk(engine_app, Machine, MUST, walks=8, steps=18)
