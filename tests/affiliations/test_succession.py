"""Whoever leaves by roster, or because a term is over, leaves no role to nobody."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import ending, succession
from booking.accounts.delegating import delegate_grant
from booking.accounts.grants import NewGrant, give_grant
from booking.affiliations import leaving, rosters, service
from booking.affiliations.forms import AffiliationDetailsForm, ApplyRosterForm, RosterForm
from booking.affiliations.roster_plans import Fate
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import Conflict, Forbidden, InvalidInput
from booking.home.queries import cards
from booking.settings import Settings
from models.accounts import AuditEntry, Grant, User
from models.affiliations import Affiliation, Roster
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.affiliations import AffiliationState
from tests.affiliations.conftest import House
from tests.factories.affiliations import affiliate
from tests.factories.instruments import make_instrument
from tests.factories.letters import mailed
from tests.factories.people import actor_for, give, make_user

SETTINGS = Settings()


def only_steward(session: Session, house: House, *, ends_on: date | None = None) -> Grant:
    """Lin, who alone looks after an instrument and trains there too."""
    instrument = make_instrument(session, house.organisation)
    affiliate(session, house.lin, house.organisation, ends_on=ends_on)
    give(session, house.lin, Role.TRAINER, ScopeKind.INSTRUMENT, instrument.id)
    return give(session, house.lin, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)


def leave_by_roster(session: Session, house: House, last_day: date, now: datetime) -> dict[str, int]:
    form = RosterForm(text="姓名,邮箱\n别,other@uni.edu.cn\n", is_complete=True)
    made = rosters.upload_roster(session, house.organisation.id, form, actor=house.admin_actor, now=now)
    apply = ApplyRosterForm(ends_missing=True, last_day=last_day)
    outcome = rosters.apply_roster(session, made.id, apply, actor=house.admin_actor, now=now).outcome
    assert outcome is not None
    counts: dict[str, int] = outcome["counts"]
    return counts


def take_over(session: Session, house: House, grant: Grant, now: datetime) -> Grant:
    heir = make_user(session, "heir")
    wanted = NewGrant(heir.id, grant.role, grant.scope_kind, grant.scope_id, local_date(now))
    return give_grant(session, wanted, actor=house.admin_actor, now=now)


def end_succeeded(session: Session, now: datetime) -> list[int]:
    due = succession.due_to_succeed(session, now=now)
    return [number for number in due if ending.end_succeeded(session, number, now=now)]


def test_a_roster_keeps_the_last_steward_until_somebody_takes_over(
    session: Session, house: House, now: datetime
) -> None:
    steward, yesterday = only_steward(session, house), local_date(now) - timedelta(days=1)

    counts = leave_by_roster(session, house, yesterday, now)

    assert (counts["ended"], counts["roles_kept"]) == (1, 1)
    assert session.scalars(select(Affiliation.state)).one() == AffiliationState.ENDED
    ends = {row.role: row.ends_on for row in session.scalars(select(Grant).where(Grant.user_id == house.lin.id))}
    assert ends == {Role.STEWARD: None, Role.TRAINER: yesterday}
    told = [(letter.recipient, letter.template) for letter in mailed(session, now=now)]
    assert ("admin@example.org", "accounts/successor_wanted") in told
    [card] = [
        card for card in cards(session, house.admin_actor, settings=SETTINGS, now=now) if card.code == "successors"
    ]
    assert [(item.subject, item.subject_id, item.person) for item in card.found.items] == [
        ("kept_role", steward.id, "Lin")
    ]
    assert end_succeeded(session, now) == []

    take_over(session, house, steward, now)

    assert end_succeeded(session, now) == [steward.id]
    assert (steward.ends_on, steward.due_to_end_on) == (yesterday, None)
    actions = session.scalars(select(AuditEntry.action).where(AuditEntry.subject_id == steward.id)).all()
    assert [actions.count(f"accounts.grant_{fact}") for fact in ("kept", "ended")] == [1, 1]


def test_who_holds_a_role_last_and_who_gives_it_read_at_home_that_it_is_about_to_be_nobodys(
    session: Session, house: House, now: datetime
) -> None:
    today = local_date(now)
    instrument, elsewhere = make_instrument(session, house.organisation), make_instrument(session)
    steward = give(session, house.lin, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    agent = give(session, house.lin, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, house.organisation.id)
    theirs = give(session, house.lin, Role.STEWARD, ScopeKind.ORGANISATION, elsewhere.organisation_id)
    later = give(session, house.lin, Role.TRAINER, ScopeKind.INSTRUMENT, instrument.id)
    for grant, ahead in ((steward, 31), (agent, 0), (theirs, 32), (later, 1)):
        grant.ends_on = today + timedelta(days=ahead)
    session.commit()

    def ending(actor: Actor) -> dict[str, list[int | None]]:
        found = cards(session, actor, settings=SETTINGS, now=now)
        return {
            card.code: [item.subject_id for item in card.found.items]
            for card in found
            if card.code in {"roles_ending", "own_roles_ending"}
        }

    assert ending(actor_for(session, house.lin, now=now)) == {"own_roles_ending": [agent.id, steward.id]}
    assert ending(house.admin_actor) == {"roles_ending": [agent.id, steward.id]}
    heir = make_user(session, "heir")
    give(session, heir, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, house.organisation.id)
    above = give(session, heir, Role.STEWARD, ScopeKind.ORGANISATION, house.organisation.id)
    above.starts_on = today + timedelta(days=32)
    session.commit()
    assert ending(house.admin_actor) == {}


def test_the_nightly_end_of_a_term_keeps_the_last_steward_and_tells_once(
    session: Session, house: House, now: datetime
) -> None:
    steward = only_steward(session, house, ends_on=local_date(now) - timedelta(days=1))
    [due] = leaving.due_to_end(session, now=now)

    assert leaving.end_over(session, due, now=now)

    assert leaving.due_to_end(session, now=now) == []
    assert (steward.ends_on, steward.due_to_end_on) == (None, local_date(now) - timedelta(days=1))
    templates = [letter.template for letter in mailed(session, now=now)]
    assert templates.count("accounts/successor_wanted") == 1


def test_who_leaves_later_goes_on_that_day_once_there_is_a_successor(
    session: Session, house: House, now: datetime
) -> None:
    steward, friday = only_steward(session, house), local_date(now) + timedelta(days=4)
    leave_by_roster(session, house, friday, now)

    take_over(session, house, steward, now)

    assert end_succeeded(session, now) == [steward.id]
    assert steward.ends_on == friday


def test_two_who_leave_together_are_no_successors_of_each_other(session: Session, house: House, now: datetime) -> None:
    first = only_steward(session, house)
    colleague = make_user(session, "colleague")
    affiliate(session, colleague, house.organisation)
    second = give(session, colleague, Role.STEWARD, ScopeKind.INSTRUMENT, first.scope_id)

    counts = leave_by_roster(session, house, local_date(now) - timedelta(days=1), now)

    assert counts["roles_kept"] == 2
    assert end_succeeded(session, now) == []
    take_over(session, house, first, now)
    assert end_succeeded(session, now) == [first.id, second.id]


def test_an_admin_keeps_somebody_after_all(session: Session, house: House, now: datetime) -> None:
    steward = only_steward(session, house)
    leave_by_roster(session, house, local_date(now), now)

    ending.keep_grant(session, steward.id, actor=house.admin_actor, now=now)

    take_over(session, house, steward, now)
    assert (end_succeeded(session, now), steward.due_to_end_on, steward.ends_on) == ([], None, None)
    with pytest.raises(Conflict):
        ending.keep_grant(session, steward.id, actor=house.admin_actor, now=now)
    assert actor_for(session, house.lin, now=now).grants != ()


def second_admin(session: Session, house: House) -> tuple[User, Affiliation, Grant]:
    """Another administrator of the house, who belongs there."""
    second = make_user(session, "second")
    there = affiliate(session, second, house.organisation)
    role = give(session, second, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, house.organisation.id)
    return second, there, role


def deputy_of_admin(session: Session, house: House, now: datetime) -> Actor:
    """Who stands in for the administrator this week."""
    deputy, today = make_user(session, "deputy"), local_date(now)
    own = session.scalars(select(Grant).where(Grant.user_id == house.admin.id)).one()
    week = (today, today + timedelta(days=7))
    delegate_grant(session, own.id, deputy.email, *week, actor=house.admin_actor, now=now)
    return actor_for(session, deputy, now=now)


def test_who_stands_in_ends_no_other_administrator_alone_or_by_a_roster(
    session: Session, house: House, now: datetime
) -> None:
    today = local_date(now)
    second, there, role = second_admin(session, house)
    stand_in = deputy_of_admin(session, house, now)
    form = RosterForm(text="姓名,邮箱\n别,other@uni.edu.cn\n", is_complete=True)

    with pytest.raises(Forbidden):
        leaving.end_affiliation(session, there.id, today, "离职", actor=stand_in, now=now)
    made = rosters.upload_roster(session, house.organisation.id, form, actor=stand_in, now=now)
    by_whom = (stand_in, house.admin_actor)
    plans = [rosters.plan_of(session, made, actor=actor, now=now) for actor in by_whom]
    apply = ApplyRosterForm(ends_missing=True, last_day=today)
    outcome = rosters.apply_roster(session, made.id, apply, actor=stand_in, now=now).outcome or {}
    session.expire_all()

    stays = [[(one.email, one.stays(today)) for one in plan.leavers] for plan in plans]
    assert stays == [[(second.email, True)], [(second.email, False)]]
    assert (outcome["counts"]["ended"], outcome["counts"]["people_kept"]) == (0, 1)
    assert (there.ends_on, role.ends_on, role.due_to_end_on) == (None, None, None)
    leaving.end_affiliation(session, there.id, today, "离职", actor=house.admin_actor, now=now)
    assert (there.ends_on, role.ends_on) == (today, today)


def test_who_stands_in_shortens_no_affiliation_with_which_anothers_role_would_end(
    session: Session, house: House, now: datetime
) -> None:
    today = local_date(now)
    second, there, role = second_admin(session, house)
    stand_in = deputy_of_admin(session, house, now)
    soon, later = AffiliationDetailsForm(ends_on=today), AffiliationDetailsForm(ends_on=today + timedelta(days=30))
    form = RosterForm(text=f"姓名,邮箱,有效期至\n二,{second.email},{today}\n")
    made = rosters.upload_roster(session, house.organisation.id, form, actor=stand_in, now=now)
    session.commit()

    with pytest.raises(InvalidInput) as refused:
        service.change_affiliation(session, there.id, soon, actor=stand_in, now=now)
    session.rollback()
    rosters.apply_roster(session, made.id, ApplyRosterForm(), actor=stand_in, now=now)

    [row] = rosters.plan_of(session, again(session, house, form, stand_in, now), actor=stand_in, now=now).rows
    assert [problem.field for problem in refused.value.problems] == ["ends_on"]
    assert (row.fate, [problem.field for problem in row.row.problems]) == (Fate.REFUSED, ["until"])
    session.expire_all()
    assert (there.ends_on, there.version, role.ends_on) == (None, 1, None)
    role.ends_on = today + timedelta(days=30)
    session.flush()
    service.change_affiliation(session, there.id, later, actor=stand_in, now=now)
    assert (there.ends_on, role.ends_on) == (later.ends_on, later.ends_on)
    service.change_affiliation(session, there.id, soon, actor=house.admin_actor, now=now)
    assert there.ends_on == today


def test_who_stands_in_confirms_nobody_until_a_day_before_their_role_ends(
    session: Session, house: House, now: datetime
) -> None:
    give(session, house.lin, Role.STEWARD, ScopeKind.ORGANISATION, house.organisation.id)
    asked = affiliate(
        session, house.lin, house.organisation, state=AffiliationState.PENDING, confirmed_by=None, decided_at=None
    )
    stand_in, today = deputy_of_admin(session, house, now), local_date(now)
    session.commit()

    with pytest.raises(InvalidInput):
        service.confirm_affiliation(session, asked.id, AffiliationDetailsForm(ends_on=today), actor=stand_in, now=now)
    session.rollback()

    assert asked.state == AffiliationState.PENDING
    service.confirm_affiliation(session, asked.id, AffiliationDetailsForm(), actor=stand_in, now=now)
    assert (asked.state, asked.ends_on) == (AffiliationState.CONFIRMED, None)


def again(session: Session, house: House, form: RosterForm, actor: Actor, now: datetime) -> Roster:
    """The same roster uploaded once more."""
    return rosters.upload_roster(session, house.organisation.id, form, actor=actor, now=now)
