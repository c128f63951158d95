"""What authorities pay out for vouchers: requests, what they are made of, reviews, payments, and audit samples."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.attachments import Attachment
from models.base import Base
from models.charges import Charge
from models.directory import Organisation
from models.programmes import Programme, ProgrammeVersion
from models.vocabulary.programmes import ProgrammeDocument, RedeemedBy
from models.vocabulary.redemptions import PaymentKind, RedemptionState, RedemptionStep
from models.vouchers import Voucher


class Redemption(Base):
    """A request to be paid for what vouchers covered, under a number without gaps of its programme.

    The claimant is who the programme says: the firm that paid in full, or the institution that deducted. It keeps the
    version of the programme under which it was made; `opens_on` and `closes_on` are its batch, where that version has
    any. `approved_fen` is what its items come to once a review has said so; `clawed_fen` of what was paid came back.
    `office_id` is the authority of the claimant's district or city, which reviews first; None: the programme's does.
    `due_on` is the working day by which the next step is due; the notice is public on the days between. Where its
    vouchers live elsewhere it was `submitted_on` a day there, and its claimant records what came of it. What was
    refused, but not for good, can be claimed anew `again_until` a day at least.
    """

    __tablename__ = "redemptions"
    __table_args__ = (
        UniqueConstraint("programme_id", "number"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("claimed_fen > 0 AND (approved_fen IS NULL OR approved_fen <= claimed_fen)", name="amounts"),
        CheckConstraint("approved_fen IS NULL OR approved_fen > 0", name="approved"),
        CheckConstraint("clawed_fen >= 0 AND (clawed_fen = 0 OR clawed_fen <= approved_fen)", name="clawed"),
        CheckConstraint("(opens_on IS NULL) = (closes_on IS NULL)", name="batch_whole"),
        CheckConstraint("(notice_from IS NULL) = (notice_until IS NULL)", name="notice_whole"),
        CheckConstraint(
            "state NOT IN ('notice', 'paid') OR notice_from IS NOT NULL OR submitted_on IS NOT NULL",
            name="noticed",
        ),
        CheckConstraint("state <> 'submitted' OR submitted_on IS NOT NULL", name="submitted"),
        Index("ix_redemptions_claimant_id", "claimant_id", "id"),
        Index("ix_redemptions_state", "state", "due_on"),
        Index("ix_redemptions_office_id", "office_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    number: Mapped[int]
    programme_version_id: Mapped[int] = mapped_column(ForeignKey("programme_versions.id"))
    claimant_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    office_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    redeemed_by: Mapped[RedeemedBy]
    opens_on: Mapped[date | None]
    closes_on: Mapped[date | None]
    state: Mapped[RedemptionState]
    claimed_fen: Mapped[int] = mapped_column(BigInteger)
    approved_fen: Mapped[int | None] = mapped_column(BigInteger)
    clawed_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    note: Mapped[str] = mapped_column(String(1000), default="")
    due_on: Mapped[date | None]
    notice_from: Mapped[date | None]
    notice_until: Mapped[date | None]
    submitted_on: Mapped[date | None]
    again_until: Mapped[date | None]
    requested_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    programme: Mapped[Programme] = relationship(lazy="raise")
    programme_version: Mapped[ProgrammeVersion] = relationship(lazy="raise")
    claimant: Mapped[Organisation] = relationship(lazy="raise", foreign_keys=[claimant_id])
    office: Mapped[Organisation | None] = relationship(lazy="raise", foreign_keys=[office_id])
    requested_by: Mapped[User] = relationship(lazy="raise")


class RedemptionItem(Base):
    """What one voucher covered of one charge, as it is claimed; the days and provinces are those of the capture.

    A review may approve less, with its reason; `clawed_fen` of what was paid came back. What was not approved or came
    back is no capture any more, so that nobody claims it again.
    """

    __tablename__ = "redemption_items"
    __table_args__ = (
        UniqueConstraint("redemption_id", "voucher_id", "charge_id"),
        CheckConstraint("claimed_fen > 0", name="claimed"),
        CheckConstraint("approved_fen IS NULL OR approved_fen BETWEEN 0 AND claimed_fen", name="approved"),
        CheckConstraint("clawed_fen >= 0 AND (clawed_fen = 0 OR clawed_fen <= approved_fen)", name="clawed"),
        Index("ix_redemption_items_voucher_id", "voucher_id", "charge_id"),
        Index("ix_redemption_items_charge_id", "charge_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    redemption_id: Mapped[int] = mapped_column(ForeignKey("redemptions.id"))
    voucher_id: Mapped[int] = mapped_column(ForeignKey("vouchers.id"))
    charge_id: Mapped[int] = mapped_column(ForeignKey("charges.id"))
    programme_version_id: Mapped[int] = mapped_column(ForeignKey("programme_versions.id"))
    claimed_fen: Mapped[int] = mapped_column(BigInteger)
    approved_fen: Mapped[int | None] = mapped_column(BigInteger)
    clawed_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    reason: Mapped[str] = mapped_column(String(300), default="")
    used_on: Mapped[date]
    invoiced_on: Mapped[date | None]
    issuer_province: Mapped[str] = mapped_column(String(2))
    provider_province: Mapped[str] = mapped_column(String(2))
    voucher: Mapped[Voucher] = relationship(lazy="raise")
    charge: Mapped[Charge] = relationship(lazy="raise")
    programme_version: Mapped[ProgrammeVersion] = relationship(lazy="raise")


class RedemptionEvent(Base):
    """One step of a redemption: who, when, where it led, why, and the entry that moved its money; append-only.

    `facts` says what a review approved of which item.
    """

    __tablename__ = "redemption_events"
    __table_args__ = (Index("ix_redemption_events_redemption_id", "redemption_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    redemption_id: Mapped[int] = mapped_column(ForeignKey("redemptions.id"))
    step: Mapped[RedemptionStep]
    state: Mapped[RedemptionState]
    actor_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    reason: Mapped[str] = mapped_column(String(300), default="")
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entries.id"))
    occurred_at: Mapped[datetime]
    actor: Mapped[User] = relationship(lazy="raise")


class RedemptionPayment(Base):
    """Money that went out for a redemption, or came back of one item of it, by the bank's number; append-only."""

    __tablename__ = "redemption_payments"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint("(kind = 'paid') = (item_id IS NULL)", name="item"),
        Index("ix_redemption_payments_redemption_id", "redemption_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    redemption_id: Mapped[int] = mapped_column(ForeignKey("redemptions.id"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("redemption_items.id"))
    kind: Mapped[PaymentKind]
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    paid_on: Mapped[date]
    receipt_number: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(String(300), default="")
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entries.id"), unique=True)
    made_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    made_by: Mapped[User] = relationship(lazy="raise")


class RedemptionDocument(Base):
    """A file of a redemption, and which paper of the programme's list it is."""

    __tablename__ = "redemption_documents"
    __table_args__ = (Index("ix_redemption_documents_redemption_id", "redemption_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    redemption_id: Mapped[int] = mapped_column(ForeignKey("redemptions.id"))
    document: Mapped[ProgrammeDocument]
    attachment_id: Mapped[int] = mapped_column(ForeignKey("attachments.id"), unique=True)
    created_at: Mapped[datetime]
    attachment: Mapped[Attachment] = relationship(lazy="raise")


class RedemptionSample(Base):
    """Which paid redemptions of a batch were drawn to be audited; append-only.

    `population` is all that were paid between two days, in order of id; by the `seed` anybody draws the same again.
    """

    __tablename__ = "redemption_samples"
    __table_args__ = (
        CheckConstraint("paid_from <= paid_until", name="days_in_order"),
        CheckConstraint("share IS NULL OR share BETWEEN 1 AND 10000", name="share"),
        Index("ix_redemption_samples_programme_id", "programme_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    paid_from: Mapped[date]
    paid_until: Mapped[date]
    seed: Mapped[str] = mapped_column(String(64))
    share: Mapped[int | None]
    population: Mapped[list[int]] = mapped_column(JSON)
    drawn: Mapped[list[int]] = mapped_column(JSON)
    drawn_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    programme: Mapped[Programme] = relationship(lazy="raise")
    drawn_by: Mapped[User] = relationship(lazy="raise")


class BatchReminder(Base):
    """On this day a claimant was told that a batch closes in so many days, or fewer."""

    __tablename__ = "batch_reminders"

    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"), primary_key=True, autoincrement=False)
    claimant_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), primary_key=True, autoincrement=False)
    closes_on: Mapped[date] = mapped_column(primary_key=True)
    days: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sent_on: Mapped[date]


class RedemptionFinding(Base):
    """What somebody found of a redemption that was drawn; append-only, of several the last one counts."""

    __tablename__ = "redemption_findings"
    __table_args__ = (Index("ix_redemption_findings_sample_id", "sample_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sample_id: Mapped[int] = mapped_column(ForeignKey("redemption_samples.id"))
    redemption_id: Mapped[int] = mapped_column(ForeignKey("redemptions.id"))
    is_in_order: Mapped[bool]
    note: Mapped[str] = mapped_column(String(300), default="")
    found_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    found_by: Mapped[User] = relationship(lazy="raise")
