"""Places, organisations, their units and their calendars of the year."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.vocabulary.directory import DayKind, OrganisationKind, PlaceLevel


class Place(Base):
    """A province, city or district under its six-digit code (GB/T 2260)."""

    __tablename__ = "places"

    adcode: Mapped[str] = mapped_column(String(6), primary_key=True)
    level: Mapped[PlaceLevel]
    name_zh: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(120))
    parent_adcode: Mapped[str | None] = mapped_column(ForeignKey("places.adcode"), index=True)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]


class Organisation(Base):
    """An institution, enterprise, authority or platform; abroad it has a country and no adcode."""

    __tablename__ = "organisations"
    __table_args__ = (CheckConstraint("country <> 'CN' OR adcode IS NOT NULL", name="placed"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name_zh: Mapped[str] = mapped_column(String(200), unique=True)
    name_en: Mapped[str] = mapped_column(String(200), default="")
    kind: Mapped[OrganisationKind]
    country: Mapped[str] = mapped_column(String(2), default="CN")
    adcode: Mapped[str | None] = mapped_column(ForeignKey("places.adcode"), index=True)
    uscc: Mapped[str | None] = mapped_column(String(18), unique=True)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    coordinate_precision: Mapped[str] = mapped_column(String(80), default="")
    website: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class Unit(Base):
    """A school, centre or laboratory within an organisation; one that was removed stays for the books and the log."""

    __tablename__ = "units"
    __table_args__ = (UniqueConstraint("organisation_id", "name_zh"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200), default="")
    version: Mapped[int] = mapped_column(default=1)
    removed_at: Mapped[datetime | None]
    organisation: Mapped[Organisation] = relationship(lazy="raise")


class CalendarDay(Base):
    """A day that is not an ordinary one, for everybody (no organisation) or for one organisation.

    Unconfirmed days come from a forecast and are shown as provisional. `runs_as` is the ISO weekday
    whose hours hold on a day that runs as another one.
    """

    __tablename__ = "calendar_days"
    __table_args__ = (
        Index(
            "uq_calendar_days_national",
            "day",
            unique=True,
            sqlite_where=text("organisation_id IS NULL"),
            postgresql_where=text("organisation_id IS NULL"),
        ),
        UniqueConstraint("organisation_id", "day"),
        CheckConstraint("(kind = 'runs_as') = (runs_as IS NOT NULL)", name="runs_as_a_day"),
        CheckConstraint("runs_as IS NULL OR runs_as BETWEEN 1 AND 7", name="weekday"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    day: Mapped[date]
    kind: Mapped[DayKind]
    runs_as: Mapped[int | None]
    name_zh: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(120), default="")
    is_confirmed: Mapped[bool] = mapped_column(default=True)
