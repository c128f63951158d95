"""Recording what an authority paid for a redemption, and what it took back of it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.attachments import service as attachments
from booking.attachments.preparing import Prepared
from booking.attachments.queries import Owner
from booking.attachments.rules import Limits
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import InvalidInput, NotFound, Problem
from booking.core.texts import N_
from booking.invoices.charged import invoiced_on
from booking.redemptions import queries
from booking.redemptions.claimable import AGREED_ON
from booking.redemptions.forms import ClawBackForm, RedemptionPaymentForm
from booking.redemptions.moving import claw_back as move_back
from booking.redemptions.moving import locked_vouchers, pay_items
from booking.redemptions.service import NotNow, held, step
from models.charges import Charge
from models.redemptions import Redemption, RedemptionItem, RedemptionPayment
from models.vocabulary.attachments import OwnerKind, Visibility
from models.vocabulary.redemptions import PaymentKind, RedemptionState, RedemptionStep
from models.vocabulary.vouchers import VoucherState

Files = tuple[Sequence[Prepared], Limits]


class VoucherFrozen(NotNow):
    """A voucher of the redemption is frozen for an audit."""

    code = "voucher_frozen"
    sentence = N_("其中有被冻结的创新券，解冻之后才能兑付。")


class ChargeOpen(NotNow):
    """A charge of the redemption is disputed, changed or let off, and stands no more as it was accepted."""

    code = "charge_not_agreed"
    sentence = N_("其中有费用在申请之后又有变动，还没有重新认可，现在不能兑付。")


class InvoiceGone(NotNow):
    """A charge of the redemption has no invoice in force any more: it was reversed or withdrawn after the request."""

    code = "invoice_gone"
    sentence = N_("其中有费用的发票在申请之后已红冲或作废，现在不能兑付。请补开发票，或驳回这份申请。")


def record_payment(
    session: Session,
    redemption_id: int,
    form: RedemptionPaymentForm,
    *,
    actor: Actor,
    now: datetime,
    files: Files | None = None,
) -> Redemption:
    """Record that the approved amount was paid, once the public notice is over; its money moves by one entry.

    Raises NotFound, Forbidden, OwnClaim, NotNow, VoucherFrozen, ChargeOpen, InvoiceGone, FilesRefused, and
    InvalidInput for a day that does not fit.
    """
    found = held(session, redemption_id, actor, now)
    today = local_date(now)
    if found.state != RedemptionState.NOTICE or RedemptionStep.PAY not in queries.steps_for(found, today):
        raise NotNow
    if form.paid_on > today or not queries.is_public_done(found, form.paid_on):
        raise InvalidInput([Problem("paid_on", N_("付款日期须在公示期满之后，不能晚于今天。"))])
    items = queries.items_of(session, found.id)
    vouchers = locked_vouchers(session, {one.voucher_id for one in items})
    if any(one.state == VoucherState.FROZEN for one in vouchers.values()):
        raise VoucherFrozen
    if not _are_agreed(session, items):
        raise ChargeOpen
    if not _are_invoiced(session, items):
        raise InvoiceGone
    entry_id = pay_items(session, found, items, now=now)
    keep(session, found, files, actor=actor, now=now)
    said = {"kind": PaymentKind.PAID, "amount_fen": found.approved_fen, **form.model_dump()}
    made = {"entry_id": entry_id, "made_by_id": actor.id, "created_at": now}
    session.add(RedemptionPayment(redemption_id=found.id, **said, **made))
    found.state, found.due_on = RedemptionState.PAID, None
    facts = {"paid_on": form.paid_on.isoformat(), "receipt_number": form.receipt_number}
    step(session, found, RedemptionStep.PAY, actor=actor, now=now, facts=facts, entry_id=entry_id)
    return found


def _are_agreed(session: Session, items: Sequence[RedemptionItem]) -> bool:
    """Whether the charges of items whose vouchers are locked stand as their payers accepted them."""
    opened = select(Charge.id).where(Charge.id.in_({one.charge_id for one in items}), Charge.state.not_in(AGREED_ON))
    return session.scalar(opened.limit(1)) is None


def _are_invoiced(session: Session, items: Sequence[RedemptionItem]) -> bool:
    """Whether invoices in force still cover whole what the payers of the charges were billed."""
    billed = {one.charge_id for one in items if one.charge.gross_fen}
    return billed <= invoiced_on(session, billed).keys()


def claw_back(
    session: Session,
    redemption_id: int,
    form: ClawBackForm,
    *,
    actor: Actor,
    now: datetime,
    files: Files | None = None,
) -> Redemption:
    """Record that money of an item came back; it returns to the programme by a new entry, and is not claimed again.

    Raises NotFound, Forbidden, OwnClaim, NotNow, FilesRefused, and InvalidInput for more than was paid of it.
    """
    found = held(session, redemption_id, actor, now)
    if found.state != RedemptionState.PAID:
        raise NotNow
    return take_back(session, found, form, actor=actor, now=now, files=files)


def take_back(
    session: Session, found: Redemption, form: ClawBackForm, *, actor: Actor, now: datetime, files: Files | None
) -> Redemption:
    """Record that money came back of an item of a locked, paid redemption; raises FilesRefused and InvalidInput."""
    item = _paid_item(session, found, form, now)
    turn = session.scalar(select(func.count()).where(RedemptionPayment.redemption_id == found.id)) or 0
    entry_id = move_back(session, found, item, form.amount_fen, turn=turn, now=now)
    keep(session, found, files, actor=actor, now=now)
    made = {"entry_id": entry_id, "made_by_id": actor.id, "created_at": now}
    kind = PaymentKind.CLAWED_BACK
    session.add(RedemptionPayment(redemption_id=found.id, kind=kind, **form.model_dump(), **made))
    item.clawed_fen += form.amount_fen
    found.clawed_fen += form.amount_fen
    facts = {"item": item.id, "amount_fen": form.amount_fen}
    what = RedemptionStep.CLAW_BACK
    step(session, found, what, actor=actor, now=now, reason=form.reason, facts=facts, entry_id=entry_id)
    return found


def add_bank_papers(
    session: Session, redemption_id: int, files: Sequence[Prepared], limits: Limits, *, actor: Actor, now: datetime
) -> Redemption:
    """Keep papers of the bank with what was paid; raises NotFound, Forbidden, OwnClaim, NotNow and FilesRefused."""
    found = held(session, redemption_id, actor, now)
    if found.state != RedemptionState.PAID:
        raise NotNow
    keep(session, found, (files, limits), actor=actor, now=now)
    return found


def _paid_item(session: Session, redemption: Redemption, form: ClawBackForm, now: datetime) -> RedemptionItem:
    """The item that is meant; raises NotFound for another's, and InvalidInput for too much or a day that cannot be."""
    item = next((one for one in queries.items_of(session, redemption.id) if one.id == form.item_id), None)
    if item is None:
        raise NotFound
    problems = []
    if form.amount_fen > (item.approved_fen or 0) - item.clawed_fen:
        problems.append(Problem("amount_fen", N_("不能多于这一项已付而未追回的金额。")))
    paid = RedemptionPayment.redemption_id == redemption.id, RedemptionPayment.kind == PaymentKind.PAID
    paid_on = session.scalars(select(RedemptionPayment.paid_on).where(*paid)).one()
    if not paid_on <= form.paid_on <= local_date(now):
        problems.append(Problem("paid_on", N_("追回日期不能早于付款，也不能晚于今天。")))
    if problems:
        raise InvalidInput(problems)
    return item


def keep(session: Session, redemption: Redemption, files: Files | None, *, actor: Actor, now: datetime) -> None:
    """The bank's papers, kept by the authority; by the claimant of one that is decided elsewhere."""
    if files is not None and files[0]:
        programme = redemption.programme
        keeper = redemption.claimant_id if programme.runs_at else programme.organisation_id
        owner = Owner(OwnerKind.REDEMPTION, redemption.id, keeper)
        attachments.add_attachments(session, owner, files[0], Visibility.STAFF, files[1], actor=actor, now=now)
