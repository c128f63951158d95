"""What tests of applications share."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from tests.factories.applications import Office, make_office


@pytest.fixture
def office(session: Session, now: datetime) -> Office:
    """An authority with a programme, the office of a district, and a firm there."""
    return make_office(session, now)
