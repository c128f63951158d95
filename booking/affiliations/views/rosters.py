"""The pages of rosters: upload or paste, look row by row at what would happen, apply."""

import csv
import io
from typing import Annotated, Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from pydantic import Field
from sqlalchemy.orm import Session

from booking.accounts.leaving import left_to_nobody
from booking.accounts.permissions import Permission, may
from booking.accounts.views.ending_grants import lacks_shown
from booking.affiliations import house_queries, labels, roster_reading, roster_refusals, rosters
from booking.affiliations.forms import ApplyRosterForm, RosterForm
from booking.affiliations.looking import note_refused_rows, note_roster
from booking.affiliations.roster_plans import Fate, Plan
from booking.affiliations.views.showing import manages, problems_in, seen_organisation, status_of
from booking.core import forms
from booking.core.actors import Target
from booking.core.clock import local_date, utcnow
from booking.core.csv_tables import decoded
from booking.core.errors import Conflict, NotFound, Problem, Refused
from booking.core.forms import PageForm
from booking.web.extensions import reading, transaction
from booking.web.reading import posted, read_form, read_query
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor, signed_in
from booking.web.tables import KINDS, table_response
from models.affiliations import Roster
from models.vocabulary.affiliations import RosterState

PER_PAGE = 100


class RosterPage(RosterForm, PageForm):
    """A roster as the page sends it."""


class ApplyPage(ApplyRosterForm, PageForm):
    """What is done to those who are missing, as the page sends it."""


class RowsQuery(PageForm):
    """Which rows of the preview are shown."""

    fate: Annotated[str, Field(max_length=30)] = ""
    page: Annotated[int, Field(ge=1, le=1000)] = 1


def listed(organisation_id: int) -> ResponseReturnValue:
    """Show the rosters of an organisation with the form for another."""
    return _list_page(organisation_id)


def upload(organisation_id: int) -> ResponseReturnValue:
    """Keep a roster, from a file or pasted, and show what it would do."""
    seen_organisation(organisation_id, Permission.MANAGE_AFFILIATIONS)
    actor, now = require_actor(), utcnow()
    try:
        form = RosterForm(**forms.read(RosterPage, _sent()).model_dump())

        def work(session: Session) -> dict[str, int]:
            return {"id": rosters.upload_roster(session, organisation_id, form, actor=actor, now=now).id}

        made, _repeated = create_once(work, actor=actor, now=now)
    except Refused as refused:
        return _list_page(organisation_id, refused)
    return redirect(url_for(".roster", roster_id=made["id"]), code=303)


@signed_in
def template() -> Response:
    """An empty roster to fill in, as spreadsheets open it."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(roster_reading.TEMPLATE)
    headers = {"Content-Disposition": "attachment; filename=roster.csv"}
    return Response(text.getvalue().encode("utf-8-sig"), mimetype="text/csv", headers=headers)


def show(roster_id: int) -> ResponseReturnValue:
    """Show what a roster would do, or what it did."""
    return _page(roster_id)


def refused(roster_id: int, kind: str) -> ResponseReturnValue:
    """The refused rows with their reasons, as a table to correct and upload again."""
    if kind not in KINDS:
        raise NotFound
    actor, session = require_actor(), reading()
    roster = rosters.roster_for(session, roster_id, actor, sees=True)
    is_draft = roster.state == RosterState.DRAFT
    plan = rosters.plan_of(session, roster, actor=actor, now=utcnow()) if is_draft else None
    header, rows = roster_refusals.refused_rows(roster, plan)
    if not any(row.cells for row in rows):
        raise NotFound
    table = [[*header, _("拒绝原因")]]
    for row in rows:
        cells = (row.cells + [""] * len(header))[: len(header)]
        table.append([*cells, " ".join(_said(problem) for problem in row.problems)])
    transaction(note_refused_rows, roster, plan, len(rows), actor=actor, now=utcnow())
    return table_response(table, f"refused-{roster_id}", kind, title=_("名册"))


def apply(roster_id: int) -> ResponseReturnValue:
    """Do what the preview says."""
    actor, now = require_actor(), utcnow()
    rosters.roster_for(reading(), roster_id, actor)
    try:
        form = ApplyRosterForm(**read_form(ApplyPage).model_dump())
        transaction(rosters.apply_roster, roster_id, form, actor=actor, now=now)
    except Refused as refused:
        return _page(roster_id, refused)
    flash(_("名册已应用。"), "right")
    return redirect(url_for(".roster", roster_id=roster_id), code=303)


def discard(roster_id: int) -> ResponseReturnValue:
    """Throw a roster away."""
    actor = require_actor()
    organisation_id = rosters.roster_for(reading(), roster_id, actor).organisation_id
    try:
        transaction(rosters.discard_roster, roster_id, actor=actor, now=utcnow())
    except Conflict as refused:
        return _page(roster_id, refused)
    flash(_("名册已丢弃，没有作任何改动。"), "right")
    return redirect(url_for(".rosters", organisation_id=organisation_id), code=303)


def _said(problem: Problem) -> str:
    """A problem with the column it stands at, in the reader's language."""
    sentence = str(_(problem.message, **problem.values))
    column = labels.ROSTER_COLUMNS.get(problem.field)
    return str(_("%(label)s：%(sentence)s", label=_(column), sentence=sentence)) if column else sentence


def _sent() -> dict[str, Any]:
    """The posted fields; a file stands for the pasted text and names the roster."""
    values = posted()
    file = request.files.get("file")
    if file is not None and file.filename:
        values |= {"text": decoded(file.read()).text, "name": file.filename[-200:]}
    return values


def _list_page(organisation_id: int, refused: Refused | None = None) -> ResponseReturnValue:
    """The rosters, the newest first, with the form for another."""
    organisation = seen_organisation(organisation_id)
    problems = problems_in(refused)
    if problems and "body" in problems:
        problems["text"] = problems.pop("body")
    page = render_template(
        "affiliations/rosters.html",
        organisation=organisation,
        rosters=house_queries.rosters(reading(), organisation_id, limit=50).items,
        may_manage=manages(require_actor(), organisation_id),
        labels=labels,
        columns=roster_reading.TEMPLATE,
        form=request.form,
        problems=problems,
        key=new_key(),
    )
    return page, status_of(refused)


def _page(roster_id: int, refused: Refused | None = None) -> ResponseReturnValue:
    """One roster: a draft with its preview, a closed one with its outcome."""
    actor, session, now = require_actor(), reading(), utcnow()
    roster = rosters.roster_for(session, roster_id, actor, sees=True)
    query = read_query(RowsQuery) if request.method == "GET" else RowsQuery()
    is_draft = roster.state == RosterState.DRAFT
    plan = rosters.plan_of(session, roster, actor=actor, now=now) if is_draft else None
    missing = plan.leavers if plan else []
    kept = [one for one in missing if one.stays(local_date(now))]
    leavers = [one for one in missing if not one.stays(local_date(now))]
    leaving = [one.affiliation.user_id for one in leavers]
    lacks = left_to_nobody(session, roster.organisation_id, leaving, last_day=local_date(now)) if leaving else []
    shown = _rows(roster, plan, query)
    page = render_template(
        "affiliations/roster.html",
        organisation=seen_organisation(roster.organisation_id),
        roster=roster,
        may_manage=manages(actor, roster.organisation_id),
        may_hand_over=may(actor, Permission.HAND_OVER, Target(roster.organisation_id)),
        labels=labels,
        leavers=leavers,
        kept=kept,
        uninvited=plan.uninvited if plan else [],
        lacks=lacks_shown(lacks),
        problems=problems_in(refused),
        form=request.form,
        today=local_date(now),
        **shown,
    )
    if plan and refused is None:
        transaction(note_roster, roster.organisation_id, plan, shown["rows"], actor=actor, now=now)
    return page, status_of(refused)


def _rows(roster: Roster, plan: Plan | None, query: RowsQuery) -> dict[str, Any]:
    """The rows to show, their pages, and the tabs of fates."""
    counts = plan.counts() if plan else (roster.outcome or {}).get("counts", {})
    rows = [row for row in plan.rows if query.fate in {"", row.fate.value}] if plan else []
    start = (query.page - 1) * PER_PAGE
    fates = [("", _("全部"))] + [(fate.value, _(labels.FATE[fate])) for fate in Fate if counts.get(fate.value)]
    tabs = [
        {
            "label": label,
            "url": url_for(".roster", roster_id=roster.id, fate=fate or None),
            "active": fate == query.fate,
            "count": counts.get(fate) if fate else len(plan.rows) if plan else None,
        }
        for fate, label in fates
    ]
    return {
        "counts": counts,
        "rows": rows[start : start + PER_PAGE],
        "page": query.page,
        "pages": -(-len(rows) // PER_PAGE),
        "fate": query.fate,
        "tabs": tabs if plan else [],
    }
