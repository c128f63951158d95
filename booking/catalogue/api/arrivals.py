"""New instruments and their report dates by HTTP."""

from datetime import date, datetime
from typing import Annotated, Any

from flask import Response, url_for
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.catalogue import arrivals as service
from booking.catalogue import report_queries, reporting
from booking.catalogue.answers import InstrumentRecord
from booking.catalogue.api.answering import json_answer, record_response
from booking.catalogue.api.records import EDITING
from booking.catalogue.report_queries import ReportDate
from booking.catalogue.report_terms import report_terms
from booking.catalogue.step_forms import ExemptionForm, ExemptionNote, PublishingNote
from booking.core.clock import local_date, utcnow
from booking.core.errors import Forbidden
from booking.core.forms import Form
from booking.core.pages import LARGEST_PAGE
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import if_match, read_json, read_query
from booking.web.repeats import create_once
from booking.web.signed_in import require_actor
from models.arrivals import ReportExemption
from models.vocabulary.arrivals import ArrivalStep, ExemptionState, ReportState


class ReportDateAnswer(BaseModel):
    """An accepted instrument that is not public, and the day by which it must be."""

    instrument_id: int
    name: str
    organisation_id: int
    accepted_on: date
    due_on: date
    state: ReportState


class ReportDates(BaseModel):
    """Such instruments, the first due first; all of them, so there is no next page."""

    items: list[ReportDateAnswer]
    next_cursor: str | None = None


class ExemptionAnswer(BaseModel):
    """A wish that an instrument need not be reported."""

    id: int
    instrument_id: int
    reason: str
    state: ExemptionState
    asked_at: datetime
    decided_at: datetime | None
    note: str


class ExemptionList(BaseModel):
    """Wishes that wait for an answer, the oldest first."""

    items: list[ExemptionAnswer]
    next_cursor: str | None = None


class ArrivalAnswer(BaseModel):
    """A new instrument with the steps that are done."""

    instrument_id: int
    name: str
    organisation_id: int
    accepted_on: date
    done: list[ArrivalStep]
    missing: list[ArrivalStep]


class ArrivalsQuery(Form):
    """Which page of the new instruments."""

    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = LARGEST_PAGE
    cursor: str = ""


class ArrivalList(BaseModel):
    """New instruments that are not open yet, the newest first."""

    items: list[ArrivalAnswer]
    next_cursor: str | None = None


@documented(tag="arrivals", answers={200: ReportDates}, refusals=(401, 403))
def report_dates() -> Response:
    """Accepted instruments that are not public, with the day by which they must be."""
    within, today = _reach(Permission.SEE_REPORT_DATES), local_date(utcnow())
    found = report_queries.unreported(reading(), within, report_terms())
    return json_answer(ReportDates(items=[_dated(one, today) for one in found]))


@documented(tag="arrivals", answers={200: ExemptionList}, refusals=(401, 403))
def exemptions() -> Response:
    """Wishes to be exempt that wait for an answer."""
    within = _reach(Permission.SEE_REPORT_DATES)
    found = report_queries.exemptions(reading(), within, state=ExemptionState.ASKED)
    return json_answer(ExemptionList(items=[_exemption(one) for one in found]))


@documented(tag="arrivals", body=ExemptionForm, answers={201: ExemptionAnswer}, refusals=EDITING)
def ask(instrument_id: int) -> Response:
    """Ask that an accepted instrument need not be reported."""
    form, actor, now = read_json(ExemptionForm), require_actor(), utcnow()

    def work(session: Session) -> dict[str, Any]:
        made = reporting.ask_exemption(session, instrument_id, form.exemption_reason, actor=actor, now=now)
        return _exemption(made).model_dump(mode="json")

    answer, _repeated = create_once(work, actor=actor, now=now)
    response = json_answer(ExemptionAnswer(**answer), 201)
    response.headers["Location"] = url_for("catalogue_api.exemptions")
    return response


@documented(tag="arrivals", body=ExemptionNote, answers={200: ExemptionAnswer}, refusals=EDITING)
def approve(exemption_id: int) -> Response:
    """Approve an exemption."""
    return _decide(exemption_id, ExemptionState.APPROVED)


@documented(tag="arrivals", body=ExemptionNote, answers={200: ExemptionAnswer}, refusals=EDITING)
def refuse(exemption_id: int) -> Response:
    """Refuse an exemption, with a note that says why."""
    return _decide(exemption_id, ExemptionState.REFUSED)


@documented(tag="arrivals", query=ArrivalsQuery, answers={200: ArrivalList}, refusals=(400, 401, 403, 422))
def arrivals() -> Response:
    """New instruments that are not open yet, with what each still needs."""
    within, wanted, today = _reach(Permission.TICK_TRAINING), read_query(ArrivalsQuery), local_date(utcnow())
    found = service.arrivals(reading(), within, today=today, limit=wanted.limit, cursor=wanted.cursor)
    return json_answer(ArrivalList(items=[_arrival(one) for one in found.items], next_cursor=found.next_cursor))


@documented(tag="arrivals", body=PublishingNote, answers={200: InstrumentRecord}, refusals=EDITING)
def tick(instrument_id: int) -> Response:
    """Say that the first users of a new instrument are trained."""
    form = read_json(PublishingNote)
    who: dict[str, Any] = {"actor": require_actor(), "now": utcnow(), "expected_version": if_match()}
    transaction(service.tick_training, instrument_id, form.note, **who)
    return record_response(instrument_id)


def _reach(permission: Permission) -> Any:
    """What the caller reaches; raises Forbidden for nothing."""
    within = reach(require_actor(), permission)
    if not within:
        raise Forbidden
    return within


def _decide(exemption_id: int, state: ExemptionState) -> Response:
    """One decision, answered with the exemption."""
    form = read_json(ExemptionNote)
    who: dict[str, Any] = {"actor": require_actor(), "now": utcnow()}
    return json_answer(_exemption(transaction(reporting.decide_exemption, exemption_id, state, form.note, **who)))


def _dated(one: ReportDate, today: date) -> ReportDateAnswer:
    """A report date as its answer."""
    instrument = one.instrument
    return ReportDateAnswer(
        instrument_id=instrument.id,
        name=instrument.name_zh or instrument.name_en,
        organisation_id=instrument.organisation_id,
        accepted_on=one.accepted_on,
        due_on=one.due_on,
        state=one.state(today),
    )


def _exemption(row: ReportExemption) -> ExemptionAnswer:
    """An exemption as its answer."""
    return ExemptionAnswer(**{name: getattr(row, name) for name in ExemptionAnswer.model_fields})


def _arrival(one: service.Arrival) -> ArrivalAnswer:
    """A new instrument as its answer."""
    instrument = one.instrument
    assert instrument.accepted_on is not None
    return ArrivalAnswer(
        instrument_id=instrument.id,
        name=instrument.name_zh or instrument.name_en,
        organisation_id=instrument.organisation_id,
        accepted_on=instrument.accepted_on,
        done=[step for step, is_done in one.done.items() if is_done],
        missing=[step for step, is_done in one.done.items() if not is_done],
    )
