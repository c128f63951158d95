"""How fast time is taken and shown: 16 clients book at 10^3 and 10^6 claims, priced, held, with vouchers; six weeks.

`uv run python -m benchmarks.booking [sqlite] [postgresql] [--claims 1000000] [--reservations 100000] [--profile]`
"""

import argparse
import cProfile
import json
import pstats
import tempfile
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from benchmarks.booking_data import busy_instrument, fill_past, person_of, token_of
from benchmarks.harness import CLIENTS, Result, hello_rate, load, new_key, report, request_bytes, served
from booking.core.clock import at_local, local_date, utcnow
from booking.web.extensions import db
from models.catalogue import Instrument
from models.directory import Organisation
from models.vocabulary.accounts import Role, ScopeKind
from tests.databases import migrated, postgresql_database, settings_for
from tests.factories.instruments import make_instrument
from tests.factories.payers import make_payer
from tests.factories.people import give, make_user
from tests.factories.prices import make_hourly_price
from tests.factories.vouchers import make_firm, make_voucher

BOOKING_TARGETS = {"sqlite": 0.06, "postgresql": 0.04}
SIX_WEEKS_TARGET, GROWN_TARGET, HELD_TARGET, COVERED_TARGET = 0.15, 0.8, 0.5, 0.8
FEW_CLAIMS, EACH = 1_000, 150
HALF_HOUR = timedelta(minutes=30)


class Bench:
    """An application with sixteen people, each with a token and an instrument of their own to book."""

    def __init__(self, app: Flask) -> None:
        """Arrange people, instruments and a thousand claims."""
        self.app = app
        self.booked = 0
        with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
            far = {"horizon_days": 30_000}
            self.instruments = [make_instrument(session, policy=far).id for _ in range(CLIENTS)]
            self.secrets = [token_of(session, f"person{number}") for number in range(CLIENTS)]
            fill_past(session, FEW_CLAIMS)

    def booking(self, client: int, number: int) -> tuple[dict[str, str], bytes]:
        """Headers and body that ask for the client's own instrument in the `number`-th half hour from tomorrow."""
        start = at_local(local_date(utcnow()) + timedelta(days=1)) + number * HALF_HOUR
        wish = {
            "instrument_id": self.instruments[client],
            "starts_at": start.isoformat(),
            "ends_at": (start + HALF_HOUR).isoformat(),
            "purpose": "断口形貌观察与能谱分析",
            "direction": "research",
            "sample_count": 3,
        }
        headers = {"Authorization": f"Bearer {self.secrets[client]}", "Idempotency-Key": new_key()}
        return headers, json.dumps(wish).encode()

    def book(self, port: int, each: int) -> Result:
        """Every client books `each` half hours that nobody else wants."""
        first, self.booked = self.booked, self.booked + each

        def requests_of(client: int) -> list[bytes]:
            wishes = (self.booking(client, first + number) for number in range(each))
            return [request_bytes("POST", "/api/v1/reservations", body, headers) for headers, body in wishes]

        # The clients are other processes, which take finished requests.
        prepared = [requests_of(client) for client in range(CLIENTS)]
        return load(port, prepared.__getitem__)

    def grow(self, claims: int) -> None:
        """More past claims on the same lanes."""
        with self.app.app_context(), Session(db.engine) as session:
            session.execute(text("DELETE FROM claims WHERE block_id IS NOT NULL"))
            fill_past(session, claims)
            session.execute(text("ANALYZE"))
            session.commit()

    def set_prices(self) -> None:
        """From now on every instrument costs something, and how far ahead one books follows from the user group."""
        with self.app.app_context(), Session(db.engine, expire_on_commit=False) as session:
            admin = make_user(session, "admin")
            for number in self.instruments:
                make_hourly_price(session, session.get_one(Instrument, number), 20_000, admin, horizon_days=730)
            session.execute(text("ANALYZE"))
            session.commit()

    def open_payers(self) -> None:
        """From now on each person has an account that pays at their instrument, and is held in."""
        with self.app.app_context(), Session(db.engine, expire_on_commit=False) as session:
            for number, (instrument_id, secret) in enumerate(zip(self.instruments, self.secrets, strict=True)):
                place = session.get_one(Organisation, session.get_one(Instrument, instrument_id).organisation_id)
                make_payer(session, place, person_of(session, secret), 9_000_000_000, number=f"bench-{number}")
            session.execute(text("ANALYZE"))
            session.commit()

    def issue_vouchers(self) -> None:
        """From now on each person acts for a firm of their own with a voucher, which every booking uses."""
        with self.app.app_context(), Session(db.engine, expire_on_commit=False) as session:
            last = f"{local_date(utcnow()).year + 2}-12-31"
            days: dict[str, Any] = {"counts_from": "2026-01-01", "use_by": last, "redeem_by": last}
            for instrument_id, secret in zip(self.instruments, self.secrets, strict=True):
                place = session.get_one(Organisation, session.get_one(Instrument, instrument_id).organisation_id)
                firm = make_firm(session)
                agent = person_of(session, secret)
                give(session, agent, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, firm.id)
                make_voucher(session, firm, 9_000_000_000, providers=[place], year_cap_fen=9_000_000_000, **days)
            session.execute(text("ANALYZE"))
            session.commit()

    def six_weeks(self, reservations: int) -> bytes:
        """The request for six weeks of an instrument with so many reservations."""
        with self.app.app_context(), Session(db.engine, expire_on_commit=False) as session:
            instrument_id = busy_instrument(session, reservations)
            session.execute(text("ANALYZE"))
            session.commit()
        start = at_local(local_date(utcnow()))
        query = urlencode({"from": start.isoformat(), "to": (start + timedelta(weeks=6)).isoformat()})
        return request_bytes("GET", f"/api/v1/instruments/{instrument_id}/availability?{query}")

    def profile(self, bookings: int = 300) -> None:
        """Where the time of a booking goes, inside one process."""
        client, profiler = self.app.test_client(), cProfile.Profile()
        first, self.booked = self.booked, self.booked + bookings
        wishes = [self.booking(0, first + number) for number in range(bookings)]
        profiler.enable()
        for headers, body in wishes:
            answer = client.post("/api/v1/reservations", data=body, headers=headers, content_type="application/json")
            assert answer.status_code == 201, answer.get_data(as_text=True)
        profiler.disable()
        pstats.Stats(profiler).sort_stats("cumulative").print_stats(60)
        pstats.Stats(profiler).sort_stats("tottime").print_stats(25)


def main() -> None:
    """Measure each engine against one hello."""
    wanted = _arguments()
    hello = hello_rate()
    report("hello", hello, hello)
    for engine in [name for name in wanted.engines if name in BOOKING_TARGETS] or BOOKING_TARGETS:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            url = f"sqlite:///{folder / 'booking.sqlite3'}"
            if engine == "postgresql":
                url = stack.enter_context(postgresql_database("benchmark_booking"))
            bench = Bench(migrated(settings_for(url, folder, log_level="WARNING")))
            if wanted.profile:
                bench.profile()
            measure(bench, engine, url, folder, hello, wanted)


def measure(  # noqa: PLR0917 - one run
    bench: Bench, engine: str, url: str, folder: Path, hello: Result, wanted: argparse.Namespace
) -> None:
    """Booking on few and on many claims, with a price, a hold, a voucher; then six weeks of a busy instrument."""
    environment = {"BOOKING_DATABASE_URL": url, "BOOKING_DATA_DIR": str(folder), "BOOKING_LOG_LEVEL": "WARNING"}
    with served("app:create_app()", **environment) as port:
        bench.book(port, 20)
        few = bench.book(port, EACH)
        report(f"{engine}: booking at {FEW_CLAIMS:,} claims", few, hello, BOOKING_TARGETS[engine])
        if wanted.claims:
            bench.grow(wanted.claims)
            bench.book(port, 20)
            many = bench.book(port, EACH)
            ratio = many.rate / few.rate
            report(f"{engine}: booking at {wanted.claims:,} claims", many, hello, BOOKING_TARGETS[engine])
            verdict = "met" if ratio >= GROWN_TARGET else "MISSED"
            print(f"{engine}: that is {ratio:.2f} of the rate before (target {GROWN_TARGET}: {verdict})", flush=True)
        bench.set_prices()
        bench.book(port, 20)
        priced = bench.book(port, EACH)
        report(f"{engine}: the same with a price", priced, hello, BOOKING_TARGETS[engine])
        bench.open_payers()
        bench.book(port, 20)
        held = bench.book(port, EACH)
        report(f"{engine}: with price and hold", held, hello, BOOKING_TARGETS[engine] * HELD_TARGET)
        verdict = "met" if held.rate >= HELD_TARGET * few.rate else "MISSED"
        share = f"{held.rate / few.rate:.2f} of a free booking"
        print(f"{engine}: that is {share} (target {HELD_TARGET}: {verdict})", flush=True)
        bench.issue_vouchers()
        bench.book(port, 20)
        covered = bench.book(port, EACH)
        report(f"{engine}: with price, hold and voucher", covered, hello)
        verdict = "met" if covered.rate >= COVERED_TARGET * held.rate else "MISSED"
        share = f"{covered.rate / held.rate:.2f} of one that is held in an account alone"
        print(f"{engine}: that is {share} (target {COVERED_TARGET}: {verdict})", flush=True)
        request = bench.six_weeks(wanted.reservations)
        load(port, [[request] * 20 for _ in range(CLIENTS)].__getitem__)
        weeks = load(port, [[request] * 200 for _ in range(CLIENTS)].__getitem__)
        report(f"{engine}: six weeks at {wanted.reservations:,} reservations", weeks, hello, SIX_WEEKS_TARGET)


def _arguments() -> argparse.Namespace:
    """What to measure, and how much of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engines", nargs="*", metavar="engine")
    parser.add_argument("--claims", type=int, default=1_000_000)
    parser.add_argument("--reservations", type=int, default=100_000)
    parser.add_argument("--profile", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
