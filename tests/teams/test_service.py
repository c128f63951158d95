from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.errors import Forbidden, InvalidInput, Refused
from booking.teams import joining, queries, service
from booking.teams.answers import invitation as invitation_answer
from booking.teams.due import requests_left, requests_waiting
from booking.teams.forms import InviteForm
from booking.teams.rules import Sight
from booking.web.extensions import transaction
from models.accounts import AuditEntry, User
from models.directory import Organisation
from models.teams import Team, TeamInvitation, TeamMember, TeamRequest
from models.vocabulary.affiliations import AffiliationState
from models.vocabulary.teams import JoinState
from tests.accounts.leaving import admin_of
from tests.factories.affiliations import affiliate
from tests.factories.instruments import make_organisation
from tests.factories.letters import mailed, secret_in
from tests.factories.looking import count, look_again
from tests.factories.people import actor_for, make_user

TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)


def join(session: Session, team: Team, member: Actor, lead: Actor, now: datetime) -> TeamMember:
    request = transaction(joining.ask_to_join, team.id, "", actor=member, now=now)
    transaction(joining.decide_request, team.id, request.id, True, "", actor=lead, now=now)
    return members(session, team)[member.id]


def members(session: Session, team: Team, day: date = TODAY) -> dict[int, TeamMember]:
    look_again(session)
    rows = session.scalars(select(TeamMember).where(TeamMember.team_id == team.id, queries.in_force(day)))
    return {row.user_id: row for row in rows}


def sight(session: Session, team: Team, actor: Actor) -> Sight:
    return queries.sight_of(session, team, actor, today=TODAY)


def log_of(session: Session) -> list[str]:
    look_again(session)
    kept = select(AuditEntry.action).where(AuditEntry.subject_kind == "team").order_by(AuditEntry.id)
    return list(session.scalars(kept))


def test_the_lead_is_a_member_from_the_first_day(session: Session, team: Team, lead: Actor) -> None:
    assert (team.lead_id, set(members(session, team))) == (lead.id, {lead.id})
    assert log_of(session) == ["teams.created"]


def test_only_leads_and_admins_make_teams_and_only_admins_for_others(
    session: Session, lead: Actor, admin: Actor, member: Actor, now: datetime
) -> None:
    place = next(grant.scope_id for grant in admin.grants) or 0
    for actor, email in ((member, ""), (lead, member.email)):
        with pytest.raises(Forbidden):
            transaction(service.create_team, place, "甲", "", email, actor=actor, now=now)
    assert count(session, Team) == 0

    made = transaction(service.create_team, place, "甲", "", member.email, actor=admin, now=now)

    look_again(session)
    assert made.lead_id == member.id
    assert [(letter.recipient, letter.template) for letter in mailed(session, now=now)] == [
        (member.email, "teams/created")
    ]


def test_a_name_is_used_once_at_an_organisation(
    session: Session, organisation: Organisation, team: Team, lead: Actor, now: datetime
) -> None:
    with pytest.raises(InvalidInput) as refused:
        transaction(service.create_team, organisation.id, team.name_zh, "", "", actor=lead, now=now)

    assert [problem.field for problem in refused.value.problems] == ["name_zh"]
    assert count(session, Team) == 1


def test_who_asks_is_let_in_by_the_lead_and_both_are_told(
    session: Session, team: Team, lead: Actor, member: Actor, now: datetime
) -> None:
    request = transaction(joining.ask_to_join, team.id, "博士生", actor=member, now=now)
    again = transaction(joining.ask_to_join, team.id, "博士生", actor=member, now=now)
    assert (request.id, members(session, team).get(member.id)) == (again.id, None)
    assert [(one.recipient, one.values["message"]) for one in mailed(session, now=now)] == [(lead.email, "博士生")]

    transaction(joining.decide_request, team.id, request.id, True, "", actor=lead, now=now)

    assert members(session, team)[member.id].approved_by_id == lead.id
    assert [(one.recipient, one.values["approved"]) for one in mailed(session, now=now)] == [(member.email, True)]
    with pytest.raises(joining.AlreadyMember):
        transaction(joining.ask_to_join, team.id, "", actor=member, now=now)
    with pytest.raises(joining.NothingWaits):
        transaction(joining.decide_request, team.id, request.id, False, "x", actor=lead, now=now)


def test_a_no_needs_a_reason_and_leaves_the_person_outside(
    session: Session, team: Team, lead: Actor, member: Actor, now: datetime
) -> None:
    request = transaction(joining.ask_to_join, team.id, "", actor=member, now=now)

    with pytest.raises(Refused):
        transaction(joining.decide_request, team.id, request.id, False, "", actor=lead, now=now)
    transaction(joining.decide_request, team.id, request.id, False, "名额已满", actor=lead, now=now)

    assert set(members(session, team)) == {lead.id}
    assert session.get_one(TeamRequest, request.id).state == JoinState.REFUSED


def test_who_has_left_the_institution_is_not_let_in(
    session: Session, team: Team, lead: Actor, member: Actor, now: datetime
) -> None:
    organisation = session.get_one(Organisation, team.organisation_id)
    affiliate(session, session.get_one(User, member.id), organisation, ends_on=TODAY - DAY)
    request = transaction(joining.ask_to_join, team.id, "", actor=member, now=now)

    with pytest.raises(joining.NotHere):
        transaction(joining.decide_request, team.id, request.id, True, "", actor=lead, now=now)

    assert set(members(session, team)) == {lead.id}


def test_members_do_not_decide_and_deputies_do(
    session: Session, team: Team, lead: Actor, member: Actor, now: datetime
) -> None:
    mine = join(session, team, member, lead, now)
    newcomer = actor_for(session, make_user(session, "newcomer"), now=now)
    request = transaction(joining.ask_to_join, team.id, "", actor=newcomer, now=now)
    with pytest.raises(Forbidden):
        transaction(joining.decide_request, team.id, request.id, True, "", actor=member, now=now)

    transaction(service.set_deputy, team.id, mine.id, True, actor=lead, now=now)
    transaction(joining.decide_request, team.id, request.id, True, "", actor=member, now=now)

    assert set(members(session, team)) == {lead.id, member.id, newcomer.id}


def test_a_membership_ends_with_its_last_day_and_can_begin_again(
    session: Session, team: Team, lead: Actor, member: Actor, now: datetime
) -> None:
    mine = join(session, team, member, lead, now)

    transaction(service.end_membership, team.id, mine.id, TODAY + DAY, "毕业", actor=lead, now=now)

    assert member.id in members(session, team, TODAY + DAY)
    assert member.id not in members(session, team, TODAY + 2 * DAY)
    join(session, team, member, lead, now + 5 * DAY)
    assert count(session, TeamMember) == 3
    assert log_of(session)[-3:] == ["teams.member_ended", "teams.asked", "teams.approved"]


def test_one_leaves_by_oneself_but_nobody_else_does_it(
    session: Session, team: Team, lead: Actor, member: Actor, now: datetime
) -> None:
    mine = join(session, team, member, lead, now)
    second = actor_for(session, make_user(session, "second"), now=now)
    join(session, team, second, lead, now)

    with pytest.raises(Forbidden):
        transaction(service.end_membership, team.id, mine.id, TODAY, "", actor=second, now=now)
    transaction(service.end_membership, team.id, mine.id, TODAY, "", actor=member, now=now)

    assert member.id not in members(session, team, TODAY + DAY)


def test_the_lead_stays_until_somebody_has_taken_over(
    session: Session, team: Team, lead: Actor, member: Actor, now: datetime
) -> None:
    mine = join(session, team, member, lead, now)
    own = members(session, team)[lead.id]
    with pytest.raises(service.LeadStays):
        transaction(service.end_membership, team.id, own.id, TODAY, "", actor=lead, now=now)

    transaction(service.ask_successor, team.id, mine.id, actor=lead, now=now)
    with pytest.raises(service.NothingAsked):
        transaction(service.answer_lead, team.id, True, actor=lead, now=now)
    transaction(service.answer_lead, team.id, True, actor=member, now=now)

    look_again(session)
    kept = session.get_one(Team, team.id)
    assert (kept.lead_id, kept.successor_id) == (member.id, None)
    transaction(service.end_membership, team.id, own.id, TODAY, "", actor=lead, now=now)
    assert set(members(session, team, TODAY + DAY)) == {member.id}


def test_who_declines_or_is_asked_no_longer_does_not_lead(
    session: Session, team: Team, lead: Actor, member: Actor, now: datetime
) -> None:
    mine = join(session, team, member, lead, now)
    transaction(service.ask_successor, team.id, mine.id, actor=lead, now=now)
    transaction(service.answer_lead, team.id, False, actor=member, now=now)
    transaction(service.ask_successor, team.id, mine.id, actor=lead, now=now)
    transaction(service.withdraw_successor, team.id, actor=lead, now=now)

    with pytest.raises(service.NothingAsked):
        transaction(service.answer_lead, team.id, True, actor=member, now=now)

    look_again(session)
    assert session.get_one(Team, team.id).lead_id == lead.id


def test_a_mailed_invitation_lets_in_only_whom_it_was_sent_to_and_once(
    session: Session, team: Team, lead: Actor, member: Actor, now: datetime
) -> None:
    transaction(joining.invite, team.id, InviteForm(email=member.email), actor=lead, now=now)
    look_again(session)
    letter = mailed(session, now=now)[0]
    secret = secret_in(letter)
    assert (letter.recipient, letter.template) == (member.email, "teams/invited")
    assert session.scalars(select(TeamInvitation.secret_hash)).one() != secret
    stranger = actor_for(session, make_user(session, "stranger"), now=now)
    session.commit()

    with pytest.raises(Forbidden):
        transaction(joining.take_up, secret, actor=stranger, now=now)
    transaction(joining.take_up, secret, actor=member, now=now)
    with pytest.raises(joining.InvitationSpent):
        transaction(joining.take_up, secret, actor=member, now=now)

    assert members(session, team)[member.id].approved_by_id == lead.id


def test_an_invitation_that_is_over_lets_nobody_in(
    session: Session, team: Team, lead: Actor, member: Actor, now: datetime
) -> None:
    made = transaction(joining.invite, team.id, InviteForm(email=member.email), actor=lead, now=now)
    look_again(session)
    secret = secret_in(mailed(session, now=now)[0])

    with pytest.raises(joining.InvitationSpent):
        transaction(joining.take_up, secret, actor=member, now=now + 15 * DAY)
    transaction(joining.revoke_invitation, team.id, made.id, actor=lead, now=now)
    with pytest.raises(joining.InvitationSpent):
        transaction(joining.take_up, secret, actor=member, now=now)
    forgotten = [transaction(joining.forget_untaken, now=now + days * DAY) for days in (194, 195)]

    assert set(members(session, team)) == {lead.id}
    assert (forgotten, count(session, TeamInvitation)) == ([0, 1], 0)


def test_another_institutions_admin_does_nothing_here(
    session: Session, team: Team, member: Actor, lead: Actor, now: datetime
) -> None:
    mine = join(session, team, member, lead, now)
    other = admin_of(session, make_organisation(session).id, now)
    session.commit()

    with pytest.raises(Forbidden):
        transaction(service.ask_successor, team.id, mine.id, actor=other, now=now)
    with pytest.raises(Forbidden):
        transaction(service.set_deputy, team.id, mine.id, True, actor=other, now=now)

    assert not members(session, team)[member.id].is_deputy


def test_a_person_of_the_institution_is_invited_by_staff_number_without_telling_the_address(
    session: Session, team: Team, lead: Actor, member: Actor, now: datetime
) -> None:
    organisation = session.get_one(Organisation, team.organisation_id)
    affiliate(session, session.get_one(User, member.id), organisation, staff_number="007")
    elsewhere = make_organisation(session)
    affiliate(session, make_user(session, "stranger"), elsewhere, staff_number="008")
    session.commit()

    made = transaction(joining.invite, team.id, InviteForm(staff_number="007"), actor=lead, now=now)
    for wrong in ({"staff_number": "008"}, {"staff_number": "007", "email": member.email}, {}):
        with pytest.raises(InvalidInput):
            transaction(joining.invite, team.id, InviteForm(**wrong), actor=lead, now=now)

    assert invitation_answer(made) | {"id": 0, "expires_at": ""} == {
        "id": 0,
        "email": "",
        "staff_number": "007",
        "expires_at": "",
    }
    [letter] = mailed(session, now=now)
    assert letter.recipient == member.email
    transaction(joining.take_up, secret_in(letter), actor=member, now=now)
    assert set(members(session, team)) == {lead.id, member.id}
    assert member.email not in str(session.scalars(select(AuditEntry.after)).all())


def test_the_institutions_admins_are_asked_where_lead_and_deputies_are_gone(
    session: Session, team: Team, lead: Actor, admin: Actor, now: datetime
) -> None:
    organisation = session.get_one(Organisation, team.organisation_id)
    member = actor_for(session, make_user(session, "member"), now=now)
    join(session, team, member, lead, now)
    deputy = members(session, team)[member.id]
    transaction(service.set_deputy, team.id, deputy.id, True, actor=lead, now=now)
    transaction(service.ask_successor, team.id, deputy.id, actor=lead, now=now)
    look_again(session)
    leading = affiliate(session, session.get_one(User, lead.id), organisation, state=AffiliationState.ENDED)
    affiliate(session, session.get_one(User, lead.id), organisation, state=AffiliationState.PENDING, decided_at=None)
    mailed(session, now=now)
    asker = actor_for(session, make_user(session, "asker"), now=now)
    session.commit()
    transaction(joining.ask_to_join, team.id, "", actor=asker, now=now)
    look_again(session)
    to_deputy = [letter.recipient for letter in mailed(session, now=now)]
    with_deputy = requests_left(session, [organisation.id], today=TODAY, limit=5)
    standing = affiliate(session, session.get_one(User, member.id), organisation, ends_on=TODAY)
    seen = [sight(session, team, actor) for actor in (lead, member)]
    standing.ends_on = TODAY - DAY
    session.commit()

    other = actor_for(session, make_user(session, "other"), now=now)
    session.commit()
    wish = transaction(joining.ask_to_join, team.id, "", actor=other, now=now)

    look_again(session)
    assert to_deputy == [member.email]
    assert seen == [Sight(), Sight(is_deputy=True, is_member=True)]
    assert [sight(session, team, actor) for actor in (lead, member)] == [Sight(), Sight()]
    for actor in (lead, member):
        assert list(requests_waiting(session, actor.id, today=TODAY, limit=5)) == []
        assert queries.teams_of(session, actor.id, today=TODAY, limit=5).items == []
        assert list(queries.asked_to_lead(session, actor.id, today=TODAY)) == []
    assert list(with_deputy) == []
    assert [letter.recipient for letter in mailed(session, now=now)] == [admin.email]
    assert [one.user_id for one in requests_left(session, [organisation.id], today=TODAY, limit=5)] == [
        asker.id,
        other.id,
    ]
    session.rollback()
    for actor in (lead, member):
        with pytest.raises(Forbidden):
            transaction(joining.decide_request, team.id, wish.id, True, "", actor=actor, now=now)
    with pytest.raises(service.NothingAsked):
        transaction(service.answer_lead, team.id, True, actor=member, now=now)
    decided = transaction(joining.decide_request, team.id, wish.id, True, "", actor=admin, now=now)
    assert decided.state == JoinState.APPROVED
    assert leading.organisation_id == organisation.id
