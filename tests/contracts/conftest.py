"""What tests of contracts share."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from tests.factories.requiring import Place, make_place


@pytest.fixture
def place(session: Session, now: datetime) -> Place:
    """An institution that requires order forms, and contracts from four hours on."""
    return make_place(session, now)
