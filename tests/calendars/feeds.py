"""Arranging reservations and feeds."""

from datetime import UTC, datetime, timedelta
from typing import Any

import vobject
from flask.testing import FlaskClient
from sqlalchemy import insert, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from booking.calendars.forms import FeedForm
from booking.calendars.service import make_feed
from booking.core.clock import utcnow
from models.accounts import User
from models.calendars import FeedFragment
from models.catalogue import Instrument
from models.reservations import FeedRevision, Reservation
from models.vocabulary.reservations import ReservationMode, ReservationState
from tests.factories.people import actor_for

SOON = (utcnow() + timedelta(days=2)).replace(minute=0, second=0, microsecond=0)


def make_reservation(session: Session, instrument: Instrument, user: User, **columns: Any) -> Reservation:
    """A confirmed hour the day after tomorrow, without claims, with the feeds' revisions bumped; committed."""
    count = session.query(Reservation).count()
    values: dict[str, Any] = {
        "uid": f"{count}-{instrument.id}@example.org",
        "instrument_id": instrument.id,
        "booked_by_id": user.id,
        "starts_at": SOON + timedelta(hours=count),
        "ends_at": SOON + timedelta(hours=count + 1),
        "state": ReservationState.CONFIRMED,
        "mode": ReservationMode.SELF,
        "created_at": datetime(2026, 11, 1, tzinfo=UTC),
        "updated_at": utcnow(),
    }
    reservation = Reservation(**(values | columns))
    session.add(reservation)
    bump(session, instrument, user)
    return reservation


def bump(session: Session, instrument: Instrument, user: User) -> None:
    """What every change of a reservation does last; committed."""
    for scope in (f"mine:{user.id}", f"instrument:{instrument.id}"):
        row = session.get(FeedRevision, scope, populate_existing=True)
        if row is None:
            session.add(FeedRevision(scope=scope, revision=1, changed_at=utcnow()))
        else:
            row.revision, row.changed_at = row.revision + 1, utcnow()
    session.commit()


def keep_fragments(session: Session, audience: str, *, beyond: int) -> None:
    """A rendered event for every reservation that has none, but for the first so many; committed."""
    rendered = select(FeedFragment.reservation_id).where(FeedFragment.audience == audience)
    rows = [
        {"reservation_id": one, "audience": audience, "stamp": "1:1:1", "text": "BEGIN:VEVENT\r\nEND:VEVENT\r\n"}
        for one in session.scalars(select(Reservation.id).where(Reservation.id.not_in(rendered)).offset(beyond))
    ]
    if rows:
        session.execute(insert(FeedFragment), rows)
    session.commit()


def feed_of(session: Session, user: User, instrument: Instrument | None = None) -> str:
    """The path of a new feed; committed."""
    wish = FeedForm.model_validate({"scope": "instrument", "id": instrument.id} if instrument else {"scope": "mine"})
    now = utcnow()
    _feed, secret = make_feed(session, wish, actor=actor_for(session, user, now=now), now=now)
    session.commit()
    return f"/feeds/{secret}.ics"


def poll(client: FlaskClient, path: str, **headers: str) -> TestResponse:
    """What an app gets that sends these headers (underscores for dashes)."""
    return client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


def events(body: bytes) -> list[vobject.base.Component]:
    """What a foreign parser reads in a feed."""
    return list(vobject.readOne(body.decode()).contents.get("vevent", []))
