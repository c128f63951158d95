"""Who looks after an instrument, where it stands and whose it is, with the days from which that holds."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from models.base import Base
from models.catalogue import Instrument
from models.directory import Organisation, Unit
from models.vocabulary.custody import OwnerChangeState, StewardRank

IS_OPEN = text("state IN ('proposed', 'accepted')")


class KeptByOwner:
    """What was over when the instrument went to another institution stays with the one that had it, and its unit."""

    kept_by_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    kept_unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))

    @declared_attr
    @classmethod
    def kept_by(cls) -> Mapped[Organisation | None]:
        """The institution that had the instrument then."""
        return relationship(foreign_keys=f"{cls.__name__}.kept_by_id", lazy="raise")


class Stewardship(Base):
    """A steward of the instrument is its primary or its deputy; counts while their grant holds."""

    __tablename__ = "stewardships"
    __table_args__ = (UniqueConstraint("instrument_id", "user_id"),)

    instrument_id: Mapped[int] = mapped_column(ForeignKey("instruments.id"), primary_key=True)
    rank: Mapped[StewardRank] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)


class InstrumentPlace(Base):
    """Where an instrument stands from a local day on, until the next row; a future one waits for its day.

    What the record itself says is the current place: it is copied here when the instrument moves on.
    """

    __tablename__ = "instrument_places"
    __table_args__ = (UniqueConstraint("instrument_id", "starts_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instruments.id"))
    starts_on: Mapped[date] = mapped_column(index=True)
    adcode: Mapped[str | None] = mapped_column(ForeignKey("places.adcode"))
    street: Mapped[str] = mapped_column(String(200), default="")
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    note: Mapped[str] = mapped_column(String(600), default="")
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    recorded_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]


class OwnerChange(Base):
    """One institution gives an instrument to another from a local day on; an instrument has one open at most.

    The record itself says who owns it now; the applied changes are the history of its owners. Unit and inner
    number are those that the receiving institution chose.
    """

    __tablename__ = "owner_changes"
    __table_args__ = (
        CheckConstraint("from_organisation_id <> to_organisation_id", name="two_owners"),
        Index("uq_owner_changes_open", "instrument_id", unique=True, sqlite_where=IS_OPEN, postgresql_where=IS_OPEN),
        Index("ix_owner_changes_instrument_id", "instrument_id", "applied_at"),
        Index("ix_owner_changes_from", "from_organisation_id", "state"),
        Index("ix_owner_changes_to", "to_organisation_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instruments.id"))
    from_organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    to_organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    to_unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    to_inner_id: Mapped[str | None] = mapped_column(String(150))
    starts_on: Mapped[date]
    reason: Mapped[str] = mapped_column(String(600))
    state: Mapped[OwnerChangeState] = mapped_column(default=OwnerChangeState.PROPOSED)
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    proposed_at: Mapped[datetime]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    answered_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(String(600), default="")
    applied_at: Mapped[datetime | None]
    instrument: Mapped[Instrument] = relationship(lazy="raise")
    giver: Mapped[Organisation] = relationship(foreign_keys=[from_organisation_id], lazy="raise")
    receiver: Mapped[Organisation] = relationship(foreign_keys=[to_organisation_id], lazy="raise")
    unit: Mapped[Unit | None] = relationship(lazy="raise")
