"""Contracts that somebody must do something about: asked for or half signed, to be signed, about to end."""

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import ColumnElement, and_, exists, or_
from sqlalchemy.orm import Session

from booking.contracts.queries import in_full, is_ending, is_partys
from booking.core.actors import Actor
from models.contracts import Contract, ContractSignature
from models.vocabulary.contracts import ContractSide, ContractState


def to_keep(session: Session, organisation_ids: Collection[int], *, limit: int) -> Sequence[Contract]:
    """Contracts of these institutions that were asked for, or that only they have not signed yet, the oldest first."""
    asked = and_(Contract.state == ContractState.DRAFT, Contract.asked_by_id.is_not(None))
    half = and_(Contract.state == ContractState.SENT, _is_signed_by(ContractSide.PARTY))
    rows = in_full().where(Contract.organisation_id.in_(organisation_ids), or_(asked, half))
    return session.scalars(rows.order_by(Contract.changed_at, Contract.id).limit(limit)).all()


def ending(session: Session, organisation_ids: Collection[int], *, today: date, limit: int) -> Sequence[Contract]:
    """Contracts in force of these institutions that end within two months, the earliest first."""
    rows = in_full().where(Contract.organisation_id.in_(organisation_ids), is_ending(today))
    return session.scalars(rows.order_by(Contract.ends_on, Contract.id).limit(limit)).all()


def to_sign(session: Session, actor: Actor, *, limit: int) -> Sequence[Contract]:
    """Contracts that wait for the signature of an organisation that the actor acts for, the oldest first."""
    waiting = Contract.state == ContractState.SENT, ~_is_signed_by(ContractSide.PARTY)
    rows = in_full().where(is_partys(actor), *waiting)
    return session.scalars(rows.order_by(Contract.changed_at, Contract.id).limit(limit)).all()


def _is_signed_by(side: ContractSide) -> ColumnElement[bool]:
    """Whether a side has signed."""
    return exists().where(ContractSignature.contract_id == Contract.id, ContractSignature.side == side)
