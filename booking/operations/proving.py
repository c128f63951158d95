"""Adding the books up again every night: what was found is kept, shown, and told to who looks after the service."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from booking.charges import verifying as charges
from booking.clearing import verifying as clearing
from booking.core.clock import utcnow
from booking.invoices import verifying as invoices
from booking.ledger import verifying as ledger
from booking.notifications.service import announce
from booking.payers import verifying as payers
from booking.redemptions import verifying as redemptions
from booking.statements import verifying as statements
from booking.vouchers import verifying as vouchers
from booking.web.extensions import db, transaction
from models.jobs import LedgerProof

BOOKS = (ledger, payers, charges, statements, invoices, vouchers, redemptions, clearing)
"""What is added up again, feature by feature."""
MOST_KEPT = 100
REMEMBERED = timedelta(days=400)


def faults(session: Session) -> Iterator[str]:
    """One line for each thing in the books that is off; none when all is well."""
    for one in BOOKS:
        yield from one.faults(session)


def prove_books(now: datetime) -> int:
    """Add everything up as it is at one moment, keep what was found, and tell of what is off; how many lines."""
    began = utcnow()
    with _snapshot(db.engine) as session:
        found = list(faults(session))
    transaction(keep, found, seconds=int((utcnow() - began).total_seconds()), now=now)
    return len(found)


def keep(session: Session, found: list[str], *, seconds: int, now: datetime) -> LedgerProof:
    """Remember one proof and announce it where something is off; what is more than a year old is forgotten."""
    session.execute(delete(LedgerProof).where(LedgerProof.made_at < now - REMEMBERED))
    made = LedgerProof(made_at=now, seconds=seconds, fault_count=len(found), faults=found[:MOST_KEPT])
    session.add(made)
    session.flush()
    if found:
        announce(session, "operations.books_off", {"proof_id": made.id}, now=now)
    return made


def last_proof(session: Session) -> LedgerProof | None:
    """The last one, none before the first night."""
    return session.scalar(select(LedgerProof).order_by(LedgerProof.made_at.desc(), LedgerProof.id.desc()).limit(1))


@contextmanager
def _snapshot(engine: Engine) -> Iterator[Session]:
    """A session that sees one moment, so that what is booked meanwhile is in all of the sums or in none."""
    options = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        yield Session(connection)
