"""The pages on which an organisation's admin looks after its people."""

from typing import Annotated, Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from pydantic import Field

from booking.accounts.permissions import Permission, may
from booking.affiliations import labels, leaving, queries, service
from booking.affiliations.forms import AffiliationDetailsForm, EndAffiliationForm, RefuseForm
from booking.affiliations.looking import note_looking, note_people
from booking.affiliations.queries import Row
from booking.affiliations.views.showing import (
    group_choices,
    manages,
    problems_in,
    seen_organisation,
    status_of,
    typed_or,
    unit_choices,
)
from booking.core.actors import Target
from booking.core.clock import local_date, utcnow
from booking.core.errors import NotFound, Refused
from booking.core.forms import Blank, Line, PageForm
from booking.web.extensions import reading, transaction
from booking.web.reading import read_form, read_query
from booking.web.signed_in import require_actor, signed_in
from models.vocabulary.affiliations import AffiliationState

PER_PAGE = 50


class ListQuery(PageForm):
    """Which people are shown."""

    state: Annotated[AffiliationState | None, Blank] = None
    q: Annotated[Line, Field(max_length=100)] = ""
    cursor: Annotated[str, Field(max_length=200)] = ""


class DetailsPage(AffiliationDetailsForm, PageForm):
    """The details as the page sends them, with the version it was made from."""

    version: Annotated[int | None, Blank] = None

    def details(self) -> AffiliationDetailsForm:
        """All of them: an empty field clears."""
        return AffiliationDetailsForm(**self.model_dump(exclude={"version"}))


class RefusePage(RefuseForm, PageForm):
    """A reason as the page sends it."""


class EndPage(EndAffiliationForm, PageForm):
    """A last day as the page sends it."""


def people(organisation_id: int) -> ResponseReturnValue:
    """Show an organisation's people, those who wait first: a logged look at each of them."""
    organisation, query, session = seen_organisation(organisation_id), read_query(ListQuery), reading()
    counts = queries.counts(session, organisation_id)
    state = query.state
    page = queries.people(session, organisation_id, state, text=query.q, limit=PER_PAGE, cursor=query.cursor)
    tabs = [(None, _("全部"))] + [(one, _(label)) for one, label in labels.STATE.items()]
    shown = render_template(
        "affiliations/people.html",
        organisation=organisation,
        page=page,
        query=query,
        tabs=[
            {
                "label": label,
                "url": url_for(".people", organisation_id=organisation_id, state=one, q=query.q or None),
                "active": one == state,
                "count": counts.get(one, 0) if one else sum(counts.values()),
            }
            for one, label in tabs
        ],
        may_manage=manages(require_actor(), organisation_id),
        labels=labels,
        today=local_date(utcnow()),
    )
    seen = [row.person.id for row in page.items]
    transaction(note_people, organisation_id, seen, actor=require_actor(), now=utcnow())
    return shown


@signed_in
def show(affiliation_id: int) -> ResponseReturnValue:
    """Show one affiliation, to the person and to whoever looks after the organisation's people: a logged look."""
    page = _page(affiliation_id)
    transaction(note_looking, affiliation_id, actor=require_actor(), now=utcnow())
    return page


def confirm(affiliation_id: int) -> ResponseReturnValue:
    """Confirm what somebody asked for."""
    _managed(affiliation_id)
    try:
        form = read_form(DetailsPage).details()
        transaction(service.confirm_affiliation, affiliation_id, form, actor=require_actor(), now=utcnow())
    except Refused as refused:
        return _page(affiliation_id, "details", refused)
    return _done(affiliation_id, _("已确认，并已发邮件告知。"))


def refuse(affiliation_id: int) -> ResponseReturnValue:
    """Refuse what somebody asked for."""
    _managed(affiliation_id)
    try:
        reason = read_form(RefusePage).reason
        transaction(service.refuse_affiliation, affiliation_id, reason, actor=require_actor(), now=utcnow())
    except Refused as refused:
        return _page(affiliation_id, "refuse", refused)
    return _done(affiliation_id, _("已拒绝，并已发邮件告知原因。"))


def change(affiliation_id: int) -> ResponseReturnValue:
    """Change what the organisation knows of somebody."""
    _managed(affiliation_id)
    try:
        typed = read_form(DetailsPage)
        transaction(
            service.change_affiliation,
            affiliation_id,
            typed.details(),
            actor=require_actor(),
            now=utcnow(),
            expected_version=typed.version,
        )
    except Refused as refused:
        return _page(affiliation_id, "details", refused)
    return _done(affiliation_id, _("已保存。"))


def end(affiliation_id: int) -> ResponseReturnValue:
    """Let an affiliation end."""
    _managed(affiliation_id)
    try:
        form = read_form(EndPage)
        actor, now = require_actor(), utcnow()
        transaction(leaving.end_affiliation, affiliation_id, form.last_day, form.reason, actor=actor, now=now)
    except Refused as refused:
        return _page(affiliation_id, "end", refused)
    return _done(affiliation_id, _("已记下最后一天，并已发邮件告知。"))


def _done(affiliation_id: int, sentence: str) -> ResponseReturnValue:
    """Back to the affiliation, saying what happened."""
    flash(sentence, "right")
    return redirect(url_for(".show", affiliation_id=affiliation_id), code=303)


def _managed(affiliation_id: int) -> Row:
    """The affiliation, for who may decide on it; raises NotSignedIn or NotFound."""
    actor = require_actor()
    row = queries.row(reading(), affiliation_id)
    if not manages(actor, row.organisation.id):
        raise NotFound
    return row


def _page(affiliation_id: int, which: str = "", refused: Refused | None = None) -> ResponseReturnValue:
    """One affiliation with what may be done with it; the form that was refused keeps what was typed."""
    actor, row = require_actor(), queries.row(reading(), affiliation_id)
    organisation_id = row.organisation.id
    may_see = may(actor, Permission.SEE_AFFILIATIONS, Target(organisation_id))
    if row.person.id != actor.id and not may_see:
        raise NotFound
    standing: dict[str, Any] = {
        name: getattr(row.affiliation, name) for name in (*AffiliationDetailsForm.model_fields, "version")
    }
    page = render_template(
        "affiliations/show.html",
        row=row,
        may_see=may_see,
        may_manage=manages(actor, organisation_id),
        may_hand_over=may(actor, Permission.HAND_OVER, Target(organisation_id)),
        labels=labels,
        form=typed_or(standing, refused),
        problems={which: problems_in(refused)},
        units=unit_choices(organisation_id),
        groups=group_choices(organisation_id),
        future_bookings=queries.future_bookings(reading(), row.person.id, organisation_id, now=utcnow()),
        today=local_date(utcnow()),
    )
    return page, status_of(refused)
