"""The system page: settings without secrets, and what the data takes."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.operations.settings_shown import settings_shown, without_credentials
from booking.settings import Settings
from models.base import Base
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
