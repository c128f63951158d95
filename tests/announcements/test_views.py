"""Announcements: who sees them, when, and how they are made."""

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.announcements import showing
from booking.announcements.rules import concerns
from booking.core.actors import Actor, HeldGrant
from booking.core.clock import utcnow
from models.accounts import AuditEntry
from models.announcements import Announcement
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.announcements import Audience, Weight
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
        pytest.param(Role.INSTITUTION_ADMIN, set(Audience), id="admin"),
    ],
)
def test_an_announcement_concerns(role: Role | None, audiences: set[Audience]) -> None:
    actor = Actor(1, "a@example.org", "A", grants=(HeldGrant(role, ScopeKind.PLATFORM, None),)) if role else None

    assert {audience for audience in Audience if concerns(audience, actor)} == audiences
