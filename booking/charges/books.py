"""What every change of a charge leaves behind: new lines, one row of history, an entry in the log, an event."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.core.actors import Actor
from booking.notifications.service import announce
from booking.pricing.rules import Line
from models.base import Base
from models.charges import Charge, ChargeEvent, ChargeLine
from models.vocabulary.charges import ChargeStep

_STORE = insert(Base.metadata.tables["charge_lines"])


def add_lines(session: Session, charge: Charge, lines: Iterable[Line], *, now: datetime) -> None:
    """Add lines to a locked charge, whose amount they change."""
    rows = [{"charge_id": charge.id, "created_at": now, **_plain(line)} for line in lines]
    if rows:
        session.connection().execute(_STORE, rows)
        charge.gross_fen += sum(row["amount_fen"] for row in rows)


def as_line(row: ChargeLine) -> Line:
    """A stored line as the prices speak of it."""
    names = ("kind", "amount_fen", "unit_fen", "minutes", "count", "name_zh", "name_en", "why")
    return Line(**{name: getattr(row, name) for name in names})


def tell(
    session: Session,
    charge: Charge,
    step: ChargeStep,
    *,
    actor: Actor | None,
    now: datetime,
    text: str = "",
    change_fen: int = 0,
    spent_fen: int = 0,
) -> None:
    """Write down what happened to a locked charge, who did it and why, and announce it.

    `spent_fen` is what its account paid beyond what was held.
    """
    charge.version += 1
    charge.updated_at = now
    event = ChargeEvent(
        charge_id=charge.id,
        step=step,
        state=charge.state,
        actor_id=actor.id if actor else None,
        change_fen=change_fen,
        text=text,
        occurred_at=now,
    )
    session.add(event)
    session.flush()
    after = {
        "state": str(charge.state),
        "gross_fen": charge.gross_fen,
        "captured_fen": charge.captured_fen,
        "reservation_id": charge.reservation_id,
        "sample_order_id": charge.sample_order_id,
    }
    said = "" if step == ChargeStep.WRITE else text
    audit.note(session, f"charges.{step}", ("charge", charge.id), actor=actor, now=now, after=after, reason=said[:300])
    payload = {"charge_id": charge.id, "event_id": event.id, "spent_fen": spent_fen}
    announce(session, "charges.changed", payload, now=now)


def _plain(line: Line) -> dict[str, Any]:
    """A line as it is stored."""
    return {**asdict(line), "why": dict(line.why)}
