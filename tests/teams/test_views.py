from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.clock import local_date, utcnow
from booking.teams import service
from booking.web.extensions import transaction
from models.accounts import User
from models.directory import Organisation
from models.teams import Team, TeamMember, TeamRequest
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.teams import JoinState
from tests.factories.looking import count, look_again
from tests.factories.people import actor_for, give, make_user, sign_in


@pytest.fixture
def now() -> datetime:
    """The pages know no other time."""
    return utcnow()


@pytest.fixture
def leader(session: Session, organisation: Organisation) -> User:
    user = make_user(session, "leader")
    give(session, user, Role.LEAD, ScopeKind.ORGANISATION, organisation.id)
    return user


@pytest.fixture
def led(session: Session, organisation: Organisation, leader: User, now: datetime) -> Team:
    actor = actor_for(session, leader, now=now)
    session.commit()
    return transaction(service.create_team, organisation.id, "涂层组", "Coatings", "", actor=actor, now=now)


def test_a_lead_makes_a_team_once_however_often_the_form_is_sent(
    client: FlaskClient, session: Session, organisation: Organisation, leader: User
) -> None:
    sign_in(client, leader)
    form = {"name_zh": "光谱组", "idempotency_key": "one key"}
    address = f"/organisations/{organisation.id}/teams/new"

    answers = [client.post(address, data=form) for _ in range(2)]
    refused = client.post(address, data={"name_zh": "光谱组"})

    assert {(answer.status_code, answer.location) for answer in answers} == {(303, answers[0].location)}
    assert (refused.status_code, count(session, Team)) == (422, 1)
    assert "光谱组" in client.get("/teams").get_data(as_text=True)


def test_strangers_see_a_teams_name_and_how_to_join_but_nobody_in_it(
    client: FlaskClient, session: Session, led: Team
) -> None:
    stranger, boss = make_user(session, "stranger"), make_user(session, "boss")
    give(session, boss, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, led.organisation_id)
    sign_in(client, boss)
    looked = client.get(f"/teams/{led.id}").get_data(as_text=True)
    refused = client.post(f"/teams/{led.id}/invitations", data={"email": "?"})
    sign_in(client, stranger)

    page = client.get(f"/teams/{led.id}").get_data(as_text=True)
    asked = client.post(f"/teams/{led.id}/ask", data={"message": "您好"})
    answer = client.get(f"/api/v1/teams/{led.id}").get_json()

    assert ("涂层组" in page, "申请加入" in page, "Leader" in page) == (True, True, False)
    told = ["leader@example.org" in text for text in (looked, refused.get_data(as_text=True))]
    assert (refused.status_code, told) == (422, [True, False])
    assert (asked.status_code, answer["members"], answer["requests"]) == (303, None, None)


def test_the_lead_refuses_with_a_reason_and_approves_without(
    client: FlaskClient, session: Session, led: Team, leader: User
) -> None:
    for name in ("first", "second"):
        sign_in(client, make_user(session, name))
        client.post(f"/teams/{led.id}/ask", data={})
    sign_in(client, leader)
    first, second = session.scalars(select(TeamRequest.id).order_by(TeamRequest.id)).all()

    without = client.post(f"/teams/{led.id}/requests/{first}/refuse", data={})
    client.post(f"/teams/{led.id}/requests/{first}/refuse", data={"reason": "人满"})
    client.post(f"/teams/{led.id}/requests/{second}/approve", data={})
    again = client.post(f"/teams/{led.id}/requests/{second}/approve", data={})

    assert (without.status_code, again.status_code) == (422, 409)
    look_again(session)
    states = session.scalars(select(TeamRequest.state).order_by(TeamRequest.id)).all()
    assert states == [JoinState.REFUSED, JoinState.APPROVED]
    assert count(session, TeamMember) == 2


def test_a_stale_form_does_not_overwrite_a_newer_name(
    client: FlaskClient, session: Session, led: Team, leader: User
) -> None:
    sign_in(client, leader)
    first = client.put(f"/api/v1/teams/{led.id}", json={"name_zh": "甲"}, headers={"If-Match": '"1"'})
    second = client.put(f"/api/v1/teams/{led.id}", json={"name_zh": "乙"}, headers={"If-Match": '"1"'})
    page = client.post(f"/teams/{led.id}/edit", data={"name_zh": "丙", "version": "1"})

    assert (first.status_code, second.status_code, page.status_code) == (200, 412, 412)
    look_again(session)
    assert session.scalars(select(Team.name_zh)).all() == ["甲"]


def test_the_leads_own_membership_cannot_be_ended_on_the_page(
    client: FlaskClient, session: Session, led: Team, leader: User
) -> None:
    sign_in(client, leader)
    own = session.scalars(select(TeamMember.id)).one()

    answer = client.post(f"/teams/{led.id}/members/{own}/end", data={"last_day": local_date(utcnow()).isoformat()})

    assert answer.status_code == 409
    assert "负责人须先移交课题组" in answer.get_data(as_text=True)
