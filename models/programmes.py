"""Voucher programmes: one authority's policy of one year, and the versions of what it says."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.directory import Organisation
from models.vocabulary.programmes import BearsDifference, BorderWay, CountsOn, RedeemedBy, ReservesBudget


class Programme(Base):
    """The policy on vouchers that an authority has for one year; another year is another row.

    `organisation_id` is the authority. What it says stands in its versions; `version` counts them. `runs_at` names the
    system of others in which its vouchers live (科创通): here they are registered, and nothing is paid; empty: ours.
    """

    __tablename__ = "programmes"
    __table_args__ = (
        UniqueConstraint("organisation_id", "year", "name_zh"),
        CheckConstraint("year BETWEEN 2000 AND 2099", name="year"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    year: Mapped[int]
    name_zh: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(160), default="")
    runs_at: Mapped[str] = mapped_column(String(20), default="")
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    organisation: Mapped[Organisation] = relationship(lazy="raise")


class ProgrammeVersion(Base):
    """What a programme says from a local day on, until the next version; append-only.

    Of several versions for one day the highest number holds. Money is fen. `shares` has the highest share in basis
    points by service type, `windows` the batches, `marks` for each value whether it is sourced and by which text.
    A voucher, a hold and a redemption keep the version under which they were made.
    """

    __tablename__ = "programme_versions"
    __table_args__ = (
        UniqueConstraint("programme_id", "number"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("year_cap_fen > 0 AND (budget_fen IS NULL OR budget_fen > 0)", name="amounts"),
        CheckConstraint("counts_from <= use_by AND use_by <= redeem_by", name="days_in_order"),
        CheckConstraint("valid_days IS NULL OR valid_days > 0", name="valid_days"),
        CheckConstraint("notice_days >= 0", name="notice_days"),
        CheckConstraint("review_days > 0", name="review_days"),
        CheckConstraint("pay_days > 0", name="pay_days"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    number: Mapped[int]
    valid_from: Mapped[date]
    notice: Mapped[str] = mapped_column(String(100), default="")
    notice_url: Mapped[str] = mapped_column(String(300), default="")
    shares: Mapped[dict[str, int]] = mapped_column(JSON)
    year_cap_fen: Mapped[int] = mapped_column(BigInteger)
    budget_fen: Mapped[int | None] = mapped_column(BigInteger)
    counts_from: Mapped[date]
    use_by: Mapped[date]
    redeem_by: Mapped[date]
    valid_days: Mapped[int | None]
    documents: Mapped[list[str]] = mapped_column(JSON)
    exclusions: Mapped[list[str]] = mapped_column(JSON)
    redeemed_by: Mapped[RedeemedBy]
    reserves_budget: Mapped[ReservesBudget]
    counts_on: Mapped[CountsOn]
    bears_difference: Mapped[BearsDifference]
    border_way: Mapped[BorderWay]
    windows: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    notice_days: Mapped[int]
    review_days: Mapped[int] = mapped_column(default=5)
    pay_days: Mapped[int] = mapped_column(default=5)
    marks: Mapped[dict[str, dict[str, Any]]] = mapped_column(JSON)
    note_zh: Mapped[str] = mapped_column(String(1000), default="")
    note_en: Mapped[str] = mapped_column(String(1000), default="")
    reason: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    programme: Mapped[Programme] = relationship(lazy="raise")
