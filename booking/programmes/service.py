"""Writing programmes: always a new row, with a line in the audit log; what was written stays as it is."""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission, require
from booking.core.actors import Actor, Target
from booking.core.clock import local_date
from booking.core.errors import InvalidInput, Problem, StaleVersion
from booking.core.texts import N_
from booking.directory.queries import organisation
from booking.programmes import queries
from booking.programmes.forms import ProgrammeForm, VersionForm
from models.directory import Organisation
from models.programmes import Programme, ProgrammeVersion
from models.vocabulary.directory import OrganisationKind


def start_programme(session: Session, form: ProgrammeForm, *, actor: Actor, now: datetime) -> Programme:
    """A programme of an authority for a year, with its first version; raises NotFound, Forbidden or InvalidInput."""
    organisation(session, form.organisation_id)
    require(actor, Permission.MANAGE_PROGRAMMES, Target(form.organisation_id))
    form.check(form.runs_at)
    locked = select(Organisation).where(Organisation.id == form.organisation_id).with_for_update(key_share=True)
    _check_authority(session, session.scalars(locked).one(), form)
    named = form.model_dump(include={"organisation_id", "year", "name_zh", "name_en", "runs_at"})
    made = Programme(**named, created_at=now)
    session.add(made)
    session.flush()
    _store(session, made, form, actor=actor, now=now)
    after = form.model_dump(mode="json")
    audit.note(session, "programmes.started", ("programme", made.id), actor=actor, now=now, after=after)
    return made


def write_version(
    session: Session,
    programme_id: int,
    form: VersionForm,
    *,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> ProgrammeVersion:
    """Another version, from today or a later day on; those before stay as they are, with all that rests on them.

    Raises NotFound, Forbidden, InvalidInput, or StaleVersion past `expected_version`.
    """
    found = programme_to_write(session, programme_id, actor)
    form.check(found.runs_at)
    session.execute(select(Programme.id).where(Programme.id == found.id).with_for_update())
    session.refresh(found, ["version"])
    if expected_version not in {None, found.version}:
        raise StaleVersion
    if form.valid_from < local_date(now):
        raise InvalidInput([Problem("valid_from", N_("新的版本从今天或以后某一天起生效，已经过去的不能更改。"))])
    found.version += 1
    made = _store(session, found, form, actor=actor, now=now)
    audit.note(
        session,
        "programmes.version_written",
        ("programme", found.id),
        actor=actor,
        now=now,
        after={"number": made.number, **form.model_dump(mode="json", exclude={"reason"})},
        reason=form.reason,
    )
    return made


def programme_to_write(session: Session, programme_id: int, actor: Actor) -> Programme:
    """The programme, for an officer of its authority; raises NotFound or Forbidden."""
    found = queries.programme(session, programme_id)
    require(actor, Permission.MANAGE_PROGRAMMES, Target(found.organisation_id))
    return found


def _check_authority(session: Session, authority: Organisation, form: ProgrammeForm) -> None:
    """Refuse organisations that are no authority, and a name that the authority has given in that year."""
    if authority.kind != OrganisationKind.AUTHORITY:
        raise InvalidInput([Problem("organisation_id", N_("只有主管部门才能制定创新券政策。"))])
    same = (
        Programme.organisation_id == authority.id,
        Programme.year == form.year,
        Programme.name_zh == form.name_zh,
    )
    if session.scalar(select(exists().where(*same))):
        raise InvalidInput([Problem("name_zh", N_("这个部门这一年已有同名的政策，请在它的页面上写新的版本。"))])


def _store(session: Session, found: Programme, form: VersionForm, *, actor: Actor, now: datetime) -> ProgrammeVersion:
    """The next version as a row."""
    made = ProgrammeVersion(
        programme_id=found.id,
        number=found.version,
        **form.columns(),
        **form.model_dump(include={"valid_from", "notice", "notice_url", "note_zh", "note_en", "reason"}),
        marks=form.all_marks(),
        created_at=now,
        created_by_id=actor.id,
    )
    session.add(made)
    session.flush()
    return made
