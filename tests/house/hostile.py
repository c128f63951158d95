"""What nobody should send, by the kind of the field that it is sent to."""

import json
import zlib
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

Value = TypeVar("Value")

SCRIPT, TEMPLATE, QUOTE = "<script>alert(7)</script>", "{{7**9*191}}", "' OR 1=1 --"
RENDERED = "7707538937"
HUGE, LONG = 10**30, "长" * 20_001

IDS = ("0", "-1", str(HUGE), "%00", "%ff%fe", "%27%20OR%201=1%20--", "..%2F..%2Fetc")
"""Path segments that name no row, quoted as they travel."""

TEXTS = ("\x00", "x" * len(LONG), SCRIPT + TEMPLATE + QUOTE, str(HUGE), "9999-12-31T23:59", "0001-01-01")
"""What is typed into page forms; text fields may keep some of it, as text."""

QUERY_VALUES = (
    "%00",
    "%ff%fe",
    "%ED%A0%80",
    str(HUGE),
    "-1",
    "1000000000",
    "nan",
    "9999-12-31",
    "0001-01-01",
    "2026-11-25T10:00:00",
    "9999-12-31T23:59:59Z",
    "%3Cscript%3Ealert(7)%3C/script%3E",
    "%7B%7B7**9*191%7D%7D",
    "%27%20OR%201=1%20--",
    "W10",
    "WzEsMl0",
    "../../etc",
    "a" * 5_000,
)
"""What is put behind a name in an address."""

ENGINES_DIFFER = (
    "\x00",
    "\ud800",
    "%00",
    "%ff%fe",
    "%ED%A0%80",
    str(HUGE),
    "-1",
    "%27%20OR%201=1%20--",
    "9999-12-31",
    "9999-12-31T23:59",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-12:00",
    "0001-01-01",
    "0001-01-01T00:00:00+14:00",
    "a" * 5_000,
    LONG,
    "x" * len(LONG),
    QUOTE,
    SCRIPT + TEMPLATE + QUOTE,
    "a\x00b",
    "a\ud800b",
    HUGE,
    -HUGE,
    -1,
    "NaN",
    "Infinity",
    10**400,
)
"""What one engine takes and the other refuses, or each in its own way; all else is refused before either is asked."""

NOISE = (
    "lang=../../etc",
    "lang=%00",
    "lang=en&lang=zh",
    "__proto__=1&constructor=1&unknown=%ff",
    "endpoint=x&values=1&self=1",
    "_external=1&_scheme=javascript",
    "_scheme=javascript",
    "_anchor=%0d%0aSet-Cookie:a=b&_method=DELETE",
    "%ff=%ff&%00=%00&=&&&;",
    "a" * 3_000 + "=1",
)
"""Query strings that mean nothing anywhere."""

BODIES: tuple[tuple[str, bytes, str], ...] = (
    ("no JSON", b"{", "application/json"),
    ("a trailing comma", b'{"name": 1,}', "application/json"),
    ("invalid UTF-8", b'{"name": "\xff\xfe"}', "application/json"),
    ("only bytes", b"\x00\xff\x00", "application/json"),
    ("UTF-16", '{"unknown": "x"}'.encode("utf-16"), "application/json; charset=utf-16"),
    ("an array", b"[]", "application/json"),
    ("an array of arrays", b'[["name", "x"]]', "application/json"),
    ("null", b"null", "application/json"),
    ("a text", b'"name"', "application/json"),
    ("a number", b"1e999", "application/json"),
    ("nested arrays", b"[" * 100_000, "application/json"),
    ("nested objects", b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "application/json"),
    ("a number of 5,000 digits", b'{"unknown": ' + b"9" * 5_000 + b"}", "application/json"),
    ("unknown fields", b'{"__proto__": {"x": 1}, "constructor": 1}', "application/json"),
    ("not a number", b'{"unknown": NaN}', "application/json"),
    ("a form", b"name=x", "application/x-www-form-urlencoded"),
    ("plain text", b'{"name": "x"}', "text/plain"),
    ("XML", b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", "text/xml"),
    ("a broken multipart", b"--x\r\nContent-Disposition: form-data", "multipart/form-data; boundary=y"),
    ("20 MB", b'{"name": "' + b"x" * 20_000_000 + b'"}', "application/json"),
)
"""Bodies that no address of the API takes: what they are, the bytes, the content type."""

LARGE_FORMS: tuple[tuple[bytes, str], ...] = (
    (b"name=" + b"x" * 20_000_000, "application/x-www-form-urlencoded"),
    (
        b'--x\r\nContent-Disposition: form-data; name="name"; filename="x.csv"\r\n\r\n'
        + b"\x00" * 3_000_000
        + b"\r\n--x--\r\n",
        "multipart/form-data; boundary=x",
    ),
)
"""Forms too large for any page, as they go over the line: to make them anew each time takes longer than all else."""

HEADERS = (
    {"Accept": ";;;q=x, */*;q=-1"},
    {"Accept": "text/" + "a" * 5_000},
    {"Accept-Language": "zh;q=nan, ../../etc;q=9, *"},
    {"Authorization": "Bearer"},
    {"Authorization": "Bearer " + "x" * 5_000},
    {"Authorization": "Bearer \xff\xfe"},
    {"Authorization": "Basic ////"},
    {"Authorization": "Negotiate x y z"},
    {"Cookie": "session=e30.aaaa.bbbb; language=../../etc"},
    {"X-Request-Id": "<script>alert(7)</script>" * 100},
    {"Range": "bytes=-1-,5-2"},
    {"If-None-Match": '"\xff", W/"', "If-Modified-Since": "yesterday"},
    {"Host": "evil.example"},
    {"Host": "local host:99999999"},
    {"Referer": "javascript:alert(7)", "Origin": "null"},
    {"Forwarded": "for=_hidden", "X-Forwarded-Host": "evil.example", "X-Forwarded-For": "' OR 1=1 --"},
)
"""Headers as broken clients and hostile ones send them."""

KEYS = ("x" * 201, "a\x01b", "\x7f", "\xff\x85")
"""Values of Idempotency-Key that are refused."""

VERSIONS = ("garbage", '"' + "9" * 30 + '"', '"-1"', '"1", "2"', "W/", "'1'")
"""Values of If-Match that are no version."""

_OBJECTS: tuple[Any, ...] = ({}, {"a": 1}, [[]])
_WRONG: dict[str, tuple[Any, ...]] = {
    "integer": (-HUGE, HUGE, "x", 1.5, "NaN", [], *_OBJECTS),
    "number": ("x", "NaN", "Infinity", 10**400, [], *_OBJECTS),
    "boolean": ("perhaps", 2, [], *_OBJECTS),
    "date-time": (
        "2026-11-25T10:00:00",
        "9999-12-31T23:59:59-12:00",
        "0001-01-01T00:00:00+14:00",
        "100000-01-01T00:00:00Z",
        "2026-02-30T10:00:00Z",
        "\x00",
        QUOTE,
        -1,
        HUGE,
        *_OBJECTS,
    ),
    "date": ("2026-02-30", "100000-01-01", "\x00", QUOTE, HUGE, *_OBJECTS),
    "enum": ("nonsense", "\x00", "\ud800", HUGE, *_OBJECTS),
    "string": ("a\x00b", "a\ud800b", LONG, HUGE, True, *_OBJECTS),
    "array": ("\x00", HUGE, {"a": 1}, [[[]]], [HUGE], [None] * 10_000),
    "object": ("x", HUGE, [[]], {"__proto__": 1}, {"name": "\ud800"}),
}


def wrong_values(kind: str) -> tuple[Any, ...]:
    """Values that a field of this kind must refuse."""
    return _WRONG[kind]


def in_turn(call: str, values: Sequence[Value], count: int) -> list[Value]:
    """So many of the values, others for each address: what is refused or ignored before any view is asked."""
    first = zlib.crc32(call.encode())
    return [values[(first + step) % len(values)] for step in range(min(count, len(values)))]


def as_json(body: dict[str, Any]) -> bytes:
    """The body as JSON, with lone surrogates and infinities as Python would write them."""
    return json.dumps(body).encode()


def of_engine(engine: str, values: Iterable[Value]) -> list[Value]:
    """All of the values on SQLite; on PostgreSQL those that it may take otherwise."""
    kept = [(type(value), value) for value in ENGINES_DIFFER]
    return [value for value in values if engine == "sqlite" or (type(value), value) in kept]
