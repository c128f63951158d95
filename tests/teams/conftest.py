"""Fixtures of the teams: a team with its lead, and people around it."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.teams import service
from booking.web.extensions import transaction
from models.directory import Organisation
from models.teams import Team
from models.vocabulary.accounts import Role, ScopeKind
from tests.factories.instruments import make_organisation
from tests.factories.people import actor_for, give, make_user


@pytest.fixture
def organisation(session: Session) -> Organisation:
    return make_organisation(session)


@pytest.fixture
def lead(session: Session, organisation: Organisation, now: datetime) -> Actor:
    user = make_user(session, "lead")
    give(session, user, Role.LEAD, ScopeKind.ORGANISATION, organisation.id)
    return actor_for(session, user, now=now)


@pytest.fixture
def admin(session: Session, organisation: Organisation, now: datetime) -> Actor:
    user = make_user(session, "admin")
    give(session, user, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, organisation.id)
    return actor_for(session, user, now=now)


@pytest.fixture
def member(session: Session, now: datetime) -> Actor:
    return actor_for(session, make_user(session, "member"), now=now)


@pytest.fixture
def team(session: Session, organisation: Organisation, lead: Actor, now: datetime) -> Team:
    session.commit()
    return transaction(service.create_team, organisation.id, "涂层组", "Coatings", "", actor=lead, now=now)
