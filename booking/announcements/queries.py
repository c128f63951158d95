"""Reading announcements."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, literal, or_, select, union_all
from sqlalchemy.orm import Session

from booking.announcements.rules import Tie
from booking.core.actors import Actor
from booking.core.errors import NotFound
from booking.core.pages import Page, decode_cursor, page_of, row_id
from models.affiliations import Affiliation
from models.announcements import Announcement
from models.catalogue import Instrument
from models.directory import Organisation, Unit
from models.vocabulary.accounts import ScopeKind
from models.vocabulary.affiliations import AffiliationState


def announcement(session: Session, announcement_id: int) -> Announcement:
    """The announcement; raises NotFound."""
    found = session.get(Announcement, announcement_id)
    if found is None:
        raise NotFound
    return found


def not_over(session: Session, now: datetime) -> Sequence[Announcement]:
    """Everything that is shown now or will be, in order of its beginning."""
    return session.scalars(
        select(Announcement).where(Announcement.ends_at > now).order_by(Announcement.starts_at, Announcement.id)
    ).all()


def announcements(session: Session, *, limit: int, cursor: str = "") -> Page[Announcement]:
    """All announcements, the newest first."""
    statement = select(Announcement).order_by(Announcement.id.desc())
    if cursor:
        statement = statement.where(Announcement.id < decode_cursor(cursor, row_id)[0])
    return page_of(session.scalars(statement.limit(limit + 1)).all(), limit, lambda row: (row.id,))


def ties_of(session: Session, actor: Actor, today: date) -> list[Tie]:
    """The organisations to which somebody belongs today, or where they hold a role; one statement."""
    ids = {kind: [g.scope_id for g in actor.grants if g.scope_kind == kind] for kind in ScopeKind}
    unit, instrument = Unit.organisation_id, Instrument.organisation_id
    belongs = (
        Affiliation.user_id == actor.id,
        Affiliation.state == AffiliationState.CONFIRMED,
        Affiliation.starts_on <= today,
        or_(Affiliation.ends_on.is_(None), Affiliation.ends_on >= today),
    )
    parts = [
        _tie(ScopeKind.ORGANISATION, Organisation.id).where(Organisation.id.in_(ids[ScopeKind.ORGANISATION])),
        _tie(ScopeKind.UNIT, Unit.id).join(Unit, unit == Organisation.id).where(Unit.id.in_(ids[ScopeKind.UNIT])),
        _tie(ScopeKind.INSTRUMENT, Instrument.id)
        .join(Instrument, instrument == Organisation.id)
        .where(Instrument.id.in_(ids[ScopeKind.INSTRUMENT])),
        _tie("", Affiliation.id).join(Affiliation, Affiliation.organisation_id == Organisation.id).where(*belongs),
    ]
    rows = session.execute(union_all(*parts)).all()
    places = {(row.kind, row.scope_id): (row.organisation_id, row.adcode) for row in rows}
    held = [
        Tie(*places.get((grant.scope_kind, grant.scope_id), (None, None)), role=grant.role)
        for grant in actor.grants
        if grant.scope_kind == ScopeKind.PLATFORM or (grant.scope_kind, grant.scope_id) in places
    ]
    return [*held, *(Tie(row.organisation_id, row.adcode) for row in rows if not row.kind)]


def _tie(kind: str, scope_id: Any) -> Select[Any]:
    """Organisations with the kind and id of what ties to them."""
    columns = (literal(str(kind)).label("kind"), scope_id.label("scope_id"), Organisation.id.label("organisation_id"))
    return select(*columns, Organisation.adcode.label("adcode")).select_from(Organisation)
