"""People, instruments, claims and reservations in the numbers that the booking benchmark asks for."""

import hashlib
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from booking.core.clock import at_local, local_date, utcnow
from models.accounts import AccessToken, User
from models.base import Base
from models.catalogue import Lane, LaneGroup
from models.reservations import Block, Claim, Reservation
from models.vocabulary.reservations import BlockKind, ClaimKind, ReservationMode, ReservationState
from tests.factories.instruments import make_instrument
from tests.factories.people import make_user

HOUR = timedelta(hours=1)
AT_ONCE = 5_000


def token_of(session: Session, name: str) -> str:
    """A new person's token that may write."""
    user, secret, now = make_user(session, name), secrets.token_urlsafe(24), utcnow()
    session.add(
        AccessToken(
            user_id=user.id,
            name="benchmark",
            secret_hash=hashlib.sha256(secret.encode()).hexdigest(),
            may_write=True,
            created_at=now,
            expires_at=now + timedelta(days=1),
            last_used_at=now,
        )
    )
    session.commit()
    return secret


def person_of(session: Session, secret: str) -> User:
    """Whose token it is."""
    hashed = hashlib.sha256(secret.encode()).hexdigest()
    return session.scalars(select(User).join(AccessToken).where(AccessToken.secret_hash == hashed)).one()


def fill_past(session: Session, claims: int) -> None:
    """Past hours on every lane, all held by one block that is over."""
    lanes = session.execute(select(Lane.id, Lane.lane_group_id, LaneGroup.own_instrument_id).join(LaneGroup)).all()
    each = claims // len(lanes)
    start = utcnow() - HOUR * (each + 48)
    block = Block(
        instrument_id=lanes[0].own_instrument_id,
        lane_group_id=lanes[0].lane_group_id,
        starts_at=start,
        ends_at=utcnow() - HOUR,
        kind=BlockKind.CLOSURE,
        created_at=start,
    )
    session.add(block)
    session.flush()
    rows = (_claim(lane.id, start + HOUR * number, block_id=block.id) for number in range(each) for lane in lanes)
    _insert(session, Claim, rows)
    session.commit()


def busy_instrument(session: Session, reservations: int) -> int:
    """An instrument with ten reservations a day for as many days, half of them past; its id."""
    user, instrument = make_user(session, "busy"), make_instrument(session)
    first = local_date(utcnow()) - timedelta(days=reservations // 20)
    starts = [at_local(first + timedelta(days=number // 10), 480 + number % 10 * 80) for number in range(reservations)]
    _insert(session, Reservation, (_reservation(start, instrument.id, user.id) for start in starts))
    ids = session.scalars(
        select(Reservation.id).where(Reservation.instrument_id == instrument.id).order_by(Reservation.starts_at)
    ).all()
    lane_id = session.scalars(select(Lane.id).join(LaneGroup).where(LaneGroup.own_instrument_id == instrument.id)).one()
    rows = (_claim(lane_id, start, reservation_id=number) for number, start in zip(ids, starts, strict=True))
    _insert(session, Claim, rows)
    session.commit()
    return instrument.id


def _insert(session: Session, table: type[Base], rows: Iterator[dict[str, Any]]) -> None:
    """Many rows, some thousand at a time."""
    while some := list(islice(rows, AT_ONCE)):
        session.execute(insert(table), some)


def _claim(
    lane_id: int, start: datetime, *, reservation_id: int | None = None, block_id: int | None = None
) -> dict[str, Any]:
    """An hour on a lane."""
    return {
        "lane_id": lane_id,
        "starts_at": start,
        "ends_at": start + HOUR,
        "kind": ClaimKind.BLOCK if reservation_id is None else ClaimKind.RESERVATION,
        "reservation_id": reservation_id,
        "block_id": block_id,
    }


def _reservation(start: datetime, instrument_id: int, user_id: int) -> dict[str, Any]:
    """A confirmed hour."""
    return {
        "uid": f"{secrets.token_hex(16)}@example.org",
        "instrument_id": instrument_id,
        "booked_by_id": user_id,
        "starts_at": start,
        "ends_at": start + HOUR,
        "state": ReservationState.CONFIRMED,
        "mode": ReservationMode.SELF,
        "purpose": "",
        "project_name": "",
        "project_number": "",
        "sequence": 0,
        "version": 1,
        "created_at": start,
        "updated_at": start,
    }
