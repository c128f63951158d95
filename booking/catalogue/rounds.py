"""Rounds of secrecy review: opening one, starting it over when what is reviewed changes, and who edited."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking.catalogue.forms import PlaceFields, RecordFields
from booking.core.actors import Actor
from booking.database.bulk import among, insert_rows, readier
from booking.notifications.service import announce
from models.base import Base
from models.catalogue import Instrument
from models.publishing import RecordEditor, Review, ReviewRound
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.publishing import ReviewDecision, RoundState

_EDITORS = Base.metadata.tables["record_editors"]
DESCRIBING = frozenset(RecordFields.model_fields) | frozenset(PlaceFields.model_fields)
CONTENT_FACTS = frozenset(
    {
        "instrument_created",
        "record_edited",
        "record_imported",
        "change_held_for_review",
        "test_item_added",
        "test_item_edited",
        "test_item_held_for_review",
        "test_item_removed",
        "test_items_replaced",
    }
)


def open_round(session: Session, instrument_id: int) -> ReviewRound | None:
    """The round of a record that waits for reviewers, if any."""
    waiting = ReviewRound.instrument_id == instrument_id, ReviewRound.state == RoundState.OPEN
    return session.scalar(select(ReviewRound).where(*waiting).execution_options(populate_existing=True))


def start_round(
    session: Session,
    instrument_id: int,
    *,
    is_update: bool,
    actor: Actor | None,
    now: datetime,
    proposed: Mapping[str, Any] | None = None,
    note: str = "",
    is_told: bool = True,
) -> ReviewRound:
    """Put a version before the reviewers, who are told unless the caller tells them of many at once."""
    made = ReviewRound(
        instrument_id=instrument_id,
        is_update=is_update,
        proposed=dict(proposed or {}),
        notes=[note] if note else [],
        opened_at=now,
        opened_by_id=actor.id if actor else None,
        changed_at=now,
    )
    session.add(made)
    session.flush()
    if is_told:
        tell_reviewers(session, made, now=now)
    return made


def start_over(session: Session, waiting: ReviewRound, *, now: datetime) -> None:
    """Count no earlier approval for what is there now; reviewers are told only where one is lost."""
    approved = select(Review.id).where(
        Review.round_id == waiting.id,
        Review.round_version == waiting.version,
        Review.decision == ReviewDecision.APPROVED,
    )
    was_approved = session.scalar(approved.limit(1)) is not None
    waiting.version += 1
    waiting.changed_at = now
    session.flush()
    if was_approved:
        tell_reviewers(session, waiting, now=now)


def close(session: Session, waiting: ReviewRound, state: RoundState, *, actor: Actor | None, now: datetime) -> None:
    """End a round in `state`."""
    waiting.state, waiting.closed_at, waiting.closed_by_id = state, now, actor.id if actor else None
    session.flush()


def content_edited(
    session: Session,
    instrument: Instrument,
    fact: str,
    after: Mapping[str, Any] | None,
    *,
    actor: Actor | None,
    now: datetime,
) -> None:
    """Remember who changed what the record says; a record in review is then reviewed from the start."""
    if fact not in CONTENT_FACTS or (fact == "record_edited" and not DESCRIBING & set(after or ())):
        return
    note_editor(session, instrument.id, actor, now=now)
    if instrument.publishing_state == PublishingState.IN_REVIEW and (waiting := open_round(session, instrument.id)):
        start_over(session, waiting, now=now)


def note_editor(session: Session, instrument_id: int, actor: Actor | None, *, now: datetime) -> None:
    """Remember that the actor had a hand in the version that is not reviewed yet."""
    if actor is None:
        return
    standing = session.get(RecordEditor, (instrument_id, actor.id))
    if standing is None:
        session.add(RecordEditor(instrument_id=instrument_id, user_id=actor.id, edited_at=now))
    else:
        standing.edited_at = now
    session.flush()


def note_editors(session: Session, instrument_ids: Sequence[int], actor: Actor | None, *, now: datetime) -> None:
    """Remember who had a hand in many records, in a few statements."""
    if actor is None:
        return
    names = ("user_id", "edited_at")
    same = readier(_EDITORS, names, session.get_bind().dialect)({"user_id": actor.id, "edited_at": now})
    own = _EDITORS.c.user_id == actor.id, among(session, _EDITORS.c.instrument_id, instrument_ids)
    known = set(session.scalars(select(_EDITORS.c.instrument_id).where(*own)))
    rows = [(number, *same) for number in instrument_ids if number not in known]
    insert_rows(session, _EDITORS, ("instrument_id", *names), rows)


def forget_editors(session: Session, instrument_id: int) -> None:
    """Start a new version, in which nobody had a hand yet."""
    session.execute(delete(RecordEditor).where(RecordEditor.instrument_id == instrument_id))


def tell_reviewers(session: Session, waiting: ReviewRound, *, now: datetime, count: int = 1) -> None:
    """Announce that a version waits, or that `count` of the same institution do."""
    payload = {"round_id": waiting.id, "actor_id": waiting.opened_by_id, "count": count}
    announce(session, "catalogue.review_asked", payload, now=now)
