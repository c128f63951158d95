"""How long others wait while a register of 10,000 instruments is written: bookings, edits, new units.

`uv run python -m benchmarks.import_waits [--rows 10000]` (PostgreSQL, where several write at once)
"""

import argparse
import multiprocessing
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from multiprocessing.synchronize import Event
from pathlib import Path
from statistics import median
from typing import Any

from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import create_app
from benchmarks.importing import Locks, import_table, register
from booking.catalogue import listing
from booking.catalogue.forms import InstrumentChanges
from booking.catalogue.service import patch_instrument
from booking.core.actors import Actor
from booking.core.clock import at_local, local_date, utcnow
from booking.core.period import Period
from booking.directory.forms import UnitForm
from booking.directory.service import add_unit
from booking.operations.server import settle
from booking.reservations.service import request_reservation
from booking.reservations.wishes import Wish
from booking.web.extensions import db, transaction
from models.accounts import User
from models.catalogue import BookingPolicy, Instrument
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.catalogue import BookingMode, PublishingState
from tests.databases import migrated, postgresql_database, settings_for
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.people import actor_for, give, make_user

ENGINE = "postgresql"
PAUSE, ALONE = 0.05, 5.0
"""Seconds between two actions of one kind, and for how long they are measured with no import beside them."""
BOOKED = 50
HALF_HOUR = timedelta(minutes=30)
SLOTS = 18
OPEN_LONG = {"horizon_days": 30_000, "closes_on_holidays": False}


@dataclass(frozen=True)
class Scene:
    """Where the others work: the database, who they are, what they book, edit and add to."""

    url: str
    folder: Path
    admin_id: int
    booker_id: int
    owner_id: int
    edited_id: int
    booked: list[int] = field(default_factory=list)


def _book(scene: Scene, actor: Actor, number: int) -> None:
    """One more half hour, on a weekday between nine and six, of the next of the records."""
    nth, instrument_id = number // len(scene.booked), scene.booked[number % len(scene.booked)]
    days, slot = divmod(nth, SLOTS)
    first = local_date(utcnow())
    monday = first + timedelta(days=7 - first.weekday())
    day = monday + timedelta(days=days // 5 * 7 + days % 5)
    start = at_local(day, 540) + slot * HALF_HOUR
    wish = Wish(instrument_id, Period(start, start + HALF_HOUR))
    transaction(request_reservation, wish, actor=actor, now=utcnow())


def _edit(scene: Scene, actor: Actor, number: int) -> None:
    """Another text for a record of the same institution that is not in the register."""
    changes = InstrumentChanges(functions_zh=f"形貌观察 {number}")
    transaction(patch_instrument, scene.edited_id, changes, actor=actor, now=utcnow())


def _add_unit(scene: Scene, actor: Actor, number: int) -> None:
    """One more unit of the institution."""
    form = UnitForm(name_zh=f"新部门 {number}-{time.time_ns()}")
    transaction(add_unit, scene.owner_id, form, actor=actor, now=utcnow())


ACTIONS: dict[str, tuple[Callable[[Scene, Actor, int], None], bool]] = {
    "booking": (_book, False),
    "editing another record": (_edit, True),
    "adding a unit": (_add_unit, True),
}
"""What the others do, and whether the institution's administrator does it."""


def work_beside(scene: Scene, first: int, begun: Event, stop: Event, told: Any) -> None:
    """Do all of it again and again until told to stop, in a process of its own; how long each took, by action."""
    app = create_app(settings_for(scene.url, scene.folder, log_level="WARNING"))
    took: dict[str, list[float]] = {name: [] for name in ACTIONS}
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
        ids = {True: scene.admin_id, False: scene.booker_id}
        actors = {
            is_admin: actor_for(session, session.get_one(User, key), now=utcnow()) for is_admin, key in ids.items()
        }

    def repeat(name: str) -> None:
        act, is_admin = ACTIONS[name]
        for number in count(first):
            if stop.is_set():
                return
            began = time.perf_counter()
            with app.app_context():
                act(scene, actors[is_admin], number)
            took[name].append(time.perf_counter() - began)
            time.sleep(PAUSE)

    threads = [threading.Thread(target=repeat, args=(name,)) for name in ACTIONS]
    for thread in threads:
        thread.start()
    begun.set()
    for thread in threads:
        thread.join()
    told.put(took)


@contextmanager
def others(scene: Scene, first: int, what: str) -> Iterator[None]:
    """Others at work while the block runs; what the longest of each took is printed at its end."""
    spawn = multiprocessing.get_context("spawn")
    begun, stop, told = spawn.Event(), spawn.Event(), spawn.Queue()
    process = spawn.Process(target=work_beside, args=(scene, first, begun, stop, told))
    process.start()
    begun.wait()
    try:
        yield
    finally:
        stop.set()
    took = told.get()
    process.join()
    for name, seconds in took.items():
        longest = f"longest {max(seconds) * 1000:,.0f} ms" if seconds else "never done"
        usual = f"usually {median(seconds) * 1000:.0f} ms" if seconds else ""
        print(f"{ENGINE}: {what}: {name:<24} {len(seconds):>5} times, {usual}, {longest}", flush=True)


def measure(url: str, folder: Path, app: Flask, rows: int) -> None:
    """The actions alone, beside an import of new records, and beside one that changes published records."""
    now = utcnow()
    with app.app_context():
        locks = Locks(db.engine)
        with Session(db.engine, expire_on_commit=False) as session:
            user, booker, owner = make_user(session, "admin"), make_user(session, "booker"), make_organisation(session)
            give(session, user, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, owner.id)
            actor = actor_for(session, user, now=now)
            known = [make_instrument(session, owner, policy=OPEN_LONG).id for _ in range(BOOKED)]
            edited = make_instrument(session, owner, publishing_state=PublishingState.DRAFT).id
        scene = Scene(url, folder, user.id, booker.id, owner.id, edited, known)
        with others(scene, 0, "alone"):
            time.sleep(ALONE)
        with others(scene, 100_000, "new records"):
            import_table(ENGINE, "new records", register(rows), actor, locks)
        scene = replace(scene, booked=_published(owner.id, known))
        with others(scene, 0, "published records changed"):
            import_table(ENGINE, "published records changed", register(rows, "每小时 500 元"), actor, locks)


def _published(owner_id: int, known: list[int]) -> list[int]:
    """Make what was imported public and bookable; the ids of some of it."""
    with Session(db.engine) as session:
        imported = select(Instrument.id).where(Instrument.organisation_id == owner_id, Instrument.inner_id.like("A-%"))
        public = {"publishing_state": PublishingState.PUBLISHED, "booking_mode": BookingMode.HERE}
        session.execute(update(Instrument).where(Instrument.id.in_(imported)).values(public))
        session.execute(update(BookingPolicy).values(OPEN_LONG))
        ids = list(session.scalars(imported.order_by(Instrument.id)))
        listing.refresh(session, [*ids, *known])
        session.commit()
    return ids[:BOOKED]


def main() -> None:
    """Measure PostgreSQL."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    wanted = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(postgresql_database("benchmark_import_waits"))
        app = migrated(settings_for(url, folder, log_level="WARNING"))
        settle()
        measure(url, folder, app, wanted.rows)
        with app.app_context():
            db.engine.dispose()


if __name__ == "__main__":
    main()
