"""Spending what is held for a reservation or order on what it is charged in the end, and giving spent amounts back."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from booking.ledger.queries import balance_of
from booking.ledger.rules import Move, Posting
from booking.ledger.service import post_entries, post_entry
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
        session.connection().execute(_STORE, _capture(spending, entry.id, use_id, from_held + more, now=now))
    return from_held + more


@dataclass(frozen=True, slots=True)
class GivenBack:
    """How much of what a charge has spent goes back, and what its entries are called."""

    spending: Spending
    amount_fen: int
    key: str


def give_back(session: Session, wanted: Sequence[GivenBack], *, now: datetime) -> None:
    """Put spent money of one payer account back to what is left, of each charge the last spent first.

    Of a closed account an amount is withdrawn with it; money that was paid in lies in it then until it is paid back.
    However many charges there are, it takes the same number of statements.
    """
    if not wanted:
        return
    one = wanted[0].spending
    books = locked_books(session, {one.payer_id}, one.user_id)[one.payer_id]
    spent = _spent(session, [back.spending.charge_id for back in wanted])
    parts = [(back, *part) for back in wanted for part in _parts(back, spent[back.spending.charge_id])]
    keys = [f"{back.key}:{use_id or 0}" for back, use_id, _ in parts]
    postings = [
        Posting(key, list(_returned(books, use_id, part))) for key, (_, use_id, part) in zip(keys, parts, strict=True)
    ]
    entries = post_entries(session, CAUSE, postings, now=now)
    rows = [
        _capture(back.spending, entries[key], use_id, -part, now=now)
        for key, (back, use_id, part) in zip(keys, parts, strict=True)
    ]
    if rows:
        session.connection().execute(_STORE, rows)


def _parts(back: GivenBack, spent: Sequence[tuple[int | None, int]]) -> Iterator[tuple[int | None, int]]:
    """How much goes back by whose account of use, the last spent first."""
    rest = back.amount_fen
    for use_id, fen in spent:
        if part := min(rest, fen):
            yield use_id, part
            rest -= part


def _returned(books: Books, use_id: int | None, part: int) -> Iterator[Move]:
    """What was spent goes back, and may be used once more by whose use it was."""
    yield Move(books.captured_id, books.back_into_id, part)
    if use_id is not None:
        yield Move(books.used_id, use_id, part)


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


def _spent(session: Session, charge_ids: Collection[int]) -> dict[int, list[tuple[int | None, int]]]:
    """What charges have spent by whose account of use, of each the last spent first."""
    total = func.sum(ChargeCapture.amount_fen)
    rows: Any = session.execute(
        select(ChargeCapture.charge_id, ChargeCapture.use_id, total)
        .where(ChargeCapture.charge_id.in_(charge_ids))
        .group_by(ChargeCapture.charge_id, ChargeCapture.use_id)
        .order_by(func.max(ChargeCapture.id).desc())
    )
    found: defaultdict[int, list[tuple[int | None, int]]] = defaultdict(list)
    for charge_id, use_id, spent in rows:
        found[charge_id].append((use_id, int(spent)))
    return found


def _capture(
    spending: Spending, entry_id: int, use_id: int | None, amount_fen: int, *, now: datetime
) -> dict[str, Any]:
    """The row that says what an entry moved for a charge."""
    return {
        "entry_id": entry_id,
        "charge_id": spending.charge_id,
        "payer_account_id": spending.payer_id,
        "user_id": spending.user_id,
        "use_id": use_id,
        "amount_fen": amount_fen,
        "created_at": now,
    }
