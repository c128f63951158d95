"""What a request must be to be looked at at all: to a name of ours, readable, not too large.

The check runs in front of the application. What it refuses is answered by the application all the
same, in the reader's language and with every header, at a harmless address of the same kind.
"""

import re
import secrets
from collections.abc import Callable, Iterable
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import structlog
from flask import Flask, g, request
from werkzeug.exceptions import RequestEntityTooLarge

from booking.core.errors import Refused, Unreadable
from booking.core.texts import N_
from booking.operations.headers import headers_for
from booking.settings import Settings

log = structlog.get_logger()

Start = Callable[..., Any]
Environ = dict[str, Any]

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
REFUSED, REQUEST_ID = "chuanyu.refused", "chuanyu.request_id"
PART, KEPT_IN_MEMORY = 64 * 1024, 500_000
SANE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
FORM_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


class UnknownHost(Refused):
    """The request was sent to a name that is not one of ours."""

    status = 400
    code = "unknown_host"
    sentence = N_("这个网址不属于本站。")


def init_arriving(app: Flask, settings: Settings) -> None:
    """Put the gate in front, and what it found before every view."""
    app.wsgi_app = Gate(app.wsgi_app, settings)  # type: ignore[method-assign]
    app.before_request(begin)
    app.teardown_request(let_go)


def begin() -> None:
    """Name the request, and refuse what the gate marked, bodies that are too large, and unreadable forms."""
    g.request_id = request.environ[REQUEST_ID]
    refused = request.environ.get(REFUSED)
    if refused is not None:
        raise refused
    limit = request.max_content_length
    if limit is not None:
        _measure(limit)
        if (request.content_length or 0) > limit:
            raise RequestEntityTooLarge
    if request.mimetype in FORM_TYPES and not _is_readable_form():
        raise Unreadable(N_("表单内容不是有效的 UTF-8 文字。"))


def _measure(limit: int) -> None:
    """Read a body that does not say its length; Werkzeug would cut it off at the limit instead of refusing it.

    The view's own limit holds, so this runs after routing; what is large waits in a file, as uploads do.
    """
    if "chunked" not in request.environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        return
    sent, body = request.environ["wsgi.input"], SpooledTemporaryFile(max_size=KEPT_IN_MEMORY)  # noqa: SIM115
    g.measured_body = body
    length = 0
    while length <= limit and (part := sent.read(min(PART, limit + 1 - length))):
        length += body.write(part)
    body.seek(0)
    request.environ.update({"wsgi.input": body, "CONTENT_LENGTH": str(length)})
    del request.environ["HTTP_TRANSFER_ENCODING"]


def let_go(_error: BaseException | None) -> None:
    """Close the file that a measured body waits in."""
    if (body := g.pop("measured_body", None)) is not None:
        body.close()


def _is_readable_form() -> bool:
    """Whether every name and value is UTF-8 without NUL; file contents are not looked at."""
    if request.mimetype == "application/x-www-form-urlencoded":
        return is_readable(request.get_data(cache=True).replace(b"+", b" "))
    texts = [text for pair in request.form.items(multi=True) for text in pair]
    return not any("\0" in text or "\ufffd" in text for text in texts)


def is_readable(quoted: bytes) -> bool:
    """Whether percent-encoded bytes mean UTF-8 text without NUL."""
    raw = unquote_to_bytes(quoted)
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\0" not in raw


class Gate:
    """WSGI middleware: names every request, marks what cannot be looked at, and answers when all else failed."""

    def __init__(self, application: Callable[[Environ, Start], Iterable[bytes]], settings: Settings) -> None:
        self._application = application
        self._settings = settings
        self._names = trusted_names(settings)
        self._host = urlsplit(settings.address).netloc

    def __call__(self, environ: Environ, start_response: Start) -> Iterable[bytes]:
        """Pass the request on; a fault that even the error page could not show gets a plain answer."""
        environ[REQUEST_ID] = request_id(environ.get("HTTP_X_REQUEST_ID", ""))
        self._mark(environ)
        try:
            return self._application(environ, start_response)
        except Exception:
            log.exception("unanswered", request_id=environ[REQUEST_ID])
            return self._plain_fault(environ, start_response)

    def _mark(self, environ: Environ) -> None:
        """Note what is wrong with it, and make it harmless."""
        path, query = environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", "")
        if host_name(environ.get("HTTP_HOST", "")) not in self._names:
            environ[REFUSED] = UnknownHost()
            environ["HTTP_HOST"] = self._host
        elif not is_readable(path.encode("latin-1").replace(b"%", b"%25")) or not is_readable(query.encode("latin-1")):
            environ[REFUSED] = Unreadable(N_("网址中含有无法读取的字符。"))
        if REFUSED in environ:
            environ["PATH_INFO"] = "/api/" if path.startswith("/api/") else "/"
            environ["QUERY_STRING"] = ""

    def _plain_fault(self, environ: Environ, start_response: Start) -> Iterable[bytes]:
        """500 in plain words, with the number to quote."""
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        headers = {
            **headers_for(self._settings),
            "Content-Type": "text/plain; charset=utf-8",
            "X-Request-ID": environ[REQUEST_ID],
        }
        start_response(f"{status.value} {status.phrase}", list(headers.items()))
        return [f"服务出现错误 · Something went wrong · {environ[REQUEST_ID]}\n".encode()]


def trusted_names(settings: Settings) -> frozenset[str]:
    """The host names to answer to: those of the settings, else the public address's and loopback."""
    if settings.trusted_hosts:
        return frozenset(name.lower() for name in settings.trusted_hosts)
    return LOOPBACK_NAMES | {host_name(urlsplit(settings.address).netloc)}


def host_name(host: str) -> str:
    """A Host header without its port, in lower case."""
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdecimal() else host).lower()


def request_id(given: str) -> str:
    """The id that a proxy gave, when it is a sane one, else a new one."""
    return given if SANE_ID.fullmatch(given) else secrets.token_hex(8)
