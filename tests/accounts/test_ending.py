from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts.deactivation import AccountClosed, deactivate_account, reactivate_account
from booking.accounts.ending import end_grant
from booking.accounts.grants import NewGrant, give_grant
from booking.accounts.succession import SuccessorNeeded
from booking.core.errors import Forbidden, InvalidInput, NotFound
from booking.web.extensions import transaction
from models.accounts import AuditEntry, Grant, User
from models.directory import Unit
from models.vocabulary.accounts import Role, ScopeKind
from tests.accounts.leaving import TODAY, admin_of, end, platform_admin, roles_of
from tests.factories.affiliations import affiliate
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.looking import look_again
from tests.factories.people import actor_for, give, make_user

TOMORROW = timedelta(days=1)


def test_the_last_steward_of_an_instrument_leaves_only_with_a_successor_named_in_the_same_step(
    session: Session, now: datetime
) -> None:
    instrument = make_instrument(session)
    steward, heir = make_user(session, "steward"), make_user(session, "heir")
    grant = give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    admin = admin_of(session, instrument.organisation_id, now)

    with pytest.raises(SuccessorNeeded) as refused:
        end(session, grant, admin, now)
    assert [(lack.grant_id, lack.role, lack.scope_id) for lack in refused.value.lacks] == [
        (grant.id, Role.STEWARD, instrument.id)
    ]
    assert roles_of(session, steward, now=now + TOMORROW) == [Role.STEWARD]

    for _press in range(2):
        end(session, grant, admin, now, successor=heir.email)

    assert roles_of(session, heir, now=now) == [Role.STEWARD]
    assert roles_of(session, steward, now=now + TOMORROW) == []


@pytest.mark.parametrize("height", ["instrument", "unit", "organisation"])
def test_a_steward_may_leave_when_another_one_reaches_the_instrument(
    session: Session, now: datetime, height: str
) -> None:
    organisation = make_organisation(session)
    unit = Unit(organisation_id=organisation.id, name_zh="中心")
    session.add(unit)
    session.commit()
    instrument = make_instrument(session, organisation, unit_id=unit.id)
    ids = {"instrument": instrument.id, "unit": unit.id, "organisation": organisation.id}
    give(session, make_user(session, "other"), Role.STEWARD, ScopeKind(height), ids[height])
    steward = make_user(session, "steward")
    grant = give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)

    end(session, grant, actor_for(session, steward, now=now), now)

    assert roles_of(session, steward, now=now + TOMORROW) == []


@pytest.mark.parametrize("other", ["stands in", "ends the same day", "is closed"])
def test_who_will_not_be_there_the_day_after_is_no_successor(session: Session, now: datetime, other: str) -> None:
    instrument = make_instrument(session)
    steward, second = make_user(session, "steward"), make_user(session, "second")
    grant = give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    spare = give(session, second, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    if other == "is closed":
        second.deactivated_at = now
    else:
        spare.ends_on = TODAY if other == "ends the same day" else TODAY + 30 * TOMORROW
        spare.delegated_from_id = grant.id if other == "stands in" else None
    session.commit()

    with pytest.raises(SuccessorNeeded):
        end(session, grant, actor_for(session, steward, now=now), now)


def test_an_institution_keeps_its_last_admin_unless_the_platform_decides(session: Session, now: datetime) -> None:
    organisation = make_organisation(session)
    admin = admin_of(session, organisation.id, now)
    grant = session.scalars(select(Grant)).one()
    platform = platform_admin(session, now)

    with pytest.raises(SuccessorNeeded):
        end(session, grant, admin, now)
    end(session, grant, platform, now)

    assert roles_of(session, session.get_one(User, admin.id), now=now + TOMORROW) == []


def test_nobody_ends_the_last_administrator_of_the_platform(session: Session, now: datetime) -> None:
    platform = platform_admin(session, now)
    grant = session.scalars(select(Grant)).one()

    with pytest.raises(SuccessorNeeded):
        end(session, grant, platform, now)

    assert roles_of(session, session.get_one(User, platform.id), now=now + TOMORROW) == [Role.PLATFORM_ADMIN]


def test_a_firms_last_agent_hands_over_to_somebody_with_an_account(session: Session, now: datetime) -> None:
    firm = make_organisation(session)
    agent, heir = make_user(session, "agent"), make_user(session, "heir")
    grant = give(session, agent, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, firm.id)
    actor = actor_for(session, agent, now=now)

    for email in ("nobody@example.org", heir.email, agent.email):
        with pytest.raises(InvalidInput) as refused:
            end(session, grant, actor, now, successor=email)
        assert [problem.field for problem in refused.value.problems] == [f"successor_{grant.id}"]
    affiliate(session, heir, firm)
    end(session, grant, actor, now, successor=heir.email)

    assert roles_of(session, heir, now=now) == [Role.ENTERPRISE_AGENT]


@pytest.mark.parametrize("why", ["not the last", "much later", "given by the platform"])
def test_who_may_not_give_a_role_hands_it_on_only_as_its_last_holder_and_soon(
    session: Session, now: datetime, why: str
) -> None:
    instrument = make_instrument(session)
    holder, friend = make_user(session, "holder"), make_user(session, "friend")
    if why == "given by the platform":
        grant = give(session, holder, Role.OPERATOR, ScopeKind.ORGANISATION, instrument.organisation_id)
    else:
        grant = give(session, holder, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    if why == "not the last":
        give(session, make_user(session, "other"), Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    last_day = TODAY + (32 if why == "much later" else 3) * TOMORROW
    wish: dict[str, Any] = {"last_day": last_day, "successor": friend.email, "now": now}

    with pytest.raises(InvalidInput) as refused:
        transaction(end_grant, grant.id, actor=actor_for(session, holder, now=now), **wish)

    field = "last_day" if why == "much later" else f"successor_{grant.id}"
    assert [problem.field for problem in refused.value.problems] == [field]
    assert roles_of(session, friend, now=now + 40 * TOMORROW) == []
    session.expire_all()
    assert grant.ends_on is None


@pytest.mark.parametrize(("days_held", "expected"), [(20, 30), (800, 376)], ids=["the same term", "a year at most"])
def test_whose_term_runs_out_names_who_holds_the_role_for_another_term(
    session: Session, now: datetime, days_held: int, expected: int
) -> None:
    instrument = make_instrument(session)
    holder, heir = make_user(session, "holder"), make_user(session, "heir")
    grant = give(session, holder, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    grant.ends_on = TODAY + 10 * TOMORROW
    grant.starts_on = grant.ends_on - (days_held - 1) * TOMORROW
    session.commit()
    wish: dict[str, Any] = {"last_day": grant.ends_on, "successor": heir.email, "now": now}
    actor = actor_for(session, holder, now=now)

    transaction(end_grant, grant.id, actor=actor, **wish)

    look_again(session)
    made = session.scalars(select(Grant).where(Grant.user_id == heir.id)).one()
    assert (made.role, made.starts_on, made.ends_on) == (Role.STEWARD, TODAY, TODAY + expected * TOMORROW)
    assert grant.ends_on == TODAY + 10 * TOMORROW
    transaction(end_grant, grant.id, actor=actor, **wish)
    later = now + (expected - 1) * TOMORROW
    back: dict[str, Any] = {"last_day": TODAY + expected * TOMORROW, "successor": holder.email, "now": later}
    with pytest.raises(InvalidInput) as refused:
        transaction(end_grant, made.id, actor=actor_for(session, heir, now=later), **back)
    assert [problem.field for problem in refused.value.problems] == [f"successor_{made.id}"]
    assert session.scalars(select(Grant.id).order_by(Grant.id)).all() == [grant.id, made.id]


def test_who_was_removed_or_whose_end_somebody_else_set_names_nobody(session: Session, now: datetime) -> None:
    instrument = make_instrument(session)
    removed, leaving, friend = (make_user(session, name) for name in ("removed", "leaving", "friend"))
    over = give(session, removed, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, instrument.organisation_id)
    ending = give(session, leaving, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    spare = give(session, make_user(session, "spare"), Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    days = {over: TODAY - TOMORROW, ending: TODAY + 5 * TOMORROW, spare: TODAY + 3 * TOMORROW}
    platform = platform_admin(session, now)
    for grant, last_day in days.items():
        transaction(end_grant, grant.id, last_day=last_day, actor=platform, now=now)

    look_again(session)
    for user, grant in ((removed, over), (leaving, ending)):
        actor = actor_for(session, user, now=now)
        with pytest.raises(InvalidInput) as refused:
            transaction(end_grant, grant.id, last_day=days[grant], successor=friend.email, actor=actor, now=now)
        assert [problem.field for problem in refused.value.problems] == [f"successor_{grant.id}"]

    assert roles_of(session, friend, now=now) == []


def test_ending_neither_rewrites_the_past_nor_makes_a_role_longer(session: Session, now: datetime) -> None:
    organisation = make_organisation(session)
    user = make_user(session, "trainer")
    grant = give(session, user, Role.TRAINER, ScopeKind.ORGANISATION, organisation.id)
    grant.ends_on = TODAY + 5 * TOMORROW
    session.commit()
    actor = actor_for(session, user, now=now)

    for last_day in (TODAY - 2 * TOMORROW, TODAY + 6 * TOMORROW):
        with pytest.raises(InvalidInput):
            transaction(end_grant, grant.id, last_day=last_day, actor=actor, now=now)

    session.expire_all()
    assert grant.ends_on == TODAY + 5 * TOMORROW


def test_an_institution_neither_gives_nor_ends_what_only_the_platform_gives(session: Session, now: datetime) -> None:
    organisation = make_organisation(session)
    admin = admin_of(session, organisation.id, now)
    officer = make_user(session, "officer")
    grant = give(session, officer, Role.VOUCHER_OFFICER, ScopeKind.ORGANISATION, organisation.id)
    wanted = NewGrant(admin.id, Role.OPERATOR, ScopeKind.ORGANISATION, organisation.id, TODAY)

    with pytest.raises(Forbidden):
        transaction(give_grant, wanted, actor=admin, now=now)
    with pytest.raises(Forbidden):
        end(session, grant, admin, now)

    assert roles_of(session, officer, now=now + TOMORROW) == [Role.VOUCHER_OFFICER]


def test_a_steward_gives_no_roles(session: Session, now: datetime) -> None:
    instrument = make_instrument(session)
    steward = make_user(session, "steward")
    give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    actor = actor_for(session, steward, now=now)

    for role in (Role.STEWARD, Role.INSTITUTION_ADMIN):
        wanted = NewGrant(steward.id, role, ScopeKind.INSTRUMENT, instrument.id, TODAY)
        with pytest.raises(Forbidden):
            transaction(give_grant, wanted, actor=actor, now=now)


def test_a_closed_account_loses_its_roles_and_can_be_opened_without_them(session: Session, now: datetime) -> None:
    platform = platform_admin(session, now)
    firm = make_organisation(session)
    agent, heir = make_user(session, "agent"), make_user(session, "heir")
    grant = give(session, agent, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, firm.id)
    close: dict[str, Any] = {"reason": "离职", "actor": platform, "now": now}

    with pytest.raises(SuccessorNeeded):
        transaction(deactivate_account, agent.id, **close)
    transaction(deactivate_account, agent.id, successors={grant.id: heir.email}, **close)
    with pytest.raises(AccountClosed):
        transaction(deactivate_account, agent.id, **close)

    session.expire_all()
    assert (agent.deactivated_at, agent.credential_version) == (now, 2)
    transaction(reactivate_account, agent.id, **close)
    assert roles_of(session, agent, now=now) == []
    assert roles_of(session, heir, now=now) == [Role.ENTERPRISE_AGENT]
    log = session.scalars(
        select(AuditEntry.action).where(AuditEntry.subject_kind == "user").order_by(AuditEntry.id)
    ).all()
    assert log == ["accounts.account_deactivated", "accounts.account_reactivated"]


def test_only_the_platform_closes_accounts_and_nobody_their_own(session: Session, now: datetime) -> None:
    organisation = make_organisation(session)
    admin, platform = admin_of(session, organisation.id, now), platform_admin(session, now)
    user = make_user(session, "user")

    for actor, target in ((admin, user.id), (platform, platform.id)):
        with pytest.raises(Forbidden):
            transaction(deactivate_account, target, reason="x", actor=actor, now=now)

    session.expire_all()
    assert session.scalars(select(User.id).where(User.deactivated_at.is_not(None))).all() == []


def test_a_stranger_learns_nothing_of_a_role(session: Session, now: datetime) -> None:
    grant = give(
        session, make_user(session, "steward"), Role.STEWARD, ScopeKind.ORGANISATION, make_organisation(session).id
    )
    stranger = actor_for(session, make_user(session, "stranger"), now=now)

    with pytest.raises(NotFound):
        end(session, grant, stranger, now)
