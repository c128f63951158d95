"""Applications for vouchers, their papers and history, and the papers of firms that an authority has verified."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.attachments import Attachment
from models.base import Base
from models.directory import Organisation
from models.programmes import Programme
from models.vocabulary.applications import ApplicationState, ApplicationStep
from models.vocabulary.programmes import ProgrammeDocument
from models.vouchers import Voucher

_OPEN = text("state IN ('draft', 'district_review', 'province_review', 'returned')")


class VoucherApplication(Base):
    """What a firm asks of a programme: how much, and what for; one that is open for each firm and programme.

    `district_id` is the authority that reviews first, chosen when the application is submitted. `due_on` is the
    day by which the review that it waits for is to be done. `granted_fen` is the face of its voucher.
    On `reminded_on` its office was told that the review is overdue.
    """

    __tablename__ = "voucher_applications"
    __table_args__ = (
        CheckConstraint("wanted_fen > 0", name="wanted"),
        CheckConstraint("granted_fen IS NULL OR (granted_fen > 0 AND granted_fen <= wanted_fen)", name="granted"),
        CheckConstraint("(state = 'issued') = (voucher_id IS NOT NULL)", name="voucher"),
        CheckConstraint("(state = 'issued') = (granted_fen IS NOT NULL)", name="issued"),
        CheckConstraint("(state IN ('district_review', 'province_review')) = (due_on IS NOT NULL)", name="due"),
        CheckConstraint("due_on IS NULL OR (district_id IS NOT NULL AND submitted_at IS NOT NULL)", name="submitted"),
        Index(
            "uq_voucher_applications_open",
            "programme_id",
            "organisation_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index("ix_voucher_applications_organisation_id", "organisation_id"),
        Index("ix_voucher_applications_programme_id", "programme_id", "state", "due_on"),
        Index("ix_voucher_applications_district_id", "district_id", "state", "due_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    district_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    wanted_fen: Mapped[int] = mapped_column(BigInteger)
    granted_fen: Mapped[int | None] = mapped_column(BigInteger)
    statement: Mapped[str] = mapped_column(String(2000))
    state: Mapped[ApplicationState] = mapped_column(default=ApplicationState.DRAFT)
    due_on: Mapped[date | None]
    reason: Mapped[str] = mapped_column(String(600), default="")
    before_id: Mapped[int | None] = mapped_column(ForeignKey("voucher_applications.id"))
    voucher_id: Mapped[int | None] = mapped_column(ForeignKey("vouchers.id"), unique=True)
    created_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    reminded_on: Mapped[date | None]
    programme: Mapped[Programme] = relationship(lazy="raise")
    organisation: Mapped[Organisation] = relationship(foreign_keys=[organisation_id], lazy="raise")
    district: Mapped[Organisation | None] = relationship(foreign_keys=[district_id], lazy="raise")
    voucher: Mapped[Voucher | None] = relationship(lazy="raise")


class ApplicationPaper(Base):
    """The file that an application hands in as one of the programme's papers; the same file may serve several."""

    __tablename__ = "application_papers"
    __table_args__ = (UniqueConstraint("application_id", "document"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("voucher_applications.id"))
    document: Mapped[ProgrammeDocument]
    attachment_id: Mapped[int] = mapped_column(ForeignKey("attachments.id"), index=True)
    attachment: Mapped[Attachment] = relationship(lazy="raise")


class ApplicationEvent(Base):
    """One step of an application: who, when, where it led, why; append-only.

    `facts` are what was decided on: the amounts, the papers by their hash, what lacks, who was asked to review.
    """

    __tablename__ = "application_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("voucher_applications.id"), index=True)
    occurred_at: Mapped[datetime]
    actor_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    step: Mapped[ApplicationStep]
    source: Mapped[ApplicationState]
    state: Mapped[ApplicationState]
    reason: Mapped[str] = mapped_column(String(600), default="")
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    actor: Mapped[User] = relationship(lazy="raise")


class VerifiedDocument(Base):
    """A file of a firm that an officer of an authority has verified, until a local day, included; append-only.

    Until then the authorities of its province use it without verifying it again, and so does one of the other
    province that recognises this kind of paper from there; neither once it was taken back.
    """

    __tablename__ = "verified_documents"
    __table_args__ = (
        CheckConstraint("verified_on <= expires_on", name="days_in_order"),
        Index("ix_verified_documents_organisation_id", "organisation_id", "document", "expires_on"),
        Index("ix_verified_documents_authority_id", "authority_id", "expires_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    document: Mapped[ProgrammeDocument]
    attachment_id: Mapped[int] = mapped_column(ForeignKey("attachments.id"), index=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    application_id: Mapped[int] = mapped_column(ForeignKey("voucher_applications.id"), index=True)
    verified_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    verified_on: Mapped[date]
    expires_on: Mapped[date]
    created_at: Mapped[datetime]
    organisation: Mapped[Organisation] = relationship(foreign_keys=[organisation_id], lazy="raise")
    authority: Mapped[Organisation] = relationship(foreign_keys=[authority_id], lazy="raise")
    attachment: Mapped[Attachment] = relationship(lazy="raise")
    verified_by: Mapped[User] = relationship(lazy="raise")
    withdrawal: Mapped["VerifiedDocumentWithdrawal | None"] = relationship(lazy="raise", viewonly=True)


class VerifiedDocumentWithdrawal(Base):
    """An authority has taken back that it verified a paper, for a reason; append-only, once for each."""

    __tablename__ = "verified_document_withdrawals"
    __table_args__ = (CheckConstraint("reason <> ''", name="reason"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("verified_documents.id"), unique=True)
    withdrawn_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str] = mapped_column(String(600))
    created_at: Mapped[datetime]
