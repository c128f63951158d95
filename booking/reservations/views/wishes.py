"""Asking for time on an instrument: its calendar, the server's answer while one chooses, and booking."""

from dataclasses import replace
from typing import Any

from flask import Response, flash, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, require
from booking.core.actors import Actor
from booking.core.clock import utcnow
from booking.core.errors import InvalidInput
from booking.reservations import service
from booking.reservations.availability import instrument_time
from booking.reservations.board_queries import instrument_items
from booking.reservations.events import public_events, steward_events
from booking.reservations.forms import WindowForm, WishForm
from booking.reservations.panel import Frame, Said, answer_of, panel_of, weigh
from booking.reservations.refusals import ReasonNeeded, ReservationRefused
from booking.reservations.spoken import Spoken, spoken_refusals
from booking.reservations.views.typed import DETAILS, PEOPLE, WISH, read_typed, typed_texts
from booking.reservations.wishes import Wish
from booking.web import signed_in
from booking.web.errors import problems_of, sentence_of
from booking.web.extensions import reading
from booking.web.languages import in_language
from booking.web.reading import read_query
from booking.web.repeats import create_once
from models.catalogue import Instrument
from models.vocabulary.reservations import ReservationState


def calendar(instrument_id: int) -> ResponseReturnValue:
    """Answer an instrument's events between two moments; nobody is named."""
    window = read_query(WindowForm).window
    time = instrument_time(reading(), instrument_id, window, viewer=signed_in.actor(), now=utcnow())
    return jsonify(events=public_events(time))


def named_calendar(instrument_id: int) -> ResponseReturnValue:
    """Answer the same with names, for those who see the instrument's bookings."""
    window, now = read_query(WindowForm).window, utcnow()
    time = instrument_time(reading(), instrument_id, window, viewer=signed_in.actor(), now=now)
    person = require(signed_in.actor(), Permission.SEE_BOOKINGS, time.place.target)
    items = instrument_items(reading(), instrument_id, window, viewer=person, now=now)
    return jsonify(events=steward_events(time, items))


def ask(instrument_id: int) -> ResponseReturnValue:
    """Say at once whether the times may be had: a part of the page for htmx, else the whole page."""
    return said_to(Frame(instrument_id))


def create(instrument_id: int) -> ResponseReturnValue:
    """Reserve the time asked for, once per form; else show the form again with every reason."""
    actor, frame = signed_in.actor(), Frame(instrument_id)
    if actor is None:
        times = {name: text for name, text in typed_texts().items() if name in ("starts_at", "ends_at")}
        return redirect(url_for("accounts.sign_in", next=frame.url(**times)), code=303)
    try:
        wish = read_typed(WishForm, *WISH, *DETAILS, *PEOPLE, instrument_id=instrument_id).wish
        made = _reserve(wish, actor)
    except (ReservationRefused, InvalidInput) as refused:
        return again(frame, refused)
    waits = made["state"] == ReservationState.REQUESTED
    flash(_("申请已提交，等待机主审批。") if waits else _("预约成功。"), "right")
    return redirect(url_for(".show", reservation_id=made["id"]), code=303)


def _reserve(wish: Wish, actor: Actor) -> dict[str, Any]:
    """The reservation's id and state, made once however often the form is sent."""
    now = utcnow()

    def work(session: Session) -> dict[str, Any]:
        made = service.request_reservation(session, wish, actor=actor, now=now)
        return {"id": made.id, "state": str(made.state)}

    return create_once(work, actor=actor, now=now)[0]


def said_to(frame: Frame) -> ResponseReturnValue:
    """The answer to what was typed into the panel of `frame`."""
    typed, actor, now = typed_texts(), signed_in.actor(), utcnow()
    said = Said(typed, weigh(reading(), frame, typed, actor=actor, now=now))
    if request.headers.get("HX-Request") != "true":
        return panel_page(frame, said)
    return render_template("reservations/_answer.html", panel=answer_of(reading(), frame, said, actor=actor, now=now))


def again(frame: Frame, refused: ReservationRefused | ReasonNeeded | InvalidInput) -> Response:
    """The form as it was filled in: every reason with its remedies, or every problem at its field."""
    typed, actor, now = typed_texts(), signed_in.actor(), utcnow()
    answer = weigh(reading(), frame, typed, actor=actor, now=now)
    if isinstance(refused, ReservationRefused):
        said = Said(typed, replace(answer or Spoken(), refusals=spoken_refusals(refused.refusals)))
    elif isinstance(refused, InvalidInput):
        said = Said(typed, answer, problems_of(refused))
    else:
        said = Said(typed, answer, {"reason": [sentence_of(refused)]})
    return make_response(panel_page(frame, said), refused.status)


def panel_page(frame: Frame, said: Said) -> str:
    """The page that is nothing but the booking part, for a new reservation or for another time."""
    panel = panel_of(reading(), frame, said, request.args.get("week"), actor=signed_in.actor(), now=utcnow())
    instrument = reading().get_one(Instrument, frame.instrument_id)
    name = in_language(instrument.name_zh, instrument.name_en)
    template = "reservations/move.html" if frame.moving else "reservations/book.html"
    return render_template(template, panel=panel, reservation=frame.moving, instrument_name=name)
