"""Organisations and their units."""

from datetime import timedelta
from typing import Any

from flask import Response, url_for
from pydantic import BaseModel
from sqlalchemy.orm import Session

from booking.catalogue.api.answering import json_answer
from booking.catalogue.api.records import EDITING, who
from booking.catalogue.organisations import update_organisation
from booking.core.clock import local_date, utcnow
from booking.directory import listing, queries, service
from booking.directory.answers import DayAnswer, day_answer
from booking.directory.forms import OrganisationEdit, OrganisationForm, OrganisationsList, UnitForm
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import read_json, read_query
from booking.web.repeats import create_once
from booking.web.signed_in import require_actor
from models.vocabulary.directory import OrganisationKind

AHEAD = timedelta(days=800)


class UnitAnswer(BaseModel):
    """A unit of an organisation."""

    id: int
    name_zh: str
    name_en: str


class OrganisationAnswer(OrganisationForm):
    """An organisation with its units and the days ahead."""

    id: int
    version: int
    published_instruments: int
    units: list[UnitAnswer]
    days: list[DayAnswer]


class ListedAnswer(BaseModel):
    """An organisation in the list."""

    id: int
    name_zh: str
    name_en: str
    kind: OrganisationKind
    country: str
    adcode: str | None
    published_instruments: int


class OrganisationsAnswer(BaseModel):
    """One page of organisations."""

    items: list[ListedAnswer]
    next_cursor: str | None


@documented(tag="organisations", query=OrganisationsList, answers={200: OrganisationsAnswer}, refusals=(400, 422))
def index() -> Response:
    """Organisations by words of their names and by province, in order of their number."""
    wanted = read_query(OrganisationsList)
    page = listing.organisations_after(reading(), wanted.q, wanted.province, limit=wanted.limit, cursor=wanted.cursor)
    names = [name for name in ListedAnswer.model_fields if name != "published_instruments"]
    items = [
        ListedAnswer(**{name: getattr(one.organisation, name) for name in names}, published_instruments=one.published)
        for one in page.items
    ]
    return json_answer(OrganisationsAnswer(items=items, next_cursor=page.next_cursor))


@documented(tag="organisations", answers={200: OrganisationAnswer}, refusals=(404,))
def show(organisation_id: int) -> Response:
    """An organisation, its units, and the days ahead on which it does not work as usual."""
    return _answer(organisation_id)


def _answer(organisation_id: int) -> Response:
    """The organisation as it is now, with its version as ETag."""
    session, today = reading(), local_date(utcnow())
    found = queries.organisation(session, organisation_id)
    ahead = queries.days_ahead(session, organisation_id, today=today, until=today + AHEAD)
    plain = {name: getattr(found, name) for name in (*OrganisationForm.model_fields, "id", "version")}
    answer = OrganisationAnswer(
        **plain,
        published_instruments=queries.count_published(session, organisation_id),
        units=[_unit(unit.id, unit.name_zh, unit.name_en) for unit in queries.units(session, organisation_id)],
        days=[day_answer(day) for day in ahead],
    )
    response = json_answer(answer)
    response.set_etag(str(found.version))
    return response


@documented(tag="organisations", body=OrganisationForm, answers={201: OrganisationAnswer}, refusals=EDITING)
def create() -> Response:
    """Register an organisation; for the platform's administrators."""
    actor, form, now = require_actor(), read_json(OrganisationForm), utcnow()

    def work(session: Session) -> dict[str, Any]:
        return {"id": service.create_organisation(session, form, actor=actor, now=now).id}

    answer, _repeated = create_once(work, actor=actor, now=now)
    response = _answer(answer["id"])
    response.status_code = 201
    response.headers["Location"] = url_for("catalogue_api.organisation", organisation_id=answer["id"])
    return response


@documented(tag="organisations", body=OrganisationEdit, answers={200: OrganisationAnswer}, refusals=EDITING)
def edit(organisation_id: int) -> Response:
    """Replace the entry of an organisation."""
    form = read_json(OrganisationEdit)
    transaction(update_organisation, organisation_id, form.entry(), **who(form))
    return _answer(organisation_id)


@documented(tag="organisations", body=UnitForm, answers={201: UnitAnswer}, refusals=EDITING)
def add_unit(organisation_id: int) -> Response:
    """Add a unit."""
    actor, form, now = require_actor(), read_json(UnitForm), utcnow()

    def work(session: Session) -> dict[str, Any]:
        unit = service.add_unit(session, organisation_id, form, actor=actor, now=now)
        return _unit(unit.id, unit.name_zh, unit.name_en).model_dump()

    answer, _repeated = create_once(work, actor=actor, now=now)
    return json_answer(UnitAnswer(**answer), 201)


def _unit(unit_id: int, name_zh: str, name_en: str) -> UnitAnswer:
    """A unit as its answer."""
    return UnitAnswer(id=unit_id, name_zh=name_zh, name_en=name_en)
