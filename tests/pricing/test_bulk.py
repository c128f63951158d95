"""Changing many prices: units beside instruments, by a share or to the same as one of them, after a preview."""

import re
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, joinedload

from booking.core.actors import Actor
from booking.core.clock import local_date, utcnow
from booking.pricing import service
from booking.pricing.forms import PriceForm
from booking.pricing.queries import Scope, terms_of
from models.accounts import User
from models.catalogue import Instrument
from models.directory import Unit
from models.pricing import PricePolicy
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.pricing import Offer
from tests.counting import counting
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.looking import count
from tests.factories.people import actor_for, give, make_user, sign_in

URL = "/api/v1/prices/bulk"


class House:
    """Two instruments of a unit, one without a price of its own, and who sets them."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now, self.today = session, now, local_date(utcnow())
        self.owner = make_organisation(session)
        self.unit = Unit(organisation_id=self.owner.id, name_zh="分析测试中心", name_en="Analytical centre")
        session.add(self.unit)
        session.flush()
        self.priced = self.instrument("质谱仪")
        self.bare = self.instrument("光谱仪")
        self.admin = make_user(session, "admin")
        give(session, self.admin, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, self.owner.id)
        self.setter: Actor = actor_for(session, self.admin, now=now)

    def instrument(self, name: str) -> Instrument:
        return make_instrument(self.session, self.owner, unit_id=self.unit.id, name_zh=name)

    def set(self, scope: Scope, group: str, **values: Any) -> PricePolicy:
        form = PriceForm(user_group=group, valid_from=self.today, **values)
        made = service.set_price(self.session, scope, form, actor=self.setter, now=utcnow())
        self.session.commit()
        return made

    def newest(self, scope: Scope) -> dict[str, PricePolicy]:
        """The last row of each group at a place."""
        self.session.commit()
        wanted = sa.select(PricePolicy).where(scope.is_here).options(joinedload(PricePolicy.user_group))
        rows = self.session.scalars(wanted.order_by(PricePolicy.id)).all()
        names = {one.user_group_id: one.user_group.name_zh for one in rows}
        return {names[one.user_group_id]: one for one in rows}


@pytest.fixture
def house(session: Session, now: datetime) -> House:
    return House(session, now)


def seen(report: dict[str, Any]) -> list[int]:
    """What is sent back after a preview."""
    rows = [row for row in report["items"] if not row["refused"]]
    return [row[name] for row in rows for name in ("policy_id", "source_id") if row[name]]


def test_prices_of_units_are_raised_beside_those_of_instruments(client: FlaskClient, house: House) -> None:
    at_unit = Scope(unit_id=house.unit.id)
    house.set(at_unit, "校内", hourly_fen=10_000)
    house.set(at_unit, "其他", offer=Offer.NOT_OFFERED)
    house.set(Scope(house.priced.id), "其他", hourly_fen=40_000)
    sign_in(client, house.admin)
    chosen = client.get(f"/prices/bulk?id={house.priced.id}&id={house.bare.id}").get_data(as_text=True)
    typed = {"id": [house.priced.id, house.bare.id], "unit_id": house.unit.id, "percent": "10"}
    typed |= {"valid_from": house.today.isoformat()}

    preview = client.post("/prices/bulk/preview", data=typed).get_data(as_text=True)
    before = count(house.session, PricePolicy)
    ids = re.findall(r'name="policy_id" value="([0-9]+)"', preview)
    report = client.post("/prices/bulk", data=typed | {"policy_id": ids}).get_data(as_text=True)

    assert f'name="unit_id" value="{house.unit.id}"' in chosen
    assert ("分析测试中心（部门价）" in preview, "¥110.00" in preview, before, len(ids)) == (True, True, 3, 2)
    assert ("已调整 2 项，1 项没有调整" in report, count(house.session, PricePolicy)) == (True, 5)
    assert {name: one.hourly_fen for name, one in house.newest(at_unit).items()} == {"校内": 11_000, "其他": 0}
    assert house.newest(Scope(house.priced.id))["其他"].hourly_fen == 44_000
    assert house.newest(Scope(house.bare.id)) == {}


def test_the_others_get_the_prices_of_one_of_them_whatever_they_had(client: FlaskClient, house: House) -> None:
    packages = [{"hours": 8, "price_fen": 60_000}]
    inside = house.set(Scope(house.priced.id), "校内", hourly_fen=10_000, packages=packages, setup_fen=500)
    house.set(Scope(house.priced.id), "其他", hourly_fen=40_000)
    third = house.instrument("电镜")
    house.set(Scope(third.id), "其他", hourly_fen=1, sample_fen=7)
    house.set(Scope(third.id), "企业", hourly_fen=3)
    sign_in(client, house.admin)
    chosen = {"instrument_ids": [house.priced.id, house.bare.id, third.id], "unit_ids": [house.unit.id]}
    wanted: dict[str, Any] = {**chosen}
    wanted |= {"same_as": {"instrument_id": house.priced.id}, "valid_from": house.today.isoformat()}

    tried = client.post(URL, json=wanted | {"dry_run": True}).get_json()
    before = count(house.session, PricePolicy)
    done = client.post(URL, json=wanted | {"policy_ids": seen(tried)}).get_json()
    again = client.post(URL, json=wanted).get_json()

    assert (tried["changed"], before, done["changed"], count(house.session, PricePolicy)) == (6, 4, 6, 10)
    for scope in (Scope(house.bare.id), Scope(third.id), Scope(unit_id=house.unit.id)):
        rows = house.newest(scope)
        assert terms_of(rows["校内"]) == terms_of(inside)
        assert (rows["其他"].hourly_fen, rows["其他"].sample_fen) == (40_000, 0)
    assert house.newest(Scope(third.id))["企业"].hourly_fen == 3
    assert [(row["refused"], row["hourly_before_fen"]) for row in again["items"]][:1] == [("已经是这个价格。", 10_000)]
    assert again["changed"] == 0


def test_what_changed_since_the_preview_stays_here_and_at_the_model(client: FlaskClient, house: House) -> None:
    model, place = Scope(house.priced.id), Scope(house.bare.id)
    house.set(model, "校内", hourly_fen=10_000)
    house.set(model, "其他", hourly_fen=40_000)
    sign_in(client, house.admin)
    wanted: dict[str, Any] = {
        "instrument_ids": [house.priced.id, house.bare.id],
        "same_as": {"instrument_id": house.priced.id},
    }
    wanted |= {"valid_from": house.today.isoformat()}
    ids = seen(client.post(URL, json=wanted | {"dry_run": True}).get_json())
    house.set(model, "其他", hourly_fen=50_000)
    house.set(place, "校内", hourly_fen=1)

    report = client.post(URL, json=wanted | {"policy_ids": ids}).get_json()

    assert [("预览" in row["refused"], row["hourly_after_fen"]) for row in report["items"]] == [(True, None)] * 2
    assert {name: one.hourly_fen for name, one in house.newest(place).items()} == {"校内": 1}


def test_a_steward_prices_no_unit_and_what_does_not_fit_together_is_refused(
    client: FlaskClient, session: Session, house: House
) -> None:
    house.set(Scope(unit_id=house.unit.id), "校内", hourly_fen=10_000)
    steward: User = make_user(session, "steward")
    give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, house.bare.id)
    session.commit()
    day = {"valid_from": house.today.isoformat()}
    both = {"unit_ids": [house.unit.id], "change": 500}
    sign_in(client, steward)
    report = client.post(URL, json=both | day).get_json()
    shown = client.get(f"/prices/bulk?id={house.bare.id}&unit_id={house.unit.id}").get_data(as_text=True)
    sign_in(client, house.admin)
    wrong = [
        client.post(URL, json=day | body).get_json()["problems"][0]["field"]
        for body in (
            {"change": 500},
            {"unit_ids": [house.unit.id]},
            {"instrument_ids": [house.bare.id], "change": 500, "same_as": {"instrument_id": house.bare.id}},
            {"instrument_ids": [house.bare.id], "same_as": {"unit_id": house.unit.id}},
            {"instrument_ids": [house.bare.id], "same_as": {}},
        )
    ]

    assert (report["changed"], report["items"][0]["name"], bool(report["items"][0]["refused"])) == (0, "", True)
    assert 'name="unit_id"' not in shown
    assert wrong == ["instrument_ids", "change", "change", "same_as", "same_as"]
    assert count(session, PricePolicy) == 1


def test_many_places_are_read_in_the_same_number_of_statements(client: FlaskClient, house: House) -> None:
    house.set(Scope(house.priced.id), "校内", hourly_fen=10_000)
    sign_in(client, house.admin)
    asked = {"same_as": {"instrument_id": house.priced.id}, "valid_from": house.today.isoformat(), "dry_run": True}

    def statements(ids: list[int]) -> int:
        with counting() as seen_ones:
            client.post(URL, json=asked | {"instrument_ids": [house.priced.id, *ids]})
        return len(seen_ones)

    two = statements([house.bare.id, house.instrument("三").id])
    assert statements([house.bare.id, *(house.instrument(str(number)).id for number in range(4))]) == two
