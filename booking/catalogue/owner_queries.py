"""Reading whose an instrument was, is and will be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Select, exists, false, or_, select, true
from sqlalchemy.orm import Session, aliased, joinedload

from booking.accounts.permissions import Permission, may, reach
from booking.catalogue.queries import is_readable, target_of
from booking.core.actors import Actor, Reach, Target
from booking.core.clock import local_date
from booking.core.errors import NotFound
from booking.core.pages import Page, decode_cursor, page_of, row_id
from models.catalogue import Instrument, InstrumentLaneGroup
from models.custody import OwnerChange
from models.directory import Organisation
from models.vocabulary.custody import OwnerChangeState

OPEN = (OwnerChangeState.PROPOSED, OwnerChangeState.ACCEPTED)
IN_FULL = (
    joinedload(OwnerChange.instrument).options(joinedload(Instrument.organisation), joinedload(Instrument.unit)),
    joinedload(OwnerChange.giver),
    joinedload(OwnerChange.receiver),
    joinedload(OwnerChange.unit),
)


@dataclass(frozen=True, slots=True)
class Tenure:
    """Whose an instrument was, with its days, the last one included."""

    organisation: Organisation
    starts_on: date
    ends_on: date | None

    @property
    def is_current(self) -> bool:
        """Whether it is theirs now."""
        return self.ends_on is None


@dataclass(frozen=True, slots=True)
class Side:
    """What somebody may do about a change: take it back as giver, answer it as receiver."""

    gives: bool
    receives: bool


def owners_of(session: Session, instrument: Instrument) -> list[Tenure]:
    """Every owner, the last first; empty while it has had one only."""
    applied = OwnerChange.instrument_id == instrument.id, OwnerChange.state == OwnerChangeState.APPLIED
    loaded = (
        select(OwnerChange).where(*applied).options(joinedload(OwnerChange.giver), joinedload(OwnerChange.receiver))
    )
    rows = session.scalars(loaded.order_by(OwnerChange.applied_at, OwnerChange.id)).all()
    if not rows:
        return []
    known = instrument.accepted_on or instrument.in_use_since or local_date(instrument.created_at)
    found, since = [], min(known, rows[0].starts_on - timedelta(days=1))
    for row in rows:
        found.append(Tenure(row.giver, since, max(since, row.starts_on - timedelta(days=1))))
        since = row.starts_on
    return [Tenure(rows[-1].receiver, since, None), *reversed(found)]


def open_change(session: Session, instrument_id: int) -> OwnerChange | None:
    """The change that waits for an answer or its day, if any."""
    wanted = OwnerChange.instrument_id == instrument_id, OwnerChange.state.in_(OPEN)
    return session.scalar(select(OwnerChange).where(*wanted).options(*IN_FULL))


def change_for(session: Session, change_id: int, actor: Actor | None) -> tuple[OwnerChange, Side]:
    """A change with what the actor may do about it; raises NotFound for who is on neither side."""
    found = session.scalar(_in_full().where(OwnerChange.id == change_id))
    side = side_of(found, actor) if found else None
    if found is None or side is None:
        raise NotFound
    return found, side


def side_of(change: OwnerChange, actor: Actor | None) -> Side | None:
    """On which side somebody is; None for strangers. The giving side keeps it until the instrument has gone."""
    receives = may(actor, Permission.CHANGE_OWNER, Target(change.to_organisation_id))
    if change.state in OPEN:
        gives = may(actor, Permission.CHANGE_OWNER, target_of(change.instrument))
    else:
        gives = may(actor, Permission.CHANGE_OWNER, Target(change.from_organisation_id))
    reads = may(actor, Permission.SEE_RECORD, Target(change.from_organisation_id)) or may(
        actor, Permission.SEE_RECORD, Target(change.to_organisation_id)
    )
    return Side(gives, receives) if gives or receives or reads else None


def tells_name(change: OwnerChange, actor: Actor | None) -> bool:
    """Whether the change names the instrument as it is now: while it is open, and later to who may read the record."""
    return change.state in OPEN or is_readable(change.instrument, actor)


def changes_within(
    session: Session, actor: Actor | None, *, is_open: bool | None = None, limit: int, cursor: str = ""
) -> Page[OwnerChange]:
    """The changes of institutions for which the actor may see records as a whole, the last first."""
    statement = _in_full().where(_either_side(reach(actor, Permission.SEE_RECORD)))
    if is_open is not None:
        state = OwnerChange.state
        statement = statement.where(state.in_(OPEN) if is_open else state.not_in(OPEN))
    if cursor:
        statement = statement.where(OwnerChange.id < decode_cursor(cursor, row_id)[0])
    rows = session.scalars(statement.order_by(OwnerChange.id.desc()).limit(limit + 1)).all()
    return page_of(rows, limit, lambda row: (row.id,))


def waiting_for(session: Session, within: Reach) -> Sequence[OwnerChange]:
    """What is proposed to the institutions in reach and not answered, the first day first."""
    theirs = true() if within.everywhere else OwnerChange.to_organisation_id.in_(within.organisation_ids)
    waiting = _in_full().where(OwnerChange.state == OwnerChangeState.PROPOSED, theirs)
    return session.scalars(waiting.order_by(OwnerChange.starts_on, OwnerChange.id)).all()


def parts_shared(session: Session, instrument_id: int) -> Sequence[int]:
    """The lane groups that the instrument lists and another one too."""
    other = aliased(InstrumentLaneGroup)
    shared = select(InstrumentLaneGroup.lane_group_id).where(
        InstrumentLaneGroup.instrument_id == instrument_id,
        exists().where(other.lane_group_id == InstrumentLaneGroup.lane_group_id, other.instrument_id != instrument_id),
    )
    return session.scalars(shared).all()


def _in_full() -> Select[OwnerChange]:
    """Changes with the instrument, both sides and the unit."""
    return select(OwnerChange).options(*IN_FULL)


def _either_side(within: Reach) -> ColumnElement[bool]:
    """The condition that an institution in reach gives or receives."""
    if within.everywhere:
        return true()
    if not within.organisation_ids:
        return false()
    owners = within.organisation_ids
    return or_(OwnerChange.from_organisation_id.in_(owners), OwnerChange.to_organisation_id.in_(owners))
