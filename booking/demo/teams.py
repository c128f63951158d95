"""A team of the demo: its lead, two members, and somebody who waits to be let in."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.demo import people
from booking.teams import joining, service
from models.directory import Organisation

MEMBERS = ("researcher", "researcher2")
WAITS = "enterprise"


def add_team(session: Session, *, opened: datetime, now: datetime) -> None:
    """One team at Southwest University, led by the demo's lead since the demo opened."""
    place = session.scalars(select(Organisation.id).where(Organisation.name_zh == "西南大学")).one()
    lead = people.actor(session, "lead", now=now)
    team = service.create_team(
        session, place, "功能涂层课题组", "Functional Coatings Group", "", actor=lead, now=opened
    )
    for account in MEMBERS:
        member = people.actor(session, account, now=now)
        asked = joining.ask_to_join(session, team.id, "", actor=member, now=opened)
        joining.decide_request(session, team.id, asked.id, True, "", actor=lead, now=opened)
    outsider = people.actor(session, WAITS, now=now)
    message = "联合培养的工程师，想参加涂层失效的实验。"
    joining.ask_to_join(session, team.id, message, actor=outsider, now=now - timedelta(hours=3))
