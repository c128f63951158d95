"""Whatever is sent, the answer is 4xx at worst, says so in its own format, escapes what it echoes, stores nothing."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from booking.web.extensions import db
from tests.house.asking import Line
from tests.house.attacking import Attacker, joined, kind_of, operation_of, properties_of
from tests.house.found_forms import FoundForm, forms_in
from tests.house.hostile import (
    BODIES,
    HEADERS,
    IDS,
    KEYS,
    LARGE_FORMS,
    NOISE,
    QUERY_VALUES,
    RENDERED,
    SCRIPT,
    TEMPLATE,
    TEXTS,
    VERSIONS,
    as_json,
    in_turn,
    of_engine,
    wrong_values,
)
from tests.house.snapshots import Snapshot
from tests.house.test_authorisation import MATRIX
from tests.house.worlds import World


def one_per_route(lines: Iterable[Line]) -> list[Line]:
    """The first line of every method and path, whatever stands in its braces."""
    found: dict[str, Line] = {}
    for line in lines:
        found.setdefault(re.sub(r"\{\w+\}", "{}", line.call.partition("?")[0]), line)
    return list(found.values())


API_LINES = [line for line in MATRIX if line.path.startswith("/api/v1/") and "absent" not in line.path]
LET_IN = [line for line in MATRIX if "platform" in line.let_in]
PAGES = one_per_route(line for line in LET_IN if line.method == "GET" and line not in API_LINES)
CHANGES = one_per_route(line for line in API_LINES if line.json is not None and line in LET_IN)
READS = one_per_route(line for line in API_LINES if line.method == "GET" and line in LET_IN)
NAMED = one_per_route(line for line in MATRIX if "{" in line.path.partition("?")[0])
SENT = one_per_route(line for line in MATRIX if line.form is not None)
WITH_HEADERS = (
    "/",
    "/reservations",
    "/instruments/{published}",
    "/feeds/{public_feed_secret}.ics",
    "/healthz",
    "/api/openapi.json",
    "/api/v1/me",
    "/api/v1/instruments",
    "/api/v1/instruments/{published}",
)
SLOW_FORMS = ("/sign-in", "/register", "/account/password", "/account/address", "/account/erase", "/sign-out", "/run")
"""They hash passwords or run jobs; their own tests send them wrong values."""
ON_ONE_ENGINE = pytest.mark.parametrize("engine_app", ["sqlite"], indirect=True, scope="session")
"""For what is refused before anything is asked of the database."""


@pytest.fixture(scope="module")
def sent(engine_app: Flask) -> set[object]:
    return set()


@pytest.fixture
def attacker(engine_app: Flask, world: World, snapshot: Snapshot, sent: set[object]) -> Attacker:
    snapshot.restore()
    return Attacker(engine_app, world, snapshot, sent)


@pytest.fixture(scope="module")
def document(engine_app: Flask) -> dict[str, Any]:
    """What the API says of itself, read once per engine: it is long."""
    found: dict[str, Any] = engine_app.test_client().get("/api/openapi.json").get_json()
    return found


def with_bad_segments(attacker: Attacker, line: Line) -> Iterator[str]:
    names = re.findall(r"\{(\w+)\}", line.path.partition("?")[0])
    for name in names:
        for bad in of_engine(attacker.engine, IDS):
            others = {other: attacker.world.names[other] for other in names if other != name}
            yield line.path.partition("?")[0].format(**others, **{name: bad})


@pytest.mark.parametrize("line", NAMED, ids=lambda line: line.call)
def test_no_id_that_no_row_has_breaks_anything(attacker: Attacker, line: Line) -> None:
    body = {"json": attacker.world.filled(line.json)} if line.json is not None else {}
    paths = set(with_bad_segments(attacker, line))

    faults = [attacker.faults(line.method, path, refused=True, **body) for path in sorted(paths)]

    assert joined(faults) == []


@ON_ONE_ENGINE
@pytest.mark.parametrize("line", CHANGES, ids=lambda line: line.call)
def test_the_api_refuses_bodies_that_are_not_its_own(attacker: Attacker, line: Line) -> None:
    path = attacker.world.filled(line.path)
    ignores_bodies = line.path.endswith(("/leave", "/join", "/apply", "/undo", "/withdraw", "/close", "/reopen"))

    faults = [
        attacker.faults(line.method, path, refused=not ignores_bodies, data=data, content_type=content_type)
        for _what, data, content_type in BODIES
    ]

    assert joined(faults) == []


@pytest.mark.parametrize("line", CHANGES, ids=lambda line: line.call)
def test_the_api_refuses_wrong_values_in_every_field(attacker: Attacker, document: dict[str, Any], line: Line) -> None:
    path, body = attacker.world.filled(line.path), attacker.world.filled(line.json)
    fields = properties_of(document, operation_of(document, line))
    wrong = [
        (name, bad)
        for name, schema in fields.items()
        for bad in of_engine(attacker.engine, wrong_values(kind_of(document, schema)))
    ]

    faults = [
        (name, str(bad)[:40], fault)
        for name, bad in wrong
        for fault in attacker.faults(
            line.method, path, refused=True, data=as_json({**body, name: bad}), content_type="application/json"
        )
    ]

    assert faults == []


@pytest.mark.parametrize("line", READS, ids=lambda line: line.call)
def test_the_api_survives_every_query(attacker: Attacker, document: dict[str, Any], line: Line) -> None:
    path = attacker.world.filled(line.path).partition("?")[0]
    names = [p["name"] for p in operation_of(document, line).get("parameters", []) if p["in"] == "query"]
    values = of_engine(attacker.engine, QUERY_VALUES)
    noise = in_turn(line.call, of_engine(attacker.engine, NOISE), 3)
    queries = [*noise, *(f"{name}={bad}" for name in names for bad in values)]

    faults = [attacker.faults("GET", f"{path}?{query}") for query in queries]

    assert joined(faults) == []


@pytest.mark.parametrize("line", PAGES, ids=lambda line: line.call)
def test_pages_survive_every_query(attacker: Attacker, line: Line) -> None:
    path = attacker.world.filled(line.path).partition("?")[0]
    names, values = attacker.names_read(path), of_engine(attacker.engine, QUERY_VALUES)
    noise = in_turn(line.call, of_engine(attacker.engine, NOISE), 3)
    queries = [*noise, *(f"{name}={bad}" for name in sorted(names) for bad in values)]

    faults = [attacker.faults("GET", f"{path}?{query}") for query in queries]

    assert joined(faults) == []


def new_forms_of(attacker: Attacker, line: Line) -> Iterator[FoundForm]:
    """The forms of the page that no page before it had."""
    page = attacker.send("GET", attacker.world.filled(line.path))
    # A look at somebody's data is logged; what follows is measured against the world before it.
    if attacker.snapshot.written:
        attacker.snapshot.restore()
    for form in forms_in(page.get_data(as_text=True)) if page.mimetype == "text/html" else ():
        is_ours = form.method == "post" and form.action.startswith("/") and not form.action.endswith(SLOW_FORMS)
        if is_ours and attacker.is_new((form.action, *sorted(form.values))):
            yield form


def a_few_at_a_time(names: list[str]) -> list[list[str]]:
    size = 1 if len(names) <= 8 else 6
    return [names[start : start + size] for start in range(0, len(names), size)]


@pytest.mark.parametrize("line", PAGES, ids=lambda line: line.call)
def test_every_field_of_every_form_survives_what_is_typed_into_it(attacker: Attacker, line: Line) -> None:
    faults = [
        (form.action, names, bad[:40], fault)
        for form in new_forms_of(attacker, line)
        for names in a_few_at_a_time(form.typed)
        for bad in of_engine(attacker.engine, TEXTS)
        for fault in attacker.faults("POST", form.action, data={**form.values, **dict.fromkeys(names, bad)})
    ]

    assert faults == []


UNREAD = {"no JSON", "invalid UTF-8", "only bytes"}
"""Of the bodies that call themselves JSON, which no page reads, one of each kind."""


@ON_ONE_ENGINE
@pytest.mark.parametrize("line", SENT, ids=lambda line: line.call)
def test_page_forms_survive_bodies_that_are_no_forms(attacker: Attacker, line: Line) -> None:
    path = attacker.world.filled(f"/{line.path[1:]}")
    bodies = [body[1:] for body in BODIES if body[0] in UNREAD or not body[2].startswith("application/json")]
    large = in_turn(line.call, LARGE_FORMS, 1)

    faults = [attacker.faults("POST", path, data=data, content_type=kind) for data, kind in [*bodies, *large]]

    assert joined(faults) == []


@pytest.mark.parametrize("headers", HEADERS, ids=lambda headers: str(headers)[:60])
def test_no_header_breaks_anything(attacker: Attacker, headers: dict[str, str]) -> None:
    faults = [attacker.faults("GET", attacker.world.filled(path), headers=headers) for path in WITH_HEADERS]

    assert joined(faults) == []


@ON_ONE_ENGINE
@pytest.mark.parametrize("line", [line for line in CHANGES if line.ok == 201], ids=lambda line: line.call)
def test_idempotency_keys_that_are_none_are_refused(attacker: Attacker, line: Line) -> None:
    path, body = attacker.world.filled(line.path), attacker.world.filled(line.json)

    faults = [attacker.faults("POST", path, refused=True, json=body, headers={"Idempotency-Key": key}) for key in KEYS]

    assert joined(faults) == []


@ON_ONE_ENGINE
@pytest.mark.parametrize("line", [line for line in CHANGES if line.method == "PATCH"], ids=lambda line: line.call)
def test_versions_that_are_none_are_refused(attacker: Attacker, line: Line) -> None:
    path, body = attacker.world.filled(line.path), attacker.world.filled(line.json)

    faults = [
        attacker.faults(line.method, path, refused=True, json=body, headers={"If-Match": version})
        for version in VERSIONS
    ]

    assert joined(faults) == []


FOREIGN = [
    ("POST", "/api/v1/instruments/{published}/blocks", {"lane_group": "{their_group}"}, 422),
    ("POST", "/api/v1/instruments/{published}/blocks", {"lane_group": "{spare}"}, 422),
    ("PATCH", "/api/v1/instruments/{draft}", {"unit_id": "{their_unit}"}, 422),
    ("PATCH", "/api/v1/instruments/{draft}", {"organisation_id": "{their_organisation}"}, 422),
    ("POST", "/api/v1/instruments", {"organisation_id": "{their_organisation}", "name_zh": "x"}, 403),
    ("POST", "/api/v1/instruments/{draft}/shared-groups/{their_spare}/join", {}, 404),
    ("PUT", "/api/v1/instruments/{draft}/test-items/{their_item}", {"name_zh": "x"}, 404),
    ("DELETE", "/api/v1/organisations/{organisation}/closing-days/{their_day}", None, 404),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), FOREIGN)
def test_what_belongs_to_another_institution_cannot_be_named(
    attacker: Attacker, method: str, path: str, body: dict[str, Any] | None, status: int
) -> None:
    times = {"starts_at": "{free_start}", "ends_at": "{free_end}", "kind": "closure"} if "blocks" in path else {}
    attacker.role = "admin"

    answer = attacker.send(method, attacker.world.filled(path), json=attacker.world.filled({**times, **(body or {})}))

    assert answer.status_code == status, answer.get_data(as_text=True)
    assert not attacker.snapshot.written


STORED = {
    "users": ("name",),
    "organisations": ("name_zh", "name_en"),
    "units": ("name_zh", "name_en"),
    "instruments": ("name_zh", "name_en", "model", "functions_zh", "indicators_zh", "user_rules_zh", "fees_zh"),
    "test_items": ("name_zh", "range_zh", "price_zh", "standard"),
    "lane_groups": ("name",),
    "blocks": ("reason",),
    "suspensions": ("reason",),
    "reservations": ("purpose", "project_name"),
    "reservation_people": ("name",),
    "feeds": ("name",),
    "access_tokens": ("name",),
    "calendar_days": ("name_zh",),
    "mails": ("subject", "text"),
    "affiliations": ("message", "reason"),
    "user_groups": ("name_en",),
    "rosters": ("name",),
    "invitations": ("name",),
    "enquiries": ("sample", "purpose"),
    "enquiry_messages": ("text",),
    "faq_entries": ("question_zh", "question_en", "answer_zh", "answer_en"),
    "attachments": ("caption_zh", "caption_en", "file_name"),
    "visits": ("name", "purpose", "reason"),
    "organisation_registrations": ("name_zh", "name_en", "message", "reason"),
    "imports": ("file_name",),
    "imported_rows": ("label", "inner_id"),
}


def test_pages_show_markup_in_stored_texts_as_text(attacker: Attacker) -> None:
    text = f"</script>{SCRIPT}{TEMPLATE}\"'><img src=x onerror=alert(7)>"
    with attacker.app.app_context(), db.engine.begin() as connection:
        for table, columns in STORED.items():
            for column in columns:
                unique = "|| id" if (table, column) in {("organisations", "name_zh"), ("units", "name_zh")} else ""
                statement = f"UPDATE {table} SET {column} = :text {unique}"
                connection.execute(sa.text(statement), {"text": text})

    answers = {line.call: attacker.send("GET", attacker.world.filled(line.path)) for line in PAGES}
    attacker.snapshot.restore()

    pages = {call: answer for call, answer in answers.items() if answer.mimetype == "text/html"}
    assert {call: answer.status_code for call, answer in answers.items() if answer.status_code >= 400} == {}
    shown = {call: answer.get_data(as_text=True) for call, answer in pages.items()}
    assert [call for call, page in shown.items() if SCRIPT in page or "<img src=x" in page or RENDERED in page] == []
    linked = re.compile(r'<script type="application/ld\+json"[^>]*>(.*?)</script>', re.DOTALL)
    assert all(json.loads(found) for page in shown.values() for found in linked.findall(page))
