"""How long the clearing of a month takes: its figures, closing it, and all of clearing added up again.

`uv run python -m benchmarks.clearing [sqlite] [postgresql] [--captures 100000] [--months 3]`
"""

import argparse
import tempfile
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from benchmarks.importing import ENGINES, timed
from booking.clearing import service
from booking.clearing.months import shown_month
from booking.clearing.rules import month_after
from booking.clearing.verifying import faults
from booking.core.clock import at_local
from booking.operations.server import settle
from booking.web.extensions import db, transaction
from models.ledger import LedgerEntry, LedgerTransfer
from models.vouchers import VoucherCapture
from tests.clearing.across import BORDER, Across, Use
from tests.databases import migrated, postgresql_database, settings_for

TARGET = 5.0
BATCH = 5_000
FIRST = date(2026, 6, 1)
PRICE = 12_000
NOW = datetime(2026, 12, 1, tzinfo=UTC)


def fill(session: Session, captures: int, months: int) -> Across:
    """So many captures in each month, half of them in either direction; each with two transfers beside the pair's."""
    across = Across(session, NOW)
    month = FIRST
    for _ in range(months):
        uses = [across.captured(*sides, PRICE, at_local(month)) for sides in (("50", "51"), ("51", "50"))]
        for start in range(0, captures, BATCH):
            _captures(session, uses, month, range(start, min(start + BATCH, captures)))
        month = month_after(month)
    session.commit()
    return across


def _captures(session: Session, uses: list[Use], month: date, numbers: range) -> None:
    """Entries, what they moved, and what they were posted for; one charge of each direction stands for all."""
    moments = [at_local(month, 60 * 24) + timedelta(seconds=number * 20) for number in numbers]
    entries = [
        {"key": f"bench:{month}:{number}", "cause": "bench", "created_at": at}
        for number, at in zip(numbers, moments, strict=True)
    ]
    ids = session.scalars(insert(LedgerEntry).returning(LedgerEntry.id, sort_by_parameter_order=True), entries).all()
    rows = list(zip(ids, cycle(uses), moments, strict=False))
    transfers = [
        _move(entry_id, *ends)
        for entry_id, use, _at in rows
        for ends in (
            (use.voucher.credit_id, use.voucher.held_id),
            (use.voucher.held_id, use.voucher.captured_id),
            (use.pair.source_id, use.pair.captured_id),
        )
    ]
    session.execute(insert(LedgerTransfer), transfers)
    values = [
        {
            "entry_id": entry_id,
            "voucher_id": use.voucher.id,
            "cap_id": use.capture.cap_id,
            "charge_id": use.charge.id,
            "amount_fen": PRICE,
            "counts_on": month,
            "decided_by": [],
            "issuer_province": use.pair.issuer,
            "provider_province": use.pair.provider,
            "programme_version_id": use.voucher.programme_version_id,
            "created_at": at,
        }
        for entry_id, use, at in rows
    ]
    session.execute(insert(VoucherCapture), values)


def _move(entry_id: int, from_id: int, to_id: int) -> dict[str, Any]:
    """A transfer."""
    return {"entry_id": entry_id, "from_account_id": from_id, "to_account_id": to_id, "amount_fen": PRICE}


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
