"""What came of the demo's past bookings: most are confirmed, the last days wait; one charge is disputed."""

import random
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking.charges import service
from booking.charges.windows import Windows
from booking.core.actors import Actor
from booking.demo import people
from booking.reservations.forms import UseForm
from booking.reservations.using import confirm_use, piece_lines
from models.charges import Charge
from models.notifications import Event
from models.reservations import Reservation
from models.vocabulary.charges import ChargeState
from models.vocabulary.reservations import ReservationState, UseOutcome

SEED = 20181206
UNCONFIRMED_FOR = timedelta(days=2)
NOBODY_CAME = 0.05
PAST = ("charges.changed", "reservations.completed", "reservations.no_show")
"""Mails about the made-up past are dropped."""


def add_uses(session: Session, *, actor: Actor, now: datetime) -> int:
    """Confirm what ended some days ago, and leave the last days to be confirmed; how many charges came of it."""
    chance = random.Random(SEED)  # noqa: S311 - made-up uses, no secret
    over = select(Reservation.id, Reservation.ends_at).where(
        Reservation.state == ReservationState.CONFIRMED, Reservation.ends_at < now - UNCONFIRMED_FOR
    )
    for reservation_id, ends_at in session.execute(over.order_by(Reservation.ends_at, Reservation.id)).all():
        outcome = UseOutcome.NO_SHOW if chance.random() < NOBODY_CAME else UseOutcome.USED
        said_at = ends_at + timedelta(hours=chance.randint(1, 30))
        form = UseForm(outcome=outcome, **counted(session, reservation_id, chance))
        confirm_use(session, reservation_id, form, windows=Windows(), actor=actor, now=said_at)
    charges = session.scalars(select(Charge.id).order_by(Charge.id)).all()
    for charge_id in charges:
        service.go_on(session, charge_id, windows=Windows(), now=now)
    session.execute(delete(Event).where(Event.name.in_(PAST)))
    _dispute_one(session, now=now)
    return len(charges)


def counted(session: Session, reservation_id: int, chance: random.Random) -> dict[str, Any]:
    """As many samples as were booked, and some pieces of what the price counts so."""
    reservation = session.get_one(Reservation, reservation_id)
    pieces = {place: chance.randint(1, 3) for place in piece_lines(session, reservation)}
    return {"samples": reservation.sample_count or 0, "pieces": pieces}


def _dispute_one(session: Session, *, now: datetime) -> None:
    """The researcher does not agree with one of the charges, where there is one to be answered."""
    researcher = people.actor(session, "researcher", now=now)
    own = select(Charge.id).where(Charge.user_id == researcher.id, Charge.state == ChargeState.FINAL)
    charge_id = session.scalar(own.order_by(Charge.id.desc()).limit(1))
    if charge_id is not None:
        reason = "当天最后半小时真空报警，仪器停机，没有测成。请按实际使用的时间计费。"
        service.dispute_charge(session, charge_id, reason, actor=researcher, now=now)
