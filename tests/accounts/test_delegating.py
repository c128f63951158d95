from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts.delegating import delegate_grant
from booking.accounts.ending import Departure, end_grants
from booking.accounts.grants import NewGrant, give_grant
from booking.accounts.permissions import Permission, may
from booking.core.actors import Target
from booking.core.errors import Forbidden, InvalidInput, NotFound
from booking.web.extensions import transaction
from models.accounts import Grant, User
from models.vocabulary.accounts import Role, ScopeKind
from tests.accounts.leaving import TODAY, admin_of, end, platform_admin, roles_of
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.looking import count
from tests.factories.people import actor_for, give, make_user

WEEK = timedelta(days=7)


def test_who_stands_in_has_the_role_for_those_days_and_it_ends_by_itself(session: Session, now: datetime) -> None:
    instrument = make_instrument(session)
    steward, deputy = make_user(session, "steward"), make_user(session, "deputy")
    grant = give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    actor = actor_for(session, steward, now=now)

    made = transaction(delegate_grant, grant.id, deputy.email, TODAY, TODAY + WEEK, actor=actor, now=now)

    assert (made.delegated_from_id, made.granted_by_id) == (grant.id, steward.id)
    assert roles_of(session, deputy, now=now) == [Role.STEWARD]
    assert roles_of(session, deputy, now=now + WEEK) == [Role.STEWARD]
    assert roles_of(session, deputy, now=now + WEEK + timedelta(days=1)) == []


def test_who_stands_in_for_an_admin_acts_as_one_but_gives_no_roles_and_hands_nothing_on(
    session: Session, now: datetime
) -> None:
    organisation = make_organisation(session)
    admin = admin_of(session, organisation.id, now)
    deputy = make_user(session, "deputy")
    grant = session.scalars(select(Grant)).one()
    session.commit()
    made = transaction(delegate_grant, grant.id, deputy.email, TODAY, TODAY + WEEK, actor=admin, now=now)
    session.commit()
    actor = actor_for(session, deputy, now=now)
    wanted = NewGrant(deputy.id, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, organisation.id, TODAY)

    assert may(actor, Permission.EDIT_ORGANISATION, Target(organisation.id))
    assert not may(actor, Permission.GIVE_GRANTS, Target(organisation.id))
    with pytest.raises(Forbidden):
        transaction(give_grant, wanted, actor=actor, now=now)
    with pytest.raises(NotFound):
        transaction(delegate_grant, made.id, admin.email, TODAY, TODAY, actor=actor, now=now)
    leaves = Departure(TODAY, "离职", {grant.id: deputy.email})
    with pytest.raises(InvalidInput) as refused:
        transaction(end_grants, [grant], leaves, actor=actor, now=now)
    assert [problem.field for problem in refused.value.problems] == [f"successor_{grant.id}"]
    assert count(session, Grant) == 2


def test_when_the_holder_leaves_who_stands_in_leaves_too(session: Session, now: datetime) -> None:
    instrument = make_instrument(session)
    steward, deputy = make_user(session, "steward"), make_user(session, "deputy")
    give(session, make_user(session, "second"), Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    grant = give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    actor, platform = actor_for(session, steward, now=now), platform_admin(session, now)
    session.commit()
    for first, last in ((TODAY, TODAY + WEEK), (TODAY + WEEK, TODAY + 2 * WEEK)):
        transaction(delegate_grant, grant.id, deputy.email, first, last, actor=actor, now=now)

    end(session, grant, platform, now)

    assert roles_of(session, deputy, now=now) == [Role.STEWARD]
    assert roles_of(session, deputy, now=now + timedelta(days=1)) == []
    assert roles_of(session, deputy, now=now + WEEK) == []


@pytest.mark.parametrize(
    ("first", "last", "fields"),
    [
        pytest.param(TODAY - WEEK, TODAY, ["starts_on"], id="from the past"),
        pytest.param(TODAY + WEEK, TODAY, ["ends_on"], id="the wrong way round"),
        pytest.param(TODAY, TODAY + 60 * WEEK, ["ends_on", "ends_on"], id="too long and beyond the holder's own end"),
    ],
)
def test_an_absence_lies_ahead_and_within_the_holders_days(
    session: Session, now: datetime, first: date, last: date, fields: list[str]
) -> None:
    steward, deputy = make_user(session, "steward"), make_user(session, "deputy")
    grant = give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, make_instrument(session).id)
    grant.ends_on = TODAY + 10 * WEEK
    session.commit()

    with pytest.raises(InvalidInput) as refused:
        transaction(
            delegate_grant, grant.id, deputy.email, first, last, actor=actor_for(session, steward, now=now), now=now
        )

    assert [problem.field for problem in refused.value.problems] == fields
    assert count(session, Grant) == 1


def test_nobody_hands_on_the_role_of_another_or_to_themselves(session: Session, now: datetime) -> None:
    steward, other = make_user(session, "steward"), make_user(session, "other")
    grant = give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, make_instrument(session).id)

    with pytest.raises(NotFound):
        hand_on(session, grant, other, other, now)
    with pytest.raises(InvalidInput):
        hand_on(session, grant, steward, steward, now)

    assert count(session, Grant) == 1


def hand_on(session: Session, grant: Grant, by: User, to: User, now: datetime) -> None:
    actor = actor_for(session, by, now=now)
    session.commit()
    transaction(delegate_grant, grant.id, to.email, TODAY, TODAY + WEEK, actor=actor, now=now)


def test_whoever_handed_it_on_takes_it_back(session: Session, now: datetime) -> None:
    steward, deputy = make_user(session, "steward"), make_user(session, "deputy")
    grant = give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, make_instrument(session).id)
    hand_on(session, grant, steward, deputy, now)
    made = session.scalars(select(Grant).where(Grant.delegated_from_id == grant.id)).one()

    end(session, made, actor_for(session, steward, now=now), now)

    assert roles_of(session, deputy, now=now + timedelta(days=1)) == []
