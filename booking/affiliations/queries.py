"""Reading affiliations: one's own, an organisation's people, and in which user group somebody is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Exists, Select, and_, exists, func, literal_column, or_, select
from sqlalchemy.orm import Session, aliased

from booking.affiliations import rules
from booking.core.errors import NotFound
from booking.core.pages import Page, decode_cursor, page_of, row_id
from models.accounts import Grant, User
from models.affiliations import (
    Affiliation,
    AffiliationSettings,
    Invitation,
    MailDomain,
    OrganisationRegistration,
    Roster,
    UserGroup,
    Visit,
)
from models.catalogue import Instrument
from models.directory import Organisation, Unit
from models.reservations import Reservation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.affiliations import (
    VISITS_STAND,
    AffiliationState,
    InvitationState,
    MailDomainState,
    RegistrationState,
    VisitState,
)
from models.vocabulary.reservations import HOLDING_TIME

OPEN = (AffiliationState.PENDING, AffiliationState.CONFIRMED)
MANAGERS = (Role.INSTITUTION_ADMIN, Role.ENTERPRISE_AGENT)
GRACE = timedelta(days=14)
"""For how long after its last manager's term an organisation is nobody's to ask for."""
_AS_INDEXED: ColumnElement[bool] = literal_column("affiliations.state IN ('pending', 'confirmed')")
"""In the words of the index of open affiliations, by which SQLite finds a person's instead of reading a whole house."""


@dataclass(frozen=True, slots=True)
class Row:
    """An affiliation with whose it is and where."""

    affiliation: Affiliation
    person: User
    organisation: Organisation
    unit: Unit | None
    group: UserGroup | None


def row(session: Session, affiliation_id: int) -> Row:
    """One affiliation; raises NotFound."""
    found = session.execute(_rows().where(Affiliation.id == affiliation_id)).one_or_none()
    if found is None:
        raise NotFound
    return _named(found)


def of_person(session: Session, user_id: int) -> list[Row]:
    """All affiliations of a person, the newest first."""
    statement = _rows().where(Affiliation.user_id == user_id).order_by(Affiliation.id.desc())
    return [_named(found) for found in session.execute(statement)]


def people(
    session: Session,
    organisation_id: int,
    state: AffiliationState | None = None,
    *,
    text: str = "",
    limit: int,
    cursor: str = "",
) -> Page[Row]:
    """An organisation's people in one state or all, found by name, address or staff number; the newest first."""
    statement = _rows().where(Affiliation.organisation_id == organisation_id)
    if state is not None:
        statement = statement.where(Affiliation.state == state)
    if text:
        statement = statement.where(_says(text))
    if cursor:
        statement = statement.where(Affiliation.id < decode_cursor(cursor, row_id)[0])
    found = session.execute(statement.order_by(Affiliation.id.desc()).limit(limit + 1)).all()
    return page_of([_named(one) for one in found], limit, lambda one: (one.affiliation.id,))


def waiting_among(session: Session, organisation_id: int, ids: Sequence[int]) -> list[Row]:
    """Those of some affiliations that wait at an organisation, the newest first."""
    waiting = (Affiliation.organisation_id == organisation_id, Affiliation.state == AffiliationState.PENDING)
    statement = _rows().where(*waiting, Affiliation.id.in_(ids)).order_by(Affiliation.id.desc())
    return [_named(found) for found in session.execute(statement)]


def counts(session: Session, organisation_id: int) -> dict[AffiliationState, int]:
    """How many affiliations of an organisation stand in each state."""
    counted = (
        select(Affiliation.state, func.count().label("how_many"))
        .where(Affiliation.organisation_id == organisation_id)
        .group_by(Affiliation.state)
    )
    return {found.state: found.how_many for found in session.execute(counted)}


def waiting_ids(session: Session, organisation_ids: Sequence[int]) -> dict[int, int]:
    """How many people wait for a decision, for each of these organisations."""
    counted = (
        select(Affiliation.organisation_id, func.count().label("how_many"))
        .where(Affiliation.organisation_id.in_(organisation_ids), Affiliation.state == AffiliationState.PENDING)
        .group_by(Affiliation.organisation_id)
    )
    return {found.organisation_id: found.how_many for found in session.execute(counted)}


def open_affiliation(session: Session, user_id: int, organisation_id: int) -> Affiliation | None:
    """The one affiliation of a person with an organisation that waits or is confirmed."""
    return session.scalar(
        select(Affiliation).where(
            Affiliation.user_id == user_id,
            Affiliation.organisation_id == organisation_id,
            Affiliation.state.in_(OPEN),
        )
    )


def in_force(today: date | ColumnElement[date]) -> ColumnElement[bool]:
    """Whether an affiliation holds on a day; its last day counts."""
    return and_(
        Affiliation.state == AffiliationState.CONFIRMED,
        Affiliation.starts_on <= today,
        or_(Affiliation.ends_on.is_(None), Affiliation.ends_on >= today),
    )


def is_member(user_id: Any, organisation_id: Any, today: date | ColumnElement[date]) -> Exists:
    """Whether the person is confirmed at the organisation on a day, as a part of another statement."""
    own = (Affiliation.user_id == user_id, Affiliation.organisation_id == organisation_id)
    return exists().where(*own, _AS_INDEXED, in_force(today))


def belongs(session: Session, user_id: int, organisation_id: int, today: date) -> bool:
    """Whether the person is confirmed at the organisation today."""
    return bool(session.scalar(select(is_member(user_id, organisation_id, today))))


def address_by_number(session: Session, organisation_id: int, staff_number: str, today: date) -> str | None:
    """The address of the active person to whom a staff number belongs today."""
    named = (Affiliation.organisation_id == organisation_id, Affiliation.staff_number == staff_number)
    joined = select(User.email).join(Affiliation, Affiliation.user_id == User.id)
    return session.scalar(joined.where(*named, in_force(today), User.deactivated_at.is_(None)).limit(1))


def has_left(user_id: Any, organisation_id: Any, today: date) -> ColumnElement[bool]:
    """Whether somebody has left an organisation: an affiliation's last day there is over, and none is confirmed.

    What was only asked for and taken back was none.
    """
    past, still = aliased(Affiliation), aliased(Affiliation)
    is_over = or_(
        past.state == AffiliationState.ENDED, and_(past.state == AffiliationState.CONFIRMED, past.ends_on < today)
    )
    confirmed = past.confirmed_by.is_not(None)
    over = exists().where(past.user_id == user_id, past.organisation_id == organisation_id, confirmed, is_over)
    there = exists().where(
        still.user_id == user_id,
        still.organisation_id == organisation_id,
        still.state == AffiliationState.CONFIRMED,
        or_(still.ends_on.is_(None), still.ends_on >= today),
    )
    return and_(over, ~there)


def settings_of(session: Session, organisation_id: int) -> AffiliationSettings:
    """How an organisation deals with affiliations: its row, or the defaults in a row that is not stored."""
    found = session.get(AffiliationSettings, organisation_id)
    return found or AffiliationSettings(
        organisation_id=organisation_id, mail_domain_days=rules.MAIL_DOMAIN_DAYS, version=1
    )


def mail_domains(session: Session, organisation_id: int) -> list[MailDomain]:
    """The mail domains of an organisation by name."""
    statement = select(MailDomain).where(MailDomain.organisation_id == organisation_id)
    return list(session.scalars(statement.order_by(MailDomain.domain)))


def domain_for(session: Session, email: str) -> MailDomain | None:
    """The confirmed domain that stands for an address; of several the closest."""
    own = rules.domain_of(email)
    above = (MailDomain.state == MailDomainState.CONFIRMED, MailDomain.domain.in_(rules.domains_above(own)))
    found = session.scalars(select(MailDomain).where(*above)).all()
    fitting = [domain for domain in found if rules.covers(domain.domain, domain.includes_subdomains, own)]
    return max(fitting, key=lambda domain: len(domain.domain), default=None)


def managers_of(session: Session, organisation_id: int, today: date) -> list[User]:
    """Who decides on an organisation's people; where nobody does, the platform's administrators."""
    own = own_managers(session, organisation_id, today)
    return own or _holders(session, Grant.role == Role.PLATFORM_ADMIN, today)


def own_managers(session: Session, organisation_id: int, today: date) -> list[User]:
    """The organisation's own administrators and agents."""
    return _holders(session, _manages(organisation_id), today)


def is_looked_after(session: Session, organisation_id: int, today: date) -> bool:
    """Whether somebody acts for an organisation, did until lately, or will: a term may be given anew for some days."""
    not_long_over = or_(Grant.ends_on.is_(None), Grant.ends_on >= today - GRACE)
    active = exists().where(User.id == Grant.user_id, User.deactivated_at.is_(None))
    return bool(session.scalar(select(exists().where(_manages(organisation_id), not_long_over, active))))


def _manages(organisation_id: int) -> ColumnElement[bool]:
    """Roles by which somebody acts for an organisation."""
    here = Grant.scope_kind == ScopeKind.ORGANISATION, Grant.scope_id == organisation_id
    return and_(Grant.role.in_(MANAGERS), *here)


def found_organisations(session: Session, text: str, *, limit: int) -> list[Organisation]:
    """Organisations whose name in either language contains the text, the shortest name first."""
    words = f"%{_escaped(text.strip().lower())}%"
    matches = or_(
        func.lower(Organisation.name_zh).like(words, escape="\\"),
        func.lower(Organisation.name_en).like(words, escape="\\"),
    )
    by_length = (func.length(Organisation.name_zh), Organisation.id)
    return list(session.scalars(select(Organisation).where(matches).order_by(*by_length).limit(limit)))


def _rows() -> Select[Affiliation, User, Organisation, Unit, UserGroup]:
    """Affiliations with everything their rows name."""
    return (
        select(Affiliation, User, Organisation, Unit, UserGroup)
        .join(User, User.id == Affiliation.user_id)
        .join(Organisation, Organisation.id == Affiliation.organisation_id)
        .outerjoin(Unit, Unit.id == Affiliation.unit_id)
        .outerjoin(UserGroup, UserGroup.id == Affiliation.user_group_id)
    )


def _named(found: Any) -> Row:
    """One result of `_rows`."""
    return Row(*found)


def _says(text: str) -> ColumnElement[bool]:
    """Whether name, address or staff number contains the text."""
    words = f"%{_escaped(text.strip().lower())}%"
    columns = (User.name, User.email, Affiliation.staff_number)
    return or_(*(func.lower(column).like(words, escape="\\") for column in columns))


def _escaped(text: str) -> str:
    """The text with what LIKE would take for a wildcard made plain."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _holders(session: Session, which: ColumnElement[bool], today: date) -> list[User]:
    """The active people with such a grant today."""
    holds = and_(Grant.starts_on <= today, or_(Grant.ends_on.is_(None), Grant.ends_on >= today))
    ids = select(Grant.user_id).where(which, holds)
    return list(session.scalars(select(User).where(User.id.in_(ids), User.deactivated_at.is_(None)).order_by(User.id)))


def rosters(session: Session, organisation_id: int, *, limit: int, cursor: str = "") -> Page[Roster]:
    """The rosters of an organisation, the newest first."""
    statement = select(Roster).where(Roster.organisation_id == organisation_id)
    if cursor:
        statement = statement.where(Roster.id < decode_cursor(cursor, row_id)[0])
    found = session.scalars(statement.order_by(Roster.id.desc()).limit(limit + 1)).all()
    return page_of(found, limit, lambda roster: (roster.id,))


def invitations(
    session: Session, organisation_id: int, state: InvitationState | None, *, limit: int, cursor: str = ""
) -> Page[Invitation]:
    """The invitations of an organisation in one state or all, the newest first."""
    statement = select(Invitation).where(Invitation.organisation_id == organisation_id)
    if state is not None:
        statement = statement.where(Invitation.state == state)
    if cursor:
        statement = statement.where(Invitation.id < decode_cursor(cursor, row_id)[0])
    found = session.scalars(statement.order_by(Invitation.id.desc()).limit(limit + 1)).all()
    return page_of(found, limit, lambda invitation: (invitation.id,))


def visits(
    session: Session,
    organisation_id: int,
    state: VisitState | None,
    *,
    host_id: int | None = None,
    without_host: bool = False,
    limit: int,
    cursor: str = "",
) -> Page[Visit]:
    """The visits of an organisation, or of one host there, in one state or all; the newest first.

    `without_host` gives only those that stand and whose host has left.
    """
    statement = select(Visit).where(Visit.organisation_id == organisation_id)
    if without_host:
        statement = statement.where(Visit.host_missed_on.is_not(None), Visit.state.in_(VISITS_STAND))
    if host_id is not None:
        statement = statement.where(or_(Visit.host_id == host_id, Visit.registered_by_id == host_id))
    if state is not None:
        statement = statement.where(is_confirmed_visit() if state == VisitState.CONFIRMED else Visit.state == state)
    if cursor:
        statement = statement.where(Visit.id < decode_cursor(cursor, row_id)[0])
    found = session.scalars(statement.order_by(Visit.id.desc()).limit(limit + 1)).all()
    return page_of(found, limit, lambda visit: (visit.id,))


def is_confirmed_visit() -> ColumnElement[bool]:
    """Visits that are confirmed, also while more days than those wait."""
    asks_more = and_(Visit.state == VisitState.PENDING, Visit.confirmed_ends_on.is_not(None))
    return or_(Visit.state == VisitState.CONFIRMED, asks_more)


def registrations(
    session: Session,
    state: RegistrationState | None,
    *,
    registrant_id: int | None = None,
    limit: int,
    cursor: str = "",
) -> Page[OrganisationRegistration]:
    """Registrations of organisations, of everybody or of one person; the newest first."""
    statement = select(OrganisationRegistration)
    if state is not None:
        statement = statement.where(OrganisationRegistration.state == state)
    if registrant_id is not None:
        statement = statement.where(OrganisationRegistration.registrant_id == registrant_id)
    if cursor:
        statement = statement.where(OrganisationRegistration.id < decode_cursor(cursor, row_id)[0])
    found = session.scalars(statement.order_by(OrganisationRegistration.id.desc()).limit(limit + 1)).all()
    return page_of(found, limit, lambda registration: (registration.id,))


def verifiers(session: Session, today: date, *, province: str | None = None) -> list[User]:
    """Who verifies organisations in their own right: the platform's administrators, and operators of every centre.

    With `province`, the first two digits of its code, only operators of centres there; with an empty one of none.
    """
    operates = Grant.role == Role.OPERATOR
    if province is not None:
        there = and_(Organisation.id == Grant.scope_id, Organisation.adcode.startswith(province or "-"))
        near = and_(Grant.scope_kind == ScopeKind.ORGANISATION, exists().where(there))
        operates = and_(operates, or_(Grant.scope_kind == ScopeKind.PLATFORM, near))
    in_own_right = and_(or_(Grant.role == Role.PLATFORM_ADMIN, operates), Grant.delegated_from_id.is_(None))
    return _holders(session, in_own_right, today)


def future_bookings(session: Session, user_id: int, organisation_id: int, *, now: datetime) -> int:
    """How many bookings of the person's still lie ahead on the organisation's instruments."""
    counted = (
        select(func.count())
        .select_from(Reservation)
        .join(Instrument, Instrument.id == Reservation.instrument_id)
        .where(
            Reservation.booked_by_id == user_id,
            Instrument.organisation_id == organisation_id,
            Reservation.ends_at > now,
            Reservation.state.in_(HOLDING_TIME),
        )
    )
    return session.scalar(counted) or 0
