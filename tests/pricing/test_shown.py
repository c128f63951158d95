"""What an instrument costs its reader, on the search card and on its pages; or that it is not offered to them."""

import re

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.catalogue import listing
from booking.core.clock import local_date, utcnow
from booking.pricing import service
from booking.pricing.forms import PriceForm
from booking.pricing.queries import Scope
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.directory import OrganisationKind
from models.vocabulary.pricing import Offer
from tests.factories.affiliations import affiliate
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.people import actor_for, give, make_user, sign_in


def card(client: FlaskClient) -> str:
    """What the card of the one instrument says that is found."""
    found = re.findall(r'<p class="result-price">(.*?)</p>', client.get("/?q=质谱仪").get_data(as_text=True), re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", " ".join(found)).split())


def test_a_card_tells_each_reader_their_own_price_or_that_it_is_not_offered(
    client: FlaskClient, session: Session
) -> None:
    now = utcnow()
    owner = make_organisation(session)
    instrument = make_instrument(session, owner, name_zh="质谱仪")
    admin, member, firm = (make_user(session, name) for name in ("admin", "member", "firm"))
    give(session, admin, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, owner.id)
    affiliate(session, member, owner)
    affiliate(session, firm, make_organisation(session, kind=OrganisationKind.ENTERPRISE))
    setter = actor_for(session, admin, now=now)
    offers = (
        ("校内", {"hourly_fen": 12_300}),
        ("其他", {"hourly_fen": 45_600}),
        ("企业", {"offer": Offer.NOT_OFFERED}),
    )
    without = card(client)
    for group, said in offers:
        form = PriceForm(user_group=group, valid_from=local_date(now), **said)
        service.set_price(session, Scope(instrument.id), form, actor=setter, now=now)
    session.commit()
    listing.refresh(session, [instrument.id])
    session.commit()

    told = {"nobody": card(client)}
    for person in (member, firm):
        sign_in(client, person)
        told[person.name] = card(client)

    page = client.get(f"/instruments/{instrument.id}").get_data(as_text=True)
    prices = client.get(f"/instruments/{instrument.id}/prices").get_data(as_text=True)
    tried = client.get(
        f"/instruments/{instrument.id}/prices",
        query_string={"try": "1", "starts_at": "2026-11-28T09:00", "ends_at": "2026-11-28T10:00"},
    ).get_data(as_text=True)
    assert without == ""
    assert told == {"nobody": "¥456.00/小时 其他", "Member": "¥123.00/小时 校内", "Firm": "不对这个类别开放 企业"}
    assert ["不对这个类别开放" in text for text in (page, prices, tried)] == [True] * 3
    assert "这台仪器不对这个类别开放。" in tried
    assert "¥456.00" not in page
