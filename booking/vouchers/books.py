"""What programmes have set aside and what firms may still use of it in each year, as the rules need to know it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import Date, Integer, Row, Select, and_, bindparam, case, select
from sqlalchemy.orm import Session

from booking.database.transactions import connection_of
from booking.vouchers.known import Book, Cap, Standings
from booking.vouchers.rules import BookAccounts, BookStanding, CapAccounts
from models.ledger import LedgerAccount
from models.programmes import ProgrammeVersion
from models.vouchers import ProgrammeBook, VoucherCap

_versions, _accounts = ProgrammeVersion.__table__, LedgerAccount.__table__


def standings(session: Session, programme_ids: Collection[int], day: date, firm_ids: Collection[int] = ()) -> Standings:
    """The books of programmes as their versions of a day say them, with the caps of firms; one statement."""
    if not programme_ids:
        return Standings({}, [])
    is_one = len(programme_ids) == len(firm_ids) == 1
    named: dict[str, Any] = {"programme_ids": sorted(programme_ids), "firm_ids": sorted(firm_ids)}
    if is_one:
        named = {"programme_id": named["programme_ids"][0], "firm_id": named["firm_ids"][0]}
    rows = rows_of(session, _standings(is_one=is_one), {**named, "day": day})
    caps = [
        Cap(
            CapAccounts(row.cap_id, row.left_id, row.used_id), row.programme_id, row.organisation_id, row.year, row.left
        )
        for row in rows
        if row.cap_id is not None
    ]
    return Standings({row.programme_id: _book(row) for row in rows}, caps)


def by_year(caps: Collection[Cap]) -> Mapping[tuple[int, int], dict[int, CapAccounts]]:
    """The caps of an enterprise and programme by year."""
    found: defaultdict[tuple[int, int], dict[int, CapAccounts]] = defaultdict(dict)
    for one in caps:
        found[one.organisation_id, one.programme_id][one.year] = one.accounts
    return found


def rows_of(session: Session, statement: Select[*tuple[Any, ...]], named: Mapping[str, Any]) -> Sequence[Row[Any]]:
    """What a statement finds, past what the session has loaded; what it has not stored yet is stored first."""
    return connection_of(session).execute(statement, named).all()


@lru_cache(maxsize=2)
def _standings(*, is_one: bool) -> Select[*tuple[Any, ...]]:
    """The statement for one programme and firm, or for several: a list of ids has to be written out each time."""
    book, cap = ProgrammeBook.__table__, VoucherCap.__table__
    free, committed, paid, left = (_accounts.alias(name) for name in ("free", "committed", "paid", "cap_left"))
    if is_one:
        wanted = book.c.programme_id == bindparam("programme_id", type_=Integer())
        of_firms = cap.c.organisation_id == bindparam("firm_id", type_=Integer())
    else:
        wanted = book.c.programme_id.in_(bindparam("programme_ids", type_=Integer(), expanding=True))
        of_firms = cap.c.organisation_id.in_(bindparam("firm_ids", type_=Integer(), expanding=True))
    return (
        select(
            *(book.c[name] for name in ("id", "programme_id", "source_id", "budget_id", "committed_id", "paid_id")),
            book.c.version,
            free.c.balance_fen.label("free"),
            committed.c.balance_fen.label("committed"),
            paid.c.balance_fen.label("paid"),
            _versions.c.number,
            _versions.c.budget_fen,
            cap.c.id.label("cap_id"),
            *(cap.c[name] for name in ("organisation_id", "year", "left_id", "used_id")),
            left.c.balance_fen.label("left"),
        )
        .select_from(book)
        .join(free, free.c.id == book.c.budget_id)
        .join(committed, committed.c.id == book.c.committed_id)
        .join(paid, paid.c.id == book.c.paid_id)
        .join(_versions, _versions.c.id == _in_force(book.c.programme_id))
        .outerjoin(cap, and_(cap.c.programme_id == book.c.programme_id, of_firms))
        .outerjoin(left, left.c.id == cap.c.left_id)
        .where(wanted)
        .order_by(book.c.id, cap.c.id)
    )


def _in_force(programme_id: Any) -> Any:
    """The version of a programme that holds on the day, else the one that will hold first, as `programmes.chosen`."""
    one = _versions.alias("written")
    has_begun = one.c.valid_from <= bindparam("day", type_=Date())
    newest = (
        case((has_begun, 0), else_=1),
        case((has_begun, one.c.valid_from)).desc(),
        one.c.valid_from,
        one.c.number.desc(),
    )
    rows = select(one.c.id).where(one.c.programme_id == programme_id).order_by(*newest)
    return rows.limit(1).correlate_except(one).scalar_subquery()


def _book(row: Row[Any]) -> Book:
    """A programme's books from a row."""
    is_limited = row.budget_fen is not None
    return Book(
        id=row.id,
        programme_id=row.programme_id,
        accounts=BookAccounts(row.source_id, row.budget_id, row.committed_id, is_limited),
        paid_id=row.paid_id,
        standing=BookStanding(row.free, row.committed, row.paid),
        version=row.version,
        version_number=row.number,
        budget_fen=row.budget_fen,
    )
