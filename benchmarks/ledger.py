"""How long it takes to add a large ledger up again, as `ledger verify` does, and how fast entries are posted.

`uv run python -m benchmarks.ledger [sqlite] [postgresql] [--transfers 1000000] [--accounts 10000]`
"""

import argparse
import tempfile
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from sqlalchemy import insert
from sqlalchemy.orm import Session

from benchmarks.importing import ENGINES, timed
from booking.core.clock import utcnow
from booking.ledger.rules import Move
from booking.ledger.service import post_entry
from booking.ledger.verifying import faults
from booking.operations.server import settle
from booking.web.extensions import db, transaction
from models.ledger import LedgerAccount, LedgerEntry, LedgerTransfer
from tests.databases import migrated, postgresql_database, settings_for

VERIFY_TARGET = 30.0
BATCH = 10_000
POSTED = 500


def fill(session: Session, transfers: int, accounts: int, now: datetime) -> None:
    """Entries of one transfer each between accounts in a ring; the triggers add them up as they come."""
    session.execute(
        insert(LedgerAccount),
        [
            {"id": one, "name": f"account:{one}", "floor_fen": None, "balance_fen": 0, "created_at": now}
            for one in range(1, accounts + 1)
        ],
    )
    for first in range(1, transfers + 1, BATCH):
        numbers = range(first, min(first + BATCH, transfers + 1))
        entries = [{"key": f"entry:{one}", "cause": "benchmark", "created_at": now} for one in numbers]
        ids = session.scalars(insert(LedgerEntry).returning(LedgerEntry.id), entries).all()
        moved = [
            {
                "entry_id": entry_id,
                "from_account_id": one % accounts + 1,
                "to_account_id": (one + 1) % accounts + 1,
                "amount_fen": one % 997 + 1,
            }
            for entry_id, one in zip(ids, numbers, strict=True)
        ]
        session.execute(insert(LedgerTransfer), moved)


def measure(engine: str, transfers: int, accounts: int) -> None:
    """Fill, verify, post."""
    now = utcnow()
    with timed(engine, f"{transfers:,} transfers written, balances kept"):
        transaction(fill, transfers, accounts, now)
    with timed(engine, "ledger verify", VERIFY_TARGET), Session(db.engine) as session:
        found = list(faults(session))
    print(f"{engine}: {len(found)} differences", flush=True)
    with Session(db.engine) as session:
        known = [session.get_one(LedgerAccount, number).id for number in (1, 2)]
    with timed(engine, f"{POSTED} entries posted, each in its transaction"):
        for number in range(POSTED):
            transaction(_post, number, known, now)


def _post(session: Session, number: int, accounts: list[int], now: datetime) -> None:
    """One entry as the service posts it."""
    post_entry(session, f"posted:{number}", "benchmark", [Move(accounts[0], accounts[1], 100)], now=now)


def main() -> None:
    """Measure each engine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engines", nargs="*", metavar="engine")
    parser.add_argument("--transfers", type=int, default=1_000_000)
    parser.add_argument("--accounts", type=int, default=10_000)
    wanted = parser.parse_args()
    for engine in [name for name in wanted.engines if name in ENGINES] or ENGINES:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            url = f"sqlite:///{folder / 'ledger.sqlite3'}"
            if engine == "postgresql":
                url = stack.enter_context(postgresql_database("benchmark_ledger"))
            app = migrated(settings_for(url, folder, log_level="WARNING"))
            settle()
            with app.app_context():
                measure(engine, wanted.transfers, wanted.accounts)
                db.engine.dispose()


if __name__ == "__main__":
    main()
