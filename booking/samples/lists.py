"""Lists of sample orders for either side, and what waits for it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.catalogue.keeping import staffed_within
from booking.core.actors import Actor, Reach
from booking.core.errors import Forbidden
from booking.core.pages import Page, decode_cursor, encode_cursor, row_id
from booking.samples.queries import ENDED, in_full, is_left, places
from booking.samples.rules import WAITS_FOR_REQUESTER, WAITS_FOR_STAFF
from models.samples import SampleOrder
from models.vocabulary.samples import OVER, SampleOrderState


class Show(StrEnum):
    """Which orders a list shows."""

    WAITING = "waiting"
    OPEN = "open"
    OVER = "over"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Listed:
    """An order in a list, with its place in the queue of its instrument while it is queued."""

    order: SampleOrder
    place: int | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of orders is narrowed to."""

    show: Show = Show.ALL
    state: SampleOrderState | None = None
    instrument_id: int | None = None
    number: str | None = None


def own_orders(session: Session, actor: Actor, wanted: Wanted, *, limit: int, cursor: str = "") -> Page[Listed]:
    """What the actor asked for, and what the firms they act for did; the last changed first."""
    statement = _narrowed(_listed().where(is_own(actor)), wanted, WAITS_FOR_REQUESTER)
    return _page(session, statement.order_by(SampleOrder.changed_at.desc(), SampleOrder.id.desc()), limit, cursor)


def staffed_orders(session: Session, actor: Actor, wanted: Wanted, *, limit: int, cursor: str = "") -> Page[Listed]:
    """Orders of the instruments the actor works for: wanted soonest, then longest queued; raises Forbidden for none."""
    reached = reach(actor, Permission.SEE_SAMPLE_ORDERS)
    if not reached:
        raise Forbidden
    statement = _listed().where(staffed_within(SampleOrder, reached))
    if wanted.show == Show.WAITING:
        statement = statement.where(_waits_for_staff())
        wanted = replace(wanted, show=Show.ALL)
    ordered = _narrowed(statement, wanted, WAITS_FOR_STAFF).order_by(
        SampleOrder.due_on.is_(None),
        SampleOrder.due_on,
        SampleOrder.queued_at.is_(None),
        SampleOrder.queued_at,
        SampleOrder.id,
    )
    return _page(session, ordered, limit, cursor)


def waiting_count(session: Session, reached: Reach) -> int:
    """How many orders of instruments within `reached` wait for their staff."""
    counted = select(func.count()).select_from(SampleOrder).join(SampleOrder.instrument)
    return session.scalar(counted.where(staffed_within(SampleOrder, reached), _waits_for_staff())) or 0


def waiting_by_instrument(session: Session, here: ColumnElement[bool]) -> dict[int, int]:
    """How many orders wait for the staff of each of the instruments that fulfil a condition."""
    counted = select(SampleOrder.instrument_id, func.count().label("how_many")).join(SampleOrder.instrument)
    waiting = counted.where(here, SampleOrder.kept_by_id.is_(None), _waits_for_staff()).group_by(
        SampleOrder.instrument_id
    )
    return {found.instrument_id: found.how_many for found in session.execute(waiting)}


def own_waiting(session: Session, actor: Actor, *, limit: int) -> Sequence[SampleOrder]:
    """Orders that wait for the actor who asked, those that changed first before."""
    waiting = in_full().where(is_own(actor), SampleOrder.state.in_(WAITS_FOR_REQUESTER))
    return session.scalars(waiting.order_by(SampleOrder.changed_at, SampleOrder.id).limit(limit)).all()


def is_own(actor: Actor) -> ColumnElement[bool]:
    """Orders on whose asking side the actor stands."""
    firms = reach(actor, Permission.ORDER_FOR_FIRM).organisation_ids
    alone = and_(SampleOrder.organisation_id.is_(None), SampleOrder.requested_by_id == actor.id)
    return or_(alone, SampleOrder.organisation_id.in_(firms)) if firms else alone


def _waits_for_staff() -> ColumnElement[bool]:
    """What staff must do something about, samples to give back among it."""
    return or_(SampleOrder.state.in_(WAITS_FOR_STAFF), and_(SampleOrder.state.in_(ENDED), is_left()))


def _listed() -> Select[SampleOrder, int]:
    """Orders in full with their places."""
    queue = places()
    return in_full().outerjoin(queue, queue.c.id == SampleOrder.id).add_columns(queue.c.place)


def _narrowed(
    statement: Select[SampleOrder, int], wanted: Wanted, waiting: frozenset[SampleOrderState]
) -> Select[SampleOrder, int]:
    """The orders that are wanted."""
    shown = {
        Show.WAITING: SampleOrder.state.in_(waiting),
        Show.OPEN: SampleOrder.state.not_in(OVER),
        Show.OVER: SampleOrder.state.in_(OVER),
    }
    if wanted.show in shown:
        statement = statement.where(shown[wanted.show])
    if wanted.state is not None:
        statement = statement.where(SampleOrder.state == wanted.state)
    if wanted.instrument_id is not None:
        statement = statement.where(SampleOrder.instrument_id == wanted.instrument_id)
    if wanted.number is not None:
        statement = statement.where(SampleOrder.number == wanted.number)
    return statement


def _page(session: Session, statement: Select[SampleOrder, int], limit: int, cursor: str) -> Page[Listed]:
    """A part of the ordered rows; the cursor is where the next part starts."""
    offset = decode_cursor(cursor, row_id)[0] if cursor else 0
    rows = session.execute(statement.offset(offset).limit(limit + 1)).all()
    items = [Listed(order, place) for order, place in rows[:limit]]
    return Page(items, encode_cursor(offset + limit) if len(rows) > limit else None)
