"""The refused rows of a roster, as they came and with the reasons, to be corrected and uploaded again."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import null, update
from sqlalchemy.orm import Session

from booking.affiliations.roster_plans import Fate, Plan
from booking.affiliations.roster_reading import header_of
from booking.core.errors import Problem
from models.affiliations import Roster

KEPT_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row by its number in the spreadsheet, its cells (none once they are forgotten), and why it was refused."""

    number: int
    cells: list[str]
    problems: list[Problem]


def keep_refused(roster: Roster, plan: Plan) -> None:
    """Write the refused rows to the roster while its text still stands: the reasons for good, the cells for a month."""
    refused = plan.of(Fate.REFUSED)
    roster.outcome = {
        "refused": [
            {"number": one.row.number, "problems": [[p.field, p.message, dict(p.values)] for p in one.row.problems]}
            for one in refused
        ]
    }
    if refused:
        roster.refused_rows = [header_of(roster.content), *(one.row.cells for one in refused)]


def refused_rows(roster: Roster, plan: Plan | None) -> tuple[list[str], list[RefusedRow]]:
    """The header and the refused rows: of a draft by its plan, of an applied roster those that were kept."""
    if plan is not None:
        found = [RefusedRow(one.row.number, one.row.cells, one.row.problems) for one in plan.of(Fate.REFUSED)]
        return header_of(roster.content), found
    header, *cells = roster.refused_rows or [[]]
    return header, list(_kept(roster, cells))


def forget_refused(session: Session, now: datetime) -> int:
    """Forget the cells of rows that were refused more than a month ago; of how many rosters."""
    old = update(Roster).where(Roster.refused_rows.is_not(None), Roster.closed_at < now - KEPT_FOR)
    return len(session.scalars(old.values(refused_rows=null()).returning(Roster.id)).all())


def _kept(roster: Roster, cells: list[list[str]]) -> Iterator[RefusedRow]:
    """The reasons in order, each with its cells as long as there are any."""
    for index, one in enumerate((roster.outcome or {}).get("refused", [])):
        problems = [Problem(field, message, values) for field, message, values in one["problems"]]
        yield RefusedRow(one["number"], cells[index] if index < len(cells) else [], problems)
