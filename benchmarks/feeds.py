"""How fast calendar apps are answered: a feed of 1,000 events, and 304 when nothing changed.

`uv run python -m benchmarks.feeds [sqlite] [postgresql]`
"""

import argparse
import tempfile
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import insert
from sqlalchemy.orm import Session

from benchmarks.harness import Result, hello_rate, load, report, request_bytes, served
from booking.calendars.forms import FeedForm
from booking.calendars.service import make_feed
from booking.core.clock import utcnow
from booking.web.extensions import db
from models.reservations import FeedRevision, Reservation
from models.vocabulary.reservations import ReservationMode, ReservationState
from tests.databases import migrated, postgresql_database, settings_for
from tests.factories.instruments import make_instrument
from tests.factories.people import actor_for, make_user

EVENTS = 1000
TARGETS = {"sqlite": (0.25, 0.4), "postgresql": (0.25, 0.2)}


def main(engines: list[str]) -> None:
    """Measure each engine against one hello."""
    hello = hello_rate()
    report("hello", hello, hello)
    for engine in engines:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            url = f"sqlite:///{folder / 'feeds.sqlite3'}"
            if engine == "postgresql":
                url = stack.enter_context(postgresql_database("benchmark_feeds"))
            measure(engine, url, folder, hello)


def measure(engine: str, url: str, folder: Path, hello: Result) -> None:
    """One person with a thousand bookings, read gzipped, plain, and unchanged."""
    app = migrated(settings_for(url, folder))
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
        path = arrange(session)
        session.commit()
    environment = {"BOOKING_DATABASE_URL": url, "BOOKING_DATA_DIR": str(folder), "BOOKING_LOG_LEVEL": "WARNING"}
    etag = etag_of(app, path)
    with served("app:create_app()", **environment) as port:
        for name, headers, target in (
            ("gzipped", {"Accept-Encoding": "gzip"}, TARGETS[engine][0]),
            ("plain", {}, None),
            ("304", {"If-None-Match": etag}, TARGETS[engine][1]),
        ):
            request = request_bytes("GET", path, headers=headers)
            load(port, lambda _client, one=request: [one] * 20)  # type: ignore[misc]
            result = load(port, lambda _client, one=request: [one] * 300)  # type: ignore[misc]
            report(f"{engine}: feed of {EVENTS} events, {name}", result, hello, target)


def arrange(session: Session) -> str:
    """A thousand confirmed hours of one person, and the path of their feed."""
    user, instrument = make_user(session), make_instrument(session)
    now = utcnow()
    session.execute(
        insert(Reservation),
        [
            {
                "uid": f"{number}@example.org",
                "instrument_id": instrument.id,
                "booked_by_id": user.id,
                "starts_at": now + timedelta(hours=number),
                "ends_at": now + timedelta(hours=number + 1),
                "state": ReservationState.CONFIRMED,
                "mode": ReservationMode.SELF,
                "purpose": "断口形貌观察与能谱分析",
                "project_name": "",
                "project_number": "",
                "sequence": 0,
                "version": 1,
                "created_at": now,
                "updated_at": now,
            }
            for number in range(EVENTS)
        ],
    )
    session.add(FeedRevision(scope=f"mine:{user.id}", revision=1, changed_at=now))
    _feed, secret = make_feed(session, FeedForm(), actor=actor_for(session, user, now=now), now=now)
    return f"/feeds/{secret}.ics"


def etag_of(app: Flask, path: str) -> str:
    """The tag of the feed, rendered once."""
    return app.test_client().get(path).headers["ETag"]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engines", nargs="*", metavar="engine")
    wanted = parser.parse_args().engines
    main([name for name in wanted if name in TARGETS] or list(TARGETS))
