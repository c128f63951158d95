"""Sending many complete drafts to review at once; reviewers get one message for each institution."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from booking.catalogue import queries
from booking.catalogue.changes import one_refresh
from booking.catalogue.gate import submit_record
from booking.catalogue.review_queries import short_of_reviewers
from booking.catalogue.rounds import open_round, tell_reviewers
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import Refused
from models.catalogue import Instrument


@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of one record: it waits for review now, though too few may decide, or why it does not."""

    instrument_id: int
    name_zh: str = ""
    name_en: str = ""
    version: int = 0
    refused: Refused | None = None
    is_short: bool = False


def submit_many(
    session: Session,
    instrument_ids: Sequence[int],
    note: str = "",
    *,
    versions: Mapping[int, int] | None = None,
    actor: Actor,
    now: datetime,
) -> list[Submitted]:
    """Ask for review of each record that is complete, and say of the others what they lack."""
    expected = versions or {}
    with one_refresh(session):
        found = [
            _submit_one(session, number, note, version=expected.get(number), actor=actor, now=now)
            for number in instrument_ids
        ]
    sent = [one.instrument_id for one in found if one.refused is None]
    _tell(session, sent, now=now)
    short = short_of_reviewers(session, sent, today=local_date(now))
    return [replace(one, is_short=one.instrument_id in short) for one in found]


def _submit_one(
    session: Session, instrument_id: int, note: str, *, version: int | None, actor: Actor, now: datetime
) -> Submitted:
    """One record in a savepoint."""
    savepoint = session.begin_nested()
    row = Submitted(instrument_id)
    try:
        found = queries.instrument_for(session, instrument_id, actor)
        row = Submitted(instrument_id, found.name_zh, found.name_en, found.version)
        sent = submit_record(
            session, instrument_id, note, actor=actor, now=now, expected_version=version, is_told=False
        )
    except Refused as refused:
        savepoint.rollback()
        return replace(row, refused=refused)
    savepoint.commit()
    return replace(row, version=sent.version)


def _tell(session: Session, instrument_ids: Sequence[int], *, now: datetime) -> None:
    """One message for each institution, that so many of its records wait."""
    waiting = [found for number in instrument_ids if (found := open_round(session, number))]
    by_owner: dict[int, list[int]] = {}
    for place, one in enumerate(waiting):
        by_owner.setdefault(session.get_one(Instrument, one.instrument_id).organisation_id, []).append(place)
    for places in by_owner.values():
        tell_reviewers(session, waiting[places[0]], now=now, count=len(places))
