"""Visitors of an organisation."""

from datetime import date, datetime
from typing import Any, Self

from flask import Response, request, url_for
from pydantic import BaseModel
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, may
from booking.affiliations import hosting, house_queries, queries, rules, visitors
from booking.affiliations.api.answering import EDITING, TAG, json_answer
from booking.affiliations.forms import HostForm, RefuseForm, VisitChangeForm, VisitEndForm, VisitForm, VisitsQuery
from booking.affiliations.looking import note_visitors
from booking.core.actors import Target
from booking.core.clock import local_date, utcnow
from booking.core.errors import Forbidden
from booking.directory import queries as directory
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import read_json, read_query
from booking.web.repeats import create_once
from booking.web.signed_in import require_actor
from models.affiliations import Visit
from models.vocabulary.affiliations import IdentityKind, VisitState


class VisitAnswer(BaseModel):
    """A visit; the number of the document is masked. Once it is `erased_at`, nothing says who came.

    From `host_missed_on` on it lacks a host; unless one is named, it ends a fortnight later.
    While more days wait to be confirmed, those that are confirmed stand beside.
    """

    id: int
    organisation_id: int
    name: str
    email: str
    phone: str
    identity_kind: IdentityKind
    identity_number: str
    host_id: int
    host_missed_on: date | None
    starts_on: date
    ends_on: date
    purpose: str
    state: VisitState
    reason: str
    created_at: datetime
    erased_at: datetime | None
    confirmed_starts_on: date | None
    confirmed_ends_on: date | None
    nobody_came: bool

    @classmethod
    def of(cls, visit: Visit) -> Self:
        """The visit as the API shows it."""
        values = {name: getattr(visit, name) for name in cls.model_fields}
        return cls(**values | {"identity_number": rules.masked(visit.identity_number)})


class VisitsAnswer(BaseModel):
    """Some visits, the newest first."""

    items: list[VisitAnswer]
    next_cursor: str | None


class IdentityAnswer(BaseModel):
    """The whole number of a visitor's document; this look is in the audit log."""

    identity_number: str


@documented(tag=TAG, answers={200: VisitsAnswer}, query=VisitsQuery, refusals=(400, 401, 403, 404, 422))
def listed(organisation_id: int) -> Response:
    """The visits of an organisation, the newest first; a host gets those of their own visitors."""
    session, wanted = reading(), read_query(VisitsQuery)
    directory.organisation(session, organisation_id)
    actor = require_actor()
    sees_all = may(actor, Permission.SEE_AFFILIATIONS, Target(organisation_id))
    if not sees_all and not queries.belongs(session, actor.id, organisation_id, local_date(utcnow())):
        raise Forbidden
    host_id = None if sees_all else actor.id
    page = house_queries.visits(
        session,
        organisation_id,
        wanted.state,
        host_id=host_id,
        without_host=wanted.without_host,
        limit=wanted.limit,
        cursor=wanted.cursor,
    )
    transaction(note_visitors, organisation_id, page.items, actor=actor, now=utcnow())
    return json_answer(VisitsAnswer(items=[VisitAnswer.of(one) for one in page.items], next_cursor=page.next_cursor))


@documented(tag=TAG, body=VisitForm, answers={201: VisitAnswer}, refusals=EDITING)
def register(organisation_id: int) -> Response:
    """Register a visitor; by the admin it is confirmed at once."""
    actor, form, now = require_actor(), read_json(VisitForm), utcnow()

    def work(session: Session) -> dict[str, Any]:
        made = visitors.register_visitor(session, organisation_id, form, actor=actor, now=now)
        return VisitAnswer.of(made).model_dump(mode="json")

    answer, _repeated = create_once(work, actor=actor, now=now)
    response = json_answer(VisitAnswer(**answer), 201)
    response.headers["Location"] = url_for("affiliations_api.visit", visit_id=answer["id"])
    return response


@documented(tag=TAG, answers={200: VisitAnswer}, refusals=(401, 404))
def show(visit_id: int) -> Response:
    """One visit: a look that is logged for the visitor."""
    actor = require_actor()
    visit = visitors.visit_for(reading(), visit_id, actor, now=utcnow())
    transaction(note_visitors, visit.organisation_id, [visit], actor=actor, now=utcnow())
    return json_answer(VisitAnswer.of(visit))


@documented(tag=TAG, answers={200: VisitAnswer}, refusals=(401, 403, 404, 409))
def confirm(visit_id: int) -> Response:
    """Confirm a visit that a host registered."""
    return json_answer(
        VisitAnswer.of(transaction(visitors.confirm_visit, visit_id, actor=require_actor(), now=utcnow()))
    )


@documented(tag=TAG, body=RefuseForm, answers={200: VisitAnswer}, refusals=EDITING)
def refuse(visit_id: int) -> Response:
    """Refuse a visit."""
    actor, form = require_actor(), read_json(RefuseForm)
    made = transaction(visitors.refuse_visit, visit_id, form.reason, actor=actor, now=utcnow())
    return json_answer(VisitAnswer.of(made))


@documented(tag=TAG, body=HostForm, answers={200: VisitAnswer}, refusals=EDITING)
def name_host(visit_id: int) -> Response:
    """Say who receives the visitor from now on."""
    actor, form = require_actor(), read_json(HostForm)
    return json_answer(VisitAnswer.of(transaction(hosting.name_host, visit_id, form, actor=actor, now=utcnow())))


@documented(tag=TAG, body=VisitChangeForm, answers={200: VisitAnswer}, refusals=EDITING)
def change(visit_id: int) -> Response:
    """Give a visit other days or another purpose; more days wait for the admin when the host names them."""
    actor, form = require_actor(), read_json(VisitChangeForm)
    return json_answer(VisitAnswer.of(transaction(visitors.change_visit, visit_id, form, actor=actor, now=utcnow())))


@documented(tag=TAG, body=VisitEndForm, answers={200: VisitAnswer}, refusals=EDITING)
def end(visit_id: int) -> Response:
    """End a visit before its last day, or call it off; one that ends on its first day may say that nobody came."""
    actor = require_actor()
    form = read_json(VisitEndForm) if request.content_length else VisitEndForm()
    ended = transaction(visitors.end_visit, visit_id, nobody_came=form.nobody_came, actor=actor, now=utcnow())
    return json_answer(VisitAnswer.of(ended))


@documented(tag=TAG, answers={200: IdentityAnswer}, refusals=(401, 403, 404))
def reveal(visit_id: int) -> Response:
    """The whole number of the visitor's document; the look is written into the audit log."""
    number = transaction(visitors.identity_number, visit_id, actor=require_actor(), now=utcnow())
    response = json_answer(IdentityAnswer(identity_number=number))
    response.headers["Cache-Control"] = "no-store"
    return response
