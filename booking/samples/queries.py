"""Reading sample orders: one in full for who may read it, the queue of an instrument, what jobs and runs look for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, Subquery, and_, exists, func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from booking.accounts.permissions import Permission, may, reach
from booking.attachments.queries import attachment_for, attachments_of
from booking.catalogue.keeping import staff_target
from booking.catalogue.queries import within
from booking.charges.sampled import charge_of_order
from booking.charges.withheld import holds_back
from booking.contracts.grounds import lacking_of, lacks, last_of
from booking.contracts.order_forms import form_of
from booking.core.actors import Actor, Target
from booking.core.clock import local_date
from booking.core.errors import NotFound
from booking.samples.rules import ANSWERS, AT_THE_INSTRUMENT, NEED_GROUND, Side, steps_open
from models.accounts import Grant
from models.attachments import Attachment
from models.catalogue import Instrument
from models.charges import Charge
from models.contracts import UseAgreement
from models.directory import Organisation
from models.order_forms import OrderForm
from models.payers import PayerAccount
from models.reservations import Reservation
from models.samples import (
    Sample,
    SampleMessage,
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


@dataclass(frozen=True, slots=True)
class WholeOrder:
    """An order with everything that its page and its answer say."""

    order: SampleOrder
    place: int | None
    samples: Sequence[Sample]
    quotes: Sequence[SampleQuote]
    steps: Sequence[SampleOrderStep]
    messages: Sequence[SampleMessage]
    runs: Sequence[SampleRun]
    results: Sequence[SampleResult]
    files: Sequence[Attachment]
    agreement: UseAgreement | None
    form: OrderForm | None
    lacks: bool
    charge: Charge | None
    withholds: bool
    hides_results: bool

    @property
    def quote(self) -> SampleQuote | None:
        """The quote that counts."""
        return self.quotes[-1] if self.quotes else None

    @property
    def shown_results(self) -> Sequence[SampleResult]:
        """The results that the reader may know of."""
        return () if self.hides_results else self.results

    @property
    def shown_steps(self) -> Sequence[SampleOrderStep]:
        """The history; of results that the reader may not know of only that they are complete."""
        if not self.hides_results:
            return self.steps
        reports = [one for one in self.steps if one.step == SampleStep.REPORT]
        told = next((one for one in reports if one.state == SampleOrderState.REPORTED), None)
        return [one for one in self.steps if one.step != SampleStep.REPORT or one is told]

    @property
    def other_files(self) -> list[Attachment]:
        """The files that are no results."""
        results = {one.attachment_id for one in self.results}
        return [one for one in self.files if one.id not in results]


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


def whole_order(session: Session, order_id: int, actor: Actor) -> WholeOrder:
    """Everything about an order in a constant number of statements; raises NotFound."""
    order = order_for(session, order_id, actor)
    return _whole(session, order, side_of(order, actor))


def agreed_order(session: Session, order_id: int, actor: Actor) -> WholeOrder:
    """The same to read its order form; an accepted one is also for who keeps those of the institution it is with."""
    found = last_of(session, sample_order_id=order_id)
    is_accepted = found is not None and found.text_id is not None
    if found is not None and is_accepted and may(actor, Permission.SEE_CONTRACTS, Target(found.organisation_id)):
        return _whole(session, session.scalars(in_full().where(SampleOrder.id == order_id)).one(), None)
    return whole_order(session, order_id, actor)


def _whole(session: Session, order: SampleOrder, side: Side | None) -> WholeOrder:
    """Everything about an order; results that are withheld only for the staff."""
    order_id, agreement = order.id, last_of(session, sample_order_id=order.id)
    steps = select(SampleOrderStep).where(SampleOrderStep.order_id == order_id)
    said = select(SampleMessage).where(SampleMessage.order_id == order_id)
    runs = select(SampleRun).join(SampleRunOrder, SampleRunOrder.run_id == SampleRun.id)
    results = select(SampleResult).where(SampleResult.order_id == order_id)
    charge = charge_of_order(session, order_id) if order.number is not None else None
    withholds = holds_back(order, charge)
    return WholeOrder(
        order=order,
        place=place_of(session, order),
        samples=samples_of(session, order_id),
        quotes=quotes_of(session, order_id),
        steps=session.scalars(steps.options(joinedload(SampleOrderStep.actor)).order_by(SampleOrderStep.id)).all(),
        messages=session.scalars(
            said.options(joinedload(SampleMessage.author, innerjoin=True)).order_by(SampleMessage.id)
        ).all(),
        runs=session.scalars(
            runs.where(SampleRunOrder.order_id == order_id)
            .options(joinedload(SampleRun.reservation, innerjoin=True))
            .order_by(SampleRun.id)
        ).all(),
        results=session.scalars(
            results.options(joinedload(SampleResult.attachment, innerjoin=True)).order_by(SampleResult.id)
        ).all(),
        files=attachments_of(session, OwnerKind.SAMPLE_ORDER, order_id, ALL_FILES),
        agreement=agreement,
        form=form_of(session, agreement),
        lacks=lacks(session, agreement),
        charge=charge,
        withholds=withholds,
        hides_results=withholds and side != Side.STAFF,
    )


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


def file_for(session: Session, order_id: int, attachment_id: int, actor: Actor) -> Attachment:
    """One file of an order that the actor may read; raises NotFound, for results that are withheld too."""
    order = order_for(session, order_id, actor)
    is_hidden = side_of(order, actor) != Side.STAFF and holds_back(order, charge_of_order(session, order_id))
    is_result = select(SampleResult.id).where(SampleResult.attachment_id == attachment_id).limit(1)
    if is_hidden and session.scalar(is_result) is not None:
        raise NotFound
    return attachment_for(session, OwnerKind.SAMPLE_ORDER, order_id, attachment_id, ALL_FILES)


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
