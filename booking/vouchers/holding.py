"""Holding in vouchers what they cover of a reservation or sample order, and giving it back; one entry per voucher."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from booking.core.errors import Conflict
from booking.core.texts import N_
from booking.ledger.rules import Posting
from booking.ledger.service import BelowFloor, post_entries
from booking.payers.holds import Purpose
from booking.vouchers.moving import Locked, locked
from booking.vouchers.opening import CAUSE
from booking.vouchers.plans import Part, Plan
from booking.vouchers.reading import LastHold, last_holds
from booking.vouchers.rules import Position, changes
from models.base import Base
from models.vocabulary.vouchers import VoucherState
from models.vouchers import Voucher

_STORE = insert(Base.metadata.tables["voucher_holds"])


class VoucherShort(Conflict):
    """Somebody was faster: a voucher, the year's cap or the programme's budget does not hold as much any more."""

    code = "voucher_short"
    sentence = N_("创新券的剩余额度刚刚有变，请重新确认。")

    def __init__(self, voucher_id: int) -> None:
        """Keep which voucher it is."""
        super().__init__()
        self.voucher_id = voucher_id


class VoucherGone(VoucherShort):
    """The voucher was frozen or has ended meanwhile."""

    code = "voucher_gone"
    sentence = N_("这张创新券已不能使用，请另选一张。")


def hold(session: Session, purpose: Purpose, plan: Plan, *, now: datetime, is_new: bool = False) -> None:
    """Let exactly what the plan covers be held for a locked reservation or order; what it names no more is given back.

    Nothing where it is so already; an `is_new` use holds nothing yet. Locks the vouchers in order of id, then the
    books, then the ledger's accounts; raises VoucherShort, VoucherGone.
    """
    last = {} if is_new else last_holds(session, purpose)
    set_holds(session, purpose, {one.voucher_id: one for one in plan.paying}, last, now=now)


def set_holds(
    session: Session,
    purpose: Purpose,
    wanted: Mapping[int, Part],
    last: Mapping[int, LastHold],
    *,
    now: datetime,
) -> None:
    """The same, where what is held now is known."""
    changing = _changing(wanted, last)
    if not changing:
        return
    books = locked(session, changing, now=now)
    caps = {one.accounts.id: one.accounts for one in books.caps}
    postings = {}
    for voucher_id in sorted(changing, key=lambda one: _grows_by(wanted.get(one), last.get(one))):
        part, held = wanted.get(voucher_id), last.get(voucher_id)
        before = Position(held.amount_fen, 0, caps[held.cap_id]) if held else Position()
        after = Position(part.amount_fen, 0, caps[part.cap_id or 0]) if part else Position(cap=before.cap)
        _check_usable(books, voucher_id, before, after)
        key = f"{purpose.key}:voucher:{voucher_id}:hold:{held.id if held else 0}"
        postings[voucher_id] = Posting(key, list(changes(books.books_of(voucher_id), before, after)))
    try:
        entries = post_entries(session, CAUSE, [*books.following, *postings.values()], now=now)
    except BelowFloor as below:
        raise VoucherShort(books.voucher_at(below.account_id)) from below
    rows = [
        hold_row(purpose, entries[one.key], books.found[voucher_id].voucher, wanted.get(voucher_id), last, now=now)
        for voucher_id, one in postings.items()
    ]
    session.connection().execute(_STORE, rows)


def release(session: Session, purpose: Purpose, *, now: datetime) -> None:
    """Give back everything that is held in vouchers for it; one statement where nothing is."""
    set_holds(session, purpose, {}, last_holds(session, purpose), now=now)


def held_of(session: Session, purpose: Purpose) -> dict[int, int]:
    """What is held in which voucher now, above zero."""
    return {one.voucher_id: one.amount_fen for one in last_holds(session, purpose).values() if one.amount_fen}


def hold_row(
    purpose: Purpose,
    entry_id: int,
    voucher: Voucher,
    part: Part | None,
    last: Mapping[int, LastHold],
    *,
    now: datetime,
) -> dict[str, Any]:
    """The row that counts from an entry on; without a part nothing is held any more."""
    cap_id = part.cap_id if part else last[voucher.id].cap_id
    return {
        "entry_id": entry_id,
        "voucher_id": voucher.id,
        "cap_id": cap_id,
        "reservation_id": purpose.reservation_id,
        "sample_order_id": purpose.sample_order_id,
        "amount_fen": part.amount_fen if part else 0,
        "decided_by": [limit.value for limit in part.covered.decided_by] if part else [],
        "programme_version_id": voucher.programme_version_id,
        "created_at": now,
    }


def _changing(wanted: Mapping[int, Part], last: Mapping[int, LastHold]) -> list[int]:
    """The vouchers in which something else is held, or against another year's cap, in order of id."""
    held = {one.voucher_id: (one.amount_fen, one.cap_id) for one in last.values() if one.amount_fen}
    due = {one.voucher_id: (one.amount_fen, one.cap_id) for one in wanted.values()}
    return sorted(voucher_id for voucher_id in {*held, *due} if held.get(voucher_id) != due.get(voucher_id))


def _grows_by(part: Part | None, held: LastHold | None) -> int:
    """How much more a voucher holds afterwards: what comes back moves first, because others may take it."""
    return (part.amount_fen if part else 0) - (held.amount_fen if held else 0)


def _check_usable(books: Locked, voucher_id: int, before: Position, after: Position) -> None:
    """Refuse to hold more in a voucher that is frozen or has ended."""
    is_issued = books.found[voucher_id].voucher.state == VoucherState.ISSUED
    if after.held_fen > before.held_fen and not is_issued:
        raise VoucherGone(voucher_id)
