"""What uses cost in the end: charges, the lines that they are made of, and everything that happened to them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.affiliations import UserGroup
from models.base import Base
from models.catalogue import Instrument
from models.directory import Organisation
from models.payers import PayerAccount
from models.pricing import PricePolicy
from models.reservations import Reservation
from models.samples import SampleOrder
from models.vocabulary.charges import ChargeKind, ChargeProblem, ChargeState, ChargeStep
from models.vocabulary.pricing import LineKind

UNBILLED = text("gross_fen <> billed_fen OR captured_fen <> billed_taken_fen")
HAS_PROBLEM = text("problem IS NOT NULL")
UNBILLED_ALONE = text("(gross_fen <> billed_fen OR captured_fen <> billed_taken_fen) AND payer_account_id IS NULL")


class Charge(Base):
    """What one reservation costs whoever booked it, or one sample order whoever accepted its quote; one for each.

    `gross_fen` is what its lines add up to, once vouchers took `voucher_fen` off: `captured_fen` the payer account has
    paid, `paper_fen` is settled on paper, and what is missing then is the charge's problem. `billed_fen` of it are on
    statements; `billed_taken_fen` is what these said was taken from money paid in before, none where nothing is said
    of that.
    `organisation_id` owned the instrument when it was used; an order was done between the booked times, from its
    acceptance to its last results or its end. `due_at` is when it goes on by itself: an estimated one when its time is
    over or nobody said what was done, a final or adjusted one when its payer has been silent for long enough.
    `reminded_at` is when its owner's people were last told that a dispute waits. `uses_vouchers` is whether vouchers
    ever held something for it: only then anybody asks what they pay. `invoiced_on` is the invoice's day by which they
    were weighed last, none while the day of the use stands in for it.
    """

    __tablename__ = "charges"
    __table_args__ = (
        CheckConstraint("gross_fen >= 0 AND estimated_fen >= 0", name="amounts"),
        CheckConstraint("voucher_fen >= 0", name="voucher"),
        CheckConstraint("captured_fen >= 0 AND paper_fen >= 0 AND captured_fen + paper_fen <= gross_fen", name="parts"),
        CheckConstraint("payer_account_id IS NOT NULL OR captured_fen = 0", name="payer"),
        CheckConstraint(
            "billed_fen >= 0 AND (billed_taken_fen IS NULL OR billed_taken_fen BETWEEN 0 AND billed_fen)", name="billed"
        ),
        CheckConstraint("booked_starts_at < booked_ends_at", name="booked"),
        CheckConstraint("(reservation_id IS NULL) <> (sample_order_id IS NULL)", name="one_cause"),
        CheckConstraint("(sample_order_id IS NULL) = (kind <> 'samples')", name="kind_of_cause"),
        CheckConstraint("(used_starts_at IS NULL) = (used_ends_at IS NULL)", name="used_whole"),
        Index("ix_charges_organisation_id", "organisation_id", "id"),
        Index("ix_charges_instrument_id", "instrument_id", "id"),
        Index("ix_charges_user_id", "user_id", "id"),
        Index("ix_charges_payer_account_id", "payer_account_id", "id"),
        Index("ix_charges_state_due_at", "state", "due_at"),
        Index(
            "ix_charges_problem",
            "organisation_id",
            "id",
            sqlite_where=HAS_PROBLEM,
            postgresql_where=HAS_PROBLEM,
        ),
        Index(
            "ix_charges_unbilled_payer",
            "organisation_id",
            "payer_account_id",
            "id",
            sqlite_where=UNBILLED,
            postgresql_where=UNBILLED,
        ),
        Index(
            "ix_charges_unbilled_user",
            "organisation_id",
            "user_id",
            "id",
            sqlite_where=UNBILLED_ALONE,
            postgresql_where=UNBILLED_ALONE,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reservation_id: Mapped[int | None] = mapped_column(ForeignKey("reservations.id"), unique=True)
    sample_order_id: Mapped[int | None] = mapped_column(ForeignKey("sample_orders.id"), unique=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instruments.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    payer_account_id: Mapped[int | None] = mapped_column(ForeignKey("payer_accounts.id"))
    price_policy_id: Mapped[int | None] = mapped_column(ForeignKey("price_policies.id"))
    user_group_id: Mapped[int | None] = mapped_column(ForeignKey("user_groups.id"))
    kind: Mapped[ChargeKind]
    state: Mapped[ChargeState]
    problem: Mapped[ChargeProblem | None]
    booked_starts_at: Mapped[datetime]
    booked_ends_at: Mapped[datetime]
    used_starts_at: Mapped[datetime | None]
    used_ends_at: Mapped[datetime | None]
    estimated_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    gross_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    voucher_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    captured_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    paper_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    billed_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    billed_taken_fen: Mapped[int | None] = mapped_column(BigInteger)
    due_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    uses_vouchers: Mapped[bool] = mapped_column(default=False, server_default=false())
    invoiced_on: Mapped[date | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    reservation: Mapped[Reservation | None] = relationship(lazy="raise")
    sample_order: Mapped[SampleOrder | None] = relationship(lazy="raise")
    organisation: Mapped[Organisation] = relationship(lazy="raise")
    instrument: Mapped[Instrument] = relationship(lazy="raise")
    user: Mapped[User] = relationship(lazy="raise")
    payer: Mapped[PayerAccount | None] = relationship(lazy="raise")
    policy: Mapped[PricePolicy | None] = relationship(lazy="raise")
    user_group: Mapped[UserGroup | None] = relationship(lazy="raise")


class ChargeLine(Base):
    """One line of a charge: what was used at its price, or what changed the charge afterwards; append-only."""

    __tablename__ = "charge_lines"
    __table_args__ = (Index("ix_charge_lines_charge_id", "charge_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    charge_id: Mapped[int] = mapped_column(ForeignKey("charges.id"))
    kind: Mapped[LineKind]
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    unit_fen: Mapped[int] = mapped_column(BigInteger)
    minutes: Mapped[int | None]
    count: Mapped[int | None]
    name_zh: Mapped[str] = mapped_column(String(200), default="")
    name_en: Mapped[str] = mapped_column(String(200), default="")
    why: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime]


class ChargeEvent(Base):
    """One thing that happened to a charge, with what was written about it and what it changed; append-only."""

    __tablename__ = "charge_events"
    __table_args__ = (Index("ix_charge_events_charge_id", "charge_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    charge_id: Mapped[int] = mapped_column(ForeignKey("charges.id"))
    step: Mapped[ChargeStep]
    state: Mapped[ChargeState]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    change_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    text: Mapped[str] = mapped_column(String(1000), default="")
    occurred_at: Mapped[datetime]
    actor: Mapped[User | None] = relationship(lazy="raise")


class ChargeCapture(Base):
    """What an entry moved out of a payer account for a charge, below zero: back into it; append-only.

    All of them add up to the charge's `captured_fen`. It counts against the limit of `user_id`, whose account of use
    is `use_id` where they were a member.
    """

    __tablename__ = "charge_captures"
    __table_args__ = (
        CheckConstraint("amount_fen <> 0", name="amount"),
        Index("ix_charge_captures_charge_id", "charge_id", "id"),
        Index("ix_charge_captures_payer_account_id", "payer_account_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entries.id"), unique=True)
    charge_id: Mapped[int] = mapped_column(ForeignKey("charges.id"))
    payer_account_id: Mapped[int] = mapped_column(ForeignKey("payer_accounts.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    use_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_accounts.id"))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
