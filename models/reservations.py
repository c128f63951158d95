"""Reservations, blocks, and the claims on lanes that alone occupy time."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.base import Base
from models.catalogue import Instrument
from models.directory import CalendarDay
from models.vocabulary.reservations import (
    BlockKind,
    ChangeKind,
    ClaimKind,
    ConflictState,
    Direction,
    PersonRole,
    ReservationMode,
    ReservationState,
    UseOutcome,
)


class Reservation(Base):
    """A person's time on an instrument, half-open in UTC, without set-up and clean-up.

    `uid` names it in calendars for life; `sequence` rises with every change that calendars show;
    `version` rises with every change at all. A move that waits for approval is kept in `asked_*`,
    and claims then cover both times. What it costs is held in the payer account, where one was chosen;
    `uses_vouchers` is whether vouchers ever covered a part: only then anybody asks what they hold.
    """

    __tablename__ = "reservations"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="positive_length"),
        CheckConstraint("(asked_starts_at IS NULL) = (asked_ends_at IS NULL)", name="asked_whole"),
        Index("ix_reservations_instrument_id_starts_at", "instrument_id", "starts_at"),
        Index("ix_reservations_booked_by_id_starts_at", "booked_by_id", "starts_at"),
        Index("ix_reservations_state_starts_at", "state", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(64), unique=True)
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instruments.id"))
    booked_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    asked_starts_at: Mapped[datetime | None]
    asked_ends_at: Mapped[datetime | None]
    decide_by: Mapped[datetime | None]
    state: Mapped[ReservationState]
    mode: Mapped[ReservationMode]
    purpose: Mapped[str] = mapped_column(String(600), default="")
    direction: Mapped[Direction | None]
    project_name: Mapped[str] = mapped_column(String(200), default="")
    project_number: Mapped[str] = mapped_column(String(80), default="")
    sample_count: Mapped[int | None]
    payer_account_id: Mapped[int | None] = mapped_column(ForeignKey("payer_accounts.id"))
    uses_vouchers: Mapped[bool] = mapped_column(default=False, server_default=false())
    sequence: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    instrument: Mapped[Instrument] = relationship(lazy="raise")
    booked_by: Mapped[User] = relationship(lazy="raise")
    people: Mapped[list["ReservationPerson"]] = relationship(order_by="ReservationPerson.id", lazy="raise")


class ReservationPerson(Base):
    """The operator or a participant of a reservation; linked to an account when the address has one."""

    __tablename__ = "reservation_people"

    id: Mapped[int] = mapped_column(primary_key=True)
    reservation_id: Mapped[int] = mapped_column(ForeignKey("reservations.id"), index=True)
    role: Mapped[PersonRole]
    name: Mapped[str] = mapped_column(String(80))
    email: Mapped[str] = mapped_column(String(254), default="")
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)


class ReservationChange(Base):
    """One row of a reservation's history: who, when, what, why; append-only."""

    __tablename__ = "reservation_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    reservation_id: Mapped[int] = mapped_column(ForeignKey("reservations.id"), index=True)
    occurred_at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[ChangeKind]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(String(600), default="")
    actor: Mapped[User | None] = relationship(lazy="raise")


class ReservationUse(Base):
    """What came of a reservation's time, as its steward says it, once; append-only.

    What was not used has no time of use; `pieces` are counts by the place of their line in the price.
    """

    __tablename__ = "reservation_uses"
    __table_args__ = (
        CheckConstraint("(starts_at IS NULL) = (ends_at IS NULL)", name="time_whole"),
        CheckConstraint("starts_at < ends_at", name="positive_length"),
        CheckConstraint("(outcome = 'used') = (starts_at IS NOT NULL)", name="used_has_time"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reservation_id: Mapped[int] = mapped_column(ForeignKey("reservations.id"), unique=True)
    outcome: Mapped[UseOutcome]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    sample_count: Mapped[int | None]
    pieces: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    note: Mapped[str] = mapped_column(String(600), default="")
    confirmed_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    confirmed_by: Mapped[User] = relationship(lazy="raise")


class UseReminder(Base):
    """Somebody was told that a use waits to be confirmed: 1 the steward, 2 the deputy and the unit, 3 the admins.

    `sent_at` is when, the last time; the admins are told again and again. What ended before uses were confirmed here
    has a row of level 0: nobody is told of it.
    """

    __tablename__ = "use_reminders"
    __table_args__ = (UniqueConstraint("reservation_id", "level"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    reservation_id: Mapped[int] = mapped_column(ForeignKey("reservations.id"))
    level: Mapped[int]
    sent_at: Mapped[datetime]


class Block(Base):
    """Time in which an instrument, or one of its lane groups, is not to be used; may overlap others."""

    __tablename__ = "blocks"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="positive_length"),
        Index("ix_blocks_instrument_id_starts_at", "instrument_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instruments.id"))
    lane_group_id: Mapped[int] = mapped_column(ForeignKey("lane_groups.id"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    kind: Mapped[BlockKind]
    reason: Mapped[str] = mapped_column(String(300), default="")
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    instrument: Mapped[Instrument] = relationship(lazy="raise")


class BlockConflict(Base):
    """A block overlaps a reservation, or a day on which nothing is open any more was put over it.

    The steward moves it, cancels it, or keeps it for a reason: nobody is cancelled in silence.
    """

    __tablename__ = "block_conflicts"
    __table_args__ = (
        UniqueConstraint("block_id", "reservation_id"),
        UniqueConstraint("calendar_day_id", "reservation_id"),
        CheckConstraint("(block_id IS NULL) <> (calendar_day_id IS NULL)", name="one_cause"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    block_id: Mapped[int | None] = mapped_column(ForeignKey("blocks.id"))
    calendar_day_id: Mapped[int | None] = mapped_column(ForeignKey("calendar_days.id"))
    reservation_id: Mapped[int] = mapped_column(ForeignKey("reservations.id"), index=True)
    state: Mapped[ConflictState] = mapped_column(default=ConflictState.OPEN)
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str] = mapped_column(String(600), default="")
    block: Mapped[Block | None] = relationship(lazy="raise")
    calendar_day: Mapped[CalendarDay | None] = relationship(lazy="raise")
    reservation: Mapped[Reservation] = relationship(lazy="raise")


class Claim(Base):
    """One lane of an instrument is taken for a while; the only thing that occupies time.

    The half-open interval [starts_at, ends_at) is in UTC and includes set-up and clean-up, so two
    back-to-back claims share an instant without overlapping. The database refuses an overlap.
    """

    __tablename__ = "claims"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="positive_length"),
        CheckConstraint("(reservation_id IS NULL) <> (block_id IS NULL)", name="one_holder"),
        Index("ix_claims_lane_id_starts_at", "lane_id", "starts_at", "ends_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    lane_id: Mapped[int] = mapped_column(ForeignKey("lanes.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    kind: Mapped[ClaimKind]
    reservation_id: Mapped[int | None] = mapped_column(ForeignKey("reservations.id"), index=True)
    block_id: Mapped[int | None] = mapped_column(ForeignKey("blocks.id"), index=True)


class Suspension(Base):
    """A person may not book at an institution, or one instrument of it, for a while, for a stated reason."""

    __tablename__ = "suspensions"
    __table_args__ = (CheckConstraint("starts_at < ends_at", name="positive_length"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    instrument_id: Mapped[int | None] = mapped_column(ForeignKey("instruments.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(600))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]


class FeedRevision(Base):
    """A counter per feed scope that every change bumps last in its transaction; feeds answer 304 by it.

    `scope` is `mine:<user id>` or `instrument:<instrument id>`.
    """

    __tablename__ = "feed_revisions"

    scope: Mapped[str] = mapped_column(String(60), primary_key=True)
    revision: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime]
