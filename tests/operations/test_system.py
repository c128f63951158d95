"""The system page: settings without secrets, and what the data takes."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.clock import utcnow
from booking.operations.settings_shown import settings_shown, without_credentials
from booking.operations.storage import storage
from booking.settings import Settings
from models.backups import Backup
from models.base import Base
from models.notifications import Mail
from models.vocabulary.accounts import Role, ScopeKind
from tests.factories.people import give, make_user, sign_in

SECRET = "correct-horse-battery-staple-and-more"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgresql+psycopg://app:s3cret@db:5432/main?password=s3cret",
            "postgresql://app:•••@db:5432/main?password=•••",
        ),
        ("smtps://noreply:a@b/c?d#s3cret@mail.example.cn:465", "smtps://noreply:•••@mail.example.cn:465"),
        ("smtp://s3cret@mail.example.cn", "smtp://•••@mail.example.cn"),
        ("sqlite:////srv/data@home/main.db", "sqlite:////srv/data@home/main.db"),
    ],
)
def test_nothing_secret_of_a_url_is_left(url: str, expected: str) -> None:
    assert without_credentials(url) == expected


def test_every_setting_is_shown_once_and_no_secret() -> None:
    settings = Settings.model_validate(
        {
            "secret_key": SECRET,
            "metrics_token": SECRET,
            "database_url": f"postgresql://app:{SECRET}@db/main",
            "smtp_url": f"smtp://app:{SECRET}@mail.example.cn",
        }
    )

    found = settings_shown(settings)

    assert [one.variable for one in found] == [f"BOOKING_{name.upper()}" for name in Settings.model_fields]
    assert SECRET not in str(found)
    assert {one.variable: one.value for one in found if "•••" in one.value} == {
        "BOOKING_DATABASE_URL": "postgresql://app:•••@db/main",
        "BOOKING_SECRET_KEY": "•••",
        "BOOKING_SMTP_URL": "smtp://app:•••@mail.example.cn",
        "BOOKING_METRICS_TOKEN": "•••",
    }


def test_an_auditor_reads_settings_and_storage(client: FlaskClient, session: Session) -> None:
    auditor = make_user(session, "auditor")
    give(session, auditor, Role.AUDITOR, ScopeKind.PLATFORM)
    sign_in(client, auditor)
    key = client.application.config["SETTINGS"].secret_key

    page = client.get("/operations/system").get_data(as_text=True)
    answer = client.get("/api/v1/system")

    found = answer.get_json()
    assert ("BOOKING_DATA_DIR" in page, key in page, key in answer.get_data(as_text=True)) == (True, False, False)
    assert (set(found["rows"]), found["database_bytes"] > 0, found["free_bytes"] > 0) == (
        set(Base.metadata.tables),
        True,
        True,
    )
    assert found["rows_are_estimates"] is (found["engine"] == "PostgreSQL")
    if not found["rows_are_estimates"]:
        assert found["rows"]["users"] == 1


@pytest.mark.parametrize(
    ("hours", "freshness"), [(None, "none"), (35, "ok"), (37, "old")], ids=["never", "yesterday", "too long ago"]
)
def test_the_last_backup_is_shown_and_warned_of(
    client: FlaskClient, session: Session, hours: int | None, freshness: str
) -> None:
    admin, now = make_user(session, "admin"), utcnow()
    give(session, admin, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    if hours is not None:
        for path, made_at in (("/b/old", now - timedelta(hours=300)), ("/b/last", now - timedelta(hours=hours))):
            session.add(Backup(made_at=made_at, finished_at=made_at, path=path, size_bytes=10**7, row_count=12345))
        session.commit()
    sign_in(client, admin)

    page = client.get("/operations/system").get_data(as_text=True)
    last = client.get("/api/v1/system").get_json()["last_backup"]

    assert ("还没有备份" in page, "最近的备份太旧" in page) == (freshness == "none", freshness == "old")
    assert (last["path"] if last else None) == ("/b/last" if hours else None)
    assert client.get("/readyz").get_json()["backup"] == freshness
    metrics = client.get("/metrics").get_data(as_text=True)
    assert f"chuanyu_backup_is_old {float(freshness != 'ok')}" in metrics
    assert [card["code"] == "backup" for card in client.get("/api/v1/home").get_json()["cards"]] == (
        [] if freshness == "ok" else [True]
    )


def test_storage_says_what_mails_take(client: FlaskClient, session: Session) -> None:
    now = utcnow()
    mail = {"message_id": "<1@x>", "recipient": "a@example.org", "subject": "s", "text": "预约", "html": "<p>"}
    session.add(Mail(**mail, next_attempt_at=now, created_at=now))
    session.commit()

    found = storage(session, client.application.config["SETTINGS"].data_dir)

    assert (found.mail_bytes, found.attachment_bytes, found.import_bytes) == (9, 0, 0)
