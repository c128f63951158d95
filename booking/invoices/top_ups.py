"""Money that was paid into a payer account as invoices cover it: what may be invoiced still, and what is so twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import BigInteger, ColumnElement, cast, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from booking.core.actors import Actor
from booking.core.errors import NotFound
from booking.invoices.rules import Difference, invoiced_twice
from booking.payers.queries import total_of
from booking.statements.queries import sight_of
from booking.statements.rules import Sight
from models.invoices import Invoice, InvoiceItem, InvoiceTopUp, InvoiceWithdrawal
from models.ledger import LedgerEntry, LedgerTransfer
from models.payers import PayerAccount, PayerMovement
from models.statements import Debtor, Statement
from models.vocabulary.payers import MovementKind
from models.vocabulary.statements import StatementKind


@dataclass(frozen=True, slots=True)
class PaidIn:
    """Money that came in by a receipt: how much, and what of that invoices cover."""

    movement_id: int
    receipt_number: str
    receipt_on: date
    amount_fen: int
    invoiced_fen: int

    @property
    def left_fen(self) -> int:
        """What may be covered still."""
        return max(0, self.amount_fen - self.invoiced_fen)


def account_for(session: Session, payer_id: int, actor: Actor, *, today: date) -> tuple[Debtor, Sight]:
    """A payer account as the debtor of the institution that keeps it, and what the actor is to that.

    Where nothing was billed or invoiced to it yet, the debtor has no id. Raises NotFound for who may not read of it.
    """
    loaded = joinedload(PayerAccount.organisation), joinedload(PayerAccount.holder)
    account = session.get(PayerAccount, payer_id, options=loaded)
    if account is None:
        raise NotFound
    its = Debtor.payer_account_id == account.id, Debtor.organisation_id == account.organisation_id
    debtor = session.scalar(select(Debtor).where(*its).options(joinedload(Debtor.payer)))
    found = debtor or Debtor(organisation_id=account.organisation_id, payer_account_id=account.id, payer=account)
    sight = sight_of(session, found, actor, today=today)
    if not sight.sees_cash:
        raise NotFound
    return found, sight


def paid_in(session: Session, account: PayerAccount) -> list[PaidIn]:
    """What came into an account and was not taken back as wrong, the newest first."""
    came = select(cast(func.sum(LedgerTransfer.amount_fen), BigInteger)).where(
        LedgerTransfer.entry_id == PayerMovement.entry_id, LedgerTransfer.to_account_id == account.left_id
    )
    is_wrong = exists().where(LedgerEntry.corrects_id == PayerMovement.entry_id)
    rows = select(
        PayerMovement.id,
        PayerMovement.receipt_number,
        PayerMovement.receipt_on,
        came.correlate(PayerMovement).scalar_subquery(),
        _covered(),
    ).where(PayerMovement.payer_account_id == account.id, PayerMovement.kind == MovementKind.TOPPED_UP, ~is_wrong)
    return [PaidIn(*row) for row in session.execute(rows.order_by(PayerMovement.id.desc()))]


def covered_by(session: Session, invoice_id: int) -> Sequence[InvoiceTopUp]:
    """What an invoice covers of money that was paid in, with its receipts; nothing of an invoice of statements."""
    rows = select(InvoiceTopUp).where(InvoiceTopUp.invoice_id == invoice_id).order_by(InvoiceTopUp.id)
    return session.scalars(rows.options(joinedload(InvoiceTopUp.movement))).all()


def invoiced_of(session: Session, debtor_id: int) -> int:
    """What invoices cover of the money that a debtor paid in."""
    rows = select(cast(func.coalesce(func.sum(InvoiceTopUp.amount_fen), 0), BigInteger))
    its = rows.join(Invoice, Invoice.id == InvoiceTopUp.invoice_id).where(Invoice.debtor_id == debtor_id)
    return session.scalar(its.where(_stands(InvoiceTopUp.invoice_id))) or 0


def doubts(session: Session, debtor: Debtor) -> list[Difference]:
    """Whether invoices cover more than was paid in, or money that was paid in and again what was taken of it."""
    invoiced = invoiced_of(session, debtor.id) if debtor.payer is not None else 0
    if debtor.payer is None or not invoiced:
        return []
    return invoiced_twice(total_of(session, debtor.payer), invoiced, _taken_invoiced(session, debtor.id))


def _taken_invoiced(session: Session, debtor_id: int) -> int:
    """What invoices of statements cover beyond what those ask for: that was taken of money paid in before."""
    covered = cast(func.sum(InvoiceItem.amount_fen), BigInteger)
    rows = (
        select(Statement.due_fen, covered)
        .join(InvoiceItem, InvoiceItem.statement_id == Statement.id)
        .where(Statement.debtor_id == debtor_id, Statement.kind == StatementKind.TAKEN)
        .where(_stands(InvoiceItem.invoice_id))
        .group_by(Statement.id, Statement.due_fen)
    )
    return sum(max(0, fen - max(0, due)) for due, fen in session.execute(rows))


def _covered() -> ColumnElement[int]:
    """How much of a movement invoices cover."""
    total = select(cast(func.coalesce(func.sum(InvoiceTopUp.amount_fen), 0), BigInteger))
    its = total.where(InvoiceTopUp.movement_id == PayerMovement.id, _stands(InvoiceTopUp.invoice_id))
    return its.correlate(PayerMovement).scalar_subquery()


def _stands(invoice_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """What belongs to an invoice that was not withdrawn."""
    return ~exists().where(InvoiceWithdrawal.invoice_id == invoice_id)
