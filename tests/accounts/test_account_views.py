import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import tokens
from booking.accounts.tokens import NewToken
from booking.core.clock import utcnow
from booking.web.extensions import transaction
from models.accounts import AccessToken, AuditEntry, User
from models.vocabulary.accounts import Language, Role, ScopeKind
from tests.factories.browsing import enter, is_signed_in, make_lin
from tests.factories.instruments import make_organisation
from tests.factories.looking import count, look_again
from tests.factories.passwords import PASSWORD, password_hash
from tests.factories.people import actor_for, give, make_user, sign_in


def test_changing_the_password_keeps_this_browser_and_ends_the_others(app: Flask, session: Session) -> None:
    make_lin(session)
    here, elsewhere = app.test_client(), app.test_client()
    enter(here)
    enter(elsewhere)

    fields = {"current_password": PASSWORD, "password": "another five words in a row"}
    assert here.post("/account/password", data=fields).status_code == 303

    assert is_signed_in(here)
    assert not is_signed_in(elsewhere)


def test_the_password_is_not_changed_without_the_old_one(client: FlaskClient, session: Session) -> None:
    user = make_lin(session)
    sign_in(client, user)

    answer = client.post(
        "/account/password", data={"current_password": "not the password", "password": "another five words"}
    )

    assert answer.status_code == 422
    assert "当前密码不正确。" in answer.get_data(as_text=True)
    look_again(session)
    assert session.scalars(select(User.password_hash)).one() == password_hash()


def test_the_account_page_shows_roles_where_they_hold_and_saves_name_and_language(
    client: FlaskClient, session: Session
) -> None:
    user = make_lin(session)
    organisation = make_organisation(session, name_zh="西南大学示例学院")
    give(session, user, Role.STEWARD, ScopeKind.ORGANISATION, organisation.id)
    sign_in(client, user)

    page = client.get("/account").get_data(as_text=True)
    saved = client.post("/account", data={"name": "林小明", "language": "en"})

    assert "仪器管理员" in page
    assert "西南大学示例学院" in page
    assert saved.headers["Location"] == "/account?lang=en"
    look_again(session)
    assert (user.name, user.language) == ("林小明", Language.ENGLISH)


def test_a_name_that_cannot_be_comes_back_with_its_problem(client: FlaskClient, session: Session) -> None:
    sign_in(client, make_lin(session))

    answer = client.post("/account", data={"name": "x" * 81, "language": "fr"})
    page = answer.get_data(as_text=True)

    assert answer.status_code == 422
    assert 'id="problems-name"' in page
    assert 'id="problems-language"' in page
    assert count(session, AuditEntry) == 0


def test_a_token_is_shown_once_and_ends_when_revoked(client: FlaskClient, session: Session) -> None:
    sign_in(client, make_lin(session))

    made = client.post("/account/tokens", data={"name": "夜间脚本", "scopes": "read", "days": "30"})
    secret = re.findall(r"cyi_[\w-]{43}", made.get_data(as_text=True))[0]
    bearer = {"Authorization": f"Bearer {secret}"}

    assert secret not in client.get("/account/tokens").get_data(as_text=True)
    assert client.get("/api/v1/me", headers=bearer).status_code == 200
    token_id = session.scalars(select(AccessToken.id)).one()
    assert client.post(f"/account/tokens/{token_id}/revoke").status_code == 303
    assert client.get("/api/v1/me", headers=bearer).status_code == 401


def test_a_double_click_makes_one_token(client: FlaskClient, session: Session) -> None:
    sign_in(client, make_lin(session))
    fields = {"name": "夜间脚本", "scopes": "write", "days": "30", "idempotency_key": "clicked"}

    first, second = (client.post("/account/tokens", data=fields).get_data(as_text=True) for _ in range(2))

    assert "cyi_" in first
    assert "cyi_" not in second
    assert "已创建过" in second
    assert count(session, AccessToken) == 1


@pytest.mark.parametrize(
    ("field", "value"), [("name", ""), ("name", "x" * 81), ("days", "366"), ("days", "0"), ("days", "soon")]
)
def test_a_token_that_cannot_be_is_not_made(client: FlaskClient, session: Session, field: str, value: str) -> None:
    sign_in(client, make_lin(session))

    answer = client.post("/account/tokens", data={"name": "script", "scopes": "read", "days": "30"} | {field: value})

    assert answer.status_code == 422
    assert count(session, AccessToken) == 0


def test_nobody_sees_or_revokes_somebody_elses_tokens(client: FlaskClient, session: Session) -> None:
    me = make_lin(session)
    owner = actor_for(session, make_user(session, "owner"), now=utcnow())
    token, _ = transaction(tokens.make_token, NewToken("归他人所有", True, 30), actor=owner, now=utcnow())
    sign_in(client, me)

    assert "归他人所有" not in client.get("/account/tokens").get_data(as_text=True)
    for token_id in (token.id, 999, 2**40, 10**30):
        assert client.post(f"/account/tokens/{token_id}/revoke").status_code == 404
    look_again(session)
    assert session.scalars(select(AccessToken.revoked_at)).one() is None


@pytest.mark.parametrize("path", ["/account", "/account/tokens"])
def test_strangers_are_sent_to_sign_in_and_back(client: FlaskClient, path: str) -> None:
    answer = client.get(path)

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/sign-in?next={path}")


@pytest.mark.parametrize("path", ["/account", "/account/password", "/account/tokens", "/account/tokens/1/revoke"])
def test_strangers_change_nothing(client: FlaskClient, session: Session, path: str) -> None:
    assert client.post(path, data={"name": "x"}).status_code == 401
    assert count(session, AuditEntry) == 0
