"""Holding in vouchers what they cover of a reservation or sample order, and giving it back; one entry per voucher."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from booking.core.errors import Conflict
from booking.core.texts import N_
from booking.ledger.rules import Posting
from booking.ledger.service import BelowFloor, post_entries
from booking.payers.holds import Purpose, Wanted, change_for, store_hold
from booking.vouchers.known import Found, Read
from booking.vouchers.moving import Locked, locked, locked_as_read
from booking.vouchers.opening import CAUSE
from booking.vouchers.plans import Part, Plan
from booking.vouchers.reading import LastHold, last_holds
from booking.vouchers.rules import Position, changes
from models.base import Base
from models.vocabulary.vouchers import VoucherState

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


@dataclass(frozen=True, slots=True)
class Change:
    """The entries by which locked vouchers hold what is wanted for a use, one for each that changes."""

    purpose: Purpose
    books: Locked
    wanted: Mapping[int, Part]
    last: Mapping[int, LastHold]
    postings: Mapping[int, Posting]

    @property
    def entries(self) -> Sequence[Posting]:
        """What has to be posted: first what lets budgets follow."""
        return [*self.books.following, *self.postings.values()]

    def refusal(self, below: BelowFloor) -> VoucherShort:
        """Why it cannot be posted."""
        return VoucherShort(self.books.voucher_at(below.account_id))

    def store(self, session: Session, entries: Mapping[str, int], *, now: datetime) -> None:
        """Write the rows that count from these entries on."""
        rows = [
            hold_row(self.purpose, entries[one.key], voucher, self.wanted.get(voucher.id), self.last, now=now)
            for voucher, one in ((self.books.found[voucher_id], one) for voucher_id, one in self.postings.items())
        ]
        session.connection().execute(_STORE, rows)


def hold(session: Session, purpose: Purpose, plan: Plan, *, now: datetime) -> None:
    """Let exactly what the plan covers be held for a locked reservation or order; what it names no more is given back.

    Nothing where it is so already. Locks the vouchers in order of id, then the books, then the ledger's accounts;
    raises VoucherShort, VoucherGone.
    """
    _set_holds(session, purpose, _parts(plan), last_holds(session, purpose), now=now)


def hold_new(session: Session, purpose: Purpose, own: Wanted, plan: Plan, *, now: datetime) -> None:
    """Let vouchers hold what the plan, made in this very transaction, covers of a new use, and its account the rest.

    The entries are posted together. Locks the payer account, vouchers, books and the ledger's accounts; raises
    NotEnough, PayerGone, VoucherShort, VoucherGone.
    """
    by_account = change_for(session, purpose, own, is_new=True)
    by_vouchers = _change_for(session, purpose, _parts(plan), {}, now=now, read=plan.read)
    postings = [*([by_account.posting] if by_account else []), *(by_vouchers.entries if by_vouchers else [])]
    is_new = by_vouchers is None or not by_vouchers.books.following
    try:
        entries = post_entries(session, CAUSE, postings, now=now, is_new=is_new)
    except BelowFloor as below:
        short = by_account if by_account and by_account.concerns(below.account_id) else by_vouchers
        if short is None:
            raise
        raise short.refusal(below) from below
    if by_account:
        store_hold(session, purpose, entries[by_account.posting.key], by_account.after, now=now)
    if by_vouchers:
        by_vouchers.store(session, entries, now=now)


def _set_holds(
    session: Session,
    purpose: Purpose,
    wanted: Mapping[int, Part],
    last: Mapping[int, LastHold],
    *,
    now: datetime,
) -> None:
    """The same, where what is held now is known."""
    change = _change_for(session, purpose, wanted, last, now=now)
    if change is None:
        return
    try:
        entries = post_entries(session, CAUSE, change.entries, now=now)
    except BelowFloor as below:
        raise change.refusal(below) from below
    change.store(session, entries, now=now)


def _change_for(
    session: Session,
    purpose: Purpose,
    wanted: Mapping[int, Part],
    last: Mapping[int, LastHold],
    *,
    now: datetime,
    read: Read | None = None,
) -> Change | None:
    """What has to be posted, with the vouchers and books locked; None where it is so already."""
    changing = _changing(wanted, last)
    if not changing:
        return None
    books = locked_as_read(session, changing, read, now=now) if read else locked(session, changing, now=now)
    caps = {one.accounts.id: one.accounts for one in books.standing.caps}
    postings = {}
    for voucher_id in sorted(changing, key=lambda one: _grows_by(wanted.get(one), last.get(one))):
        part, held = wanted.get(voucher_id), last.get(voucher_id)
        before = Position(held.amount_fen, 0, caps[held.cap_id]) if held else Position()
        after = Position(part.amount_fen, 0, caps[part.cap_id or 0]) if part else Position(cap=before.cap)
        _check_usable(books, voucher_id, before, after)
        key = f"{purpose.key}:voucher:{voucher_id}:hold:{held.id if held else 0}"
        postings[voucher_id] = Posting(key, list(changes(books.books_of(voucher_id), before, after)))
    return Change(purpose, books, wanted, last, postings)


def _parts(plan: Plan) -> dict[int, Part]:
    """What a plan lets be held, by voucher."""
    return {one.voucher_id: one for one in plan.paying}


def release(session: Session, purpose: Purpose, *, now: datetime) -> None:
    """Give back everything that is held in vouchers for it; one statement where nothing is."""
    _set_holds(session, purpose, {}, last_holds(session, purpose), now=now)


def held_of(session: Session, purpose: Purpose) -> dict[int, int]:
    """What is held in which voucher now, above zero."""
    return {one.voucher_id: one.amount_fen for one in last_holds(session, purpose).values() if one.amount_fen}


def hold_row(
    purpose: Purpose,
    entry_id: int,
    voucher: Found,
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
        "programme_version_id": voucher.version_id,
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
    is_issued = books.found[voucher_id].state == VoucherState.ISSUED
    if after.held_fen > before.held_fen and not is_issued:
        raise VoucherGone(voucher_id)
