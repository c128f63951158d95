"""The card of officers: months of clearing between provinces that wait for them."""

from booking.clearing.queries import province_titles
from booking.clearing.waiting import Waiting, waiting_for
from booking.core.clock import local_date
from booking.home.cards import SHOWN, Asked, Found, Item


def clearing_waiting(asked: Asked) -> Found:
    """Months to close, to confirm and to settle, the oldest first."""
    rows = waiting_for(asked.session, asked.actor, today=local_date(asked.now))
    names = province_titles(asked.session) if rows else {}
    return Found(len(rows), [_item(one, names) for one in rows[:SHOWN]])


def _item(one: Waiting, names: dict[str, tuple[str, str]]) -> Item:
    """A month of a border by the names of its provinces."""
    month, border = f"{one.month:%Y-%m}", one.border
    low, high = (names.get(code, (code, code)) for code in (border.low, border.high))
    zh, en = (f"{mine} ↔ {theirs} {month}" for mine, theirs in zip(low, high, strict=True))
    return Item("clearing", None, zh, en, todo=one.act.value, named_by={"border": str(border), "month": month})
