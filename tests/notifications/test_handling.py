from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.notifications.handling import Composed, Desk, handle_next
from booking.notifications.kicks import kicked
from booking.notifications.letters import Letter
from booking.notifications.rendering import compose
from booking.notifications.service import announce, forget_old, handle_again
from booking.web.extensions import transaction
from models.notifications import Event, Mail
from models.vocabulary.accounts import Language

CONFIRM = {"link": "https://instruments.example.cn/confirm/abc", "hours": 24, "email": "li@example.org"}


def write(letter: Letter) -> Composed:
    return Composed(f"About {letter.template}", "text\n", "")


def letters_of(_session: Session, event: Event, _now: datetime) -> Sequence[Letter]:
    if event.name == "test.broken":
        raise ValueError("no such thing")
    return [Letter(address, Language.CHINESE, "test/letter") for address in event.payload["to"]]


DESK = Desk(letters_of, write, "example.cn")


def happened(session: Session, name: str, *to: str, now: datetime) -> None:
    announce(session, name, {"to": to}, now=now)
    session.commit()


def test_an_event_becomes_one_mail_for_each_letter(session: Session, now: datetime) -> None:
    happened(session, "test.done", "li@example.org", "wang@example.org", now=now)

    assert transaction(handle_next, DESK, now=now)

    mails = session.scalars(select(Mail).order_by(Mail.id)).all()
    assert [(mail.recipient, mail.subject) for mail in mails] == [
        ("li@example.org", "About test/letter"),
        ("wang@example.org", "About test/letter"),
    ]
    assert len({mail.message_id for mail in mails}) == 2
    assert not transaction(handle_next, DESK, now=now)


def test_an_event_that_fails_holds_up_no_other_and_leaves_no_mail(session: Session, now: datetime) -> None:
    happened(session, "test.broken", now=now)
    happened(session, "test.done", "li@example.org", now=now)

    assert [transaction(handle_next, DESK, now=now) for _ in range(3)] == [True, True, False]

    broken, done = session.scalars(select(Event).order_by(Event.id))
    assert broken.handled_at is None
    assert (broken.attempts, broken.next_attempt_at) == (1, now + timedelta(minutes=1))
    assert broken.last_error == "ValueError: no such thing"
    assert done.handled_at == now
    assert session.scalars(select(Mail.recipient)).all() == ["li@example.org"]


def test_an_event_that_always_fails_is_set_aside_and_can_be_taken_up_again(session: Session, now: datetime) -> None:
    happened(session, "test.broken", now=now)
    moment = now
    while transaction(handle_next, DESK, now=moment):
        moment += timedelta(hours=2)

    event = session.scalars(select(Event)).one()
    assert event.handled_at is None
    assert event.attempts == 8
    assert event.set_aside_at is not None

    transaction(handle_again, event.id, now=moment)

    assert transaction(handle_next, DESK, now=moment)
    session.rollback()
    assert event.attempts == 1
    assert event.set_aside_at is None


def test_what_was_rolled_back_is_never_mailed(session: Session, now: datetime) -> None:
    announce(session, "test.done", {"to": ["li@example.org"]}, now=now)
    session.flush()
    session.rollback()

    assert not transaction(handle_next, DESK, now=now)


def test_the_poster_is_woken_by_the_commit_and_not_before(session: Session, now: datetime) -> None:
    kicked.clear()
    announce(session, "test.done", {"to": []}, now=now)
    session.flush()
    woken_before = kicked.is_set()

    session.commit()

    assert (woken_before, kicked.is_set()) == (False, True)
    kicked.clear()


@pytest.mark.parametrize(
    ("language", "subject", "lang"),
    [(Language.CHINESE, "请确认您的邮箱", "zh-CN"), (Language.ENGLISH, None, "en")],
)
def test_a_letter_is_written_in_the_language_of_its_reader(
    app: Flask, language: Language, subject: str | None, lang: str
) -> None:
    letter = Letter("li@example.org", language, "accounts/confirm_address", CONFIRM)

    composed = compose(letter, "https://instruments.example.cn")

    assert subject in (None, composed.subject)
    assert "https://instruments.example.cn/confirm/abc" in composed.text.splitlines()
    assert f'<html lang="{lang}">' in composed.html
    assert 'href="https://instruments.example.cn/confirm/abc"' in composed.html
    assert "\n" not in composed.subject


def test_what_a_person_typed_stays_text_in_html(app: Flask) -> None:
    values = {**CONFIRM, "email": "<script>alert(1)</script>@example.org"}

    composed = compose(
        Letter("li@example.org", Language.CHINESE, "accounts/confirm_address", values), "http://localhost"
    )

    assert "<script>" not in composed.html


def test_handled_events_and_sent_mails_are_forgotten_after_ninety_days(session: Session, now: datetime) -> None:
    happened(session, "test.done", "li@example.org", now=now)
    transaction(handle_next, DESK, now=now)
    mail = session.scalars(select(Mail)).one()
    mail.state, mail.sent_at = type(mail.state)("sent"), now
    session.commit()

    kept = transaction(forget_old, now + timedelta(days=89))
    forgotten = transaction(forget_old, now + timedelta(days=91))

    assert (kept, forgotten) == (0, 2)
