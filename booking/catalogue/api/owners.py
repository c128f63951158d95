"""Whose an instrument was and is, and giving it to another institution, by HTTP."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any

from flask import Response, url_for
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from booking.catalogue import owner_queries, owners, queries
from booking.catalogue.api.answering import json_answer
from booking.catalogue.api.records import EDITING
from booking.catalogue.keeping import going_along
from booking.catalogue.owner_queries import Side
from booking.catalogue.step_forms import OwnerAcceptance, OwnerAnswer, OwnerProposal
from booking.core.actors import Actor
from booking.core.clock import utcnow
from booking.core.forms import Form
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import read_json, read_query
from booking.web.repeats import create_once
from booking.web.signed_in import actor as reader
from booking.web.signed_in import require_actor
from models.custody import OwnerChange
from models.directory import Organisation
from models.vocabulary.custody import OwnerChangeState


class OwnerNameAnswer(BaseModel):
    """An institution by its names."""

    id: int
    name: str
    name_en: str


class TenureAnswer(BaseModel):
    """Whose it was, with its days, the last one included; the current owner has no last day."""

    organisation: OwnerNameAnswer
    starts_on: date
    ends_on: date | None
    is_current: bool


class TenureList(BaseModel):
    """Every owner, the last first; empty while the instrument has had one only."""

    items: list[TenureAnswer]
    next_cursor: str | None = None


class GoingAlongAnswer(BaseModel):
    """How much of what is not public goes with the instrument: what askers have open, and its files."""

    enquiries: int
    orders: int
    files: int
    staff_files: int


class OwnerChangeAnswer(BaseModel):
    """An instrument on its way to another institution, and what the caller may do about it.

    The name is empty when the change is over and the caller may not read the record. What goes along is
    said of a single open change, to who gives the instrument.
    """

    id: int
    instrument_id: int
    name: str
    giver: OwnerNameAnswer
    receiver: OwnerNameAnswer
    unit_id: int | None
    starts_on: date
    reason: str
    state: OwnerChangeState
    proposed_at: datetime
    answered_at: datetime | None
    answer: str
    applied_at: datetime | None
    may_answer: bool
    may_withdraw: bool
    goes_along: GoingAlongAnswer | None = None


PLAIN = ("id", "instrument_id", "starts_on", "reason", "state", "proposed_at", "answered_at", "answer", "applied_at")


class OwnerChangeList(BaseModel):
    """Changes that concern the caller's institutions, the last first."""

    items: list[OwnerChangeAnswer]
    next_cursor: str | None


class ChangesQuery(Form):
    """Which changes: open ones, those that are over, or all."""

    is_open: bool | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str, Field(max_length=200)] = ""


@documented(tag="owners", answers={200: TenureList}, refusals=(404,))
def tenures(instrument_id: int) -> Response:
    """Whose the instrument was and is; for everybody who may read the record."""
    session = reading()
    instrument = queries.instrument_for(session, instrument_id, reader())
    items = [
        TenureAnswer(
            organisation=_named(one.organisation),
            starts_on=one.starts_on,
            ends_on=one.ends_on,
            is_current=one.is_current,
        )
        for one in owner_queries.owners_of(session, instrument)
    ]
    return json_answer(TenureList(items=items))


@documented(tag="owners", body=OwnerProposal, answers={201: OwnerChangeAnswer}, refusals=EDITING)
def propose(instrument_id: int) -> Response:
    """Offer the instrument to another institution from a day on."""
    form, actor, now = read_json(OwnerProposal), require_actor(), utcnow()

    def work(session: Session) -> dict[str, Any]:
        return {"id": owners.propose_owner(session, instrument_id, form, actor=actor, now=now).id}

    made, _repeated = create_once(work, actor=actor, now=now)
    response = _response(made["id"], 201)
    response.headers["Location"] = url_for("catalogue_api.owner_change", change_id=made["id"])
    return response


@documented(tag="owners", query=ChangesQuery, answers={200: OwnerChangeList}, refusals=(400, 401, 422))
def index() -> Response:
    """Changes of owner that one's institutions give or receive."""
    actor, query = require_actor(), read_query(ChangesQuery)
    found = owner_queries.changes_within(
        reading(), actor, is_open=query.is_open, limit=query.limit, cursor=query.cursor
    )
    sides = [(one, owner_queries.side_of(one, actor)) for one in found.items]
    items = [_answer(one, side, actor) for one, side in sides if side is not None]
    return json_answer(OwnerChangeList(items=items, next_cursor=found.next_cursor))


@documented(tag="owners", answers={200: OwnerChangeAnswer}, refusals=(401, 404))
def show(change_id: int) -> Response:
    """One change of owner, for both institutions."""
    return _response(change_id)


@documented(tag="owners", body=OwnerAcceptance, answers={200: OwnerChangeAnswer}, refusals=EDITING)
def accept(change_id: int) -> Response:
    """Take the instrument: into which unit, under which number."""
    return _step(change_id, owners.accept_owner, read_json(OwnerAcceptance))


@documented(tag="owners", body=OwnerAnswer, answers={200: OwnerChangeAnswer}, refusals=EDITING)
def decline(change_id: int) -> Response:
    """Do not take the instrument; until its day comes."""
    return _step(change_id, owners.decline_owner, read_json(OwnerAnswer).note)


@documented(tag="owners", body=OwnerAnswer, answers={200: OwnerChangeAnswer}, refusals=EDITING)
def withdraw(change_id: int) -> Response:
    """Keep the instrument after all; until its day comes."""
    return _step(change_id, owners.withdraw_owner, read_json(OwnerAnswer).note)


def _step(change_id: int, step: Callable[..., OwnerChange], said: object) -> Response:
    """One step, and the change as it then is."""
    transaction(step, change_id, said, actor=require_actor(), now=utcnow())
    return _response(change_id)


def _response(change_id: int, status: int = 200) -> Response:
    """The change as the caller stands to it."""
    actor = require_actor()
    session = reading()
    change, side = owner_queries.change_for(session, change_id, actor)
    answer = _answer(change, side, actor)
    if answer.may_withdraw:
        answer.goes_along = GoingAlongAnswer(**asdict(going_along(session, change.instrument_id)))
    return json_answer(answer, status)


def _answer(change: OwnerChange, side: Side, actor: Actor) -> OwnerChangeAnswer:
    """A change as its answer."""
    instrument = change.instrument
    name = instrument.name_zh or instrument.name_en if owner_queries.tells_name(change, actor) else ""
    return OwnerChangeAnswer(
        **{name: getattr(change, name) for name in PLAIN},
        name=name,
        giver=_named(change.giver),
        receiver=_named(change.receiver),
        unit_id=change.to_unit_id,
        may_answer=side.receives and change.state in owner_queries.OPEN,
        may_withdraw=side.gives and change.state in owner_queries.OPEN,
    )


def _named(organisation: Organisation) -> OwnerNameAnswer:
    """An institution by its names."""
    return OwnerNameAnswer(id=organisation.id, name=organisation.name_zh, name_en=organisation.name_en)
