"""People with roles, and ending those roles, for tests."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from booking.accounts.ending import end_grant
from booking.core.actors import Actor
from booking.web.extensions import transaction
from models.accounts import Grant, User
from models.vocabulary.accounts import Role, ScopeKind
from tests.factories.people import actor_for, give, make_user

TODAY = date(2026, 11, 23)


def admin_of(session: Session, organisation_id: int, now: datetime) -> Actor:
    user = make_user(session, "admin")
    give(session, user, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, organisation_id)
    return actor_for(session, user, now=now)


def platform_admin(session: Session, now: datetime) -> Actor:
    user = make_user(session, "platform")
    give(session, user, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    return actor_for(session, user, now=now)


def end(session: Session, grant: Grant, actor: Actor, now: datetime, successor: str = "") -> Grant:
    session.commit()
    return transaction(end_grant, grant.id, last_day=TODAY, successor=successor, actor=actor, now=now)


def roles_of(session: Session, user: User, *, now: datetime) -> list[Role]:
    session.rollback()
    session.expire_all()
    return [grant.role for grant in actor_for(session, user, now=now).grants]
