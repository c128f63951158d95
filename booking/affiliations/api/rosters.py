"""Rosters and the invitations that follow from them."""

from datetime import date, datetime
from typing import Any, Self

from flask import Response, url_for
from flask_babel import gettext
from pydantic import BaseModel
from sqlalchemy.orm import Session

from booking.affiliations import handed_links, house_queries, invitations, roster_refusals, rosters
from booking.affiliations.answers import AffiliationDetailAnswer
from booking.affiliations.api.answering import EDITING, TAG, affiliation_answer, json_answer, require_seen
from booking.affiliations.forms import (
    ApplyRosterForm,
    HandedLinksForm,
    InvitationsQuery,
    LinkSecretForm,
    PlannedRowsQuery,
    RosterForm,
)
from booking.affiliations.looking import note_invited, note_people, note_roster
from booking.affiliations.roster_plans import Fate, Leaver, Planned
from booking.affiliations.roster_refusals import RefusedRow
from booking.core.clock import local_date, utcnow
from booking.core.errors import Problem
from booking.core.pages import decode_cursor, encode_cursor, row_id
from booking.web.extensions import reading, transaction
from booking.web.openapi import FieldProblem, documented
from booking.web.reading import read_json, read_query
from booking.web.repeats import create_once
from booking.web.signed_in import require_actor
from models.affiliations import Invitation, Roster
from models.vocabulary.affiliations import InvitationState, RosterState


class RosterAnswer(BaseModel):
    """A roster; `counts` by fate is what a draft would do, or what an applied one did."""

    id: int
    organisation_id: int
    name: str
    is_complete: bool
    state: RosterState
    created_at: datetime
    counts: dict[str, int] | None

    @classmethod
    def of(cls, roster: Roster, counts: dict[str, int] | None) -> Self:
        """The roster as the API shows it."""
        names = ("id", "organisation_id", "name", "is_complete", "state", "created_at")
        return cls(**{name: getattr(roster, name) for name in names}, counts=counts)


class RostersAnswer(BaseModel):
    """Some rosters, the newest first."""

    items: list[RosterAnswer]
    next_cursor: str | None


class PlannedRowAnswer(BaseModel):
    """A row by its number in the spreadsheet, what becomes of it, and why; the cells only of a refused one."""

    number: int
    name: str
    staff_number: str
    email: str
    fate: Fate
    problems: list[FieldProblem]
    cells: list[str]

    @classmethod
    def of(cls, planned: Planned) -> Self:
        """The row as the API shows it."""
        row = planned.row
        problems = [_problem(found) for found in row.problems]
        return cls(
            number=row.number,
            name=row.label,
            staff_number=row.staff_number,
            email=row.email,
            fate=planned.fate,
            problems=problems,
            cells=row.cells if planned.fate == Fate.REFUSED else [],
        )

    @classmethod
    def refused(cls, row: RefusedRow) -> Self:
        """A row of an applied roster that was refused."""
        problems = [_problem(found) for found in row.problems]
        unknown = {"name": "", "staff_number": "", "email": ""}
        return cls(number=row.number, fate=Fate.REFUSED, problems=problems, cells=row.cells, **unknown)


class PlannedRowsAnswer(BaseModel):
    """Some rows of a roster, in order, under its header."""

    header: list[str]
    items: list[PlannedRowAnswer]
    next_cursor: str | None


class LeaverAnswer(BaseModel):
    """Somebody confirmed who is not on a complete roster; `is_kept` for a role that the reader may not end."""

    affiliation_id: int
    name: str
    email: str
    staff_number: str
    is_kept: bool

    @classmethod
    def of(cls, leaver: Leaver, today: date) -> Self:
        """The person as the API shows them, were the last day today."""
        found = leaver.affiliation
        return cls(
            affiliation_id=found.id,
            name=leaver.name,
            email=leaver.email,
            staff_number=found.staff_number,
            is_kept=leaver.stays(today),
        )


class InvitationAnswer(BaseModel):
    """An invitation, without its link. Once it is `erased_at`, nothing says who was invited."""

    id: int
    name: str
    email: str
    phone: str
    staff_number: str
    ends_on: date | None
    state: InvitationState
    created_at: datetime
    sent_at: datetime | None
    expires_at: datetime
    erased_at: datetime | None

    @classmethod
    def of(cls, invitation: Invitation) -> Self:
        """The invitation as the API shows it."""
        return cls(**{name: getattr(invitation, name) for name in cls.model_fields if name != "secret"})


class LeaversAnswer(BaseModel):
    """Everybody who is not on a complete roster: the confirmed, and the open invitations that no row names."""

    items: list[LeaverAnswer]
    invitations: list[InvitationAnswer]
    next_cursor: None = None


class InvitationLinkAnswer(InvitationAnswer):
    """An invitation with the secret of its link, answered once."""

    secret: str


class InvitationLinksAnswer(BaseModel):
    """Invitations with the secrets of their links, answered once."""

    items: list[InvitationLinkAnswer]
    next_cursor: None = None


class InvitationsAnswer(BaseModel):
    """Some invitations, the newest first."""

    items: list[InvitationAnswer]
    next_cursor: str | None


@documented(tag=TAG, answers={200: RostersAnswer}, query=InvitationsQuery, refusals=(400, 401, 403, 404, 422))
def listed(organisation_id: int) -> Response:
    """The rosters of an organisation, the newest first."""
    require_seen(organisation_id)
    wanted = read_query(InvitationsQuery)
    page = house_queries.rosters(reading(), organisation_id, limit=wanted.limit, cursor=wanted.cursor)
    items = [RosterAnswer.of(roster, (roster.outcome or {}).get("counts")) for roster in page.items]
    return json_answer(RostersAnswer(items=items, next_cursor=page.next_cursor))


@documented(tag=TAG, body=RosterForm, answers={201: RosterAnswer}, refusals=EDITING)
def upload(organisation_id: int) -> Response:
    """Keep a roster to be looked at and applied; nothing happens to anybody yet."""
    actor, form, now = require_actor(), read_json(RosterForm), utcnow()

    def work(session: Session) -> dict[str, Any]:
        return {"id": rosters.upload_roster(session, organisation_id, form, actor=actor, now=now).id}

    made, _repeated = create_once(work, actor=actor, now=now)
    response = _answer(made["id"], 201)
    response.headers["Location"] = url_for("affiliations_api.roster", roster_id=made["id"])
    return response


@documented(tag=TAG, answers={200: RosterAnswer}, refusals=(401, 404))
def show(roster_id: int) -> Response:
    """A roster, with what it would do or did."""
    return _answer(roster_id)


@documented(tag=TAG, answers={200: PlannedRowsAnswer}, query=PlannedRowsQuery, refusals=(400, 401, 404, 422))
def rows(roster_id: int) -> Response:
    """What each row of a draft would do; of an applied roster the refused rows, with their cells for a month."""
    actor, wanted = require_actor(), read_query(PlannedRowsQuery)
    roster = rosters.roster_for(reading(), roster_id, actor, sees=True)
    after = decode_cursor(wanted.cursor, row_id)[0] if wanted.cursor else 0
    is_draft = roster.state == RosterState.DRAFT
    plan = rosters.plan_of(reading(), roster, actor=actor, now=utcnow()) if is_draft else None
    header, refused = roster_refusals.refused_rows(roster, plan)
    every = map(PlannedRowAnswer.of, plan.rows) if plan else map(PlannedRowAnswer.refused, refused)
    found = [row for row in every if row.number > after and wanted.fate in {"", row.fate.value}]
    shown = found[: wanted.limit]
    cursor = encode_cursor(shown[-1].number) if len(found) > len(shown) else None
    if plan:
        numbers = {row.number for row in shown}
        seen = [row.user_id for row in plan.rows if row.user_id is not None and row.row.number in numbers]
        transaction(note_people, roster.organisation_id, seen, actor=actor, now=utcnow())
    return json_answer(PlannedRowsAnswer(header=header, items=shown, next_cursor=cursor))


@documented(tag=TAG, answers={200: LeaversAnswer}, refusals=(401, 404))
def missing(roster_id: int) -> Response:
    """Who is confirmed, or invited, and not on a complete draft."""
    actor = require_actor()
    roster = rosters.roster_for(reading(), roster_id, actor, sees=True)
    is_draft = roster.state == RosterState.DRAFT
    plan = rosters.plan_of(reading(), roster, actor=actor, now=utcnow()) if is_draft else None
    today = local_date(utcnow())
    items = [LeaverAnswer.of(leaver, today) for leaver in plan.leavers] if plan else []
    invited = [InvitationAnswer.of(invitation) for invitation in plan.uninvited] if plan else []
    if plan:
        transaction(note_roster, roster.organisation_id, plan, [], actor=actor, now=utcnow())
    return json_answer(LeaversAnswer(items=items, invitations=invited))


@documented(tag=TAG, body=ApplyRosterForm, answers={200: RosterAnswer}, refusals=EDITING)
def apply(roster_id: int) -> Response:
    """Do what the draft says; who is missing ends only where `ends_missing` says so."""
    actor, form = require_actor(), read_json(ApplyRosterForm)
    transaction(rosters.apply_roster, roster_id, form, actor=actor, now=utcnow())
    return _answer(roster_id)


@documented(tag=TAG, answers={200: RosterAnswer}, refusals=(401, 403, 404, 409))
def discard(roster_id: int) -> Response:
    """Throw a draft away."""
    transaction(rosters.discard_roster, roster_id, actor=require_actor(), now=utcnow())
    return _answer(roster_id)


@documented(tag=TAG, answers={200: InvitationsAnswer}, query=InvitationsQuery, refusals=(400, 401, 403, 404, 422))
def invited(organisation_id: int) -> Response:
    """The invitations of an organisation, the newest first: a logged look at each."""
    require_seen(organisation_id)
    wanted = read_query(InvitationsQuery)
    page = house_queries.invitations(reading(), organisation_id, wanted.state, limit=wanted.limit, cursor=wanted.cursor)
    items = [InvitationAnswer.of(invitation) for invitation in page.items]
    seen = [one.id for one in page.items]
    transaction(note_invited, organisation_id, seen, actor=require_actor(), now=utcnow())
    return json_answer(InvitationsAnswer(items=items, next_cursor=page.next_cursor))


@documented(tag=TAG, answers={200: InvitationAnswer}, refusals=(401, 403, 404, 409))
def resend(invitation_id: int) -> Response:
    """Send an invitation again, good for another month."""
    made = transaction(invitations.resend_invitation, invitation_id, actor=require_actor(), now=utcnow())
    return json_answer(InvitationAnswer.of(made))


@documented(tag=TAG, answers={200: InvitationAnswer}, refusals=(401, 403, 404, 409))
def withdraw(invitation_id: int) -> Response:
    """Make an invitation void."""
    made = transaction(invitations.withdraw_invitation, invitation_id, actor=require_actor(), now=utcnow())
    return json_answer(InvitationAnswer.of(made))


@documented(tag=TAG, answers={200: InvitationLinkAnswer}, refusals=(401, 403, 404, 409))
def make_link(invitation_id: int) -> Response:
    """Make a link to hand over by other means; its secret is answered once, earlier links are void."""
    made, secret = transaction(invitations.make_link, invitation_id, actor=require_actor(), now=utcnow())
    response = json_answer(InvitationLinkAnswer(**InvitationAnswer.of(made).model_dump(), secret=secret))
    response.headers["Cache-Control"] = "no-store"
    return response


@documented(tag=TAG, body=HandedLinksForm, answers={200: InvitationLinksAnswer}, refusals=EDITING)
def hand_links(organisation_id: int) -> Response:
    """Make a code for everybody invited without an address, answered once; `renews` those who have one too.

    A thousand at a time: who has none comes first, then whose code is the oldest.
    """
    actor, form = require_actor(), read_json(HandedLinksForm)
    made = transaction(handed_links.make_links, organisation_id, form, actor=actor, now=utcnow())
    items = [InvitationLinkAnswer(**InvitationAnswer.of(one).model_dump(), secret=code) for one, code in made]
    transaction(note_invited, organisation_id, [one.id for one, _code in made], actor=actor, now=utcnow())
    response = json_answer(InvitationLinksAnswer(items=items))
    response.headers["Cache-Control"] = "no-store"
    return response


@documented(
    tag=TAG, body=LinkSecretForm, answers={200: AffiliationDetailAnswer}, refusals=(400, 401, 403, 410, 415, 422)
)
def accept() -> Response:
    """Accept an invitation by the secret of its link."""
    actor, form = require_actor(), read_json(LinkSecretForm)
    made = transaction(invitations.accept_invitation, form.secret, actor=actor, now=utcnow())
    return affiliation_answer(made.id)


def _answer(roster_id: int, status: int = 200) -> Response:
    """The roster as it is now."""
    actor, session = require_actor(), reading()
    roster = rosters.roster_for(session, roster_id, actor, sees=True)
    counts = (roster.outcome or {}).get("counts")
    if roster.state == RosterState.DRAFT:
        counts = rosters.plan_of(session, roster, actor=actor, now=utcnow()).counts()
    return json_answer(RosterAnswer.of(roster, counts), status)


def _problem(found: Problem) -> FieldProblem:
    """A problem in the reader's language."""
    return FieldProblem(field=found.field, message=gettext(found.message, **found.values))
