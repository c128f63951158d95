"""The ledger: accounts, entries with one cause, and the transfers between accounts that they are made of."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base


class LedgerAccount(Base):
    """What transfers go into and out of; amounts are fen, and the ledger never learns what an account is for.

    `balance_fen` is what came in less what went out. Triggers keep it, nothing else may write it, and the database
    refuses a transfer that would bring it below `floor_fen` (none: no floor).
    """

    __tablename__ = "ledger_accounts"
    __table_args__ = (CheckConstraint("floor_fen IS NULL OR balance_fen >= floor_fen", name="floor"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    floor_fen: Mapped[int | None] = mapped_column(BigInteger)
    balance_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime]


class LedgerEntry(Base):
    """One cause of one or more transfers, named by a business key that is there only once; append-only.

    A correction is another entry with the transfers the other way round; an entry is corrected at most once.
    """

    __tablename__ = "ledger_entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    cause: Mapped[str] = mapped_column(String(60))
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entries.id"), unique=True)
    created_at: Mapped[datetime] = mapped_column(index=True)


class LedgerTransfer(Base):
    """An amount above zero from one account to another, so that an unbalanced entry cannot be written; append-only."""

    __tablename__ = "ledger_transfers"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint("from_account_id <> to_account_id", name="two_accounts"),
        Index("ix_ledger_transfers_from_account_id", "from_account_id", "id"),
        Index("ix_ledger_transfers_to_account_id", "to_account_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entries.id"), index=True)
    from_account_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"))
    to_account_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    entry: Mapped[LedgerEntry] = relationship(lazy="raise")
