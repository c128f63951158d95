"""Reading sample orders: who stands on which side, the steps open to them, the queue of an instrument, what is due."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, Subquery, and_, exists, func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from booking.accounts.permissions import Permission, may, reach
from booking.catalogue.keeping import staff_target
from booking.catalogue.queries import within
from booking.charges.sampled import charge_of_order
from booking.charges.withheld import holds_back
from booking.contracts.grounds import lacking_of
from booking.core.actors import Actor, Target
from booking.core.clock import local_date
from booking.core.errors import NotFound
from booking.samples.rules import ANSWERS, AT_THE_INSTRUMENT, NEED_GROUND, Side, steps_open
from models.accounts import Grant
from models.attachments import Attachment
from models.catalogue import Instrument
from models.charges import Charge
from models.directory import Organisation
from models.payers import PayerAccount
from models.reservations import Reservation
from models.samples import (
    Sample,
    SampleOrder,
    SampleOrderStep,
    SampleQuote,
    SampleResult,
    SampleRun,
    SampleRunOrder,
)
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.attachments import OwnerKind, Visibility
from models.vocabulary.charges import ChargeState
from models.vocabulary.reservations import HOLDING_TIME
from models.vocabulary.samples import SampleOrderState, SampleState, SampleStep

ALL_FILES = frozenset(Visibility)
ENDED = (SampleOrderState.DONE, SampleOrderState.CANCELLED)


NEEDED = {
    SampleStep.QUOTE: Permission.QUOTE_SAMPLES,
    SampleStep.REFUSE: Permission.QUOTE_SAMPLES,
    SampleStep.CANCEL: Permission.QUOTE_SAMPLES,
    SampleStep.COUNT: Permission.QUOTE_SAMPLES,
}
"""What staff need for the steps that concern money; the others only handle samples."""


def in_full() -> Select[SampleOrder]:
    """Orders with their instrument, its owner, who asked and for whom, and a former owner who keeps them."""
    return (
        select(SampleOrder)
        .join(SampleOrder.instrument)
        .options(
            contains_eager(SampleOrder.instrument).joinedload(Instrument.organisation, innerjoin=True),
            joinedload(SampleOrder.requested_by, innerjoin=True),
            joinedload(SampleOrder.accepted_by),
            joinedload(SampleOrder.organisation),
            joinedload(SampleOrder.kept_by),
        )
    )


def side_of(order: SampleOrder, actor: Actor) -> Side | None:
    """On which side the actor stands, if on any: whoever asked for themselves, or the firm's agents; else the staff."""
    if is_requester(order, actor):
        return Side.REQUESTER
    return Side.STAFF if may(actor, Permission.SEE_SAMPLE_ORDERS, staff_target(order)) else None


def is_requester(order: SampleOrder, actor: Actor) -> bool:
    """Whether the order is the actor's own, or of a firm that they act for now."""
    if order.organisation_id is None:
        return order.requested_by_id == actor.id
    return may(actor, Permission.ORDER_FOR_FIRM, Target(order.organisation_id))


def open_steps(session: Session, order: SampleOrder, actor: Actor) -> list[SampleStep]:
    """What this person may do with the order now, in the order of the life cycle."""
    side, target = side_of(order, actor), staff_target(order)
    found = steps_open(order.state, side) if side else []
    if side == Side.STAFF:
        found = [one for one in found if may(actor, NEEDED.get(one, Permission.HANDLE_SAMPLES), target)]
    if ANSWERS & set(found) and order.is_withheld and holds_back(order, charge_of_order(session, order.id)):
        found = [one for one in found if one not in ANSWERS]
    if order.kept_by_id is not None:
        found = [one for one in found if one not in AT_THE_INSTRUMENT]
    if SampleStep.COUNT in found and not may_count(session, order, actor):
        found.remove(SampleStep.COUNT)
    if SampleStep.GIVE_BACK in found and not has_leftovers(session, order.id):
        found.remove(SampleStep.GIVE_BACK)
    if NEED_GROUND & set(found) and lacking_of(session, sample_order_id=order.id) is not None:
        found = [one for one in found if one not in NEED_GROUND]
    return found


def may_count(session: Session, order: SampleOrder, actor: Actor) -> bool:
    """Whether what was done of an order may still be said, and by this person: not by who accepted it or pays it.

    That is until it is charged; of one that ended midway, while its charge waits for it.
    """
    if actor.id == order.accepted_by_id:
        return False
    if order.payer_account_id is not None:
        holder = select(PayerAccount.holder_id).where(PayerAccount.id == order.payer_account_id)
        if session.scalar(holder) == actor.id:
            return False
    state = session.scalar(select(Charge.state).where(Charge.sample_order_id == order.id))
    if order.state == SampleOrderState.CANCELLED:
        return state == ChargeState.ESTIMATED
    return state is None


def has_leftovers(session: Session, order_id: int) -> bool:
    """Whether something of the order arrived and nobody recorded what became of what is left."""
    return session.scalar(select(SampleOrder.id).where(SampleOrder.id == order_id, is_left())) is not None


def order_for(session: Session, order_id: int, actor: Actor) -> SampleOrder:
    """The order, for either side; raises NotFound for everybody else."""
    found = session.scalar(in_full().where(SampleOrder.id == order_id))
    if found is None or side_of(found, actor) is None:
        raise NotFound
    return found


def samples_of(session: Session, order_id: int) -> Sequence[Sample]:
    """The samples of an order in their order."""
    return session.scalars(select(Sample).where(Sample.order_id == order_id).order_by(Sample.position)).all()


def quotes_of(session: Session, order_id: int) -> Sequence[SampleQuote]:
    """What an order was quoted; the last one counts."""
    return session.scalars(select(SampleQuote).where(SampleQuote.order_id == order_id).order_by(SampleQuote.id)).all()


def place_of(session: Session, order: SampleOrder) -> int | None:
    """How many orders of the instrument come up to this one in the queue; None when it is not queued."""
    queue = places(order.instrument_id)
    return session.scalar(select(queue.c.place).where(queue.c.id == order.id))


def places(instrument_id: int | None = None) -> Subquery:
    """The queued orders with their places, of one instrument or each in its own queue."""
    queue = (SampleOrder.queued_at, SampleOrder.id)
    number = func.row_number().over(partition_by=SampleOrder.instrument_id, order_by=queue)
    queued = select(SampleOrder.id, number.label("place")).where(SampleOrder.state == SampleOrderState.QUEUED)
    if instrument_id is not None:
        queued = queued.where(SampleOrder.instrument_id == instrument_id)
    return queued.subquery()


def firms_of(session: Session, actor: Actor) -> Sequence[Organisation]:
    """The firms that the actor acts for."""
    ids = reach(actor, Permission.ORDER_FOR_FIRM).organisation_ids
    if not ids:
        return []
    return session.scalars(select(Organisation).where(Organisation.id.in_(ids)).order_by(Organisation.id)).all()


def runnable(session: Session, instrument_id: int, actor: Actor) -> Sequence[SampleOrder]:
    """The orders of an instrument whose samples can be tested now, in the order of the queue."""
    waiting = (SampleOrderState.QUEUED, SampleOrderState.TESTING, SampleOrderState.DISPUTED)
    statement = in_full().where(
        SampleOrder.instrument_id == instrument_id,
        SampleOrder.state.in_(waiting),
        SampleOrder.kept_by_id.is_(None),
        within(reach(actor, Permission.HANDLE_SAMPLES)),
    )
    return session.scalars(statement.order_by(SampleOrder.queued_at, SampleOrder.id)).all()


def staffed_instruments(session: Session, actor: Actor) -> Sequence[Instrument]:
    """The instruments with orders that the actor works for, by name."""
    reached = reach(actor, Permission.SEE_SAMPLE_ORDERS)
    ordered = select(SampleOrder.instrument_id).where(SampleOrder.kept_by_id.is_(None)).distinct()
    statement = select(Instrument).where(within(reached), Instrument.id.in_(ordered))
    return session.scalars(statement.order_by(Instrument.name_zh, Instrument.id)).all()


def due_to_expire(session: Session, *, now: datetime) -> list[int]:
    """Orders whose quote held until yesterday or before."""
    over = (SampleOrder.state == SampleOrderState.QUOTED, SampleOrder.quoted_until < local_date(now))
    return list(session.scalars(select(SampleOrder.id).where(*over).order_by(SampleOrder.id)))


def due_to_approve(session: Session, *, now: datetime) -> list[int]:
    """Orders whose complete results nobody answered in time."""
    over = (SampleOrder.state == SampleOrderState.REPORTED, SampleOrder.answer_by <= now)
    return list(session.scalars(select(SampleOrder.id).where(*over).order_by(SampleOrder.answer_by, SampleOrder.id)))


def asked_since(session: Session, user_id: int, since: datetime) -> int:
    """How many orders somebody has asked for since then."""
    made = (SampleOrder.requested_by_id == user_id, SampleOrder.requested_at > since)
    return session.scalar(select(func.count()).select_from(SampleOrder).where(*made)) or 0


def result_count(session: Session, order_id: int) -> int:
    """How many results an order has."""
    counted = select(func.count()).select_from(SampleResult).where(SampleResult.order_id == order_id)
    return session.scalar(counted) or 0


def requesters_bytes(session: Session, organisation_id: int) -> int:
    """How much of an organisation's quota is taken by files that requesters and agents of their firms sent."""
    is_agent = exists().where(
        Grant.user_id == Attachment.uploaded_by_id,
        Grant.role == Role.ENTERPRISE_AGENT,
        Grant.scope_kind == ScopeKind.ORGANISATION,
        Grant.scope_id == SampleOrder.organisation_id,
    )
    kept = (
        Attachment.organisation_id == organisation_id,
        Attachment.owner_kind == OwnerKind.SAMPLE_ORDER,
        or_(Attachment.uploaded_by_id == SampleOrder.requested_by_id, is_agent),
    )
    counted = select(func.coalesce(func.sum(Attachment.stored_bytes), 0))
    return session.scalar(counted.join(SampleOrder, SampleOrder.id == Attachment.owner_id).where(*kept)) or 0


def idle_reservations(session: Session, order_id: int, *, now: datetime) -> list[int]:
    """The reservations of the order's coming runs whose orders are all cancelled."""
    others = exists().where(
        SampleRunOrder.run_id == SampleRun.id,
        SampleRunOrder.order_id.in_(select(SampleOrder.id).where(SampleOrder.state != SampleOrderState.CANCELLED)),
    )
    coming = (
        select(SampleRun.reservation_id)
        .join(SampleRun.reservation)
        .where(
            SampleRun.id.in_(select(SampleRunOrder.run_id).where(SampleRunOrder.order_id == order_id)),
            Reservation.state.in_(HOLDING_TIME),
            Reservation.starts_at > now,
            ~others,
        )
    )
    return list(session.scalars(coming.order_by(SampleRun.reservation_id)))


def run_for(session: Session, run_id: int) -> SampleRun:
    """A run with its time."""
    statement = select(SampleRun).where(SampleRun.id == run_id).options(joinedload(SampleRun.reservation))
    return session.scalars(statement).one()


def is_left() -> ColumnElement[bool]:
    """Samples, or others besides those announced, arrived and have not been given back or disposed of."""
    absent = (SampleState.EXPECTED, SampleState.MISSING)
    arrived = exists().where(Sample.order_id == SampleOrder.id, Sample.state.not_in(absent))
    besides = exists().where(
        SampleOrderStep.order_id == SampleOrder.id,
        SampleOrderStep.step == SampleStep.RECEIVE,
        SampleOrderStep.facts["extra"].as_integer() > 0,
    )
    return and_(SampleOrder.received_at.is_not(None), SampleOrder.given_back_at.is_(None), or_(arrived, besides))
