"""Setting prices and reading them: versions, whose price, the unit's, pages without script, the API."""

import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from booking.affiliations.group_reading import stored_groups
from booking.affiliations.user_groups import remove_group
from booking.catalogue import listing
from booking.core.actors import Actor
from booking.core.clock import local_date, utcnow
from booking.core.errors import Conflict, Forbidden, InvalidInput, NotFound, StaleVersion
from booking.pricing import queries, service
from booking.pricing.forms import PriceForm
from booking.pricing.queries import Scope, Spot
from models.accounts import AuditEntry, User
from models.catalogue import Instrument
from models.directory import Organisation, Unit
from models.pricing import PricePolicy
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.directory import OrganisationKind
from models.vocabulary.pricing import Offer
from tests.counting import counting
from tests.factories.affiliations import affiliate
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.looking import count
from tests.factories.people import actor_for, give, make_user, sign_in

TODAY = date(2026, 11, 23)


@pytest.fixture
def instrument(session: Session) -> Instrument:
    owner = make_organisation(session)
    unit = Unit(organisation_id=owner.id, name_zh="分析测试中心", name_en="Analytical centre")
    session.add(unit)
    session.flush()
    return make_instrument(session, owner, unit_id=unit.id)


@pytest.fixture
def admin(session: Session, instrument: Instrument) -> User:
    user = make_user(session, "admin")
    give(session, user, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, instrument.organisation_id)
    return user


@pytest.fixture
def setter(session: Session, admin: User, now: datetime) -> Actor:
    return actor_for(session, admin, now=now)


def price(group: str = "其他", day: date = TODAY, **values: Any) -> PriceForm:
    return PriceForm(user_group=group, valid_from=day, **{"hourly_fen": 45_000, **values})


def costs(session: Session, instrument: Instrument, user: User | None, day: date = TODAY) -> int | str | None:
    """What an hour costs somebody, or what stands instead of a price."""
    session.commit()
    spot = Spot(instrument.id, instrument.unit_id, instrument.organisation_id)
    found = queries.price_for(session, spot, user.id if user else None, day=day, today=TODAY)
    if found is None:
        return None
    return found.policy.hourly_fen if found.is_offered else str(found.policy.offer)


def test_everybody_pays_what_stands_for_their_group_and_strangers_what_others_pay(
    session: Session, instrument: Instrument, setter: Actor, now: datetime
) -> None:
    member, firm, stranger = (make_user(session, name) for name in ("member", "firm", "stranger"))
    affiliate(session, member, session.get_one(Organisation, instrument.organisation_id))
    affiliate(session, firm, make_organisation(session, kind=OrganisationKind.ENTERPRISE))
    here, unit = Scope(instrument.id), Scope(unit_id=instrument.unit_id)
    for scope, form in (
        (unit, price("校内", hourly_fen=18_000)),
        (unit, price("其他")),
        (here, price("企业", hourly_fen=60_000)),
    ):
        service.set_price(session, scope, form, actor=setter, now=now)

    assert [costs(session, instrument, who) for who in (member, firm, stranger, None)] == [
        18_000,
        60_000,
        45_000,
        45_000,
    ]
    assert costs(session, make_instrument(session), firm) is None

    service.set_price(session, here, price("企业", offer=Offer.NOT_OFFERED), actor=setter, now=now)
    assert costs(session, instrument, firm) == "not_offered"
    service.set_price(session, here, price("企业", offer=Offer.WITHDRAWN), actor=setter, now=now)
    assert costs(session, instrument, firm) == 45_000


def test_a_change_is_a_new_row_from_a_day_on_and_the_past_stays(
    session: Session, instrument: Instrument, setter: Actor, now: datetime
) -> None:
    here, next_week = Scope(instrument.id), TODAY + timedelta(days=7)
    service.set_price(session, here, price(hourly_fen=10_000), actor=setter, now=now)
    service.set_price(session, here, price(day=next_week, hourly_fen=99_900), actor=setter, now=now)
    service.set_price(session, here, price(day=next_week, hourly_fen=12_000), actor=setter, now=now)

    assert [costs(session, instrument, None, TODAY + timedelta(days=days)) for days in (-1, 0, 6, 7)] == [
        None,
        10_000,
        10_000,
        12_000,
    ]
    history = [(v.policy.hourly_fen, v.until, v.is_replaced) for v in queries.history(session, [here])]
    assert history == [(12_000, None, False), (99_900, None, True), (10_000, next_week, False)]
    noted = sa.select(AuditEntry.after).where(AuditEntry.action == "pricing.price_set").order_by(AuditEntry.id)
    assert [after["hourly_fen"] for after in session.scalars(noted) if after] == [10_000, 99_900, 12_000]
    for forbidden in ("UPDATE price_policies SET hourly_fen = 0", "DELETE FROM price_policies"):
        with pytest.raises(DBAPIError, match="price_policies_append_only"):
            session.execute(sa.text(forbidden))
        session.rollback()


def test_days_that_are_over_unknown_groups_and_halves_are_refused(
    session: Session, instrument: Instrument, setter: Actor, now: datetime
) -> None:
    here = Scope(instrument.id)
    wrong = price(day=TODAY - timedelta(days=1), peak_hourly_fen=5)
    with pytest.raises(InvalidInput) as refused:
        service.set_price(session, here, wrong, actor=setter, now=now)
    assert [problem.field for problem in refused.value.problems] == ["peak_hours", "valid_from"]
    with pytest.raises(InvalidInput):
        service.set_price(session, here, price("火星人"), actor=setter, now=now)
    with pytest.raises(StaleVersion):
        service.set_price(session, here, price(), actor=setter, now=now, expected_version=7)
    stranger = actor_for(session, make_user(session, "stranger"), now=now)
    with pytest.raises(Forbidden):
        service.set_price(session, here, price(), actor=stranger, now=now)
    draft = make_instrument(session, publishing_state=PublishingState.DRAFT)
    with pytest.raises(NotFound):
        service.set_price(session, Scope(draft.id), price(), actor=stranger, now=now)
    session.rollback()

    assert count(session, PricePolicy) == 0


def test_a_group_with_a_price_is_not_removed(
    session: Session, instrument: Instrument, setter: Actor, now: datetime
) -> None:
    service.set_price(session, Scope(instrument.id), price("企业"), actor=setter, now=now)
    firms = next(group for group in stored_groups(session, instrument.organisation_id) if group.name_zh == "企业")

    with pytest.raises(Conflict):
        remove_group(session, firms.id, actor=setter, now=now)


PAGE = {
    "user_group": "其他",
    "offer": "offered",
    "hourly_fen": "200",
    "peak_hourly_fen": "300.50",
    "peak_hours": "1-5 09:00-18:00",
    "step_minutes": "30",
    "rounding": "yuan",
    "billed_on": "larger",
    "cancel_hours": "24",
    "cancel_share": "50",
    "no_show_share": "100",
    "packages.0.hours": "8",
    "packages.0.price_fen": "1,200",
    "extras.0.kind": "consumable",
    "extras.0.per": "hour",
    "extras.2.kind": "preparation",
    "extras.2.per": "sample",
    "extras.2.name_zh": "喷金",
    "extras.2.unit_fen": "30",
}


def test_a_steward_tries_a_price_out_sets_it_and_everybody_reads_it_without_script(
    client: FlaskClient, session: Session, instrument: Instrument, admin: User
) -> None:
    sign_in(client, admin)
    path, day = f"/instruments/{instrument.id}/prices", local_date(utcnow())
    form = PAGE | {"valid_from": day.isoformat()}
    # A Saturday: no peak.
    use = {"starts_at": "2026-11-28T09:00", "ends_at": "2026-11-28T19:00", "samples": "2"}

    opened = client.get(f"{path}/edit").get_data(as_text=True)
    tried = client.post(f"{path}/try", data=form | use).get_data(as_text=True)
    wrong = client.post(f"{path}/edit", data=form | {"hourly_fen": "2.345", "extras.2.unit_fen": "x"})
    assert count(session, PricePolicy) == 0
    saved = client.post(f"{path}/edit", data=form | {"idempotency_key": "k"})
    again = client.post(f"{path}/edit", data=form | {"idempotency_key": "k"})

    assert "试算" in opened
    assert "¥1,660.00" in tried
    assert wrong.status_code == 422
    assert 'value="2.345"' in wrong.get_data(as_text=True)
    assert "field-extras.0.unit_fen" in wrong.get_data(as_text=True)
    assert (saved.status_code, again.status_code, count(session, PricePolicy)) == (303, 303, 1)
    stored = session.scalars(sa.select(PricePolicy)).one()
    assert (stored.peak_hourly_fen, stored.cancel_share, stored.packages) == (
        30_050,
        5_000,
        [{"hours": 8, "price_fen": 120_000}],
    )
    assert stored.extras == [
        {"kind": "preparation", "per": "sample", "name_zh": "喷金", "name_en": "", "unit_fen": 3_000}
    ]
    public = client.application.test_client()
    shown = public.get(path, query_string=use | {"try": "1", "user_group": "企业"}).get_data(as_text=True)
    assert [words in shown for words in ("¥200.00/小时", "¥1,660.00", "逾时取消收取 ¥830.00")] == [True, True, True]
    assert "¥200.00/小时 · 高峰 ¥300.50/小时" in public.get(f"/instruments/{instrument.id}").get_data(as_text=True)
    assert 'value="300.50"' in client.get(f"{path}/edit?user_group=其他").get_data(as_text=True)
    assert client.post(f"{path}/edit", data=form | {"version": "0"}).status_code == 409


def test_the_api_sets_lists_and_tries_prices(
    client: FlaskClient, session: Session, instrument: Instrument, admin: User
) -> None:
    sign_in(client, admin)
    path, day = f"/api/v1/instruments/{instrument.id}/prices", local_date(utcnow())
    body = {"user_group": "其他", "valid_from": day.isoformat(), "hourly_fen": 20_000, "minimum_fen": 30_000}
    use = {"starts_at": f"{day}T09:00:00+08:00", "ends_at": f"{day}T10:00:00+08:00"}

    made = client.post(path, json=body, headers={"If-Match": '"0"'})
    stale = client.post(path, json=body, headers={"If-Match": '"0"'})
    unit = client.post(f"/api/v1/units/{instrument.unit_id}/prices", json=body | {"user_group": "校内"})
    listed = client.get(path)
    tried = said(client.post(f"{path}/try", json=use))["price"]
    by_terms = said(client.post(f"{path}/try", json=use | {"terms": {"hourly_fen": 100}}))["price"]
    windows = ",".join(f"{hour:02}:00-{hour:02}:30" for hour in range(13))
    peaks = {"peak_hourly_fen": 100, "peak_hours": f"1 {windows}"}
    too_much = [
        client.post(f"{path}/try", json=use | more).status_code
        for more in ({"terms": peaks}, {"ends_at": f"{day + timedelta(days=31)}T09:00:00+08:00"})
    ]
    nobodys = client.application.test_client().post(f"{path}/try", json=use | {"terms": {"hourly_fen": 100}})

    assert (made.status_code, stale.status_code, unit.status_code) == (201, 412, 201)
    assert listed.headers["ETag"] == f'"{said(made)["id"]}"'
    assert [(one["user_group"]["name"], one["unit_id"]) for one in said(listed)["items"]] == [
        ("校内", instrument.unit_id),
        ("其他", None),
    ]
    assert said(listed)["own"]["hourly_fen"] == 20_000
    assert [group["name"] for group in said(listed)["groups"]][:3] == ["本组", "校内", "协议单位"]
    assert tried["gross_fen"] == 30_000
    assert [(line["kind"], line["quantity"], line["amount_fen"]) for line in tried["lines"]] == [
        ("time", 1.0, 20_000),
        ("minimum", 1.0, 10_000),
    ]
    assert by_terms["gross_fen"] == 100
    assert (too_much, nobodys.status_code) == ([422, 422], 401)


def said(response: TestResponse) -> Any:
    return response.get_json()


def test_many_prices_are_raised_by_a_share_after_a_preview(
    client: FlaskClient, session: Session, instrument: Instrument, admin: User, setter: Actor
) -> None:
    now = utcnow()
    day, later = local_date(now), local_date(now) + timedelta(days=30)
    bare = make_instrument(session, session.get_one(Organisation, instrument.organisation_id))
    foreign = make_instrument(session)
    listing.refresh(session, [instrument.id, bare.id, foreign.id])
    for form in (
        price("校内", day, hourly_fen=10_010, setup_fen=50),
        price("其他", day),
        price("企业", day, offer=Offer.NOT_OFFERED),
    ):
        service.set_price(session, Scope(instrument.id), form, actor=setter, now=now)
    session.commit()
    sign_in(client, admin)
    ids = [instrument.id, bare.id, foreign.id]
    typed = {"id": ids, "percent": "5", "valid_from": later.isoformat(), "rounding": "jiao"}
    change = {"instrument_ids": ids, "change": -1_000, "valid_from": day.isoformat()}

    preview = client.post("/prices/bulk/preview", data=typed).get_data(as_text=True)
    assert count(session, PricePolicy) == 3
    wrong = client.post("/prices/bulk/preview", data=typed | {"percent": "viel"}).status_code
    shown = {"policy_id": re.findall(r'name="policy_id" value="([0-9]+)"', preview)}
    client.post("/prices/bulk", data=typed | shown | {"idempotency_key": "k"})
    report = client.post("/prices/bulk", data=typed | shown | {"idempotency_key": "k"})
    by_api = said(client.post("/api/v1/prices/bulk", json=change))

    assert ("¥105.10" in preview, "¥472.50" in preview, wrong, report.status_code) == (True, True, 422, 200)
    session.commit()
    raised = session.scalars(sa.select(PricePolicy).where(PricePolicy.valid_from == later).order_by(PricePolicy.id))
    assert [(one.hourly_fen, one.setup_fen) for one in raised] == [(10_510, 50), (47_250, 0)]
    assert (by_api["changed"], by_api["refused"]) == (0, 4)
    assert [bool(row["refused"]) for row in by_api["items"]] == [True] * 4
    found = said(client.get("/api/v1/instruments"))["items"]
    own = {one["id"]: one["price"] and one["price"]["hourly_fen"] for one in found}
    assert own == {instrument.id: 45_000, bare.id: None, foreign.id: None}


def test_a_price_that_changed_since_the_preview_stays_as_it_is(
    client: FlaskClient, session: Session, instrument: Instrument, admin: User, setter: Actor
) -> None:
    now = utcnow()
    for group in ("校内", "其他"):
        form = price(group, local_date(now), hourly_fen=10_000)
        service.set_price(session, Scope(instrument.id), form, actor=setter, now=now)
    session.commit()
    sign_in(client, admin)
    change = {"instrument_ids": [instrument.id], "change": 1_000, "valid_from": local_date(now).isoformat()}
    seen = said(client.post("/api/v1/prices/bulk", json=change | {"dry_run": True}))["items"]
    form = price("其他", local_date(now), hourly_fen=11_000)
    service.set_price(session, Scope(instrument.id), form, actor=setter, now=now)
    session.commit()

    ids = [row["policy_id"] for row in seen]
    report = said(client.post("/api/v1/prices/bulk", json=change | {"policy_ids": ids}))

    assert [(row["hourly_after_fen"], bool(row["refused"])) for row in report["items"]] == [
        (11_000, False),
        (None, True),
    ]
    assert "预览" in report["items"][1]["refused"]
    session.commit()
    assert session.scalars(sa.select(PricePolicy.hourly_fen).order_by(PricePolicy.id)).all() == [
        10_000,
        10_000,
        11_000,
        11_000,
    ]


def test_finance_changes_and_learns_nothing_of_prices_of_records_it_may_not_read(
    client: FlaskClient, session: Session, instrument: Instrument, setter: Actor
) -> None:
    now, clerk = utcnow(), make_user(session, "clerk")
    give(session, clerk, Role.INSTITUTION_FINANCE, ScopeKind.ORGANISATION, instrument.organisation_id)
    draft = make_instrument(
        session,
        session.get_one(Organisation, instrument.organisation_id),
        publishing_state=PublishingState.DRAFT,
        name_zh="保密装置",
    )
    for one in (instrument, draft):
        service.set_price(session, Scope(one.id), price(day=local_date(now)), actor=setter, now=now)
    session.commit()
    sign_in(client, clerk)
    change = {"instrument_ids": [instrument.id, draft.id], "change": 1_000, "valid_from": local_date(now).isoformat()}

    page = client.get(f"/prices/bulk?id={instrument.id}&id={draft.id}").get_data(as_text=True)
    report = said(client.post("/api/v1/prices/bulk", json=change))

    assert (instrument.name_zh in page, draft.name_zh in page) == (True, False)
    found = [(row["instrument_id"], row["name"], row["hourly_after_fen"]) for row in report["items"]]
    assert found == [(instrument.id, instrument.name_zh, 49_500), (draft.id, "", None)]
    session.commit()
    assert count(session, PricePolicy) == 3


def test_prices_of_many_instruments_take_two_statements(
    session: Session, instrument: Instrument, setter: Actor, now: datetime
) -> None:
    service.set_price(session, Scope(unit_id=instrument.unit_id), price(), actor=setter, now=now)
    owner, unit_id = instrument.organisation_id, instrument.unit_id
    session.commit()

    with counting() as statements:
        found = queries.prices_for(
            session, [Spot(number, unit_id, owner) for number in range(1, 21)], setter.id, day=TODAY, today=TODAY
        )

    assert (len(found), len(statements)) == (20, 2)
