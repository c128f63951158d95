"""Everything that is stored about one person, as values that JSON can hold and as an archive."""

import json
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import Enum
from typing import IO, Any, TypeAlias

from sqlalchemy import Column, Table, and_, or_, select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.rules import account_key
from booking.attachments.queries import content_of
from booking.catalogue.queries import readable
from booking.core.actors import Actor
from booking.privacy.sections import SECTIONS, Owner, Section
from booking.privacy.sightings import Sighting, every_sighting
from models.attachments import Attachment
from models.catalogue import Instrument
from models.directory import Organisation, Unit
from models.enquiries import Enquiry
from models.reservations import Reservation
from models.samples import SampleOrder
from models.vocabulary.attachments import OwnerKind

Rows: TypeAlias = list[dict[str, Any]]
Names: TypeAlias = Mapping[str, Mapping[int, str]]

NAMED: dict[str, Any] = {"instruments": Instrument, "organisations": Organisation, "units": Unit}
BATCH = 500
IN_MEMORY, PIECE = 5_000_000, 1 << 16


def data_of(session: Session, actor: Actor) -> dict[str, Rows]:
    """The actor's own data by section; other people are never named in it."""
    owner = Owner(actor.id, actor.email, account_key(actor.email))
    found = {section.name: _rows(session, section, owner) for section in SECTIONS}
    names = _names(session, found, actor)
    shown = {section.name: [_shown(section, row, owner, names) for row in found[section.name]] for section in SECTIONS}
    return shown | {"looks_of_others": [_look(one) for one in every_sighting(session, actor)]}


def note_export(session: Session, *, actor: Actor, now: datetime) -> None:
    """Log that the actor took their data away."""
    audit.note(session, "privacy.exported", ("user", actor.id), actor=actor, now=now)


def own_files(session: Session, actor: Actor) -> Sequence[Attachment]:
    """What the actor sent with enquiries and orders of their own; files of records and of firms are not theirs."""
    asked = select(Enquiry.id).where(Enquiry.asked_by_id == actor.id)
    ordered = select(SampleOrder.id).where(
        SampleOrder.requested_by_id == actor.id, SampleOrder.organisation_id.is_(None)
    )
    theirs = or_(
        and_(Attachment.owner_kind == OwnerKind.ENQUIRY, Attachment.owner_id.in_(asked)),
        and_(Attachment.owner_kind == OwnerKind.SAMPLE_ORDER, Attachment.owner_id.in_(ordered)),
    )
    sent = select(Attachment).where(Attachment.uploaded_by_id == actor.id, theirs)
    return session.scalars(sent.order_by(Attachment.id)).all()


def archive(session: Session, actor: Actor, data: Mapping[str, Rows], readme: str) -> IO[bytes]:
    """The data as a ZIP: a JSON file for each section, the files that the actor sent, and what they are in words."""
    file = _spool()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("README.txt", readme)
        for name, rows in data.items():
            made.writestr(f"{name}.json", json.dumps(rows, ensure_ascii=False, indent=2))
        for one in own_files(session, actor):
            made.writestr(f"files/{one.id}-{one.file_name}", content_of(session, one.id, 0))
    return file


def _spool() -> IO[bytes]:
    """Where the archive is written while the request lasts: in memory, on the disk when it is large."""
    return tempfile.SpooledTemporaryFile(IN_MEMORY)


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    """The archive from its beginning; it is gone afterwards."""
    with file:
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def columns_of(section: Section) -> list[Column[Any]]:
    """What is shown of a section's table: never a hash, a secret, or what counts sessions."""
    table = _table(section)
    return [column for column in table.columns if column.name not in section.without and not _is_secret(column.name)]


def _is_secret(name: str) -> bool:
    return name.endswith(("_hash", "_key")) or name == "credential_version"


def _table(section: Section) -> Table:
    table = section.table.__table__
    assert isinstance(table, Table)
    return table


def _rows(session: Session, section: Section, owner: Owner) -> list[Any]:
    """The person's rows of one section, the oldest first."""
    statement = select(*columns_of(section)).where(section.own(owner)).order_by(*_table(section).primary_key.columns)
    return list(session.execute(statement).all())


def _target(column: Column[Any]) -> str:
    """The table that a column refers to, or nothing."""
    return next((key.column.table.name for key in column.foreign_keys), "")


def _names(session: Session, found: Mapping[str, list[Any]], actor: Actor) -> Names:
    """What the instruments, organisations and units are called that the rows refer to."""
    wanted: dict[str, set[int]] = {kind: set() for kind in NAMED}
    for section in SECTIONS:
        for column in columns_of(section):
            if _target(column) in wanted:
                ids = (getattr(row, column.name) for row in found[section.name])
                wanted[_target(column)].update(number for number in ids if number is not None)
    wanted["instruments"] = _told_of(session, wanted["instruments"], actor)
    return {kind: _names_of(session, NAMED[kind], ids) for kind, ids in wanted.items()}


def _told_of(session: Session, ids: set[int], actor: Actor) -> set[int]:
    """Those of the instruments that the actor may read now, or has booked."""
    booked = select(Reservation.instrument_id).where(Reservation.booked_by_id == actor.id)
    fits = or_(readable(actor), Instrument.id.in_(booked))
    return set(session.scalars(select(Instrument.id).where(Instrument.id.in_(ids), fits)))


def _names_of(session: Session, table: Any, ids: Iterable[int]) -> dict[int, str]:
    """The names of some rows, read in batches."""
    ordered, names = sorted(ids), {}
    for start in range(0, len(ordered), BATCH):
        chosen = table.id.in_(ordered[start : start + BATCH])
        names.update({row.id: row.name_zh or row.name_en for row in session.execute(_named(table).where(chosen))})
    return names


def _named(table: Any) -> Any:
    return select(table.id, table.name_zh, table.name_en)


def _shown(section: Section, row: Any, owner: Owner, names: Names) -> dict[str, Any]:
    """One row with readable keys: references by name, other people as nothing but others."""
    shown: dict[str, Any] = {}
    for column in columns_of(section):
        value, target = getattr(row, column.name), _target(column)
        if target == "users":
            shown[column.name.removesuffix("_id")] = _person(value, owner)
            continue
        shown[column.name] = _plain(value)
        if target in NAMED:
            shown[column.name.removesuffix("_id")] = names[target].get(value, "")
    return shown


def _look(one: Sighting) -> dict[str, Any]:
    """Who looked at the person's data: as what, for whom, when, at what."""
    kept = {"id": one.id, "seen_at": _plain(one.seen_at), "what": one.sight.value, "role": _plain(one.role)}
    return {**kept, "organisation_id": one.organisation_id, "organisation": one.organisation_zh}


def _person(user_id: int | None, owner: Owner) -> str | None:
    """Whether a reference is to the person themself or to somebody else, who is not told."""
    if user_id is None:
        return None
    return "me" if user_id == owner.id else "somebody else"


def _plain(value: Any) -> Any:
    """A value as JSON has it: moments in UTC, enums by value."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value
