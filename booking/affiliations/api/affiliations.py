"""Affiliations: one's own, an organisation's, and each step of their life."""

from typing import Any

from flask import Response, url_for
from sqlalchemy.orm import Session

from booking.accounts.views.again import origin
from booking.affiliations import leaving, mail_domains, queries, service
from booking.affiliations.answers import AffiliationAnswer, AffiliationDetailAnswer, AffiliationsAnswer, RenewedAnswer
from booking.affiliations.api.answering import (
    EDITING,
    TAG,
    affiliation_answer,
    json_answer,
    require_seen,
)
from booking.affiliations.forms import (
    AffiliationDetailsForm,
    AffiliationsQuery,
    AskAffiliationForm,
    EndAffiliationForm,
    LinkSecretForm,
    RefuseForm,
)
from booking.affiliations.looking import note_looking, note_people
from booking.core.clock import utcnow
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import if_match, read_json, read_query
from booking.web.repeats import create_once
from booking.web.signed_in import require_actor


@documented(tag=TAG, answers={200: AffiliationsAnswer}, query=AffiliationsQuery, refusals=(400, 401, 403, 404, 422))
def listed() -> Response:
    """One's own affiliations, or with `organisation` those of its people, a logged look at each; the newest first."""
    actor, wanted, session = require_actor(), read_query(AffiliationsQuery), reading()
    if wanted.organisation is None:
        rows = [row for row in queries.of_person(session, actor.id) if wanted.state in {None, row.affiliation.state}]
        return json_answer(AffiliationsAnswer(items=[AffiliationAnswer.of(row) for row in rows], next_cursor=None))
    require_seen(wanted.organisation)
    page = queries.people(
        session, wanted.organisation, wanted.state, text=wanted.q, limit=wanted.limit, cursor=wanted.cursor
    )
    items = [AffiliationAnswer.of(row) for row in page.items]
    seen = [row.person.id for row in page.items]
    transaction(note_people, wanted.organisation, seen, actor=actor, now=utcnow())
    return json_answer(AffiliationsAnswer(items=items, next_cursor=page.next_cursor))


@documented(
    tag=TAG, body=AskAffiliationForm, answers={201: AffiliationDetailAnswer}, refusals=(400, 401, 403, 409, 415, 422)
)
def ask() -> Response:
    """Ask an organisation to confirm that one belongs to it."""
    actor, form, now = require_actor(), read_json(AskAffiliationForm), utcnow()

    def work(session: Session) -> dict[str, Any]:
        return {"id": mail_domains.ask(session, form, actor=actor, now=now).id}

    made, _repeated = create_once(work, actor=actor, now=now)
    response = affiliation_answer(made["id"], 201)
    response.headers["Location"] = url_for("affiliations_api.show", affiliation_id=made["id"])
    return response


@documented(tag=TAG, answers={200: AffiliationDetailAnswer}, refusals=(401, 404))
def show(affiliation_id: int) -> Response:
    """One affiliation; that somebody else looked at it is logged for the person."""
    answer = affiliation_answer(affiliation_id)
    transaction(note_looking, affiliation_id, actor=require_actor(), now=utcnow())
    return answer


@documented(tag=TAG, body=AffiliationDetailsForm, answers={200: AffiliationDetailAnswer}, refusals=EDITING)
def change(affiliation_id: int) -> Response:
    """Change unit, user group, staff number or end; what is not named stays."""
    actor, form = require_actor(), read_json(AffiliationDetailsForm)
    transaction(
        service.change_affiliation, affiliation_id, form, actor=actor, now=utcnow(), expected_version=if_match()
    )
    return affiliation_answer(affiliation_id)


@documented(tag=TAG, answers={200: AffiliationDetailAnswer}, refusals=(401, 403, 404, 409))
def withdraw(affiliation_id: int) -> Response:
    """Take back what one asked for."""
    transaction(service.withdraw_asking, affiliation_id, actor=require_actor(), now=utcnow())
    return affiliation_answer(affiliation_id)


@documented(tag=TAG, answers={200: AffiliationDetailAnswer}, refusals=(401, 403, 404, 409))
def leave(affiliation_id: int) -> Response:
    """End one's own affiliation today, with one's roles there; `lacking` names what needs a successor first."""
    transaction(leaving.leave_organisation, affiliation_id, actor=require_actor(), now=utcnow())
    return affiliation_answer(affiliation_id)


@documented(tag=TAG, body=AffiliationDetailsForm, answers={200: AffiliationDetailAnswer}, refusals=EDITING)
def confirm(affiliation_id: int) -> Response:
    """Confirm what somebody asked for; what is not named stays as asked."""
    actor, form = require_actor(), read_json(AffiliationDetailsForm)
    transaction(service.confirm_affiliation, affiliation_id, form, actor=actor, now=utcnow())
    return affiliation_answer(affiliation_id)


@documented(tag=TAG, body=RefuseForm, answers={200: AffiliationDetailAnswer}, refusals=EDITING)
def refuse(affiliation_id: int) -> Response:
    """Refuse what somebody asked for."""
    actor, form = require_actor(), read_json(RefuseForm)
    transaction(service.refuse_affiliation, affiliation_id, form.reason, actor=actor, now=utcnow())
    return affiliation_answer(affiliation_id)


@documented(tag=TAG, body=EndAffiliationForm, answers={200: AffiliationDetailAnswer}, refusals=EDITING)
def end(affiliation_id: int) -> Response:
    """Let an affiliation, and what the person holds at the organisation, end on a day."""
    actor, form = require_actor(), read_json(EndAffiliationForm)
    transaction(leaving.end_affiliation, affiliation_id, form.last_day, form.reason, actor=actor, now=utcnow())
    return affiliation_answer(affiliation_id)


@documented(tag=TAG, answers={202: None}, refusals=(401, 403, 409))
def ask_renewal() -> Response:
    """Ask for the mail with which one's address confirms an affiliation again."""
    transaction(mail_domains.ask_renewal, actor=require_actor(), now=utcnow())
    return Response(status=202)


@documented(tag=TAG, body=LinkSecretForm, answers={200: RenewedAnswer}, refusals=(400, 401, 403, 409, 410, 415, 422))
def renew() -> Response:
    """Renew an affiliation by the secret of the mailed link."""
    require_actor()
    form = read_json(LinkSecretForm)
    made = transaction(mail_domains.renew_by_secret, form.secret, origin=origin(), now=utcnow())
    return json_answer(RenewedAnswer(affiliation_id=made.id, ends_on=made.ends_on))
