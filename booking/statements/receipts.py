"""Recording what an institution received from a debtor and paid back: once per paper, and every fen of it used."""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import count

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission, require
from booking.core.actors import Actor, Target
from booking.core.clock import local_date
from booking.core.errors import Conflict, Forbidden, InvalidInput, NotFound, Problem
from booking.core.money import yuan_from_fen
from booking.core.texts import N_
from booking.ledger.queries import correction_of, entry_by_key
from booking.ledger.rules import Move
from booking.ledger.service import AlreadyCorrected, BelowFloor, EntryDiffers, correct_entry, post_entry
from booking.notifications.service import announce
from booking.payers import papers
from booking.payers.rules import paper_of
from booking.statements import queries
from booking.statements.debtors import held_debtor
from booking.statements.forms import ReceiptForm
from booking.statements.settling import CAUSE, free_cash, use_credit
from models.ledger import LedgerEntry
from models.statements import Debtor, Receipt, Statement
from models.vocabulary.statements import ReceiptKind


class NotCorrectable(Conflict):
    """What took a receipt back is itself not taken back."""

    code = "not_correctable"
    sentence = N_("更正本身不能再更正，请重新登记。")


class RefundFirst(Conflict):
    """What is to be taken back was paid back already."""

    code = "refund_first"
    sentence = N_("多收的部分已经退还。请先更正那笔退款，再更正这笔收款。")


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of it: the receipt, and whether it is new."""

    receipt: Receipt
    is_new: bool


def record_receipt(
    session: Session,
    debtor_id: int,
    form: ReceiptForm,
    *,
    statement_id: int | None = None,
    actor: Actor,
    now: datetime,
) -> Recorded:
    """Record money that came in, once per paper and debtor; the same again answers the same receipt.

    It settles the statement that is named, then what is due first; what is left is credited. Raises NotFound,
    Forbidden and InvalidInput.
    """
    debtor = _held(session, debtor_id, actor, now)
    statement = _statement_of(session, debtor, statement_id)
    done = _record(session, debtor, ReceiptKind.RECEIVED, form, statement_id, actor=actor, now=now)
    if done.is_new:
        use_credit(session, debtor, statement, actor=actor, now=now)
        announce(session, "statements.received", {"receipt_id": done.receipt.id}, now=now)
    return done


def also_by(session: Session, debtor: Debtor, number: str) -> int:
    """How much the same paper brought from others, and into a payer account: right where they share it."""
    place_id = debtor.organisation_id
    shared = papers.received_by(session, place_id, number, but_id=debtor.id)
    return shared + papers.topped_up_by(session, place_id, number)


def refund(session: Session, debtor_id: int, form: ReceiptForm, *, actor: Actor, now: datetime) -> Recorded:
    """Record money that was paid back, never more than what is credited; raises InvalidInput for more."""
    debtor = _held(session, debtor_id, actor, now)
    return _record(session, debtor, ReceiptKind.REFUNDED, form, None, actor=actor, now=now)


def correct_receipt(session: Session, receipt_id: int, reason: str, *, actor: Actor, now: datetime) -> Receipt:
    """Take a receipt back by another one: what it settled is open again, its paper may be recorded anew.

    Raises NotFound, Forbidden, NotCorrectable, AlreadyCorrected and RefundFirst.
    """
    wrong = session.get(Receipt, receipt_id)
    if wrong is None:
        raise NotFound
    debtor = _held(session, wrong.debtor_id, actor, now)
    if wrong.kind == ReceiptKind.CORRECTED:
        raise NotCorrectable
    if correction_of(session, wrong.entry_id) is not None:
        raise AlreadyCorrected
    if wrong.kind == ReceiptKind.RECEIVED:
        statement = _statement_of(session, debtor, wrong.statement_id)
        free_cash(session, debtor, wrong.amount_fen, statement, actor=actor, now=now)
    try:
        entry = correct_entry(session, session.get_one(LedgerEntry, wrong.entry_id), CAUSE, now=now)
    except BelowFloor as below:
        raise RefundFirst from below
    said = ReceiptForm(amount_fen=wrong.amount_fen, number=wrong.number, received_on=wrong.received_on, reason=reason)
    made = _store(session, debtor, ReceiptKind.CORRECTED, said, wrong.statement_id, entry.id, actor=actor, now=now)
    if wrong.kind == ReceiptKind.REFUNDED:
        use_credit(session, debtor, actor=actor, now=now)
    else:
        announce(session, "statements.corrected", {"receipt_id": made.id}, now=now)
    return made


def _held(session: Session, debtor_id: int, actor: Actor, now: datetime) -> Debtor:
    """The debtor under lock, for who manages the institution's statements and owes none of it themselves.

    Raises NotFound and Forbidden.
    """
    debtor, sight = queries.debtor_for(session, debtor_id, actor, today=local_date(now))
    require(actor, Permission.MANAGE_STATEMENTS, Target(debtor.organisation_id))
    if not sight.settles:
        raise Forbidden
    return held_debtor(session, debtor_id)


def _statement_of(session: Session, debtor: Debtor, statement_id: int | None) -> Statement | None:
    """The statement of the debtor that is named; raises NotFound for another's."""
    if statement_id is None:
        return None
    theirs = Statement.id == statement_id, Statement.debtor_id == debtor.id
    statement = session.scalar(select(Statement).where(*theirs))
    if statement is None:
        raise NotFound
    return statement


def _record(
    session: Session,
    debtor: Debtor,
    kind: ReceiptKind,
    form: ReceiptForm,
    statement_id: int | None,
    *,
    actor: Actor,
    now: datetime,
) -> Recorded:
    """An entry whose key is the paper, and its receipt; a corrected one may be recorded anew."""
    if form.received_on > local_date(now):
        raise InvalidInput([Problem("received_on", N_("单据日期不能晚于今天。"))])
    move = Move(debtor.cash_id, debtor.credit_id, form.amount_fen)
    try:
        entry = post_entry(
            session,
            _key(session, debtor, kind, form.number),
            CAUSE,
            [move if kind == ReceiptKind.RECEIVED else move.back],
            now=now,
        )
    except EntryDiffers as differs:
        raise _used() from differs
    except BelowFloor as below:
        credit = yuan_from_fen(form.amount_fen - below.missing_fen)
        sentence = N_("多收的只有 %(credit)s 元，不能退得更多；收款登记错了请更正那一笔。")
        raise InvalidInput([Problem("amount_fen", sentence, {"credit": credit})]) from below
    if earlier := session.scalar(select(Receipt).where(Receipt.entry_id == entry.id)):
        if (earlier.received_on, earlier.statement_id) != (form.received_on, statement_id):
            raise _used()
        return Recorded(earlier, is_new=False)
    return Recorded(_store(session, debtor, kind, form, statement_id, entry.id, actor=actor, now=now), is_new=True)


def _key(session: Session, debtor: Debtor, kind: ReceiptKind, number: str) -> str:
    """The business key of a paper for a debtor, the next one where it was corrected; several may share a voucher."""
    for turn in count():
        key = f"bill-receipt:{debtor.id}:{kind}:{turn}:{paper_of(number)}"
        entry = entry_by_key(session, key)
        if entry is None or correction_of(session, entry.id) is None:
            return key
    raise AssertionError("unreachable")


def _used() -> InvalidInput:
    """The paper was recorded before for this debtor, with another amount, day or statement."""
    return InvalidInput([Problem("number", N_("这张单据已用于另一笔记录。"))])


def _store(  # noqa: PLR0917 - what a receipt says, and its entry
    session: Session,
    debtor: Debtor,
    kind: ReceiptKind,
    form: ReceiptForm,
    statement_id: int | None,
    entry_id: int,
    *,
    actor: Actor,
    now: datetime,
) -> Receipt:
    """The row of a receipt, and one in the log."""
    corrected_id = None
    if kind == ReceiptKind.CORRECTED:
        corrected = session.get_one(LedgerEntry, entry_id).corrects_id
        corrected_id = session.scalar(select(Receipt.id).where(Receipt.entry_id == corrected))
    made = Receipt(
        debtor_id=debtor.id,
        statement_id=statement_id,
        kind=kind,
        amount_fen=form.amount_fen,
        number=form.number,
        paper=paper_of(form.number),
        received_on=form.received_on,
        reason=form.reason,
        corrects_id=corrected_id,
        entry_id=entry_id,
        made_by_id=actor.id,
        created_at=now,
    )
    session.add(made)
    session.flush()
    after = {"amount_fen": form.amount_fen, "number": form.number, "received_on": _said(form.received_on)}
    subject = ("debtor", debtor.id)
    audit.note(session, f"statements.{kind}", subject, actor=actor, now=now, after=after, reason=form.reason)
    return made


def _said(day: date) -> str:
    """A day as the log keeps it."""
    return day.isoformat()
