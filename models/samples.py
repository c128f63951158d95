"""Sample orders: what is sent, what it was quoted, what was tested, and what came of it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.attachments import Attachment
from models.base import Base
from models.catalogue import Instrument
from models.custody import KeptByOwner
from models.directory import Organisation
from models.reservations import Reservation
from models.vocabulary.samples import Leftover, ReportKind, SampleOrderState, SampleState, SampleStep


class SampleOrder(KeptByOwner, Base):
    """Samples that the staff of an instrument test for somebody, or for a firm whose agents then stand on that side.

    `tests` holds the chosen test items as they were named on the day. `number` is given on acceptance,
    `quoted_until` is the last day of the last quote, `queued_at` decides the place in the queue. `accepted_by_id` is
    who accepted the quote and is charged for it, from `payer_account_id` if one was chosen; nobody for orders from
    before that was kept. `answer_by` is when silence accepts complete results. Where `is_withheld` was agreed with the
    quote its results are for whoever asked from `released_at` on, or once the charge is paid.
    """

    __tablename__ = "sample_orders"
    __table_args__ = (
        CheckConstraint("sample_count BETWEEN 1 AND 200", name="sample_count"),
        CheckConstraint("leftover <> 'return' OR return_address <> ''", name="return_address"),
        CheckConstraint("state <> 'quoted' OR quoted_until IS NOT NULL", name="quoted"),
        CheckConstraint("state <> 'queued' OR queued_at IS NOT NULL", name="queued"),
        CheckConstraint("(given_back IS NULL) = (given_back_at IS NULL)", name="given_back"),
        Index("ix_sample_orders_instrument_id", "instrument_id", "state", "queued_at"),
        Index("ix_sample_orders_requested_by_id", "requested_by_id", "changed_at"),
        Index("ix_sample_orders_organisation_id", "organisation_id", "changed_at"),
        Index("ix_sample_orders_state", "state", "quoted_until"),
        Index("ix_sample_orders_answer_by", "state", "answer_by"),
        CheckConstraint("answer_by IS NULL OR state = 'reported'", name="answer_by"),
        CheckConstraint("released_at IS NULL OR is_withheld", name="released"),
        CheckConstraint("payer_account_id IS NULL OR accepted_by_id IS NOT NULL", name="payer"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str | None] = mapped_column(String(30), unique=True)
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instruments.id"))
    requested_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    state: Mapped[SampleOrderState]
    title: Mapped[str] = mapped_column(String(200))
    sample_count: Mapped[int]
    description: Mapped[str] = mapped_column(String(2000), default="")
    tests: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    other_tests: Mapped[str] = mapped_column(String(600), default="")
    hazards: Mapped[list[str]] = mapped_column(JSON, default=list)
    hazard_note: Mapped[str] = mapped_column(String(600), default="")
    leftover: Mapped[Leftover]
    return_address: Mapped[str] = mapped_column(String(300), default="")
    report: Mapped[ReportKind]
    due_on: Mapped[date | None]
    quoted_until: Mapped[date | None]
    accepted_at: Mapped[datetime | None]
    accepted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    payer_account_id: Mapped[int | None] = mapped_column(ForeignKey("payer_accounts.id"), index=True)
    courier: Mapped[str] = mapped_column(String(60), default="")
    tracking_number: Mapped[str] = mapped_column(String(60), default="")
    received_at: Mapped[datetime | None]
    queued_at: Mapped[datetime | None]
    answer_by: Mapped[datetime | None]
    is_withheld: Mapped[bool] = mapped_column(default=False)
    released_at: Mapped[datetime | None]
    given_back: Mapped[Leftover | None]
    given_back_at: Mapped[datetime | None]
    return_courier: Mapped[str] = mapped_column(String(60), default="")
    return_number: Mapped[str] = mapped_column(String(60), default="")
    requested_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    instrument: Mapped[Instrument] = relationship(lazy="raise")
    requested_by: Mapped[User] = relationship(foreign_keys=[requested_by_id], lazy="raise")
    accepted_by: Mapped[User | None] = relationship(foreign_keys=[accepted_by_id], lazy="raise")
    organisation: Mapped[Organisation | None] = relationship(foreign_keys=[organisation_id], lazy="raise")


class Sample(Base):
    """One sample of an order; `mark` is what the requester wrote on it, `condition` what staff saw."""

    __tablename__ = "samples"
    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        CheckConstraint("position > 0", name="position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("sample_orders.id"))
    position: Mapped[int]
    mark: Mapped[str] = mapped_column(String(80), default="")
    state: Mapped[SampleState]
    condition: Mapped[str] = mapped_column(String(300), default="")


class SampleQuote(Base):
    """What an order was quoted, line by line; another quote is another row, the last one counts; append-only."""

    __tablename__ = "sample_quotes"
    __table_args__ = (CheckConstraint("total_fen >= 0", name="amount"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("sample_orders.id"), index=True)
    price_policy_id: Mapped[int | None] = mapped_column(ForeignKey("price_policies.id"), index=True)
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    total_fen: Mapped[int] = mapped_column(BigInteger)
    valid_until: Mapped[date]
    reason: Mapped[str] = mapped_column(String(300), default="")
    note: Mapped[str] = mapped_column(String(1000), default="")
    made_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime]


class SampleOrderStep(Base):
    """One step of an order: who, when, from where to where, why; append-only.

    `facts` are what is counted later: of an order that is cancelled midway, what had been done.
    """

    __tablename__ = "sample_order_steps"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("sample_orders.id"), index=True)
    occurred_at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    step: Mapped[SampleStep]
    state: Mapped[SampleOrderState]
    reason: Mapped[str] = mapped_column(String(600), default="")
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    actor: Mapped[User | None] = relationship(lazy="raise")


class SampleMessage(Base):
    """What one side wrote; never changed. With `removed_file`, why the staff took that file away."""

    __tablename__ = "sample_messages"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("sample_orders.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    is_staff: Mapped[bool]
    text: Mapped[str] = mapped_column(String(4000))
    removed_file: Mapped[str] = mapped_column(String(160), default="")
    written_at: Mapped[datetime]
    author: Mapped[User] = relationship(lazy="raise")


class SampleRun(Base):
    """Time that staff take on an instrument to test samples, of several orders at once; the reservation holds it."""

    __tablename__ = "sample_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instruments.id"), index=True)
    reservation_id: Mapped[int] = mapped_column(ForeignKey("reservations.id"), unique=True)
    started_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    note: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime]
    reservation: Mapped[Reservation] = relationship(lazy="raise")


class SampleRunOrder(Base):
    """An order whose samples are tested in a run."""

    __tablename__ = "sample_run_orders"

    run_id: Mapped[int] = mapped_column(ForeignKey("sample_runs.id"), primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("sample_orders.id"), primary_key=True, index=True)


class SampleResult(Base):
    """A file with results of some samples (none named: of all), and the number of the report; append-only."""

    __tablename__ = "sample_results"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("sample_orders.id"), index=True)
    attachment_id: Mapped[int] = mapped_column(ForeignKey("attachments.id"), index=True)
    report_number: Mapped[str] = mapped_column(String(60), default="")
    positions: Mapped[list[int]] = mapped_column(JSON, default=list)
    is_final: Mapped[bool]
    note: Mapped[str] = mapped_column(String(1000), default="")
    made_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime]
    attachment: Mapped[Attachment] = relationship(lazy="raise")
