"""What changes the amount of a payer account: each change is an entry of the ledger, with the reason or the receipt."""

from dataclasses import dataclass
from datetime import datetime
from itertools import count

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import Conflict, InvalidInput, NotFound, Problem, StaleVersion
from booking.core.money import yuan_from_fen
from booking.core.texts import N_
from booking.ledger.queries import correction_of, entry_by_key
from booking.ledger.rules import Move
from booking.ledger.service import BelowFloor, EntryDiffers, correct_entry, post_entry
from booking.payers import queries
from booking.payers.forms import PayerAmountForm, PayerReceiptForm
from booking.payers.rules import BY_AMOUNT, paper_of
from booking.payers.service import PayerClosed, held_in, hold, left_in, note
from models.charges import Charge
from models.ledger import LedgerEntry
from models.payers import PayerAccount, PayerMovement
from models.vocabulary.charges import UNSETTLED
from models.vocabulary.payers import MovementKind

CAUSE = "payers"


class OtherKind(Conflict):
    """The amount of this kind of account changes in another way."""

    code = "other_kind"
    sentence = N_("这类账户不这样变动：项目经费和记账账户设定额度，预付款和押金登记收据。")


class StillHolds(Conflict):
    """Money that was paid in has to be paid back before its account is closed."""

    code = "still_holds"
    sentence = N_("账户里还有余额，请先登记退款，再关闭。")


class StillHeld(Conflict):
    """What is held for reservations has to be given back or paid for before the account is closed."""

    code = "still_held"
    sentence = N_(
        "账户里还有为预约冻结的金额。请先取消这些预约、为其换一个账户，或等使用确认后再关闭；很早以前的使用，请仪器管理员登记为不收费。"
    )


class ChargesWait(Conflict):
    """What charges may still take from the account, or give back, is settled before it is closed."""

    code = "charges_wait"
    sentence = N_(
        "还有 %(count)s 笔由这个账户支付的费用没有结清：有的等待接受、有异议，或者经费不足。请先处理，再关闭账户。"
    )


class NotAReceipt(Conflict):
    """Only money that came or went by a receipt is corrected; an amount is set anew."""

    code = "not_a_receipt"
    sentence = N_("只有充值和退款可以更正；额度请直接重新设定。")


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of a step: the account, its movement if there was any, and whether that is new."""

    account: PayerAccount
    movement: PayerMovement | None
    is_new: bool


def set_amount(
    session: Session,
    payer_id: int,
    form: PayerAmountForm,
    *,
    version: int | None = None,
    actor: Actor,
    now: datetime,
) -> Recorded:
    """Authorise an amount, or set a credit limit, from now on; raises OtherKind, StaleVersion and InvalidInput."""
    account = hold(session, payer_id, actor=actor, now=now).account
    if account.kind not in BY_AMOUNT:
        raise OtherKind
    if version is not None and version != account.version:
        raise StaleVersion
    before = queries.total_of(session, account)
    change = form.amount_fen - before
    if change == 0:
        return Recorded(account, None, is_new=False)
    kind = MovementKind.RAISED if change > 0 else MovementKind.LOWERED
    entry = _post(session, account, f"payer:{account.id}:amount:{account.version}", change, now=now)
    account.version += 1
    made = _record(session, account, entry, kind, form.reason, actor=actor, now=now)
    note(
        session,
        account,
        "amount_set",
        actor=actor,
        now=now,
        before={"amount_fen": before},
        after={"amount_fen": form.amount_fen},
        reason=form.reason,
    )
    return Recorded(account, made, is_new=True)


def top_up(session: Session, payer_id: int, form: PayerReceiptForm, *, actor: Actor, now: datetime) -> Recorded:
    """Record money that came in, once per receipt of the institution; the same again answers the same movement."""
    return _by_receipt(session, payer_id, MovementKind.TOPPED_UP, form, actor=actor, now=now)


def refund(session: Session, payer_id: int, form: PayerReceiptForm, *, actor: Actor, now: datetime) -> Recorded:
    """Record money that was paid back, once per receipt; raises InvalidInput for more than is left.

    What came back into an account after it was closed is paid back in this way too.
    """
    return _by_receipt(session, payer_id, MovementKind.REFUNDED, form, actor=actor, now=now)


def correct(session: Session, payer_id: int, movement_id: int, reason: str, *, actor: Actor, now: datetime) -> Recorded:
    """Take a movement back by a new one, in a closed account what was paid back; see `hold` for what it raises.

    Raises NotAReceipt, AlreadyCorrected or BelowFloor too.
    """
    account = hold(session, payer_id, actor=actor, now=now, closed=True).account
    movement = session.get(PayerMovement, movement_id)
    if movement is None or movement.payer_account_id != account.id:
        raise NotFound
    if movement.kind not in {MovementKind.TOPPED_UP, MovementKind.REFUNDED}:
        raise NotAReceipt
    if account.closed_at is not None and movement.kind != MovementKind.REFUNDED:
        raise PayerClosed
    wrong = session.get_one(LedgerEntry, movement.entry_id)
    entry = correct_entry(session, wrong, CAUSE, now=now)
    made = _record(session, account, entry, MovementKind.CORRECTED, reason, actor=actor, now=now)
    after = {"movement_id": movement.id, "receipt_number": movement.receipt_number}
    note(session, account, "corrected", actor=actor, now=now, after=after, reason=reason)
    return Recorded(account, made, is_new=True)


def close_payer(session: Session, payer_id: int, reason: str, *, actor: Actor, now: datetime) -> PayerAccount:
    """Close an account for good: what is left of an amount is withdrawn.

    Raises StillHolds while money is in it, StillHeld while some is held for reservations, ChargesWait while charges may
    still change or are short.
    """
    account = hold(session, payer_id, actor=actor, now=now).account
    if waiting := _waiting_charges(session, account):
        raise ChargesWait(count=waiting)
    if held_in(session, account):
        raise StillHeld
    left = left_in(session, account)
    if left and account.kind not in BY_AMOUNT:
        raise StillHolds
    if left:
        entry = _post(session, account, f"payer:{account.id}:closed", -left, now=now)
        _record(session, account, entry, MovementKind.WITHDRAWN, reason, actor=actor, now=now)
    account.closed_at = now
    account.version += 1
    note(session, account, "closed", actor=actor, now=now, after={"withdrawn_fen": left}, reason=reason)
    return account


def _waiting_charges(session: Session, account: PayerAccount) -> int:
    """How many charges that it pays may still change of themselves, or are short of something."""
    waits = or_(Charge.state.in_(UNSETTLED), Charge.problem.is_not(None))
    count = select(func.count(Charge.id)).where(Charge.payer_account_id == account.id, waits)
    return session.scalar(count) or 0


def _by_receipt(
    session: Session, payer_id: int, kind: MovementKind, form: PayerReceiptForm, *, actor: Actor, now: datetime
) -> Recorded:
    """An entry whose key is the receipt; a corrected one may be recorded anew."""
    account = hold(session, payer_id, actor=actor, now=now, closed=kind == MovementKind.REFUNDED).account
    if account.kind in BY_AMOUNT:
        raise OtherKind
    if form.receipt_on > local_date(now):
        raise InvalidInput([Problem("receipt_on", N_("单据日期不能晚于今天。"))])
    key = receipt_key(session, account.organisation_id, kind, form.receipt_number)
    change = form.amount_fen if kind == MovementKind.TOPPED_UP else -form.amount_fen
    try:
        entry = _post(session, account, key, change, now=now)
    except EntryDiffers as differs:
        raise _used() from differs
    if earlier := queries.movement_by_entry(session, entry.id):
        if earlier.receipt_on != form.receipt_on:
            raise _used()
        return Recorded(account, earlier, is_new=False)
    made = _record(session, account, entry, kind, form.reason, actor=actor, now=now, receipt=form)
    after = {"amount_fen": form.amount_fen, "receipt_number": form.receipt_number}
    after["receipt_on"] = form.receipt_on.isoformat()
    note(session, account, kind.value, actor=actor, now=now, after=after, reason=form.reason)
    return Recorded(account, made, is_new=True)


def receipt_key(session: Session, organisation_id: int, kind: MovementKind, number: str) -> str:
    """The business key of a receipt of an institution, the next one where it was corrected."""
    for turn in count():
        key = f"receipt:{organisation_id}:{kind}:{turn}:{paper_of(number)}"
        entry = entry_by_key(session, key)
        if entry is None or correction_of(session, entry.id) is None:
            return key
    raise AssertionError("unreachable")


def _used() -> InvalidInput:
    """The receipt was recorded before, with another amount, day or account."""
    return InvalidInput([Problem("receipt_number", N_("这张单据已用于另一笔记录。"))])


def _post(session: Session, account: PayerAccount, key: str, change: int, *, now: datetime) -> LedgerEntry:
    """An entry that raises or lowers what is left; raises InvalidInput when it would go below zero."""
    move = Move(account.source_id, account.left_id, abs(change))
    try:
        return post_entry(session, key, CAUSE, [move if change > 0 else move.back], now=now)
    except BelowFloor as below:
        left = yuan_from_fen(-change - below.missing_fen)
        problem = Problem("amount_fen", N_("剩余 %(left)s 元，不够减少这么多。"), {"left": left})
        raise InvalidInput([problem]) from below


def _record(
    session: Session,
    account: PayerAccount,
    entry: LedgerEntry,
    kind: MovementKind,
    reason: str,
    *,
    actor: Actor,
    now: datetime,
    receipt: PayerReceiptForm | None = None,
) -> PayerMovement:
    """The movement that an entry was posted for."""
    made = PayerMovement(
        payer_account_id=account.id,
        entry_id=entry.id,
        kind=kind,
        receipt_number=receipt.receipt_number if receipt else "",
        receipt_on=receipt.receipt_on if receipt else None,
        reason=reason,
        made_by_id=actor.id,
        created_at=now,
    )
    session.add(made)
    session.flush()
    return made
