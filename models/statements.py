"""Statements of what payers owe an institution, the receipts of what they paid, and what was settled with it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.base import Base
from models.charges import Charge
from models.directory import Organisation
from models.ledger import LedgerAccount
from models.payers import PayerAccount
from models.vocabulary.charges import ChargeKind
from models.vocabulary.statements import ReceiptKind, RunState, StatementKind, Withholding


class BillingTerms(Base):
    """What an institution's finance office has set for its statements; without a row the defaults hold.

    Months are cut off at the end of `cut_off_day`, or of their last day if they are shorter; `term_ends` are the days
    (MM-DD with spaces between) to which transfer slips run instead, if there are any.
    """

    __tablename__ = "billing_terms"
    __table_args__ = (
        CheckConstraint("cut_off_day BETWEEN 1 AND 31", name="cut_off_day"),
        CheckConstraint("pays_within_days BETWEEN 0 AND 365", name="pays_within_days"),
    )

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), primary_key=True, autoincrement=False)
    cut_off_day: Mapped[int] = mapped_column(default=31)
    term_ends: Mapped[str] = mapped_column(String(40), default="")
    pays_within_days: Mapped[int] = mapped_column(default=30)
    refuses_overdue: Mapped[bool] = mapped_column(default=False)
    withholds_results: Mapped[Withholding] = mapped_column(default=Withholding.NEVER)
    bank_details: Mapped[str] = mapped_column(String(300), default="")
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime]


class StatementSeries(Base):
    """The last number that an institution has given in a year; whoever locks the row gives the next one."""

    __tablename__ = "statement_series"

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), primary_key=True, autoincrement=False)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_number: Mapped[int] = mapped_column(default=0)


class Debtor(Base):
    """Who owes an institution: a payer account, or somebody who booked without one.

    Four accounts of the ledger: out of `billed` goes what statements ask for, out of `cash` what was received, less
    what was paid back; of that, `credit` is not used yet and never below zero, `settled` is. What statements ask for
    lies in an account of their own until it is paid.
    """

    __tablename__ = "debtors"
    __table_args__ = (
        UniqueConstraint("organisation_id", "payer_account_id"),
        UniqueConstraint("organisation_id", "user_id"),
        CheckConstraint("(payer_account_id IS NULL) <> (user_id IS NULL)", name="one"),
        Index("ix_debtors_payer_account_id", "payer_account_id"),
        Index("ix_debtors_user_id", "user_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    payer_account_id: Mapped[int | None] = mapped_column(ForeignKey("payer_accounts.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    billed_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"), unique=True)
    cash_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"), unique=True)
    credit_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"), unique=True)
    settled_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"), unique=True)
    created_at: Mapped[datetime]
    organisation: Mapped[Organisation] = relationship(lazy="raise")
    payer: Mapped[PayerAccount | None] = relationship(lazy="raise")
    user: Mapped[User | None] = relationship(lazy="raise")
    credit: Mapped[LedgerAccount] = relationship(foreign_keys=[credit_id], lazy="raise")


class StatementDraft(Base):
    """A statement that is to be looked at: everything billable of a debtor until a day, as it added up when made.

    It holds nothing back; it is issued only while it is still made of the same, which `digest` tells.
    """

    __tablename__ = "statement_drafts"

    id: Mapped[int] = mapped_column(primary_key=True)
    debtor_id: Mapped[int] = mapped_column(ForeignKey("debtors.id"), unique=True)
    until_on: Mapped[date]
    total_fen: Mapped[int] = mapped_column(BigInteger)
    item_count: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    made_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    debtor: Mapped[Debtor] = relationship(lazy="raise")


class StatementRun(Base):
    """All drafts of an institution that somebody asked to be issued in one go, and what has come of them so far.

    Of `draft_ids` the first `done_count` were gone through; those that somebody has to look at stand in three lists.
    Whoever works on it holds it until `leased_until`. One at a time for an institution.
    """

    __tablename__ = "statement_runs"
    __table_args__ = (Index("ix_statement_runs_organisation_id", "organisation_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    state: Mapped[RunState] = mapped_column(default=RunState.RUNNING, index=True)
    draft_ids: Mapped[list[int]] = mapped_column(JSON)
    total_count: Mapped[int]
    done_count: Mapped[int] = mapped_column(default=0)
    issued_count: Mapped[int] = mapped_column(default=0)
    changed_draft_ids: Mapped[list[int]] = mapped_column(JSON, default=list)
    unclear_draft_ids: Mapped[list[int]] = mapped_column(JSON, default=list)
    own_draft_ids: Mapped[list[int]] = mapped_column(JSON, default=list)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    address: Mapped[str] = mapped_column(String(45), default="")
    request_id: Mapped[str] = mapped_column(String(64), default="")
    leased_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    organisation: Mapped[Organisation] = relationship(lazy="raise")


class Statement(Base):
    """What one debtor was billed, under a number without gaps of its institution and year; append-only.

    `due_fen` is what is to be paid of `total_fen`: all of it, but for what was `taken_fen` from money that was paid in
    before. Above zero it lies in the ledger's account `open` until it is paid; below, it was credited. `told` is what
    payer, holder and institution were called. `holder_id` answered for it. One to a person without a payer account is
    `billed_to` the organisation that it names beside them.
    """

    __tablename__ = "statements"
    __table_args__ = (
        UniqueConstraint("organisation_id", "year", "number"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("total_fen = taken_fen + due_fen", name="parts"),
        CheckConstraint("(due_fen > 0) = (open_id IS NOT NULL)", name="open"),
        CheckConstraint("(due_fen = 0) = (entry_id IS NULL)", name="entry"),
        CheckConstraint("(due_fen > 0) = (due_on IS NOT NULL)", name="due"),
        Index("ix_statements_debtor_id", "debtor_id", "id"),
        Index("ix_statements_holder_id", "holder_id"),
        Index("ix_statements_billed_to_id", "billed_to_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    debtor_id: Mapped[int] = mapped_column(ForeignKey("debtors.id"))
    year: Mapped[int]
    number: Mapped[int]
    kind: Mapped[StatementKind]
    until_on: Mapped[date]
    issued_on: Mapped[date]
    due_on: Mapped[date | None]
    total_fen: Mapped[int] = mapped_column(BigInteger)
    taken_fen: Mapped[int] = mapped_column(BigInteger)
    due_fen: Mapped[int] = mapped_column(BigInteger)
    open_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_accounts.id"), unique=True)
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entries.id"), unique=True)
    holder_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    billed_to_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    told: Mapped[dict[str, Any]] = mapped_column(JSON)
    issued_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    organisation: Mapped[Organisation] = relationship(foreign_keys=[organisation_id], lazy="raise")
    debtor: Mapped[Debtor] = relationship(lazy="raise")
    open: Mapped[LedgerAccount | None] = relationship(lazy="raise")
    holder: Mapped[User] = relationship(foreign_keys=[holder_id], lazy="raise")
    issued_by: Mapped[User] = relationship(foreign_keys=[issued_by_id], lazy="raise")


class StatementItem(Base):
    """A charge on a statement, or (`turn` above zero) what was changed of it since it was billed; append-only.

    It stands for the charge's lines up to `last_line_id` that no item before stands for, and the database refuses a
    charge that is billed twice. Where the same amount was paid in another way than was said, only `taken_fen` changes.
    What was used, when, by whom and what for stays as it was called on the day of the statement.
    """

    __tablename__ = "statement_items"
    __table_args__ = (
        UniqueConstraint("charge_id", "turn"),
        CheckConstraint("turn >= 0 AND (amount_fen <> 0 OR taken_fen <> 0)", name="amount"),
        Index("ix_statement_items_statement_id", "statement_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    statement_id: Mapped[int] = mapped_column(ForeignKey("statements.id"))
    charge_id: Mapped[int] = mapped_column(ForeignKey("charges.id"))
    turn: Mapped[int]
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    taken_fen: Mapped[int] = mapped_column(BigInteger)
    last_line_id: Mapped[int] = mapped_column(ForeignKey("charge_lines.id"))
    kind: Mapped[ChargeKind]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    user_name: Mapped[str] = mapped_column(String(80))
    instrument_zh: Mapped[str] = mapped_column(String(300), default="")
    instrument_en: Mapped[str] = mapped_column(String(300), default="")
    charge: Mapped[Charge] = relationship(lazy="raise")


class Receipt(Base):
    """Money that an institution received from a debtor or paid back, by the number of its paper; append-only.

    A paper counts once for each debtor; `paper` is its number as two are compared, by which those are found that share
    one. A wrong one is taken back by another row that `corrects` it. `statement_id` is what it was paid for, if said.
    """

    __tablename__ = "receipts"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint("(kind = 'corrected') = (corrects_id IS NOT NULL)", name="correction"),
        Index("ix_receipts_debtor_id", "debtor_id", "id"),
        Index("ix_receipts_paper", "paper"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    debtor_id: Mapped[int] = mapped_column(ForeignKey("debtors.id"))
    statement_id: Mapped[int | None] = mapped_column(ForeignKey("statements.id"))
    kind: Mapped[ReceiptKind]
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    number: Mapped[str] = mapped_column(String(60))
    paper: Mapped[str] = mapped_column(String(100))
    received_on: Mapped[date]
    reason: Mapped[str] = mapped_column(String(300), default="")
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("receipts.id"), unique=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entries.id"), unique=True)
    made_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    made_by: Mapped[User] = relationship(lazy="raise")


class Settlement(Base):
    """What an entry of the ledger has settled of a statement, below zero: opened again; append-only."""

    __tablename__ = "settlements"
    __table_args__ = (
        CheckConstraint("amount_fen <> 0", name="amount"),
        Index("ix_settlements_statement_id", "statement_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    statement_id: Mapped[int] = mapped_column(ForeignKey("statements.id"))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entries.id"), unique=True)
    created_at: Mapped[datetime]


class StatementReminder(Base):
    """On this day whoever owes it was reminded of an overdue statement."""

    __tablename__ = "statement_reminders"

    statement_id: Mapped[int] = mapped_column(ForeignKey("statements.id"), primary_key=True, autoincrement=False)
    sent_on: Mapped[date] = mapped_column(primary_key=True)
