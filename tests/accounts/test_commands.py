import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import passwords
from models.accounts import AuditEntry, Grant, User
from models.vocabulary.accounts import Role, ScopeKind
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.looking import count
from tests.factories.passwords import PASSWORD
from tests.factories.people import make_user


def run(app: Flask, *words: str) -> tuple[int, str, str]:
    done = app.test_cli_runner().invoke(args=words)
    return done.exit_code, done.stdout, done.stderr


def test_an_account_is_made_confirmed_with_the_password_given(app: Flask, session: Session) -> None:
    code, out, _ = run(app, "create-user", "Lin@SWU.edu.cn", "--name", "林晓明", "--password", PASSWORD)

    user = session.scalars(select(User)).one()
    assert (code, PASSWORD in out) == (0, False)
    assert (user.email, user.name, user.confirmed_at is not None) == ("lin@swu.edu.cn", "林晓明", True)
    assert passwords.matches(user.password_hash, PASSWORD)


def test_without_a_terminal_a_password_is_made_up_and_printed(app: Flask, session: Session) -> None:
    _, out, _ = run(app, "create-user", "lin@swu.edu.cn", "--name", "林晓明")

    printed = re.findall(r"[\w-]{20}", out)[-1]
    assert passwords.matches(session.scalars(select(User.password_hash)).one(), printed)


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("organisation:{organisation}", (ScopeKind.ORGANISATION, "organisation")),
        ("organisation:西南大学", (ScopeKind.ORGANISATION, "organisation")),
        ("organisation:Southwest University", (ScopeKind.ORGANISATION, "organisation")),
        ("instrument:{instrument}", (ScopeKind.INSTRUMENT, "instrument")),
    ],
)
def test_a_role_is_given_where_the_scope_says(
    app: Flask, session: Session, scope: str, expected: tuple[ScopeKind, str]
) -> None:
    organisation = make_organisation(session, name_zh="西南大学", name_en="Southwest University")
    ids = {"organisation": organisation.id, "instrument": make_instrument(session, organisation).id}

    code, _, problem = run(
        app, "create-user", "s@swu.edu.cn", "--name", "S", "--role", "steward", "--scope", scope.format(**ids)
    )

    grant = session.scalars(select(Grant)).one()
    assert (code, problem) == (0, "")
    assert (grant.role, grant.scope_kind, grant.scope_id) == (Role.STEWARD, expected[0], ids[expected[1]])


def test_an_admin_of_the_platform_needs_no_scope(app: Flask, session: Session) -> None:
    code, _, _ = run(app, "create-user", "a@swu.edu.cn", "--name", "A", "--role", "platform_admin")

    assert (code, session.scalars(select(Grant.scope_kind)).one()) == (0, ScopeKind.PLATFORM)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        pytest.param(("taken@example.org", "--name", "N"), "已有账户", id="an address that has an account"),
        pytest.param(("nonsense", "--name", "N"), "email: 邮箱地址不正确。", id="no address"),
        pytest.param(("n@swu.edu.cn", "--name", " "), "name: 请填写此项。", id="no name"),
        pytest.param(("n@swu.edu.cn", "--name", "N", "--password", "short"), "password: 至少 10 个字符。", id="short"),
        pytest.param(("n@swu.edu.cn", "--name", "N", "--role", "king"), "Invalid value", id="no such role"),
        pytest.param(("n@swu.edu.cn", "--name", "N", "--scope", "platform"), "needs --role", id="a scope alone"),
        pytest.param(
            ("n@swu.edu.cn", "--name", "N", "--role", "steward", "--scope", "organisation:nowhere"),
            "scope: 没有",
            id="no org",
        ),
        pytest.param(
            ("n@swu.edu.cn", "--name", "N", "--role", "steward", "--scope", "unit:9" + "9" * 30), "scope: 没有", id="id"
        ),
        pytest.param(
            ("n@swu.edu.cn", "--name", "N", "--role", "steward", "--scope", "moon:1"), "范围应为", id="no kind"
        ),
        pytest.param(
            ("n@swu.edu.cn", "--name", "N", "--role", "steward"), "scope: 这个角色", id="a steward of everything"
        ),
    ],
)
def test_an_account_that_cannot_be_is_refused_with_the_reason(
    app: Flask, session: Session, words: tuple[str, ...], reason: str
) -> None:
    make_user(session, "taken")

    code, _, problem = run(app, "create-user", *words)

    assert code != 0
    assert reason in problem
    assert (count(session, User), count(session, Grant), count(session, AuditEntry)) == (1, 0, 0)


def test_a_printed_token_is_its_owners(app: Flask, client: FlaskClient, session: Session) -> None:
    make_user(session, "owner")

    code, out, _ = run(app, "token", "Owner@example.org", "--write", "--days", "7")
    answer = client.get("/api/v1/me", headers={"Authorization": f"Bearer {out.strip()}"}).get_json()

    assert code == 0
    assert (answer["email"], answer["scopes"]) == ("owner@example.org", ["read", "write"])


@pytest.mark.parametrize("words", [("nobody@example.org",), ("owner@example.org", "--days", "366")])
def test_a_token_that_cannot_be_is_refused(app: Flask, session: Session, words: tuple[str, ...]) -> None:
    make_user(session, "owner")

    code, out, problem = run(app, "token", *words)

    assert (code != 0, out, problem != "") == (True, "", True)
    assert count(session, AuditEntry) == 0
