"""One sample order with everything that its page and its answer say, for who may read it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.accounts.permissions import Permission, may
from booking.attachments.queries import attachment_for, attachments_of
from booking.charges.sampled import charge_of_order
from booking.charges.withheld import holds_back
from booking.contracts.grounds import lacks, last_of
from booking.contracts.order_forms import form_of
from booking.core.actors import Actor, Target
from booking.core.errors import NotFound
from booking.reservations.vouchered import HeldPart
from booking.samples.queries import ALL_FILES, in_full, order_for, place_of, quotes_of, samples_of, side_of
from booking.samples.rules import Side
from booking.samples.vouching import held_for
from models.attachments import Attachment
from models.charges import Charge
from models.contracts import UseAgreement
from models.order_forms import OrderForm
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
from models.vocabulary.attachments import OwnerKind
from models.vocabulary.samples import SampleOrderState, SampleStep


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
    vouchers: Sequence[HeldPart]
    is_staffs: bool
    withholds: bool
    hides_results: bool

    @property
    def quote(self) -> SampleQuote | None:
        """The quote that counts."""
        return self.quotes[-1] if self.quotes else None

    @property
    def held_fen(self) -> int:
        """What vouchers hold for it."""
        return sum(one.amount_fen for one in self.vouchers)

    @property
    def expected_fen(self) -> int:
        """What of that is paid first and claimed back later."""
        return sum(one.amount_fen for one in self.vouchers if one.redeems_later)

    @property
    def own_fen(self) -> int:
        """What is left of its quote to pay once vouchers took theirs off."""
        return (self.quote.total_fen if self.quote else 0) - self.held_fen + self.expected_fen

    @property
    def shown_vouchers(self) -> Sequence[HeldPart]:
        """Which vouchers hold how much: not for the staff, who learn how much, as of bookings."""
        return () if self.is_staffs else self.vouchers

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
        vouchers=held_for(session, order),
        is_staffs=side == Side.STAFF,
        withholds=withholds,
        hides_results=withholds and side != Side.STAFF,
    )


def file_for(session: Session, order_id: int, attachment_id: int, actor: Actor) -> Attachment:
    """One file of an order that the actor may read; raises NotFound, for results that are withheld too."""
    order = order_for(session, order_id, actor)
    is_hidden = side_of(order, actor) != Side.STAFF and holds_back(order, charge_of_order(session, order_id))
    is_result = select(SampleResult.id).where(SampleResult.attachment_id == attachment_id).limit(1)
    if is_hidden and session.scalar(is_result) is not None:
        raise NotFound
    return attachment_for(session, OwnerKind.SAMPLE_ORDER, order_id, attachment_id, ALL_FILES)
