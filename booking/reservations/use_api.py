"""Uses in the HTTP API: what waits to be confirmed, and confirming it, one by one or several as booked."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from pydantic import BaseModel
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.charges.queries import charge_of
from booking.charges.terms import windows
from booking.core.clock import utcnow
from booking.core.errors import Forbidden
from booking.pricing.quoting import terms_told
from booking.pricing.rules import Terms
from booking.reservations import answers
from booking.reservations.answer_shapes import UseSaid
from booking.reservations.forms import UseForm, UsesForm, UsesQuery
from booking.reservations.older_uses import let_off_use
from booking.reservations.queries import reservation_for
from booking.reservations.uses import use_of, uses_to_confirm
from booking.reservations.using import confirm_use
from booking.reservations.using_many import Told, each_by_itself
from booking.web.errors import sentence_of
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import if_match, read_json, read_query
from booking.web.signed_in import require_actor
from models.reservations import Reservation, ReservationUse
from models.vocabulary.reservations import ReservationMode, ReservationState

bp = Blueprint("uses_api", __name__, url_prefix="/api/v1")

TAG = "uses"


class UseToConfirm(BaseModel):
    """A reservation that is over and nobody confirmed.

    Where its price counts samples or pieces it is confirmed by itself, unless it was booked with samples.
    """

    reservation_id: int
    version: int
    instrument_id: int
    instrument: str
    instrument_en: str
    booked_by: str
    starts_at: datetime
    ends_at: datetime
    mode: ReservationMode
    sample_count: int | None
    counts_samples: bool
    counts_pieces: bool


class UsesToConfirm(BaseModel):
    """Some of them, the oldest first."""

    items: list[UseToConfirm]
    next_cursor: str | None


class UseAnswer(UseSaid):
    """What came of a reservation, and its charge where it has one."""

    reservation_id: int
    state: ReservationState
    version: int
    charge_id: int | None


class ToldUse(BaseModel):
    """Whether one of several was confirmed, or let off, or why not."""

    reservation_id: int
    confirmed: bool
    refused: str
    code: str


class ToldUses(BaseModel):
    """What came of each."""

    items: list[ToldUse]


@bp.get("/uses")
@documented(tag=TAG, answers={200: UsesToConfirm}, query=UsesQuery, refusals=(400, 401, 403, 422))
def list_uses() -> Response:
    """What waits to be confirmed on the instruments whose bookings one decides, the oldest first."""
    who, asked = require_actor(), read_query(UsesQuery)
    if not reach(who, Permission.DECIDE_BOOKINGS):
        raise Forbidden
    page = uses_to_confirm(
        reading(),
        who,
        instrument_id=asked.instrument,
        older=asked.older,
        limit=asked.limit,
        cursor=asked.cursor,
        now=utcnow(),
    )
    terms = terms_told(reading(), page.items)
    items = [_waiting(one, terms.get(one.id, Terms())) for one in page.items]
    return _json(UsesToConfirm(items=items, next_cursor=page.next_cursor))


@bp.post("/uses/confirm")
@documented(tag=TAG, body=UsesForm, answers={200: ToldUses}, refusals=(400, 401, 403, 415, 422))
def confirm_several() -> Response:
    """Say of several that they were used as booked; each that cannot be confirmed is answered with its reason."""
    who, form = require_actor(), read_json(UsesForm)
    if not reach(who, Permission.DECIDE_BOOKINGS):
        raise Forbidden
    as_booked: dict[str, Any] = {"windows": windows(), "is_bulk": True, "actor": who, "now": utcnow()}
    return _told(
        each_by_itself(form.reservation_ids, lambda one: transaction(confirm_use, one, UseForm(), **as_booked))
    )


@bp.post("/uses/let-off")
@documented(tag=TAG, body=UsesForm, answers={200: ToldUses}, refusals=(400, 401, 403, 415, 422))
def let_off_several() -> Response:
    """Charge nothing for several that ended before uses were confirmed here; what is held for them goes back."""
    who, form = require_actor(), read_json(UsesForm)
    if not reach(who, Permission.DECIDE_BOOKINGS):
        raise Forbidden
    said: dict[str, Any] = {"actor": who, "now": utcnow()}
    return _told(each_by_itself(form.reservation_ids, lambda one: transaction(let_off_use, one, **said)))


def _told(told: Iterable[Told]) -> Response:
    """What came of each."""
    items = [
        ToldUse(
            reservation_id=one.reservation_id,
            confirmed=one.refused is None,
            refused=sentence_of(one.refused) if one.refused else "",
            code=one.refused.code if one.refused else "",
        )
        for one in told
    ]
    return _json(ToldUses(items=items))


@bp.post("/reservations/<int:reservation_id>/confirm-use")
@documented(tag=TAG, body=UseForm, answers={200: UseAnswer}, refusals=(400, 401, 403, 404, 409, 412, 415, 422))
def confirm(reservation_id: int) -> ResponseReturnValue:
    """Say what came of a reservation once it is over: as booked, with actual times, nobody came, or not usable."""
    who, form, version = require_actor(), read_json(UseForm), if_match()
    transaction(confirm_use, reservation_id, form, windows=windows(), version=version, actor=who, now=utcnow())
    session = reading()
    return _json(_answer(session, reservation_for(session, reservation_id, who)))


def _waiting(row: Reservation, terms: Terms) -> UseToConfirm:
    """One that waits."""
    return UseToConfirm(
        reservation_id=row.id,
        version=row.version,
        instrument_id=row.instrument_id,
        instrument=row.instrument.name_zh,
        instrument_en=row.instrument.name_en,
        booked_by=row.booked_by.name,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        mode=row.mode,
        sample_count=row.sample_count,
        counts_samples=terms.counts_samples,
        counts_pieces=bool(terms.pieces),
    )


def _answer(session: Session, row: Reservation) -> UseAnswer:
    """What came of it."""
    said = use_of(session, row.id)
    assert isinstance(said, ReservationUse)
    charge = charge_of(session, row.id)
    values = {"reservation_id": row.id, "state": row.state, "version": row.version}
    return UseAnswer(**answers.use(said), **values, charge_id=charge.id if charge else None)


def _json(answer: BaseModel) -> Response:
    """The answer as JSON, kept by nobody."""
    response = Response(answer.model_dump_json(), 200, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
