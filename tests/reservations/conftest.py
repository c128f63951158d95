"""Fixtures of the reservations: people and instruments."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from models.catalogue import Instrument
from tests.factories.instruments import make_instrument
from tests.factories.people import actor_for, make_user


@pytest.fixture
def researcher(session: Session, now: datetime) -> Actor:
    return actor_for(session, make_user(session), now=now)


@pytest.fixture
def other(session: Session, now: datetime) -> Actor:
    return actor_for(session, make_user(session, "other"), now=now)


@pytest.fixture
def instrument(session: Session) -> Instrument:
    return make_instrument(session, policy={"cleanup_minutes": 30})


@pytest.fixture
def careful(session: Session) -> Instrument:
    return make_instrument(session, policy={"needs_approval": True})
