"""Fixtures of the tests of vouchers."""

import pytest
from sqlalchemy.orm import Session

from tests.vouchers.using import Bench


@pytest.fixture
def bench(session: Session) -> Bench:
    """A firm that uses an instrument of the other province, without vouchers yet."""
    return Bench.made(session)
