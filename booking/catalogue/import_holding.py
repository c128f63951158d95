"""Imported texts of published records wait aside until they are reviewed or taken back, many at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from booking.accounts import audit
from booking.accounts.audit import Changed
from booking.catalogue.import_preparing import HELD, ROUND, ROUNDS, Aside
from booking.catalogue.import_standing import chunks
from booking.catalogue.review_rules import HELD_BACK
from booking.catalogue.rounds import DESCRIBING, close, start_over, tell_reviewers
from booking.catalogue.waiting_items import with_waiting_items
from booking.core.actors import Actor
from booking.database.bulk import insert_rows
from models.catalogue import Instrument
from models.publishing import ReviewRound
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.publishing import RoundState


@dataclass(frozen=True, slots=True)
class Waiting:
    """What an import changes of one record; what waits aside is taken out of `values` and `before`."""

    instrument_id: int
    state: PublishingState
    values: dict[str, Any]
    before: dict[str, Any]


def hold_back_all(
    session: Session,
    changes: Sequence[Waiting],
    rounds: Mapping[int, ReviewRound],
    aside: Mapping[int, Aside],
    *,
    actor: Actor | None,
    now: datetime,
) -> None:
    """Put aside what needs review, and start reviews of changed records over; each institution is told once.

    `rounds` are those that wait, by record; what is `aside` concerns records without one and is ready.
    """
    held = []
    for one in changes:
        waiting = rounds.get(one.instrument_id)
        if one.state == PublishingState.IN_REVIEW:
            if waiting is not None and DESCRIBING & set(one.values):
                start_over(session, waiting, now=now)
        elif texts := {name: one.values.pop(name) for name in HELD_BACK if name in one.values}:
            current = {name: one.before.pop(name, "") for name in texts}
            held.append(Changed(one.instrument_id, current, texts))
            standing = dict(waiting.proposed) if waiting else {}
            proposed = {name: text for name, text in (standing | texts).items() if text != current.get(name)}
            if waiting is not None:
                _settle(session, waiting, proposed, actor=actor, now=now)
    insert_rows(session, ROUNDS, ROUND, [(key, *ready.round) for key, ready in aside.items()])
    audit.insert_entries(session, [(key, ready.held) for key, ready in aside.items()])
    audit.note_all(session, HELD, "instrument", held, actor=actor, now=now)
    tell(session, list(aside), now=now)


def take_back_all(session: Session, changes: Sequence[Waiting], *, actor: Actor | None, now: datetime) -> None:
    """Take imported texts out of the open rounds again; a record in review is read from the start."""
    rounds = open_rounds(session, [one.instrument_id for one in changes])
    for one in changes:
        waiting = rounds.get(one.instrument_id)
        if waiting is None:
            continue
        if one.state == PublishingState.IN_REVIEW:
            if DESCRIBING & set(one.values):
                start_over(session, waiting, now=now)
            continue
        left = {name: text for name, text in waiting.proposed.items() if text != one.values.get(name)}
        if left != waiting.proposed:
            _settle(session, waiting, left, actor=actor, now=now)


def open_rounds(session: Session, instrument_ids: Sequence[int]) -> dict[int, ReviewRound]:
    """The open rounds of these records."""
    found: dict[int, ReviewRound] = {}
    for chunk in chunks(instrument_ids):
        waiting = ReviewRound.instrument_id.in_(chunk), ReviewRound.state == RoundState.OPEN
        found |= {one.instrument_id: one for one in session.scalars(select(ReviewRound).where(*waiting))}
    return found


def _settle(
    session: Session, waiting: ReviewRound, proposed: dict[str, Any], *, actor: Actor | None, now: datetime
) -> None:
    """Let an open round wait with these texts, read from the start; it ends when nothing is left to read."""
    waiting.proposed = proposed
    if proposed or waiting.notes or with_waiting_items(session, [waiting.instrument_id]):
        start_over(session, waiting, now=now)
    else:
        close(session, waiting, RoundState.WITHDRAWN, actor=actor, now=now)


def tell(session: Session, instrument_ids: Sequence[int], *, now: datetime) -> None:
    """One announcement for each institution: of its first new round, and of how many there are."""
    firsts: dict[int, tuple[int, int]] = {}
    for chunk in chunks(instrument_ids):
        counted = (
            select(Instrument.organisation_id, func.min(ReviewRound.id), func.count())
            .join(Instrument, Instrument.id == ReviewRound.instrument_id)
            .where(ReviewRound.instrument_id.in_(chunk), ReviewRound.state == RoundState.OPEN)
            .group_by(Instrument.organisation_id)
        )
        for owner, first, count in session.execute(counted):
            earlier, so_far = firsts.get(owner, (first, 0))
            firsts[owner] = min(earlier, first), so_far + count
    for first, count in firsts.values():
        loaded = select(ReviewRound).where(ReviewRound.id == first).options(joinedload(ReviewRound.instrument))
        tell_reviewers(session, session.scalars(loaded).one(), now=now, count=count)
