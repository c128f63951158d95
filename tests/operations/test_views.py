from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.clock import utcnow
from booking.jobs import TIMETABLE
from booking.operations.loopback import may_hold_demo
from booking.operations.mailbox import HOLDS_DEMO
from booking.settings import Settings
from models.accounts import AuditEntry
from models.jobs import JobRun
from models.notifications import Event, Mail
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.notifications import MailState
from tests.factories.looking import look_again
from tests.factories.people import give, make_user, sign_in

LINK = "https://instruments.example.cn/reset/one-time-secret"


def mailed(session: Session, *, state: MailState = MailState.SENT, now: datetime) -> Mail:
    mail = Mail(
        message_id="<1@example.cn>",
        recipient="li@example.org",
        subject="设置新密码",
        text=f"您好，\n\n{LINK}\n\n<b>再见</b>\n",
        state=state,
        attempts=8,
        next_attempt_at=now,
        created_at=now,
        sent_at=now if state == MailState.SENT else None,
    )
    session.add(mail)
    session.commit()
    return mail


def sign_in_as(client: FlaskClient, session: Session, role: Role) -> None:
    user = make_user(session, str(role))
    give(session, user, role, ScopeKind.PLATFORM)
    sign_in(client, user)


@pytest.mark.parametrize(
    ("role", "status", "may_run"),
    [(Role.PLATFORM_ADMIN, 200, True), (Role.AUDITOR, 200, False), (Role.STEWARD, 403, False)],
)
def test_who_sees_the_timetable_and_who_runs_it(
    client: FlaskClient, session: Session, role: Role, status: int, may_run: bool
) -> None:
    sign_in_as(client, session, role)

    shown = client.get("/operations/jobs")
    ran = client.post("/operations/jobs/forget_answers/run")
    listed, again = client.get("/api/v1/jobs"), client.post("/api/v1/jobs/forget_answers/run")

    assert shown.status_code == status
    assert ("立即运行" in shown.get_data(as_text=True)) is may_run
    assert ran.status_code == (303 if may_run else 403)
    assert (listed.status_code, again.status_code) == (status, 200 if may_run else 403)
    assert [job["name"] for job in listed.get_json().get("items", [])] == [
        job.name for job in TIMETABLE if status == 200
    ]
    assert again.get_json().get("last_run", {}).get("outcome") == ("done" if may_run else None)
    assert session.scalars(select(JobRun.job)).all() == ["forget_answers"] * (2 if may_run else 0)
    assert session.scalars(select(AuditEntry.action)).all() == ["operations.job_run"] * (2 if may_run else 0)


def test_a_job_that_does_not_exist_is_not_found(client: FlaskClient, session: Session) -> None:
    sign_in_as(client, session, Role.PLATFORM_ADMIN)

    assert client.post("/operations/jobs/make_coffee/run").status_code == 404
    assert client.post("/api/v1/jobs/make_coffee/run").status_code == 404


def test_failures_stand_on_the_page_with_their_reason(client: FlaskClient, session: Session, now: datetime) -> None:
    sign_in_as(client, session, Role.PLATFORM_ADMIN)
    session.add(
        JobRun(job="post", fire_at=now, started_at=now, finished_at=now, outcome="failed", last_error="no luck")
    )
    aside = {"payload": {"secret": "payload"}, "occurred_at": now, "set_aside_at": now, "attempts": 8}
    event, other = (Event(name=name, last_error="worse", **aside) for name in ("test.broken", "test.other"))
    session.add_all([event, other])
    session.commit()

    page = client.get("/operations/jobs").get_data(as_text=True)
    told = client.get("/api/v1/jobs").get_json()
    newest = client.get("/api/v1/outbox-events?limit=1").get_json()
    older = client.get(f"/api/v1/outbox-events?cursor={newest['next_cursor']}")
    retried = client.post(f"/operations/events/{event.id}/retry")
    answers = [client.post(f"/api/v1/outbox-events/{number}/retry") for number in (other.id, other.id)]

    session.expire_all()
    assert [(run["job"], run["last_error"]) for run in told["failures"]] == [("post", "no luck")]
    assert told["outbox"]["set_aside_events"] == 2
    assert [event["name"] for event in newest["items"] + older.get_json()["items"]] == ["test.other", "test.broken"]
    assert (older.get_json()["next_cursor"], "payload" in older.text) == (None, False)
    assert ([answer.status_code for answer in answers], other.set_aside_at, other.attempts) == ([204, 404], None, 0)
    assert [reason in page for reason in ("no luck", "worse")] == [True, True]
    assert retried.status_code == 303
    assert event.set_aside_at is None
    noted = select(AuditEntry.subject_id).where(AuditEntry.action == "operations.event_retried")
    assert session.scalars(noted.order_by(AuditEntry.id)).all() == [event.id, other.id]


def test_strangers_do_not_read_mails(client: FlaskClient, session: Session, now: datetime) -> None:
    mail = mailed(session, now=now)

    answers = [client.get(path) for path in ("/operations/mailbox", f"/operations/mailbox/{mail.id}")]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert not any("one-time-secret" in answer.get_data(as_text=True) for answer in answers)


@pytest.mark.parametrize(
    ("holds_demo", "smtp_url", "address", "status"),
    [
        pytest.param(True, "", "127.0.0.1", 200, id="at the machine of a demo"),
        pytest.param(True, "", "203.0.113.7", 303, id="from elsewhere"),
        pytest.param(True, "smtp://127.0.0.1", "127.0.0.1", 303, id="where mails really leave"),
        pytest.param(False, "", "127.0.0.1", 303, id="where there is no demo"),
    ],
)
def test_everybody_reads_the_mailbox_of_a_demo_only(
    client: FlaskClient,
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
    *,
    holds_demo: bool,
    smtp_url: str,
    address: str,
    status: int,
) -> None:
    app, mail = client.application, mailed(session, now=utcnow())
    monkeypatch.setitem(app.config, HOLDS_DEMO, holds_demo)
    monkeypatch.setitem(app.config, "SETTINGS", app.config["SETTINGS"].model_copy(update={"smtp_url": smtp_url}))

    listed = client.get("/operations/mailbox", environ_overrides={"REMOTE_ADDR": address})
    read = client.get(f"/operations/mailbox/{mail.id}", environ_overrides={"REMOTE_ADDR": address})

    assert (listed.status_code, read.status_code) == (status, status)
    assert (f'href="{LINK}"' in read.get_data(as_text=True)) is (status == 200)
    assert "<b>再见" not in read.get_data(as_text=True)


def test_what_leaves_by_smtp_shows_no_links_even_to_the_administrator(
    app: Flask, client: FlaskClient, session: Session, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = mailed(session, state=MailState.SET_ASIDE, now=now)
    monkeypatch.setitem(app.config, "SETTINGS", app.config["SETTINGS"].model_copy(update={"smtp_url": "smtp://mail"}))
    sign_in_as(client, session, Role.PLATFORM_ADMIN)

    page = client.get(f"/operations/mailbox/{mail.id}").get_data(as_text=True)
    listed = [client.get(f"/api/v1/mails?state={state}").get_json()["items"] for state in ("set_aside", "sent")]
    read = client.get(f"/api/v1/mails/{mail.id}").get_json()
    retried = client.post(f"/operations/mailbox/{mail.id}/retry")
    again = client.post(f"/api/v1/mails/{mail.id}/retry")

    session.expire_all()
    assert ([[one["id"] for one in some] for some in listed], read["text"]) == ([[mail.id], []], None)
    assert again.status_code == 404
    assert "设置新密码" in page
    assert "one-time-secret" not in page
    assert (retried.status_code, mail.state, mail.attempts) == (303, MailState.QUEUED, 0)
    noted = select(AuditEntry.subject_id).where(AuditEntry.action == "operations.mail_retried")
    assert session.scalars(noted).all() == [mail.id]


def test_the_mailbox_is_turned_page_by_page_and_whose_mails_stand_there_can_see_who_looked(
    client: FlaskClient, session: Session, now: datetime
) -> None:
    li = make_user(session, "li")
    for number in range(55):
        session.add(
            Mail(
                message_id=f"<{number}@example.cn>",
                recipient="li@example.org",
                subject=f"第{number:02}封",
                text="",
                state=MailState.SENT,
                next_attempt_at=now,
                created_at=utcnow(),
            )
        )
    session.commit()
    sign_in_as(client, session, Role.PLATFORM_ADMIN)

    newest = client.get("/operations/mailbox").get_data(as_text=True)
    older = client.get("/operations/mailbox?before=6").get_data(as_text=True)

    assert ("第54封" in newest, "第04封" in newest, "before=6" in newest) == (True, False, True)
    assert ("第04封" in older, "第05封" in older) == (True, False)
    client.get("/api/v1/mails")
    look_again(session)
    looks = select(AuditEntry.subject_id).where(AuditEntry.action == "operations.mails_listed")
    assert session.scalars(looks).all() == [li.id]


@pytest.mark.parametrize("before", ["x", "0", "99999999999999999999", "1.5"])
def test_a_broken_page_number_is_refused(client: FlaskClient, session: Session, before: str) -> None:
    sign_in_as(client, session, Role.PLATFORM_ADMIN)

    assert client.get(f"/operations/mailbox?before={before}").status_code == 422


@pytest.mark.parametrize(
    ("changed", "may"),
    [
        pytest.param({}, True, id="on loopback"),
        pytest.param({"host": "::1"}, True, id="on the other loopback"),
        pytest.param({"host": "0.0.0.0"}, False, id="on every address"),
        pytest.param({"base_url": "https://instruments.example.cn"}, False, id="under a public name"),
        pytest.param({"trusted_proxies": 1}, False, id="behind a proxy"),
        pytest.param({"database_url": "sqlite:////tmp/other.sqlite3"}, False, id="in a named database"),
    ],
)
def test_the_demo_is_only_for_the_machine_itself(changed: dict[str, object], may: bool) -> None:
    assert may_hold_demo(Settings.model_validate(changed)) is may
