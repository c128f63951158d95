"""Holding what a reservation or sample order costs in the account that pays, and giving it back; one entry each."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, bindparam, insert, select
from sqlalchemy.orm import Session

from booking.core.errors import Conflict
from booking.core.texts import N_
from booking.database.transactions import connection_of
from booking.ledger.rules import Move, Posting
from booking.ledger.service import BelowFloor, post_entries
from booking.payers.rules import BY_AMOUNT, Standing
from models.base import Base
from models.payers import PayerAccount, PayerHold, PayerMember

CAUSE = "reservations"
_STORE = insert(Base.metadata.tables["payer_holds"])
_PAYER_IDS: BindParameter[Any] = bindparam("payer_ids", expanding=True)
_accounts, _members = PayerAccount.__table__, PayerMember.__table__
_LOCKED = (
    select(
        *(_accounts.c[name] for name in ("id", "left_id", "held_id", "used_id", "captured_id")),
        *(_accounts.c[name] for name in ("closed_at", "kind", "source_id", "holder_id")),
    )
    .where(_accounts.c.id.in_(_PAYER_IDS))
    .order_by(_accounts.c.id)
    .with_for_update(key_share=True)
)
_USES = select(_members.c.payer_account_id, _members.c.use_id).where(
    _members.c.user_id == bindparam("user_id"), _members.c.payer_account_id.in_(_PAYER_IDS)
)


@dataclass(frozen=True, slots=True)
class Purpose:
    """What something is held for: a reservation or a sample order."""

    reservation_id: int | None = None
    sample_order_id: int | None = None

    @property
    def key(self) -> str:
        """The same in keys of entries."""
        if self.reservation_id is not None:
            return f"reservation:{self.reservation_id}"
        return f"sample_order:{self.sample_order_id}"


def for_reservation(reservation_id: int) -> Purpose:
    """Held for a reservation."""
    return Purpose(reservation_id=reservation_id)


def for_order(order_id: int) -> Purpose:
    """Held for a sample order."""
    return Purpose(sample_order_id=order_id)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shall be held: how much, in which account (none: nothing), for whom who booked or ordered it."""

    payer_id: int | None
    user_id: int
    amount_fen: int


class NotEnough(Conflict):
    """The account, or with `is_limit` what its member may use, does not hold as much; `left_fen` is what it does."""

    code = "not_enough"
    sentence = N_("经费账户的剩余金额不足。")

    def __init__(self, left_fen: int, *, is_limit: bool) -> None:
        """Keep what is left."""
        super().__init__()
        self.left_fen, self.is_limit = left_fen, is_limit


class PayerGone(Conflict):
    """The account was closed meanwhile, or the person may use it no more."""

    code = "payer_gone"
    sentence = N_("这个经费账户已不能使用，请另选一个。")


def standing_of(session: Session, purpose: Purpose) -> Standing | None:
    """What is held for a reservation or an order; None when nothing ever was."""
    row = last_hold(session, purpose)
    return Standing(row.payer_account_id, row.user_id, row.use_id, row.amount_fen) if row else None


@dataclass(frozen=True, slots=True)
class Change:
    """The entry by which locked accounts hold what is wanted, and how that stands then."""

    posting: Posting
    wanted_fen: int
    after: Standing

    def concerns(self, account_id: int) -> bool:
        """Whether it draws from an account."""
        return any(account_id == move.from_id for move in self.posting.moves)

    def refusal(self, below: BelowFloor) -> NotEnough:
        """Why it cannot be posted."""
        return NotEnough(self.wanted_fen - below.missing_fen, is_limit=below.account_id == self.after.use_id)


def set_hold(session: Session, purpose: Purpose, wanted: Wanted, *, now: datetime, is_new: bool = False) -> None:
    """Let exactly this be held for a locked reservation or order, by one entry; nothing where it is so already.

    A `is_new` one has nothing yet. Locks the payer accounts and then those of the ledger, each in order of id;
    raises NotEnough and PayerGone.
    """
    change = change_for(session, purpose, wanted, is_new=is_new)
    if change is None:
        return
    posting = change.posting
    try:
        entries = post_entries(session, CAUSE, [posting], now=now, is_new=is_new)
    except BelowFloor as below:
        raise change.refusal(below) from below
    store_hold(session, purpose, entries[posting.key], change.after, now=now)


def change_for(session: Session, purpose: Purpose, wanted: Wanted, *, is_new: bool = False) -> Change | None:
    """What has to be posted for it, with the payer accounts locked; None where it is so already. Raises PayerGone."""
    last = None if is_new else last_hold(session, purpose)
    held = last.amount_fen if last else 0
    payer_id = wanted.payer_id if wanted.amount_fen else None
    stays = last is not None and (last.payer_account_id, last.user_id) == (payer_id, wanted.user_id)
    if (stays and held == wanted.amount_fen) or (payer_id is None and held == 0):
        return None
    involved = {one for one in (payer_id, last.payer_account_id if last and held else None) if one is not None}
    books = locked_books(session, involved, wanted.user_id)
    is_more = not (stays and wanted.amount_fen < held)
    _check_open(books, payer_id, is_more=is_more)
    use_id = last.use_id if last else None
    if payer_id is not None and is_more:
        use_id = books[payer_id].use_id
    moves = list(_moves(books, last, Standing(payer_id or 0, wanted.user_id, use_id, wanted.amount_fen)))
    key = f"{purpose.key}:hold:{last.id if last else 0}"
    after = Standing(
        payer_id if payer_id is not None else last.payer_account_id if last else 0,
        wanted.user_id if payer_id is not None else last.user_id if last else 0,
        use_id,
        wanted.amount_fen if payer_id is not None else 0,
    )
    return Change(Posting(key, moves, CAUSE), wanted.amount_fen, after)


def store_hold(session: Session, purpose: Purpose, entry_id: int, standing: Standing, *, now: datetime) -> None:
    """Write the row that counts from an entry on."""
    row = {
        "entry_id": entry_id,
        "reservation_id": purpose.reservation_id,
        "sample_order_id": purpose.sample_order_id,
        "payer_account_id": standing.payer_id,
        "user_id": standing.user_id,
        "use_id": standing.use_id,
        "amount_fen": standing.amount_fen,
        "created_at": now,
    }
    session.connection().execute(_STORE, row)


@dataclass(frozen=True, slots=True)
class Books:
    """The accounts of the ledger that belong to a locked payer account; `use_id` is the person's.

    What was spent comes back into what is left; of an amount that is closed it is withdrawn at once.
    """

    left_id: int
    held_id: int
    used_id: int
    captured_id: int
    use_id: int | None
    back_into_id: int
    is_usable: bool

    def taking(self, amount_fen: int, use_id: int | None) -> Iterator[Move]:
        """What sets an amount aside; below zero: gives it back."""
        moves = [Move(self.left_id, self.held_id, abs(amount_fen))]
        if use_id is not None:
            moves.append(Move(use_id, self.used_id, abs(amount_fen)))
        yield from moves if amount_fen > 0 else (move.back for move in moves)


def last_hold(session: Session, purpose: Purpose) -> Any:
    """The row that counts."""
    if purpose.reservation_id is not None:
        its_own = PayerHold.reservation_id == purpose.reservation_id
    else:
        its_own = PayerHold.sample_order_id == purpose.sample_order_id
    rows = select(
        PayerHold.id, PayerHold.payer_account_id, PayerHold.user_id, PayerHold.use_id, PayerHold.amount_fen
    ).where(its_own)
    return session.execute(rows.order_by(PayerHold.id.desc()).limit(1)).one_or_none()


def locked_books(session: Session, payer_ids: set[int], user_id: int) -> dict[int, Books]:
    """The payer accounts under lock in order of id, as their institution's finance locks them.

    Who the members are is read once the lock stands: what the lock waited for counts.
    """
    named = {"payer_ids": sorted(payer_ids), "user_id": user_id}
    connection = connection_of(session)
    locked = connection.execute(_LOCKED, named).all()
    uses = {row.payer_account_id: row.use_id for row in connection.execute(_USES, named)}
    return {
        row.id: Books(
            row.left_id,
            row.held_id,
            row.used_id,
            row.captured_id,
            uses.get(row.id),
            row.source_id if row.closed_at is not None and row.kind in BY_AMOUNT else row.left_id,
            row.closed_at is None and (row.holder_id == user_id or row.id in uses),
        )
        for row in locked
    }


def _check_open(books: dict[int, Books], payer_id: int | None, *, is_more: bool) -> None:
    """Refuse to hold more in an account that is closed, or that the person has no more."""
    if payer_id is not None and is_more and (payer_id not in books or not books[payer_id].is_usable):
        raise PayerGone


def _moves(books: dict[int, Books], last: Any, wanted: Standing) -> Iterator[Move]:
    """What was held is given back and what shall be held is set aside; within one account only the difference.

    Who became a member meanwhile, or answers for it now, has their use counted anew.
    """
    held = last.amount_fen if last else 0
    same = (wanted.payer_id, wanted.user_id, wanted.use_id)
    if last and (last.payer_account_id, last.user_id, last.use_id) == same and held:
        yield from books[wanted.payer_id].taking(wanted.amount_fen - held, wanted.use_id)
        return
    if held:
        yield from books[last.payer_account_id].taking(-held, last.use_id)
    if wanted.payer_id:
        yield from books[wanted.payer_id].taking(wanted.amount_fen, wanted.use_id)
