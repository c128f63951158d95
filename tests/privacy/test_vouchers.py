"""What vouchers keep of people: told in the text on data, and shown under a pseudonym once they are erased."""

from datetime import datetime

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.applications import queries
from booking.privacy import service
from booking.privacy.rules import name_of as pseudonym_of
from booking.web.extensions import transaction
from models.accounts import User
from tests.factories.applications import make_agent, make_office
from tests.factories.looking import look_again
from tests.factories.people import actor_for, make_user, sign_in


def test_the_text_on_data_names_what_vouchers_keep_of_people_in_both_languages(
    client: FlaskClient, session: Session
) -> None:
    told = client.get("/privacy").text
    sign_in(client, make_user(session, "lin"))

    erasing = client.get("/account/erase").text
    english = client.get("/privacy?lang=en").text

    names = ("创新券申请：", "创新券的使用：", "创新券兑付：", "创新券清算：", "没有提交过的申请里换下的文件立即删除")
    assert [one in told for one in names] == [True] * len(names)
    assert all(
        one in english for one in ("Applications for vouchers:", "Redemption of vouchers:", "Clearing of vouchers:")
    )
    assert "创新券的申请、核验、使用、兑付和清算记录" in erasing


def test_who_wrote_an_application_is_shown_under_a_pseudonym_once_erased(session: Session, now: datetime) -> None:
    office = make_office(session, now)
    found = office.submitted()
    make_agent(session, office.firm, "colleague", now=now)
    agent = session.get_one(User, office.agent.id)
    called = agent.name
    session.commit()

    transaction(service.erase_me, actor=actor_for(session, agent, now=now), now=now)

    look_again(session)
    whole = queries.whole_application(session, found.id, office.first, today=office.today)
    assert {one.actor.name for one in whole.events} == {pseudonym_of(agent.id)} != {called}
