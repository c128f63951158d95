"""The cash book of an institution: what came in and was paid back, for statements and into payer accounts, by paper."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from booking.core.pages import Page, decode_cursor, page_of, row_id
from booking.statements.rules import Came, number_of
from booking.statements.strays import receipt_sign
from models.accounts import User
from models.ledger import LedgerEntry, LedgerTransfer
from models.payers import PayerAccount, PayerMovement
from models.statements import Debtor, Receipt, Statement
from models.vocabulary.payers import MovementKind
from models.vocabulary.statements import ReceiptKind

MOST_AT_ONCE = 20_000
"""How many rows a table to take away has at most."""

_RECEIPTS = {
    ReceiptKind.RECEIVED: Came.RECEIVED,
    ReceiptKind.REFUNDED: Came.REFUNDED,
    ReceiptKind.CORRECTED: Came.CORRECTED,
}
_MOVEMENTS = {
    MovementKind.TOPPED_UP: Came.TOPPED_UP,
    MovementKind.REFUNDED: Came.PAID_BACK,
    MovementKind.CORRECTED: Came.TAKEN_BACK,
}


@dataclass(frozen=True, slots=True)
class CashWanted:
    """What the book is narrowed to: days of papers, a part of what the payer is called or of a number, one kind."""

    since: date | None = None
    until: date | None = None
    payer: str = ""
    number: str = ""
    came: Came | None = None


@dataclass(frozen=True, slots=True)
class CashRow:
    """Money that came in (above zero) or was paid back, for statements or into a payer account, with its entry."""

    entry_id: int
    came: Came
    on: date
    number: str
    amount_fen: int
    payer_name: str
    payer_number: str
    person: str
    debtor_id: int | None
    payer_account_id: int | None
    statement_id: int | None
    statement_number: str
    reason: str
    recorded_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CashSum:
    """How many rows of a kind there are on all pages, and what they add up to."""

    came: Came
    count: int
    amount_fen: int


def cash_at(
    session: Session, organisation_id: int, wanted: CashWanted, *, limit: int, cursor: str = ""
) -> Page[CashRow]:
    """The book of an institution, the latest papers first."""
    book = _book(organisation_id)
    rows = _narrowed(select(book), book, wanted)
    if cursor:
        on, entry_id = decode_cursor(cursor, date.fromisoformat, row_id)
        rows = rows.where(or_(book.c.on < on, and_(book.c.on == on, book.c.entry_id < entry_id)))
    found = session.execute(rows.order_by(book.c.on.desc(), book.c.entry_id.desc()).limit(limit + 1)).all()
    page = page_of(found, limit, lambda row: (row.on, row.entry_id))
    return Page([_row(one) for one in page.items], page.next_cursor)


def every_row(session: Session, organisation_id: int, wanted: CashWanted) -> Iterator[CashRow]:
    """The same whole, up to `MOST_AT_ONCE` rows, the earliest papers first."""
    book = _book(organisation_id)
    rows = _narrowed(select(book), book, wanted).order_by(book.c.on, book.c.entry_id).limit(MOST_AT_ONCE)
    return map(_row, session.execute(rows))


def sums_at(session: Session, organisation_id: int, wanted: CashWanted) -> list[CashSum]:
    """What the rows of each kind add up to, in the order of the kinds."""
    book = _book(organisation_id)
    total = cast(func.sum(book.c.amount_fen), BigInteger)
    rows = _narrowed(select(book.c.came, func.count(), total), book, wanted).group_by(book.c.came)
    found = {Came(came): CashSum(Came(came), count, fen) for came, count, fen in session.execute(rows)}
    return [found[one] for one in Came if one in found]


def _book(organisation_id: int) -> Subquery:
    """Receipts and the movements of payer accounts by receipt, in the same columns."""
    return union_all(_receipts(organisation_id), _movements(organisation_id)).subquery("cash_book")


def _receipts(organisation_id: int) -> Select[Any]:
    """What was received from debtors, less what was paid back."""
    wrong, holder, person, clerk = aliased(Receipt), aliased(User), aliased(User), aliased(User)
    return (
        select(
            Receipt.entry_id.label("entry_id"),
            _named(Receipt.kind, _RECEIPTS).label("came"),
            Receipt.received_on.label("on"),
            Receipt.number.label("number"),
            (Receipt.amount_fen * receipt_sign(wrong)).label("amount_fen"),
            func.coalesce(PayerAccount.name, "").label("payer_name"),
            func.coalesce(PayerAccount.number, "").label("payer_number"),
            func.coalesce(holder.name, person.name).label("person"),
            Receipt.debtor_id.label("debtor_id"),
            Debtor.payer_account_id.label("payer_account_id"),
            Receipt.statement_id.label("statement_id"),
            Statement.year.label("year"),
            Statement.number.label("statement_number"),
            Receipt.reason.label("reason"),
            clerk.name.label("recorded_by"),
            Receipt.created_at.label("created_at"),
        )
        .join(Debtor, Debtor.id == Receipt.debtor_id)
        .join(clerk, clerk.id == Receipt.made_by_id)
        .outerjoin(wrong, wrong.id == Receipt.corrects_id)
        .outerjoin(Statement, Statement.id == Receipt.statement_id)
        .outerjoin(PayerAccount, PayerAccount.id == Debtor.payer_account_id)
        .outerjoin(holder, holder.id == PayerAccount.holder_id)
        .outerjoin(person, person.id == Debtor.user_id)
        .where(Debtor.organisation_id == organisation_id)
    )


def _movements(organisation_id: int) -> Select[Any]:
    """What came into payer accounts by receipt, less what was paid back; a correction has the paper that was wrong."""
    first, holder, clerk = aliased(PayerMovement), aliased(User), aliased(User)
    came_in = LedgerTransfer.to_account_id == PayerAccount.left_id
    nothing = cast(null(), Integer)
    return (
        select(
            PayerMovement.entry_id,
            _named(PayerMovement.kind, _MOVEMENTS),
            func.coalesce(PayerMovement.receipt_on, first.receipt_on),
            func.coalesce(first.receipt_number, PayerMovement.receipt_number),
            case((came_in, LedgerTransfer.amount_fen), else_=-LedgerTransfer.amount_fen),
            PayerAccount.name,
            PayerAccount.number,
            holder.name,
            nothing,
            PayerAccount.id,
            nothing,
            nothing,
            nothing,
            PayerMovement.reason,
            clerk.name,
            PayerMovement.created_at,
        )
        .join(PayerAccount, PayerAccount.id == PayerMovement.payer_account_id)
        .join(holder, holder.id == PayerAccount.holder_id)
        .join(clerk, clerk.id == PayerMovement.made_by_id)
        .join(LedgerEntry, LedgerEntry.id == PayerMovement.entry_id)
        .join(LedgerTransfer, LedgerTransfer.entry_id == PayerMovement.entry_id)
        .outerjoin(first, first.entry_id == LedgerEntry.corrects_id)
        .where(PayerAccount.organisation_id == organisation_id, PayerMovement.kind.in_(_MOVEMENTS))
        .where(or_(came_in, LedgerTransfer.from_account_id == PayerAccount.left_id))
    )


def _named(kind: Any, names: dict[Any, Came]) -> ColumnElement[str]:
    """The kind of a row as the book calls it."""
    return case(*((kind == stored, literal(str(came))) for stored, came in names.items()))


def _narrowed(rows: Select[Any], book: Subquery, wanted: CashWanted) -> Select[Any]:
    """The rows that are wanted."""
    if wanted.since is not None:
        rows = rows.where(book.c.on >= wanted.since)
    if wanted.until is not None:
        rows = rows.where(book.c.on <= wanted.until)
    if wanted.came is not None:
        rows = rows.where(book.c.came == str(wanted.came))
    if wanted.number:
        rows = rows.where(book.c.number.icontains(wanted.number, autoescape=True))
    if wanted.payer:
        called = (book.c.payer_name, book.c.payer_number, book.c.person)
        rows = rows.where(or_(*(one.icontains(wanted.payer, autoescape=True) for one in called)))
    return rows


def _row(row: Any) -> CashRow:
    """A row of the book."""
    said = row._asdict()
    year, number = said.pop("year"), said.pop("statement_number")
    told = number_of(year, number) if year is not None else ""
    return CashRow(**said | {"came": Came(row.came), "statement_number": told})
