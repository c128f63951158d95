"""What waits for a steward, with its actions in place: requests to decide, conflicts to settle."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.core.actors import Actor
from booking.core.clock import utcnow
from booking.core.errors import InvalidInput
from booking.directory.labels import DAY_KIND
from booking.reservations import approval
from booking.reservations.forms import ApprovalForm, ReasonForm
from booking.reservations.labels import BLOCK_KINDS
from booking.reservations.queries import reservation_for
from booking.reservations.refusals import ReasonNeeded, ReservationRefused
from booking.reservations.spoken import spoken_refusals
from booking.reservations.views.typed import read_typed, version_typed
from booking.web.errors import problems_of, sentence_of
from booking.web.extensions import reading, transaction
from booking.web.filters import day, period
from booking.web.languages import in_language
from booking.web.signed_in import require_actor, signed_in
from models.catalogue import Instrument
from models.reservations import BlockConflict, Reservation

ALSO = "also_to_do"


@dataclass(frozen=True, slots=True)
class ToDo:
    """Something to do that another feature knows of, as the list shows it."""

    kind: str
    url: str
    title: str
    person: str
    due: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class Also:
    """What another feature adds to the list: how much in all, the first few, and where the whole stands."""

    count: int
    first: Sequence[ToDo]
    url: str
    label: str


AsksAlso = Callable[[Actor, datetime], Also | None]


def also_to_do(actor: Actor, now: datetime) -> list[Also]:
    """What other features add; which ask is said where pages are put together."""
    asked: Sequence[AsksAlso] = current_app.extensions.get(ALSO, ())
    return [found for ask in asked if (found := ask(actor, now)) is not None and found.count]


@signed_in
def approve(reservation_id: int) -> ResponseReturnValue:
    """Say yes; where a lasting rule stands against it, ask for the reason to set it aside."""
    try:
        reason = read_typed(ApprovalForm, "override_reason").override_reason
        actor, now, version = require_actor(), utcnow(), version_typed()
        transaction(
            approval.confirm_reservation,
            reservation_id,
            version=version,
            override_reason=reason,
            actor=actor,
            now=now,
        )
    except ReservationRefused as refused:
        return _decide_again(reservation_id, refused.status, refusals=spoken_refusals(refused.refusals))
    except InvalidInput as invalid:
        return _decide_again(reservation_id, invalid.status, problems=problems_of(invalid))
    flash(_("已通过，预约人会收到通知。"), "right")
    return redirect(_back(reservation_id), code=303)


@signed_in
def reject(reservation_id: int) -> ResponseReturnValue:
    """Say no, with the reason."""
    try:
        reason = read_typed(ReasonForm, "reason").reason
        actor, now, version = require_actor(), utcnow(), version_typed()
        transaction(approval.reject_reservation, reservation_id, reason=reason, version=version, actor=actor, now=now)
    except ReasonNeeded as needed:
        return _decide_again(reservation_id, needed.status, problems={"reason": [sentence_of(needed)]})
    except InvalidInput as invalid:
        return _decide_again(reservation_id, invalid.status, problems=problems_of(invalid))
    flash(_("已拒绝，预约人会收到您写的原因。"), "right")
    return redirect(_back(reservation_id), code=303)


def requests_shown(waiting: Sequence[Reservation]) -> list[dict[str, Any]]:
    """Requests and pending changes as the list shows them; holder and instrument must be loaded."""
    return [
        {
            "reservation_id": one.id,
            "version": one.version,
            "is_move": one.asked_starts_at is not None,
            "holder_name": one.booked_by.name,
            "instrument_name": name_of(one.instrument),
            "starts_at": one.asked_starts_at or one.starts_at,
            "ends_at": one.asked_ends_at or one.ends_at,
            "held_starts_at": one.starts_at,
            "held_ends_at": one.ends_at,
            "purpose": one.purpose,
            "decide_by": one.decide_by,
        }
        for one in waiting
    ]


def conflicts_shown(conflicts: Sequence[BlockConflict]) -> list[dict[str, Any]]:
    """Conflicts as the list shows them; block or day, reservation, holder and instrument must be loaded."""
    return [
        {
            "id": one.id,
            "reservation_id": one.reservation_id,
            "instrument_id": one.block.instrument_id if one.block else 0,
            "holder_name": one.reservation.booked_by.name,
            "instrument_name": name_of(one.reservation.instrument),
            "starts_at": one.reservation.starts_at,
            "ends_at": one.reservation.ends_at,
            **_cause(one),
        }
        for one in conflicts
    ]


def _cause(conflict: BlockConflict) -> dict[str, Any]:
    """The block or the day that stands over the reservation: its kind, when, and why."""
    if row := conflict.calendar_day:
        name = in_language(row.name_zh, row.name_en)
        return {"kind_label": _(DAY_KIND[row.kind]), "cause_when": day(row.day), "cause_reason": name}
    block = conflict.block
    if block is None:
        raise ValueError("a conflict read without its cause")
    when = period(block.starts_at, block.ends_at)
    return {"kind_label": _(BLOCK_KINDS[block.kind]), "cause_when": when, "cause_reason": block.reason}


def name_of(instrument: Instrument) -> str:
    """The instrument's name in the reader's language."""
    return in_language(instrument.name_zh, instrument.name_en)


def _decide_again(reservation_id: int, status: int, **shown: Any) -> ResponseReturnValue:
    """The page of one decision, with what stands against it."""
    reservation = reservation_for(reading(), reservation_id, require_actor())
    values = {"refusals": (), "problems": {}, "reservation": reservation, **shown}
    page = render_template(
        "reservations/decide.html",
        **values,
        instrument_name=name_of(reservation.instrument),
        reason=request.form.get("reason", ""),
        override_reason=request.form.get("override_reason", ""),
        back=_back(reservation_id),
    )
    return page, status


def _back(reservation_id: int) -> str:
    """Where the decision was asked for: the board of some day or the home page, else the reservation."""
    board = url_for("reservations.board")
    back = request.form.get("back", "")
    is_known = back in {board, url_for("home.index")} or back.startswith(f"{board}?")
    return back if is_known else url_for("reservations.show", reservation_id=reservation_id)
