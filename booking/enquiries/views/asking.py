"""The form of a question or a wish."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.attachments.uploads import limits_for, read_uploads
from booking.catalogue.queries import instrument_for
from booking.core.clock import utcnow
from booking.core.errors import InvalidInput, NotFound, Refused
from booking.core.forms import read
from booking.enquiries import service
from booking.enquiries.addresses import days
from booking.enquiries.forms import MOST_PERIODS, EnquiryPage
from booking.enquiries.labels import FIELDS
from booking.enquiries.service import NoWishes, TooManyEnquiries
from booking.reservations.labels import MODES
from booking.web.errors import problems_of, sentence_of
from booking.web.extensions import reading
from booking.web.reading import posted
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor
from booking.web.uploads import takes_files
from models.catalogue import Instrument
from models.vocabulary.attachments import OwnerKind
from models.vocabulary.catalogue import BookingMode, PublishingState

NUMBERS = range(1, MOST_PERIODS + 1)


def new(instrument_id: int) -> ResponseReturnValue:
    """Show the form."""
    return _form(_instrument(instrument_id), {})


@takes_files
def ask(instrument_id: int) -> ResponseReturnValue:
    """Send the question or wish, once however often the form is sent, and show its thread."""
    instrument, who, now = _instrument(instrument_id), require_actor(), utcnow()
    limits, within = limits_for(OwnerKind.ENQUIRY), days()
    try:
        form = read(EnquiryPage, _posted())
        files = read_uploads(limits) if any(one.filename for one in request.files.getlist("files")) else []

        def work(session: Session) -> dict[str, Any]:
            made = service.ask(session, instrument_id, form, files, limits, days=within, actor=who, now=now)
            return {"id": made.id}

        answer, _repeated = create_once(work, actor=who, now=now)
    except (InvalidInput, NoWishes, TooManyEnquiries) as refused:
        return _form(instrument, _problems(refused)), refused.status
    flash(_("已发送。机主答复后会邮件通知您。"), "right")
    return redirect(url_for(".show", enquiry_id=answer["id"]), code=303)


def _instrument(instrument_id: int) -> Instrument:
    """The published instrument; raises NotSignedIn or NotFound."""
    found = instrument_for(reading(), instrument_id, require_actor())
    if found.publishing_state != PublishingState.PUBLISHED:
        raise NotFound
    return found


def _posted() -> dict[str, Any]:
    """What was sent, with the times of the numbered fields as a list."""
    names = [name for n in NUMBERS for name in (f"starts_{n}", f"ends_{n}")]
    values = posted(*names)
    filled = [n for n in NUMBERS if values.get(f"starts_{n}") or values.get(f"ends_{n}")]
    times = [{name: values[key] for name, key in _keys(n).items() if values.get(key)} for n in filled]
    return {**{name: value for name, value in values.items() if name not in names}, "periods": times}


def _keys(number: int) -> dict[str, str]:
    """The fields of one time."""
    return {"starts_at": f"starts_{number}", "ends_at": f"ends_{number}"}


def _problems(refused: Refused) -> dict[str, list[str]]:
    """The sentences by field; those of a time stand at its own fields."""
    if not isinstance(refused, InvalidInput):
        return {"": [sentence_of(refused)]}
    filled = [n for n in NUMBERS if request.form.get(f"starts_{n}") or request.form.get(f"ends_{n}")]
    found: dict[str, list[str]] = {}
    for field, sentences in problems_of(refused).items():
        parts = field.split(".")
        if parts[0] != "periods":
            found[field] = sentences
            continue
        number = filled[int(parts[1])] if len(parts) > 1 else filled[0] if filled else 1
        name = "ends" if parts[-1] == "ends_at" else "starts"
        found.setdefault(f"{name}_{number}", []).extend(sentences)
    return found


def _form(instrument: Instrument, problems: dict[str, list[str]]) -> str:
    """The form as it was filled in."""
    labels = {name: _(label) for name, label in FIELDS.items()}
    for number in NUMBERS:
        labels |= {f"starts_{number}": _("开始"), f"ends_{number}": _("结束")}
    return render_template(
        "enquiries/new.html",
        instrument=instrument,
        takes_wishes=instrument.booking_mode == BookingMode.ON_REQUEST,
        form=request.form,
        problems=problems,
        labels=labels,
        modes=[(mode.value, _(label)) for mode, label in MODES.items()],
        numbers=NUMBERS,
        days=days(),
        limits=limits_for(OwnerKind.ENQUIRY),
        key=request.form.get("idempotency_key") or new_key(),
    )
