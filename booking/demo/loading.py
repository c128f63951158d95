"""Filling an empty database with the demo: real institutions, sample instruments, people, reservations."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy.orm import Session

from booking.accounts.passwords import hashed
from booking.catalogue.changes import one_refresh
from booking.core.actors import Actor
from booking.core.clock import utcnow
from booking.demo import (
    affiliations,
    applications,
    bookings,
    elsewhere,
    enquiries,
    institutions,
    instruments,
    payers,
    people,
    photos,
    prices,
    programmes,
    recognitions,
    redemptions,
    samples,
    sharing,
    statements,
    teams,
    uses,
    vouchers,
)
from booking.directory.days import known_years, seed_public_days
from booking.web.extensions import reading, transaction

TABLES = ("sample_instruments.csv", "real_instruments.csv", "nist_nemo_demo_tools.csv")
OPEN_SINCE = timedelta(days=90)

Report = Callable[[str], None]


def load(app: Flask, report: Report, *, now: datetime | None = None) -> None:
    """Load the whole demo in one transaction, saying how far it is; the reference data must be there."""
    started = time.monotonic()
    with app.app_context():
        transaction(_load, hashed(people.PASSWORD), report, now=now or utcnow())
    report(f"  demo loaded in {time.monotonic() - started:.0f} s")


def accounts(app: Flask) -> list[tuple[str, str, str]]:
    """Address, password and role of every demo account that is there, for the banner."""
    with app.app_context():
        is_there = people.present(reading())
        return [(person.email, people.PASSWORD, person.says) for person in people.PEOPLE if is_there(person)]


def _load(session: Session, password_hash: str, report: Report, *, now: datetime) -> None:
    """Every step in order, each with nothing of the one before kept in memory."""
    opened = now - OPEN_SINCE
    admin = people.add_admin(session, password_hash, now=opened)
    seed_public_days(session, known_years(now))
    count = institutions.add_institutions(session, actor=admin, now=opened)
    count += institutions.add_owners(session, actor=admin, now=opened)
    report(f"  {count} institutions")
    people.add_everybody_else(session, password_hash, now=opened)
    with one_refresh(session):
        _load_instruments(session, report, admin, opened)
        count = photos.add_photos(session, actor=admin, now=opened)
    report(f"  {count} instruments with a photo")
    people.appoint_steward(session, now=opened)
    count = affiliations.add_affiliations(session, actor=admin, opened=opened, now=now)
    report(f"  {count} people at their organisations")
    teams.add_team(session, opened=opened, now=now)
    session.expunge_all()
    count = prices.add_prices(session, actor=admin, opened=opened)
    report(f"  {count} prices")
    count = payers.add_payers(session, actor=admin, opened=opened)
    report(f"  {count} payer accounts")
    session.expunge_all()
    count = bookings.add_bookings(session, actor=admin, now=now)
    report(f"  {count} reservations around today")
    count = uses.add_uses(session, actor=admin, now=now)
    report(f"  {count} charges of past uses")
    count = statements.add_statements(session, actor=admin, now=now)
    report(f"  {count} statements")
    count = enquiries.add_enquiries(session, now=now)
    report(f"  {count} enquiries")
    count = samples.add_samples(session, now=now)
    report(f"  {count} sample orders")
    count = sharing.set_once(session, actor=admin, now=now)
    report(f"  {count} instruments that inherit what their unit sets")
    sharing.offer_one(session, actor=admin, now=now)
    _load_vouchers(session, report, admin, now)


def _load_vouchers(session: Session, report: Report, admin: Actor, now: datetime) -> None:
    """What the authorities of both sides pay for, whom they accept, and what they have issued."""
    count = programmes.add_programmes(session, now=now)
    report(f"  {count} voucher programmes")
    count = recognitions.add_recognitions(session, now=now)
    report(f"  {count} entries of mutual recognition")
    report(f"  {vouchers.add_vouchers(session, now=now)} vouchers")
    report(f"  {vouchers.use_vouchers(session, now=now)} bookings with a voucher")
    report(f"  {applications.add_applications(session, now=now)} applications for vouchers")
    report(f"  {redemptions.add_redemptions(session, actor=admin, now=now)} redemptions across the border")
    report(f"  {redemptions.close_first_month(session, now=now)} month of clearing closed")
    report(f"  {elsewhere.add_elsewhere(session, actor=admin, now=now)} redemption of a voucher of another system")
    vouchers.expire_vouchers(session, now=now)


def _load_instruments(session: Session, report: Report, admin: Actor, opened: datetime) -> None:
    """The tables through the import, then what they do not say: test items, modes, shared parts, states."""
    for name in TABLES:
        session.expunge_all()
        rows = instruments.import_file(session, institutions.DATA / name, now=opened)
        report(f"  {rows} records of {name}")
    ids = instruments.ids_by_key(session)
    for step in (
        instruments.add_test_items,
        instruments.set_modes,
        instruments.keep_some_unpublished,
        instruments.send_to_review,
    ):
        session.expunge_all()
        step(session, ids, actor=admin, now=opened)
    report("  test items, booking modes and shared parts")
