"""What waits for somebody or comes to its end at organisations: registrations, visits, affiliations, rosters."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from booking.affiliations.hosting import standing
from booking.affiliations.house_queries import MANAGERS, is_confirmed_visit
from booking.affiliations.queries import has_left
from booking.core.actors import Reach
from booking.core.clock import local_date
from booking.core.pages import Page, decode_cursor, page_of, row_id
from models.accounts import Grant, User
from models.affiliations import Affiliation, MailDomain, OrganisationRegistration, Roster, Visit
from models.directory import Organisation
from models.vocabulary.accounts import ScopeKind
from models.vocabulary.affiliations import (
    AffiliationState,
    MailDomainState,
    RegistrationState,
    RosterState,
    VisitState,
)

RowT = TypeVar("RowT")

VISITS_AHEAD = timedelta(days=7)
ENDING_WITHIN = timedelta(days=14)
ROSTER_YEAR = timedelta(days=365)
ROSTER_NOTICE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Counted(Generic[RowT]):
    """How many there are, and the first few."""

    count: int
    first: Sequence[RowT]


@dataclass(frozen=True, slots=True)
class WaitingDomain:
    """A mail domain that waits to be verified, and whose it is to be."""

    domain: MailDomain
    organisation: Organisation


def registrations_waiting(session: Session, *, limit: int) -> Counted[OrganisationRegistration]:
    """Organisations that wait to be verified, the oldest first; two statements at most."""
    waiting = select(OrganisationRegistration).where(OrganisationRegistration.state == RegistrationState.PENDING)
    return _counted(session, waiting.order_by(OrganisationRegistration.id), limit)


def domains_waiting(session: Session, within: Reach, *, limit: int, cursor: str = "") -> Page[WaitingDomain]:
    """The mail domains that wait to be verified in the provinces of these centres, the oldest first."""
    statement = select(MailDomain, Organisation).join(Organisation, Organisation.id == MailDomain.organisation_id)
    statement = statement.where(MailDomain.state == MailDomainState.PENDING)
    if not within.everywhere:
        centre = aliased(Organisation)
        near = exists().where(centre.id.in_(within.organisation_ids), _province(centre) == _province(Organisation))
        statement = statement.where(near)
    if cursor:
        statement = statement.where(MailDomain.id > decode_cursor(cursor, row_id)[0])
    found = [WaitingDomain(*one) for one in session.execute(statement.order_by(MailDomain.id).limit(limit + 1))]
    return page_of(found, limit, lambda one: (one.domain.id,))


def _province(place: type[Organisation]) -> ColumnElement[str]:
    """The two digits by which the code of a place names its province."""
    return func.substr(place.adcode, 1, 2)


def visits_waiting(session: Session, organisation_ids: Collection[int], *, limit: int) -> Counted[Visit]:
    """Visits that wait to be confirmed at these organisations, the first to begin first."""
    waiting = select(Visit).where(Visit.organisation_id.in_(organisation_ids), Visit.state == VisitState.PENDING)
    return _counted(session, waiting.order_by(Visit.starts_on, Visit.id), limit)


def visits_without_host(
    session: Session, organisation_ids: Collection[int], *, today: date, limit: int
) -> Counted[Visit]:
    """Standing visits at these organisations whose host has left, the longest without one first."""
    lost = select(Visit).where(
        Visit.organisation_id.in_(organisation_ids), Visit.host_missed_on.is_not(None), standing(today)
    )
    return _counted(session, lost.order_by(Visit.host_missed_on, Visit.id), limit)


def visits_hosted(session: Session, host_id: int, *, today: date, limit: int) -> Counted[Visit]:
    """Confirmed visits to somebody that go on or begin within a week, the first to end first.

    Those to a house that the person has left are nobody's of theirs any more.
    """
    hosted = select(Visit).where(
        Visit.host_id == host_id,
        ~has_left(host_id, Visit.organisation_id, today),
        is_confirmed_visit(),
        func.coalesce(Visit.confirmed_starts_on, Visit.starts_on) <= today + VISITS_AHEAD,
        func.coalesce(Visit.confirmed_ends_on, Visit.ends_on) >= today,
    )
    last_day = func.coalesce(Visit.confirmed_ends_on, Visit.ends_on)
    return _counted(session, hosted.order_by(last_day, Visit.id), limit)


def ending_soon(session: Session, organisation_ids: Collection[int], *, today: date) -> dict[int, int]:
    """How many affiliations end within two weeks, for each of these organisations that has any."""
    counted = (
        select(Affiliation.organisation_id, func.count().label("how_many"))
        .where(
            Affiliation.organisation_id.in_(organisation_ids),
            Affiliation.state == AffiliationState.CONFIRMED,
            Affiliation.ends_on.between(today, today + ENDING_WITHIN),
        )
        .group_by(Affiliation.organisation_id)
    )
    return {found.organisation_id: found.how_many for found in session.execute(counted)}


def waiting_unmanaged(session: Session, *, today: date) -> dict[int, int]:
    """How many people wait for a decision, for each organisation that nobody manages."""
    held = and_(Grant.starts_on <= today, or_(Grant.ends_on.is_(None), Grant.ends_on >= today))
    managed = (
        exists()
        .where(Grant.role.in_(MANAGERS), Grant.scope_kind == ScopeKind.ORGANISATION, held)
        .where(Grant.scope_id == Affiliation.organisation_id, User.id == Grant.user_id, User.deactivated_at.is_(None))
    )
    counted = (
        select(Affiliation.organisation_id, func.count().label("how_many"))
        .where(Affiliation.state == AffiliationState.PENDING, ~managed)
        .group_by(Affiliation.organisation_id)
        .order_by(Affiliation.organisation_id)
    )
    return {found.organisation_id: found.how_many for found in session.execute(counted)}


def rosters_due(session: Session, organisation_ids: Collection[int], *, today: date) -> dict[int, date]:
    """The day a year after the last complete roster, for organisations where it is at most a month away."""
    last = (
        select(Roster.organisation_id, func.max(Roster.closed_at).label("closed_at"))
        .where(Roster.organisation_id.in_(organisation_ids), Roster.state == RosterState.APPLIED, Roster.is_complete)
        .group_by(Roster.organisation_id)
    )
    due = {found.organisation_id: local_date(found.closed_at) + ROSTER_YEAR for found in session.execute(last)}
    return {organisation_id: day for organisation_id, day in due.items() if today >= day - ROSTER_NOTICE}


def _counted(session: Session, statement: Select[Any], limit: int) -> Counted[Any]:
    """The first of the rows; all are counted only when there are more."""
    rows = session.scalars(statement.limit(limit + 1)).all()
    if len(rows) <= limit:
        return Counted(len(rows), rows)
    counted = select(func.count()).select_from(statement.order_by(None).subquery())
    return Counted(session.scalar(counted) or 0, rows[:limit])
