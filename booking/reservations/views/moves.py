"""The page of where an instrument stood, stands and will stand, and of moving it."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, require
from booking.catalogue import labels, moves, queries
from booking.catalogue.step_forms import PlaceMove
from booking.catalogue.views.choices import place_groups
from booking.core.clock import local_date, utcnow
from booking.core.errors import InvalidInput
from booking.core.forms import PageForm
from booking.directory import queries as directory
from booking.reservations import relocating
from booking.web.errors import problems_of
from booking.web.extensions import reading, transaction
from booking.web.languages import in_language
from booking.web.reading import read_form
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor


class MovePageForm(PlaceMove, PageForm):
    """A move as typed."""


def show_moves(instrument_id: int) -> ResponseReturnValue:
    """Show the places of an instrument with the form for a move."""
    return _page(instrument_id)


def move_instrument(instrument_id: int) -> ResponseReturnValue:
    """Move the instrument, once however often the form is sent."""
    _page(instrument_id)
    actor, now = require_actor(), utcnow()
    try:
        form = PlaceMove(**read_form(MovePageForm).model_dump())

        def work(session: Session) -> dict[str, Any]:
            row, blocked = relocating.move_instrument(session, instrument_id, form, actor=actor, now=now)
            return {"id": row.id, "conflicts": len(blocked.conflicts) if blocked else 0}

        made, _repeated = create_once(work, actor=actor, now=now)
    except InvalidInput as invalid:
        return _page(instrument_id, problems_of(invalid)), invalid.status
    flash(_("已登记搬迁，已预约的人会收到通知。"), "right")
    if made["conflicts"]:
        flash(_("停用期间有预约，请逐个处理。"), "attention")
        return redirect(url_for(".blocks", instrument_id=instrument_id), code=303)
    return redirect(url_for(".show_moves", instrument_id=instrument_id), code=303)


def call_off_move(instrument_id: int, place_id: int) -> ResponseReturnValue:
    """Call off a planned move."""
    transaction(relocating.call_off_move, instrument_id, place_id, actor=require_actor(), now=utcnow())
    flash(_("搬迁已取消，已预约的人会收到通知。"), "right")
    return redirect(url_for(".show_moves", instrument_id=instrument_id), code=303)


def _page(instrument_id: int, problems: dict[str, list[str]] | None = None) -> str:
    """The page for who may edit the record."""
    actor, session = require_actor(), reading()
    instrument = queries.instrument_for(session, instrument_id, actor)
    require(actor, Permission.EDIT_RECORD, queries.target_of(instrument))
    places = directory.places(session)
    return render_template(
        "reservations/moves.html",
        instrument=instrument,
        stays=moves.stays_of(session, instrument),
        place_names={place.adcode: in_language(place.name_zh, place.name_en) for place in places},
        place_groups=place_groups(places),
        today=local_date(utcnow()),
        form={name: request.form.get(name, "") for name in PlaceMove.model_fields},
        field_names={name: _(label) for name, label in labels.FIELDS.items()},
        problems=problems or {},
        key=request.form.get("idempotency_key") or new_key(),
    )
