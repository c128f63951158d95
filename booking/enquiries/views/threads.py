"""One thread: what was said, the next message, the wish, and the files."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, may
from booking.attachments.forms import FileRemovalPage
from booking.attachments.uploads import file_response, has_uploads, limits_for, read_uploads
from booking.catalogue.keeping import staff_target
from booking.catalogue.owner_queries import open_change
from booking.catalogue.queries import is_readable
from booking.contracts.grounds import lacking_of
from booking.core.clock import utcnow
from booking.core.errors import Conflict, InvalidInput, Refused
from booking.enquiries import queries, removing, service, wishes, withdrawing
from booking.enquiries.addresses import attachment_address, days
from booking.enquiries.forms import MessagePage, OfferPage, WishAnswerPage
from booking.enquiries.labels import FIELDS, WISH_ANSWER
from booking.enquiries.rules import OWED_AN_ANSWER
from booking.enquiries.views.lists import looks
from booking.reservations.labels import MODES
from booking.reservations.refusals import ReservationRefused
from booking.reservations.spoken import spoken_refusals
from booking.web.errors import problems_of, sentence_of
from booking.web.extensions import reading, transaction
from booking.web.reading import read_form
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor
from booking.web.uploads import takes_files
from models.attachments import Attachment
from models.custody import OwnerChange
from models.enquiries import Enquiry
from models.vocabulary.attachments import AttachmentKind, OwnerKind
from models.vocabulary.contracts import Need
from models.vocabulary.enquiries import OPEN_WISHES, EnquiryState, WishAnswer


def show(enquiry_id: int) -> ResponseReturnValue:
    """The thread, for who asked and for the staff of the instrument."""
    return _page(enquiry_id)


@takes_files
def add_message(enquiry_id: int) -> ResponseReturnValue:
    """Send a message with its files, once however often the form is sent."""
    who, limits, within, now = require_actor(), limits_for(OwnerKind.ENQUIRY), days(), utcnow()
    queries.enquiry_for(reading(), enquiry_id, who)

    def work() -> None:
        text = read_form(MessagePage).text
        files = read_uploads(limits) if has_uploads() else []

        def store(session: Session) -> dict[str, Any]:
            made = service.add_message(session, enquiry_id, text, files, limits, days=within, actor=who, now=now)
            return {"id": made.id}

        create_once(store, actor=who, now=now)

    return _done(enquiry_id, work, _("已发送。"))


def withdraw_message(enquiry_id: int, message_id: int) -> ResponseReturnValue:
    """Take back what one wrote as the asker."""
    who = require_actor()
    step = partial(transaction, withdrawing.withdraw_message, enquiry_id, message_id, actor=who, now=utcnow())
    return _done(enquiry_id, step, _("已撤回，内容已删除。"))


def withdraw_file(enquiry_id: int, attachment_id: int) -> ResponseReturnValue:
    """Delete a file that one sent as the asker."""
    who = require_actor()
    step = partial(transaction, withdrawing.withdraw_file, enquiry_id, attachment_id, actor=who, now=utcnow())
    return _done(enquiry_id, step, _("文件已删除。"))


def remove_file(enquiry_id: int) -> ResponseReturnValue:
    """Take a file away that the asker sent, with the reason."""
    who = require_actor()
    queries.enquiry_for(reading(), enquiry_id, who)

    def work() -> None:
        form = read_form(FileRemovalPage)
        given = (enquiry_id, form.attachment_id, form.remove_reason)
        transaction(removing.remove_file, *given, actor=who, now=utcnow())

    return _done(enquiry_id, work, _("已删除，用户会收到邮件。"))


def close(enquiry_id: int) -> ResponseReturnValue:
    """End the thread."""
    who = require_actor()
    return _done(enquiry_id, lambda: transaction(service.close, enquiry_id, actor=who, now=utcnow()), _("已结束。"))


def reopen(enquiry_id: int) -> ResponseReturnValue:
    """Open it again."""
    who, within = require_actor(), days()
    return _done(
        enquiry_id,
        lambda: transaction(service.reopen, enquiry_id, days=within, actor=who, now=utcnow()),
        _("已重新打开。"),
    )


def answer_wish(enquiry_id: int) -> ResponseReturnValue:
    """Accept one of the wished times, offer another, or say no."""
    who = require_actor()
    queries.enquiry_for(reading(), enquiry_id, who)

    def work() -> None:
        form = read_form(WishAnswerPage, "starts_at", "ends_at")
        transaction(wishes.answer_wish, enquiry_id, form, actor=who, now=utcnow())

    return _done(enquiry_id, work, _("已答复，用户会收到邮件。"))


def settle_offer(enquiry_id: int) -> ResponseReturnValue:
    """Take or decline the offered time."""
    who, within = require_actor(), days()
    queries.enquiry_for(reading(), enquiry_id, who)

    def work() -> None:
        transaction(wishes.settle_offer, enquiry_id, read_form(OfferPage), days=within, actor=who, now=utcnow())

    return _done(enquiry_id, work, _("已告知机主。"))


def download(enquiry_id: int, attachment_id: int) -> Response:
    """A file of the thread."""
    session = reading()
    return file_response(session, queries.file_for(session, enquiry_id, attachment_id, require_actor()))


def thumbnail(enquiry_id: int, attachment_id: int, edge: int) -> Response:
    """A photo whose longest side has so many pixels."""
    session = reading()
    return file_response(session, queries.file_for(session, enquiry_id, attachment_id, require_actor()), edge)


def _done(enquiry_id: int, work: Callable[[], object], said: str) -> ResponseReturnValue:
    """Do the step and show the thread; after a refusal as it was filled in."""
    try:
        work()
    except (InvalidInput, Conflict, ReservationRefused) as refused:
        return _page(enquiry_id, refused)
    flash(said, "right")
    return redirect(url_for("enquiries.show", enquiry_id=enquiry_id), code=303)


def _page(enquiry_id: int, refused: Refused | None = None) -> Response:
    """The thread with the forms of the reader's side."""
    who = require_actor()
    thread = queries.thread_for(reading(), enquiry_id, who)
    enquiry, target = thread.enquiry, staff_target(thread.enquiry)
    is_own = service.is_asker(enquiry, who)
    answers = not is_own and may(who, Permission.ANSWER_ENQUIRIES, target)
    page = render_template(
        "enquiries/show.html",
        thread=thread,
        enquiry=enquiry,
        instrument=enquiry.instrument,
        is_own=is_own,
        may_read=is_readable(enquiry.instrument, who),
        leaving=_leaving(enquiry) if is_own else None,
        needs_form=is_own and _needs_form(enquiry),
        may_write=is_own or answers,
        may_remove=answers,
        may_answer_wish=answers and enquiry.wish_state in OPEN_WISHES,
        owes_answer=enquiry.wish_state in OWED_AN_ANSWER,
        may_publish=answers and enquiry.kept_by is None and may(who, Permission.EDIT_RECORD, target),
        photos=_of_kind(thread, AttachmentKind.PHOTO),
        documents=_of_kind(thread, AttachmentKind.DOCUMENT),
        own_files=[one for one in thread.files if is_own and one.uploaded_by_id == who.id],
        address=attachment_address,
        limits=limits_for(OwnerKind.ENQUIRY),
        modes=MODES,
        answers=_answers(may(who, Permission.DECIDE_BOOKINGS, target)),
        form=request.form,
        problems=_problems(refused),
        labels={name: _(label) for name, label in FIELDS.items()},
        now=utcnow(),
        key=request.form.get("idempotency_key") or new_key(),
        **looks(),
    )
    return make_response(page, refused.status if refused else 200)


def _leaving(enquiry: Enquiry) -> OwnerChange | None:
    """The change of owner with which an open thread would go along."""
    return None if enquiry.state == EnquiryState.CLOSED else open_change(reading(), enquiry.instrument_id)


def _needs_form(enquiry: Enquiry) -> bool:
    """Whether what the enquiry became waits for its order form."""
    if enquiry.reservation_id is None:
        return False
    lacking = lacking_of(reading(), reservation_id=enquiry.reservation_id)
    return lacking is not None and lacking.need == Need.ORDER_FORM


def _answers(gives_time: bool) -> dict[WishAnswer, str]:
    """What this person may say to a wish, with its words."""
    return {code: words for code, words in WISH_ANSWER.items() if gives_time or code == WishAnswer.REFUSE}


def _of_kind(thread: queries.Thread, kind: AttachmentKind) -> list[Attachment]:
    """The photos or documents of the thread."""
    return [one for one in thread.files if one.kind == kind]


def _problems(refused: Refused | None) -> dict[str, list[str]]:
    """The sentences of a refusal by field."""
    if refused is None:
        return {}
    if isinstance(refused, ReservationRefused):
        return {"": [one.sentence for one in spoken_refusals(refused.refusals)]}
    return problems_of(refused) if isinstance(refused, InvalidInput) else {"": [sentence_of(refused)]}
