"""The form that asks for tests of samples."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.attachments.uploads import has_uploads, limits_for, read_uploads
from booking.catalogue.labels import REPORT_MARK
from booking.catalogue.queries import test_items_of
from booking.core.clock import utcnow
from booking.core.errors import InvalidInput, Refused
from booking.samples import queries, service
from booking.samples.forms import SampleOrderPage
from booking.samples.labels import FIELDS, HAZARD, LEFTOVER, REPORT
from booking.samples.service import TakesNoSamples, TooManyOrders, orderable
from booking.samples.typed import lines_of_text, typed
from booking.web.errors import problems_of, sentence_of
from booking.web.extensions import reading
from booking.web.languages import in_language
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor
from booking.web.uploads import takes_files
from models.catalogue import Instrument, TestItem
from models.vocabulary.attachments import OwnerKind
from models.vocabulary.catalogue import ReportMark


def new(instrument_id: int) -> ResponseReturnValue:
    """Show the form."""
    return _form(_instrument(instrument_id), {})


@takes_files
def create(instrument_id: int) -> ResponseReturnValue:
    """Send the request, once however often the form is sent, and show the order."""
    instrument, who, now, limits = _instrument(instrument_id), require_actor(), utcnow(), limits_for(KIND)
    try:
        form = typed(SampleOrderPage, "test_items", "hazards", marks=lines_of_text("marks"))
        files = read_uploads(limits) if has_uploads() else []

        def work(session: Session) -> dict[str, Any]:
            made = service.request_order(session, instrument_id, form, files, limits, actor=who, now=now)
            return {"id": made.id}

        answer, _repeated = create_once(work, actor=who, now=now)
    except (InvalidInput, TakesNoSamples, TooManyOrders) as refused:
        return _form(instrument, _problems(refused)), refused.status
    flash(_("已提出委托。机主报价后会邮件通知您。"), "right")
    return redirect(url_for(".show", order_id=answer["id"]), code=303)


KIND = OwnerKind.SAMPLE_ORDER


def _instrument(instrument_id: int) -> Instrument:
    """The published instrument; raises NotSignedIn or NotFound."""
    return orderable(reading(), instrument_id, require_actor())


def _problems(refused: Refused) -> dict[str, list[str]]:
    """The sentences by field; those of one entry of a list stand at the list."""
    if not isinstance(refused, InvalidInput):
        return {"": [sentence_of(refused)]}
    found: dict[str, list[str]] = {}
    for field, sentences in problems_of(refused).items():
        found.setdefault(field.partition(".")[0], []).extend(sentences)
    return found


def _form(instrument: Instrument, problems: dict[str, list[str]]) -> str:
    """The form as it was filled in."""
    session, who = reading(), require_actor()
    items = [item for item in test_items_of(session, instrument.id) if not item.is_held]
    asked = request.args.getlist("test_item")
    return render_template(
        "samples/new.html",
        instrument=instrument,
        form=request.form,
        chosen=request.form.getlist("test_items") if request.form else asked,
        hazards_chosen=request.form.getlist("hazards"),
        problems=problems,
        labels={name: _(label) for name, label in FIELDS.items()},
        items=[(str(item.id), _named(item)) for item in items],
        hazards=[(one.value, _(label)) for one, label in HAZARD.items()],
        leftovers=[(one.value, _(label)) for one, label in LEFTOVER.items()],
        reports=[(one.value, _(label)) for one, label in REPORT.items()],
        firms=[(str(one.id), in_language(one.name_zh, one.name_en)) for one in queries.firms_of(session, who)],
        limits=limits_for(KIND),
        key=request.form.get("idempotency_key") or new_key(),
    )


def _named(item: TestItem) -> str:
    """A test item with its standard and what its reports may bear."""
    mark = "" if item.report_mark == ReportMark.NONE else str(_(REPORT_MARK[item.report_mark]))
    parts = (in_language(item.name_zh, item.name_en), item.standard, mark)
    return " · ".join(part for part in parts if part)
