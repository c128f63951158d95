"""What the API of payer accounts answers; amounts are fen."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy.orm import Session

from booking.payers import queries
from booking.payers.queries import Found, Line
from models.payers import PayerAccount, PayerMember
from models.vocabulary.payers import MovementKind, PayerKind


class PayerRow(BaseModel):
    """A payer account as lists show it; `left_fen` is what its transfers add up to."""

    id: int
    organisation_id: int
    kind: PayerKind
    number: str
    name: str
    holder: str
    expires_on: date | None
    left_fen: int
    closed_at: datetime | None
    version: int


class PayerList(BaseModel):
    """Some payer accounts, the newest first."""

    items: list[PayerRow]
    next_cursor: str | None


class PayerMemberAnswer(BaseModel):
    """Somebody who may use it; the address is for who decides about members."""

    id: int
    user_id: int
    name: str
    email: str | None


class PayerAnswer(PayerRow):
    """A payer account: `total_fen` is what was authorised, or paid in less what was paid back.

    `provinces` are those in which a grant may be spent, `province_rule` what allows another than its own.
    """

    budget_item: str
    total_fen: int
    crosses_provinces: bool
    provinces: list[str]
    province_rule: str
    holder_email: str | None
    members: list[PayerMemberAnswer]


class PayerTransfer(BaseModel):
    """A transfer as the account sees it: above zero came in, below zero went out; with why, and the receipt."""

    id: int
    entry_id: int
    amount_fen: int
    created_at: datetime
    movement_id: int | None
    kind: MovementKind | None
    receipt_number: str
    receipt_on: date | None
    reason: str
    recorded_by: str
    is_corrected: bool


class PayerTransfers(BaseModel):
    """Transfers of a payer account, the newest first; all of them add up to `left_fen`."""

    items: list[PayerTransfer]
    next_cursor: str | None


def row(account: PayerAccount) -> PayerRow:
    """A payer account in a list."""
    return PayerRow(**_row(account))


def account(session: Session, found: Found) -> PayerAnswer:
    """A payer account for whoever may know of it."""
    one, sight = found.account, found.sight
    members = queries.members_of(session, one.id)
    return PayerAnswer(
        **_row(one),
        budget_item=one.budget_item,
        total_fen=queries.total_of(session, one),
        crosses_provinces=one.crosses_provinces,
        provinces=[place.adcode for place in queries.provinces_of(session, one)],
        province_rule=one.province_rule,
        holder_email=one.holder.email if sight.sees_addresses else None,
        members=[_member(each, mail=sight.sees_addresses) for each in members],
    )


def transfer(line: Line) -> PayerTransfer:
    """A transfer with why it was made."""
    posted, movement = line.posted, line.movement
    return PayerTransfer(
        id=posted.transfer.id,
        entry_id=posted.entry.id,
        amount_fen=posted.amount_fen,
        created_at=posted.entry.created_at,
        movement_id=movement.id if movement else None,
        kind=movement.kind if movement else None,
        receipt_number=movement.receipt_number if movement else "",
        receipt_on=movement.receipt_on if movement else None,
        reason=movement.reason if movement else "",
        recorded_by=movement.made_by.name if movement else "",
        is_corrected=line.is_corrected,
    )


def _row(one: PayerAccount) -> dict[str, Any]:
    """What lists and the account itself say alike."""
    return {
        "id": one.id,
        "organisation_id": one.organisation_id,
        "kind": one.kind,
        "number": one.number,
        "name": one.name,
        "holder": one.holder.name,
        "expires_on": one.expires_on,
        "left_fen": one.left.balance_fen,
        "closed_at": one.closed_at,
        "version": one.version,
    }


def _member(one: PayerMember, *, mail: bool) -> PayerMemberAnswer:
    """Somebody who may use it."""
    return PayerMemberAnswer(id=one.id, user_id=one.user_id, name=one.user.name, email=one.user.email if mail else None)
