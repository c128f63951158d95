from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.accounts import tokens
from booking.accounts.tokens import NewToken
from booking.core.clock import utcnow
from booking.web.extensions import transaction
from models.accounts import AccessToken, Grant, User
from models.vocabulary.accounts import Role, ScopeKind
from tests.factories.browsing import EMAIL, is_signed_in, make_lin
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.looking import count, look_again
from tests.factories.passwords import PASSWORD
from tests.factories.people import actor_for, give, make_user, sign_in

WANTED = {"name": "nightly script", "scopes": ["read", "write"], "days": 30}


def bearer(session: Session, user: User, *, may_write: bool = True, days: int = 30) -> dict[str, str]:
    actor, now = actor_for(session, user, now=utcnow()), utcnow()
    look_again(session)
    _, secret = transaction(tokens.make_token, NewToken("test", may_write, days), actor=actor, now=now)
    return {"Authorization": f"Bearer {secret}"}


def test_me_is_the_caller_with_the_grants_that_hold_today_or_later(client: FlaskClient, session: Session) -> None:
    user = make_user(session)
    organisation = make_organisation(session, name_zh="西南大学", name_en="Southwest University")
    instrument = make_instrument(session, organisation)
    held = give(session, user, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, organisation.id)
    ended = give(session, user, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    session.execute(update(Grant).where(Grant.id == ended.id).values(ends_on=held.starts_on))
    session.commit()

    answer = client.get("/api/v1/me", headers=bearer(session, user))

    assert answer.get_json() == {
        "id": user.id,
        "email": "researcher@example.org",
        "name": "Researcher",
        "language": "zh",
        "scopes": ["read", "write"],
        "grants": [
            {
                "id": held.id,
                "role": "institution_admin",
                "scope": {
                    "kind": "organisation",
                    "id": organisation.id,
                    "name": "西南大学",
                    "name_en": "Southwest University",
                },
                "starts_on": "2020-01-01",
                "ends_on": None,
            }
        ],
    }


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer cyi_unknown"}, {"Authorization": "Bearer "}])
def test_a_stranger_is_nobody(client: FlaskClient, headers: dict[str, str]) -> None:
    answer = client.get("/api/v1/me", headers=headers)

    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert (answer.get_json()["code"], answer.headers["WWW-Authenticate"]) == ("not_signed_in", 'Bearer realm="api"')


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"revoked_at": utcnow()}, id="revoked"),
        pytest.param({"expires_at": utcnow() - timedelta(seconds=1)}, id="expired"),
    ],
)
def test_a_token_no_longer_in_force_is_refused(client: FlaskClient, session: Session, changes: dict[str, Any]) -> None:
    headers = bearer(session, make_user(session))
    session.execute(update(AccessToken).values(**changes))
    session.commit()

    assert client.get("/api/v1/me", headers=headers).status_code == 401


def test_a_deactivated_persons_token_and_session_end(client: FlaskClient, session: Session) -> None:
    user = make_user(session)
    headers = bearer(session, user)
    sign_in(client, user)
    session.execute(update(User).values(deactivated_at=utcnow()))
    session.commit()

    assert client.get("/api/v1/me", headers=headers).status_code == 401
    assert client.get("/api/v1/me").status_code == 401


def test_a_token_is_made_in_a_session_and_its_secret_works_at_once(client: FlaskClient, session: Session) -> None:
    sign_in(client, make_user(session))

    made = client.post("/api/v1/tokens", json=WANTED)
    secret = made.get_json()["secret"]
    listed = client.get("/api/v1/tokens", headers={"Authorization": f"Bearer {secret}"}).get_json()

    assert (made.status_code, made.headers["Location"]) == (201, "/api/v1/tokens")
    assert (len(secret), secret[:4]) == (47, "cyi_")
    assert [(item["name"], item["scopes"]) for item in listed["items"]] == [("nightly script", ["read", "write"])]
    assert "secret" not in listed["items"][0]


def test_a_repeat_answers_the_same_token_without_its_secret(client: FlaskClient, session: Session) -> None:
    sign_in(client, make_user(session))
    headers = {"Idempotency-Key": "once"}

    first, second = (client.post("/api/v1/tokens", json=WANTED, headers=headers) for _ in range(2))

    assert second.get_json() == first.get_json() | {"secret": None}
    assert count(session, AccessToken) == 1


def test_no_token_makes_tokens(client: FlaskClient, session: Session) -> None:
    headers = bearer(session, make_user(session))

    answer = client.post("/api/v1/tokens", json=WANTED, headers=headers)

    assert (answer.status_code, answer.get_json()["code"]) == (403, "forbidden")
    assert count(session, AccessToken) == 1


def test_a_reading_token_changes_nothing(client: FlaskClient, session: Session) -> None:
    headers = bearer(session, make_user(session), may_write=False)
    token_id = session.scalars(select(AccessToken.id)).one()

    answer = client.delete(f"/api/v1/tokens/{token_id}", headers=headers)

    assert answer.status_code == 403
    look_again(session)
    assert session.scalars(select(AccessToken.revoked_at)).one() is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"name": ""}, "name", id="no name"),
        pytest.param({"name": "x" * 81}, "name", id="a name of 81 characters"),
        pytest.param({"name": "a\x00b"}, "name", id="a NUL in the name"),
        pytest.param({"scopes": []}, "scopes", id="no scope"),
        pytest.param({"scopes": ["admin"]}, "scopes.0", id="an unknown scope"),
        pytest.param({"scopes": 5}, "scopes", id="a number as scopes"),
        pytest.param({"days": 0}, "days", id="no day"),
        pytest.param({"days": 366}, "days", id="more than a year"),
        pytest.param({"days": 10**30}, "days", id="very many days"),
        pytest.param({"user_id": 1}, "user_id", id="an unknown field"),
    ],
)
def test_a_token_that_cannot_be_is_refused_at_its_field(
    client: FlaskClient, session: Session, changes: dict[str, Any], field: str
) -> None:
    sign_in(client, make_user(session))

    answer = client.post("/api/v1/tokens", json=WANTED | changes)

    assert answer.status_code == 422
    assert [problem["field"] for problem in answer.get_json()["problems"]] == [field]
    assert count(session, AccessToken) == 0


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        pytest.param(b"{", "application/json", 400, id="broken JSON"),
        pytest.param(b"\xff\xfe", "application/json", 400, id="no UTF-8"),
        pytest.param(b"[]", "application/json", 422, id="a list"),
        pytest.param(b"name=x", "application/x-www-form-urlencoded", 415, id="a form"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(
    client: FlaskClient, session: Session, body: bytes, content_type: str, status: int
) -> None:
    sign_in(client, make_user(session))

    answer = client.post("/api/v1/tokens", data=body, content_type=content_type)

    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert count(session, AccessToken) == 0


def test_pages_of_tokens_follow_each_other(client: FlaskClient, session: Session) -> None:
    user = make_user(session)
    for _ in range(5):
        bearer(session, user)
    sign_in(client, user)

    seen, cursor = [], ""
    while cursor is not None:
        page = client.get(f"/api/v1/tokens?limit=2&cursor={cursor}").get_json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]

    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 5


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=0", 422),
        ("limit=1000000000", 422),
        ("limit=x", 422),
        ("cursor=broken", 400),
        ("cursor=WzEwMDAwMDAwMDAwMDAwMDAwMDAwMDAwXQ", 400),
        ("page=2", 422),
    ],
)
def test_a_broken_question_for_tokens_is_refused(
    client: FlaskClient, session: Session, query: str, status: int
) -> None:
    sign_in(client, make_user(session))

    assert client.get(f"/api/v1/tokens?{query}").status_code == status


def test_nobody_lists_or_revokes_somebody_elses_tokens(client: FlaskClient, session: Session) -> None:
    owner, other = make_user(session, "owner"), make_user(session, "other")
    bearer(session, owner)
    headers = bearer(session, other)
    foreign = session.scalars(select(AccessToken.id).where(AccessToken.user_id == owner.id)).one()

    listed = client.get("/api/v1/tokens", headers=headers).get_json()["items"]

    assert foreign not in [item["id"] for item in listed]
    for token_id in (foreign, 999, 2**31, 10**30):
        assert client.delete(f"/api/v1/tokens/{token_id}", headers=headers).status_code == 404
    look_again(session)
    assert session.scalars(select(AccessToken.revoked_at).where(AccessToken.id == foreign)).one() is None


def test_a_token_revokes_itself(client: FlaskClient, session: Session) -> None:
    headers = bearer(session, make_user(session))
    token_id = session.scalars(select(AccessToken.id)).one()
    look_again(session)

    assert client.delete(f"/api/v1/tokens/{token_id}", headers=headers).status_code == 204
    assert client.get("/api/v1/me", headers=headers).status_code == 401


def test_the_last_use_is_noted_at_most_hourly(client: FlaskClient, session: Session) -> None:
    headers = bearer(session, make_user(session))

    client.get("/api/v1/me", headers=headers)
    look_again(session)
    first = session.scalars(select(AccessToken.last_used_at)).one()
    client.get("/api/v1/me", headers=headers)
    look_again(session)
    second = session.scalars(select(AccessToken.last_used_at)).one()
    session.execute(update(AccessToken).values(last_used_at=utcnow() - timedelta(hours=2)))
    session.commit()
    client.get("/api/v1/me", headers=headers)
    look_again(session)
    third = session.scalars(select(AccessToken.last_used_at)).one()

    assert first is not None
    assert second == first
    assert third is not None
    assert utcnow() - third < timedelta(minutes=1)


def test_name_and_language_are_changed_apart_and_a_stale_version_is_refused(
    client: FlaskClient, session: Session
) -> None:
    headers = bearer(session, make_user(session))
    read = client.get("/api/v1/me", headers=headers)

    named = client.patch("/api/v1/me", json={"name": "林小明"}, headers=headers)
    stale = client.patch("/api/v1/me", json={"language": "en"}, headers=headers | {"If-Match": read.headers["ETag"]})
    turned = client.patch("/api/v1/me", json={"language": "en"}, headers=headers | {"If-Match": named.headers["ETag"]})
    refused = client.patch("/api/v1/me", json={"name": " ", "email": "x@example.org"}, headers=headers)

    assert [answer.status_code for answer in (named, stale, turned, refused)] == [200, 412, 200, 422]
    assert (named.get_json()["name"], named.get_json()["language"]) == ("林小明", "zh")
    assert sorted(problem["field"] for problem in refused.get_json()["problems"]) == ["email", "name"]
    assert (
        turned.get_json()
        == client.get("/api/v1/me", headers=headers).get_json()
        == read.get_json()
        | {
            "name": "林小明",
            "language": "en",
        }
    )


def test_a_new_password_needs_the_old_one_keeps_this_session_and_ends_the_others(app: Flask, session: Session) -> None:
    here, elsewhere, user = app.test_client(), app.test_client(), make_lin(session)
    sign_in(here, user)
    sign_in(elsewhere, user)
    wanted = {"current_password": PASSWORD, "password": "another five words in a row"}

    answers = [
        here.post("/api/v1/me/change-password", json=wanted | wrong)
        for wrong in ({"current_password": "not the password"}, {"password": EMAIL}, {"password": "short"}, {})
    ]

    assert [answer.status_code for answer in answers] == [422, 422, 422, 204]
    assert [answer.get_json()["problems"][0]["field"] for answer in answers[:3]] == [
        "current_password",
        "password",
        "password",
    ]
    assert (is_signed_in(here), is_signed_in(elsewhere)) == (True, False)
