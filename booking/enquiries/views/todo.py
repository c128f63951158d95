"""Enquiries on the steward's board: those that wait for an answer, the soonest due first."""

from datetime import datetime

from flask import url_for
from flask_babel import gettext as _

from booking.accounts.permissions import Permission, reach
from booking.core.actors import Actor
from booking.enquiries import queries
from booking.reservations.views.todo import Also, ToDo
from booking.web import filters
from booking.web.extensions import reading
from booking.web.languages import in_language
from models.enquiries import Enquiry
from models.vocabulary.enquiries import EnquiryState

SHOWN = 5


def to_do(actor: Actor, now: datetime) -> Also | None:
    """What the person is to answer; two statements, none for who answers nothing."""
    within = reach(actor, Permission.ANSWER_ENQUIRIES)
    if not within:
        return None
    count = queries.waiting_count(reading(), within)
    page = queries.staffed_enquiries(reading(), actor, state=EnquiryState.WAITING, limit=SHOWN) if count else None
    first = [_line(one, now) for one in page.items] if page else []
    return Also(count, first, url_for("enquiries.waiting"), _("全部咨询"))


def _line(enquiry: Enquiry, now: datetime) -> ToDo:
    """One enquiry as the list shows it."""
    due = enquiry.due_at
    is_late = due is not None and due <= now
    words = _("已逾期，应在 %(moment)s 前答复") if is_late else _("%(moment)s 前答复")
    return ToDo(
        kind=_("时间意向") if enquiry.wish_state else _("咨询"),
        url=url_for("enquiries.show", enquiry_id=enquiry.id),
        title=in_language(enquiry.instrument.name_zh, enquiry.instrument.name_en),
        person=enquiry.asked_by.name,
        due=words % {"moment": filters.moment(due)} if due else "",
        is_late=is_late,
    )
