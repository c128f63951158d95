"""What people do with imports: upload, correct the columns, apply, undo; the service itself does the long work."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission, reach
from booking.catalogue.import_headers import guessed, signature_of
from booking.catalogue.queries import organisations_within
from booking.core.actors import Actor
from booking.core.errors import Forbidden, InvalidInput, Problem
from booking.core.table_files import Limits, TableFile, open_table
from booking.core.texts import N_
from booking.imports import queries
from booking.imports.forms import MappingForm, SteadForm
from booking.imports.kicks import kick_after_commit
from booking.imports.kinds import FIELDS, NEEDED, names_known
from booking.imports.rules import MAPPABLE, Emptied, NoSuchStep, NotTheLast, mapping_problems
from models.imports import Import, ImportedRow, ImportFile, ImportMapping
from models.vocabulary.imports import ImportKind, ImportState

LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came, for which organisation (None lets each row name its own), and what its rows are."""

    name: str
    content: bytes
    organisation_id: int | None = None
    kind: ImportKind = ImportKind.INSTRUMENTS


def opened(upload: Upload, limits: Limits) -> TableFile:
    """The table of an upload; raises TooLarge or Unreadable."""
    return open_table(upload.content, frozenset(names_known(upload.kind)), limits)


def start_import(session: Session, upload: Upload, table: TableFile, *, actor: Actor, now: datetime) -> Import:
    """Take a table in; its rows are read afterwards. Raises Forbidden, or InvalidInput for a foreign organisation."""
    owners = {owner.id for owner in queries.owners_for(session, actor)}
    organisation_id = upload.organisation_id
    if organisation_id is None and len(owners) == 1:
        organisation_id = next(iter(owners))
    if organisation_id is not None and organisation_id not in owners:
        raise InvalidInput([Problem("organisation_id", N_("您不能为这个单位导入。"))])
    known = queries.remembered(session, organisation_id, table.header, actor)
    is_known = known and len(known) == len(table.header) and {*known} <= {"", *FIELDS[upload.kind]}
    made = Import(
        organisation_id=organisation_id,
        user_id=actor.id,
        asked_by_id=actor.id,
        address=actor.address,
        request_id=actor.request_id,
        file_name=upload.name[-LONGEST_NAME:],
        file_format=table.format.value,
        encoding=table.encoding,
        header=table.header,
        kind=upload.kind,
        mapping=known if known and is_known else guessed(table.header, names_known(upload.kind)),
        created_at=now,
    )
    session.add(made)
    session.flush()
    session.add(ImportFile(import_id=made.id, content=upload.content))
    audit.note(session, "imports.started", ("import", made.id), actor=actor, now=now, after={"file": made.file_name})
    kick_after_commit(session)
    return made


def map_columns(session: Session, import_id: int, form: MappingForm, *, actor: Actor, now: datetime) -> Import:
    """Say what each column is, remember it for the organisation or else the person, and have the rows compared anew."""
    found = _locked(session, import_id, actor)
    if found.state not in MAPPABLE:
        raise NoSuchStep
    problems = mapping_problems(
        form.mapping,
        width=len(found.header),
        names_owner=found.organisation_id is None,
        fields=FIELDS[found.kind],
        needed=NEEDED[found.kind],
    )
    problems += _stead_problems(session, found, form.steads, actor)
    if problems:
        raise InvalidInput(problems)
    found.mapping = list(form.mapping)
    found.steads = {
        stead.name.lower(): {"organisation_id": stead.organisation_id, "unit": stead.unit} for stead in form.steads
    }
    _remember(session, found, now=now)
    compared = ImportedRow.import_id == found.id, ImportedRow.fate.is_not(None)
    session.execute(update(ImportedRow).where(*compared).values(fate=None))
    found.rows_compared, found.unknown_owners, found.failure = 0, [], None
    _ask(session, found, ImportState.COMPARING, actor)
    return found


def apply_import(session: Session, import_id: int, *, actor: Actor, now: datetime) -> Import:
    """Have the rows of the dry run written; asking again changes nothing."""
    found = _locked(session, import_id, actor)
    if found.state in {ImportState.APPLYING, ImportState.APPLIED}:
        return found
    if found.state != ImportState.COMPARED:
        raise NoSuchStep
    found.failure = None
    audit.note(session, "imports.apply_asked", ("import", found.id), actor=actor, now=now)
    _ask(session, found, ImportState.APPLYING, actor)
    return found


def undo_import(session: Session, import_id: int, *, actor: Actor, now: datetime) -> Import:
    """Have the last import taken back; raises NotTheLast, and Emptied when its rows are gone."""
    found = _locked(session, import_id, actor)
    if found.state in {ImportState.UNDOING, ImportState.UNDONE}:
        return found
    if found.state != ImportState.APPLIED:
        raise NoSuchStep
    if found.emptied_at is not None:
        raise Emptied
    if queries.later_applied(session, found):
        raise NotTheLast
    found.failure = None
    audit.note(session, "imports.undo_asked", ("import", found.id), actor=actor, now=now)
    _ask(session, found, ImportState.UNDOING, actor)
    return found


def _locked(session: Session, import_id: int, actor: Actor) -> Import:
    """The import for a change; raises NotFound, or Forbidden for who only reads."""
    session.execute(select(Import.id).where(Import.id == import_id).with_for_update())
    found = queries.import_for(session, import_id, actor)
    if not queries.goes_on(found, actor):
        raise Forbidden
    return found


def _ask(session: Session, found: Import, state: ImportState, actor: Actor) -> None:
    """Leave the import to whoever works on imports, on behalf of the person."""
    found.state = state
    found.asked_by_id, found.address, found.request_id = actor.id, actor.address, actor.request_id
    found.leased_until = None
    found.version += 1
    kick_after_commit(session)


def _stead_problems(session: Session, found: Import, steads: Sequence[SteadForm], actor: Actor) -> list[Problem]:
    """Names may stand for organisations within reach only, and for the import's own if it has one."""
    within = reach(actor, Permission.IMPORT_RECORDS)
    allowed = {owner.id for owner in organisations_within(session, within)}
    if found.organisation_id is not None:
        allowed &= {found.organisation_id}
    wrong = [index for index, stead in enumerate(steads) if stead.organisation_id not in allowed]
    return [Problem(f"stead-{index}", N_("您不能为这个单位导入。")) for index in wrong]


def _remember(session: Session, found: Import, *, now: datetime) -> None:
    """Keep how the organisation reads this header; what a person reads for several is known from their imports."""
    if found.organisation_id is None:
        return
    signature = signature_of(found.header)
    known = session.scalar(
        select(ImportMapping).where(
            ImportMapping.organisation_id == found.organisation_id, ImportMapping.signature == signature
        )
    )
    if known is None:
        known = ImportMapping(organisation_id=found.organisation_id, signature=signature)
        session.add(known)
    known.mapping, known.updated_at = list(found.mapping), now
