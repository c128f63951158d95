"""Taking time and giving it back: nothing else writes claims, and the database refuses two that overlap."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Integer, bindparam, delete, func, insert, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.core.period import Period
from booking.reservations.refusals import SlotTaken
from models.base import Base, UtcDateTime
from models.catalogue import InstrumentLaneGroup
from models.reservations import Reservation
from models.vocabulary.reservations import ClaimKind

_claims, _lanes, _groups = (Base.metadata.tables[name] for name in ("claims", "lanes", "lane_groups"))
_needed = InstrumentLaneGroup.__table__.c

_GROUPS_OF = (
    select(_groups.c.id)
    .join(InstrumentLaneGroup.__table__, _needed.lane_group_id == _groups.c.id)
    .where(_needed.instrument_id == bindparam("instrument_id"))
    .order_by(_groups.c.id)
    .with_for_update(key_share=True, of=_groups)
)

_GROUPS_HELD_OR_NEEDED = (
    select(_groups.c.id)
    .where(
        or_(
            _groups.c.id.in_(select(_needed.lane_group_id).where(_needed.instrument_id == bindparam("instrument_id"))),
            _groups.c.id.in_(
                select(_lanes.c.lane_group_id)
                .join(_claims, _claims.c.lane_id == _lanes.c.id)
                .where(_claims.c.reservation_id == bindparam("reservation_id"))
            ),
        )
    )
    .order_by(_groups.c.id)
    .with_for_update(key_share=True, of=_groups)
)

_earlier = _claims.alias("earlier")

_LAST_END = (
    select(_earlier.c.ends_at)
    .where(
        _earlier.c.lane_id == _lanes.c.id,
        _earlier.c.starts_at < bindparam("ends_at", type_=UtcDateTime()),
        func.coalesce(_earlier.c.reservation_id, -1) != bindparam("own_id", type_=Integer()),
    )
    .order_by(_earlier.c.starts_at.desc())
    .limit(1)
    .correlate(_lanes)
    .scalar_subquery()
)

_FREE_LANES = (
    select(func.min(_lanes.c.id))
    .where(
        _lanes.c.lane_group_id.in_(bindparam("group_ids", expanding=True)),
        _lanes.c.retired_at.is_(None),
        or_(_LAST_END.is_(None), bindparam("starts_at", type_=UtcDateTime()) >= _LAST_END),
    )
    .group_by(_lanes.c.lane_group_id)
)

_INSERT = insert(_claims).returning(_claims.c.id)

_WRITTEN = [_claims.c[name] for name in ("starts_at", "ends_at", "kind", "reservation_id", "block_id")]
_TAKE = (
    insert(_claims)
    .from_select(
        [_claims.c.lane_id, *_WRITTEN],
        _FREE_LANES.add_columns(*(bindparam(column.name, type_=column.type) for column in _WRITTEN)),
    )
    .returning(_claims.c.id)
)


@dataclass(frozen=True, slots=True)
class Holder:
    """What a claim is held by: a reservation or a block."""

    reservation_id: int | None = None
    block_id: int | None = None

    @property
    def kind(self) -> ClaimKind:
        """How the claim names its holder."""
        return ClaimKind.BLOCK if self.reservation_id is None else ClaimKind.RESERVATION


@dataclass(frozen=True, slots=True)
class Freed:
    """Time on a lane that was given back."""

    lane_id: int
    period: Period


def lock_groups(session: Session, instrument_id: int, reservation_id: int | None = None) -> list[int]:
    """The ids of the groups that the instrument needs, locked in order; with those a reservation holds already.

    On SQLite the transaction holds the only write lock there is.
    """
    values = {"instrument_id": instrument_id, "reservation_id": reservation_id}
    if reservation_id is None:
        return list(session.connection().scalars(_GROUPS_OF, {"instrument_id": instrument_id}))
    return list(session.connection().scalars(_GROUPS_HELD_OR_NEEDED, values))


def lock_groups_of(session: Session, reservation_ids: Collection[int]) -> None:
    """Lock every group that any of these reservations needs or holds, in order, before what is locked after them."""
    instruments = select(Reservation.instrument_id).where(Reservation.id.in_(reservation_ids))
    needed = select(_needed.lane_group_id).where(_needed.instrument_id.in_(instruments))
    of_claims = select(_lanes.c.lane_group_id).join(_claims, _claims.c.lane_id == _lanes.c.id)
    held = of_claims.where(_claims.c.reservation_id.in_(reservation_ids))
    wanted = select(_groups.c.id).where(or_(_groups.c.id.in_(needed), _groups.c.id.in_(held)))
    session.execute(wanted.order_by(_groups.c.id).with_for_update(key_share=True, of=_groups)).all()


def needed_groups(session: Session, instrument_id: int) -> list[int]:
    """The ids of the groups that the instrument needs now; no lock."""
    statement = select(_needed.lane_group_id).where(_needed.instrument_id == instrument_id)
    return list(session.scalars(statement.order_by(_needed.lane_group_id)))


def take(
    session: Session, holder: Holder, wanted: Sequence[tuple[int, Period]], replacing: Iterable[int] = ()
) -> list[Freed]:
    """Take one free lane of each (lane group, period) for `holder`, all or none; raises SlotTaken.

    Periods include set-up and clean-up; the caller has locked the groups. Claims with the ids `replacing` are
    given up first, and what they held is returned.
    """
    if not wanted:
        raise SlotTaken
    session.flush()
    savepoint = session.connection().begin_nested()
    try:
        freed = give_up(session, replacing)
        _take(session, holder, wanted)
    except IntegrityError as refused:
        savepoint.rollback()
        if "claims_no_overlap" in str(refused.orig):
            raise SlotTaken from refused
        raise
    except SlotTaken:
        savepoint.rollback()
        raise
    savepoint.commit()
    return freed


def give_up(session: Session, claim_ids: Iterable[int]) -> list[Freed]:
    """Delete claims; what they held."""
    ids = list(claim_ids)
    if not ids:
        return []
    gone = delete(_claims).where(_claims.c.id.in_(ids))
    rows = session.execute(gone.returning(_claims.c.lane_id, _claims.c.starts_at, _claims.c.ends_at))
    return [Freed(lane_id, Period(start, end)) for lane_id, start, end in rows]


def held_by(session: Session, holder: Holder) -> list[int]:
    """The ids of the claims of a reservation or block."""
    column = _claims.c.reservation_id if holder.reservation_id is not None else _claims.c.block_id
    own = holder.reservation_id if holder.reservation_id is not None else holder.block_id
    return list(session.scalars(select(_claims.c.id).where(column == own)))


def fill(session: Session, block_id: int, gaps: Iterable[Freed]) -> None:
    """Write the claims of a block into time that nobody has; the caller has locked the groups."""
    rows = [(gap.lane_id, gap.period) for gap in gaps]
    if rows:
        _write(session, Holder(block_id=block_id), rows)


def narrow(session: Session, reservation_id: int, period: Period) -> list[Freed]:
    """Keep only what lies inside `period`, on the lanes held already; what was given back. Cannot be refused."""
    mine = _claims.c.reservation_id == reservation_id
    gone = delete(_claims).where(mine).returning(_claims.c.lane_id, _claims.c.starts_at, _claims.c.ends_at)
    held = [Freed(lane_id, Period(start, end)) for lane_id, start, end in session.execute(gone)]
    kept = [(claim.lane_id, part) for claim in held if (part := claim.period.clipped(period))]
    _write(session, Holder(reservation_id), kept)
    return held


def is_free(session: Session, group_ids: Sequence[int], periods: Iterable[Period], *, own_id: int = 0) -> bool:
    """Whether each group has a lane free throughout each period, the reservation `own_id` not counted."""
    return bool(group_ids) and all(
        len(session.connection().scalars(_FREE_LANES, _free(group_ids, period, own_id)).all()) == len(group_ids)
        for period in periods
    )


def _take(session: Session, holder: Holder, wanted: Sequence[tuple[int, Period]]) -> None:
    """Claim the lowest free lane for each wish, one statement a period; raises SlotTaken when one group has none."""
    by_period: dict[Period, set[int]] = {}
    for group_id, period in wanted:
        by_period.setdefault(period, set()).add(group_id)
    held = {"kind": holder.kind, "reservation_id": holder.reservation_id, "block_id": holder.block_id}
    for period, group_ids in by_period.items():
        written = session.connection().scalars(_TAKE, {**_free(group_ids, period), **held}).all()
        if len(written) < len(group_ids):
            raise SlotTaken


def _free(group_ids: Iterable[int], period: Period, own_id: int = 0) -> dict[str, object]:
    """What is asked of lanes free throughout: the last claim to begin before the end is over by the start."""
    return {"group_ids": sorted(group_ids), "starts_at": period.start, "ends_at": period.end, "own_id": own_id}


def _write(session: Session, holder: Holder, rows: Iterable[tuple[int, Period]]) -> None:
    """Insert claims and count what the database says it wrote; raises SlotTaken when one is missing."""
    values = [
        {
            "lane_id": lane_id,
            "starts_at": period.start,
            "ends_at": period.end,
            "kind": holder.kind,
            "reservation_id": holder.reservation_id,
            "block_id": holder.block_id,
        }
        for lane_id, period in rows
    ]
    written = session.connection().scalars(_INSERT, values).all()
    if len(written) != len(values):
        raise SlotTaken
