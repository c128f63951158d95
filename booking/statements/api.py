"""Statements in the HTTP API: what is to be billed, drafts, what was issued, and what was received for it."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request, url_for
from pydantic import BaseModel
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, require
from booking.core.actors import Actor, Target
from booking.core.clock import local_date, utcnow
from booking.core.pages import Page
from booking.directory.queries import organisation
from booking.statements import answers, billable, cash_answers, papers, queries, reminding, service, terms
from booking.statements.answers import (
    BillingTermsAnswer,
    DraftAnswer,
    DraftList,
    IssuedAnswer,
    StatementAnswer,
    StatementList,
    ToBillList,
)
from booking.statements.cash_answers import AgeingList
from booking.statements.forms import (
    BillingTermsForm,
    DraftsForm,
    IssueDraftsBody,
    IssueForm,
    NewDraftsBody,
    PlaceQuery,
    StatementsQuery,
    ToBillQuery,
)
from booking.statements.issuing import issue_many
from booking.statements.queries import Found
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import if_match, read_json, read_query
from booking.web.repeats import create_once, made_once
from booking.web.signed_in import require_actor

bp = Blueprint("statements_api", __name__, url_prefix="/api/v1")

TAG = "statements"
STEP = (400, 401, 403, 404, 409, 415, 422)
ONE, DRAFT = "/statements/<int:statement_id>", "/statement-drafts/<int:draft_id>"


@bp.get("/billing-terms/<int:organisation_id>")
@documented(tag=TAG, answers={200: BillingTermsAnswer}, refusals=(401, 403, 404))
def show_terms(organisation_id: int) -> Response:
    """How an institution bills, for its finance and auditors."""
    _place(organisation_id)
    return _terms(organisation_id)


@bp.put("/billing-terms/<int:organisation_id>")
@documented(tag=TAG, body=BillingTermsForm, answers={200: BillingTermsAnswer}, refusals=(*STEP, 412))
def set_terms(organisation_id: int) -> Response:
    """Set how an institution bills from now on."""
    form, who, version = read_json(BillingTermsForm), require_actor(), if_match()
    transaction(terms.set_terms, organisation_id, form, version=version, actor=who, now=utcnow())
    return _terms(organisation_id)


@bp.get("/statement-drafts/to-bill")
@documented(tag=TAG, answers={200: ToBillList}, query=ToBillQuery, refusals=(400, 401, 403, 404, 422))
def to_bill() -> Response:
    """Everybody with something to bill at an institution until a day, or until the last cut-off."""
    asked = read_query(ToBillQuery)
    place, session = _place(asked.organisation), reading()
    untils = terms.untils_of(terms.terms_of(session, place), local_date(utcnow()), asked.until_on)
    return _json(ToBillList(items=[answers.to_bill_answer(one) for one in billable.to_bill(session, place, untils)]))


@bp.get("/statement-drafts")
@documented(tag=TAG, answers={200: DraftList}, query=PlaceQuery, refusals=(400, 401, 403, 404, 422))
def list_drafts() -> Response:
    """The drafts of an institution."""
    place = _place(read_query(PlaceQuery).organisation)
    return _json(DraftList(items=[answers.draft_row(one) for one in billable.drafts_at(reading(), place)]))


@bp.post("/statement-drafts")
@documented(tag=TAG, body=NewDraftsBody, answers={201: DraftList}, refusals=(400, 401, 403, 404, 415, 422))
def make_drafts() -> Response:
    """Make drafts for everybody with something to bill, or for some by their codes; earlier ones are renewed."""
    body, who, now = read_json(NewDraftsBody), require_actor(), utcnow()
    form = DraftsForm(until_on=body.until_on, debtors=body.debtors)

    def work(session: Session) -> dict[str, Any]:
        made = service.make_drafts(session, body.organisation_id, form, actor=who, now=now)
        return {"ids": [one.id for one in made]}

    ids = set(create_once(work, actor=who, now=now)[0]["ids"])
    rows = billable.drafts_at(reading(), body.organisation_id)
    return _json(DraftList(items=[answers.draft_row(one) for one in rows if one.id in ids]), 201)


@bp.post("/statement-drafts/issue")
@documented(tag=TAG, body=IssueDraftsBody, answers={200: IssuedAnswer}, refusals=STEP)
def issue_drafts() -> Response:
    """Issue the drafts of an institution in their order, up to 200 at once; `left` says how many remain."""
    body, who = read_json(IssueDraftsBody), require_actor()
    require(who, Permission.MANAGE_STATEMENTS, Target(organisation(reading(), body.organisation_id).id))
    ids = [one.id for one in billable.drafts_at(reading(), body.organisation_id)]
    done = issue_many(transaction, ids, actor=who, now=utcnow())
    return _json(
        IssuedAnswer(
            statement_ids=done.statement_ids,
            changed_draft_ids=done.changed_draft_ids,
            unclear_draft_ids=done.unclear_draft_ids,
            own_draft_ids=done.own_draft_ids,
            left=done.left,
        )
    )


@bp.get(DRAFT)
@documented(tag=TAG, answers={200: DraftAnswer}, refusals=(401, 404))
def show_draft(draft_id: int) -> Response:
    """A draft, with what it would be now."""
    session, who = reading(), require_actor()
    draft = billable.draft_for(session, draft_id, who)
    return _json(answers.draft_answer(session, draft, who, today=local_date(utcnow())))


@bp.delete(DRAFT)
@documented(tag=TAG, answers={204: None}, refusals=(401, 403, 404, 409))
def drop_draft(draft_id: int) -> Response:
    """Drop a draft; what it was made of can be billed later."""
    transaction(service.drop_draft, draft_id, actor=require_actor(), now=utcnow())
    return Response(status=204)


@bp.post(f"{DRAFT}/issue")
@documented(tag=TAG, body=IssueForm, answers={201: StatementAnswer}, refusals=STEP)
def issue(draft_id: int) -> Response:
    """Issue a draft under the next number."""
    billed_to = (read_json(IssueForm) if request.content_length else IssueForm()).billed_to

    def work(session: Session, who: Actor) -> int:
        return service.issue_statement(session, draft_id, billed_to=billed_to, actor=who, now=utcnow()).id

    return _created(work)


@bp.get("/statements")
@documented(tag=TAG, answers={200: StatementList}, query=StatementsQuery, refusals=(400, 401, 403, 404, 422))
def list_statements() -> Response:
    """What one owes or owed, what an institution has issued, or what an account or organisation was billed.

    The newest first. What was issued is for its finance and auditors; what an account was billed also for who keeps
    it, what an organisation was billed in its people's names for its agents, finance and administrators.

    With `charge` those on which it stands, as far as one may read them.
    """
    who, asked = require_actor(), read_query(StatementsQuery)
    found = _listed(reading(), asked, who)
    items = [answers.statement_row(one) for one in found.items]
    return _json(StatementList(items=items, next_cursor=found.next_cursor))


def _listed(session: Session, asked: StatementsQuery, who: Actor) -> Page[Found]:
    """One page of what is asked for; raises NotFound and Forbidden."""
    today = local_date(utcnow())
    part: dict[str, Any] = {"limit": asked.limit, "cursor": asked.cursor}
    if asked.charge is not None:
        return Page(queries.statements_with(session, asked.charge, who, today=today), None)
    if asked.payer_account is not None:
        payer_id = queries.payer_for(session, asked.payer_account, who, today=today).id
        return queries.statements_to(session, payer_id, who, asked.show, today=today, **part)
    if asked.billed_to is not None:
        place = organisation(session, asked.billed_to)
        require(who, Permission.SEE_BILLED, Target(place.id))
        return queries.billed_statements(session, [place.id], who, asked.show, today=today, **part)
    if asked.organisation is not None:
        return queries.statements_at(session, _place(asked.organisation), who, asked.show, today=today, **part)
    return queries.own_statements(session, who, asked.show, today=today, **part)


@bp.get(ONE)
@documented(tag=TAG, answers={200: StatementAnswer}, refusals=(401, 404))
def show(statement_id: int) -> Response:
    """A statement, for who owes it, the institution's finance, who keeps what pays, and auditors."""
    return _statement(statement_id)


@bp.get(f"{ONE}.<kind>")
@documented(tag=TAG, answers={200: None}, refusals=(401, 404))
def file(statement_id: int, kind: str) -> Response:
    """The same as a file: `pdf` to print and sign, `xlsx` and `csv` for spreadsheets."""
    return papers.statement_file(reading(), statement_id, kind, require_actor())


@bp.get("/ageing/<int:organisation_id>")
@documented(tag=TAG, answers={200: AgeingList}, refusals=(401, 403, 404))
def ageing(organisation_id: int) -> Response:
    """Who owes an institution how much, by how late it is."""
    place = _place(organisation_id)
    return _json(cash_answers.ageing_list(reminding.ageing(reading(), place, today=local_date(utcnow()))))


def _place(organisation_id: int) -> int:
    """The institution, whose statements the caller may read; raises NotFound and Forbidden."""
    place = organisation(reading(), organisation_id)
    require(require_actor(), Permission.SEE_STATEMENTS, Target(place.id))
    return place.id


def _terms(organisation_id: int) -> Response:
    """The terms as they are now, with their version as ETag."""
    found = terms.terms_of(reading(), organisation_id)
    response = _json(answers.terms_answer(found))
    response.set_etag(str(found.version))
    return response


def _created(work: Callable[[Session, Actor], int]) -> Response:
    """The statement that was made, once per key."""
    statement_id = made_once(work)
    response = _statement(statement_id, 201)
    response.headers["Location"] = url_for(".show", statement_id=statement_id)
    return response


def _statement(statement_id: int, status: int = 200) -> Response:
    """The statement as it is."""
    session, who = reading(), require_actor()
    found = queries.statement_for(session, statement_id, who, today=local_date(utcnow()))
    return _json(answers.statement_answer(session, found), status)


def _json(answer: BaseModel, status: int = 200) -> Response:
    """The answer as JSON, kept by nobody."""
    response = Response(answer.model_dump_json(), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
