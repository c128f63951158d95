"""Spending what is held for a reservation or order on what it is charged in the end, and giving spent amounts back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from booking.ledger.queries import balance_of
from booking.ledger.rules import Move
from booking.ledger.service import post_entry
from booking.payers.choosing import fault_at
from booking.payers.holds import Books, Purpose, last_hold, locked_books, store_hold
from booking.payers.rules import ELSEWHERE, Fault, Standing
from models.base import Base
from models.charges import ChargeCapture
from models.ledger import LedgerAccount

CAUSE = "charges"
_STORE = insert(Base.metadata.tables["charge_captures"])


@dataclass(frozen=True, slots=True)
class Spending:
    """What a charge is paid from: an account, to an owner, for what somebody booked or ordered, done until a day."""

    charge_id: int
    owner_id: int
    purpose: Purpose
    payer_id: int
    user_id: int
    day: date


def capture(session: Session, spending: Spending, amount_fen: int, key: str, *, is_agreed: bool, now: datetime) -> int:
    """Spend as much of an amount as can be, by one entry: what is held, then what is left. How much was spent.

    What is held beyond the amount is given back; all of it where the account does not pay to that owner. More than was
    held is spent only once that `is_agreed`, and where the account is good for that day and owner, the person may use
    it, and their limit allows it. Locks the payer account, then the ledger's accounts.
    """
    last = last_hold(session, spending.purpose)
    books = locked_books(session, {spending.payer_id}, spending.user_id)[spending.payer_id]
    held = _held_there(last, spending)
    use_id = last.use_id if held else books.use_id
    fault = fault_at(session, spending.payer_id, spending.owner_id, spending.day)
    from_held = 0 if fault in ELSEWHERE else min(held, amount_fen)
    missing = amount_fen - from_held
    more = min(missing, _available(session, books, fault, use_id)) if is_agreed and missing else 0
    moves = list(_moves(books, use_id, from_held=from_held, back=held - from_held, more=more))
    if not moves:
        return 0
    entry = post_entry(session, key, CAUSE, moves, now=now)
    if held:
        standing = Standing(spending.payer_id, last.user_id, use_id, 0)
        store_hold(session, spending.purpose, entry.id, standing, now=now)
    if from_held + more:
        _store(session, spending, entry.id, use_id, from_held + more, now=now)
    return from_held + more


def give_back(session: Session, spending: Spending, amount_fen: int, key: str, *, now: datetime) -> None:
    """Put spent money back to what is left, the last spent first; of a closed account an amount is withdrawn with it.

    Money that was paid in lies in a closed account then until it is paid back.
    """
    books = locked_books(session, {spending.payer_id}, spending.user_id)[spending.payer_id]
    rest = amount_fen
    for use_id, spent in _spent(session, spending.charge_id):
        part = min(rest, spent)
        if part:
            moves = [Move(books.captured_id, books.back_into_id, part)]
            if use_id is not None:
                moves.append(Move(books.used_id, use_id, part))
            entry = post_entry(session, f"{key}:{use_id or 0}", CAUSE, moves, now=now)
            _store(session, spending, entry.id, use_id, -part, now=now)
            rest -= part


def _held_there(last: Any, spending: Spending) -> int:
    """What is held for it in the account that pays; held in another it would stay there unseen."""
    if last is None or not last.amount_fen:
        return 0
    if last.payer_account_id != spending.payer_id:
        said = f"{spending.purpose.key}: held in {last.payer_account_id}, charged to {spending.payer_id}"
        raise RuntimeError(said)
    return int(last.amount_fen)


def _available(session: Session, books: Books, fault: Fault | None, use_id: int | None) -> int:
    """How much more than what is held may be spent; the lock on the payer account keeps it so."""
    if not books.is_usable or books.use_id != use_id or fault is not None:
        return 0
    left = balance_of(session, books.left_id)
    if use_id is None:
        return left
    use = session.execute(
        select(LedgerAccount.balance_fen, LedgerAccount.floor_fen).where(LedgerAccount.id == use_id)
    ).one()
    return left if use.floor_fen is None else max(0, min(left, use.balance_fen - use.floor_fen))


def _moves(books: Books, use_id: int | None, *, from_held: int, back: int, more: int) -> Iterator[Move]:
    """What is spent of what is held, what of that goes back, and what is spent beyond."""
    if from_held:
        yield Move(books.held_id, books.captured_id, from_held)
    if back:
        yield from books.taking(-back, use_id)
    if more:
        yield Move(books.left_id, books.captured_id, more)
        if use_id is not None:
            yield Move(use_id, books.used_id, more)


def _spent(session: Session, charge_id: int) -> list[tuple[int | None, int]]:
    """What a charge has spent by whose account of use, the last spent first."""
    total = func.sum(ChargeCapture.amount_fen)
    rows: Any = session.execute(
        select(ChargeCapture.use_id, total)
        .where(ChargeCapture.charge_id == charge_id)
        .group_by(ChargeCapture.use_id)
        .order_by(func.max(ChargeCapture.id).desc())
    )
    return [(use_id, int(spent)) for use_id, spent in rows]


def _store(
    session: Session, spending: Spending, entry_id: int, use_id: int | None, amount_fen: int, *, now: datetime
) -> None:
    """Write down what an entry moved for a charge."""
    row = {
        "entry_id": entry_id,
        "charge_id": spending.charge_id,
        "payer_account_id": spending.payer_id,
        "user_id": spending.user_id,
        "use_id": use_id,
        "amount_fen": amount_fen,
        "created_at": now,
    }
    session.connection().execute(_STORE, row)
