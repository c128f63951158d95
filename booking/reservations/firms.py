"""For which firms somebody may use vouchers, as an agent or by a confirmed affiliation, and which those have."""

from datetime import date
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Date,
    Integer,
    Select,
    and_,
    bindparam,
    exists,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from booking.affiliations.queries import in_force, is_member
from booking.database.transactions import connection_of
from booking.reservations.vouching import Offered
from models.accounts import Grant
from models.affiliations import Affiliation
from models.directory import Organisation
from models.ledger import LedgerAccount
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.vouchers import VoucherState
from models.vouchers import Voucher


def acts_for(user_id: Any, organisation_id: Any, today: Any) -> ColumnElement[bool]:
    """Whether somebody may use the vouchers of a firm on a day."""
    agent = exists().where(*_agency(user_id, today), Grant.scope_id == organisation_id)
    return or_(is_member(user_id, organisation_id, today), agent)


def _agency(user_id: Any, today: Any) -> tuple[ColumnElement[bool], ...]:
    """Grants that let somebody act for a firm."""
    return (
        Grant.user_id == user_id,
        Grant.role == Role.ENTERPRISE_AGENT,
        Grant.scope_kind == ScopeKind.ORGANISATION,
        Grant.starts_on <= today,
        or_(Grant.ends_on.is_(None), Grant.ends_on >= today),
    )


def may_act_for(session: Session, user_id: int, organisation_id: int, today: date) -> bool:
    """The same, asked by itself."""
    return bool(session.scalar(select(acts_for(user_id, organisation_id, today))))


def has_vouchers(user_id: Any, today: Any) -> ColumnElement[bool]:
    """Whether any firm for which somebody acts has a voucher that can be used; found from the person's side."""
    usable = Voucher.state == VoucherState.ISSUED, Voucher.use_by >= today
    of_theirs = Affiliation.user_id == user_id, in_force(today), Voucher.organisation_id == Affiliation.organisation_id
    of_agency = (*_agency(user_id, today), Voucher.organisation_id == Grant.scope_id)
    return or_(
        exists(select(Voucher.id).select_from(Affiliation).join(Voucher, and_(*of_theirs, *usable))),
        exists(select(Voucher.id).select_from(Grant).join(Voucher, and_(*of_agency, *usable))),
    )


def offered_to(session: Session, user_id: int, today: date) -> tuple[Offered, ...]:
    """The vouchers that somebody may choose, the one that ends first first; one statement."""
    rows = connection_of(session).execute(_offered(), {"user_id": user_id, "today": today})
    return tuple(
        Offered(row.id, row.number, row.organisation_id, (row.name_zh, row.name_en), row.balance_fen, row.use_by)
        for row in rows
    )


def _firms(user_id: Any, today: Any) -> CompoundSelect[int]:
    """The firms for which somebody acts, found from the person's side: a country has many vouchers."""
    of_theirs = select(Affiliation.organisation_id).where(Affiliation.user_id == user_id, in_force(today))
    return union_all(of_theirs, select(Grant.scope_id).where(*_agency(user_id, today)))


@lru_cache(maxsize=1)
def _offered() -> Select[*tuple[Any, ...]]:
    """The statement, built once: every booking of a firm that has vouchers asks it."""
    user_id, today = bindparam("user_id", type_=Integer()), cast("Any", bindparam("today", type_=Date()))
    return (
        select(
            Voucher.id,
            Voucher.number,
            Voucher.organisation_id,
            Organisation.name_zh,
            Organisation.name_en,
            LedgerAccount.balance_fen,
            Voucher.use_by,
        )
        .join(Organisation, Organisation.id == Voucher.organisation_id)
        .join(LedgerAccount, LedgerAccount.id == Voucher.credit_id)
        .where(Voucher.state == VoucherState.ISSUED, Voucher.use_by >= today)
        .where(Voucher.organisation_id.in_(_firms(user_id, today)))
        .order_by(Voucher.use_by, Voucher.id)
    )
