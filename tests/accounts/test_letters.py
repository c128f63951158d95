from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from booking.accounts import credentials, registration
from booking.accounts.audit import Origin
from booking.notifications.rendering import compose
from booking.notifications.service import announce
from booking.web.extensions import transaction
from models.vocabulary.accounts import Language
from tests.factories.letters import mailed
from tests.factories.people import make_user

ADDRESS = "https://instruments.example.cn"
SUBJECTS = [
    ("accounts/confirm_address", "请确认您的邮箱"),
    ("accounts/choose_password", "请设置密码，完成注册"),
    ("accounts/account_exists", "您已经有账户"),
    ("accounts/reset_password", "设置新密码"),
    ("accounts/password_changed", "您的密码已修改"),
]


def ask_for_every_letter(session: Session, now: datetime) -> None:
    make_user(session, "unconfirmed", confirmed_at=None, password_hash="hash")
    make_user(session, "undecided", confirmed_at=None, password_hash=None)
    owner = make_user(session, "owner", password_hash="hash")
    for name in ("unconfirmed", "undecided", "owner"):
        transaction(registration.ask_confirmation, f"{name}@example.org", now=now)
    transaction(credentials.ask_reset, owner.email, now=now)
    announce(session, "accounts.password_changed", {"user_id": owner.id}, now=now)
    session.commit()


def test_every_letter_has_its_subject_and_a_link_to_the_public_address(
    app: Flask, session: Session, now: datetime
) -> None:
    ask_for_every_letter(session, now)

    letters = mailed(session, now=now)
    written = [compose(letter, ADDRESS) for letter in letters]

    assert [(letter.template, one.subject) for letter, one in zip(letters, written, strict=True)] == SUBJECTS
    for letter, one in zip(letters, written, strict=True):
        links = [value for value in letter.values.values() if str(value).startswith(ADDRESS)]
        assert links != []
        assert all(link in one.text.splitlines() for link in links)


def test_a_letter_to_an_address_nobody_confirmed_carries_no_text_of_whoever_typed_it(
    app: Flask, session: Session, now: datetime
) -> None:
    transaction(
        registration.register,
        "victim@example.org",
        "Win at shop.example now",
        "hash",
        language=Language.CHINESE,
        origin=Origin(),
        now=now,
    )

    (letter,) = mailed(session, now=now)

    assert "shop.example" not in compose(letter, ADDRESS).text


@pytest.mark.parametrize("language", list(Language))
def test_letters_are_written_in_the_language_of_the_account(
    app: Flask, session: Session, now: datetime, language: Language
) -> None:
    make_user(session, "owner", language=language)
    transaction(credentials.ask_reset, "owner@example.org", now=now)

    (letter,) = mailed(session, now=now)

    assert letter.language == language
