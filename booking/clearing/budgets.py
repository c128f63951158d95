"""What of a programme's budget was free, committed and paid at the end of each day of its year."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import dropwhile

from sqlalchemy import BigInteger, cast, func, select, union_all
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, may
from booking.clearing.rules import month_after
from booking.core.actors import Actor, Target
from booking.core.errors import NotFound
from booking.database.days import local_day
from booking.programmes.queries import Shown, shown
from models.ledger import LedgerEntry, LedgerTransfer
from models.vouchers import ProgrammeBook


@dataclass(frozen=True, slots=True)
class BudgetDay:
    """What the books held at the end of a day, in fen."""

    day: date
    free_fen: int
    committed_fen: int
    paid_fen: int


@dataclass(frozen=True, slots=True)
class Budget:
    """A programme's budget over its year, until today; `is_limited` where the version in force names one."""

    shown: Shown
    first: date
    last: date
    days: Sequence[BudgetDay]
    is_limited: bool

    @property
    def latest(self) -> BudgetDay:
        """How it stands."""
        return self.days[-1] if self.days else BudgetDay(self.first, 0, 0, 0)

    @property
    def total_fen(self) -> int:
        """All that was set aside."""
        return self.latest.free_fen + self.latest.committed_fen + self.latest.paid_fen

    @property
    def months(self) -> list[BudgetDay]:
        """The last day of each month, from the first in which anything was there."""
        days = dropwhile(lambda one: not (one.free_fen or one.committed_fen or one.paid_fen), self.days)
        return [one for one in days if one is self.days[-1] or month_after(one.day) == one.day + timedelta(days=1)]


def budget_of(session: Session, programme_id: int, actor: Actor, *, today: date) -> Budget:
    """The budget of a programme, for officers of its authority and auditors; raises NotFound.

    What lives elsewhere has none.
    """
    found = shown(session, programme_id, today)
    sees = may(actor, Permission.SEE_BUDGETS, Target(found.programme.organisation_id))
    if found.programme.runs_at or not sees:
        raise NotFound
    book = session.scalar(select(ProgrammeBook).where(ProgrammeBook.programme_id == programme_id))
    moved = _moved(session, book) if book is not None else {}
    year = found.programme.year
    first = min([date(year, 1, 1), *(day for day, _account in moved)])
    last = max(date(year, 12, 31), found.version.redeem_by, *(day for day, _account in moved))
    days = _days(book, moved, first, min(last, today)) if book is not None else []
    return Budget(found, first, last, days, found.version.budget_fen is not None)


def _moved(session: Session, book: ProgrammeBook) -> dict[tuple[date, int], int]:
    """What came into and went out of the three accounts, by local day."""
    ids = book.budget_id, book.committed_id, book.paid_id
    came = select(LedgerTransfer.to_account_id.label("account"), LedgerTransfer.entry_id, LedgerTransfer.amount_fen)
    went = select(LedgerTransfer.from_account_id, LedgerTransfer.entry_id, -LedgerTransfer.amount_fen)
    both = union_all(
        came.where(LedgerTransfer.to_account_id.in_(ids)), went.where(LedgerTransfer.from_account_id.in_(ids))
    ).subquery()
    day = local_day(LedgerEntry.created_at)
    total = cast(func.sum(both.c.amount_fen), BigInteger)
    rows = select(day, both.c.account, total).join(LedgerEntry, LedgerEntry.id == both.c.entry_id)
    return {(on, account): int(fen) for on, account, fen in session.execute(rows.group_by(day, both.c.account))}


def _days(book: ProgrammeBook, moved: dict[tuple[date, int], int], first: date, last: date) -> list[BudgetDay]:
    """Each day with what the accounts held at its end."""
    held: defaultdict[int, int] = defaultdict(int)
    found, day = [], first
    while day <= last:
        for account in (book.budget_id, book.committed_id, book.paid_id):
            held[account] += moved.get((day, account), 0)
        found.append(BudgetDay(day, held[book.budget_id], held[book.committed_id], held[book.paid_id]))
        day += timedelta(days=1)
    return found
