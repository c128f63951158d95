"""The register of mutual recognition: what the authority of one province accepts of the other, and until when."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.directory import Organisation, Place
from models.vocabulary.programmes import ProgrammeDocument, ServiceType
from models.vocabulary.recognitions import RecognitionKind


class Recognition(Base):
    """Something an authority accepts from one local day to another, both included, by a notice; append-only.

    `organisation_id` is the authority that accepts. A provider is named, for one type of service or (none) for all;
    papers and types of service are accepted from a province.
    """

    __tablename__ = "recognitions"
    __table_args__ = (
        CheckConstraint("ends_on IS NULL OR starts_on <= ends_on", name="days_in_order"),
        CheckConstraint("(kind = 'provider') = (provider_id IS NOT NULL)", name="provider"),
        CheckConstraint("(kind = 'provider') = (province IS NULL)", name="province"),
        CheckConstraint("(kind = 'document') = (document IS NOT NULL)", name="document"),
        CheckConstraint("kind <> 'service_type' OR service_type IS NOT NULL", name="service_type"),
        CheckConstraint("kind <> 'document' OR service_type IS NULL", name="one_subject"),
        Index("ix_recognitions_organisation_id", "organisation_id", "provider_id"),
        Index("ix_recognitions_provider_id", "provider_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    kind: Mapped[RecognitionKind]
    provider_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    province: Mapped[str | None] = mapped_column(ForeignKey("places.adcode"))
    document: Mapped[ProgrammeDocument | None]
    service_type: Mapped[ServiceType | None]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    notice: Mapped[str] = mapped_column(String(160))
    notice_url: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    organisation: Mapped[Organisation] = relationship(foreign_keys=[organisation_id], lazy="raise")
    provider: Mapped[Organisation | None] = relationship(foreign_keys=[provider_id], lazy="raise")
    place: Mapped[Place | None] = relationship(lazy="raise")
    ending: Mapped["RecognitionEnding | None"] = relationship(lazy="raise", viewonly=True, uselist=False)


class RecognitionEnding(Base):
    """An authority accepts something no longer than until a day, earlier than was said; append-only, once for each."""

    __tablename__ = "recognition_endings"

    id: Mapped[int] = mapped_column(primary_key=True)
    recognition_id: Mapped[int] = mapped_column(ForeignKey("recognitions.id"), unique=True)
    ends_on: Mapped[date]
    reason: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
