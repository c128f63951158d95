import io
import zipfile
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import Workbook
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.test import stream_encode_multipart

from booking.operations.arriving import host_name, request_id, trusted_names
from booking.operations.headers import CONTENT_POLICY, headers_for
from booking.settings import Settings
from models.imports import Import
from models.vocabulary.accounts import Role, ScopeKind
from tests.factories.instruments import make_organisation
from tests.factories.looking import count
from tests.factories.people import give, make_user, sign_in

BIG = b"x" * 20_000_000
CHUNKED: dict[str, Any] = {
    "environ_overrides": {"wsgi.input_terminated": True, "CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}
}
UNREADABLE = [
    pytest.param("/?q=%ff", id="a query that is not UTF-8"),
    pytest.param("/?q=%00", id="NUL in the query"),
    pytest.param("/?%c3%28=1", id="a name that is not UTF-8"),
]


def sent(client: FlaskClient, path: str, **environ: Any) -> tuple[int, str | None]:
    response = client.get(path, environ_overrides=environ)
    return response.status_code, response.mimetype


@pytest.mark.parametrize("address", UNREADABLE)
@pytest.mark.parametrize(
    ("prefix", "mimetype"), [("", "text/html"), ("/api/v1/instruments", "application/problem+json")]
)
def test_an_unreadable_address_is_refused(client: FlaskClient, address: str, prefix: str, mimetype: str) -> None:
    path, _, query = address.partition("?")

    assert sent(client, prefix or path, QUERY_STRING=query) == (400, mimetype)


@pytest.mark.parametrize("path", ["/\xff", "/instruments/\x00", "/api/v1/instruments/\xc3\x28"])
def test_an_unreadable_path_is_refused(client: FlaskClient, path: str) -> None:
    assert sent(client, "/", PATH_INFO=path)[0] == 400


def test_a_percent_sign_in_a_path_is_just_a_percent_sign(client: FlaskClient) -> None:
    assert sent(client, "/", PATH_INFO="/%ff")[0] == 404


@pytest.mark.parametrize("path", ["/", "/api/v1/instruments"])
@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "[::1", "localhost:8000:1"])
def test_other_hosts_are_refused_and_never_repeated(client: FlaskClient, path: str, host: str) -> None:
    response = client.get(path, environ_overrides={"HTTP_HOST": host})

    assert response.status_code == 400
    assert "evil" not in response.get_data(as_text=True)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST"])
def test_loopback_names_are_answered(client: FlaskClient, host: str) -> None:
    assert sent(client, "/healthz", HTTP_HOST=host)[0] == 200


def test_named_hosts_replace_the_others() -> None:
    named = Settings.model_validate({"trusted_hosts": "instruments.example.cn, Www.example.cn"})

    assert trusted_names(named) == {"instruments.example.cn", "www.example.cn"}
    assert "instruments.example.cn" in trusted_names(
        Settings.model_validate({"base_url": "https://instruments.example.cn"})
    )
    assert host_name("[::1]") == "[::1]"


@pytest.mark.parametrize("path", ["/", "/sign-in", "/nowhere", "/api/v1/reservations", "/api/v1/nowhere"])
def test_twenty_megabytes_are_too_large_anywhere(client: FlaskClient, path: str) -> None:
    response = client.post(path, data=BIG, content_type="application/json")

    assert response.status_code == 413


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"email=" + BIG, 413, id="far too long"),
        pytest.param(b"email=" + BIG[:1_999_995], 413, id="one byte too long"),
        pytest.param(b"email=li&password=" + BIG[:100], 422, id="a form as it should be"),
    ],
)
def test_a_body_that_does_not_say_how_long_is_measured(client: FlaskClient, body: bytes, status: int) -> None:
    response = client.post(
        "/sign-in",
        input_stream=io.BytesIO(body),
        content_type="application/x-www-form-urlencoded",
        **CHUNKED,
    )

    assert response.status_code == status


def test_a_file_that_does_not_say_how_long_obeys_the_limit_of_its_own_view(
    app: Flask, client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    importer = make_user(session)
    give(session, importer, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, make_organisation(session).id)
    sign_in(client, importer)
    settings = app.config["SETTINGS"]
    book, answers = workbook(5_000_000), []

    for limit in (4_000_000, settings.largest_upload_bytes):
        monkeypatch.setitem(app.config, "SETTINGS", settings.model_copy(update={"largest_upload_bytes": limit}))
        stream, length, boundary = stream_encode_multipart({"file": FileStorage(io.BytesIO(book), "台账.xlsx")})
        answer = client.post(
            "/api/v1/imports", input_stream=stream, content_type=f"multipart/form-data; boundary={boundary}", **CHUNKED
        )
        answers.append((length > 5_000_000, answer.status_code, count(session, Import)))

    assert answers == [(True, 413, 0), (True, 201, 1)]


def workbook(size: int) -> bytes:
    """A table of one row that is this large by a picture in it."""
    book, written = Workbook(), io.BytesIO()
    for row in (["资产编号", "仪器名称"], ["A-1", "电镜"]):
        book.worksheets[0].append(row)
    book.save(written)
    with zipfile.ZipFile(written, "a") as parts:
        parts.writestr("xl/media/image1.png", b"x" * size)
    return written.getvalue()


@pytest.mark.parametrize("body", [b"email=%ff&password=x", b"email=\xff", b"email=a%00b", b"%00=1"])
def test_an_unreadable_form_is_refused(client: FlaskClient, body: bytes) -> None:
    response = client.post("/sign-in", data=body, content_type="application/x-www-form-urlencoded")

    assert response.status_code == 400


def test_an_unreadable_multipart_form_is_refused(client: FlaskClient) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\na\xff\x00\r\n--x--\r\n'

    response = client.post("/sign-in", data=body, content_type="multipart/form-data; boundary=x")

    assert response.status_code == 400


@pytest.mark.parametrize(
    ("given", "is_kept"),
    [("0123456789abcdef", True), ("short", False), ("x" * 65, False), ("abc def\r\nX: 1", False), ("", False)],
)
def test_a_sane_request_id_is_kept_and_any_other_replaced(given: str, is_kept: bool) -> None:
    assert (request_id(given) == given) is is_kept
    assert len(request_id(given)) >= 8


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/healthz"),
        ("GET", "/sign-in"),
        ("GET", "/nowhere"),
        ("GET", "/account"),
        ("POST", "/healthz"),
        ("GET", "/api/v1/me"),
        ("GET", "/api/v1/nowhere"),
        ("GET", "/api/openapi.json"),
        ("GET", "/api/docs"),
        ("GET", "/?q=%00"),
        ("GET", "/feeds/unknown.ics"),
    ],
)
def test_every_answer_carries_the_headers(client: FlaskClient, method: str, path: str) -> None:
    response = client.open(path, method=method, headers={"X-Request-ID": "given-by-a-proxy"})

    assert response.headers["X-Request-ID"] == "given-by-a-proxy"
    assert response.headers["Content-Security-Policy"] == CONTENT_POLICY
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert "Cache-Control" in response.headers


def test_browsers_are_told_to_stay_with_tls_only_where_there_is_tls() -> None:
    with_tls = headers_for(Settings.model_validate({"base_url": "https://instruments.example.cn"}))

    assert "Strict-Transport-Security" in with_tls
    assert "Strict-Transport-Security" not in headers_for(Settings())


def test_when_even_the_error_page_fails_the_answer_is_plain_and_protected(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.jinja_env.globals, "menu", None)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)

    response = app.test_client().get("/nowhere")

    assert response.status_code == 500
    assert response.headers["Content-Security-Policy"] == CONTENT_POLICY
    assert "Traceback" not in response.get_data(as_text=True)
