"""Reading what an organisation has beside its people: who manages it, mail domains, rosters, invitations, visits."""

from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from booking.affiliations import rules
from booking.affiliations.queries import escaped
from booking.core.actors import Reach
from booking.core.pages import Page, decode_cursor, page_of, row_id
from models.accounts import Grant, User
from models.affiliations import (
    AffiliationSettings,
    Invitation,
    MailDomain,
    OrganisationRegistration,
    Roster,
    Visit,
)
from models.directory import Organisation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.affiliations import (
    VISITS_STAND,
    InvitationState,
    MailDomainState,
    RegistrationState,
    VisitState,
)

MANAGERS = (Role.INSTITUTION_ADMIN, Role.ENTERPRISE_AGENT)
GRACE = timedelta(days=14)
"""For how long after its last manager's term an organisation is nobody's to ask for."""


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
    words = f"%{escaped(text.strip().lower())}%"
    matches = or_(
        func.lower(Organisation.name_zh).like(words, escape="\\"),
        func.lower(Organisation.name_en).like(words, escape="\\"),
    )
    by_length = (func.length(Organisation.name_zh), Organisation.id)
    return list(session.scalars(select(Organisation).where(matches).order_by(*by_length).limit(limit)))


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
    within: Reach,
    registrant_id: int | None = None,
    limit: int,
    cursor: str = "",
) -> Page[OrganisationRegistration]:
    """Registrations of the organisations in reach, and one person's own; the newest first."""
    statement = select(OrganisationRegistration)
    if state is not None:
        statement = statement.where(OrganisationRegistration.state == state)
    if not within.everywhere:
        theirs = OrganisationRegistration.organisation_id.in_(within.organisation_ids)
        statement = statement.where(or_(theirs, OrganisationRegistration.registrant_id == registrant_id))
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
