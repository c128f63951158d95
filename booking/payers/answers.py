"""What the API of payer accounts answers; amounts are fen."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.payers import queries
from booking.payers.held import HeldFor, PaidFor
from booking.payers.queries import Found, Line
from booking.payers.rules import Sight
from models.payers import PayerAccount, PayerMember
from models.vocabulary.payers import MovementKind, PayerKind


class PayerRow(BaseModel):
    """A payer account as lists show it: what is left, held for reservations and spent on charges, by its transfers."""

    id: int
    organisation_id: int
    kind: PayerKind
    number: str
    name: str
    holder: str
    expires_on: date | None
    left_fen: int
    held_fen: int
    captured_fen: int
    closed_at: datetime | None
    version: int


class PayerList(BaseModel):
    """Some payer accounts, the newest first."""

    items: list[PayerRow]
    next_cursor: str | None


class PayerMemberAnswer(BaseModel):
    """Somebody who may use it, up to `limit_fen` in all (null: whatever is left), and what they have used.

    The address is for who decides about members; limits are for them and for the member.
    """

    id: int
    user_id: int
    name: str
    email: str | None
    limit_fen: int | None
    used_fen: int | None


class PayerAnswer(PayerRow):
    """A payer account: `total_fen` is what was authorised, or paid in less what was paid back: left, held and captured.

    `provinces` are those in which a grant may be spent, `province_rule` what allows others than its own.
    """

    budget_item: str
    total_fen: int
    provinces: list[str]
    province_rule: str
    holder_email: str | None
    members: list[PayerMemberAnswer]


class PayerTransfer(BaseModel):
    """A transfer as the account sees it: above zero came in, below zero went out; with why, and the receipt.

    Without a movement it set aside or gave back what a reservation or an order costs, or was paid for a charge;
    members read only of which of their own.
    """

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
    reservation_id: int | None
    sample_order_id: int | None
    charge_id: int | None


class PayerTransfers(BaseModel):
    """Transfers of a payer account, the newest first; all of them add up to `left_fen`."""

    items: list[PayerTransfer]
    next_cursor: str | None


class PayerHeld(BaseModel):
    """What is held for a reservation or a sample order; which is told to the lead, finance, auditors and whose it is.

    A sample order has no `starts_at`.
    """

    amount_fen: int
    entry_id: int
    reservation_id: int | None
    sample_order_id: int | None
    starts_at: datetime | None
    booked_by: str | None
    instrument_id: int | None


class PayerHolds(BaseModel):
    """What is held, the newest first; all of it adds up to `held_fen`."""

    items: list[PayerHeld]
    next_cursor: str | None


class PayerPaid(BaseModel):
    """What was paid for a charge, below zero: given back; which one is told as holds are."""

    id: int
    entry_id: int
    amount_fen: int
    created_at: datetime
    charge_id: int | None


class PayerPayments(BaseModel):
    """What was paid for charges, the newest first; all of it adds up to `captured_fen`."""

    items: list[PayerPaid]
    next_cursor: str | None


def paid(one: PaidFor) -> PayerPaid:
    """What was paid for a charge."""
    return PayerPaid(
        id=one.id,
        entry_id=one.entry_id,
        amount_fen=one.amount_fen,
        created_at=one.created_at,
        charge_id=one.charge_id,
    )


def held(one: HeldFor) -> PayerHeld:
    """What is held for a reservation or an order."""
    return PayerHeld(
        amount_fen=one.amount_fen,
        entry_id=one.entry_id,
        reservation_id=one.reservation_id,
        sample_order_id=one.sample_order_id,
        starts_at=one.starts_at,
        booked_by=one.booked_by or None,
        instrument_id=one.instrument.id if one.instrument else None,
    )


def row(account: PayerAccount) -> PayerRow:
    """A payer account in a list."""
    return PayerRow(**_row(account))


def account(session: Session, found: Found, actor: Actor) -> PayerAnswer:
    """A payer account for whoever may know of it."""
    one, sight = found.account, found.sight
    members = queries.members_of(session, one.id)
    return PayerAnswer(
        **_row(one),
        budget_item=one.budget_item,
        total_fen=queries.total_of(session, one),
        provinces=[place.adcode for place in queries.provinces_of(session, one)],
        province_rule=one.province_rule,
        holder_email=one.holder.email if sight.sees_addresses else None,
        members=[_member(each, sight, actor) for each in members],
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
        reservation_id=line.held.reservation_id if line.held else None,
        sample_order_id=line.held.sample_order_id if line.held else None,
        charge_id=line.charge_id,
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
        "held_fen": one.held.balance_fen,
        "captured_fen": one.captured.balance_fen,
        "closed_at": one.closed_at,
        "version": one.version,
    }


def _member(one: PayerMember, sight: Sight, actor: Actor) -> PayerMemberAnswer:
    """Somebody who may use it."""
    sees_limit = sight.sees_addresses or one.user_id == actor.id
    return PayerMemberAnswer(
        id=one.id,
        user_id=one.user_id,
        name=one.user.name,
        email=one.user.email if sight.sees_addresses else None,
        limit_fen=one.limit_fen if sees_limit else None,
        used_fen=-one.use.balance_fen if sees_limit else None,
    )
