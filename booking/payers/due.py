"""Payer accounts that need their finance office: those that run out by date, and those with little left."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, case, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from models.ledger import LedgerAccount
from models.payers import PayerAccount

EXPIRES_WITHIN = timedelta(days=30)
LITTLE = 10
"""What is left is little when it is less than one part in so many of the whole."""


def expiring(session: Session, organisation_ids: Collection[int], *, today: date, limit: int) -> Sequence[PayerAccount]:
    """Open accounts of these institutions that end within a month, the earliest first.

    Then those whose last day is over, as long as something is left in them or held.
    """
    left, held = aliased(LedgerAccount), aliased(LedgerAccount)
    is_over = PayerAccount.expires_on < today
    soon = (
        _open_at(organisation_ids)
        .join(left, left.id == PayerAccount.left_id)
        .join(held, held.id == PayerAccount.held_id)
        .where(PayerAccount.expires_on <= today + EXPIRES_WITHIN)
        .where(or_(~is_over, left.balance_fen > 0, held.balance_fen > 0))
        .order_by(case((is_over, 1), else_=0), PayerAccount.expires_on, PayerAccount.id)
    )
    return session.scalars(soon.limit(limit)).all()


def running_low(
    session: Session, organisation_ids: Collection[int], *, today: date, limit: int
) -> Sequence[PayerAccount]:
    """Open accounts of these institutions that still pay and have less than a tenth left, the emptiest first."""
    source, left = aliased(LedgerAccount), aliased(LedgerAccount)
    little = (
        _open_at(organisation_ids)
        .join(source, source.id == PayerAccount.source_id)
        .join(left, left.id == PayerAccount.left_id)
        .where(_still_pays(today), source.balance_fen < 0, left.balance_fen * LITTLE < -source.balance_fen)
    )
    return session.scalars(little.order_by(left.balance_fen, PayerAccount.id).limit(limit)).all()


def _open_at(organisation_ids: Collection[int]) -> Select[Any]:
    """Accounts that are not closed, with who answers for them and what is left."""
    loaded = joinedload(PayerAccount.holder), joinedload(PayerAccount.left)
    at_them = PayerAccount.organisation_id.in_(organisation_ids), PayerAccount.closed_at.is_(None)
    return select(PayerAccount).where(*at_them).options(*loaded)


def _still_pays(today: date) -> ColumnElement[bool]:
    """Whether the last day is not over."""
    return or_(PayerAccount.expires_on.is_(None), PayerAccount.expires_on >= today)
