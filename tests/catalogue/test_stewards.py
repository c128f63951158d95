"""Primary steward and deputy: who can be named, and who is written to first."""

from datetime import date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.catalogue import stewards
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import Forbidden, InvalidInput
from booking.reservations.deciders import deciders_of
from models.accounts import AuditEntry, Grant, User
from models.catalogue import Instrument
from models.custody import Stewardship
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.custody import StewardRank
from tests.factories.instruments import make_instrument
from tests.factories.people import actor_for, give, make_user


@pytest.fixture
def instrument(session: Session) -> Instrument:
    return make_instrument(session)


@pytest.fixture
def admin(session: Session, instrument: Instrument, now: datetime) -> Actor:
    user = make_user(session, "admin")
    give(session, user, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, instrument.organisation_id)
    return actor_for(session, user, now=now)


@pytest.fixture
def people(session: Session, instrument: Instrument) -> list[User]:
    users = [make_user(session, name) for name in ("anna", "bo", "chen")]
    for user in users:
        give(session, user, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    return users


def written_to(session: Session, instrument: Instrument, now: datetime) -> list[str]:
    return [user.name for user in deciders_of(session, instrument, now=now).people]


def end_role(session: Session, user: User) -> None:
    session.scalars(select(Grant).where(Grant.user_id == user.id)).one().ends_on = date(2026, 1, 1)
    session.flush()


def test_the_named_are_written_to_first_then_the_deputy_alone_and_everybody_when_both_grants_end(
    session: Session, instrument: Instrument, admin: Actor, people: list[User], now: datetime
) -> None:
    everybody = written_to(session, instrument, now)
    stewards.name_stewards(session, instrument.id, people[2].id, people[0].id, actor=admin, now=now)

    named = written_to(session, instrument, now)
    end_role(session, people[2])
    deputy = written_to(session, instrument, now)
    end_role(session, people[0])

    assert (everybody, named, deputy) == (["Anna", "Bo", "Chen"], ["Chen", "Anna"], ["Anna"])
    assert written_to(session, instrument, now) == ["Bo"]
    entry = session.scalars(select(AuditEntry)).one()
    assert entry.after == {"primary": people[2].id, "deputy": people[0].id}


def test_only_stewards_can_be_named_and_two_different_ones(
    session: Session, instrument: Instrument, admin: Actor, people: list[User], now: datetime
) -> None:
    stranger = make_user(session, "stranger")

    for primary, deputy, fields in (
        (stranger.id, None, ["primary_id"]),
        (people[0].id, people[0].id, ["deputy_id"]),
        (None, people[0].id, ["primary_id"]),
    ):
        with pytest.raises(InvalidInput) as refused:
            stewards.name_stewards(session, instrument.id, primary, deputy, actor=admin, now=now)
        assert [problem.field for problem in refused.value.problems] == fields
    steward = actor_for(session, people[0], now=now)
    with pytest.raises(Forbidden):
        stewards.name_stewards(session, instrument.id, people[0].id, None, actor=steward, now=now)

    assert session.scalars(select(Stewardship)).all() == []


def test_naming_again_replaces_and_the_same_names_change_nothing(
    session: Session, instrument: Instrument, admin: Actor, people: list[User], now: datetime
) -> None:
    for _ in range(2):
        stewards.name_stewards(session, instrument.id, people[0].id, people[1].id, actor=admin, now=now)
    stewards.name_stewards(session, instrument.id, people[1].id, None, actor=admin, now=now)

    named = stewards.named_stewards(session, instrument, today=local_date(now))
    assert named == {StewardRank.PRIMARY: people[1]}
    assert session.get_one(Instrument, instrument.id).version == 3
