"""An instrument's time as the drawn calendar takes it: periods with a class, and names only for stewards."""

from collections.abc import Iterable, Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from booking.core.clock import SHANGHAI
from booking.core.period import Period, without
from booking.reservations.availability import InstrumentTime, OwnTime
from booking.reservations.board_queries import BoardItem
from booking.reservations.items import shown
from booking.reservations.labels import BLOCK_KINDS, STATES
from booking.reservations.lanes import RESERVATION, BusyTime
from models.vocabulary.reservations import BlockKind, ReservationState


def public_events(time: InstrumentTime) -> list[dict[str, Any]]:
    """What everybody may see, and the viewer's own reservations; never who booked."""
    busy = [(part, one) for one in time.busy for part in without([one.period], time.own)]
    return [
        *closed_events(time.open, time.window),
        *past_events(time),
        *slot_events(time.slots),
        *(_busy(part, one) for part, one in busy),
        *(event for one in time.mine for event in _mine(one, time.window)),
    ]


def steward_events(time: InstrumentTime, items: Sequence[BoardItem]) -> list[dict[str, Any]]:
    """The same for those who may see names: every reservation and block by itself."""
    background = [*closed_events(time.open, time.window), *past_events(time), *slot_events(time.slots)]
    return [*background, *(_named(item) for item in items)]


def closed_events(opened: Iterable[Period], window: Period) -> list[dict[str, Any]]:
    """Everything outside of opening hours, hatched behind the events."""
    return [
        {**_times(part), "title": "", "display": "background", "classNames": ["is-closed"]}
        for part in without([window], opened)
    ]


def past_events(time: InstrumentTime) -> list[dict[str, Any]]:
    """Opening hours that are over, paler behind the events: nothing can be reserved there any more."""
    coming = [Period(time.asked_at, time.window.end)] if time.asked_at < time.window.end else []
    return [
        {**_times(part), "title": "", "display": "background", "classNames": ["is-past"]}
        for part in without(time.open, coming)
    ]


def slot_events(slots: Iterable[Period]) -> list[dict[str, Any]]:
    """Fixed slots to choose from, marked behind the events; a click takes the whole of one."""
    return [{**_times(slot), "title": "", "display": "background", "classNames": ["is-slot"]} for slot in slots]


def _busy(period: Period, busy: BusyTime) -> dict[str, Any]:
    """Taken by somebody, or a block with its reason."""
    if busy.kind == RESERVATION:
        return {**_times(period), "title": _("已占用"), "classNames": ["is-busy"], "editable": False}
    kind = _(BLOCK_KINDS[BlockKind(busy.kind)])
    title = f"{kind} · {busy.reason}" if busy.reason else kind
    return {**_times(period), "title": title, "classNames": ["is-block"], "editable": False}


def _mine(own: OwnTime, window: Period) -> list[dict[str, Any]]:
    """A reservation of the viewer, with the way to it; the time that it asks for looks like a request."""
    states = [own.state, ReservationState.REQUESTED]
    return [
        {
            **_times(period),
            "title": _("我的预约 · %(state)s", state=_(STATES[state])),
            "classNames": ["is-mine", "is-requested"] if state == ReservationState.REQUESTED else ["is-mine"],
            "editable": False,
            "extendedProps": {"url": url_for("reservations.show", reservation_id=own.id)},
        }
        for period, state in zip(own.periods, states, strict=False)
        if period.overlaps(window)
    ]


def _named(item: BoardItem) -> dict[str, Any]:
    """A reservation with its holder, or a block."""
    face = shown(item)
    return {
        **_times(item.period),
        "title": f"{face.sign} {face.label}",
        "classNames": [f"is-{face.look}"],
        "editable": False,
        "extendedProps": {"url": face.url},
    }


def _times(period: Period) -> dict[str, str]:
    """Start and end with Shanghai's offset."""
    return {
        "start": period.start.astimezone(SHANGHAI).isoformat(),
        "end": period.end.astimezone(SHANGHAI).isoformat(),
    }
