"""Importing a table of instruments: read, plan, apply in one transaction, report every row."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, require
from booking.catalogue.import_applying import apply
from booking.catalogue.import_planning import Planned, Wishes, plan
from booking.catalogue.import_preparing import prepare
from booking.catalogue.import_reading import Table, read_table
from booking.catalogue.import_standing import standing_for
from booking.core.actors import Actor
from booking.core.errors import Forbidden, Problem
from models.directory import Organisation
from models.vocabulary.directory import OrganisationKind
from models.vocabulary.imports import RowFate as Fate

__all__ = ["Fate", "Outcome", "Report", "import_instruments", "read_table"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row, by its number in a spreadsheet, and why."""

    number: int
    fate: Fate
    label: str
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Every row of an import, and what is to be said of the whole table."""

    outcomes: tuple[Outcome, ...]
    notes: tuple[Problem, ...]
    owners_created: int = 0
    units_created: int = 0

    def count(self, fate: Fate) -> int:
        """How many rows had this fate."""
        return Counter(outcome.fate for outcome in self.outcomes)[fate]


def import_instruments(
    session: Session,
    data: bytes | Table,
    *,
    actor: Actor | None,
    now: datetime,
    published_because: str = "",
    creates_owners: bool = False,
    dry_run: bool = False,
) -> Report:
    """Create and update records from a CSV or XLSX file; rows are known again by institution and inner number.

    New records are drafts on request. A refused row changes nothing, the others are stored. Without an actor the
    platform's operator acts on the command line, who alone may make complete records public without their
    review: for the reason `published_because`, which the audit log keeps.
    """
    if actor is not None:
        if published_because:
            raise Forbidden
        require(actor, Permission.IMPORT_RECORDS)
    table = read_table(data) if isinstance(data, bytes) else data
    rows = [read.values for read in table.rows if read.values is not None and not read.problems]
    wishes = Wishes(creates_owners=creates_owners, publishes=bool(published_because))
    planned = plan(table.rows, standing_for(session, rows), wishes, layout=table.layout)
    made = (0, 0)
    if not dry_run:
        made = _apply(session, planned, actor=actor, now=now, published_because=published_because)
    outcomes = tuple(
        Outcome(p.read.number, p.fate, p.read.label, tuple(p.read.problems), tuple(p.read.notes)) for p in planned
    )
    return Report(outcomes, tuple(table.notes), *made)


def _apply(
    session: Session, planned: Sequence[Planned], *, actor: Actor | None, now: datetime, published_because: str
) -> tuple[int, int]:
    """Write the plan; how many organisations and units were made."""
    touched = [p for p in planned if p.fate in {Fate.CREATED, Fate.UPDATED}]
    owners = _make_owners(session, touched, now=now)
    reason = published_because or ("" if actor else "command line")
    writes = [p.write() for p in touched]
    prepared = prepare(writes, session.get_bind().dialect, actor=actor, now=now, reason=reason)
    applied = apply(session, prepared, is_reviewed=bool(published_because))
    return owners, len(applied.unit_ids)


def _make_owners(session: Session, touched: Sequence[Planned], *, now: datetime) -> int:
    """An organisation for every name that has none; how many."""
    made: dict[str, Organisation] = {}
    for row in touched:
        if row.owner is None:
            key = row.owner_name.lower()
            made.setdefault(key, _owner(row, now=now))
            row.owner = made[key]
    session.add_all(made.values())
    session.flush()
    return len(made)


def _owner(row: Planned, *, now: datetime) -> Organisation:
    """The organisation that a row names, in the row's own country."""
    values = row.read.values
    assert values is not None
    is_national = values.owner_country == "CN"
    return Organisation(
        name_zh=row.owner_name,
        name_en="" if is_national else row.owner_name,
        kind=OrganisationKind.RESEARCH_INSTITUTE,
        country=values.owner_country,
        adcode=values.adcode if is_national else None,
        created_at=now,
    )
