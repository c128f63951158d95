"""Which payer accounts somebody may use for an instrument, with what is left on each for them."""

from collections.abc import Collection
from datetime import date
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Date, Integer, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased

from booking.affiliations.queries import has_left
from booking.database.transactions import connection_of
from booking.payers.rules import Choice, Fault, Keeping, Standing, fault_of, gone, has_expired
from models.directory import Organisation
from models.ledger import LedgerAccount
from models.payers import PayerAccount, PayerHold, PayerMember


def choices_for(
    session: Session, user_id: int, owner_id: int, *, day: date, today: date, holding: Standing | None = None
) -> list[Choice]:
    """The open accounts that somebody answers for or may use, as they stand to a use on `day`; one statement.

    What `holding` holds already counts as left. Whoever has left the institution that keeps one has it no more.
    """
    named = {"user_id": user_id, "owner_id": owner_id, "today": today}
    rows = connection_of(session).execute(_choices(), named)
    return [_choice(row, owner_id, user_id, day, holding) for row in rows]


@lru_cache(maxsize=1)
def _choices() -> Select[*tuple[Any, ...]]:
    """The statement, built once: every booking that costs something asks it."""
    user_id, today = bindparam("user_id", type_=Integer()), cast("Any", bindparam("today", type_=Date()))
    keeper, owner = aliased(Organisation), aliased(Organisation)
    left, use = aliased(LedgerAccount), aliased(LedgerAccount)
    is_theirs = and_(PayerMember.payer_account_id == PayerAccount.id, PayerMember.user_id == user_id)
    last = select(func.max(PayerHold.id)).where(
        PayerHold.user_id == user_id, PayerHold.payer_account_id == PayerAccount.id
    )
    return (
        select(
            PayerAccount.id,
            PayerAccount.name,
            PayerAccount.number,
            PayerAccount.kind,
            PayerAccount.organisation_id,
            PayerAccount.expires_on,
            PayerAccount.other_provinces,
            PayerAccount.province_rule,
            keeper.adcode,
            owner.adcode.label("owner_adcode"),
            left.balance_fen.label("left_fen"),
            PayerMember.limit_fen,
            use.balance_fen.label("use_fen"),
            last.correlate(PayerAccount).scalar_subquery().label("last_hold_id"),
        )
        .select_from(PayerAccount)
        .join(keeper, keeper.id == PayerAccount.organisation_id)
        .join(owner, owner.id == bindparam("owner_id", type_=Integer()))
        .join(left, left.id == PayerAccount.left_id)
        .outerjoin(PayerMember, is_theirs)
        .outerjoin(use, use.id == PayerMember.use_id)
        .where(
            PayerAccount.closed_at.is_(None),
            or_(PayerAccount.holder_id == user_id, PayerMember.id.is_not(None)),
            ~has_left(user_id, PayerAccount.organisation_id, today),
        )
        .order_by(PayerAccount.name, PayerAccount.id)
    )


def keepings(session: Session, payer_ids: Collection[int]) -> dict[int, Keeping]:
    """What decides where and until when these accounts pay."""
    rows = session.execute(
        select(
            PayerAccount.id,
            PayerAccount.kind,
            PayerAccount.organisation_id,
            Organisation.adcode,
            PayerAccount.expires_on,
            PayerAccount.other_provinces,
        )
        .join(Organisation, Organisation.id == PayerAccount.organisation_id)
        .where(PayerAccount.id.in_(payer_ids))
    )
    return {row.id: Keeping(*row[1:]) for row in rows}


def fault_at(session: Session, payer_id: int, owner_id: int, day: date) -> Fault | None:
    """Why an account cannot pay an institution for a use that ended on a day, whatever is left or held."""
    adcode = session.scalar(select(Organisation.adcode).where(Organisation.id == owner_id))
    return fault_of(keepings(session, [payer_id])[payer_id], owner_id, adcode, day)


def still_held(session: Session, holding: Standing | None, payer_id: int | None, day: date) -> Choice | None:
    """The account that holds for a use although the person may use it no more; None once it has expired by the day."""
    if holding is None or holding.payer_id != payer_id or not holding.amount_fen:
        return None
    expires_on = session.scalar(select(PayerAccount.expires_on).where(PayerAccount.id == payer_id))
    return None if has_expired(expires_on, day) else gone(holding)


def _choice(row: Any, owner_id: int, user_id: int, day: date, holding: Standing | None) -> Choice:
    """One account from its row."""
    own = holding.amount_fen if holding is not None and holding.payer_id == row.id else 0
    own_use = own if holding is not None and holding.user_id == user_id and holding.use_id is not None else 0
    keeping = Keeping(row.kind, row.organisation_id, row.adcode, row.expires_on, row.other_provinces)
    fault = fault_of(keeping, owner_id, row.owner_adcode, day)
    crosses = row.organisation_id != owner_id and (row.adcode or "")[:2] != (row.owner_adcode or "")[:2]
    return Choice(
        id=row.id,
        name=row.name,
        number=row.number,
        kind=row.kind,
        left_fen=row.left_fen + own,
        allowance_fen=None if row.limit_fen is None else row.limit_fen + row.use_fen + own_use,
        fault=fault,
        expires_on=row.expires_on if fault == Fault.EXPIRED else None,
        rule=row.province_rule if crosses and fault is None else "",
        last_hold_id=row.last_hold_id,
    )
