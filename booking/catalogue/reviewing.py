"""What reviewers decide: two different people approve one version, or one sends it back or withholds it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission
from booking.catalogue import review_queries
from booking.catalogue.changes import changed, lock
from booking.catalogue.gate import keep_from_public, set_state
from booking.catalogue.holding import NotReadyToPublish, let_through
from booking.catalogue.missing import missing_of
from booking.catalogue.review_rules import is_through
from booking.catalogue.rounds import close, forget_editors
from booking.catalogue.waiting_items import forget_waiting_items
from booking.core.actors import Actor
from booking.core.errors import Conflict, Forbidden, InvalidInput, NotFound, Problem, StaleVersion
from booking.core.texts import N_
from booking.notifications.service import announce
from models.catalogue import Instrument
from models.publishing import RecordEditor, Review, ReviewRound
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.publishing import ReviewDecision, RoundState


class EditorMayNotReview(Forbidden):
    """Somebody who had a hand in this version cannot review it."""

    code = "editor_may_not_review"
    sentence = N_("您修改过这一版内容，须由其他人审查。")


class AlreadyReviewed(Conflict):
    """The same person decided this about the same version before."""

    code = "already_reviewed"
    sentence = N_("您已经审查过这一版内容，还需要另一位审查人。")


class RoundClosed(Conflict):
    """The round waits for nobody any more."""

    code = "round_closed"
    sentence = N_("这次送审已经结束。")


def approve_round(
    session: Session, round_id: int, note: str = "", *, actor: Actor, now: datetime, seen: int | None = None
) -> ReviewRound:
    """Approve the version `seen`; with the second person's approval the record is published."""
    waiting, instrument = _locked(session, round_id, actor=actor, seen=seen)
    _write(session, waiting, ReviewDecision.APPROVED, note, actor=actor, now=now)
    if is_through(review_queries.approvers_of(session, waiting)):
        _publish(session, waiting, instrument, actor=actor, now=now)
    else:
        changed(session, instrument, "review_approved", actor=actor, now=now, reason=note)
    return waiting


def send_back_round(
    session: Session, round_id: int, reason: str, *, actor: Actor, now: datetime, seen: int | None = None
) -> ReviewRound:
    """Send the version back for a reason: a new record becomes a draft, a published one keeps its old texts."""
    waiting, instrument = _locked(session, round_id, actor=actor, seen=seen)
    if not reason:
        raise InvalidInput([Problem("reason", N_("请填写退回的理由。"))])
    _write(session, waiting, ReviewDecision.SENT_BACK, reason, actor=actor, now=now)
    forget_waiting_items(session, waiting)
    close(session, waiting, RoundState.SENT_BACK, actor=actor, now=now)
    if instrument.publishing_state == PublishingState.IN_REVIEW:
        set_state(session, instrument, PublishingState.DRAFT, "sent_back", actor=actor, now=now, note=reason)
    else:
        changed(session, instrument, "sent_back", actor=actor, now=now, reason=reason)
    _tell(session, waiting, actor, now)
    return waiting


def withhold_round(
    session: Session, round_id: int, reason: str, *, actor: Actor, now: datetime, seen: int | None = None
) -> ReviewRound:
    """Keep the whole record from the public for a reason."""
    waiting, instrument = _locked(session, round_id, actor=actor, seen=seen)
    if not reason:
        raise InvalidInput([Problem("reason", N_("请填写不公开的理由。"))])
    _write(session, waiting, ReviewDecision.WITHHELD, reason, actor=actor, now=now)
    keep_from_public(session, instrument, reason, actor=actor, now=now)
    _tell(session, waiting, actor, now)
    return waiting


def _locked(session: Session, round_id: int, *, actor: Actor, seen: int | None) -> tuple[ReviewRound, Instrument]:
    """The open round with its record locked, for somebody who may decide about it."""
    instrument_id = session.scalar(select(ReviewRound.instrument_id).where(ReviewRound.id == round_id))
    if instrument_id is None:
        raise NotFound
    instrument = lock(session, instrument_id, Permission.REVIEW_RECORD, actor=actor)
    waiting = session.get_one(ReviewRound, round_id, populate_existing=True)
    if session.get(RecordEditor, (instrument_id, actor.id), populate_existing=True) is not None:
        raise EditorMayNotReview
    if waiting.state != RoundState.OPEN:
        raise RoundClosed
    if seen is not None and seen != waiting.version:
        raise StaleVersion
    return waiting, instrument


def _write(
    session: Session, waiting: ReviewRound, decision: ReviewDecision, note: str, *, actor: Actor, now: datetime
) -> None:
    """One dated row with the reviewer's name; raises AlreadyReviewed for the same person's second one."""
    row = Review(
        round_id=waiting.id,
        round_version=waiting.version,
        reviewer_id=actor.id,
        reviewer_name=actor.name,
        decision=decision,
        note=note,
        decided_at=now,
    )
    standing = select(Review.id).where(
        Review.round_id == row.round_id,
        Review.round_version == row.round_version,
        Review.reviewer_id == row.reviewer_id,
        Review.decision == decision,
    )
    if session.scalar(standing) is not None:
        raise AlreadyReviewed
    try:
        session.add(row)
        session.flush()
    except IntegrityError as taken:
        raise AlreadyReviewed from taken


def _publish(session: Session, waiting: ReviewRound, instrument: Instrument, *, actor: Actor, now: datetime) -> None:
    """Make the reviewed version public; raises NotReadyToPublish when something is missing after all."""
    let_through(session, instrument, waiting)
    if not waiting.is_update and (missing := missing_of(session, instrument)):
        raise NotReadyToPublish(missing)
    waiting.content = review_queries.content_of(session, instrument)
    close(session, waiting, RoundState.APPROVED, actor=actor, now=now)
    forget_editors(session, instrument.id)
    more = {"cleared_at": now, "first_published_at": instrument.first_published_at or now}
    set_state(session, instrument, PublishingState.PUBLISHED, "published", actor=actor, now=now, more=more)
    _tell(session, waiting, actor, now)


def _tell(session: Session, decided: ReviewRound, actor: Actor, now: datetime) -> None:
    """Announce how a round ended."""
    payload = {"round_id": decided.id, "actor_id": actor.id}
    announce(session, "catalogue.review_decided", payload, now=now)
