"""Texts of a published record wait aside until they are reviewed; the public goes on reading the old ones."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.catalogue.levels import inherited_contacts
from booking.catalogue.missing import missing_of_values
from booking.catalogue.review_rules import HELD_BACK
from booking.catalogue.rounds import close, note_editor, open_round, start_over, start_round
from booking.catalogue.waiting_items import let_items_through, with_waiting_items
from booking.core.actors import Actor
from booking.core.errors import InvalidInput
from booking.core.texts import N_
from models.catalogue import Instrument
from models.publishing import ReviewRound
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.publishing import RoundState


class NotReadyToPublish(InvalidInput):
    """The record lacks what a published one must have; names every gap."""

    code = "not_ready_to_publish"
    sentence = N_("发布前还需要补充一些内容。")


@dataclass(frozen=True, slots=True)
class Held:
    """What may be stored at once, and what went aside: before and after."""

    rest: dict[str, Any]
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


def hold_back(
    session: Session, instrument: Instrument, values: Mapping[str, Any], *, actor: Actor | None, now: datetime
) -> Held:
    """Put aside the texts of a published record that need review; nothing of an unpublished one.

    Typing the published text again takes a waiting text back. Raises NotReadyToPublish when a waiting text
    would leave a gap.
    """
    wanted = {name: value for name, value in values.items() if name in HELD_BACK}
    if instrument.publishing_state != PublishingState.PUBLISHED or not wanted:
        return Held(dict(values))
    rest = {name: value for name, value in values.items() if name not in HELD_BACK}
    waiting = open_round(session, instrument.id)
    standing = dict(waiting.proposed) if waiting else {}
    proposed = {name: value for name, value in (standing | wanted).items() if value != getattr(instrument, name)}
    if proposed == standing:
        return Held(rest)
    _refuse_gaps(session, instrument, rest, proposed)
    _store(session, instrument, waiting, proposed, actor=actor, now=now)
    changed = sorted(name for name in wanted if standing.get(name) != proposed.get(name))
    now_reads = {name: getattr(instrument, name) for name in changed}
    return Held(
        rest,
        {name: standing.get(name, now_reads[name]) for name in changed},
        {name: proposed.get(name, now_reads[name]) for name in changed},
    )


def let_through(session: Session, instrument: Instrument, waiting: ReviewRound) -> None:
    """Put the waiting texts and test items into the record."""
    for name, value in waiting.proposed.items():
        setattr(instrument, name, value)
    let_items_through(session, instrument.id)


def _refuse_gaps(
    session: Session, instrument: Instrument, rest: Mapping[str, Any], proposed: Mapping[str, Any]
) -> None:
    """What would be public gets no gaps that it did not have."""
    contact = inherited_contacts(session, [instrument]).get(instrument.id, {})
    gaps = missing_of_values(instrument, contact)
    changed = {**contact, **rest, **proposed}
    new = [problem for problem in missing_of_values(instrument, changed) if problem not in gaps]
    if new:
        raise NotReadyToPublish(new)


def _store(
    session: Session,
    instrument: Instrument,
    waiting: ReviewRound | None,
    proposed: dict[str, Any],
    *,
    actor: Actor | None,
    now: datetime,
) -> None:
    """Open, change or take back the round of these texts."""
    note_editor(session, instrument.id, actor, now=now)
    if waiting is None:
        start_round(session, instrument.id, is_update=True, actor=actor, now=now, proposed=proposed)
    elif not (proposed or waiting.notes or with_waiting_items(session, [instrument.id])):
        close(session, waiting, RoundState.WITHDRAWN, actor=actor, now=now)
    else:
        waiting.proposed = proposed
        start_over(session, waiting, now=now)
