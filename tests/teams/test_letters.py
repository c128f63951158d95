from datetime import date, datetime

from flask import Flask
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.notifications.letters import Letter
from booking.notifications.rendering import compose
from booking.teams import joining, queries, service
from booking.teams.forms import InviteForm
from booking.web.extensions import transaction
from models.teams import Team
from models.vocabulary.accounts import Language
from tests.factories.letters import SETTINGS, mailed
from tests.factories.looking import look_again
from tests.factories.people import actor_for, make_user

TODAY = date(2026, 11, 23)


def told(session: Session, now: datetime) -> list[Letter]:
    look_again(session)
    return mailed(session, now=now)


def everything(session: Session, team: Team, lead: Actor, member: Actor, now: datetime) -> list[Letter]:
    request = transaction(joining.ask_to_join, team.id, "想参加", actor=member, now=now)
    letters = told(session, now)
    transaction(joining.decide_request, team.id, request.id, True, "", actor=lead, now=now)
    invited = actor_for(session, make_user(session, "invited", language=Language.ENGLISH), now=now)
    transaction(joining.invite, team.id, InviteForm(email=invited.email), actor=lead, now=now)
    letters += told(session, now)
    secret = str(letters[-1].values["link"]).rpartition("/")[2]
    transaction(joining.take_up, secret, actor=invited, now=now)
    look_again(session)
    rows = {row.user_id: row.id for row in queries.members_of(session, team.id, today=TODAY)}
    transaction(service.set_deputy, team.id, rows[member.id], True, actor=lead, now=now)
    transaction(service.ask_successor, team.id, rows[member.id], actor=lead, now=now)
    letters += told(session, now)
    transaction(service.answer_lead, team.id, True, actor=member, now=now)
    transaction(service.end_membership, team.id, rows[invited.id], TODAY, "毕业", actor=member, now=now)
    transaction(service.end_membership, team.id, rows[lead.id], TODAY, "", actor=lead, now=now)
    return letters + told(session, now)


def test_every_letter_reads_in_both_languages_and_says_where_to_go(
    app: Flask, session: Session, team: Team, lead: Actor, member: Actor
) -> None:
    now = datetime.fromisoformat("2026-11-23T01:30:00+00:00")
    letters = everything(session, team, lead, member, now)
    english = [Letter(one.recipient, Language.ENGLISH, one.template, one.values) for one in letters]

    assert [(one.recipient.partition("@")[0], one.template.partition("/")[2]) for one in letters] == [
        ("lead", "asked"),
        ("member", "decided"),
        ("invited", "invited"),
        ("lead", "joined"),
        ("member", "joined"),
        ("member", "deputy_changed"),
        ("member", "successor_asked"),
        ("lead", "lead_answered"),
        ("invited", "member_ended"),
        ("member", "member_left"),
    ]
    for one in (*letters, *english):
        composed = compose(one, SETTINGS.address)
        assert (bool(composed.subject), str(one.values["link"]) in composed.text) == (True, True)
    assert compose(english[0], SETTINGS.address).subject == "Member asks to join Coatings"
