"""Test items of a published record wait aside until they are reviewed; the public goes on reading the old ones."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, null, or_, select
from sqlalchemy.orm import Session

from booking.catalogue.forms import TestItemForm
from booking.catalogue.rounds import close, note_editor, open_round, start_over, start_round
from booking.core.actors import Actor
from models.catalogue import Instrument, TestItem
from models.publishing import ReviewRound
from models.vocabulary.catalogue import ReportMark
from models.vocabulary.publishing import RoundState

SHOWN = ("name_zh", "name_en", "standard", "range_zh", "range_en", "price_zh", "price_en")


def values_of(item: TestItem | Row[Any]) -> dict[str, Any]:
    """What the item says once everything that waits is let through."""
    if item.proposed is not None:
        return TestItemForm.model_validate(item.proposed).model_dump()
    return public_values(item)


def public_values(item: TestItem | Row[Any]) -> dict[str, Any]:
    """What the item itself says."""
    return {name: getattr(item, name) for name in TestItemForm.model_fields}


def is_waiting(item: TestItem) -> bool:
    """Whether something of the item waits for reviewers."""
    return item.is_held or item.proposed is not None


def lines_of(items: Sequence[dict[str, Any]]) -> str:
    """Test items as reviewers read them, one line each."""
    return "\n".join(_line(values) for values in items)


def settle(session: Session, instrument: Instrument, *, actor: Actor, now: datetime) -> None:
    """Let the round say what waits of a locked, published record: it opens, starts over, or has nothing left."""
    session.flush()
    note_editor(session, instrument.id, actor, now=now)
    waiting = open_round(session, instrument.id)
    is_left = bool(with_waiting_items(session, [instrument.id]))
    if waiting is None:
        if is_left:
            start_round(session, instrument.id, is_update=True, actor=actor, now=now)
    elif is_left or waiting.proposed or waiting.notes:
        start_over(session, waiting, now=now)
    else:
        close(session, waiting, RoundState.WITHDRAWN, actor=actor, now=now)


def with_waiting_items(session: Session, instrument_ids: Sequence[int]) -> set[int]:
    """Which of the records have test items that wait."""
    held = select(TestItem.instrument_id).where(TestItem.instrument_id.in_(instrument_ids), _waits())
    return set(session.scalars(held))


def let_items_through(session: Session, instrument_id: int) -> None:
    """Make what waits what the items say."""
    for item in _waiting(session, instrument_id):
        for name, value in values_of(item).items():
            setattr(item, name, value)
        item.is_held, item.proposed = False, None
    session.flush()


def forget_waiting_items(session: Session, ended: ReviewRound) -> None:
    """Give up what waits; the round that ends without it keeps it in words."""
    waiting = _waiting(session, ended.instrument_id)
    if not waiting:
        return
    ended.proposed = {**ended.proposed, "test_items": lines_of([values_of(item) for item in waiting])}
    for item in waiting:
        item.proposed = None
        if item.is_held:
            session.delete(item)
    session.flush()


def _waiting(session: Session, instrument_id: int) -> Sequence[TestItem]:
    """The items of which something waits."""
    rows = select(TestItem).where(TestItem.instrument_id == instrument_id, _waits())
    return session.scalars(rows.order_by(TestItem.position)).all()


def _waits() -> ColumnElement[bool]:
    """The condition that something of an item waits."""
    return or_(TestItem.is_held, TestItem.proposed.is_not(null()))


def _line(values: dict[str, Any]) -> str:
    """A test item as one line."""
    parts = [values[name] for name in SHOWN]
    days, mark = values["turnaround_days"], values["report_mark"]
    parts += [
        f"{days} d" if days is not None else "",
        mark.value.upper().replace("_", " ") if mark != ReportMark.NONE else "",
    ]
    return " · ".join(part for part in parts if part)
