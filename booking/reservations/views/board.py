"""The steward's board: a day or a week of every instrument, and what waits to be done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.accounts.permissions import Permission, may, reach
from booking.core.actors import Actor, Reach
from booking.core.clock import local_date, utcnow
from booking.core.errors import Forbidden, NotFound
from booking.core.period import Period
from booking.reservations.availability import instrument_time
from booking.reservations.board_layout import BoardCell, hours_shown, now_column, rows_of, window_of
from booking.reservations.board_queries import (
    BoardItem,
    BoardLane,
    BoardRow,
    day_board,
    instrument_items,
    open_conflicts,
    to_decide,
)
from booking.reservations.items import ShownItem, shown
from booking.reservations.queries import target_of
from booking.reservations.views.todo import also_to_do, conflicts_shown, name_of, requests_shown
from booking.reservations.week_table import WEEK, WeekTime, day_in, day_of, monday_of, week_of, week_table
from booking.web.extensions import reading
from booking.web.signed_in import require_actor, signed_in
from models.catalogue import Instrument

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ShownLane:
    """A row of the day board."""

    label: str
    cells: list[BoardCell[ShownItem]]


@dataclass(frozen=True, slots=True)
class Board:
    """The board that is asked for."""

    actor: Actor
    within: Reach
    day: date
    is_week: bool
    chosen: int | None
    now: datetime

    @property
    def days(self) -> list[date]:
        """The day, or the seven of its week."""
        first = monday_of(self.day)
        return [first + A_DAY * number for number in range(7)] if self.is_week else [self.day]

    def url(self, day: date, *, week: bool | None = None) -> str:
        """The same board on another day."""
        view = "week" if (self.is_week if week is None else week) else None
        return url_for("reservations.board", day=day.isoformat(), view=view, instrument=self.chosen)


@signed_in
def board() -> ResponseReturnValue:
    """Show the board of one day or week, and what is to be done."""
    asked = _asked()
    rows = [day_board(reading(), asked.within, day, now=asked.now) for day in asked.days]
    conflicts = open_conflicts(reading(), asked.within, now=asked.now)
    decides = reach(asked.actor, Permission.DECIDE_BOOKINGS)
    requests = to_decide(reading(), decides, now=asked.now) if decides else []
    also = also_to_do(asked.actor, asked.now)
    conflicting = frozenset(conflict.reservation_id for conflict in conflicts)
    chosen = [[row for row in day if asked.chosen in (None, row.instrument.id)] for day in rows]
    return render_template(
        "reservations/board.html",
        **_frame(asked),
        **(_week_part(chosen, conflicting) if asked.is_week else _day_part(asked, chosen[0], conflicting)),
        choices=[(row.instrument.id, name_of(row.instrument)) for row in rows[0]],
        booking_count=_count(chosen),
        requests=requests_shown(requests),
        conflicts=conflicts_shown(conflicts),
        also=also,
        todo_count=len(requests) + len(conflicts) + sum(one.count for one in also),
        back=asked.url(asked.day),
    )


def _asked() -> Board:
    """The board as the address names it."""
    actor, now = require_actor(), utcnow()
    within = reach(actor, Permission.SEE_BOOKINGS)
    if not within:
        raise Forbidden
    chosen = request.args.get("instrument", "")
    day = day_in(request.args.get("day")) or local_date(now)
    number = int(chosen) if chosen.isdecimal() and len(chosen) < 10 else None
    return Board(actor, within, day, request.args.get("view") == "week", number, now)


def _frame(asked: Board) -> dict[str, Any]:
    """The heading, and the ways to other days and views."""
    step = WEEK if asked.is_week else A_DAY
    return {
        "day": asked.day,
        "days": asked.days,
        "is_week": asked.is_week,
        "chosen": asked.chosen or "",
        "previous_url": asked.url(asked.day - step),
        "next_url": asked.url(asked.day + step),
        "today_url": asked.url(local_date(asked.now)),
        "day_url": asked.url(asked.day, week=False),
        "week_url": asked.url(asked.day, week=True),
    }


def _day_part(asked: Board, rows: Sequence[BoardRow], conflicting: frozenset[int]) -> dict[str, Any]:
    """One day: a row of cells for each lane."""
    hours = hours_shown(asked.day, [item for item in _items(rows) if item.reservation])
    window = window_of(asked.day, hours)
    return {
        "hours": hours,
        "now_column": now_column(window, asked.now),
        "instruments": [_with_lanes(row, window, conflicting) for row in rows],
    }


def _with_lanes(row: BoardRow, window: Period, conflicting: frozenset[int]) -> dict[str, Any]:
    """An instrument with the rows of its lanes, each named when there are several."""
    lanes = [
        ShownLane(lane_label(lane, len(row.lanes)), cells)
        for lane in row.lanes
        for cells in rows_of([shown(item, conflicting) for item in lane.items], window)
    ]
    nothing: list[ShownItem] = []
    return {**_named(row.instrument), "lanes": lanes or [ShownLane("", rows_of(nothing, window)[0])]}


def lane_label(lane: BoardLane, count: int) -> str:
    """What a lane is called beside its instrument; nothing when it is the only one."""
    if lane.is_shared:
        return str(_("共用 %(name)s", name=lane.group_name) if lane.group_name else _("共用机位"))
    return str(_("机位 %(number)s", number=lane.position)) if count > 1 else ""


def _week_part(days: Sequence[Sequence[BoardRow]], conflicting: frozenset[int]) -> dict[str, Any]:
    """Seven days: for each instrument what stands in each of them."""
    return {
        "instruments": [
            {**_named(first.instrument), "days": [_listed(day[number], conflicting) for day in days]}
            for number, first in enumerate(days[0])
        ]
    }


def _listed(row: BoardRow, conflicting: frozenset[int]) -> list[ShownItem]:
    """A day of an instrument as a list; what holds several lanes stands there once."""
    items = [shown(item, conflicting) for lane in row.lanes for item in lane.items]
    return sorted(dict.fromkeys(items), key=lambda item: item.period)


def _items(rows: Sequence[BoardRow]) -> list[BoardItem]:
    """Everything on every lane."""
    return [item for row in rows for lane in row.lanes for item in lane.items]


def _count(days: Sequence[Sequence[BoardRow]]) -> int:
    """How many reservations the board shows."""
    return len({item.reservation.id for rows in days for item in _items(rows) if item.reservation})


def _named(instrument: Instrument) -> dict[str, Any]:
    """What an instrument is called on the board."""
    return {"id": instrument.id, "name": name_of(instrument), "model": instrument.model}


@signed_in
def board_instrument(instrument_id: int) -> ResponseReturnValue:
    """Show the calendar of one instrument with names."""
    instrument = reading().get(Instrument, instrument_id)
    actor, now = require_actor(), utcnow()
    if instrument is None or not may(actor, Permission.SEE_BOOKINGS, target_of(instrument)):
        raise NotFound
    day = day_in(request.args.get("week")) or local_date(now)
    monday = monday_of(day)
    time = instrument_time(reading(), instrument_id, week_of(monday), viewer=actor, now=now)
    found = instrument_items(reading(), instrument_id, time.window, viewer=actor, now=now)
    booked = [item.period for item in found if item.reservation]
    table = week_table(monday, WeekTime(opened=[*time.open, *booked]), time.terms, now=now)
    items = [shown(item) for item in found]
    return render_template(
        "reservations/board_instrument.html",
        instrument=_named(instrument),
        may_suspend=may(actor, Permission.SUSPEND_PEOPLE, target_of(instrument)),
        may_block=may(actor, Permission.MANAGE_BLOCKS, target_of(instrument)),
        table=table,
        terms=time.terms,
        shown_day=day,
        items_by_day=[[item for item in items if item.period.overlaps(day_of(one))] for one in table.days],
        previous_url=url_for(".board_instrument", instrument_id=instrument_id, week=(monday - WEEK).isoformat()),
        next_url=url_for(".board_instrument", instrument_id=instrument_id, week=(monday + WEEK).isoformat()),
    )
