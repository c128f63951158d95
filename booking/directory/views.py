"""The pages of directory: the list of organisations, one with its instruments, and its closing days."""

from datetime import timedelta
from typing import Annotated, Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from pydantic import Field

from booking.accounts.permissions import Permission, may
from booking.core.actors import Target
from booking.core.clock import local_date, utcnow
from booking.core.errors import InvalidInput
from booking.core.forms import PageForm, read
from booking.directory import labels, listing, queries
from booking.directory.forms import OrganisationsPage
from booking.web import signed_in
from booking.web.errors import problems_of
from booking.web.extensions import reading
from booking.web.languages import in_language
from booking.web.reading import query_values, read_query

bp = Blueprint("directory", __name__)

PER_PAGE = 30
SHOWN_AHEAD = timedelta(days=180)
EDITED_AHEAD = timedelta(days=800)


class PageQuery(PageForm):
    """Which page of the instruments."""

    page: Annotated[int, Field(ge=1, le=100_000)] = 1


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
        may_edit=_may(Permission.EDIT_ORGANISATION, organisation_id),
        may_see_people=_may(Permission.SEE_AFFILIATIONS, organisation_id),
        is_signed_in=signed_in.actor() is not None,
        may_hand_over=_may(Permission.HAND_OVER, organisation_id),
        may_see_payers=_may(Permission.SEE_PAYERS, organisation_id),
        may_see_contracts=_may(Permission.SEE_CONTRACTS, organisation_id),
        may_see_grants=_may(Permission.SEE_GRANTS, organisation_id),
        today=today,
    )


def _closed_ahead(organisation_id: int) -> list[Any]:
    """Closing days and holidays of the next half year."""
    today = local_date(utcnow())
    return queries.days_ahead(reading(), organisation_id, today=today, until=today + SHOWN_AHEAD)


def _may(permission: Permission, organisation_id: int) -> bool:
    """Whether the person asking holds the permission at the organisation."""
    return may(signed_in.actor(), permission, Target(organisation_id=organisation_id))
