"""Who looked at one's own data: as what, for which institution, when, at what; never their name."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from booking.accounts.sights import Sight
from booking.core.actors import Actor
from booking.core.pages import LARGEST_PAGE, Page, decode_cursor, page_of, row_id
from models.accounts import AuditEntry
from models.affiliations import Invitation, Visit
from models.directory import Organisation
from models.vocabulary.accounts import Role


@dataclass(frozen=True, slots=True)
class Sighting:
    """One look: `role` is None for looks that were logged before roles were kept, or by nobody's right."""

    id: int
    seen_at: datetime
    sight: Sight
    role: Role | None
    organisation_id: int | None
    organisation_zh: str
    organisation_en: str


def sightings_of(session: Session, actor: Actor, *, limit: int, cursor: str = "") -> Page[Sighting]:
    """Who looked at the actor's own data, the newest first; two statements."""
    statement = select(AuditEntry).where(_of(actor)).order_by(AuditEntry.id.desc())
    if cursor:
        statement = statement.where(AuditEntry.id < decode_cursor(cursor, row_id)[0])
    entries = session.scalars(statement.limit(limit + 1)).all()
    names = _names(session, {place for entry in entries if (place := _place(entry))})
    return page_of([_sighting(entry, names) for entry in entries], limit, lambda found: (found.id,))


def every_sighting(session: Session, actor: Actor) -> Iterator[Sighting]:
    """All of them, the newest first, read in pages."""
    cursor: str | None = ""
    while cursor is not None:
        page = sightings_of(session, actor, limit=LARGEST_PAGE, cursor=cursor)
        yield from page.items
        cursor = page.next_cursor


def _of(actor: Actor) -> ColumnElement[bool]:
    """Looks of others at the account, or at a visit or an invitation that was registered with its address."""
    visits = select(Visit.id).where(Visit.email == actor.email)
    account = and_(AuditEntry.subject_kind == "user", AuditEntry.subject_id == actor.id)
    visited = and_(AuditEntry.subject_kind == "visit", AuditEntry.subject_id.in_(visits))
    invitations = select(Invitation.id).where(
        or_(Invitation.email == actor.email, Invitation.accepted_by_id == actor.id)
    )
    invited = and_(AuditEntry.subject_kind == "invitation", AuditEntry.subject_id.in_(invitations))
    return and_(AuditEntry.action.in_([*Sight]), AuditEntry.actor_id != actor.id, or_(account, visited, invited))


def _place(entry: AuditEntry) -> int | None:
    """For which organisation it was looked."""
    return (entry.after or {}).get("organisation_id")


def _names(session: Session, ids: Collection[int]) -> Mapping[int, tuple[str, str]]:
    """What organisations are called."""
    columns = select(Organisation.id, Organisation.name_zh, Organisation.name_en)
    return {row.id: (row.name_zh, row.name_en) for row in session.execute(columns.where(Organisation.id.in_(ids)))}


def _sighting(entry: AuditEntry, names: Mapping[int, tuple[str, str]]) -> Sighting:
    """One row of the log as the person may read it."""
    place, role = _place(entry), (entry.after or {}).get("role")
    name_zh, name_en = names.get(place or 0, ("", ""))
    sight = Sight(entry.action)
    return Sighting(entry.id, entry.occurred_at, sight, Role(role) if role else None, place, name_zh, name_en)
