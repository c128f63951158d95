"""What pays: a grant's authorised amount, money that was paid in, or a credit limit; who uses it; what is held."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.base import Base
from models.directory import Organisation
from models.ledger import LedgerAccount, LedgerEntry
from models.vocabulary.payers import MovementKind, PayerKind

IS_OPEN = text("closed_at IS NULL")


class PayerAccount(Base):
    """What an institution's finance keeps for somebody: how much may be spent, until when, and by whom.

    Every amount is transfers between its accounts of the ledger: `source` has no floor; what is `left`, what is `held`
    for reservations and what charges have `captured` never go below zero; `used` is what its members' limits are
    counted against. A grant's money itself lies in the campus finance system; it may be spent in the institution's own
    province, and in the `other_provinces` (codes with spaces between) that `province_rule` allows.
    """

    __tablename__ = "payer_accounts"
    __table_args__ = (
        Index(
            "uq_payer_accounts_open",
            "organisation_id",
            "kind",
            "number",
            unique=True,
            sqlite_where=IS_OPEN,
            postgresql_where=IS_OPEN,
        ),
        CheckConstraint("(other_provinces = '') = (province_rule = '')", name="rule_given"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    kind: Mapped[PayerKind]
    number: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(120))
    budget_item: Mapped[str] = mapped_column(String(60), default="")
    holder_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    expires_on: Mapped[date | None]
    other_provinces: Mapped[str] = mapped_column(String(300), default="")
    province_rule: Mapped[str] = mapped_column(String(300), default="")
    source_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"), unique=True)
    left_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"), unique=True)
    held_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"), unique=True)
    used_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"), unique=True)
    captured_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"), unique=True)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    organisation: Mapped[Organisation] = relationship(lazy="raise")
    holder: Mapped[User] = relationship(lazy="raise")
    left: Mapped[LedgerAccount] = relationship(foreign_keys=[left_id], lazy="raise")
    held: Mapped[LedgerAccount] = relationship(foreign_keys=[held_id], lazy="raise")
    captured: Mapped[LedgerAccount] = relationship(foreign_keys=[captured_id], lazy="raise")


class PayerMember(Base):
    """Somebody beside the holder who may see and use a payer account, up to `limit_fen` in all (none: what is left).

    What they use goes out of the ledger account `use`, whose floor is the limit: the database refuses what is beyond.
    """

    __tablename__ = "payer_members"
    __table_args__ = (
        UniqueConstraint("payer_account_id", "user_id"),
        CheckConstraint("limit_fen >= 0", name="limit"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    payer_account_id: Mapped[int] = mapped_column(ForeignKey("payer_accounts.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    use_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"), unique=True)
    limit_fen: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    user: Mapped[User] = relationship(lazy="raise")
    use: Mapped[LedgerAccount] = relationship(lazy="raise")


class PayerMovement(Base):
    """Why a payer account's amount changed, with the receipt for money that came or went; append-only.

    The amount itself is that of the entry's transfers.
    """

    __tablename__ = "payer_movements"

    id: Mapped[int] = mapped_column(primary_key=True)
    payer_account_id: Mapped[int] = mapped_column(ForeignKey("payer_accounts.id"), index=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entries.id"), unique=True)
    kind: Mapped[MovementKind]
    receipt_number: Mapped[str] = mapped_column(String(60), default="")
    receipt_on: Mapped[date | None]
    reason: Mapped[str] = mapped_column(String(300), default="")
    made_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    entry: Mapped[LedgerEntry] = relationship(lazy="raise")
    made_by: Mapped[User] = relationship(lazy="raise")


class PayerHold(Base):
    """What is held in a payer account for a reservation or a sample order from this entry on; append-only.

    The last row counts. It is held for what `user_id` booked or ordered; `use_id` is their account of use where they
    are a member.
    """

    __tablename__ = "payer_holds"
    __table_args__ = (
        CheckConstraint("amount_fen >= 0", name="amount"),
        CheckConstraint("(reservation_id IS NULL) <> (sample_order_id IS NULL)", name="one_cause"),
        Index("ix_payer_holds_reservation_id", "reservation_id", "id"),
        Index("ix_payer_holds_sample_order_id", "sample_order_id", "id"),
        Index("ix_payer_holds_payer_account_id", "payer_account_id", "id"),
        Index("ix_payer_holds_user_id", "user_id", "payer_account_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entries.id"), unique=True)
    reservation_id: Mapped[int | None] = mapped_column(ForeignKey("reservations.id"))
    sample_order_id: Mapped[int | None] = mapped_column(ForeignKey("sample_orders.id"))
    payer_account_id: Mapped[int] = mapped_column(ForeignKey("payer_accounts.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    use_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_accounts.id"))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    entry: Mapped[LedgerEntry] = relationship(lazy="raise")
    user: Mapped[User] = relationship(lazy="raise")
