"""Vouchers and programmes' books under lock, and the entries that turn what uses hold and have taken into what is due.

The order of locks: vouchers in order of id, caps, programmes' books, then the ledger's accounts.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, Integer, Select, and_, bindparam, select, update
from sqlalchemy.orm import Session

from booking.core.clock import local_date
from booking.database.transactions import writes_alone
from booking.ledger.rules import Posting
from booking.vouchers.books import rows_of, standings
from booking.vouchers.known import Book, Found, Read, Standings
from booking.vouchers.reading import vouchers_by_id
from booking.vouchers.rules import BookAccounts, Books, PairAccounts
from models.vouchers import ProgrammeBook, ProvincePair, Voucher, VoucherCap

NEVER = 0


_vouchers, _caps, _books = Voucher.__table__, VoucherCap.__table__, ProgrammeBook.__table__
_PROGRAMMES: BindParameter[Any] = bindparam("programme_ids", type_=Integer(), expanding=True)
_LOCK_VOUCHERS = (
    select(_vouchers.c.id, _vouchers.c.state)
    .where(_vouchers.c.id.in_(bindparam("ids", type_=Integer(), expanding=True)))
    .order_by(_vouchers.c.id)
    .with_for_update(key_share=True)
)
_LOCK_CAPS = (
    select(_caps.c.id)
    .where(
        _caps.c.programme_id.in_(_PROGRAMMES),
        _caps.c.organisation_id.in_(bindparam("firm_ids", type_=Integer(), expanding=True)),
    )
    .order_by(_caps.c.id)
    .with_for_update(key_share=True)
)
_LOCK_BOOKS = (
    select(_books.c.programme_id, _books.c.version)
    .where(_books.c.programme_id.in_(_PROGRAMMES))
    .order_by(_books.c.id)
    .with_for_update(key_share=True)
)


@dataclass(frozen=True, slots=True)
class Locked:
    """Vouchers under lock with all that they can move: caps, books, and what follows first."""

    found: Mapping[int, Found]
    standing: Standings
    following: Sequence[Posting]

    def books_of(self, voucher_id: int, pair: ProvincePair | None = None) -> Books:
        """Everything that a change of one voucher moves."""
        one = self.found[voucher_id]
        return Books(
            one.accounts,
            self.standing.books[one.programme_id].accounts,
            one.terms.reserves_budget,
            one.state,
            PairAccounts(pair.source_id, pair.captured_id) if pair else None,
        )

    def voucher_at(self, account_id: int) -> int:
        """The voucher whose change would bring an account below its floor: the one that draws from it."""
        for voucher_id, one in sorted(self.found.items()):
            ids = {one.accounts.credit_id, one.accounts.held_id, one.accounts.captured_id}
            caps = {cap.accounts.left_id for cap in self.standing.caps if cap.programme_id == one.programme_id}
            if account_id in ids | caps | {self.standing.books[one.programme_id].accounts.budget_id}:
                return voucher_id
        return NEVER


def locked(session: Session, voucher_ids: Collection[int], *, now: datetime) -> Locked:
    """Vouchers, their enterprises' caps and the books of their programmes as they are once the locks stand."""
    rows_of(session, _LOCK_VOUCHERS, {"ids": sorted(voucher_ids)})
    found = vouchers_by_id(session, voucher_ids)
    drawing = {one.programme_id for one in found.values() if one.draws}
    _lock_caps(session, found.values())
    _lock_books(session, drawing)
    return _standing(session, found, drawing, now=now)


def locked_as_read(session: Session, voucher_ids: Collection[int], read: Read, *, now: datetime) -> Locked:
    """The same for what this very transaction has read: only states are read anew, and what budgets need to follow.

    Enough to hold more: floors are the ledger's, and nothing is held in a voucher that has ended. Who writes alone has
    everything under lock since before it was read.
    """
    asked = [read.found[voucher_id] for voucher_id in sorted(voucher_ids)]
    drawing = {one.programme_id for one in asked if one.draws}
    versions = {one: read.standing.books[one].version for one in drawing}
    if not writes_alone(session):
        asked, versions = _locked_anew(session, asked, drawing)
    books = Locked({one.id: one for one in asked}, read.standing, [])
    if all(read.standing.books[one].is_settled(version) for one, version in versions.items()):
        return books
    return _standing(session, books.found, drawing, now=now)


def _locked_anew(
    session: Session, asked: Sequence[Found], drawing: Collection[int]
) -> tuple[list[Found], dict[int, int]]:
    """Vouchers as they stand once they and what they draw on are locked; how often each book followed its budget."""
    if len(asked) == 1:
        rows = rows_of(session, _lock_one(draws=bool(drawing)), {"id": asked[0].id})
        versions = {row.programme_id: row.version for row in rows if drawing}
    else:
        rows = rows_of(session, _LOCK_VOUCHERS, {"ids": [one.id for one in asked]})
        _lock_caps(session, asked)
        versions = _lock_books(session, drawing)
    states = {row.id: row.state for row in rows}
    return [replace(one, state=states[one.id]) for one in asked], versions


@lru_cache(maxsize=2)
def _lock_one(*, draws: bool) -> Select[*tuple[Any, ...]]:
    """A voucher, its firm's caps and, where a use draws on them, its programme's books; locked in this order."""
    of_firm = _caps.c.programme_id == _vouchers.c.programme_id, _caps.c.organisation_id == _vouchers.c.organisation_id
    rows = (
        select(_vouchers.c.id, _vouchers.c.state, _books.c.programme_id, _books.c.version)
        .join(_caps, and_(*of_firm))
        .join(_books, _books.c.programme_id == _vouchers.c.programme_id)
        .where(_vouchers.c.id == bindparam("id", type_=Integer()))
        .order_by(_caps.c.id)
    )
    return rows.with_for_update(key_share=True, of=[_vouchers, _caps, _books] if draws else [_vouchers, _caps])


def _standing(session: Session, found: Mapping[int, Found], drawing: Collection[int], *, now: datetime) -> Locked:
    """Locked vouchers with what caps and books hold; those of which something is drawn follow their budgets."""
    programme_ids = {one.programme_id for one in found.values()}
    standing = standings(session, programme_ids, local_date(now), {one.organisation_id for one in found.values()})
    return Locked(found, standing, _following(session, [standing.books[one] for one in sorted(drawing)]))


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
    _lock_books(session, programme_ids)
    books = standings(session, programme_ids, local_date(now)).books
    return Budgets(
        {programme_id: book.accounts for programme_id, book in books.items()},
        {programme_id: book.left_fen for programme_id, book in books.items()},
        _following(session, list(books.values())),
    )


def _lock_caps(session: Session, found: Collection[Found]) -> None:
    """The caps of firms under lock, in order of id."""
    programmes, firms = {one.programme_id for one in found}, {one.organisation_id for one in found}
    rows_of(session, _LOCK_CAPS, {"programme_ids": sorted(programmes), "firm_ids": sorted(firms)})


def _lock_books(session: Session, programme_ids: Collection[int]) -> dict[int, int]:
    """Books under lock, in order of id; how often each has followed its budget."""
    if not programme_ids:
        return {}
    rows = rows_of(session, _LOCK_BOOKS, {"programme_ids": sorted(programme_ids)})
    return {row.programme_id: row.version for row in rows}


def _following(session: Session, books: Sequence[Book]) -> list[Posting]:
    """The entries by which locked books follow the budgets of their versions in force, each counted."""
    found = []
    for book in books:
        if moves := book.following:
            key = f"programme:{book.programme_id}:budget:{book.version_number}:{book.version}"
            found.append(Posting(key, moves))
            counted = update(ProgrammeBook).where(ProgrammeBook.id == book.id).values(version=book.version + 1)
            session.execute(counted)
    return found
