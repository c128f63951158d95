"""What vouchers pay is on the card, the instrument's page and in the API; a facet finds where they can be used."""

import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.catalogue import listing
from booking.catalogue.forms import InstrumentChanges
from booking.catalogue.service import patch_instrument
from booking.core.clock import local_date, utcnow
from booking.pricing import service as pricing
from booking.pricing.forms import PriceForm
from booking.pricing.queries import Scope
from booking.recognitions import service as register
from booking.recognitions.forms import EndRecognitionForm, RecognitionForm
from booking.recognitions.offers import offers_on
from models.catalogue import Instrument
from models.directory import Organisation
from models.programmes import Programme
from models.recognitions import Recognition
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.programmes import ServiceType
from models.vocabulary.recognitions import RecognitionKind
from tests.counting import counting
from tests.factories.affiliations import affiliate
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.people import actor_for, give, make_user, sign_in
from tests.factories.programmes import make_authority, make_officer, make_programme
from tests.factories.vouchers import make_firm, make_voucher

CHONGQING, SICHUAN = "500000", "510000"


class Places:
    """A provider in Chongqing with an instrument at 100 yuan an hour, and an authority on either side of the border."""

    def __init__(self, session: Session) -> None:
        self.session, self.now = session, utcnow()
        self.today = local_date(self.now)
        self.owner = make_organisation(session, adcode="500109")
        self.instrument = make_instrument(session, self.owner, name_zh="质谱仪")
        other = make_instrument(session, make_organisation(session, adcode="500109"), name_zh="质谱仪乙")
        admin = make_user(session, "admin")
        give(session, admin, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, self.owner.id)
        self.admin = actor_for(session, admin, now=self.now)
        form = PriceForm(user_group="其他", valid_from=self.today, hourly_fen=10_000)
        pricing.set_price(session, Scope(self.instrument.id), form, actor=self.admin, now=self.now)
        session.commit()
        listing.refresh(session, [self.instrument.id, other.id])
        session.commit()

    def programme(self, adcode: str, *, runs: tuple[int, int] = (-30, 60), **said: Any) -> Programme:
        """A programme that has run for a month and runs for two more."""
        first, last = (self.today + timedelta(days=days) for days in runs)
        days = {"counts_from": first, "use_by": last, "redeem_by": last + timedelta(days=90), "valid_from": first}
        authority = make_authority(self.session, adcode, name_en=f"Authority {adcode}")
        officer = make_officer(self.session, authority, f"officer{authority.id}", now=self.now)
        return make_programme(
            self.session, authority, officer, now=self.now, name_zh=f"券{authority.id}", **{**days, **said}
        )

    def accept(self, programme: Programme, **said: Any) -> Recognition:
        """An entry in the register of its authority, from a year ago on."""
        officer = make_officer(self.session, self.authority(programme), f"clerk{utcnow().timestamp()}", now=self.now)
        form = RecognitionForm(
            organisation_id=programme.organisation_id,
            starts_on=self.today - timedelta(days=365),
            notice="互认通知",
            **said,
        )
        made = register.recognise(self.session, form, actor=officer, now=self.now)
        self.session.commit()
        return made

    def provider(self, programme: Programme, **said: Any) -> Recognition:
        return self.accept(programme, kind=RecognitionKind.PROVIDER, provider_id=self.owner.id, **said)

    def from_there(self, programme: Programme) -> Recognition:
        kind = {"kind": RecognitionKind.SERVICE_TYPE, "service_type": ServiceType.INSTRUMENT_SHARING}
        return self.accept(programme, province=CHONGQING, **kind)

    def authority(self, programme: Programme) -> Organisation:
        return self.session.get_one(Organisation, programme.organisation_id)

    def shares(self, day: date | None = None) -> list[tuple[str, int]]:
        """The provinces whose vouchers pay at the instrument, and their shares."""
        self.session.expire_all()
        instrument = self.session.get_one(Instrument, self.instrument.id)
        here = offers_on(self.session, day or self.today).at(instrument.organisation_id, instrument.service_type)
        return [(one.province, one.share) for one in here]


@pytest.fixture
def places(session: Session) -> Places:
    return Places(session)


def cards(client: FlaskClient, asked: str = "q=质谱仪") -> list[str]:
    """What each card says, without marks of the language."""
    found = re.findall(r'<li class="result">(.*?)\n</li>', client.get(f"/?{asked}").text, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", one).split()) for one in found]


def test_a_stranger_reads_the_highest_share_and_whose_vouchers_pay(client: FlaskClient, places: Places) -> None:
    without = cards(client)
    home = places.programme(CHONGQING, shares={"instrument_sharing": 2_000})
    across = places.programme(SICHUAN, shares={"instrument_sharing": 3_000})
    places.provider(home)
    at_home = cards(client)
    places.provider(across)
    places.from_there(across)

    both = cards(client)
    page = client.get(f"/instruments/{places.instrument.id}").text
    english = client.get(f"/instruments/{places.instrument.id}?lang=en").text

    assert not any("创新券" in one or "券" in one for one in without)
    assert ["创新券" in one and "券最高抵 20%" in one for one in at_home].count(True) == 1
    (found,) = [one for one in both if "券" in one]
    assert "创新券 川渝互认" in found
    assert "券最高抵 30%" in found
    assert "重庆、四川创新券" in page
    assert f'href="/voucher-programmes/{across.id}"' in page
    assert "Vouchers of Chongqing, Sichuan" in english


def test_the_facet_and_the_filter_find_where_vouchers_can_be_used(client: FlaskClient, places: Places) -> None:
    places.provider(places.programme(CHONGQING))

    found = client.get("/api/v1/instruments?q=质谱仪").get_json()
    covered = client.get("/api/v1/instruments?voucher=1").get_json()
    others = client.get("/api/v1/instruments?voucher=0").get_json()
    page = client.get("/?q=质谱仪&voucher=1").text

    assert (found["total"], found["facets"]["voucher"]) == (2, {"true": 1})
    assert [one["id"] for one in covered["items"]] == [places.instrument.id]
    assert (covered["facets"]["voucher"], others["total"]) == ({"true": 1}, 1)
    (voucher,) = [one["voucher"] for one in covered["items"]]
    assert (voucher["max_share"], [one["is_home"] for one in voucher["authorities"]], voucher["estimate_fen"]) == (
        3_000,
        [True],
        None,
    )
    assert [one["voucher"] for one in others["items"]] == [None]
    record = client.get(f"/api/v1/instruments/{places.instrument.id}").get_json()
    assert record["voucher"] == voucher
    assert "可用创新券" in page
    assert client.get("/api/v1/instruments?voucher=perhaps").status_code == 422


def test_an_entry_and_a_programme_count_on_their_days(client: FlaskClient, places: Places, now: datetime) -> None:
    programme = places.programme(CHONGQING, runs=(-10, 10))
    entry = places.provider(programme)
    officer = make_officer(places.session, places.authority(programme), "ender", now=places.now)
    last = places.today + timedelta(days=5)
    form = EndRecognitionForm(ends_on=last, reason="到期")
    register.end_recognition(places.session, entry.id, form, actor=officer, now=places.now)
    places.session.commit()
    tomorrow = timedelta(days=1)

    assert [places.shares(day) for day in (places.today, last, last + tomorrow)] == [
        [("50", 3_000)],
        [("50", 3_000)],
        [],
    ]
    first = places.today - timedelta(days=10)
    assert [places.shares(day) for day in (first - tomorrow, first)] == [[], [("50", 3_000)]]
    other = places.programme(CHONGQING, runs=(-10, 3))
    places.provider(other)
    assert len(places.shares(places.today + timedelta(days=3))) == 2
    assert len(places.shares(places.today + timedelta(days=4))) == 1


def test_across_the_border_the_type_must_be_accepted_too(places: Places) -> None:
    across = places.programme(SICHUAN)
    places.provider(across)
    assert places.shares() == []
    places.from_there(across)
    assert places.shares() == [("51", 3_000)]


def test_what_its_use_is_to_a_voucher_decides(client: FlaskClient, places: Places) -> None:
    programme = places.programme(CHONGQING, shares={"instrument_sharing": 3_000, "pilot_scale": 2_000})
    places.provider(programme)
    changes = {
        ServiceType.PILOT_SCALE: [("50", 2_000)],
        ServiceType.COMPUTING: [],
        ServiceType.INSTRUMENT_SHARING: [("50", 3_000)],
    }
    for kind, shares in changes.items():
        form = InstrumentChanges(service_type=kind)
        patch_instrument(places.session, places.instrument.id, form, actor=places.admin, now=places.now)
        places.session.commit()
        found = client.get("/api/v1/instruments?voucher=1").get_json()["items"]
        assert (places.shares(), [one["voucher"]["max_share"] for one in found]) == (
            shares,
            [share for _province, share in shares],
        )


@pytest.mark.parametrize(
    ("redeemed_by", "line"),
    [
        pytest.param("provider", "券后约 ¥70.00/小时", id="the provider deducts it"),
        pytest.param("enterprise", "预计兑付 ¥30.00/小时", id="the firm pays first"),
    ],
)
def test_who_has_a_voucher_reads_what_it_would_pay(
    client: FlaskClient, places: Places, redeemed_by: str, line: str
) -> None:
    programme = places.programme(CHONGQING, redeemed_by=redeemed_by)
    places.provider(programme)
    firm = make_firm(places.session)
    person = make_user(places.session, "person")
    affiliate(places.session, person, firm)
    sign_in(client, person)
    before = cards(client)
    make_voucher(places.session, firm, 100_000, programme=programme, now=places.now)

    after = cards(client)
    told = client.get("/api/v1/instruments?voucher=1").get_json()["items"][0]["voucher"]

    assert [sum("券最高抵 30%" in one for one in some) for some in (before, after)] == [1, 0]
    assert sum(line in one for one in after) == 1
    assert told["estimate_fen"] == 3_000


def test_a_firm_is_told_of_no_price_after_its_voucher_at_an_instrument_of_its_own(
    client: FlaskClient, places: Places
) -> None:
    programme = places.programme(CHONGQING)
    places.provider(programme)
    person = make_user(places.session, "person")
    affiliate(places.session, person, places.owner)
    form = PriceForm(user_group="校内", valid_from=places.today, hourly_fen=10_000)
    pricing.set_price(places.session, Scope(places.instrument.id), form, actor=places.admin, now=places.now)
    make_voucher(places.session, places.owner, 100_000, programme=programme, now=places.now)
    sign_in(client, person)

    (found,) = client.get("/api/v1/instruments?voucher=1").get_json()["items"]

    told = found["price"]["hourly_fen"], found["voucher"]["max_share"], found["voucher"]["estimate_fen"]
    assert told == (10_000, 3_000, None)


def test_it_costs_as_many_statements_for_many_providers_and_vouchers(client: FlaskClient, places: Places) -> None:
    programme = places.programme(CHONGQING)
    places.provider(programme)
    firm = make_firm(places.session)
    person = make_user(places.session, "person")
    affiliate(places.session, person, firm)
    make_voucher(places.session, firm, 100_000, programme=programme, now=places.now)
    sign_in(client, person)

    def asked() -> int:
        client.get("/api/v1/instruments")
        with counting() as statements:
            client.get("/api/v1/instruments")
        return len(statements)

    few = asked()
    for number in range(3):
        more = make_organisation(places.session, adcode="500109")
        made = make_instrument(places.session, more, name_zh=f"质谱仪{number}")
        places.accept(programme, kind=RecognitionKind.PROVIDER, provider_id=more.id)
        make_voucher(places.session, firm, 100_000, programme=programme, now=places.now)
        listing.refresh(places.session, [made.id])
        places.session.commit()
    assert asked() == few
