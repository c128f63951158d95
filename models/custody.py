"""Who looks after an instrument, where it stands and whose it is, with the days from which that holds."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.vocabulary.custody import StewardRank


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
