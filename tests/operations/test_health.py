import re

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from booking.web.extensions import db


def test_it_lives_without_a_database(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(app.extensions, "sqlalchemy")

    response = client.get("/healthz")

    assert (response.status_code, response.json) == (200, {"status": "ok"})


def test_it_is_ready_when_the_database_is_at_head(client: FlaskClient) -> None:
    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json == {"status": "ok", "database": "ok", "migrations": "ok", "backup": "none"}


def test_it_is_not_ready_while_migrations_wait(app: Flask, client: FlaskClient) -> None:
    with db.engine.execution_options(writes=True).begin() as connection:
        head = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'older'"))

    response = client.get("/readyz")

    with db.engine.execution_options(writes=True).begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :head"), {"head": head})
    assert response.status_code == 503
    assert response.json == {"status": "unavailable", "database": "ok", "migrations": "pending", "backup": "unknown"}


def test_it_is_not_ready_without_its_database(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = sa.create_engine("postgresql+psycopg://nobody@127.0.0.1:9/nothing", connect_args={"connect_timeout": 1})
    monkeypatch.setattr(type(db), "engine", nowhere)

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json == {
        "status": "unavailable",
        "database": "unreachable",
        "migrations": "unknown",
        "backup": "unknown",
    }


def test_metrics_count_requests_and_what_waits(client: FlaskClient) -> None:
    client.get("/healthz")

    text = client.get("/metrics").get_data(as_text=True)

    assert re.search(r'chuanyu_requests_total{endpoint="health.healthz",method="GET",status="200"} \d', text)
    assert 'chuanyu_outbox{kind="mail",state="queued"} 0.0' in text


@pytest.mark.parametrize(
    "asking",
    [
        pytest.param({"environ_overrides": {"REMOTE_ADDR": "203.0.113.7"}}, id="another machine"),
        pytest.param({"headers": {"X-Forwarded-For": "203.0.113.7"}}, id="through a proxy on this machine"),
    ],
)
def test_metrics_are_for_this_machine_only(client: FlaskClient, asking: dict[str, dict[str, str]]) -> None:
    assert client.get("/metrics", **asking).status_code == 403


@pytest.mark.parametrize(("token", "status"), [("right" * 8, 200), ("wrong", 401), ("", 401)])
def test_a_token_opens_the_metrics(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, token: str, status: int
) -> None:
    settings = app.config["SETTINGS"].model_copy(update={"metrics_token": "right" * 8})
    monkeypatch.setitem(app.config, "SETTINGS", settings)

    response = client.get(
        "/metrics",
        headers={"Authorization": f"Bearer {token}", "X-Forwarded-For": "203.0.113.7"},
    )

    assert response.status_code == status
