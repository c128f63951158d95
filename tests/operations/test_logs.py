import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient

from booking.operations.logs import init_logs
from booking.settings import Settings

SECRETS = ("hunter2hunter2", "li@example.org", "Wq3-secret-of-a-feed", "tok_secret_of_a_token")


@pytest.fixture
def json_lines() -> Iterator[None]:
    init_logs(Settings.model_validate({"log_format": "json", "log_level": "DEBUG"}))
    yield
    init_logs(Settings())


@pytest.mark.usefixtures("json_lines")
def test_a_request_is_one_line_with_route_and_status(client: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    client.get("/feeds/Wq3-secret-of-a-feed.ics?token=tok_secret_of_a_token")

    line = json.loads(capsys.readouterr().err.splitlines()[-1])
    assert {name: line[name] for name in ("event", "method", "route", "status", "user")} == {
        "event": "request",
        "method": "GET",
        "route": "/feeds/<secret>.ics",
        "status": 404,
        "user": None,
    }
    assert len(line["request_id"]) == 16


@pytest.mark.usefixtures("json_lines")
def test_no_line_holds_a_secret(app: Flask, client: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    client.get("/feeds/Wq3-secret-of-a-feed.ics")
    client.get("/confirm/tok_secret_of_a_token")
    client.get("/reset/tok_secret_of_a_token?email=li@example.org")
    client.get("/nowhere/tok_secret_of_a_token")
    client.get("/api/v1/me", headers={"Authorization": "Bearer tok_secret_of_a_token"})
    client.post("/sign-in", data={"email": "li@example.org", "password": "hunter2hunter2"})
    log = structlog.get_logger()
    log.warning("oops", url="https://host/feeds/Wq3-secret-of-a-feed.ics", to="li@example.org")
    logging.getLogger("library").error("Authorization: Bearer %s", "tok_secret_of_a_token")
    logging.getLogger("library").error("cannot reach smtp://post:hunter2hunter2@mail.example.cn")

    written = capsys.readouterr().err

    assert len(written.splitlines()) >= 9
    assert [secret for secret in SECRETS if secret in written] == []


@pytest.mark.usefixtures("json_lines")
def test_a_trace_shows_lines_but_no_values(capsys: pytest.CaptureFixture[str]) -> None:
    def fails(password: str) -> None:
        raise ValueError(len(password))

    try:
        fails("hunter2" * 2)
    except ValueError:
        structlog.get_logger().exception("failed")

    written = capsys.readouterr().err
    assert "ValueError: 14" in written
    assert "hunter2hunter2" not in written


def test_a_database_error_does_not_repeat_what_was_stored(app: Flask) -> None:
    from booking.web.extensions import db

    assert db.engine.hide_parameters
