"""Approving several versions at once, each a decision of its own: the same person counts once, an editor not at all."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, may
from booking.catalogue.changes import one_refresh
from booking.catalogue.queries import target_of
from booking.catalogue.reviewing import approve_round
from booking.core.actors import Actor
from booking.core.errors import NotFound, Refused
from models.catalogue import Instrument
from models.publishing import ReviewRound
from models.vocabulary.publishing import RoundState

AT_ONCE = 25


@dataclass(frozen=True, slots=True)
class Approved:
    """What became of one version: its round's state now, or why the decision does not stand."""

    round_id: int
    instrument_id: int | None = None
    name_zh: str = ""
    name_en: str = ""
    state: RoundState | None = None
    refused: Refused | None = None


def parts(versions: Mapping[int, int]) -> Iterator[dict[int, int]]:
    """The rounds in parts, each for a transaction of its own, so that others wait little."""
    pairs = list(versions.items())
    for start in range(0, len(pairs), AT_ONCE):
        yield dict(pairs[start : start + AT_ONCE])


def approve_many(
    session: Session, versions: Mapping[int, int], note: str = "", *, actor: Actor, now: datetime
) -> list[Approved]:
    """Approve each of these rounds in the version that was seen, and say of the others why not.

    Their records are locked in the order of their ids.
    """
    known = select(ReviewRound.id).where(ReviewRound.id.in_(versions)).order_by(ReviewRound.instrument_id)
    found = list(session.scalars(known))
    with one_refresh(session):
        done = [_approve_one(session, one, versions[one], note, actor=actor, now=now) for one in found]
    return done + [Approved(one, refused=NotFound()) for one in sorted(versions.keys() - set(found))]


def _approve_one(session: Session, round_id: int, version: int, note: str, *, actor: Actor, now: datetime) -> Approved:
    """One round in a savepoint; of what may not be seen nothing is told."""
    row = _named(session, round_id, actor)
    savepoint = session.begin_nested()
    try:
        decided = approve_round(session, round_id, note, actor=actor, now=now, seen=version)
    except Refused as refused:
        savepoint.rollback()
        return replace(row, refused=refused)
    savepoint.commit()
    return replace(row, state=decided.state)


def _named(session: Session, round_id: int, actor: Actor) -> Approved:
    """The round with the name of its record, as far as the actor may see that."""
    statement = select(Instrument).join(ReviewRound, ReviewRound.instrument_id == Instrument.id)
    instrument = session.scalars(statement.where(ReviewRound.id == round_id)).one()
    if not may(actor, Permission.SEE_RECORD, target_of(instrument)):
        return Approved(round_id)
    return Approved(round_id, instrument.id, instrument.name_zh, instrument.name_en)
