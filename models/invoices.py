"""Invoices that an institution issued elsewhere, as its finance office records them, and what each one covers."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.base import Base
from models.payers import PayerMovement
from models.statements import Debtor, Statement
from models.vocabulary.invoices import InvoiceKind


class Invoice(Base):
    """An invoice by its number; `amount_fen` is with tax, `rate` in basis points; append-only.

    A red-letter one `reverses` another, whole or in part: below zero. Those that reverse the same one count their
    `turn`, as do those that have the number of one that was recorded wrongly and withdrawn.
    """

    __tablename__ = "invoices"
    __table_args__ = (
        UniqueConstraint("organisation_id", "number", "turn"),
        UniqueConstraint("reverses_id", "turn"),
        CheckConstraint("amount_fen <> 0 AND (amount_fen < 0) = (reverses_id IS NOT NULL)", name="sign"),
        CheckConstraint("rate BETWEEN 0 AND 10000", name="rate"),
        CheckConstraint("turn >= 0", name="turn"),
        Index("ix_invoices_debtor_id", "debtor_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    debtor_id: Mapped[int] = mapped_column(ForeignKey("debtors.id"))
    kind: Mapped[InvoiceKind]
    number: Mapped[str] = mapped_column(String(40))
    turn: Mapped[int] = mapped_column(default=0)
    issued_on: Mapped[date]
    title: Mapped[str] = mapped_column(String(200))
    tax_number: Mapped[str] = mapped_column(String(20), default="")
    rate: Mapped[int]
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(String(300), default="")
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id"))
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    debtor: Mapped[Debtor] = relationship(lazy="raise")
    recorded_by: Mapped[User] = relationship(lazy="raise")
    withdrawal: Mapped["InvoiceWithdrawal | None"] = relationship(lazy="raise", viewonly=True)


class InvoiceWithdrawal(Base):
    """An invoice was never issued as it was recorded: it covers nothing, and its number is free again; append-only."""

    __tablename__ = "invoice_withdrawals"

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"), unique=True)
    reason: Mapped[str] = mapped_column(String(300))
    made_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]


class InvoiceItem(Base):
    """How much of a statement an invoice covers; append-only."""

    __tablename__ = "invoice_items"
    __table_args__ = (
        UniqueConstraint("invoice_id", "statement_id"),
        CheckConstraint("amount_fen <> 0", name="amount"),
        Index("ix_invoice_items_statement_id", "statement_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"))
    statement_id: Mapped[int] = mapped_column(ForeignKey("statements.id"))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    statement: Mapped[Statement] = relationship(lazy="raise")


class InvoiceTopUp(Base):
    """How much of money that was paid into a payer account an invoice covers; append-only.

    An invoice covers either statements or money that was paid in.
    """

    __tablename__ = "invoice_top_ups"
    __table_args__ = (
        UniqueConstraint("invoice_id", "movement_id"),
        CheckConstraint("amount_fen <> 0", name="amount"),
        Index("ix_invoice_top_ups_movement_id", "movement_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"))
    movement_id: Mapped[int] = mapped_column(ForeignKey("payer_movements.id"))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    movement: Mapped[PayerMovement] = relationship(lazy="raise")
