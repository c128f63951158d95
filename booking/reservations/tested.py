"""For whom samples are tested in the time of a reservation: they see the time in their calendars, and nothing else."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select

from models.accounts import Grant
from models.reservations import Reservation
from models.samples import SampleOrder, SampleRun, SampleRunOrder
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.samples import SampleOrderState

_ACTS = and_(
    Grant.role == Role.ENTERPRISE_AGENT,
    Grant.scope_kind == ScopeKind.ORGANISATION,
    Grant.scope_id == SampleOrder.organisation_id,
)


def askers_in(reservation_id: int) -> tuple[Select[int], Select[int]]:
    """Whoever asked for tests in this time, and whoever acts or acted for a firm that did; to be united."""
    tested = select(SampleRunOrder.order_id).join(SampleRun, SampleRun.id == SampleRunOrder.run_id)
    return _askers(SampleOrder.id.in_(tested.where(SampleRun.reservation_id == reservation_id)))


def askers_of(order_ids: Iterable[int]) -> tuple[Select[int], Select[int]]:
    """The same of these orders."""
    return _askers(SampleOrder.id.in_(order_ids))


def _askers(which: ColumnElement[bool]) -> tuple[Select[int], Select[int]]:
    """Whoever asked for themselves, and everybody who acts or acted for a firm."""
    alone = select(SampleOrder.requested_by_id).where(which, SampleOrder.organisation_id.is_(None))
    return alone, select(Grant.user_id).join(SampleOrder, _ACTS).where(which)


def is_tested_for(user_id: int, today: date) -> ColumnElement[bool]:
    """Reservations in which samples of the person, or of a firm that they act for today, are tested."""
    acts = exists().where(
        _ACTS,
        Grant.user_id == user_id,
        Grant.starts_on <= today,
        or_(Grant.ends_on.is_(None), Grant.ends_on >= today),
    )
    theirs = or_(and_(SampleOrder.organisation_id.is_(None), SampleOrder.requested_by_id == user_id), acts)
    return exists().where(
        SampleRun.reservation_id == Reservation.id,
        SampleRunOrder.run_id == SampleRun.id,
        SampleOrder.id == SampleRunOrder.order_id,
        SampleOrder.state != SampleOrderState.CANCELLED,
        theirs,
    )
