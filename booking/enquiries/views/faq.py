"""The public questions and answers of an instrument, as its stewards keep them."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, require
from booking.catalogue.queries import instrument_for, target_of
from booking.core.clock import utcnow
from booking.core.errors import Conflict, InvalidInput, NotFound, Refused, StaleVersion
from booking.enquiries import faq as entries
from booking.enquiries import queries
from booking.enquiries.forms import FaqForm, FaqMove, FaqPage, NewFaqPage
from booking.enquiries.labels import FIELDS
from booking.web.errors import problems_of, sentence_of
from booking.web.extensions import reading, transaction
from booking.web.reading import read_form
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor
from models.catalogue import Instrument
from models.enquiries import FaqEntry

TEXTS = tuple(FaqForm.model_fields)


def faq(instrument_id: int) -> ResponseReturnValue:
    """Show the entries and a form for a new one; `enquiry` fills it with a question and its last answer."""
    return _list(_editable(instrument_id), _draft(instrument_id))


def add_faq(instrument_id: int) -> ResponseReturnValue:
    """Publish an entry, once however often the form is sent."""
    instrument, who, now = _editable(instrument_id), require_actor(), utcnow()
    try:
        form = read_form(NewFaqPage)

        def work(session: Session) -> dict[str, Any]:
            return {"id": entries.add_faq(session, instrument_id, form, actor=who, now=now).id}

        create_once(work, actor=who, now=now)
    except InvalidInput as invalid:
        return _list(instrument, request.form, invalid)
    except entries.WordsWithdrawn as refused:
        return _list(instrument, {}, refused)
    return _back(instrument_id, _("已公开。"))


def faq_entry(instrument_id: int, entry_id: int) -> ResponseReturnValue:
    """Show one entry for editing."""
    instrument, entry = _editable(instrument_id), entries.faq_entry(reading(), instrument_id, entry_id)
    return _one(instrument, entry, {name: getattr(entry, name) for name in TEXTS}, {}, 200)


def save_faq(instrument_id: int, entry_id: int) -> ResponseReturnValue:
    """Store an entry."""
    instrument, entry = _editable(instrument_id), entries.faq_entry(reading(), instrument_id, entry_id)
    who: dict[str, Any] = {"actor": require_actor(), "now": utcnow()}
    try:
        values = read_form(FaqPage).model_dump()
        version = values.pop("version")
        transaction(entries.edit_faq, instrument_id, entry_id, values, **who, expected_version=version)
    except InvalidInput as invalid:
        return _one(instrument, entry, request.form, problems_of(invalid), invalid.status)
    except StaleVersion:
        stale = {"": [_("您编辑期间，这条问答已被他人修改。再次保存将以您的内容为准。")]}
        return _one(instrument, entry, request.form, stale, Conflict.status)
    return _back(instrument_id, _("已保存。"))


def move_faq(instrument_id: int, entry_id: int) -> ResponseReturnValue:
    """Move an entry up or down."""
    instrument, who = _editable(instrument_id), require_actor()

    def work() -> None:
        places = read_form(FaqMove).places
        transaction(entries.move_faq, instrument_id, entry_id, places, actor=who, now=utcnow())

    return _step(instrument, work)


def remove_faq(instrument_id: int, entry_id: int) -> ResponseReturnValue:
    """Take an entry off the page."""
    instrument, who = _editable(instrument_id), require_actor()

    def work() -> None:
        transaction(entries.remove_faq, instrument_id, entry_id, actor=who, now=utcnow())

    return _step(instrument, work)


def _step(instrument: Instrument, work: Callable[[], None]) -> ResponseReturnValue:
    """Do it and show the list."""
    try:
        work()
    except InvalidInput as invalid:
        return _list(instrument, {}, invalid)
    return _back(instrument.id, _("已保存。"))


def _editable(instrument_id: int) -> Instrument:
    """The instrument, for who edits its record; raises NotFound or Forbidden."""
    who = require_actor()
    instrument = instrument_for(reading(), instrument_id, who)
    require(who, Permission.EDIT_RECORD, target_of(instrument))
    return instrument


def _draft(instrument_id: int) -> dict[str, str]:
    """Question and last answer of the thread that the address names, to be edited; nothing of another's."""
    number = request.args.get("enquiry", "")
    if not number.isdecimal() or len(number) > 9:
        return {}
    try:
        thread = queries.thread_for(reading(), int(number), require_actor())
    except NotFound:
        return {}
    if thread.enquiry.instrument_id != instrument_id:
        return {}
    question = next((one.text for one in thread.messages if not one.is_staff), "")
    answer = next((one.text for one in reversed(thread.messages) if one.is_staff), "")
    made = {"question_zh": " ".join(question.split())[:300], "answer_zh": answer[:2000]}
    return made | {"enquiry_id": number, "enquiry_version": str(thread.enquiry.version)}


def _back(instrument_id: int, said: str) -> ResponseReturnValue:
    """The list again."""
    flash(said, "right")
    return redirect(url_for("enquiries.faq", instrument_id=instrument_id), code=303)


def _list(instrument: Instrument, form: Mapping[str, Any], refused: Refused | None = None) -> Response:
    """The entries with the form for a new one."""
    page = render_template(
        "enquiries/faq.html",
        instrument=instrument,
        entries=queries.faq_of(reading(), instrument.id),
        form=form,
        problems=_problems(refused),
        labels={name: _(label) for name, label in FIELDS.items()},
        key=request.form.get("idempotency_key") or new_key(),
    )
    return make_response(page, refused.status if refused else 200)


def _problems(refused: Refused | None) -> dict[str, list[str]]:
    """The sentences of a refusal by field."""
    if refused is None:
        return {}
    return problems_of(refused) if isinstance(refused, InvalidInput) else {"": [sentence_of(refused)]}


def _one(
    instrument: Instrument, entry: FaqEntry, form: Mapping[str, Any], problems: dict[str, list[str]], status: int
) -> Response:
    """One entry with its form."""
    page = render_template(
        "enquiries/faq_entry.html",
        instrument=instrument,
        entry=entry,
        form=form,
        problems=problems,
        labels={name: _(label) for name, label in FIELDS.items()},
    )
    return make_response(page, status)
