"""How long the clearing of a month takes: its figures, closing it, and all of clearing added up again.

`uv run python -m benchmarks.clearing [sqlite] [postgresql] [--captures 100000] [--months 3]`
"""

import argparse
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

from sqlalchemy import Table, update
from sqlalchemy.orm import Session

from benchmarks.importing import ENGINES, timed
from booking.clearing import service
from booking.clearing.months import shown_month
from booking.clearing.rules import month_after
from booking.clearing.verifying import faults
from booking.core.clock import at_local
from booking.database.bulk import columns_of, insert_rows, new_ids, readier
from booking.database.guards import balances_as_stored
from booking.operations.server import settle
from booking.web.extensions import db, transaction
from models.base import Base
from models.ledger import LedgerAccount
from tests.clearing.across import BORDER, Across, Use
from tests.databases import migrated, postgresql_database, settings_for

TARGET = 5.0
BATCH = 5_000
FIRST = date(2026, 6, 1)
PRICE = 12_000
NOW = datetime(2026, 12, 1, tzinfo=UTC)
ENTRIES, TRANSFERS, CAPTURES = (
    Base.metadata.tables[name] for name in ("ledger_entries", "ledger_transfers", "voucher_captures")
)


def fill(session: Session, captures: int, months: int) -> Across:
    """So many captures in each month, half of them in either direction; each with two transfers beside the pair's.

    The balances follow at the end: PostgreSQL keeps every version of a row that one transaction changes, so the
    triggers would take ever longer for the dozen accounts that everything goes through.
    """
    across = Across(session, NOW)
    each, month = {}, FIRST
    for _ in range(months):
        each[month] = [across.captured(*sides, PRICE, at_local(month)) for sides in (("50", "51"), ("51", "50"))]
        month = month_after(month)
    session.commit()
    changes = Counter[int]()
    with balances_as_stored(session.connection()):
        for month, uses in each.items():
            for start in range(0, captures, BATCH):
                changes.update(_captures(session, uses, month, range(start, min(start + BATCH, captures))))
    for account_id, change in changes.items():
        account = update(LedgerAccount).where(LedgerAccount.id == account_id)
        session.execute(account.values(balance_fen=LedgerAccount.balance_fen + change))
    session.commit()
    return across


def _captures(session: Session, uses: list[Use], month: date, numbers: range) -> Counter[int]:
    """Entries, what they moved, and what they were posted for; by how much accounts change.

    One charge of each direction stands for all.
    """
    moments = [at_local(month, 60 * 24) + timedelta(seconds=number * 20) for number in numbers]
    rows = list(zip(new_ids(session, ENTRIES, len(numbers)), cycle(uses), moments, strict=False))
    keys = [f"bench:{month}:{number}" for number in numbers]
    written = [
        {"id": entry_id, "key": key, "cause": "bench", "created_at": at}
        for key, (entry_id, _use, at) in zip(keys, rows, strict=True)
    ]
    _insert(session, ENTRIES, written)
    moves = [(entry_id, *ends) for entry_id, use, _at in rows for ends in _ends(use)]
    names = ("entry_id", "from_account_id", "to_account_id")
    _insert(session, TRANSFERS, [dict(zip(names, move, strict=True)) | {"amount_fen": PRICE} for move in moves])
    _insert(session, CAPTURES, [_capture(use, month) | {"entry_id": one, "created_at": at} for one, use, at in rows])
    changes = Counter[int]()
    for _entry_id, from_id, to_id in moves:
        changes.update({from_id: -PRICE, to_id: PRICE})
    return changes


def _ends(use: Use) -> tuple[tuple[int, int], ...]:
    """From which accounts to which a capture moves."""
    voucher, pair = use.voucher, use.pair
    return (
        (voucher.credit_id, voucher.held_id),
        (voucher.held_id, voucher.captured_id),
        (pair.source_id, pair.captured_id),
    )


def _capture(use: Use, month: date) -> dict[str, Any]:
    """What every capture of a use has in common."""
    return {
        "voucher_id": use.voucher.id,
        "cap_id": use.capture.cap_id,
        "charge_id": use.charge.id,
        "amount_fen": PRICE,
        "counts_on": month,
        "decided_by": [],
        "issuer_province": use.pair.issuer,
        "provider_province": use.pair.provider,
        "programme_version_id": use.voucher.programme_version_id,
    }


def _insert(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Many rows as the driver takes them best."""
    without = [] if "id" in rows[0] else ["id"]
    names = columns_of(table, without=without)
    ready = readier(table, names, session.get_bind().dialect)
    insert_rows(session, table, names, [ready(row) for row in rows])


def measure(engine: str, captures: int, months: int) -> None:
    """Fill, look at a month, close all of them, verify."""
    said = f"{captures:,} captures in each of {months} months written"
    with timed(engine, said), Session(db.engine, expire_on_commit=False) as session:
        across = fill(session, captures, months)
    officer, month = across.officers["50"], FIRST
    for _ in range(months):
        with timed(engine, f"the figures of {month:%Y-%m}", TARGET), Session(db.engine) as session:
            shown_month(session, BORDER, month, officer, today=NOW.date())
        with timed(engine, f"{month:%Y-%m} closed", TARGET):
            transaction(service.close_month, BORDER, month, actor=officer, now=NOW)
        month = month_after(month)
    with timed(engine, "clearing added up again"), Session(db.engine) as session:
        print(f"{engine}: {len(list(faults(session)))} differences", flush=True)


def main() -> None:
    """Measure each engine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engines", nargs="*", metavar="engine")
    parser.add_argument("--captures", type=int, default=100_000)
    parser.add_argument("--months", type=int, default=3)
    wanted = parser.parse_args()
    for engine in [name for name in wanted.engines if name in ENGINES] or ENGINES:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            url = f"sqlite:///{folder / 'clearing.sqlite3'}"
            if engine == "postgresql":
                url = stack.enter_context(postgresql_database("benchmark_clearing"))
            app = migrated(settings_for(url, folder, log_level="WARNING"))
            settle()
            with app.app_context():
                measure(engine, wanted.captures, wanted.months)
                db.engine.dispose()


if __name__ == "__main__":
    main()
