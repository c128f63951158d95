"""Moving an instrument: its new place, the days it is closed for that, and word to who has booked."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.catalogue import moves
from booking.catalogue.step_forms import PlaceMove
from booking.core.actors import Actor
from booking.core.clock import at_local
from booking.core.errors import InvalidInput, Problem
from booking.core.period import Period
from booking.core.texts import N_
from booking.notifications.service import announce
from booking.reservations.blocks import Blocked, add_block
from models.custody import InstrumentPlace
from models.vocabulary.reservations import BlockKind

LONGEST_CLOSURE = timedelta(days=120)


def move_instrument(
    session: Session, instrument_id: int, form: PlaceMove, *, actor: Actor, now: datetime
) -> tuple[InstrumentPlace, Blocked | None]:
    """Record the move, close the instrument for the days named, and tell who has booked from its day on."""
    closed = _closure(form)
    row = moves.plan_move(session, instrument_id, form, actor=actor, now=now)
    blocked = None
    if closed is not None:
        kind, reason = BlockKind.CLOSURE, form.note[:300]
        blocked = add_block(session, instrument_id, closed, kind, reason, actor=actor, now=now)
    _tell(session, instrument_id, row, actor, now=now, is_off=False)
    return row, blocked


def call_off_move(session: Session, instrument_id: int, place_id: int, *, actor: Actor, now: datetime) -> None:
    """Call off a planned move and say so; a closure that was set for it is taken away on its own page."""
    row = session.get(InstrumentPlace, place_id)
    moves.cancel_move(session, instrument_id, place_id, actor=actor, now=now)
    if row is not None:
        _tell(session, instrument_id, row, actor, now=now, is_off=True)


def _closure(form: PlaceMove) -> Period | None:
    """The days on which it is closed, whole days; raises InvalidInput."""
    first, last = form.closed_from, form.closed_until or form.closed_from
    if first is None or last is None:
        return None
    if last < first:
        raise InvalidInput([Problem("closed_until", N_("不能早于第一天。"))])
    if last - first > LONGEST_CLOSURE:
        raise InvalidInput([Problem("closed_until", N_("一次最多 %(days)s 天。"), {"days": LONGEST_CLOSURE.days})])
    return Period(at_local(first), at_local(last, 24 * 60))


def _tell(
    session: Session, instrument_id: int, row: InstrumentPlace, actor: Actor, *, now: datetime, is_off: bool
) -> None:
    """Announce a move, or that it is off."""
    payload = {
        "instrument_id": instrument_id,
        "starts_on": row.starts_on.isoformat(),
        "street": row.street,
        "is_off": is_off,
        "actor_id": actor.id,
    }
    announce(session, "reservations.instrument_moves", payload, now=now)
