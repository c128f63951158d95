from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import grants
from booking.accounts.ending import end_grant
from booking.accounts.grants import NewGrant
from booking.accounts.succession import SuccessorNeeded
from booking.core.clock import local_date
from booking.core.errors import Forbidden, InvalidInput, NotFound
from booking.web.extensions import transaction
from models.accounts import AuditEntry, Grant
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.directory import OrganisationKind
from tests.factories.affiliations import affiliate
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.looking import count, look_again
from tests.factories.people import actor_for, give, make_user


def log_of(session: Session) -> list[str]:
    look_again(session)
    return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def wanted_grant(user_id: int, role: Role, kind: ScopeKind, scope_id: int | None) -> NewGrant:
    return NewGrant(user_id, role, kind, scope_id, starts_on=date(2026, 11, 23))


def test_an_institutions_admin_appoints_stewards_of_its_instruments(session: Session, now: datetime) -> None:
    instrument = make_instrument(session)
    admin = make_user(session, "admin")
    give(session, admin, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, instrument.organisation_id)
    steward = make_user(session, "steward")
    wanted = wanted_grant(steward.id, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)

    made = transaction(grants.give_grant, wanted, actor=actor_for(session, admin, now=now), now=now)

    look_again(session)
    assert made.granted_by_id == admin.id
    assert actor_for(session, steward, now=now).grants[0].scope_id == instrument.id
    assert log_of(session) == ["accounts.grant_given"]


@pytest.mark.parametrize(
    ("role", "kind"),
    [
        pytest.param(Role.PLATFORM_ADMIN, ScopeKind.PLATFORM, id="a role of the platform"),
        pytest.param(Role.STEWARD, ScopeKind.INSTRUMENT, id="an instrument of another institution"),
        pytest.param(Role.STEWARD, ScopeKind.UNIT, id="a unit that does not exist"),
    ],
)
def test_an_institutions_admin_gives_nothing_elsewhere(
    session: Session, now: datetime, role: Role, kind: ScopeKind
) -> None:
    elsewhere = {ScopeKind.PLATFORM: None, ScopeKind.INSTRUMENT: make_instrument(session).id, ScopeKind.UNIT: 999}
    admin = make_user(session, "admin")
    give(session, admin, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, make_organisation(session).id)
    actor = actor_for(session, admin, now=now)

    with pytest.raises(Forbidden):
        transaction(grants.give_grant, wanted_grant(admin.id, role, kind, elsewhere[kind]), actor=actor, now=now)

    assert count(session, Grant) == 1


@pytest.mark.parametrize(
    ("role", "kind", "scope_id"),
    [
        pytest.param(Role.PLATFORM_ADMIN, ScopeKind.ORGANISATION, 1, id="an admin of the platform within it"),
        pytest.param(Role.STEWARD, ScopeKind.PLATFORM, None, id="a steward of everything"),
        pytest.param(Role.STEWARD, ScopeKind.INSTRUMENT, 999, id="an instrument that does not exist"),
        pytest.param(Role.STEWARD, ScopeKind.ORGANISATION, None, id="an organisation without an id"),
    ],
)
def test_grants_that_make_no_sense_are_refused(
    session: Session, now: datetime, role: Role, kind: ScopeKind, scope_id: int | None
) -> None:
    make_organisation(session)
    admin = make_user(session, "admin")
    give(session, admin, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    actor = actor_for(session, admin, now=now)

    with pytest.raises(InvalidInput) as refused:
        transaction(grants.give_grant, wanted_grant(admin.id, role, kind, scope_id), actor=actor, now=now)

    assert [problem.field for problem in refused.value.problems] == ["scope"]
    assert count(session, Grant) == 1


def test_every_fault_of_a_grant_is_named_at_once(session: Session, now: datetime) -> None:
    wanted = NewGrant(999, Role.STEWARD, ScopeKind.UNIT, 999, date(2026, 11, 23), date(2026, 11, 22))

    with pytest.raises(InvalidInput) as refused:
        transaction(grants.appoint, wanted, now=now)

    assert [problem.field for problem in refused.value.problems] == ["user", "scope", "ends_on"]
    assert count(session, Grant) == 0


def test_an_ended_grant_holds_until_its_last_day(session: Session, now: datetime) -> None:
    admin, steward = make_user(session, "admin"), make_user(session, "steward")
    give(session, admin, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    grant = give(session, steward, Role.STEWARD, ScopeKind.ORGANISATION, make_organisation(session).id)
    actor = actor_for(session, admin, now=now)

    transaction(end_grant, grant.id, last_day=date(2026, 11, 23), actor=actor, now=now)

    look_again(session)
    assert len(actor_for(session, steward, now=now).grants) == 1
    assert actor_for(session, steward, now=now + timedelta(days=1)).grants == ()
    entry = session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.before["ends_on"] if entry.before else "") == ("accounts.grant_ended", None)


def test_a_grant_that_never_began_is_gone_when_it_is_ended(session: Session, now: datetime) -> None:
    admin = make_user(session, "admin")
    give(session, admin, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    actor = actor_for(session, admin, now=now)
    wanted = wanted_grant(admin.id, Role.AUDITOR, ScopeKind.PLATFORM, None)
    grant = transaction(grants.give_grant, wanted, actor=actor, now=now)

    transaction(end_grant, grant.id, last_day=date(2026, 11, 22), actor=actor, now=now)

    look_again(session)
    assert [held.role for held in actor_for(session, admin, now=now).grants] == [Role.PLATFORM_ADMIN]


def test_nobody_ends_a_grant_beyond_their_reach_or_learns_that_it_exists(session: Session, now: datetime) -> None:
    admin, steward = make_user(session, "admin"), make_user(session, "steward")
    give(session, admin, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, make_organisation(session).id)
    grant = give(session, steward, Role.STEWARD, ScopeKind.ORGANISATION, make_organisation(session).id)
    actor = actor_for(session, admin, now=now)

    for grant_id in (grant.id, 999):
        with pytest.raises(NotFound):
            transaction(end_grant, grant_id, last_day=date(2026, 11, 22), actor=actor, now=now)

    look_again(session)
    assert len(actor_for(session, steward, now=now).grants) == 1


def test_an_agent_names_who_belongs_to_the_firm_and_learns_of_nobody_else(session: Session, now: datetime) -> None:
    firm = make_organisation(session, kind=OrganisationKind.ENTERPRISE)
    agent, second, foreign = (make_user(session, name) for name in ("agent", "second", "foreign"))
    give(session, agent, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, firm.id)
    affiliate(session, second, firm)
    actor, today = actor_for(session, agent, now=now), local_date(now)

    def name(email: str, last: date | None = None) -> list[tuple[str, str]]:
        scope = (ScopeKind.ORGANISATION, firm.id)
        with pytest.raises(InvalidInput) as refused:
            transaction(
                grants.give_by_address,
                email,
                Role.ENTERPRISE_AGENT,
                scope,
                days=(today, last),
                actor=actor,
                now=now,
            )
        return [(one.field, one.message) for one in refused.value.problems]

    yesterday = today - timedelta(days=1)
    late = [name(email, yesterday) for email in ("nobody@example.org", foreign.email, second.email)]
    unknown, known = name("nobody@example.org"), name(foreign.email)
    scope = (ScopeKind.ORGANISATION, firm.id)
    transaction(
        grants.give_by_address,
        second.email,
        Role.ENTERPRISE_AGENT,
        scope,
        days=(today, None),
        actor=actor,
        now=now,
    )

    assert [[field for field, _ in one] for one in late] == [["ends_on"]] * 3
    assert (unknown, [field for field, _ in unknown]) == (known, ["email"])
    look_again(session)
    assert [len(actor_for(session, one, now=now).grants) for one in (second, foreign)] == [1, 0]


def test_an_agent_names_another_for_the_firm_and_nobody_else_and_the_last_one_stays(
    session: Session, now: datetime
) -> None:
    firm, other = (make_organisation(session, kind=OrganisationKind.ENTERPRISE) for _ in range(2))
    agent, second = make_user(session, "agent"), make_user(session, "second")
    first = give(session, agent, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, firm.id)
    actor = actor_for(session, agent, now=now)
    wanted = wanted_grant(second.id, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, firm.id)
    for role, place in ((Role.ENTERPRISE_AGENT, other), (Role.INSTITUTION_ADMIN, firm), (Role.AUDITOR, firm)):
        elsewhere = wanted_grant(second.id, role, ScopeKind.ORGANISATION, place.id)
        with pytest.raises(Forbidden):
            transaction(grants.give_grant, elsewhere, actor=actor, now=now)

    made = transaction(grants.give_grant, wanted, actor=actor, now=now)
    look_again(session)
    successor = actor_for(session, second, now=now)
    transaction(end_grant, first.id, last_day=date(2026, 11, 22), actor=successor, now=now)
    with pytest.raises(SuccessorNeeded):
        transaction(end_grant, made.id, last_day=date(2026, 11, 22), actor=successor, now=now)

    look_again(session)
    assert actor_for(session, agent, now=now).grants == ()
    assert [one.role for one in actor_for(session, second, now=now).grants] == [Role.ENTERPRISE_AGENT]
    assert count(session, Grant) == 2
