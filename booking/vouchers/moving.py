"""Vouchers and programmes' books under lock, and the entries that turn what uses hold and have taken into what is due.

The order of locks: vouchers in order of id, caps, programmes' books, then the ledger's accounts.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.core.clock import local_date
from booking.ledger.rules import Posting
from booking.vouchers.reading import Cap, Found, caps_of, standings, versions_on, vouchers_by_id
from booking.vouchers.rules import BookAccounts, Books, PairAccounts, VoucherAccounts
from models.vocabulary.programmes import ReservesBudget
from models.vocabulary.vouchers import ENDED
from models.vouchers import ProgrammeBook, ProvincePair, Voucher, VoucherCap

NEVER = 0


@dataclass(frozen=True, slots=True)
class Locked:
    """Vouchers under lock with all that they can move: caps, books, budgets that are free, and what follows first."""

    found: Mapping[int, Found]
    caps: Sequence[Cap]
    books: Mapping[int, BookAccounts]
    budgets: Mapping[int, int | None]
    following: Sequence[Posting]

    def books_of(self, voucher_id: int, pair: ProvincePair | None = None) -> Books:
        """Everything that a change of one voucher moves."""
        one = self.found[voucher_id].voucher
        return Books(
            VoucherAccounts(one.credit_id, one.held_id, one.captured_id),
            self.books[one.programme_id],
            self.found[voucher_id].version.reserves_budget,
            one.state,
            PairAccounts(pair.source_id, pair.captured_id) if pair else None,
        )

    def voucher_at(self, account_id: int) -> int:
        """The voucher whose change would bring an account below its floor: the one that draws from it."""
        for voucher_id, one in sorted(self.found.items()):
            ids = {one.voucher.credit_id, one.voucher.held_id, one.voucher.captured_id}
            caps = {cap.accounts.left_id for cap in self.caps if cap.programme_id == one.voucher.programme_id}
            if account_id in ids | caps | {self.books[one.voucher.programme_id].budget_id}:
                return voucher_id
        return NEVER


def locked(session: Session, voucher_ids: Collection[int], *, now: datetime) -> Locked:
    """Vouchers, their enterprises' caps and the books of their programmes as they are once the locks stand."""
    rows = select(Voucher.id).where(Voucher.id.in_(sorted(voucher_ids))).order_by(Voucher.id)
    session.execute(rows.with_for_update(key_share=True))
    found = vouchers_by_id(session, voucher_ids)
    programme_ids = {one.voucher.programme_id for one in found.values()}
    firm_ids = {one.voucher.organisation_id for one in found.values()}
    cap_rows = select(VoucherCap.id).where(
        VoucherCap.programme_id.in_(programme_ids), VoucherCap.organisation_id.in_(firm_ids)
    )
    session.execute(cap_rows.order_by(VoucherCap.id).with_for_update(key_share=True))
    caps = caps_of(session, firm_ids, programme_ids)
    drawing = {one.voucher.programme_id for one in found.values() if _draws(one)}
    budgets = budgets_locked(session, drawing, now=now)
    others = programme_ids - drawing
    books = {**budgets.books, **{one: _accounts(book) for one, book in _plain(session, others).items()}}
    return Locked(found, caps, books, budgets.left, budgets.following)


def _draws(one: Found) -> bool:
    """Whether a change of it moves the programme's budget: reserved by each use, or what comes back from one ended."""
    return one.version.reserves_budget == ReservesBudget.HOLD or one.voucher.state in ENDED


def _plain(session: Session, programme_ids: Collection[int]) -> dict[int, ProgrammeBook]:
    """Books of which only the accounts matter."""
    if not programme_ids:
        return {}
    rows = session.scalars(select(ProgrammeBook).where(ProgrammeBook.programme_id.in_(programme_ids)))
    return {one.programme_id: one for one in rows}


@dataclass(frozen=True, slots=True)
class Budgets:
    """Programmes' books under lock, what is free in them, and the entries by which they follow their versions."""

    books: Mapping[int, BookAccounts]
    left: Mapping[int, int | None]
    following: Sequence[Posting]


def budgets_locked(session: Session, programme_ids: Collection[int], *, now: datetime) -> Budgets:
    """The books of programmes under lock in order of id; each follows the budget of its version in force.

    The entries that let them follow are to be posted with what is moved.
    """
    if not programme_ids:
        return Budgets({}, {}, [])
    rows = select(ProgrammeBook.id).where(ProgrammeBook.programme_id.in_(sorted(programme_ids)))
    session.execute(rows.order_by(ProgrammeBook.id).with_for_update(key_share=True))
    versions = versions_on(session, programme_ids, local_date(now))
    books: dict[int, BookAccounts] = {}
    left: dict[int, int | None] = {}
    following = []
    for programme_id, (book, standing) in standings(session, programme_ids).items():
        version = versions[programme_id]
        books[programme_id] = _accounts(book, is_limited=version.budget_fen is not None)
        left[programme_id] = standing.left_of(version.budget_fen)
        if moves := list(books[programme_id].following(version.budget_fen, standing)):
            key = f"programme:{programme_id}:budget:{version.number}:{book.version}"
            following.append(Posting(key, moves))
            counted = update(ProgrammeBook).where(ProgrammeBook.id == book.id).values(version=book.version + 1)
            session.execute(counted)
    return Budgets(books, left, following)


def _accounts(book: ProgrammeBook, *, is_limited: bool = True) -> BookAccounts:
    """Where a programme's money is."""
    return BookAccounts(book.source_id, book.budget_id, book.committed_id, is_limited)
