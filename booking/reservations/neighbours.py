"""Instruments that share lane groups: what the busy time of each depends on.

Every change of claims raises the revision of the instrument that it was made for; what happens on a
shared group therefore shows in the revisions of all instruments that need one of the same groups.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, String, cast, func, literal, select
from sqlalchemy.orm import Session

from models.base import Base

_needed, _lanes, _raised = (
    Base.metadata.tables[name] for name in ("instrument_lane_groups", "lanes", "feed_revisions")
)

# More than an instrument's time is ever changed, so that one that leaves a group is never made up for by changes.
_EACH = 10**8


def revisions(instrument_id: ColumnElement[Any]) -> ScalarSelect[int]:
    """A number that changes with everything on a group that the instrument needs, and with who shares it."""
    return _of_neighbours("revision", lambda column: func.sum(column + _EACH), instrument_id)


def changed_at(instrument_id: ColumnElement[Any]) -> ScalarSelect[datetime]:
    """When something last changed on a group that the instrument needs."""
    return _of_neighbours("changed_at", func.max, instrument_id)


def on_parts_left(session: Session, instrument_id: int, lane_ids: Iterable[int]) -> list[int]:
    """The instruments that need a group of these lanes which the instrument itself does not need any more."""
    own = select(_needed.c.lane_group_id).where(_needed.c.instrument_id == instrument_id)
    tied = _needed.join(_lanes, _lanes.c.lane_group_id == _needed.c.lane_group_id)
    left = _lanes.c.id.in_(set(lane_ids)), _needed.c.lane_group_id.not_in(own)
    return list(session.scalars(select(_needed.c.instrument_id).select_from(tied).where(*left).distinct()))


def lanes(instrument_id: ColumnElement[Any]) -> ScalarSelect[int]:
    """A number that changes with the lanes in service."""
    needed, lane = _needed.alias(), _lanes.alias()
    return (
        select(func.coalesce(func.sum(lane.c.id), 0))
        .select_from(lane.join(needed, needed.c.lane_group_id == lane.c.lane_group_id))
        .where(needed.c.instrument_id == instrument_id, lane.c.retired_at.is_(None))
        .scalar_subquery()
    )


def _of_neighbours(column: str, together: Any, instrument_id: ColumnElement[Any]) -> ScalarSelect[Any]:
    """One column of the revisions of all instruments that need one of the same groups, itself included."""
    own, shared, raised = _needed.alias(), _needed.alias(), _raised.alias()
    scope = literal("instrument:") + cast(shared.c.instrument_id, String)
    tied = own.join(shared, shared.c.lane_group_id == own.c.lane_group_id).join(raised, raised.c.scope == scope)
    return (
        select(together(raised.c[column]))
        .select_from(tied)
        .where(own.c.instrument_id == instrument_id)
        .scalar_subquery()
    )
