"""Order forms that were accepted, as papers of their own: their numbers, and what they said then."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.contracts import ContractText


class OrderFormSeries(Base):
    """The last number that an institution gave an order form in a year; whoever locks the row gives the next one."""

    __tablename__ = "order_form_series"

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), primary_key=True, autoincrement=False)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_number: Mapped[int] = mapped_column(default=0)


class OrderForm(Base):
    """What somebody accepted by a click for one use, under a number without gaps of its institution and year;
    append-only.

    `told` is what everybody and everything was called then, and the facts of the use that were seen. `party_id` is the
    organisation in whose name it was accepted. What the use costs or rests on since is told by its last agreement.
    """

    __tablename__ = "order_forms"
    __table_args__ = (
        UniqueConstraint("organisation_id", "year", "number"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("(reservation_id IS NULL) <> (sample_order_id IS NULL)", name="one_use"),
        CheckConstraint("amount_fen >= 0", name="amount"),
        Index("ix_order_forms_reservation_id", "reservation_id", "id"),
        Index("ix_order_forms_sample_order_id", "sample_order_id", "id"),
        Index("ix_order_forms_user_id", "user_id", "id"),
        Index("ix_order_forms_party_id", "party_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    year: Mapped[int]
    number: Mapped[int]
    reservation_id: Mapped[int | None] = mapped_column(ForeignKey("reservations.id"))
    sample_order_id: Mapped[int | None] = mapped_column(ForeignKey("sample_orders.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    party_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    text_id: Mapped[int] = mapped_column(ForeignKey("contract_texts.id"))
    accepted_at: Mapped[datetime]
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    told: Mapped[dict[str, Any]] = mapped_column(JSON)
    text: Mapped[ContractText] = relationship(lazy="raise")
