"""The publishing gate: submitted, reviewed by two named people, published, withheld or taken back.

Nothing becomes public by one person's hand, except by the platform's command line with a reason.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission
from booking.catalogue.changes import assign, changed, lock
from booking.catalogue.holding import NotReadyToPublish, let_through
from booking.catalogue.missing import missing_of
from booking.catalogue.rounds import close, note_editor, open_round, start_over, start_round
from booking.catalogue.rules import is_let_through
from booking.catalogue.waiting_items import forget_waiting_items
from booking.core.actors import Actor
from booking.core.errors import Conflict, InvalidInput, Problem
from booking.core.texts import N_
from models.catalogue import Instrument
from models.publishing import ReviewRound
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.publishing import RoundState

UNPUBLISHED = frozenset({PublishingState.DRAFT, PublishingState.WITHHELD})


class StateHasNoWay(Conflict):
    """The record is not in a state from which this step leads on."""

    code = "state_has_no_way"
    sentence = N_("记录目前的发布状态不能进行这一步。")


def submit_record(
    session: Session,
    instrument_id: int,
    note: str = "",
    *,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
    is_told: bool = True,
) -> Instrument:
    """Ask for secrecy review of a complete draft or withheld record; raises NotReadyToPublish with every gap."""
    instrument = lock(session, instrument_id, Permission.EDIT_RECORD, actor=actor, expected_version=expected_version)
    if instrument.publishing_state not in UNPUBLISHED:
        raise StateHasNoWay
    if missing := missing_of(session, instrument):
        raise NotReadyToPublish(missing)
    start_round(session, instrument_id, is_update=False, actor=actor, now=now, note=note, is_told=is_told)
    set_state(session, instrument, PublishingState.IN_REVIEW, "review_asked", actor=actor, now=now, note=note)
    return instrument


def withdraw_submission(
    session: Session, instrument_id: int, *, actor: Actor, now: datetime, expected_version: int | None = None
) -> Instrument:
    """Take back what waits for review: a new record becomes a draft, a published one keeps its published texts."""
    instrument = lock(session, instrument_id, Permission.EDIT_RECORD, actor=actor, expected_version=expected_version)
    waiting = open_round(session, instrument_id)
    if waiting is None:
        raise StateHasNoWay
    forget_waiting_items(session, waiting)
    close(session, waiting, RoundState.WITHDRAWN, actor=actor, now=now)
    if instrument.publishing_state == PublishingState.IN_REVIEW:
        set_state(session, instrument, PublishingState.DRAFT, "review_withdrawn", actor=actor, now=now)
    else:
        changed(session, instrument, "review_withdrawn", actor=actor, now=now, before=dict(waiting.proposed))
    return instrument


def unpublish_record(
    session: Session,
    instrument_id: int,
    reason: str,
    *,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> Instrument:
    """Take a published or withheld record back to draft; standing reservations stay."""
    instrument = lock(session, instrument_id, Permission.PUBLISH_RECORD, actor=actor, expected_version=expected_version)
    if instrument.publishing_state not in {PublishingState.PUBLISHED, PublishingState.WITHHELD}:
        raise StateHasNoWay
    _need_reason(reason, N_("请填写撤回的理由。"))
    _end_update(session, instrument, actor=actor, now=now)
    set_state(session, instrument, PublishingState.DRAFT, "unpublished", actor=actor, now=now, note=reason)
    return instrument


def withhold_record(
    session: Session,
    instrument_id: int,
    reason: str,
    *,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> Instrument:
    """Keep a record from the public, for a reason, whatever its state; a waiting review ends."""
    instrument = lock(session, instrument_id, Permission.PUBLISH_RECORD, actor=actor, expected_version=expected_version)
    _need_reason(reason, N_("请填写不公开的理由。"))
    keep_from_public(session, instrument, reason, actor=actor, now=now)
    return instrument


def keep_from_public(session: Session, instrument: Instrument, reason: str, *, actor: Actor, now: datetime) -> None:
    """Withhold a locked record: by its institution, or by a reviewer."""
    _end_update(session, instrument, actor=actor, now=now, state=RoundState.WITHHELD)
    set_state(session, instrument, PublishingState.WITHHELD, "withheld", actor=actor, now=now, note=reason)


def content_changed(session: Session, instrument_id: int, what: str, *, actor: Actor | None, now: datetime) -> None:
    """Say that something else which the public would read has changed, such as a document.

    A record in review is reviewed from the start; for a published one a round opens that names `what`, and what
    was added stays hidden until `is_cleared` says that the reviewers let it through.
    """
    instrument = session.scalars(
        select(Instrument)
        .where(Instrument.id == instrument_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    note_editor(session, instrument_id, actor, now=now)
    waiting = open_round(session, instrument_id)
    if waiting is not None:
        waiting.notes = [*waiting.notes, what]
        start_over(session, waiting, now=now)
    elif instrument.publishing_state == PublishingState.PUBLISHED:
        start_round(session, instrument_id, is_update=True, actor=actor, now=now, note=what)


def is_cleared(instrument: Instrument, changed_at: datetime) -> bool:
    """Whether something of the record that changed then may be shown to the public now."""
    return is_let_through(instrument.publishing_state, instrument.cleared_at, changed_at)


def set_state(
    session: Session,
    instrument: Instrument,
    state: PublishingState,
    fact: str,
    *,
    actor: Actor | None,
    now: datetime,
    note: str = "",
    more: dict[str, Any] | None = None,
) -> None:
    """Change the publishing state of a locked record, with its row in the audit log."""
    reason = note if state == PublishingState.WITHHELD else ""
    before, after = assign(instrument, {"publishing_state": state, "withheld_reason": reason, **(more or {})})
    changed(session, instrument, fact, actor=actor, now=now, before=before, after=after, reason=note)


def _end_update(
    session: Session,
    instrument: Instrument,
    *,
    actor: Actor,
    now: datetime,
    state: RoundState = RoundState.WITHDRAWN,
) -> None:
    """End the open round of a record that leaves the public; waiting texts become the record's own."""
    waiting: ReviewRound | None = open_round(session, instrument.id)
    if waiting is not None:
        let_through(session, instrument, waiting)
        close(session, waiting, state, actor=actor, now=now)


def _need_reason(reason: str, sentence: str) -> None:
    """Refuse an empty reason."""
    if not reason:
        raise InvalidInput([Problem("reason", sentence)])
