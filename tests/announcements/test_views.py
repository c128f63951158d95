"""Announcements: who sees them, when, and how they are made."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.announcements import showing
from booking.announcements.rules import concerns
from booking.core.clock import local_date, utcnow
from models.accounts import AuditEntry
from models.affiliations import Affiliation
from models.announcements import Announcement
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.affiliations import AffiliationState
from models.vocabulary.announcements import Audience, Weight
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.looking import count, look_again
from tests.factories.people import give, make_user, sign_in

TEXT = "周六 8 点至 12 点停机维护"


@pytest.fixture
def admin(client: FlaskClient, session: Session) -> FlaskClient:
    user = make_user(session, "admin")
    give(session, user, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    sign_in(client, user)
    return client


def typed(starts: str = "2026-11-25T08:00", ends: str = "2099-11-25T12:00", **more: str) -> dict[str, str]:
    return {"text_zh": TEXT, "starts_at": starts, "ends_at": ends, "audience": "everybody", "weight": "info", **more}


def test_what_is_announced_stands_on_every_page_until_it_is_taken_down(admin: FlaskClient, session: Session) -> None:
    admin.post("/announcements", data=typed())
    made = session.scalars(select(Announcement)).one()
    shown = TEXT in admin.application.test_client().get("/").get_data(as_text=True)
    admin.post(f"/announcements/{made.id}/end")

    look_again(session)
    assert shown
    assert TEXT not in admin.application.test_client().get("/").get_data(as_text=True)
    assert [entry.action for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))] == [
        "announcements.made",
        "announcements.ended",
    ]


def test_one_that_has_not_begun_is_never_shown_once_taken_down(admin: FlaskClient, session: Session) -> None:
    admin.post("/announcements", data=typed(starts="2098-01-01T00:00"))
    made = session.scalars(select(Announcement)).one()

    admin.post(f"/announcements/{made.id}/end")

    assert count(session, Announcement) == 0


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        pytest.param({"text_zh": ""}, "text_zh", id="no text in any language"),
        pytest.param({"ends_at": "2026-11-25T08:00"}, "ends_at", id="an end that is no later than the beginning"),
        pytest.param({"url": "javascript:alert(1)"}, "url", id="an address that runs script"),
    ],
)
def test_wrong_fields_come_back_filled_in_and_nothing_is_stored(
    admin: FlaskClient, session: Session, wrong: dict[str, str], field: str
) -> None:
    answer = admin.post("/announcements", data={**typed(), **wrong})

    page = answer.get_data(as_text=True)
    assert (answer.status_code, f'href="#field-{field}"' in page) == (422, True)
    assert wrong.get("text_zh", TEXT) in page
    assert count(session, Announcement) == 0


def test_a_double_click_announces_once(admin: FlaskClient, session: Session) -> None:
    for _ in range(2):
        admin.post("/announcements", data={**typed(), "idempotency_key": "same"})

    assert count(session, Announcement) == 1


def test_pages_follow_a_change_of_another_process_within_seconds(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.get("/")
    now: datetime = utcnow()
    times = {"starts_at": now - timedelta(hours=1), "ends_at": now + timedelta(hours=1), "created_at": now}
    session.add(Announcement(text_zh=TEXT, audience=Audience.EVERYBODY, weight=Weight.INFO, **times))
    session.commit()
    before = TEXT in client.get("/").get_data(as_text=True)
    monkeypatch.setattr(showing, "REREAD_SECONDS", 0.0)

    assert (before, TEXT in client.get("/").get_data(as_text=True)) == (False, True)


@pytest.mark.parametrize(
    ("role", "audiences"),
    [
        pytest.param(None, {Audience.EVERYBODY}, id="nobody"),
        pytest.param(Role.RESEARCHER, {Audience.EVERYBODY, Audience.SIGNED_IN}, id="researcher"),
        pytest.param(Role.STEWARD, {Audience.EVERYBODY, Audience.SIGNED_IN, Audience.STAFF}, id="steward"),
        pytest.param(Role.ENTERPRISE_AGENT, {Audience.EVERYBODY, Audience.SIGNED_IN}, id="agent"),
        *(
            pytest.param(role, {Audience.EVERYBODY, Audience.SIGNED_IN, Audience.STAFF}, id=role.value)
            for role in (Role.REVIEWER, Role.OPERATOR, Role.VOUCHER_OFFICER, Role.AUDITOR)
        ),
        pytest.param(Role.INSTITUTION_ADMIN, set(Audience), id="admin"),
    ],
)
def test_an_announcement_concerns(role: Role | None, audiences: set[Audience]) -> None:
    roles = [role] if role else []

    assert {one for one in Audience if concerns(one, roles, is_signed_in=role is not None)} == audiences


def test_one_for_a_place_is_seen_by_those_who_belong_there_or_work_there_and_nobody_else(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(showing, "REREAD_SECONDS", 0.0)
    now, today = utcnow(), local_date(utcnow())
    ours, near, far = (make_organisation(session, adcode=code) for code in ("500109", "500103", "510107"))
    people = {name: make_user(session, name) for name in ("member", "left", "steward", "neighbour", "distant", "boss")}
    give(session, people["steward"], Role.STEWARD, ScopeKind.INSTRUMENT, make_instrument(session, ours).id)
    give(session, people["neighbour"], Role.STEWARD, ScopeKind.ORGANISATION, near.id)
    give(session, people["distant"], Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, far.id)
    give(session, people["boss"], Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    started = {"state": AffiliationState.CONFIRMED, "starts_on": today - timedelta(days=9), "asked_at": now}
    for name, last in (("member", None), ("left", today - timedelta(days=1)), ("distant", today)):
        owner = far if name == "distant" else ours
        place = {"user_id": people[name].id, "organisation_id": owner.id, "ends_on": last, "decided_at": now}
        session.add(Affiliation(**started, **place))
    times = {"starts_at": now - timedelta(hours=1), "ends_at": now + timedelta(hours=1), "created_at": now}
    aims: list[tuple[str, Audience, dict[str, Any]]] = [
        ("ours", Audience.EVERYBODY, {"organisation_id": ours.id}),
        ("our staff", Audience.STAFF, {"organisation_id": ours.id}),
        ("Chongqing", Audience.SIGNED_IN, {"province": "500000"}),
        ("Sichuan", Audience.ADMINS, {"province": "510000"}),
    ]
    for text, audience, aim in aims:
        session.add(Announcement(text_zh=text, audience=audience, weight=Weight.INFO, **aim, **times))
    session.commit()

    seen = {}
    for name in ("nobody", *people):
        if name != "nobody":
            sign_in(client, people[name])
        seen[name] = [one["text_zh"] for one in client.get("/api/v1/announcements/current").get_json()["items"]]

    everything = ["ours", "our staff", "Chongqing", "Sichuan"]
    assert seen == {
        "nobody": [],
        "member": ["ours", "Chongqing"],
        "left": [],
        "steward": ["ours", "our staff", "Chongqing"],
        "neighbour": ["Chongqing"],
        "distant": ["Sichuan"],
        "boss": everything,
    }


def test_an_announcement_is_for_one_place_that_exists(admin: FlaskClient, session: Session) -> None:
    organisation = make_organisation(session)
    both = typed(organisation_id=str(organisation.id), province="500000")

    refused = [
        admin.post("/announcements", data=form)
        for form in (both, typed(province="500109"), typed(organisation_id="99999"))
    ]
    admin.post("/announcements", data=typed(organisation_id=str(organisation.id), province=""))

    assert [answer.status_code for answer in refused] == [422] * 3
    assert "单位和省份最多选一个。" in refused[0].get_data(as_text=True)
    made = session.scalars(select(Announcement)).one()
    assert (made.organisation_id, made.province) == (organisation.id, None)
    assert organisation.name_zh in admin.get("/announcements").get_data(as_text=True)
