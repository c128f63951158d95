"""New instruments and their report dates: lists, asking for exemption, deciding, and ticking training."""

from typing import Annotated, Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from pydantic import Field

from booking.accounts.permissions import Permission, may, reach, require
from booking.catalogue import arrival_labels, queries, report_queries, reporting
from booking.catalogue import arrivals as service
from booking.catalogue.page_forms import ExemptionSection, TrainingSection
from booking.catalogue.queries import Record, target_of
from booking.catalogue.report_terms import report_terms
from booking.catalogue.step_forms import DecisionForm
from booking.catalogue.views.publishing import more_of
from booking.catalogue.views.sheet import problems_in, saved, status_of
from booking.core.clock import local_date, utcnow
from booking.core.errors import Conflict, Forbidden, InvalidInput, Refused, StaleVersion
from booking.core.forms import PageForm
from booking.web.errors import problems_of, sentence_of
from booking.web.extensions import reading, transaction
from booking.web.reading import read_form, read_query
from booking.web.signed_in import require_actor
from models.vocabulary.arrivals import ExemptionState

MOST_SHOWN = 500
PER_PAGE = 50


class ArrivalsPage(PageForm):
    """Which page of the new instruments."""

    cursor: Annotated[str, Field(max_length=200)] = ""


class DecisionPage(DecisionForm, PageForm):
    """An answer to a wish to be exempt."""


def report_dates() -> ResponseReturnValue:
    """List accepted instruments that are not public, the first due first, and wishes to be exempt."""
    return _report_page()


def decide_exemption(exemption_id: int) -> ResponseReturnValue:
    """Approve or refuse an exemption, or show the list again with the reason why not."""
    try:
        form = read_form(DecisionPage)
        state, now = ExemptionState(form.state), utcnow()
        transaction(reporting.decide_exemption, exemption_id, state, form.note, actor=require_actor(), now=now)
    except InvalidInput as refused:
        return _report_page(refused)
    flash(_("已答复。"), "right")
    return redirect(url_for(".report_dates"), code=303)


def arrivals() -> ResponseReturnValue:
    """List new instruments with what each still needs before its first booking."""
    actor, session = require_actor(), reading()
    within = reach(actor, Permission.TICK_TRAINING)
    if not within:
        raise Forbidden
    today, cursor = local_date(utcnow()), read_query(ArrivalsPage).cursor
    found = service.arrivals(session, within, today=today, limit=PER_PAGE, cursor=cursor)
    return render_template(
        "catalogue/arrivals.html",
        rows=[(one, may(actor, Permission.EDIT_RECORD, target_of(one.instrument))) for one in found.items],
        next_cursor=found.next_cursor,
        may_list=bool(reach(actor, Permission.EDIT_RECORD)),
        may_see_dates=bool(reach(actor, Permission.SEE_REPORT_DATES)),
        labels=arrival_labels,
    )


def ask_exemption(instrument_id: int) -> ResponseReturnValue:
    """Ask that the instrument need not be reported."""
    more = more_of(instrument_id)

    def work() -> None:
        form = read_form(ExemptionSection)
        transaction(reporting.ask_exemption, instrument_id, form.exemption_reason, actor=require_actor(), now=utcnow())

    return saved("publishing", instrument_id, ExemptionSection, work, **more)


def training(instrument_id: int) -> ResponseReturnValue:
    """Show how far a new instrument has come, and the form that says that its first users are trained."""
    return _training_page(instrument_id)


def tick_training(instrument_id: int) -> ResponseReturnValue:
    """Say that the first users are trained; who edits the record goes on there."""
    record = _trained_record(instrument_id)
    actor = require_actor()

    def work() -> None:
        form = read_form(TrainingSection)
        who: dict[str, Any] = {"actor": actor, "now": utcnow(), "expected_version": form.version}
        transaction(service.tick_training, instrument_id, form.training_note, **who)

    if may(actor, Permission.EDIT_RECORD, record.target):
        return saved("publishing", instrument_id, TrainingSection, work, **more_of(instrument_id))
    try:
        work()
    except (InvalidInput, StaleVersion, Conflict) as refused:
        return _training_page(instrument_id, refused)
    flash(_("已保存。"), "right")
    return redirect(url_for(".training", instrument_id=instrument_id), code=303)


def _trained_record(instrument_id: int) -> Record:
    """The record, for who may say that its users are trained; raises NotFound or Forbidden."""
    actor = require_actor()
    record = queries.record_for(reading(), instrument_id, actor)
    require(actor, Permission.TICK_TRAINING, record.target)
    return record


def _training_page(instrument_id: int, refused: Refused | None = None) -> ResponseReturnValue:
    """The steps of one instrument, and the form while nobody has ticked training."""
    instrument = _trained_record(instrument_id).instrument
    page = render_template(
        "catalogue/training.html",
        instrument=instrument,
        arrival=service.arrival_for(reading(), instrument),
        labels=arrival_labels,
        form=request.form,
        problems=problems_in(refused),
    )
    return page, status_of(refused)


def _report_page(refused: Refused | None = None) -> ResponseReturnValue:
    """The list for who may see it."""
    actor, session, today = require_actor(), reading(), local_date(utcnow())
    within = reach(actor, Permission.SEE_REPORT_DATES)
    if not within:
        raise Forbidden
    found = report_queries.unreported(session, within, report_terms())
    page = render_template(
        "catalogue/report_dates.html",
        rows=[(one, one.state(today)) for one in found[:MOST_SHOWN]],
        left_off=max(0, len(found) - MOST_SHOWN),
        asked=report_queries.exemptions(session, within, state=ExemptionState.ASKED),
        may_decide=may(actor, Permission.DECIDE_EXEMPTIONS),
        labels=arrival_labels,
        terms=report_terms(),
        form=request.form,
        problems=_problems(refused),
    )
    return page, refused.status if refused else 200


def _problems(refused: Refused | None) -> dict[str, list[str]]:
    """The sentences of a refusal by field."""
    if refused is None:
        return {}
    return problems_of(refused) if isinstance(refused, InvalidInput) else {"": [sentence_of(refused)]}
