"""Contracts with outside users: their texts by version, the contracts, who signed them, and what happened to them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.attachments import Attachment
from models.base import Base
from models.catalogue import Instrument
from models.directory import Organisation
from models.vocabulary.contracts import (
    NEEDY,
    ContractScope,
    ContractSide,
    ContractState,
    ContractStep,
    Need,
    SignatureKind,
)


class ContractText(Base):
    """What an institution agrees on with outside users, topic by topic in both languages; another version is another
    row, the highest number counts; append-only.

    `clauses` has the Chinese and the English of each of the six topics. Nobody made the text of the platform.
    """

    __tablename__ = "contract_texts"
    __table_args__ = (UniqueConstraint("organisation_id", "number"), CheckConstraint("number > 0", name="number"))

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    number: Mapped[int]
    clauses: Mapped[dict[str, dict[str, str]]] = mapped_column(JSON)
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime]
    made_by: Mapped[User | None] = relationship(lazy="raise")


class Contract(Base):
    """What an institution and another organisation agree on, from one local day to another, both included.

    It covers every use of the institution, of one instrument, or one sample order; up to `amount_fen` in all, where
    that is set. How both are called and their codes are kept as they were when it was sent last. The party knows of
    it once it was sent, or when it asked for it. Once signed, its terms are frozen by the database.
    """

    __tablename__ = "contracts"
    __table_args__ = (
        UniqueConstraint("organisation_id", "number"),
        CheckConstraint("starts_on <= ends_on", name="days_in_order"),
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint("organisation_id <> party_id", name="two_parties"),
        CheckConstraint("(scope = 'instrument') = (instrument_id IS NOT NULL)", name="instrument"),
        CheckConstraint("(scope = 'sample_order') = (sample_order_id IS NOT NULL)", name="sample_order"),
        CheckConstraint("state <> 'signed' OR signed_at IS NOT NULL", name="signed"),
        Index("ix_contracts_organisation_id", "organisation_id", "state", "ends_on"),
        Index("ix_contracts_party_id", "party_id", "state", "ends_on"),
        Index("ix_contracts_state", "state", "ends_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    party_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    party_name: Mapped[str] = mapped_column(String(200))
    party_name_en: Mapped[str] = mapped_column(String(200), default="")
    party_uscc: Mapped[str] = mapped_column(String(18), default="")
    owner_name: Mapped[str] = mapped_column(String(200), default="")
    owner_name_en: Mapped[str] = mapped_column(String(200), default="")
    owner_uscc: Mapped[str] = mapped_column(String(18), default="")
    scope: Mapped[ContractScope]
    instrument_id: Mapped[int | None] = mapped_column(ForeignKey("instruments.id"), index=True)
    sample_order_id: Mapped[int | None] = mapped_column(ForeignKey("sample_orders.id"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    amount_fen: Mapped[int | None] = mapped_column(BigInteger)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    remark: Mapped[str] = mapped_column(String(1000), default="")
    text_id: Mapped[int] = mapped_column(ForeignKey("contract_texts.id"))
    state: Mapped[ContractState]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    sent_at: Mapped[datetime | None]
    signed_at: Mapped[datetime | None]
    ending_told_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    organisation: Mapped[Organisation] = relationship(foreign_keys=[organisation_id], lazy="raise")
    party: Mapped[Organisation] = relationship(foreign_keys=[party_id], lazy="raise")
    instrument: Mapped[Instrument | None] = relationship(lazy="raise")
    text: Mapped[ContractText] = relationship(lazy="raise")


class ContractSignature(Base):
    """The file that proves that one side signed; append-only, one for each side.

    `handed_in_by` is the side whose people uploaded it: the institution may do so for both.
    """

    __tablename__ = "contract_signatures"
    __table_args__ = (UniqueConstraint("contract_id", "side"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    side: Mapped[ContractSide]
    handed_in_by: Mapped[ContractSide]
    kind: Mapped[SignatureKind]
    signed_on: Mapped[date]
    attachment_id: Mapped[int] = mapped_column(ForeignKey("attachments.id"), index=True)
    made_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime]
    attachment: Mapped[Attachment] = relationship(lazy="raise")
    made_by: Mapped[User] = relationship(lazy="raise")


class ContractEvent(Base):
    """One step of a contract: who, when, where it led, why; append-only.

    `facts` are what was agreed on: with the sending and the last signature, every term as it was then.
    """

    __tablename__ = "contract_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"), index=True)
    occurred_at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    step: Mapped[ContractStep]
    state: Mapped[ContractState]
    reason: Mapped[str] = mapped_column(String(600), default="")
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    actor: Mapped[User | None] = relationship(lazy="raise")


class ContractSettings(Base):
    """What an institution requires of outside uses; without a row it requires nothing.

    What costs less than `threshold_fen` needs an order form, anything else a contract.
    """

    __tablename__ = "contract_settings"
    __table_args__ = (CheckConstraint("threshold_fen >= 0", name="threshold"),)

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), primary_key=True, autoincrement=False)
    requires: Mapped[bool]
    threshold_fen: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(default=1)


class UseAgreement(Base):
    """What an outside use needs, and what it rests on from here on: the version of the text that `user_id` accepted by
    a click as its order form, or a contract; with neither it may not start. The last row counts; append-only.

    `party_id` is the firm for which a sample order was placed; of a booking with an accepted form, the organisation to
    which `user_id` belonged then, if it was one alone. `amount_fen` is None without a price. What `user_id` accepted
    is carried along as it was at the click, whatever the use rests on or costs later: the version, when, at which
    amount, and the facts they saw.
    """

    __tablename__ = "use_agreements"
    __table_args__ = (
        CheckConstraint("(reservation_id IS NULL) <> (sample_order_id IS NULL)", name="one_use"),
        CheckConstraint("text_id IS NULL OR contract_id IS NULL", name="one_ground"),
        CheckConstraint("text_id IS NULL OR need = 'order_form'", name="enough"),
        CheckConstraint(
            "text_id IS NULL OR (accepted_text_id IS NOT NULL AND accepted_text_id = text_id)", name="clicked"
        ),
        CheckConstraint("(accepted_text_id IS NULL) = (accepted_at IS NULL)", name="accepted_at"),
        CheckConstraint("(accepted_text_id IS NULL) = (accepted_fen IS NULL)", name="accepted_fen"),
        CheckConstraint("amount_fen >= 0", name="amount"),
        Index("ix_use_agreements_reservation_id", "reservation_id", "id"),
        Index("ix_use_agreements_sample_order_id", "sample_order_id", "id"),
        Index("ix_use_agreements_contract_id", "contract_id", "id"),
        Index("ix_use_agreements_user_id", "user_id", "id"),
        Index("ix_use_agreements_organisation_id", "organisation_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    party_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    reservation_id: Mapped[int | None] = mapped_column(ForeignKey("reservations.id"))
    sample_order_id: Mapped[int | None] = mapped_column(ForeignKey("sample_orders.id"))
    need: Mapped[Need]
    amount_fen: Mapped[int | None] = mapped_column(BigInteger)
    text_id: Mapped[int | None] = mapped_column(ForeignKey("contract_texts.id"))
    contract_id: Mapped[int | None] = mapped_column(ForeignKey("contracts.id"))
    accepted_text_id: Mapped[int | None] = mapped_column(ForeignKey("contract_texts.id"))
    accepted_at: Mapped[datetime | None]
    accepted_fen: Mapped[int | None] = mapped_column(BigInteger)
    accepted_facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime]
    user: Mapped[User] = relationship(lazy="raise")
    text: Mapped[ContractText | None] = relationship(foreign_keys=[text_id], lazy="raise")
    contract: Mapped[Contract | None] = relationship(lazy="raise")
    organisation: Mapped[Organisation] = relationship(foreign_keys=[organisation_id], lazy="raise")
    party: Mapped[Organisation | None] = relationship(foreign_keys=[party_id], lazy="raise")

    @property
    def is_lacking(self) -> bool:
        """Whether the use needs something and rests on nothing yet."""
        return self.need in NEEDY and self.text_id is None and self.contract_id is None
