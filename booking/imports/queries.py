"""Reading imports, their rows and what is remembered of headers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, false, func, or_, select, true
from sqlalchemy.orm import Session, aliased
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql.elements import ColumnElement

from booking.accounts.permissions import Permission, reach
from booking.catalogue.import_headers import signature_of
from booking.catalogue.queries import organisations_within
from booking.core.actors import Actor
from booking.core.errors import Forbidden, NotFound
from models.accounts import User
from models.catalogue import Instrument
from models.directory import Organisation
from models.imports import Import, ImportedRow, ImportMapping
from models.vocabulary.imports import WORKING, ImportState, RowFate

GOING_ON = WORKING | {ImportState.MAPPING, ImportState.COMPARED}
MAPPED = frozenset(ImportState) - {ImportState.READING, ImportState.MAPPING, ImportState.FAILED}
REMEMBERED = 50
REFUSED_SHOWN = timedelta(days=30)
SAMPLES = 3
SAMPLED_ROWS = 50


@dataclass(frozen=True, slots=True)
class Listed:
    """An import with the names of who uploaded it and for whom."""

    found: Import
    person: str
    name_zh: str
    name_en: str


def may_import(actor: Actor | None) -> bool:
    """Whether the person may import for anybody at all."""
    within = reach(actor, Permission.IMPORT_RECORDS)
    return within.everywhere or bool(within.organisation_ids)


def may_see(actor: Actor | None) -> bool:
    """Whether the person may see what was imported for anybody at all."""
    within = reach(actor, Permission.SEE_IMPORTS)
    return within.everywhere or bool(within.organisation_ids)


def goes_on(found: Import, actor: Actor) -> bool:
    """Whether the person may go on with an import that they see, apply it or take it back."""
    within = reach(actor, Permission.IMPORT_RECORDS)
    if found.organisation_id is None:
        return within.everywhere or (found.user_id == actor.id and bool(within.organisation_ids))
    return within.everywhere or found.organisation_id in within.organisation_ids


def owners_for(session: Session, actor: Actor) -> list[Organisation]:
    """The organisations that the person may import for; raises Forbidden for none."""
    if not may_import(actor):
        raise Forbidden
    return organisations_within(session, reach(actor, Permission.IMPORT_RECORDS))


def visible(actor: Actor) -> ColumnElement[bool]:
    """The condition that the person may see an import; what names no organisation is its uploader's."""
    within = reach(actor, Permission.SEE_IMPORTS)
    if within.everywhere:
        return true()
    if not within.organisation_ids:
        return false()
    own = and_(Import.organisation_id.is_(None), Import.user_id == actor.id)
    return or_(Import.organisation_id.in_(within.organisation_ids), own)


def import_for(session: Session, import_id: int, actor: Actor) -> Import:
    """The import; raises NotFound for what the person may not see."""
    found = session.scalar(select(Import).where(Import.id == import_id, visible(actor)))
    if found is None:
        raise NotFound
    return found


def history(session: Session, actor: Actor, *, limit: int, before: int | None = None) -> list[Listed]:
    """The imports that the person may see, the latest first; one statement. Raises Forbidden for who sees none."""
    if not may_see(actor):
        raise Forbidden
    statement = (
        select(Import, User.name, Organisation.name_zh, Organisation.name_en)
        .join(User, User.id == Import.user_id)
        .outerjoin(Organisation, Organisation.id == Import.organisation_id)
        .where(visible(actor))
        .order_by(Import.id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(Import.id < before)
    return [Listed(found, person, zh or "", en or "") for found, person, zh, en in session.execute(statement)]


def unfinished(session: Session, actor: Actor, *, now: datetime, limit: int) -> list[Import]:
    """The person's own imports that go on, failed, or left refused rows behind this month, the latest first.

    A later import for the same organisation stands for those before it.
    """
    later = aliased(Import)
    repeated = select(later.id).where(
        later.organisation_id == Import.organisation_id, later.user_id == Import.user_id, later.id > Import.id
    )
    left_behind = and_(
        Import.state == ImportState.APPLIED, Import.refused_count > 0, Import.applied_at > now - REFUSED_SHOWN
    )
    failed = and_(Import.state == ImportState.FAILED, Import.created_at > now - REFUSED_SHOWN)
    statement = select(Import).where(
        visible(actor),
        Import.user_id == actor.id,
        or_(Import.state.in_(GOING_ON), and_(or_(left_behind, failed), ~repeated.exists())),
    )
    return list(session.scalars(statement.order_by(Import.id.desc()).limit(limit)))


def fate_counts(session: Session, import_id: int) -> dict[RowFate, int]:
    """How many rows have which fate; none is counted before the dry run."""
    counted = select(ImportedRow.fate, func.count()).where(
        ImportedRow.import_id == import_id, ImportedRow.fate.is_not(None)
    )
    return {fate: number for fate, number in session.execute(counted.group_by(ImportedRow.fate)) if fate}


def rows_of(
    session: Session, import_id: int, *, fate: RowFate | None, is_kept: bool = False, limit: int, offset: int
) -> list[ImportedRow]:
    """Rows in the order of the file, of one fate or of all."""
    statement = select(ImportedRow).where(ImportedRow.import_id == import_id)
    if fate is not None:
        statement = statement.where(ImportedRow.fate == fate)
    if is_kept:
        statement = statement.where(ImportedRow.is_kept)
    found = list(session.scalars(statement.order_by(ImportedRow.number).limit(limit).offset(offset)))
    _name_made(session, import_id, [row for row in found if row.fate == RowFate.CREATED])
    return found


def _name_made(session: Session, import_id: int, rows: Sequence[ImportedRow]) -> None:
    """Tell rows which record they made: not stored, because every row would be written again under the lock."""
    keys = Instrument.organisation_id, Instrument.inner_id
    made = (
        select(*keys, Instrument.id)
        .join(Import, Import.id == import_id)
        .where(
            Import.state.in_({ImportState.APPLIED, ImportState.UNDOING, ImportState.UNDONE}),
            Instrument.organisation_id.in_({row.organisation_id for row in rows}),
            Instrument.inner_id.in_({row.inner_id for row in rows}),
        )
    )
    found: dict[tuple[int | None, str | None], int]
    found = {(owner_id, inner_id): key for owner_id, inner_id, key in session.execute(made)} if rows else {}
    for row in rows:
        set_committed_value(row, "instrument_id", found.get((row.organisation_id, row.inner_id)))


def rows_after(session: Session, import_id: int, number: int, *, fate: RowFate | None, limit: int) -> list[ImportedRow]:
    """The rows after one with this number, of one fate or of all."""
    statement = select(ImportedRow).where(ImportedRow.import_id == import_id, ImportedRow.number > number)
    if fate is not None:
        statement = statement.where(ImportedRow.fate == fate)
    return list(session.scalars(statement.order_by(ImportedRow.number).limit(limit)))


def samples_of(session: Session, found: Import) -> list[str]:
    """For each column, a few of its first values that are not blank."""
    rows = session.scalars(
        select(ImportedRow.cells)
        .where(ImportedRow.import_id == found.id)
        .order_by(ImportedRow.number)
        .limit(SAMPLED_ROWS)
    ).all()
    columns: list[list[str]] = [[] for _ in found.header]
    for cells in rows:
        for values, cell in zip(columns, cells, strict=False):
            if cell.strip() and len(values) < SAMPLES and cell not in values:
                values.append(cell)
    return [" · ".join(value[:40] for value in values) for values in columns]


def remembered(session: Session, organisation_id: int | None, header: Sequence[str], actor: Actor) -> list[str] | None:
    """How the organisation last read the columns of this header; without one, how the person did."""
    signature = signature_of(header)
    if organisation_id is None:
        return _remembered_of(session, actor.id, signature)
    known = ImportMapping.organisation_id == organisation_id, ImportMapping.signature == signature
    return session.scalar(select(ImportMapping.mapping).where(*known))


def _remembered_of(session: Session, user_id: int, signature: str) -> list[str] | None:
    """How somebody last read the columns of this header in a table for several organisations."""
    own = (
        select(Import.header, Import.mapping)
        .where(Import.user_id == user_id, Import.organisation_id.is_(None), Import.state.in_(MAPPED))
        .order_by(Import.id.desc())
        .limit(REMEMBERED)
    )
    return next((mapping for header, mapping in session.execute(own) if signature_of(header) == signature), None)


def later_applied(session: Session, found: Import) -> bool:
    """Whether another import that may have touched the same organisation was applied after this one."""
    later = select(Import.id).where(
        Import.id != found.id,
        Import.state.in_({ImportState.APPLIED, ImportState.UNDOING}),
        Import.applied_at > found.applied_at,
    )
    if found.organisation_id is not None:
        later = later.where(or_(Import.organisation_id == found.organisation_id, Import.organisation_id.is_(None)))
    return session.scalar(later.limit(1)) is not None


def due(session: Session, *, now: datetime) -> Sequence[int]:
    """The imports that somebody has to go on with: nobody works on them, or whoever did has died."""
    free = or_(Import.leased_until.is_(None), Import.leased_until < now)
    return session.scalars(select(Import.id).where(Import.state.in_(WORKING), free).order_by(Import.id)).all()
