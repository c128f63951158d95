import re
import threading
from datetime import datetime, timedelta

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from booking.accounts import passwords
from booking.core.clock import utcnow
from models.accounts import AuditEntry, FailedSignIn, MailedToken, User
from models.notifications import Event
from tests.factories.browsing import EMAIL, enter, is_signed_in, make_lin
from tests.factories.letters import mailed, path_in
from tests.factories.looking import count, look_again
from tests.factories.passwords import PASSWORD

REGISTRATION = {"name": "林晓明", "email": EMAIL, "password": PASSWORD, "agrees": "1"}


def plain(response: TestResponse, email: str) -> tuple[int, str | None, str]:
    text = re.sub(r'(name="csrf_token" value|X-CSRFToken)[^>]*', "", response.get_data(as_text=True))
    return response.status_code, response.headers.get("Location"), text.replace(email, "ADDRESS")


def test_somebody_registers_confirms_by_a_button_and_signs_in(client: FlaskClient, session: Session) -> None:
    client.post("/register", data=REGISTRATION)
    (letter,) = mailed(session, now=utcnow())

    shown = client.get(path_in(letter))
    confirmed = client.post(path_in(letter))
    entered = enter(client, next="/account")

    assert (shown.status_code, EMAIL in shown.get_data(as_text=True)) == (200, True)
    assert (confirmed.status_code, confirmed.headers["Location"]) == (303, "/sign-in")
    assert (entered.status_code, entered.headers["Location"]) == (303, "/account")
    assert is_signed_in(client)


def test_looking_at_the_confirming_link_confirms_nothing(client: FlaskClient, session: Session) -> None:
    client.post("/register", data=REGISTRATION)
    (letter,) = mailed(session, now=utcnow())

    for _ in range(3):
        client.get(path_in(letter))

    look_again(session)
    assert session.scalars(select(User.confirmed_at)).one() is None


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        pytest.param("/register", REGISTRATION, id="registering"),
        pytest.param("/confirm", {}, id="asking for the confirming mail"),
        pytest.param("/forgot", {}, id="asking for a new password"),
    ],
)
def test_nobody_learns_which_addresses_have_accounts(
    app: Flask, session: Session, path: str, fields: dict[str, str]
) -> None:
    make_lin(session)
    make_lin(session, email="unconfirmed@swu.edu.cn", confirmed_at=None)
    answers = []
    for email in (EMAIL, "unconfirmed@swu.edu.cn", "nobody@swu.edu.cn"):
        browser = app.test_client()
        answers.append(plain(browser.post(path, data=fields | {"email": email}), email))
        answers.append(plain(browser.get(str(answers[-1][1])), email))

    assert answers[0][0] == 303
    assert answers[0:2] == answers[2:4] == answers[4:6]


def test_a_wrong_password_and_an_unknown_address_look_the_same(app: Flask, session: Session) -> None:
    make_lin(session)
    make_lin(session, email="gone@swu.edu.cn", deactivated_at=utcnow())
    wrong = plain(enter(app.test_client(), "not the password"), EMAIL)
    unknown = plain(enter(app.test_client(), email="nobody@swu.edu.cn"), "nobody@swu.edu.cn")
    gone = plain(enter(app.test_client(), email="gone@swu.edu.cn"), "gone@swu.edu.cn")

    assert wrong[0] == 422
    assert wrong == unknown == gone


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        pytest.param("name", "", "请填写此项。", id="no name"),
        pytest.param("name", "x" * 81, "最多 80 个字符。", id="a name of 81 characters"),
        pytest.param("email", "lin", "邮箱地址不正确。", id="no address"),
        pytest.param("email", "a\x07b@swu.edu.cn", "含有不可用的控制字符。", id="a bell in the address"),
        pytest.param("password", "too short", "至少 10 个字符。", id="nine characters"),
        pytest.param("password", "x" * 201, "最多 200 个字符。", id="a password of 201 characters"),
        pytest.param("password", "password123", "这个密码太常见，容易被猜中，请换一个。", id="a common password"),
        pytest.param("password", EMAIL, "密码不能与邮箱相同。", id="the address as password"),
        pytest.param("agrees", "", "请先勾选同意。", id="no consent"),
    ],
)
def test_a_registration_that_cannot_be_comes_back_filled_in(
    client: FlaskClient, session: Session, field: str, value: str, sentence: str
) -> None:
    answer = client.post("/register", data=REGISTRATION | {field: value})
    page = answer.get_data(as_text=True)

    assert answer.status_code == 422
    assert f'id="problems-{field}"' in page
    assert sentence in page
    assert ("林晓明" in page) == (field != "name")
    assert PASSWORD not in page
    assert (count(session, User), count(session, Event)) == (0, 0)


def test_an_unconfirmed_account_is_told_so_only_by_its_password(client: FlaskClient, session: Session) -> None:
    make_lin(session, confirmed_at=None)

    wrong = enter(client, "not the password").get_data(as_text=True)
    right = enter(client)

    assert "重新发送确认邮件" not in wrong
    assert (right.status_code, "重新发送确认邮件" in right.get_data(as_text=True)) == (422, True)
    assert not is_signed_in(client)


def test_a_password_with_spaces_around_is_that_password(client: FlaskClient, session: Session) -> None:
    spaced = f"  {PASSWORD} "
    client.post("/register", data=REGISTRATION | {"password": spaced})
    (letter,) = mailed(session, now=utcnow())
    client.post(path_in(letter))

    assert enter(client, PASSWORD).status_code == 422
    assert enter(client, spaced).status_code == 303


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("/reservations?state=confirmed", "/reservations?state=confirmed"),
        ("https://elsewhere.example/", None),
        ("//elsewhere.example/", None),
        ("/\\elsewhere.example/", None),
        ("\\\\elsewhere.example", None),
        ("javascript:alert(1)", None),
        ("/a\r\nSet-Cookie: x", None),
        ("reservations", None),
        ("//[", None),
        ("", None),
    ],
)
def test_signing_in_leads_only_to_pages_of_this_site(
    client: FlaskClient, session: Session, wanted: str, expected: str | None
) -> None:
    make_lin(session)
    front = enter(client).headers["Location"]

    assert enter(client, next=wanted).headers["Location"] == (expected or front)


def test_signing_in_starts_a_new_session_of_fourteen_days(client: FlaskClient, session: Session) -> None:
    make_lin(session)
    with client.session_transaction() as cookie:
        cookie["planted"] = "by somebody else"

    enter(client)

    found = client.get_cookie("session")
    with client.session_transaction() as cookie:
        assert "planted" not in cookie
    assert found is not None
    assert found.http_only
    assert found.expires is not None
    assert timedelta(days=13, hours=23) < found.expires - utcnow() <= timedelta(days=14)


def test_a_hash_with_old_parameters_is_replaced_at_the_next_sign_in(client: FlaskClient, session: Session) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    make_lin(session, password_hash=weak)

    enter(client)

    look_again(session)
    stored = session.scalars(select(User.password_hash)).one()
    assert stored is not None
    assert not passwords.is_outdated(stored)
    assert passwords.matches(stored, PASSWORD)
    assert is_signed_in(client)


def test_signing_out_ends_the_session(client: FlaskClient, session: Session) -> None:
    make_lin(session)
    enter(client)

    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out").status_code == 303
    assert not is_signed_in(client)


def test_every_sign_in_and_every_failure_is_logged_without_the_password(client: FlaskClient, session: Session) -> None:
    user = make_lin(session)

    enter(client, "not the password")
    enter(client, "guess of a stranger", email="nobody@swu.edu.cn")
    enter(client)

    look_again(session)
    log = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(entry.action, entry.subject_id, entry.address) for entry in log] == [
        ("accounts.sign_in_failed", user.id, "127.0.0.1"),
        ("accounts.sign_in_failed", None, "127.0.0.1"),
        ("accounts.signed_in", user.id, "127.0.0.1"),
    ]
    assert all((entry.before, entry.after, entry.reason) == (None, None, "") for entry in log)


def test_after_five_failures_even_the_right_password_waits(client: FlaskClient, session: Session) -> None:
    make_lin(session)
    for _ in range(5):
        assert enter(client, "not the password").status_code == 422

    refused = enter(client)

    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 900
    assert EMAIL in refused.get_data(as_text=True)
    assert not is_signed_in(client)


def test_of_twenty_guesses_at_once_at_most_five_are_verified(app: Flask, session: Session) -> None:
    make_lin(session)
    start, statuses = threading.Barrier(20), []

    def guess(number: int) -> None:
        browser = app.test_client()
        start.wait()
        statuses.append(enter(browser, f"guess number {number}").status_code)

    guesses = [threading.Thread(target=guess, args=(number,)) for number in range(20)]
    for thread in guesses:
        thread.start()
    for thread in guesses:
        thread.join()

    assert sorted(statuses) == [422] * 5 + [429] * 15
    assert count(session, FailedSignIn) == 5
    assert count(session, AuditEntry) == 5


@pytest.mark.parametrize("path", ["/forgot", "/confirm", "/register"])
def test_no_mailbox_can_be_flooded(client: FlaskClient, session: Session, path: str) -> None:
    for _ in range(5):
        assert client.post(path, data=REGISTRATION).status_code == 303

    refused = client.post(path, data=REGISTRATION)

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, refused.headers["Retry-After"])
    assert count(session, Event) == 5


def test_a_reset_signs_every_browser_out_and_the_new_password_in(app: Flask, session: Session) -> None:
    make_lin(session)
    before, after = app.test_client(), app.test_client()
    enter(before)
    after.post("/forgot", data={"email": EMAIL})
    (letter,) = mailed(session, now=utcnow())

    shown = after.get(path_in(letter))
    refused = after.post(path_in(letter), data={"password": EMAIL})
    done = after.post(path_in(letter), data={"password": "another five words in a row"})

    assert (shown.status_code, refused.status_code, done.status_code) == (200, 422, 303)
    assert not is_signed_in(before)
    assert enter(after).status_code == 422
    assert enter(after, "another five words in a row").status_code == 303


@pytest.mark.parametrize("path", ["/confirm/unknown", "/reset/unknown"])
def test_a_spent_link_says_so_and_offers_another(client: FlaskClient, path: str) -> None:
    for answer in (client.get(path), client.post(path, data={"password": PASSWORD})):
        assert answer.status_code == 410
        assert "这个链接已使用过或已过期。" in answer.get_data(as_text=True)


def test_a_spent_reset_link_changes_nothing(client: FlaskClient, session: Session) -> None:
    make_lin(session)
    client.post("/forgot", data={"email": EMAIL})
    (letter,) = mailed(session, now=utcnow() - timedelta(hours=2))

    answer = client.post(path_in(letter), data={"password": "another five words in a row"})

    assert answer.status_code == 410
    assert enter(client).status_code == 303


@pytest.mark.parametrize(
    "path", ["/register", "/register/sent", "/confirm", "/sign-in", "/forgot", "/forgot/sent", "/reset/unknown"]
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_of_accounts_stay_in_no_cache_and_hold_no_inline_script_or_style(
    client: FlaskClient, path: str, language: str
) -> None:
    answer = client.get(f"{path}?lang={language}")
    page = answer.get_data(as_text=True)

    assert answer.headers["Cache-Control"] == "no-store"
    assert re.findall(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=", page) == []


def test_old_links_of_no_account_leave_no_trace(client: FlaskClient, session: Session) -> None:
    client.post("/forgot", data={"email": "nobody@swu.edu.cn"})

    assert mailed(session, now=datetime.now().astimezone()) == []
    assert count(session, MailedToken) == 0
