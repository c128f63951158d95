"""The first review is done by the authority of the claimant's district or city, the rest by the programme's."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from booking.core.actors import Actor
from booking.core.clock import at_local, local_date
from booking.core.errors import Forbidden, NotFound
from booking.invoices.service import withdraw_invoice
from booking.notifications.letters import Letter, News
from booking.notifications.rendering import compose
from booking.reactions import REACTIONS
from booking.redemptions import queries, service
from booking.redemptions.letters import OFFICERS
from booking.redemptions.paying import InvoiceGone
from booking.redemptions.service import FourEyes, NotNow, OtherOffice, OwnClaim
from models.accounts import Grant, User
from models.directory import Organisation
from models.notifications import Event
from models.redemptions import Redemption
from models.vocabulary.accounts import Language, Role, ScopeKind
from models.vocabulary.redemptions import RedemptionState
from tests.factories.letters import SETTINGS, mailed
from tests.factories.people import give, sign_in
from tests.factories.programmes import make_authority, make_officer
from tests.redemptions.claims import Claims

BEIBEI, CITY, ELSEWHERE = "500109", "500100", "510107"


@pytest.fixture
def claims(session: Session, now: datetime) -> Claims:
    made = Claims(session, now, budget_fen=100_000)
    made.firm.adcode = BEIBEI
    session.commit()
    return made


def an_office(claims: Claims, adcode: str, *names: str) -> tuple[Organisation, list[Actor]]:
    """An authority of a place with officers."""
    office = make_authority(claims.session, adcode, name_zh=f"{adcode} 科技局")
    return office, [make_officer(claims.session, office, name, now=claims.now) for name in names]


def asked(claims: Claims) -> Redemption:
    charge = claims.used(9)
    claims.invoice()
    return claims.ask(charge)


def queued(claims: Claims, *people: Actor) -> list[int]:
    """How many requests each finds in the queue."""
    claims.session.rollback()
    today = local_date(claims.later)
    return [len(queries.queue(claims.session, one, today=today, limit=9).items) for one in people]


def test_the_district_reviews_first_then_the_programmes_authority_and_neither_does_the_others(claims: Claims) -> None:
    office, (of_city,) = an_office(claims, CITY, "of-city")
    district, (local, colleague) = an_office(claims, BEIBEI, "local", "colleague")
    made = asked(claims)

    assert (made.office_id, office.id == made.office_id) == (district.id, False)
    assert queued(claims, local, colleague, claims.first, of_city) == [1, 1, 0, 0]
    with pytest.raises(OtherOffice):
        claims.review(made, claims.first)
    with pytest.raises(OtherOffice):
        claims.reject(made, claims.first)
    with pytest.raises(NotFound):
        queries.redemption_for(claims.session, made.id, of_city)
    claims.review(made, local)

    assert queued(claims, local, colleague, claims.first) == [0, 0, 1]
    for late in (local, colleague):
        with pytest.raises(NotNow):
            claims.review(made, late)
    claims.review(made, claims.first)
    assert claims.session.get_one(Redemption, made.id).state == RedemptionState.NOTICE
    assert claims.pay(made).state == RedemptionState.PAID
    whole = queries.whole_redemption(claims.session, made.id, claims.first, today=local_date(claims.later))
    houses = [queries.side_of(whole, one).id for one in whole.events]
    assert houses == [claims.firm.id, district.id, claims.authority.id, claims.authority.id]
    read = queries.whole_redemption(claims.session, made.id, local, today=local_date(claims.later))
    assert (read.sight.reads, read.sight.samples, read.sight.records) == (True, False, False)


@pytest.mark.parametrize(
    ("adcode", "is_asked"),
    [
        pytest.param(CITY, True, id="of the city, where the district has none"),
        pytest.param("500108", False, id="of another district"),
        pytest.param(ELSEWHERE, False, id="of the other province"),
    ],
)
def test_else_the_city_reviews_first_and_else_the_authority_twice(claims: Claims, adcode: str, is_asked: bool) -> None:
    office, (local,) = an_office(claims, adcode, "local")
    made = asked(claims)

    assert made.office_id == (office.id if is_asked else None)
    assert queued(claims, local, claims.first) == ([1, 0] if is_asked else [0, 1])
    claims.review(made, local if is_asked else claims.first)
    if not is_asked:
        with pytest.raises(FourEyes):
            claims.review(made, claims.first)
    claims.review(made, claims.second)


def test_an_office_without_officers_leaves_its_review_to_the_authority(claims: Claims) -> None:
    _district, (local,) = an_office(claims, BEIBEI, "local")
    made = asked(claims)
    grant = claims.session.scalars(sa.select(Grant).where(Grant.user_id == local.id)).one()
    grant.ends_on = local_date(claims.now)
    claims.session.commit()

    assert queued(claims, claims.first) == [1]
    claims.review(made, claims.first)
    claims.review(made, claims.second)


def test_an_office_whose_only_officer_is_of_the_claimant_is_not_asked(claims: Claims) -> None:
    _district, (local,) = an_office(claims, BEIBEI, "local")
    user = claims.session.get_one(User, local.id)
    give(claims.session, user, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, claims.firm.id)
    made, both = asked(claims), claims.actor(user)

    assert made.office_id is None
    assert queued(claims, both, claims.first) == [0, 1]
    with pytest.raises(Forbidden):
        claims.review(made, both)


def test_whoever_has_come_to_the_claimant_since_does_not_review(claims: Claims) -> None:
    _district, (local, colleague) = an_office(claims, BEIBEI, "local", "colleague")
    made = asked(claims)
    user = claims.session.get_one(User, local.id)
    give(claims.session, user, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, claims.firm.id)

    assert queued(claims, claims.actor(user), colleague) == [0, 1]
    with pytest.raises(OwnClaim):
        claims.review(made, claims.actor(user))


def test_who_asked_for_it_and_became_the_offices_only_officer_leaves_it_to_the_authority(claims: Claims) -> None:
    _district, (local,) = an_office(claims, BEIBEI, "local")
    made = asked(claims)
    made.requested_by_id = local.id
    claims.session.commit()

    assert queued(claims, local, claims.first) == [0, 1]
    claims.review(made, claims.first)
    claims.review(made, claims.second)


def test_another_authority_of_the_same_place_reviews_nothing_first(claims: Claims) -> None:
    place = claims.authority.adcode or ""
    claims.firm.adcode = place
    claims.session.commit()
    _other, (local,) = an_office(claims, place, "local")
    made = asked(claims)

    assert made.office_id is None
    assert queued(claims, local, claims.first) == [0, 1]


def test_officers_are_told_when_it_is_their_turn_and_when_it_is_not_any_more(claims: Claims) -> None:
    an_office(claims, BEIBEI, "local", "colleague")
    made = asked(claims)
    charge_id = claims.items(made)[0].charge_id
    mailed(claims.session, now=claims.later)

    def told() -> list[tuple[str, str, str]]:
        letters = mailed(claims.session, now=claims.later)
        return sorted(
            (one.recipient.partition("@")[0], one.template.partition("/")[2], one.values["step"]) for one in letters
        )

    claims.do(service.withdraw, made.id, "", by=claims.claimant()[1])
    withdrawn = told()
    again = claims.do(
        service.request_redemption,
        claims.form().model_copy(update={"charge_ids": [charge_id], "items": []}),
        by=claims.claimant()[1],
    )
    requested = told()
    claims.review(again, claims.actor(claims.session.scalars(sa.select(User).where(User.email.like("local@%"))).one()))
    reviewed = told()
    claims.review(again, claims.first)
    published = told()

    agent = claims.agent.email.partition("@")[0]
    assert withdrawn == [("colleague", "waiting", "withdraw"), ("local", "waiting", "withdraw")]
    assert requested == [("colleague", "waiting", "request"), ("local", "waiting", "request")]
    assert reviewed == sorted(
        [(agent, "changed", "city_review"), *((name, "waiting", "city_review") for name in ("first", "second"))]
    )
    assert published == [(agent, "changed", "province_review")]


def test_what_officers_are_told_reads_in_both_languages(claims: Claims) -> None:
    mailed(claims.session, now=claims.later)
    made = asked(claims)
    claims.review(made, claims.first)
    sent = [one for one in mailed(claims.session, now=claims.later) if one.template == OFFICERS]

    texts = [compose(one, SETTINGS.address) for one in sent]
    english = [compose(Letter(one.recipient, Language.ENGLISH, one.template, one.values), "x@y.cn") for one in sent]

    assert [one.subject.partition("：")[0] for one in texts] == ["兑付申请等您初审"] * 2 + ["兑付申请等您复审"]
    assert english[0].subject.startswith("Redemption for your first review: DF2026-")
    assert english[2].text.count(f"/redemptions/{made.id}") == 1


def test_who_pays_is_told_on_the_first_morning_after_the_public_notice(claims: Claims) -> None:
    """The district's office pays nothing, and what is refused meanwhile is paid by nobody."""
    _district, (local,) = an_office(claims, BEIBEI, "local")
    made = asked(claims)
    claims.review(made, local)
    mailed(claims.session, now=claims.later)
    claims.review(made, claims.first)
    foreseen = claims.session.scalars(sa.select(Event).where(Event.name == "redemptions.payable")).one()
    until = claims.session.get_one(Redemption, made.id).notice_until
    assert until is not None
    morning = at_local(until + timedelta(days=1), 510)

    def payable(at_: datetime) -> list[Letter]:
        return REACTIONS["redemptions.payable"](News(claims.session, foreseen.payload, at_, SETTINGS))

    told = payable(morning)
    english = [compose(Letter(one.recipient, Language.ENGLISH, one.template, one.values), "x@y.cn") for one in told]
    assert (foreseen.next_attempt_at, payable(at_local(until, 1439))) == (morning, [])
    assert [one.recipient.partition("@")[0] for one in told] == ["first", "second"]
    assert [compose(one, "x@y.cn").subject.partition("：")[0] for one in told] == ["公示期满，等您付款"] * 2
    assert english[0].subject.startswith("Public notice is over, the payment is yours: DF2026-")
    assert "To be paid and recorded by " in english[0].text
    claims.reject(made, claims.first)
    assert payable(morning) == []


def test_what_is_in_public_is_in_no_queue_until_it_can_be_paid(claims: Claims) -> None:
    made = asked(claims)
    claims.review(made, claims.first)
    assert queued(claims, claims.first, claims.second) == [0, 1]
    claims.review(made, claims.second)
    until = claims.session.get_one(Redemption, made.id).notice_until
    assert until is not None
    assert queries.queue(claims.session, claims.first, today=until, limit=9).items == []
    after = until.replace(day=until.day + 1)
    assert [one.id for one in queries.queue(claims.session, claims.first, today=after, limit=9).items] == [made.id]


def test_nothing_is_paid_while_an_invoice_of_it_is_gone(claims: Claims) -> None:
    charge = claims.used(9)
    invoice = claims.invoice()
    made = claims.ask(charge)
    claims.review(made, claims.first)
    claims.review(made, claims.second)
    claims.do(withdraw_invoice, invoice.id, "抬头有误", by=claims.actor(claims.office.finance))

    with pytest.raises(InvoiceGone):
        claims.pay(made)
    assert claims.books()["paid"] == 0
    claims.reject(made, claims.first)
    assert [reasons for _charge, _fen, reasons in claims.claimable()] == [["not_invoiced"]]


def test_the_page_says_whose_turn_it_is(client: FlaskClient, claims: Claims) -> None:
    district, (local,) = an_office(claims, BEIBEI, "local")
    made = asked(claims)
    address = f"/redemptions/{made.id}"

    sign_in(client, claims.session.get_one(User, claims.first.id))
    of_authority = client.get(address).text
    sign_in(client, claims.session.get_one(User, local.id))
    of_office, answer = client.get(address).text, client.get(f"/api/v1{address}").get_json()

    assert f"现在由{district.name_zh}经办" in of_authority
    assert "初审通过" not in of_authority.partition("<main")[2]
    assert f"通过之后由{claims.authority.name_zh}复审" in of_office
    assert answer["office"]["id"] == district.id


def test_offices_of_other_places_and_of_the_other_province_find_nothing_of_it(
    client: FlaskClient, claims: Claims
) -> None:
    _district, (local,) = an_office(claims, BEIBEI, "local")
    _next, (neighbour,) = an_office(claims, "500108", "neighbour")
    _abroad, (foreign,) = an_office(claims, ELSEWHERE, "foreign")
    made = asked(claims)
    one = f"/redemptions/{made.id}"

    def asking(who: Actor, path: str) -> TestResponse:
        claims.session.rollback()
        sign_in(client, claims.session.get_one(User, who.id))
        return client.get(path)

    people = (local, neighbour, foreign)
    assert [one in asking(who, "/redemptions/queue").text for who in people] == [True, False, False]
    for path in ("/api/v1/redemptions", "/api/v1/redemptions/queue"):
        assert [len(asking(who, path).get_json()["items"]) for who in people] == [1, 0, 0], path
    for path in (one, f"{one}/pack.zip", f"/api/v1{one}", f"/api/v1{one}/pack.zip"):
        assert [asking(who, path).status_code for who in people] == [200, 404, 404], path
