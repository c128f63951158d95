"""The pages of directory: the list of organisations, one with its instruments, and its closing days."""

from datetime import timedelta
from typing import Annotated, Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from pydantic import Field

from booking.accounts.permissions import Permission, may, require
from booking.core.actors import Target
from booking.core.clock import local_date, utcnow
from booking.core.errors import InvalidInput
from booking.core.forms import PageForm, read
from booking.directory import days, labels, listing, queries
from booking.directory.forms import ClosingDaysForm, OrganisationsPage
from booking.web import signed_in
from booking.web.errors import problems_of
from booking.web.extensions import reading, transaction
from booking.web.languages import in_language
from booking.web.reading import query_values, read_form, read_query

bp = Blueprint("directory", __name__)

PER_PAGE = 30
SHOWN_AHEAD = timedelta(days=180)
EDITED_AHEAD = timedelta(days=800)


class PageQuery(PageForm):
    """Which page of the instruments."""

    page: Annotated[int, Field(ge=1, le=100_000)] = 1


class ClosingDaysPage(ClosingDaysForm, PageForm):
    """A closure as the page sends it."""


@bp.get("/organisations")
def index() -> ResponseReturnValue:
    """List organisations by name and province, with how many instruments each has published."""
    typed, session = query_values(), reading()
    problems: dict[str, list[str]] = {}
    try:
        wanted = read(OrganisationsPage, typed)
    except InvalidInput as invalid:
        wanted, problems = OrganisationsPage(), problems_of(invalid)
    total = 0 if problems else listing.count_organisations(session, wanted.q, wanted.province)
    pages = max(1, -(-total // PER_PAGE))
    page = min(wanted.page, pages)
    offset = (page - 1) * PER_PAGE
    rows = listing.organisations(session, wanted.q, wanted.province, limit=PER_PAGE, offset=offset) if total else []
    return render_template(
        "directory/index.html",
        rows=rows,
        places=listing.place_names(session, rows),
        total=total,
        page=page,
        pages=pages,
        form=typed,
        problems=problems,
        provinces=[(one.adcode, in_language(one.name_zh, one.name_en)) for one in listing.provinces(session)],
        labels=labels,
        may_add=may(signed_in.actor(), Permission.EDIT_ORGANISATION),
    ), (422 if problems else 200)


@bp.get("/organisations/<int:organisation_id>")
def show(organisation_id: int) -> ResponseReturnValue:
    """Show an organisation, what it has published, and the days ahead on which it is closed."""
    page, session = read_query(PageQuery).page, reading()
    organisation = queries.organisation(session, organisation_id)
    total, today = queries.count_published(session, organisation_id), local_date(utcnow())
    return render_template(
        "directory/show.html",
        organisation=organisation,
        places=queries.place_path(session, organisation.adcode),
        instruments=queries.published_instruments(
            session, organisation_id, limit=PER_PAGE, offset=(page - 1) * PER_PAGE
        ),
        total=total,
        page=page,
        pages=-(-total // PER_PAGE),
        days=_closed_ahead(organisation_id),
        labels=labels,
        may_edit=_may_edit(organisation_id),
        today=today,
    )


@bp.get("/organisations/<int:organisation_id>/closing-days")
def closing_days(organisation_id: int) -> ResponseReturnValue:
    """Show the days ahead for editing: the national ones as they are, one's own to add and remove."""
    return _days_page(organisation_id, {}, {})


@bp.post("/organisations/<int:organisation_id>/closing-days")
def add_closing_days(organisation_id: int) -> ResponseReturnValue:
    """Close the institution from one day to another."""
    _require_edit(organisation_id)
    try:
        form = ClosingDaysForm(**read_form(ClosingDaysPage).model_dump())
        actor = signed_in.require_actor()
        added = transaction(days.add_closing_days, organisation_id, form, actor=actor, now=utcnow())
    except InvalidInput as invalid:
        return _days_page(organisation_id, request.form.to_dict(), problems_of(invalid)), invalid.status
    flash(_("已添加 %(count)s 天。", count=len(added)), "right")
    return redirect(url_for(".closing_days", organisation_id=organisation_id), code=303)


@bp.post("/organisations/<int:organisation_id>/closing-days/<int:day_id>/remove")
def remove_closing_day(organisation_id: int, day_id: int) -> ResponseReturnValue:
    """Open the institution on that day again."""
    actor = signed_in.require_actor()
    transaction(days.remove_closing_day, organisation_id, day_id, actor=actor, now=utcnow())
    flash(_("已移除。"), "right")
    return redirect(url_for(".closing_days", organisation_id=organisation_id), code=303)


def _days_page(organisation_id: int, form: dict[str, Any], problems: dict[str, list[str]]) -> str:
    """The list of days with the form for more."""
    _require_edit(organisation_id)
    session, today = reading(), local_date(utcnow())
    return render_template(
        "directory/closing_days.html",
        organisation=queries.organisation(session, organisation_id),
        days=queries.days_ahead(session, organisation_id, today=today, until=today + EDITED_AHEAD),
        labels=labels,
        form=form,
        problems=problems,
        today=today,
    )


def _closed_ahead(organisation_id: int) -> list[Any]:
    """Closing days and holidays of the next half year."""
    today = local_date(utcnow())
    return queries.days_ahead(reading(), organisation_id, today=today, until=today + SHOWN_AHEAD)


def _may_edit(organisation_id: int) -> bool:
    """Whether the person asking administers the organisation."""
    return may(signed_in.actor(), Permission.EDIT_ORGANISATION, Target(organisation_id=organisation_id))


def _require_edit(organisation_id: int) -> None:
    """Refuse who does not administer the organisation, after NotFound for what does not exist."""
    queries.organisation(reading(), organisation_id)
    require(signed_in.actor(), Permission.EDIT_ORGANISATION, Target(organisation_id=organisation_id))
