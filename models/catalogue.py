"""The instrument record with the national platform's fields, its lanes, hours and booking policy."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.directory import Organisation, Unit
from models.vocabulary.catalogue import (
    Acquisition,
    BelongsTo,
    BookingMode,
    ContactVisibility,
    Funding,
    InstrumentKind,
    PublishingState,
    ReportMark,
    RunningState,
    ShareMode,
)
from models.vocabulary.programmes import ServiceType

SERVICE_TYPES = f"service_type IN ({', '.join(repr(one.value) for one in ServiceType)})"


class InstrumentClass(Base):
    """A node of the national classification: 15 classes, 93 groups, 631 kinds; six digits."""

    __tablename__ = "instrument_classes"

    code: Mapped[str] = mapped_column(String(6), primary_key=True)
    name_zh: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(100))
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("instrument_classes.code"), index=True)
    level: Mapped[int]


class Subject(Base):
    """A discipline (GB/T 13745)."""

    __tablename__ = "subjects"

    code: Mapped[str] = mapped_column(String(3), primary_key=True)
    name_zh: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(120))


class Instrument(Base):
    """One catalogue record; lengths and codes are the national platform's (NRII).

    A draft needs a name in either language and an institution; the original value is in fen.
    `cleared_at` is when what the public reads was last let through, by two reviewers or the command line.
    `inherits` names, between spaces, what is taken from the unit or the institution instead of its own columns.
    `service_type` is what its use is to a voucher, which pays another share of each.
    """

    __tablename__ = "instruments"
    __table_args__ = (
        UniqueConstraint("organisation_id", "inner_id"),
        CheckConstraint("name_zh <> '' OR name_en <> ''", name="named"),
        CheckConstraint("original_value_fen IS NULL OR original_value_fen >= 0", name="value_not_negative"),
        CheckConstraint(SERVICE_TYPES, name="service_type"),
        Index("ix_instruments_publishing_state", "publishing_state", "organisation_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"), index=True)
    inner_id: Mapped[str | None] = mapped_column(String(150))
    name_zh: Mapped[str] = mapped_column(String(300), default="")
    name_en: Mapped[str] = mapped_column(String(100), default="")
    class_code: Mapped[str | None] = mapped_column(ForeignKey("instrument_classes.code"), index=True)
    subject_code: Mapped[str | None] = mapped_column(ForeignKey("subjects.code"))
    belongs_to: Mapped[BelongsTo] = mapped_column(default=BelongsTo.NONE)
    belongs_to_name: Mapped[str] = mapped_column(String(200), default="")
    adcode: Mapped[str | None] = mapped_column(ForeignKey("places.adcode"))
    street: Mapped[str] = mapped_column(String(200), default="")
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    original_value_fen: Mapped[int | None]
    acquisition: Mapped[Acquisition | None]
    kind: Mapped[InstrumentKind | None]
    service_type: Mapped[ServiceType] = mapped_column(default=ServiceType.INSTRUMENT_SHARING)
    funding: Mapped[Funding | None]
    country: Mapped[str] = mapped_column(String(2), default="")
    model: Mapped[str] = mapped_column(String(300), default="")
    manufacturer: Mapped[str] = mapped_column(String(150), default="")
    accepted_on: Mapped[date | None]
    in_use_since: Mapped[date | None]
    indicators_zh: Mapped[str] = mapped_column(String(1500), default="")
    indicators_en: Mapped[str] = mapped_column(String(3000), default="")
    functions_zh: Mapped[str] = mapped_column(String(900), default="")
    functions_en: Mapped[str] = mapped_column(String(1800), default="")
    user_rules_zh: Mapped[str] = mapped_column(String(1500), default="")
    user_rules_en: Mapped[str] = mapped_column(String(3000), default="")
    fees_zh: Mapped[str] = mapped_column(String(1500), default="")
    fees_en: Mapped[str] = mapped_column(String(3000), default="")
    services_zh: Mapped[str] = mapped_column(String(600), default="")
    services_en: Mapped[str] = mapped_column(String(1200), default="")
    url: Mapped[str] = mapped_column(String(100), default="")
    yearly_running_hours: Mapped[int | None]
    yearly_service_hours: Mapped[int | None]
    contact_name: Mapped[str] = mapped_column(String(80), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    postcode: Mapped[str] = mapped_column(String(6), default="")
    contact_visibility: Mapped[ContactVisibility] = mapped_column(default=ContactVisibility.PUBLIC)
    customs_declaration: Mapped[str] = mapped_column(String(60), default="")
    customs_released_on: Mapped[date | None]
    customs_supervised_until: Mapped[date | None]
    running_state: Mapped[RunningState] = mapped_column(default=RunningState.NORMAL)
    share_mode: Mapped[ShareMode] = mapped_column(default=ShareMode.EXTERNAL)
    not_shared_reason: Mapped[str] = mapped_column(String(600), default="")
    not_shared_approved_by: Mapped[str] = mapped_column(String(80), default="")
    booking_mode: Mapped[BookingMode] = mapped_column(default=BookingMode.ON_REQUEST)
    booking_url: Mapped[str] = mapped_column(String(300), default="")
    publishing_state: Mapped[PublishingState] = mapped_column(default=PublishingState.DRAFT)
    withheld_reason: Mapped[str] = mapped_column(String(600), default="")
    first_published_at: Mapped[datetime | None]
    cleared_at: Mapped[datetime | None]
    hides_free_time: Mapped[bool] = mapped_column(default=False)
    hides_position: Mapped[bool] = mapped_column(default=False)
    is_sample: Mapped[bool] = mapped_column(default=False)
    provenance: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    inherits: Mapped[str] = mapped_column(String(400), default="")
    organisation: Mapped[Organisation] = relationship(lazy="raise")
    unit: Mapped[Unit | None] = relationship(lazy="raise")


class TestItem(Base):
    """Something an instrument can test: name, standard, range, price in words, days until the report.

    Of a published record, an item that is added waits as a whole (`is_held`) and an edited one has its new
    values in `proposed`, until reviewers let them through.
    """

    __tablename__ = "test_items"
    __test__ = False

    id: Mapped[int] = mapped_column(primary_key=True)
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instruments.id"), index=True)
    position: Mapped[int]
    name_zh: Mapped[str] = mapped_column(String(200), default="")
    name_en: Mapped[str] = mapped_column(String(200), default="")
    standard: Mapped[str] = mapped_column(String(200), default="")
    range_zh: Mapped[str] = mapped_column(String(300), default="")
    range_en: Mapped[str] = mapped_column(String(300), default="")
    price_zh: Mapped[str] = mapped_column(String(200), default="")
    price_en: Mapped[str] = mapped_column(String(200), default="")
    turnaround_days: Mapped[int | None]
    report_mark: Mapped[ReportMark] = mapped_column(default=ReportMark.NONE)
    is_held: Mapped[bool] = mapped_column(default=False)
    proposed: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class LaneGroup(Base):
    """Positions of which one user at a time takes one: an instrument's own, or shared by several."""

    __tablename__ = "lane_groups"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    own_instrument_id: Mapped[int | None] = mapped_column(ForeignKey("instruments.id"), unique=True)
    name: Mapped[str] = mapped_column(String(100), default="")
    lanes: Mapped[list["Lane"]] = relationship(order_by="Lane.position", lazy="raise")


class Lane(Base):
    """A position that one user at a time can occupy."""

    __tablename__ = "lanes"
    __table_args__ = (UniqueConstraint("lane_group_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    lane_group_id: Mapped[int] = mapped_column(ForeignKey("lane_groups.id"))
    position: Mapped[int]
    retired_at: Mapped[datetime | None]


class InstrumentLaneGroup(Base):
    """The instrument needs one free lane of this group."""

    __tablename__ = "instrument_lane_groups"

    instrument_id: Mapped[int] = mapped_column(ForeignKey("instruments.id"), primary_key=True)
    lane_group_id: Mapped[int] = mapped_column(ForeignKey("lane_groups.id"), primary_key=True, index=True)


class BookingPolicy(Base):
    """The numbers a booking must keep; every one a default that the owner changes.

    `slots` are fixed times instead of a grid, in the words of opening hours; empty means the grid.
    """

    __tablename__ = "booking_policies"
    __table_args__ = (
        CheckConstraint("grid_minutes IN (5, 10, 15, 30, 60)", name="grid"),
        CheckConstraint("shortest_minutes > 0 AND shortest_minutes <= longest_minutes", name="lengths"),
        CheckConstraint("notice_minutes >= 0 AND horizon_days > 0", name="reach"),
        CheckConstraint("setup_minutes >= 0 AND cleanup_minutes >= 0", name="buffers"),
        CheckConstraint("decision_days > 0", name="decision"),
        CheckConstraint("allows_self OR allows_assisted", name="some_mode"),
    )

    instrument_id: Mapped[int] = mapped_column(ForeignKey("instruments.id"), primary_key=True)
    grid_minutes: Mapped[int] = mapped_column(default=30)
    shortest_minutes: Mapped[int] = mapped_column(default=30)
    longest_minutes: Mapped[int] = mapped_column(default=480)
    notice_minutes: Mapped[int] = mapped_column(default=0)
    horizon_days: Mapped[int] = mapped_column(default=60)
    setup_minutes: Mapped[int] = mapped_column(default=0)
    cleanup_minutes: Mapped[int] = mapped_column(default=0)
    needs_approval: Mapped[bool] = mapped_column(default=False)
    needs_payer: Mapped[bool] = mapped_column(default=False)
    decision_days: Mapped[int] = mapped_column(default=3)
    allows_self: Mapped[bool] = mapped_column(default=True)
    allows_assisted: Mapped[bool] = mapped_column(default=True)
    closes_on_holidays: Mapped[bool] = mapped_column(default=True)
    slots: Mapped[str] = mapped_column(String(1000), default="")


class SharedSettings(Base):
    """What an institution (no unit) or one of its units sets once for the instruments that inherit it.

    `policy` holds the booking rules that are set, by the names of `BookingPolicy`; `opening_hours` is the
    text of a week, None when it is not set. Whoever gives a name, phone or address gives the whole contact.
    """

    __tablename__ = "shared_settings"
    __table_args__ = (
        Index(
            "uq_shared_settings_organisation",
            "organisation_id",
            unique=True,
            sqlite_where=text("unit_id IS NULL"),
            postgresql_where=text("unit_id IS NULL"),
        ),
        Index("ix_shared_settings_organisation_id", "organisation_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"), unique=True)
    policy: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    opening_hours: Mapped[str | None] = mapped_column(String(1000))
    contact_name: Mapped[str] = mapped_column(String(80), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    postcode: Mapped[str] = mapped_column(String(6), default="")
    contact_visibility: Mapped[ContactVisibility | None]
    version: Mapped[int] = mapped_column(default=1)


class OpeningHours(Base):
    """Open on an ISO weekday (1 Monday … 7 Sunday) between two local minutes of the day; 1440 is midnight."""

    __tablename__ = "opening_hours"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
        CheckConstraint("opens_minute >= 0 AND opens_minute < closes_minute", name="in_order"),
        CheckConstraint("closes_minute <= 1440", name="within_day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instruments.id"), index=True)
    weekday: Mapped[int]
    opens_minute: Mapped[int]
    closes_minute: Mapped[int]
