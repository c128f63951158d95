import fcntl
import importlib.util
import os
import signal
import socket
import struct
import sys
import termios
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert, select
from sqlalchemy.orm import Session

from app import create_app
from booking.database.engines import engine_options, prepare
from booking.notifications.delivery import LEASE
from booking.operations.posting import carrier_of, deliver_mails
from booking.operations.serving import main
from booking.operations.starting import compile_translations, keep_compiled
from models.notifications import Mail
from models.vocabulary.notifications import MailState
from tests.databases import settings_for
from tests.notifications.post_office import free_port, post_office
from tests.operations.nodes import node, nodes, start, wait_until

MAILS = 60


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "many", "BOOKING_PORT"),
        ("PORT", "80000", "BOOKING_PORT"),
        ("SECRET_KEY", "hunter2hunter2", "at least 32 characters"),
        ("DATABASE_URL", "mysql://root@db/x", "only sqlite:/// and postgresql://"),
        ("SMTP_URL", "mail.example.cn:25", "smtp://host:port"),
        ("MAIL_FROM", "nobody", "BOOKING_MAIL_FROM"),
        ("BASE_URL", "instruments.example.cn", "http:// or https://"),
        ("WORKERS", "0", "BOOKING_WORKERS"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(f"BOOKING_{name}", value)

    code = main(create_app, [])

    complaint = capsys.readouterr().err
    assert code == 2
    assert said in complaint
    assert "hunter2" not in complaint


def test_a_port_that_is_taken_is_said_before_anything_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        monkeypatch.setenv("BOOKING_PORT", str(other.getsockname()[1]))
        monkeypatch.setenv("BOOKING_DATA_DIR", str(tmp_path / "data"))

        code = main(create_app, [])

    assert code == 1
    assert "set BOOKING_PORT" in capsys.readouterr().err
    assert not (tmp_path / "data").exists()


def test_the_help_lists_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(create_app, ["--help"])

    assert "BOOKING_SMTP_URL" in capsys.readouterr().out


def test_translations_are_compiled_when_they_changed(tmp_path: Path) -> None:
    source = tmp_path / "en" / "LC_MESSAGES" / "messages.po"
    source.parent.mkdir(parents=True)
    source.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "仪器"\nmsgstr "Instrument"\n'
    )
    said: list[str] = []

    compile_translations(said.append, tmp_path)
    compile_translations(said.append, tmp_path)

    assert len(said) == 1
    assert b"Instrument" in source.with_suffix(".mo").read_bytes()


def test_code_is_kept_compiled_where_python_writes_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    source = tmp_path / "part.py"
    source.write_text("value = 1\n")
    spec = importlib.util.spec_from_file_location("part", source)
    assert spec
    assert spec.cached
    part = importlib.util.module_from_spec(spec)
    said: list[str] = []

    with monkeypatch.context() as read_only:
        read_only.setattr(os, "access", lambda _folder, _mode: False)
        keep_compiled(said.append, [part])
    kept = Path(spec.cached).exists()
    keep_compiled(said.append, [part])
    first = Path(spec.cached).read_bytes()
    keep_compiled(said.append, [part])

    assert not kept
    assert first
    assert said == ["Compiling the code (1 files)"]


@pytest.mark.storm
def test_a_database_that_is_away_is_said_in_one_sentence(tmp_path: Path) -> None:
    starting = start(tmp_path, BOOKING_DATABASE_URL=f"postgresql://nobody@127.0.0.1:{free_port()}/nothing")

    code = starting.process.wait(timeout=180)

    assert code == 1
    assert "The database cannot be used" in starting.said
    assert "Traceback" not in starting.said


@pytest.mark.storm
def test_two_nodes_that_start_at_once_take_turns_and_a_later_start_finds_nothing_to_do(
    tmp_path: Path, database_url: str
) -> None:
    with nodes(2, tmp_path, BOOKING_DATABASE_URL=database_url) as [one, two]:
        said = one.said + two.said

    with node(tmp_path, BOOKING_DATABASE_URL=database_url) as later:
        again = later.said

    assert said.count("Running the migrations") == 1
    assert "Running the migrations" not in again
    assert "Added reference data" not in again


@pytest.mark.storm
@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_a_request_in_flight_is_answered_before_the_service_stops(tmp_path: Path, signum: signal.Signals) -> None:
    body = b"email=li%40example.org&password=some+wrong+words"
    with node(tmp_path) as running, socket.create_connection(("127.0.0.1", running.port), timeout=60) as client:
        client.sendall(
            b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            + f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body[:10]
        )
        wait_until(lambda: is_accepted(client))
        running.process.send_signal(signum)
        time.sleep(2)
        client.sendall(body[10:])
        answer = client.recv(12)

        code = running.process.wait(timeout=60)

    assert answer.startswith(b"HTTP/1.1 4")
    assert code == 0


def is_accepted(client: socket.socket) -> bool:
    """Whether the server has taken everything sent so far."""
    time.sleep(0.5)
    unsent: int = struct.unpack("i", fcntl.ioctl(client.fileno(), termios.TIOCOUTQ, b"\0" * 4))[0]
    return unsent == 0


@pytest.mark.storm
def test_when_the_leader_is_killed_another_node_leads(tmp_path: Path, head_url: str) -> None:
    with node(tmp_path, BOOKING_DATABASE_URL=head_url) as first:
        wait_until(lambda: "leading the timetable" in first.said)
        with node(tmp_path, BOOKING_DATABASE_URL=head_url) as second:
            followed = "leading" not in second.said

            first.kill()

            wait_until(lambda: "leading the timetable" in second.said)

    assert followed
    assert "Traceback" not in second.said


@pytest.mark.storm
def test_a_sender_that_is_killed_loses_no_mail(tmp_path: Path, head_url: str) -> None:
    with post_office() as office:
        office.seconds_per_mail = 0.05
        smtp = {"BOOKING_SMTP_URL": office.url, "BOOKING_DATABASE_URL": head_url}
        with node(tmp_path, **smtp) as sender:
            queue(head_url)
            wait_until(lambda: len(office.arrived) >= 5)
            sender.kill()
        before = len(office.arrived)

        app = create_app(settings_for(head_url, tmp_path, smtp_url=office.url))
        with app.app_context():
            later = datetime.now(UTC) + LEASE
            deliver_mails(carrier_of(app.config["SETTINGS"]), app.config["SETTINGS"], lambda: later)

    delivered = [str(message["Message-ID"]) for message in office.arrived]
    assert before < MAILS
    assert set(delivered) == {f"<{number}@example.cn>" for number in range(MAILS)}
    assert len(delivered) <= MAILS + 1


def queue(database_url: str) -> None:
    """Sixty mails that are due."""
    engine = create_engine(database_url, **engine_options(database_url))
    prepare(engine)
    now = datetime.now(UTC)
    row = {
        "subject": "预约已确认",
        "text": "好\n",
        "html": "",
        "state": MailState.QUEUED,
        "attempts": 0,
        "last_error": "",
    }
    with Session(engine.execution_options(writes=True)) as session:
        for number in range(MAILS):
            names = {"message_id": f"<{number}@example.cn>", "recipient": f"person{number}@example.org"}
            session.execute(insert(Mail).values(**row, **names, next_attempt_at=now, created_at=now))
        session.commit()
        assert len(session.scalars(select(Mail.id)).all()) == MAILS
    engine.dispose()
