"""What the search knows: one compact row for each published instrument, and how often they changed.

The text itself is in `instrument_texts`, made by the migration: FTS5 on SQLite, tsvector on PostgreSQL.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.vocabulary.catalogue import BookingMode
from models.vocabulary.programmes import ServiceType


class InstrumentListing(Base):
    """A published instrument as facets see it; an unpublished one has no row, so it leaks in no count.

    Classes are the path down the national classification; places the path province, city, district
    (none abroad). `opening_hours` is canonical, so that instruments with the same hours have the same
    text. `photo_id` is the first photo that everybody may see.
    `revision` is the state of the search that the row belongs to.
    """

    __tablename__ = "instrument_listings"

    instrument_id: Mapped[int] = mapped_column(ForeignKey("instruments.id", ondelete="CASCADE"), primary_key=True)
    revision: Mapped[int] = mapped_column(index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    class_1: Mapped[str | None] = mapped_column(String(6))
    class_2: Mapped[str | None] = mapped_column(String(6))
    class_3: Mapped[str | None] = mapped_column(String(6))
    province: Mapped[str | None] = mapped_column(String(6))
    city: Mapped[str | None] = mapped_column(String(6))
    district: Mapped[str | None] = mapped_column(String(6))
    booking_mode: Mapped[BookingMode]
    is_in_service: Mapped[bool]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    name_key: Mapped[str] = mapped_column(String(160))
    name_length: Mapped[int]
    opening_hours: Mapped[str]
    closes_on_holidays: Mapped[bool]
    hides_free_time: Mapped[bool]
    service_type: Mapped[ServiceType]
    added_at: Mapped[datetime]
    photo_id: Mapped[int | None]


class ListingRemoval(Base):
    """An instrument that left the search, and with which revision."""

    __tablename__ = "listing_removals"

    instrument_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(index=True)


class ListingRevision(Base):
    """The one counter that every change of a listing bumps; `epoch` tells one database from another."""

    __tablename__ = "listing_revisions"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    epoch: Mapped[str] = mapped_column(String(32))
    revision: Mapped[int]
