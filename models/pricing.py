"""What instruments cost: one row per place, user group and day, and the quotes that reservations were made on."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.affiliations import UserGroup
from models.base import Base
from models.vocabulary.pricing import BilledOn, Offer, Rounding
from models.vocabulary.reservations import ReservationMode


class PricePolicy(Base):
    """What an instrument, or what a unit has, costs one user group from a local day until the next row; append-only.

    Of several rows for one day the highest revision holds. Money is fen, shares are basis points, `peak_hours`
    is the text of a week; `extras` and `packages` are lists of values as the rules read them.
    """

    __tablename__ = "price_policies"
    __table_args__ = (
        UniqueConstraint(
            "instrument_id", "user_group_id", "valid_from", "revision", name="uq_price_policies_instrument_version"
        ),
        UniqueConstraint("unit_id", "user_group_id", "valid_from", "revision", name="uq_price_policies_unit_version"),
        Index("ix_price_policies_user_group_id", "user_group_id"),
        CheckConstraint("(instrument_id IS NULL) <> (unit_id IS NULL)", name="one_place"),
        CheckConstraint("(peak_hourly_fen IS NULL) = (peak_hours = '')", name="peak_whole"),
        CheckConstraint(
            "hourly_fen >= 0 AND (peak_hourly_fen IS NULL OR peak_hourly_fen >= 0) AND minimum_fen >= 0 "
            "AND setup_fen >= 0 AND staff_hourly_fen >= 0 AND sample_fen >= 0",
            name="amounts",
        ),
        CheckConstraint("step_minutes IN (1, 5, 10, 15, 30, 60)", name="step"),
        CheckConstraint(
            "cancel_hours >= 0 AND cancel_share BETWEEN 0 AND 10000 AND no_show_share BETWEEN 0 AND 10000",
            name="shares",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    instrument_id: Mapped[int | None] = mapped_column(ForeignKey("instruments.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    user_group_id: Mapped[int] = mapped_column(ForeignKey("user_groups.id"))
    valid_from: Mapped[date]
    revision: Mapped[int] = mapped_column(default=1)
    offer: Mapped[Offer]
    hourly_fen: Mapped[int] = mapped_column(default=0)
    peak_hourly_fen: Mapped[int | None]
    peak_hours: Mapped[str] = mapped_column(String(1000), default="")
    minimum_fen: Mapped[int] = mapped_column(default=0)
    setup_fen: Mapped[int] = mapped_column(default=0)
    staff_hourly_fen: Mapped[int] = mapped_column(default=0)
    sample_fen: Mapped[int] = mapped_column(default=0)
    step_minutes: Mapped[int] = mapped_column(default=1)
    rounding: Mapped[Rounding] = mapped_column(default=Rounding.FEN)
    billed_on: Mapped[BilledOn] = mapped_column(default=BilledOn.BOOKED)
    cancel_hours: Mapped[int] = mapped_column(default=24)
    cancel_share: Mapped[int] = mapped_column(default=0)
    no_show_share: Mapped[int] = mapped_column(default=0)
    extras: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    packages: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    note_zh: Mapped[str] = mapped_column(String(600), default="")
    note_en: Mapped[str] = mapped_column(String(600), default="")
    reason: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user_group: Mapped[UserGroup] = relationship(lazy="raise")


class ReservationQuote(Base):
    """What a reservation was quoted for a time, by which row of prices; a move makes another one; append-only.

    The one that counts is the last for the time that the reservation has.
    """

    __tablename__ = "reservation_quotes"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="positive_length"),
        CheckConstraint("total_fen >= 0", name="amount"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reservation_id: Mapped[int] = mapped_column(ForeignKey("reservations.id"), index=True)
    price_policy_id: Mapped[int] = mapped_column(ForeignKey("price_policies.id"), index=True)
    user_group_id: Mapped[int] = mapped_column(ForeignKey("user_groups.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    mode: Mapped[ReservationMode]
    sample_count: Mapped[int | None]
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    total_fen: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    policy: Mapped[PricePolicy] = relationship(lazy="raise")
    user_group: Mapped[UserGroup] = relationship(lazy="raise")
