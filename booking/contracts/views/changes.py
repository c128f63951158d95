"""What a contract says otherwise than it was read, in sentences for the page."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _

from booking.contracts import labels
from booking.contracts.reading import Changed
from booking.web import filters
from models.vocabulary.contracts import ContractScope


def spoken_changes(changes: Sequence[Changed]) -> list[str]:
    """Each change with what it was before and what it is now, where that is short enough to be said."""
    return [_spoken(one) for one in changes]


def _spoken(one: Changed) -> str:
    """One change; of long texts and files only that there are others, as they stand on the page."""
    label, say = _(labels.CHANGES[one.field]), SAYING.get(one.field)
    if say is None:
        return str(_("%(label)s有更改，见下文。", label=label))
    return str(_("%(label)s：原为 %(before)s，现为 %(now)s", label=label, before=say(one.before), now=say(one.now)))


def _plain(value: str | int | None) -> str:
    """A text or a number as it is."""
    return str(_("（空）")) if value in {None, ""} else str(value)


def _amount(fen: int | None) -> str:
    """An amount, or that there is no limit."""
    return str(_("不限")) if fen is None else filters.money(fen)


def _day(value: str) -> str:
    """A day as history keeps it."""
    return filters.day(date.fromisoformat(value))


def _scope(value: str) -> str:
    """For what it is."""
    return str(_(labels.SCOPES[ContractScope(value)]))


SAYING: Mapping[str, Callable[[Any], str]] = {
    "number": _plain,
    "party_name": _plain,
    "party_uscc": _plain,
    "owner_name": _plain,
    "owner_uscc": _plain,
    "title": _plain,
    "instrument_id": _plain,
    "sample_order_id": _plain,
    "amount_fen": _amount,
    "starts_on": _day,
    "ends_on": _day,
    "scope": _scope,
}
"""How a value is said; what is not here is too long for it."""
