import threading
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.notifications import delivery
from booking.notifications.service import announce, try_again
from booking.operations.posting import carrier_of, deliver_mails, post_due
from booking.settings import Settings
from booking.web.extensions import db, transaction
from models.notifications import Mail
from models.vocabulary.notifications import MailState
from tests.factories.people import make_user
from tests.notifications.post_office import PostOffice

MINUTE = timedelta(minutes=1)


def queue(session: Session, *recipients: str, now: datetime) -> None:
    for number, recipient in enumerate(recipients):
        session.add(
            Mail(
                message_id=f"<{number}@example.cn>",
                recipient=recipient,
                subject="预约已确认",
                text="第一行\nhttps://instruments.example.cn/reservations/1\n",
                html="<p>第一行</p>",
                next_attempt_at=now,
                created_at=now,
            )
        )
    session.commit()


def deliver(settings: Settings, now: datetime) -> int:
    return deliver_mails(carrier_of(settings), settings, lambda: now)


def only_mail(session: Session) -> Mail:
    session.rollback()
    return session.scalars(select(Mail)).one()


def test_a_mail_goes_out_whole_and_its_body_is_erased(
    session: Session, settings: Settings, office: PostOffice, now: datetime
) -> None:
    queue(session, "li@example.org", now=now)

    sent = deliver(settings, now)

    message = office.arrived[0]
    assert sent == 1
    assert {name: str(message[name]) for name in ("Message-ID", "To", "From", "Subject", "Auto-Submitted")} == {
        "Message-ID": "<0@example.cn>",
        "To": "li@example.org",
        "From": "仪器 <post@example.cn>",
        "Subject": "预约已确认",
        "Auto-Submitted": "auto-generated",
    }
    assert message["Date"].datetime == now
    body = message.get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines()[0] == "第一行"
    mail = only_mail(session)
    assert (mail.state, mail.sent_at, mail.text, mail.html) == (MailState.SENT, now, "", "")


def test_what_is_refused_for_now_waits_longer_each_time_and_then_goes_through(
    session: Session, settings: Settings, office: PostOffice, now: datetime
) -> None:
    queue(session, "li@example.org", now=now)
    office.answers["li@example.org"] = ["451 greylisted", "452 full"]

    first = deliver(settings, now)
    too_early = deliver(settings, now + MINUTE - timedelta(seconds=1))
    second = deliver(settings, now + MINUTE)
    waits_until = only_mail(session).next_attempt_at
    third = deliver(settings, now + 3 * MINUTE)

    assert (first, too_early, second, third) == (0, 0, 0, 1)
    assert waits_until == now + 3 * MINUTE
    assert office.recipients == ["li@example.org"]
    assert only_mail(session).attempts == 3


def test_what_is_refused_for_good_is_set_aside_at_once_and_holds_up_nobody(
    session: Session, settings: Settings, office: PostOffice, now: datetime
) -> None:
    queue(session, "gone@example.org", "li@example.org", now=now)
    office.answers["gone@example.org"] = ["550 no such user"]

    sent = deliver(settings, now)

    gone = session.scalars(select(Mail).where(Mail.recipient == "gone@example.org")).one()
    assert (sent, office.recipients) == (1, ["li@example.org"])
    assert (gone.state, gone.attempts, gone.last_error) == (MailState.SET_ASIDE, 1, "550 no such user")


@pytest.mark.parametrize(
    "recipient",
    ["", "nobody", "li@example.org\r\nBcc: everybody@example.org", "li@example.org, wang@example.org", "李 <@>"],
)
def test_a_poisonous_recipient_is_set_aside_and_the_next_mail_goes_out(
    session: Session, settings: Settings, office: PostOffice, now: datetime, recipient: str
) -> None:
    queue(session, recipient, "li@example.org", now=now)

    deliver(settings, now)

    poisonous = session.scalars(select(Mail).order_by(Mail.id)).first()
    assert poisonous is not None
    assert poisonous.state == MailState.SET_ASIDE
    assert office.recipients == ["li@example.org"]


def test_a_subject_cannot_smuggle_in_a_header(
    session: Session, settings: Settings, office: PostOffice, now: datetime
) -> None:
    queue(session, "li@example.org", now=now)
    session.execute(update(Mail).values(subject="Hello\r\nBcc: everybody@example.org"))
    session.commit()

    deliver(settings, now)

    assert office.arrived == []
    assert only_mail(session).state == MailState.SET_ASIDE


def test_after_eight_tries_a_mail_is_set_aside_until_somebody_tries_again(
    session: Session, settings: Settings, office: PostOffice, now: datetime
) -> None:
    queue(session, "li@example.org", now=now)
    office.answers["li@example.org"] = ["451 later"] * 8
    for hours in range(10):
        deliver(settings, now + timedelta(hours=2 * hours))
    set_aside = only_mail(session).state

    transaction(try_again, only_mail(session).id, now=now)
    sent = deliver(settings, now)

    assert (set_aside, sent, office.recipients) == (MailState.SET_ASIDE, 1, ["li@example.org"])


def test_a_server_that_is_away_costs_no_tries(session: Session, settings: Settings, now: datetime) -> None:
    queue(session, "li@example.org", "wang@example.org", now=now)
    away = settings.model_copy(update={"smtp_url": "smtp://127.0.0.1:9"})

    deliver(away, now)
    deliver(away, now + MINUTE)
    sent = deliver(settings, now + 3 * MINUTE)

    assert sent == 2
    assert session.scalars(select(Mail.attempts)).all() == [1, 1]


def test_without_a_server_mails_stay_readable_here(app: Flask, session: Session, now: datetime) -> None:
    queue(session, "li@example.org", now=now)

    sent = deliver(app.config["SETTINGS"], now)

    mail = only_mail(session)
    assert (sent, mail.state, mail.text.splitlines()[0]) == (1, MailState.SENT, "第一行")


def test_a_mail_whose_carrier_died_goes_out_again_under_the_same_id(
    session: Session, settings: Settings, office: PostOffice, now: datetime
) -> None:
    queue(session, "li@example.org", now=now)
    leased = transaction(delivery.lease_next, now=now)
    assert leased is not None

    while_leased = deliver(settings, now + delivery.LEASE - timedelta(seconds=1))
    afterwards = deliver(settings, now + delivery.LEASE)

    assert (while_leased, afterwards) == (0, 1)
    assert office.arrived[0]["Message-ID"] == leased.message_id


def test_whoever_lost_the_lease_no_longer_decides(session: Session, settings: Settings, now: datetime) -> None:
    queue(session, "li@example.org", now=now)
    slow = transaction(delivery.lease_next, now=now)
    assert slow is not None
    deliver(settings, now + delivery.LEASE)

    transaction(delivery.note_failure, slow, ValueError("late"), for_good=True, now=now + delivery.LEASE)

    assert only_mail(session).state == MailState.SENT


def test_four_carriers_at_once_deliver_each_mail_once(
    app: Flask, session: Session, settings: Settings, office: PostOffice, now: datetime
) -> None:
    recipients = [f"person{number}@example.org" for number in range(40)]
    queue(session, *recipients, now=now)

    def carry() -> None:
        with app.app_context():
            deliver(settings, now)
            db.session.remove()

    carriers = [threading.Thread(target=carry) for _ in range(4)]
    for carrier in carriers:
        carrier.start()
    for carrier in carriers:
        carrier.join()

    assert sorted(office.recipients) == sorted(recipients)


def test_an_announced_event_arrives_as_a_mail_with_a_link_to_the_public_address(
    session: Session, settings: Settings, office: PostOffice, now: datetime
) -> None:
    user = make_user(session, "li", confirmed_at=None, password_hash="$argon2id$x")
    announce(session, "accounts.confirmation_asked", {"email": user.email}, now=now)
    session.commit()

    sent = post_due(lambda: now)

    body = office.arrived[0].get_body(("plain",))
    assert body is not None
    assert (sent, office.recipients) == (1, [user.email])
    assert "https://instruments.example.cn/confirm/" in body.get_content()
