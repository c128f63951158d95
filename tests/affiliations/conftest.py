"""An institution with its admin, and somebody who belongs there or wants to."""

from dataclasses import dataclass
from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from models.accounts import User
from models.directory import Organisation
from models.vocabulary.accounts import Role, ScopeKind
from tests.factories.instruments import make_organisation
from tests.factories.people import actor_for, give, make_user


@dataclass
class House:
    """The institution, its admin, and a stranger to it."""

    organisation: Organisation
    admin: User
    admin_actor: Actor
    lin: User
    lin_actor: Actor


@pytest.fixture
def house(session: Session, now: datetime) -> House:
    organisation = make_organisation(session, name_zh="示例大学", name_en="Example University")
    admin, lin = make_user(session, "admin"), make_user(session, "lin", email="lin@cs.uni.edu.cn")
    give(session, admin, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, organisation.id)
    return House(organisation, admin, actor_for(session, admin, now=now), lin, actor_for(session, lin, now=now))
