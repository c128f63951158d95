"""Who owes an institution: found or made once, with their accounts of the ledger, and held under lock."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.ledger.service import open_accounts
from booking.statements.billable import ToBill
from models.payers import PayerAccount
from models.statements import Debtor

SIDES = {"billed": None, "cash": None, "credit": 0, "settled": None}
"""The accounts of the ledger of each debtor, with their floors."""


def debtors_for(session: Session, organisation_id: int, wanted: Sequence[ToBill], *, now: datetime) -> dict[str, int]:
    """The debtors of these payers by their code, made where there are none; the institution is under lock."""
    rows = session.execute(
        select(Debtor.id, Debtor.payer_account_id, Debtor.user_id).where(Debtor.organisation_id == organisation_id)
    )
    known = {f"p{row.user_id}" if row.user_id is not None else f"a{row.payer_account_id}": row.id for row in rows}
    missing = {one.code: (one.payer_account_id, one.user_id) for one in wanted if one.code not in known}
    return known | _made(session, organisation_id, missing, now=now)


def debtor_of_account(session: Session, account: PayerAccount, *, now: datetime) -> int:
    """What a payer account is at the institution that keeps it, made where there is none; that is under lock."""
    its = Debtor.payer_account_id == account.id, Debtor.organisation_id == account.organisation_id
    known = session.scalar(select(Debtor.id).where(*its))
    if known is not None:
        return known
    code = f"a{account.id}"
    return _made(session, account.organisation_id, {code: (account.id, None)}, now=now)[code]


def _made(
    session: Session, organisation_id: int, missing: Mapping[str, tuple[int | None, int | None]], *, now: datetime
) -> dict[str, int]:
    """New debtors, each a payer account or a person, by their code."""
    names = {code: f"debtor:{organisation_id}:{code}" for code in missing}
    floors = {f"{name}:{side}": floor for name in names.values() for side, floor in SIDES.items()}
    accounts = open_accounts(session, floors, now=now) if floors else {}
    made = [
        Debtor(
            organisation_id=organisation_id,
            payer_account_id=payer_account_id,
            user_id=user_id,
            created_at=now,
            **{f"{side}_id": accounts[f"{names[code]}:{side}"] for side in SIDES},
        )
        for code, (payer_account_id, user_id) in missing.items()
    ]
    session.add_all(made)
    session.flush()
    return {code: debtor.id for code, debtor in zip(missing, made, strict=True)}


def held_debtor(session: Session, debtor_id: int) -> Debtor:
    """A debtor under lock: what it owes changes only so. The lock stands before those of its charges."""
    locked = select(Debtor).where(Debtor.id == debtor_id).with_for_update(key_share=True, of=Debtor)
    loaded = locked.options(
        joinedload(Debtor.organisation),
        joinedload(Debtor.user),
        joinedload(Debtor.payer).joinedload(PayerAccount.organisation),
        joinedload(Debtor.payer).joinedload(PayerAccount.holder),
    )
    return session.scalars(loaded.execution_options(populate_existing=True)).one()
