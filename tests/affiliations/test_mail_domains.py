"""Mail domains: who may register which, who looks at it first, and whom it makes belong."""

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.affiliations import domain_verifying, due, house_queries, mail_domains, queries
from booking.affiliations.forms import MailDomainForm
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from models.accounts import User
from models.affiliations import Affiliation, MailDomain
from models.directory import Organisation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.affiliations import ConfirmedBy, MailDomainState
from tests.affiliations.conftest import House
from tests.factories.instruments import make_organisation
from tests.factories.letters import mailed
from tests.factories.people import actor_for, give, make_user, sign_in


def admin_with(session: Session, organisation: Organisation, email: str, now: datetime) -> Actor:
    user = make_user(session, email.partition("@")[0], email=email)
    give(session, user, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, organisation.id)
    return actor_for(session, user, now=now)


@pytest.fixture
def operator(session: Session, now: datetime) -> Actor:
    user = make_user(session, "operator")
    give(session, user, Role.OPERATOR, ScopeKind.ORGANISATION, make_organisation(session).id)
    return actor_for(session, user, now=now)


def register(
    session: Session, organisation: Organisation, name: str, actor: Actor, now: datetime, *, whole: bool = False
) -> MailDomain:
    form = MailDomainForm(domain=name, includes_subdomains=whole)
    return mail_domains.add_domain(session, organisation.id, form, actor=actor, now=now)[0]


def test_a_verified_domain_makes_whoever_has_an_address_of_it_belong_for_a_year(
    session: Session, house: House, operator: Actor, now: datetime
) -> None:
    own = admin_with(session, house.organisation, "dean@uni.edu.cn", now)
    person = make_user(session, "far")
    give(session, person, Role.OPERATOR, ScopeKind.ORGANISATION, make_organisation(session, adcode="510704").id)
    far = actor_for(session, person, now=now)
    stranger = make_user(session, "stranger", email="x@notuni.edu.cn")
    unconfirmed = make_user(session, "new", email="new@uni.edu.cn", confirmed_at=None)
    made = register(session, house.organisation, "uni.edu.cn", own, now, whole=True)
    assert (made.state, session.scalars(select(Affiliation)).all()) == (MailDomainState.PENDING, [])
    asked = [(letter.template, letter.recipient) for letter in mailed(session, now=now)]
    assert asked == [("affiliations/domain_asked", operator.email)]

    within = [reach(one, Permission.VERIFY_ORGANISATIONS) for one in (far, operator)]
    waiting = [[row.domain.id for row in due.domains_waiting(session, one, limit=9).items] for one in within]
    assert waiting == [[], [made.id]]
    with pytest.raises(NotFound):
        domain_verifying.verify_domain(session, made.id, actor=far, now=now)
    _domain, count = domain_verifying.verify_domain(session, made.id, actor=operator, now=now)
    unconfirmed.confirmed_at = now
    mail_domains.affiliate_by_address(session, unconfirmed.id, now=now)
    session.commit()

    held = session.scalars(select(Affiliation).order_by(Affiliation.id)).all()
    assert (count, [one.user_id for one in held]) == (2, [own.id, house.lin.id, unconfirmed.id])
    ends_on = local_date(now) + timedelta(days=365)
    assert {(one.confirmed_by, one.ends_on, one.agreed_at) for one in held} == {
        (ConfirmedBy.MAIL_DOMAIN, ends_on, None)
    }
    assert queries.open_affiliation(session, stranger.id, house.organisation.id) is None
    letters = sorted(letter.template for letter in mailed(session, now=now))
    assert letters == [*["affiliations/confirmed"] * 3, "affiliations/domain_decided"]


@pytest.mark.parametrize("name", ["qq.com", "edu.cn", "someoneelse.edu.cn", "uni.edu.cn", "lab.cs.uni.edu.cn"])
def test_an_address_proves_neither_everybodys_nor_anothers_domain_nor_one_above_or_below(
    session: Session, house: House, now: datetime, name: str
) -> None:
    own = admin_with(session, house.organisation, "dean@cs.uni.edu.cn", now)

    with pytest.raises(InvalidInput):
        register(session, house.organisation, name, own, now)

    assert house_queries.mail_domains(session, house.organisation.id) == []


def test_who_comes_first_gets_neither_a_domain_of_another_house_nor_its_people(
    session: Session, house: House, operator: Actor, now: datetime
) -> None:
    firm, university = make_organisation(session), house.organisation
    professor = admin_with(session, firm, "professor@cs.uni.edu.cn", now)
    dean = admin_with(session, university, "dean@cs.uni.edu.cn", now)
    claimed = register(session, firm, "cs.uni.edu.cn", professor, now)
    with pytest.raises(InvalidInput):
        register(session, firm, "cs.uni.edu.cn", professor, now)
    own = register(session, university, "cs.uni.edu.cn", dean, now)
    for stranger in (dean, professor):
        with pytest.raises(NotFound):
            domain_verifying.verify_domain(session, claimed.id, actor=stranger, now=now)

    domain_verifying.verify_domain(session, own.id, actor=operator, now=now)
    with pytest.raises(Conflict):
        domain_verifying.verify_domain(session, claimed.id, actor=operator, now=now)
    domain_verifying.refuse_domain(session, claimed.id, "属于示例大学", actor=operator, now=now)
    with pytest.raises(InvalidInput) as taken:
        register(session, firm, "cs.uni.edu.cn", professor, now)

    assert "请联系平台管理员" in taken.value.problems[0].message
    assert (claimed.state, claimed.reason) == (MailDomainState.REFUSED, "属于示例大学")
    houses = session.scalars(select(Affiliation.organisation_id).distinct()).all()
    assert houses == [university.id]


def test_nobody_verifies_what_they_asked_for_and_the_platform_registers_at_once(
    session: Session, house: House, now: datetime
) -> None:
    both = admin_with(session, house.organisation, "both@cs.uni.edu.cn", now)
    user = session.get_one(User, both.id)
    give(session, user, Role.OPERATOR, ScopeKind.ORGANISATION, house.organisation.id)
    made = register(session, house.organisation, "cs.uni.edu.cn", both, now)
    platform = make_user(session, "platform")
    give(session, platform, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)

    with pytest.raises(Forbidden):
        domain_verifying.verify_domain(session, made.id, actor=actor_for(session, user, now=now), now=now)
    at_once = register(session, house.organisation, "uni.edu.cn", actor_for(session, platform, now=now), now)

    assert (made.state, at_once.state) == (MailDomainState.PENDING, MailDomainState.CONFIRMED)


def test_the_page_of_a_domain_says_whom_it_would_make_belong_and_verifies_it(
    client: FlaskClient, session: Session, house: House, operator: Actor, now: datetime
) -> None:
    dean = admin_with(session, house.organisation, "dean@cs.uni.edu.cn", now)
    made = register(session, house.organisation, "cs.uni.edu.cn", dean, now)
    session.commit()
    sign_in(client, session.get_one(User, operator.id))
    page = f"/mail-domains/{made.id}"

    listed, shown = client.get("/registrations").text, client.get(page).text
    unexplained = client.post(f"{page}/refuse", data={"reason": ""})
    done = client.post(f"{page}/verify")
    again = client.post(f"{page}/verify")

    assert (f'href="{page}"' in listed, "核验后 2 个现有账户属于该单位" in shown) == (True, True)
    assert [answer.status_code for answer in (unexplained, done, again)] == [422, 303, 409]
    session.rollback()
    session.refresh(made)
    assert (made.state, made.decided_by_id) == (MailDomainState.CONFIRMED, operator.id)
