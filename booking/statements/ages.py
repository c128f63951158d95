"""What is open of an age: the statements of one column of the ageing list, and what they add up to."""

from datetime import date, timedelta

from sqlalchemy import BigInteger, ColumnElement, and_, cast, func, select, true
from sqlalchemy.orm import Session

from booking.statements.rules import Age, late_between
from models.ledger import LedgerAccount
from models.statements import Statement


def of_age(age: Age | None, today: date) -> ColumnElement[bool]:
    """Statements of which something is open that is so late, all without an age; they must have joined what is open."""
    if age is None:
        return true()
    least, most = late_between(age)
    bounds = [LedgerAccount.balance_fen > 0]
    if least is not None:
        bounds.append(Statement.due_on <= today - timedelta(days=least))
    if most is not None:
        bounds.append(Statement.due_on >= today - timedelta(days=most))
    return and_(*bounds)


def sum_of_age(session: Session, organisation_id: int, age: Age, *, today: date, debtor_id: int | None = None) -> int:
    """What is open of an age at an institution, of everybody or of one debtor."""
    total = select(cast(func.coalesce(func.sum(LedgerAccount.balance_fen), 0), BigInteger)).select_from(Statement)
    rows = total.join(LedgerAccount, LedgerAccount.id == Statement.open_id)
    theirs = rows.where(Statement.organisation_id == organisation_id, of_age(age, today))
    if debtor_id is not None:
        theirs = theirs.where(Statement.debtor_id == debtor_id)
    return session.scalar(theirs) or 0
