"""Organisations that register themselves, and their verification."""

from datetime import datetime
from typing import Any, Self

from flask import Response, url_for
from pydantic import BaseModel
from sqlalchemy.orm import Session

from booking.affiliations import house_queries, registrations
from booking.affiliations.api.answering import EDITING, TAG, json_answer
from booking.affiliations.forms import AdministrationForm, RefuseForm, RegistrationForm, RegistrationsQuery, VerifyForm
from booking.affiliations.rules import role_of_registrant
from booking.core.clock import utcnow
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import if_match, read_json, read_query
from booking.web.repeats import create_once
from booking.web.signed_in import require_actor
from models.affiliations import OrganisationRegistration
from models.vocabulary.accounts import Role
from models.vocabulary.affiliations import RegistrationState
from models.vocabulary.directory import OrganisationKind


class RegistrationAnswer(BaseModel):
    """An organisation that somebody registered; once verified it has an id of its own.

    One that waits and has an id is known already, and the registrant asks to act for it.

    `role` is what the registrant becomes by the verification.
    """

    id: int
    registrant_id: int
    name_zh: str
    name_en: str
    kind: OrganisationKind
    role: Role
    country: str
    adcode: str | None
    uscc: str | None
    website: str
    message: str
    state: RegistrationState
    reason: str
    organisation_id: int | None
    created_at: datetime
    decided_at: datetime | None
    version: int

    @classmethod
    def of(cls, registration: OrganisationRegistration) -> Self:
        """The registration as the API shows it."""
        kept = {name: getattr(registration, name) for name in cls.model_fields if name != "role"}
        return cls(**kept, role=role_of_registrant(registration.kind))


class RegistrationsAnswer(BaseModel):
    """Some registrations, the newest first."""

    items: list[RegistrationAnswer]
    next_cursor: str | None


@documented(tag=TAG, answers={200: RegistrationsAnswer}, query=RegistrationsQuery, refusals=(400, 401, 422))
def listed() -> Response:
    """The registrations: all of them to who verifies, to auditors those of what they audit, and one's own."""
    actor, wanted = require_actor(), read_query(RegistrationsQuery)
    page = house_queries.registrations(
        reading(),
        wanted.state,
        within=registrations.seen_by(actor),
        registrant_id=actor.id,
        limit=wanted.limit,
        cursor=wanted.cursor,
    )
    items = [RegistrationAnswer.of(one) for one in page.items]
    return json_answer(RegistrationsAnswer(items=items, next_cursor=page.next_cursor))


@documented(tag=TAG, body=RegistrationForm, answers={201: RegistrationAnswer}, refusals=(400, 401, 403, 415, 422))
def register() -> Response:
    """Register an organisation that one wants to act for; abroad without a USCC."""
    actor, form, now = require_actor(), read_json(RegistrationForm), utcnow()

    def work(session: Session) -> dict[str, Any]:
        made = registrations.register_organisation(session, form, actor=actor, now=now)
        return {"id": made.id}

    answer, _repeated = create_once(work, actor=actor, now=now)
    response = _answer(answer["id"], 201)
    response.headers["Location"] = url_for("affiliations_api.registration", registration_id=answer["id"])
    return response


@documented(tag=TAG, body=AdministrationForm, answers={201: RegistrationAnswer}, refusals=EDITING)
def ask_administration(organisation_id: int) -> Response:
    """Ask to act for an organisation that is known and for which nobody acts yet; it waits to be verified."""
    actor, form, now = require_actor(), read_json(AdministrationForm), utcnow()

    def work(session: Session) -> dict[str, Any]:
        made = registrations.ask_administration(session, organisation_id, form.message, actor=actor, now=now)
        return {"id": made.id}

    answer, _repeated = create_once(work, actor=actor, now=now)
    response = _answer(answer["id"], 201)
    response.headers["Location"] = url_for("affiliations_api.registration", registration_id=answer["id"])
    return response


@documented(tag=TAG, answers={200: RegistrationAnswer}, refusals=(401, 404))
def show(registration_id: int) -> Response:
    """One registration."""
    return _answer(registration_id)


@documented(tag=TAG, body=VerifyForm, answers={200: RegistrationAnswer}, refusals=EDITING)
def verify(registration_id: int) -> Response:
    """Verify an organisation: it is made, and the registrant gets the role that the registration names.

    With `If-Match` only the version that was read is verified.
    """
    form = read_json(VerifyForm)
    transaction(registrations.verify_registration, registration_id, form, **_who())
    return _answer(registration_id)


@documented(tag=TAG, body=RegistrationForm, answers={200: RegistrationAnswer}, refusals=EDITING)
def correct(registration_id: int) -> Response:
    """Correct one's own registration, whole at a time, while nobody has decided."""
    form = read_json(RegistrationForm)
    transaction(registrations.correct_registration, registration_id, form, **_who())
    return _answer(registration_id)


@documented(tag=TAG, body=RefuseForm, answers={200: RegistrationAnswer}, refusals=EDITING)
def refuse(registration_id: int) -> Response:
    """Refuse the registration of an organisation."""
    actor, form = require_actor(), read_json(RefuseForm)
    transaction(registrations.refuse_registration, registration_id, form.reason, actor=actor, now=utcnow())
    return _answer(registration_id)


@documented(tag=TAG, answers={200: RegistrationAnswer}, refusals=(401, 403, 404, 409))
def withdraw(registration_id: int) -> Response:
    """Take one's own registration back while nobody has decided."""
    transaction(registrations.withdraw_registration, registration_id, actor=require_actor(), now=utcnow())
    return _answer(registration_id)


def _answer(registration_id: int, status: int = 200) -> Response:
    """The registration as it is now."""
    found = registrations.registration_for(reading(), registration_id, require_actor())
    response = json_answer(RegistrationAnswer.of(found), status)
    response.set_etag(str(found.version))
    return response


def _who() -> dict[str, Any]:
    """Who acts, when, and on which version."""
    return {"actor": require_actor(), "now": utcnow(), "expected_version": if_match()}
