"""The publishing gate by HTTP: asking for review, what waits, and deciding."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Any

from flask import Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach, require
from booking.attachments.answers import AttachmentAnswer, attachment_answer
from booking.catalogue import gate, queries, review_queries, reviewing
from booking.catalogue.addresses import attachment_address
from booking.catalogue.answers import InstrumentRecord
from booking.catalogue.api.answering import json_answer, record_response
from booking.catalogue.api.records import EDITING
from booking.catalogue.review_queries import Standing
from booking.catalogue.step_forms import PublishingNote, PublishingReason
from booking.core.actors import Actor
from booking.core.clock import utcnow
from booking.core.errors import Forbidden
from booking.core.forms import Form
from booking.core.pages import LARGEST_PAGE
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import if_match, read_json, read_query
from booking.web.signed_in import require_actor
from models.attachments import Attachment
from models.publishing import ReviewRound
from models.vocabulary.publishing import ReviewDecision, RoundState


class NothingMore(Form):
    """A step that needs no words."""


class QueueQuery(Form):
    """Which page of what waits."""

    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = 50
    cursor: str = ""


class ReviewAnswer(BaseModel):
    """What one named person decided about one version."""

    id: int
    round_version: int
    reviewer_name: str
    decision: ReviewDecision
    note: str
    decided_at: datetime


class DifferenceAnswer(BaseModel):
    """A text that differs from what was last reviewed; `before` is null where nothing was reviewed yet."""

    field: str
    before: str | None
    after: str


class RoundAnswer(BaseModel):
    """A version before its reviewers; `version` is the ETag that decisions name, `files` those it would show."""

    id: int
    instrument_id: int
    instrument_name: str
    is_update: bool
    state: RoundState
    version: int
    notes: list[str]
    opened_at: datetime
    changed_at: datetime
    closed_at: datetime | None
    reviews: list[ReviewAnswer]
    changes: list[DifferenceAnswer]
    files: list[AttachmentAnswer]
    may_decide: bool


class RoundList(BaseModel):
    """Versions before their reviewers."""

    items: list[RoundAnswer]
    next_cursor: str | None


@documented(tag="reviews", query=QueueQuery, answers={200: RoundList}, refusals=(400, 401, 403, 422))
def waiting() -> Response:
    """What waits for the caller's review, the oldest first."""
    actor, session = require_actor(), reading()
    if not reach(actor, Permission.REVIEW_RECORD):
        raise Forbidden
    wanted = read_query(QueueQuery)
    found = review_queries.waiting_rounds(session, actor, limit=wanted.limit, cursor=wanted.cursor)
    items = _answers(session, found.items, actor)
    return json_answer(RoundList(items=items, next_cursor=found.next_cursor))


@documented(tag="reviews", answers={200: RoundList}, refusals=(401, 403, 404))
def reviews_of(instrument_id: int) -> Response:
    """Every round of review of a record, the last first."""
    actor, session = require_actor(), reading()
    instrument = queries.instrument_for(session, instrument_id, actor)
    require(actor, Permission.SEE_RECORD, queries.target_of(instrument))
    found = review_queries.rounds_of(session, instrument_id)
    items = _answers(session, found, actor)
    return json_answer(RoundList(items=items, next_cursor=None))


@documented(tag="reviews", answers={200: RoundAnswer}, refusals=(401, 404))
def show(round_id: int) -> Response:
    """One version with its differences from what was last reviewed, and its reviews."""
    return _response(round_id)


@documented(tag="reviews", body=PublishingNote, answers={200: RoundAnswer}, refusals=EDITING)
def approve(round_id: int) -> Response:
    """Approve the version that `If-Match` names; the second person's approval publishes the record."""
    form = read_json(PublishingNote)
    return _decide(round_id, reviewing.approve_round, form.note)


@documented(tag="reviews", body=PublishingReason, answers={200: RoundAnswer}, refusals=EDITING)
def send_back(round_id: int) -> Response:
    """Send the version back for a reason."""
    form = read_json(PublishingReason)
    return _decide(round_id, reviewing.send_back_round, form.reason)


@documented(tag="reviews", body=PublishingReason, answers={200: RoundAnswer}, refusals=EDITING)
def withhold_review(round_id: int) -> Response:
    """Keep the record from the public for a reason."""
    form = read_json(PublishingReason)
    return _decide(round_id, reviewing.withhold_round, form.reason)


@documented(tag="catalogue", body=PublishingNote, answers={200: InstrumentRecord}, refusals=EDITING)
def submit(instrument_id: int) -> Response:
    """Ask for secrecy review of a complete record."""
    form = read_json(PublishingNote)
    return _step(instrument_id, gate.submit_record, form.note)


@documented(tag="catalogue", body=NothingMore, answers={200: InstrumentRecord}, refusals=EDITING)
def withdraw(instrument_id: int) -> Response:
    """Take back what waits for review."""
    read_json(NothingMore)
    return _step(instrument_id, gate.withdraw_submission)


@documented(tag="catalogue", body=PublishingReason, answers={200: InstrumentRecord}, refusals=EDITING)
def unpublish(instrument_id: int) -> Response:
    """Take a published or withheld record back to draft for a reason."""
    form = read_json(PublishingReason)
    return _step(instrument_id, gate.unpublish_record, form.reason)


@documented(tag="catalogue", body=PublishingReason, answers={200: InstrumentRecord}, refusals=EDITING)
def withhold(instrument_id: int) -> Response:
    """Keep a record from the public for a reason."""
    form = read_json(PublishingReason)
    return _step(instrument_id, gate.withhold_record, form.reason)


def _step(instrument_id: int, step: Callable[..., object], *words: str) -> Response:
    """One step of the life cycle, answered with the record."""
    who = {"actor": require_actor(), "now": utcnow(), "expected_version": if_match()}
    transaction(step, instrument_id, *words, **who)
    return record_response(instrument_id)


def _decide(round_id: int, step: Callable[..., object], words: str) -> Response:
    """One decision, answered with the round."""
    transaction(step, round_id, words, actor=require_actor(), now=utcnow(), seen=if_match())
    return _response(round_id)


def _response(round_id: int) -> Response:
    """The round as its reader stands to it, with its version as ETag."""
    session = reading()
    standing = review_queries.round_for(session, round_id, require_actor())
    files = review_queries.files_waiting(session, [standing.round])
    response = json_answer(_answer(standing, files.get(round_id, [])))
    response.set_etag(str(standing.round.version))
    return response


def _answers(session: Session, rounds: Sequence[ReviewRound], actor: Actor) -> list[RoundAnswer]:
    """Rounds as their reader stands to them."""
    files = review_queries.files_waiting(session, rounds)
    standings = review_queries.standings_of(session, rounds, actor)
    return [_answer(one, files.get(one.round.id, [])) for one in standings]


def _answer(standing: Standing, files: Sequence[Attachment]) -> RoundAnswer:
    """The round as its answer, with the files that it would show."""
    found: ReviewRound = standing.round
    plain: dict[str, Any] = {
        name: getattr(found, name)
        for name in ("id", "instrument_id", "is_update", "state", "version", "notes", "opened_at", "changed_at")
    }
    return RoundAnswer(
        **plain,
        closed_at=found.closed_at,
        instrument_name=found.instrument.name_zh or found.instrument.name_en,
        reviews=[
            ReviewAnswer(**{name: getattr(review, name) for name in ReviewAnswer.model_fields})
            for review in found.reviews
        ],
        changes=[DifferenceAnswer(field=one.field, before=one.before, after=one.after) for one in standing.changes],
        files=[attachment_answer(one, partial(attachment_address, one)) for one in files],
        may_decide=standing.may_decide and not standing.has_approved,
    )
