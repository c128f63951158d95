"""The last steps of an import: everything written in one transaction, everything taken back in one."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission, reach
from booking.accounts.queries import actor_of
from booking.accounts.standing_in import NOT_OWN_UNIT, only_stands_in, own_units
from booking.catalogue.import_applying import apply
from booking.catalogue.import_preparing import Prepared, Write, prepare
from booking.catalogue.import_undoing import undo
from booking.catalogue.item_writing import ItemWrite
from booking.core.actors import Actor, Reach, Target
from booking.core.errors import Problem
from booking.core.texts import N_
from booking.imports.rules import KEPT_FOR, said
from booking.imports.staging import ROWS, Leased, held, writes_of
from models.accounts import User
from models.directory import Unit
from models.imports import Import, ImportedRow, ImportFile
from models.vocabulary.imports import WORKING, ImportState
from models.vocabulary.imports import RowFate as Fate

Work = Callable[[Session, Leased], None]
STALE = Problem("", N_("记录在试运行之后有了变化，没有写入；请重新试运行。"))
OUT_OF_REACH = Problem("institution", N_("这次导入不能写入这个单位。"))
TO_OWN_UNIT = Problem("unit", NOT_OWN_UNIT)
FORGOTTEN = Problem("", N_("九十天内没有应用，文件和内容已删除。"))
BACK_TO = {
    ImportState.READING: ImportState.FAILED,
    ImportState.COMPARING: ImportState.MAPPING,
    ImportState.APPLYING: ImportState.COMPARED,
    ImportState.UNDOING: ImportState.APPLIED,
}


def asker_of(session: Session, import_id: int, *, now: datetime) -> Actor | None:
    """Whoever asked for the present step, with the grants in force now; None for an account that is closed."""
    asked = select(User.email, Import.address, Import.request_id).join(User, User.id == Import.asked_by_id)
    row = session.execute(asked.where(Import.id == import_id)).one()
    found = actor_of(session, row.email, now=now)
    if found is None:
        return None
    return Actor(
        found.id,
        found.email,
        found.name,
        found.language,
        found.grants,
        address=row.address,
        request_id=row.request_id,
    )


def reach_of(actor: Actor | None) -> Reach:
    """What the person may import into."""
    return reach(actor, Permission.IMPORT_RECORDS)


def prepare_staged(session: Session, import_id: int, *, actor: Actor | None, now: datetime) -> Prepared:
    """What the rows of the dry run would write, worked out before anything is locked."""
    dialect, reason = session.get_bind().dialect, f"import {import_id}"
    return prepare(writes_of(session, import_id), dialect, actor=actor, now=now, reason=reason)


def ready_to_apply(session: Session, import_id: int, *, actor: Actor | None, now: datetime) -> Work:
    """What writes the rows of the dry run, once it is locked."""
    prepared = prepare_staged(session, import_id, actor=actor, now=now)
    return lambda session, leased: apply_staged(session, leased, prepared)


def ready_to_undo(session: Session, import_id: int, *, actor: Actor | None, now: datetime) -> Work:
    """What takes the rows back."""
    writes = writes_of(session, import_id)
    return lambda session, leased: undo_staged(session, leased, writes, actor=actor, now=now)


def apply_staged(session: Session, leased: Leased, prepared: Prepared) -> None:
    """Write the dry run's rows that still fit; the others are refused, with the reason."""
    found, within = held(session, leased), reach_of(prepared.actor)
    foreign = foreign_of(prepared.writes, within)
    gained = _to_own_units(session, prepared.writes, prepared.actor)
    applied = apply(session, prepared.without(foreign | gained))
    refused = dict.fromkeys(applied.stale, STALE) | dict.fromkeys(foreign, OUT_OF_REACH)
    refused |= dict.fromkeys(gained - foreign, TO_OWN_UNIT)
    found.unit_ids = applied.unit_ids
    counts = {"created": applied.created, "updated": applied.updated}
    settle_applied(session, found, refused, counts, actor=prepared.actor, now=prepared.now)


def settle_applied(
    session: Session,
    found: Import,
    refused: Mapping[int, Problem],
    counts: Mapping[str, int],
    *,
    actor: Actor | None,
    now: datetime,
) -> None:
    """The import is written: how many rows were, and why the others were not after all."""
    _refuse(session, found.id, refused)
    found.created_count, found.updated_count = counts["created"], counts["updated"]
    found.refused_count += len(refused)
    found.state, found.applied_at, found.leased_until = ImportState.APPLIED, now, None
    after = {**counts, "refused": found.refused_count}
    audit.note(session, "imports.applied", ("import", found.id), actor=actor, now=now, after=after)


def foreign_of(writes: Sequence[Write] | Sequence[ItemWrite], within: Reach) -> frozenset[int]:
    """The rows of organisations that the person may not import for any more."""
    if within.everywhere:
        return frozenset()
    return frozenset(write.number for write in writes if write.organisation_id not in within.organisation_ids)


def _to_own_units(session: Session, writes: Sequence[Write], actor: Actor | None) -> frozenset[int]:
    """The rows by which somebody who only stands in would move records to where they have a role of their own."""
    units = own_units(actor) if actor else frozenset()
    if actor is None or not units:
        return frozenset()
    named = session.execute(select(Unit.organisation_id, Unit.name_zh).where(Unit.id.in_(units)))
    own = {(unit.organisation_id, unit.name_zh) for unit in named}
    moved = [one for one in writes if one.instrument_id is not None and (one.organisation_id, one.unit) in own]
    right = Permission.EDIT_RECORD
    return frozenset(one.number for one in moved if only_stands_in(actor, right, Target(one.organisation_id)))


def _refuse(session: Session, import_id: int, refused: Mapping[int, Problem]) -> None:
    """These rows were not written after all."""
    if refused:
        same = ROWS.c.import_id == import_id, ROWS.c.number == bindparam("row_number")
        new = {"fate": Fate.REFUSED, "problems": bindparam("why", type_=ROWS.c.problems.type), "changes": {}}
        rows = [{"row_number": number, "why": [said(why)]} for number, why in sorted(refused.items())]
        session.connection().execute(update(ROWS).where(*same).values(new), rows)


def undo_staged(
    session: Session, leased: Leased, writes: Sequence[Write], *, actor: Actor | None, now: datetime
) -> None:
    """Take back what was written; what stays is kept with its reason."""
    found, within = held(session, leased), reach_of(actor)
    foreign = foreign_of(writes, within)
    allowed = [write for write in writes if write.number not in foreign]
    undone = undo(session, allowed, found.unit_ids, applied_at=found.applied_at, actor=actor, now=now)
    kept = dict(undone.kept) | dict.fromkeys(foreign, OUT_OF_REACH)
    counts = {"restored": undone.restored, "removed": undone.removed}
    settle_undone(session, found, kept, counts, actor=actor, now=now)


def settle_undone(
    session: Session,
    found: Import,
    kept: Mapping[int, Problem],
    counts: Mapping[str, int],
    *,
    actor: Actor | None,
    now: datetime,
) -> None:
    """The import is taken back: how much, and why some rows stay."""
    _keep(session, found.id, kept)
    found.kept_count = len(kept)
    found.state, found.undone_at, found.leased_until = ImportState.UNDONE, now, None
    after = {**counts, "kept": len(kept)}
    audit.note(session, "imports.undone", ("import", found.id), actor=actor, now=now, after=after)


def _keep(session: Session, import_id: int, kept: Mapping[int, Problem]) -> None:
    """These rows stay as they were imported."""
    if kept:
        same = ROWS.c.import_id == import_id, ROWS.c.number == bindparam("row_number")
        new = {"is_kept": True, "problems": bindparam("why", type_=ROWS.c.problems.type)}
        rows = [{"row_number": number, "why": [said(problem)]} for number, problem in sorted(kept.items())]
        session.connection().execute(update(ROWS).where(*same).values(new), rows)


def fail(session: Session, leased: Leased, why: Problem) -> None:
    """The step did not work: back to where it was asked, with the reason."""
    found = held(session, leased)
    found.state, found.leased_until, found.failure = BACK_TO[leased.state], None, said(why)


def forget_old(session: Session, *, now: datetime) -> int:
    """Empty imports of ninety days ago: files and rows go, who, when and the counts stay; how many."""
    old = select(Import).where(
        Import.created_at < now - KEPT_FOR, Import.emptied_at.is_(None), Import.state.not_in(WORKING)
    )
    emptied = session.scalars(old).all()
    for found in emptied:
        session.execute(delete(ImportedRow).where(ImportedRow.import_id == found.id))
        session.execute(delete(ImportFile).where(ImportFile.import_id == found.id))
        found.emptied_at = now
        if found.state in {ImportState.MAPPING, ImportState.COMPARED}:
            found.state, found.failure = ImportState.FAILED, said(FORGOTTEN)
    return len(emptied)
