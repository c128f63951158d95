"""Vouchers of enterprises: the books of their programmes, what one holds and has paid, and for which uses."""

from datetime import date, datetime

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.base import Base
from models.charges import Charge
from models.directory import Organisation
from models.ledger import LedgerAccount, LedgerEntry
from models.programmes import Programme, ProgrammeVersion
from models.vocabulary.programmes import ServiceType
from models.vocabulary.vouchers import CaptureKind, VoucherDeadline, VoucherState, VoucherStep

_STANDS = text("state NOT IN ('returned', 'revoked')")
ONE_CAUSE = "(reservation_id IS NULL) <> (sample_order_id IS NULL)"


class ProgrammeBook(Base):
    """What a programme has set aside: `budget` is free, `committed` is for vouchers or their uses, `paid` has gone.

    What the three add up to follows the budget of the version in force. `last_number` is that of its newest voucher;
    `version` counts how often the budget followed.
    """

    __tablename__ = "programme_books"

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"), unique=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"), unique=True)
    budget_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"), unique=True)
    committed_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"), unique=True)
    paid_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"), unique=True)
    last_number: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    programme: Mapped[Programme] = relationship(lazy="raise")
    source: Mapped[LedgerAccount] = relationship(foreign_keys=[source_id], lazy="raise")
    budget: Mapped[LedgerAccount] = relationship(foreign_keys=[budget_id], lazy="raise")
    committed: Mapped[LedgerAccount] = relationship(foreign_keys=[committed_id], lazy="raise")
    paid: Mapped[LedgerAccount] = relationship(foreign_keys=[paid_id], lazy="raise")


class Voucher(Base):
    """What an authority promises an enterprise under one version of its programme, up to `face_fen`.

    Its `credit` is free, `held` is for uses to come, `captured` was used, `paid` was redeemed; none goes below zero.
    Numbers have no gaps within a programme. One that lives elsewhere is registered, not issued: `number_there` is what
    its own system calls it, once among those of the programme that stand (None: ours).
    """

    __tablename__ = "vouchers"
    __table_args__ = (
        CheckConstraint("face_fen > 0", name="face"),
        CheckConstraint("use_by <= redeem_by", name="days_in_order"),
        UniqueConstraint("programme_id", "sequence"),
        Index("ix_vouchers_organisation_id", "organisation_id", "id"),
        Index("ix_vouchers_state_use_by", "state", "use_by"),
        Index("ix_vouchers_redeem_by", "redeem_by"),
        Index(
            "uq_vouchers_number_there",
            "programme_id",
            "number_there",
            unique=True,
            postgresql_where=_STANDS,
            sqlite_where=_STANDS,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    number_there: Mapped[str | None] = mapped_column(String(60))
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    sequence: Mapped[int]
    programme_version_id: Mapped[int] = mapped_column(ForeignKey("programme_versions.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    face_fen: Mapped[int] = mapped_column(BigInteger)
    issued_on: Mapped[date]
    use_by: Mapped[date]
    redeem_by: Mapped[date]
    state: Mapped[VoucherState]
    credit_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"), unique=True)
    held_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"), unique=True)
    captured_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"), unique=True)
    paid_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"), unique=True)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    programme: Mapped[Programme] = relationship(lazy="raise")
    programme_version: Mapped[ProgrammeVersion] = relationship(lazy="raise")
    organisation: Mapped[Organisation] = relationship(lazy="raise")
    credit: Mapped[LedgerAccount] = relationship(foreign_keys=[credit_id], lazy="raise")
    held: Mapped[LedgerAccount] = relationship(foreign_keys=[held_id], lazy="raise")
    captured: Mapped[LedgerAccount] = relationship(foreign_keys=[captured_id], lazy="raise")
    paid: Mapped[LedgerAccount] = relationship(foreign_keys=[paid_id], lazy="raise")


class VoucherEvent(Base):
    """One thing that happened to a voucher, with its reason and what it moved, if anything; append-only."""

    __tablename__ = "voucher_steps"
    __table_args__ = (Index("ix_voucher_steps_voucher_id", "voucher_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    voucher_id: Mapped[int] = mapped_column(ForeignKey("vouchers.id"))
    step: Mapped[VoucherStep]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    reason: Mapped[str] = mapped_column(String(300), default="")
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entries.id"), unique=True)
    occurred_at: Mapped[datetime]
    actor: Mapped[User | None] = relationship(lazy="raise")


class VoucherReminder(Base):
    """On this day it was told that a deadline of a voucher is so many days away, or fewer."""

    __tablename__ = "voucher_reminders"

    voucher_id: Mapped[int] = mapped_column(ForeignKey("vouchers.id"), primary_key=True, autoincrement=False)
    deadline: Mapped[VoucherDeadline] = mapped_column(primary_key=True)
    days: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sent_on: Mapped[date]


class VoucherCap(Base):
    """How much an enterprise may still use of a programme's vouchers in one year, by the day that counts.

    `used` is what `left` was filled from, with the highest cap of the versions under which vouchers of the year were
    issued.
    """

    __tablename__ = "voucher_caps"
    __table_args__ = (
        UniqueConstraint("organisation_id", "programme_id", "year"),
        CheckConstraint("year BETWEEN 2000 AND 2199", name="year"),
        CheckConstraint("cap_fen > 0", name="cap"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"), index=True)
    year: Mapped[int]
    cap_fen: Mapped[int] = mapped_column(BigInteger)
    left_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"), unique=True)
    used_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"), unique=True)
    created_at: Mapped[datetime]
    left: Mapped[LedgerAccount] = relationship(foreign_keys=[left_id], lazy="raise")


class VoucherRelation(Base):
    """What an authority says of an enterprise and a provider: that they are related, or no longer; append-only.

    The last row of an authority about the two counts.
    """

    __tablename__ = "voucher_relations"
    __table_args__ = (
        CheckConstraint("organisation_id <> provider_id", name="two"),
        Index("ix_voucher_relations_organisation_id", "organisation_id", "provider_id", "authority_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    provider_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    is_related: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


class VoucherWish(Base):
    """Which vouchers of an enterprise shall pay for a use, and what is declared about it; append-only.

    The last row of a reservation or order counts. Without a voucher all that are usable, the one that ends first
    first; not `is_used`: none any more.
    """

    __tablename__ = "voucher_wishes"
    __table_args__ = (
        CheckConstraint(ONE_CAUSE, name="one_cause"),
        Index("ix_voucher_wishes_reservation_id", "reservation_id", "id"),
        Index("ix_voucher_wishes_sample_order_id", "sample_order_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reservation_id: Mapped[int | None] = mapped_column(ForeignKey("reservations.id"))
    sample_order_id: Mapped[int | None] = mapped_column(ForeignKey("sample_orders.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    voucher_id: Mapped[int | None] = mapped_column(ForeignKey("vouchers.id"))
    is_used: Mapped[bool]
    service_type: Mapped[ServiceType]
    is_statutory: Mapped[bool] = mapped_column(default=False)
    is_related: Mapped[bool] = mapped_column(default=False)
    is_funded: Mapped[bool] = mapped_column(default=False)
    declared_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime]


class VoucherHold(Base):
    """What is held in a voucher for a reservation or a sample order from this entry on; append-only.

    The last row of the two counts. `decided_by` are the limits that it reached.
    """

    __tablename__ = "voucher_holds"
    __table_args__ = (
        CheckConstraint("amount_fen >= 0", name="amount"),
        CheckConstraint(ONE_CAUSE, name="one_cause"),
        Index("ix_voucher_holds_reservation_id", "reservation_id", "voucher_id", "id"),
        Index("ix_voucher_holds_sample_order_id", "sample_order_id", "voucher_id", "id"),
        Index("ix_voucher_holds_voucher_id", "voucher_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entries.id"), unique=True)
    voucher_id: Mapped[int] = mapped_column(ForeignKey("vouchers.id"))
    cap_id: Mapped[int] = mapped_column(ForeignKey("voucher_caps.id"))
    reservation_id: Mapped[int | None] = mapped_column(ForeignKey("reservations.id"))
    sample_order_id: Mapped[int | None] = mapped_column(ForeignKey("sample_orders.id"))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    decided_by: Mapped[list[str]] = mapped_column(JSON, default=list)
    programme_version_id: Mapped[int] = mapped_column(ForeignKey("programme_versions.id"))
    created_at: Mapped[datetime]
    voucher: Mapped[Voucher] = relationship(lazy="raise")
    cap: Mapped[VoucherCap] = relationship(lazy="raise")


class VoucherCapture(Base):
    """What an entry moved out of a voucher for a charge, below zero: back; append-only.

    All of a charge and a voucher add up to what the voucher has covered of it. `counts_on` is the day that counts.
    """

    __tablename__ = "voucher_captures"
    __table_args__ = (
        CheckConstraint("amount_fen <> 0", name="amount"),
        CheckConstraint("kind = 'use' OR amount_fen < 0", name="rejected"),
        Index("ix_voucher_captures_charge_id", "charge_id", "voucher_id", "id"),
        Index("ix_voucher_captures_voucher_id", "voucher_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entries.id"), unique=True)
    voucher_id: Mapped[int] = mapped_column(ForeignKey("vouchers.id"))
    cap_id: Mapped[int] = mapped_column(ForeignKey("voucher_caps.id"))
    charge_id: Mapped[int] = mapped_column(ForeignKey("charges.id"))
    kind: Mapped[CaptureKind] = mapped_column(default=CaptureKind.USE)
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    counts_on: Mapped[date]
    decided_by: Mapped[list[str]] = mapped_column(JSON, default=list)
    issuer_province: Mapped[str] = mapped_column(String(2))
    provider_province: Mapped[str] = mapped_column(String(2))
    programme_version_id: Mapped[int] = mapped_column(ForeignKey("programme_versions.id"))
    created_at: Mapped[datetime]
    voucher: Mapped[Voucher] = relationship(lazy="raise")
    charge: Mapped[Charge] = relationship(lazy="raise")
    entry: Mapped[LedgerEntry] = relationship(lazy="raise")


class ProvincePair(Base):
    """What vouchers that one province issued have paid to providers of another, or its own; what clearing adds up.

    Provinces are the first two digits of their codes. `owed` and `settled` are between the two; they have no floor.
    """

    __tablename__ = "province_pairs"
    __table_args__ = (UniqueConstraint("issuer", "provider"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    issuer: Mapped[str] = mapped_column(String(2))
    provider: Mapped[str] = mapped_column(String(2))
    source_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"), unique=True)
    captured_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"), unique=True)
    paid_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"), unique=True)
    owed_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"), unique=True)
    settled_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"), unique=True)
    created_at: Mapped[datetime]
