"""What programmes have set aside and what firms may still use of it in each year, as the rules need to know it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Date, Integer, Row, Select, and_, bindparam, case, select
from sqlalchemy.orm import Session

from booking.database.transactions import connection_of
from booking.vouchers.known import Book, Cap, Standings
from booking.vouchers.rules import BookAccounts, BookStanding, CapAccounts
from models.ledger import LedgerAccount
from models.programmes import ProgrammeVersion
from models.vouchers import ProgrammeBook, VoucherCap

_versions, _accounts = ProgrammeVersion.__table__, LedgerAccount.__table__
BOOK, _CAP, _in_force_now = ProgrammeBook.__table__, VoucherCap.__table__, _versions.alias("in_force")


def standings(session: Session, programme_ids: Collection[int], day: date, firm_ids: Collection[int] = ()) -> Standings:
    """The books of programmes as their versions of a day say them, with the caps of firms; one statement."""
    if not programme_ids:
        return Standings({}, [])
    is_one = len(programme_ids) == len(firm_ids) == 1
    named: dict[str, Any] = {"programme_ids": sorted(programme_ids), "firm_ids": sorted(firm_ids)}
    if is_one:
        named = {"programme_id": named["programme_ids"][0], "firm_id": named["firm_ids"][0]}
    rows = rows_of(session, _standings(is_one=is_one), {**named, "day": day})
    return standings_in(rows)


def standings_in(rows: Sequence[Row[Any]]) -> Standings:
    """Books and caps from rows of a statement that has them beside."""
    books: dict[int, Book] = {}
    caps: dict[int, Cap] = {}
    for row in rows:
        if row.programme_id not in books:
            books[row.programme_id] = _book(row)
        if row.cap_id is not None and row.cap_id not in caps:
            caps[row.cap_id] = _cap(row)
    return Standings(books, list(caps.values()))


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
    if is_one:
        wanted = BOOK.c.programme_id == bindparam("programme_id", type_=Integer())
        of_firms = _CAP.c.organisation_id == bindparam("firm_id", type_=Integer())
    else:
        wanted = BOOK.c.programme_id.in_(bindparam("programme_ids", type_=Integer(), expanding=True))
        of_firms = _CAP.c.organisation_id.in_(bindparam("firm_ids", type_=Integer(), expanding=True))
    rows = select(BOOK.c.programme_id).select_from(BOOK).where(wanted).order_by(BOOK.c.id)
    return with_standings(rows, of_firms)


def with_standings(rows: Select[*tuple[Any, ...]], of_firms: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Rows of programmes' books with what those hold, a row for each cap of the firms.

    The budget is that of the version in force on `day`.
    """
    free, committed, paid, left = (_accounts.alias(name) for name in ("free", "committed", "paid", "cap_left"))
    return (
        rows.add_columns(
            BOOK.c.id.label("book_id"),
            *(BOOK.c[name] for name in ("source_id", "budget_id", "committed_id", "paid_id", "version")),
            free.c.balance_fen.label("free"),
            committed.c.balance_fen.label("committed"),
            paid.c.balance_fen.label("paid"),
            _in_force_now.c.number.label("version_number"),
            _in_force_now.c.budget_fen,
            _CAP.c.id.label("cap_id"),
            _CAP.c.organisation_id.label("firm_id"),
            *(_CAP.c[name] for name in ("year", "left_id", "used_id")),
            left.c.balance_fen.label("left"),
        )
        .join(free, free.c.id == BOOK.c.budget_id)
        .join(committed, committed.c.id == BOOK.c.committed_id)
        .join(paid, paid.c.id == BOOK.c.paid_id)
        .join(_in_force_now, _in_force_now.c.id == _in_force(BOOK.c.programme_id))
        .outerjoin(_CAP, and_(_CAP.c.programme_id == BOOK.c.programme_id, of_firms))
        .outerjoin(left, left.c.id == _CAP.c.left_id)
        .order_by(_CAP.c.id)
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
        id=row.book_id,
        programme_id=row.programme_id,
        accounts=BookAccounts(row.source_id, row.budget_id, row.committed_id, is_limited),
        paid_id=row.paid_id,
        standing=BookStanding(row.free, row.committed, row.paid),
        version=row.version,
        version_number=row.version_number,
        budget_fen=row.budget_fen,
    )


def _cap(row: Row[Any]) -> Cap:
    """A firm's cap from a row."""
    accounts = CapAccounts(row.cap_id, row.left_id, row.used_id)
    return Cap(accounts, row.programme_id, row.firm_id, row.year, row.left)
