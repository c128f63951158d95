"""The pages on which announcements are made."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, require
from booking.announcements import labels, queries, service, showing
from booking.announcements.forms import AnnouncementForm, AnnouncementPage, AnnouncementsQuery
from booking.core.clock import SHANGHAI, utcnow
from booking.core.errors import InvalidInput
from booking.directory import listing
from booking.web import signed_in
from booking.web.errors import problems_of
from booking.web.extensions import reading, transaction
from booking.web.languages import in_language
from booking.web.reading import read_form, read_query
from booking.web.repeats import create_once, new_key
from models.announcements import Announcement
from models.directory import Organisation

bp = Blueprint("announcements", __name__)

MOMENTS = ("starts_at", "ends_at")
PER_PAGE = 30


@bp.get("/announcements")
def index() -> ResponseReturnValue:
    """All announcements, the newest first, and the form for one more."""
    return _list({}, {})


@bp.post("/announcements")
def announce() -> ResponseReturnValue:
    """Put a text on the pages."""
    actor, now = require(signed_in.actor(), Permission.ANNOUNCE), utcnow()
    try:
        form = _typed()

        def work(session: Session) -> dict[str, Any]:
            return {"id": service.announce(session, form, actor=actor, now=now).id}

        create_once(work, actor=actor, now=now)
    except InvalidInput as invalid:
        return _list(request.form.to_dict(), problems_of(invalid)), invalid.status
    showing.forget()
    flash(_("公告已保存，到时间就会显示。"), "right")
    return redirect(url_for(".index"), code=303)


@bp.get("/announcements/<int:announcement_id>")
def edit(announcement_id: int) -> ResponseReturnValue:
    """One announcement, to change."""
    require(signed_in.actor(), Permission.ANNOUNCE)
    found = queries.announcement(reading(), announcement_id)
    return _form(found, _as_typed(found), {})


@bp.post("/announcements/<int:announcement_id>")
def change(announcement_id: int) -> ResponseReturnValue:
    """Set all of an announcement."""
    actor = require(signed_in.actor(), Permission.ANNOUNCE)
    found = queries.announcement(reading(), announcement_id)
    try:
        transaction(service.change_announcement, announcement_id, _typed(), actor=actor, now=utcnow())
    except InvalidInput as invalid:
        return _form(found, request.form.to_dict(), problems_of(invalid)), invalid.status
    showing.forget()
    flash(_("公告已修改。"), "right")
    return redirect(url_for(".index"), code=303)


@bp.post("/announcements/<int:announcement_id>/end")
def end(announcement_id: int) -> ResponseReturnValue:
    """Take an announcement off the pages now."""
    transaction(service.end_announcement, announcement_id, actor=signed_in.require_actor(), now=utcnow())
    showing.forget()
    flash(_("公告已撤下。"), "right")
    return redirect(url_for(".index"), code=303)


def _typed() -> AnnouncementForm:
    """The posted form, in Shanghai time."""
    return AnnouncementForm(**read_form(AnnouncementPage, *MOMENTS).model_dump())


def _as_typed(found: Announcement) -> dict[str, Any]:
    """What is stored as the fields show it."""
    values = {name: getattr(found, name) for name in AnnouncementForm.model_fields}
    local = {name: values[name].astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M") for name in MOMENTS}
    return values | local


def _list(form: dict[str, Any], problems: dict[str, list[str]]) -> str:
    """The list with the form for one more."""
    require(signed_in.actor(), Permission.ANNOUNCE)
    found = queries.announcements(reading(), limit=PER_PAGE, cursor=read_query(AnnouncementsQuery).cursor)
    return render_template(
        "announcements/index.html",
        found=found,
        form=form,
        problems=problems,
        labels=labels,
        **_places(),
        now=utcnow(),
        key=new_key(),
    )


def _form(found: Announcement, form: dict[str, Any], problems: dict[str, list[str]]) -> str:
    """The form of one announcement."""
    return render_template(
        "announcements/edit.html", announcement=found, form=form, problems=problems, labels=labels, **_places()
    )


def _places() -> dict[str, Any]:
    """The organisations and provinces an announcement may be for, by what they are called."""
    session = reading()
    organisations = session.scalars(select(Organisation).order_by(Organisation.name_zh)).all()
    return {
        "organisations": [(str(one.id), in_language(one.name_zh, one.name_en)) for one in organisations],
        "provinces": [(one.adcode, in_language(one.name_zh, one.name_en)) for one in listing.provinces(session)],
    }
