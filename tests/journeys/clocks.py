"""A service that believes the time a journey says, for what takes months: `at` sets its clock, which then runs on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from booking.core.clock import utcnow
from tests.journeys.houses import House, serving

PROGRAM = ("-m", "tests.journeys.clocked")


@dataclass(frozen=True)
class ClockedHouse(House):
    """A running service whose clock stands as many seconds ahead of the real one as a file says."""

    hands: Path

    def at(self, moment: datetime) -> None:
        """From now on the service believes that it is this moment and later."""
        beside = self.hands.with_suffix(".new")
        beside.write_text(str((moment - utcnow()).total_seconds()))
        beside.replace(self.hands)


@contextmanager
def serving_by_clock(folder: Path, database_url: str = "") -> Iterator[ClockedHouse]:
    """The service on an empty database, at first by the real time."""
    hands = folder / "hands"
    hands.write_text("0")
    with serving(folder, database_url, program=PROGRAM, JOURNEY_HANDS=str(hands)) as house:
        yield ClockedHouse(house.address, house.engine, hands)
