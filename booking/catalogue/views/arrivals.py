"""New instruments and their report dates: lists, asking for exemption, deciding, and ticking training."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.accounts.permissions import Permission, may, reach
from booking.catalogue import arrival_labels, report_queries, reporting
from booking.catalogue import arrivals as service
from booking.catalogue.page_forms import ExemptionSection, TrainingSection
from booking.catalogue.report_terms import report_terms
from booking.catalogue.step_forms import DecisionForm
from booking.catalogue.views.publishing import more_of
from booking.catalogue.views.sheet import editable, saved
from booking.core.clock import local_date, utcnow
from booking.core.errors import Forbidden, InvalidInput, Refused
from booking.core.forms import PageForm
from booking.web.errors import problems_of, sentence_of
from booking.web.extensions import reading, transaction
from booking.web.reading import read_form
from booking.web.signed_in import require_actor
from models.vocabulary.arrivals import ExemptionState

MOST_SHOWN = 500


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
    within = reach(actor, Permission.EDIT_RECORD)
    if not within:
        raise Forbidden
    found = service.arrivals(session, within)
    return render_template("catalogue/arrivals.html", rows=found[:MOST_SHOWN], labels=arrival_labels)


def ask_exemption(instrument_id: int) -> ResponseReturnValue:
    """Ask that the instrument need not be reported."""
    more = more_of(instrument_id)

    def work() -> None:
        form = read_form(ExemptionSection)
        transaction(reporting.ask_exemption, instrument_id, form.exemption_reason, actor=require_actor(), now=utcnow())

    return saved("publishing", instrument_id, ExemptionSection, work, **more)


def tick_training(instrument_id: int) -> ResponseReturnValue:
    """Say that the first users are trained."""
    editable(instrument_id)
    more = more_of(instrument_id)

    def work() -> None:
        form = read_form(TrainingSection)
        who: dict[str, Any] = {"actor": require_actor(), "now": utcnow(), "expected_version": form.version}
        transaction(service.tick_training, instrument_id, form.training_note, **who)

    return saved("publishing", instrument_id, TrainingSection, work, **more)


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
