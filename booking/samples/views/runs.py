"""The form that takes time on an instrument to test samples of several orders."""

from datetime import datetime, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, require
from booking.catalogue.queries import instrument_for, target_of
from booking.core.clock import SHANGHAI, utcnow
from booking.core.errors import Conflict, InvalidInput, Refused
from booking.reservations.refusals import ReservationRefused
from booking.reservations.spoken import spoken_refusals
from booking.samples import handling, queries
from booking.samples.forms import SampleRunPage
from booking.samples.labels import FIELDS, STATE, STATE_LOOKS
from booking.samples.typed import typed
from booking.web.errors import problems_of, sentence_of
from booking.web.extensions import reading
from booking.web.filters import local_input
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor
from models.catalogue import Instrument

HOUR = timedelta(hours=1)


def new_run(instrument_id: int) -> ResponseReturnValue:
    """Show the queue of the instrument, and the form."""
    return _form(_instrument(instrument_id), {})


def start_run(instrument_id: int) -> ResponseReturnValue:
    """Take the time, once however often the form is sent."""
    instrument, who, now = _instrument(instrument_id), require_actor(), utcnow()
    try:
        form = typed(SampleRunPage, "order_ids", moments=("starts_at", "ends_at"))

        def work(session: Session) -> dict[str, Any]:
            return {"id": handling.start_run(session, instrument_id, form, actor=who, now=now).id}

        create_once(work, actor=who, now=now)
    except (InvalidInput, Conflict, ReservationRefused) as refused:
        return _form(instrument, _problems(refused)), refused.status
    flash(_("已安排测试，时间已占用，用户会收到邮件。"), "right")
    return redirect(url_for("samples.queue", instrument=instrument_id), code=303)


def _instrument(instrument_id: int) -> Instrument:
    """The instrument, for who handles its samples; raises NotFound or Forbidden."""
    who = require_actor()
    found = instrument_for(reading(), instrument_id, who)
    require(who, Permission.HANDLE_SAMPLES, target_of(found))
    return found


def _problems(refused: Refused) -> dict[str, list[str]]:
    """The sentences of a refusal by field."""
    if isinstance(refused, ReservationRefused):
        return {"": [one.sentence for one in spoken_refusals(refused.refusals)]}
    if not isinstance(refused, InvalidInput):
        return {"": [sentence_of(refused)]}
    return {field.partition(".")[0]: sentences for field, sentences in problems_of(refused).items()}


def _form(instrument: Instrument, problems: dict[str, list[str]]) -> str:
    """The form as it was filled in; at first with the next full hour."""
    start = _next_hour(utcnow())
    return render_template(
        "samples/new_run.html",
        instrument=instrument,
        orders=queries.runnable(reading(), instrument.id, require_actor()),
        form=request.form,
        chosen=request.form.getlist("order_ids") if request.form else request.args.getlist("order"),
        starts_at=request.form.get("starts_at") or local_input(start),
        ends_at=request.form.get("ends_at") or local_input(start + 2 * HOUR),
        problems=problems,
        labels={name: _(label) for name, label in FIELDS.items()},
        states=STATE,
        state_looks=STATE_LOOKS,
        key=request.form.get("idempotency_key") or new_key(),
    )


def _next_hour(now: datetime) -> datetime:
    """The next full hour."""
    return now.astimezone(SHANGHAI).replace(minute=0, second=0, microsecond=0) + HOUR
