"""Fixtures of the catalogue: an institution, who looks after its records, and the platform's admin."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from models.accounts import User
from models.directory import Organisation
from models.vocabulary.accounts import Role, ScopeKind
from tests.factories.instruments import make_organisation
from tests.factories.people import actor_for, give, make_user


@pytest.fixture
def organisation(session: Session) -> Organisation:
    return make_organisation(session)


@pytest.fixture
def admin_user(session: Session, organisation: Organisation) -> User:
    user = make_user(session, "admin")
    give(session, user, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, organisation.id)
    return user


@pytest.fixture
def admin(session: Session, admin_user: User, now: datetime) -> Actor:
    return actor_for(session, admin_user, now=now)


@pytest.fixture
def platform(session: Session, now: datetime) -> Actor:
    user = make_user(session, "platform")
    give(session, user, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    return actor_for(session, user, now=now)
