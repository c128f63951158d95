"""Which office reviews first what a firm or an institution asks of an authority, and which officers of it may."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from booking.affiliations.queries import in_force
from booking.core.places import is_within
from models.accounts import Grant, User
from models.affiliations import Affiliation
from models.catalogue import Instrument
from models.directory import Organisation, Unit
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.directory import OrganisationKind

CITY_DIGITS = 4


def office_of(session: Session, asking: Organisation, authority: Organisation, today: date) -> Organisation:
    """The authority of the district, else of the city, of who asks, that has officers who are not of them.

    Else the programme's authority: where there is none within what it is responsible for, and for who asks from
    another place.
    """
    adcode = asking.adcode or ""
    city = adcode[:CITY_DIGITS].ljust(len(adcode), "0")
    codes = [one for one in (adcode, city) if one != authority.adcode and is_within(one, authority.adcode)]
    if not codes:
        return authority
    rows = select(Organisation).where(
        Organisation.kind == OrganisationKind.AUTHORITY,
        Organisation.id != authority.id,
        Organisation.adcode.in_(codes),
        has_officers(Organisation.id, asking.id, today),
    )
    found = session.scalars(rows.order_by((Organisation.adcode == adcode).desc(), Organisation.id)).first()
    return found or authority


def has_officers(organisation_id: Any, asking_id: Any, today: date, *, besides: Any = 0) -> ColumnElement[bool]:
    """Whether anybody is an officer of an authority on a day who may review what somebody asks for, `besides` one."""
    free = free_officers(organisation_id, asking_id, today)
    return exists().where(Grant.user_id == User.id, User.id != besides, *free)


def officers_of(session: Session, organisation_id: int, asking_id: int, *, today: date) -> Sequence[User]:
    """The officers of an authority who may review what somebody asks for."""
    free = select(User).join(Grant, Grant.user_id == User.id).where(*free_officers(organisation_id, asking_id, today))
    return session.scalars(free.order_by(User.id)).unique().all()


def free_officers(organisation_id: Any, asking_id: Any, today: date) -> list[ColumnElement[bool]]:
    """Grants of officers of an authority, in their own right, who neither belong to who asks nor have a role there."""
    belonging = exists().where(
        Affiliation.user_id == User.id, Affiliation.organisation_id == asking_id, in_force(today)
    )
    return [
        Grant.role == Role.VOUCHER_OFFICER,
        Grant.delegated_from_id.is_(None),
        Grant.scope_kind == ScopeKind.ORGANISATION,
        Grant.scope_id == organisation_id,
        *_holds(Grant, today),
        User.deactivated_at.is_(None),
        ~_has_role(asking_id, today),
        ~belonging.correlate_except(Affiliation),
    ]


def _has_role(organisation_id: Any, today: date) -> ColumnElement[bool]:
    """Whether the selected person has a role at an organisation, in a unit or at an instrument of it."""
    acting, unit, instrument = aliased(Grant), aliased(Unit), aliased(Instrument)
    of_unit = exists().where(unit.id == acting.scope_id, unit.organisation_id == organisation_id)
    of_instrument = exists().where(instrument.id == acting.scope_id, instrument.organisation_id == organisation_id)
    there = or_(
        and_(acting.scope_kind == ScopeKind.ORGANISATION, acting.scope_id == organisation_id),
        and_(acting.scope_kind == ScopeKind.UNIT, of_unit.correlate_except(unit)),
        and_(acting.scope_kind == ScopeKind.INSTRUMENT, of_instrument.correlate_except(instrument)),
    )
    return exists().where(acting.user_id == User.id, there, *_holds(acting, today)).correlate_except(acting)


def _holds(grant: Any, today: date) -> list[ColumnElement[bool]]:
    """Grants that hold on a day."""
    return [grant.starts_on <= today, or_(grant.ends_on.is_(None), grant.ends_on >= today)]
