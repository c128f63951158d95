"""Every route and method against every role, in one table; it fails when a route is missing from it."""

from typing import Any

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException

from tests.house.asking import NO_ONE, SIGN_IN, Crowd, Line
from tests.house.snapshots import Snapshot
from tests.house.worlds import (
    ADMIN,
    ALL_SEEING,
    BOOKERS,
    EVERYBODY,
    PEOPLE,
    PLATFORM,
    STAFF,
    THEIR_ADMIN,
    THEIR_STAFF,
    World,
)

HOLDER, PARTICIPANT, AUDITOR = (frozenset({name}) for name in ("holder", "participant", "auditor"))
STEWARDS = frozenset({"steward"}) | ADMIN | PLATFORM
ADMINS = ADMIN | PLATFORM
READERS = STAFF | ALL_SEEING
BLOCKERS = STAFF | PLATFORM
THEIR_STEWARDS = frozenset({"their_steward"}) | THEIR_ADMIN | PLATFORM
THEIR_ADMINS = THEIR_ADMIN | PLATFORM
THEIR_BLOCKERS = THEIR_STAFF | PLATFORM
PARTIES = BOOKERS | READERS

FREE: dict[str, Any] = {"starts_at": "{free_start}", "ends_at": "{free_end}"}
FREE_FORM = {"starts_at": "{free_start_local}", "ends_at": "{free_end_local}"}
TAKEN: dict[str, Any] = {"starts_at": "{taken_start}", "ends_at": "{taken_end}"}
WINDOW = "from=2026-11-23T00:00:00Z&to=2026-12-20T00:00:00Z"
BLOCK = {**FREE, "kind": "closure", "reason": "检修"}
BLOCK_FORM = {**FREE_FORM, "kind": "closure", "reason": "检修"}
SUSPENSION = {"email": "{holder_email}", "until": "{later}", "reason": "未清洁样品台"}
WHY = {"reason": "设备故障"}
SIGN_IN_FORM = {"email": "forgetful@example.org", "password": "{password}"}
NEW_PASSWORD = "three other words here"
PASSWORDS = {"current_password": "{password}", "password": NEW_PASSWORD}
ACCOUNT = {"name": "Newcomer", "email": "newcomer@example.org", "password": NEW_PASSWORD, "agrees": "1"}
TOKEN = {"name": "script", "scopes": ["read"], "days": 30}
TOKEN_FORM = {"name": "script", "scopes": "read", "days": "30"}


def page(path: str, let_in: frozenset[str] = EVERYBODY, **more: Any) -> Line:
    return Line(f"GET {path}", let_in, **more)


def sent(path: str, let_in: frozenset[str], form: dict[str, Any] | None = None, **more: Any) -> Line:
    return Line(f"POST {path}", let_in, form=form or {}, **{"ok": 303, **more})


def read(path: str, let_in: frozenset[str] = PEOPLE, **more: Any) -> Line:
    return Line(f"GET /api/v1{path}", let_in, **more)


def post(path: str, let_in: frozenset[str], json: dict[str, Any], **more: Any) -> Line:
    return Line(f"POST /api/v1{path}", let_in, json=json, **{"ok": 201, **more})


def step(path: str, let_in: frozenset[str], json: dict[str, Any], **more: Any) -> Line:
    return post(path, let_in, json, **{"ok": 200, **more})


def change(path: str, let_in: frozenset[str], json: dict[str, Any], **more: Any) -> Line:
    return Line(f"PATCH /api/v1{path}", let_in, json=json, **more)


def put(path: str, let_in: frozenset[str], json: dict[str, Any], **more: Any) -> Line:
    return Line(f"PUT /api/v1{path}", let_in, json=json, **more)


def drop(path: str, let_in: frozenset[str], **more: Any) -> Line:
    return Line(f"DELETE /api/v1{path}", let_in, **{"ok": 204, **more})


ACCOUNTS = (
    page("/register"),
    sent("/register", EVERYBODY, ACCOUNT, is_open=True, is_slow=True),
    page("/register/sent"),
    page("/confirm"),
    sent("/confirm", EVERYBODY, {"email": "unconfirmed@example.org"}, is_open=True),
    page("/confirm/{confirm_secret}"),
    sent("/confirm/{confirm_secret}", EVERYBODY, ok=SIGN_IN, is_open=True),
    page("/confirm/unknown", NO_ONE, other=410, nobody=410),
    page("/sign-in", PEOPLE, ok=303, nobody=200),
    sent("/sign-in", EVERYBODY, SIGN_IN_FORM, is_open=True, is_slow=True),
    sent("/sign-out", EVERYBODY, is_open=True),
    page("/forgot"),
    sent("/forgot", EVERYBODY, {"email": "forgetful@example.org"}, is_open=True),
    page("/forgot/sent"),
    page("/reset/{reset_secret}"),
    sent("/reset/{reset_secret}", EVERYBODY, {"password": NEW_PASSWORD}, ok=SIGN_IN, is_open=True, is_slow=True),
    page("/account", PEOPLE),
    sent("/account", PEOPLE, {"name": "Anders", "language": "en"}),
    sent("/account/password", PEOPLE, PASSWORDS, is_slow=True),
    page("/account/tokens", PEOPLE),
    sent("/account/tokens", PEOPLE, TOKEN_FORM, ok=200),
    sent("/account/tokens/{holder_token}/revoke", HOLDER),
    read("/me"),
    read("/tokens"),
    post("/tokens", PEOPLE - {"writer"}, TOKEN, other=403),
    drop("/tokens/{holder_token}", HOLDER),
)

FEEDS = (
    page("/account/feeds", PEOPLE),
    page("/account/feeds?instrument={draft}", PEOPLE),
    sent("/account/feeds", PEOPLE, {"scope": "mine"}, ok=201),
    sent("/account/feeds", READERS, {"scope": "instrument", "id": "{draft}"}, ok=201),
    sent("/account/feeds/{feed}/revoke", HOLDER),
    read("/feeds"),
    post("/feeds", PEOPLE, {"scope": "instrument", "id": "{published}"}),
    post("/feeds", READERS, {"scope": "instrument", "id": "{draft}"}),
    drop("/feeds/{feed}", HOLDER),
    Line("GET /feeds/{public_feed_secret}.ics", EVERYBODY),
    Line("GET /feeds/unknown.ics", NO_ONE, nobody=404),
)

SEARCH = (
    page("/"),
    page("/?q=OUR&province=500000"),
    page("/instruments/{published}"),
    page("/instruments/{draft}", READERS, nobody=404),
    page("/instruments/{withheld}", ADMINS | ALL_SEEING, nobody=404),
    page("/instruments/{their_draft}", THEIR_STAFF | ALL_SEEING, nobody=404),
    page("/instruments/{absent}", NO_ONE, nobody=404),
    page("/instruments/{published}/pidinst.json"),
    page("/instruments/{draft}/pidinst.json", READERS, nobody=404),
    page("/robots.txt"),
    page("/sitemap.xml"),
    page("/sitemap-0.xml"),
    read("/instruments", EVERYBODY),
    read("/instruments/{published}", EVERYBODY),
    read("/instruments/{draft}", READERS, nobody=404),
    read("/instruments/{withheld}", ADMINS | ALL_SEEING, nobody=404),
    read("/instruments/{their_draft}", THEIR_STAFF | ALL_SEEING, nobody=404),
    read("/instruments/{absent}", NO_ONE, nobody=404),
    read("/classes", EVERYBODY),
    read("/places", EVERYBODY),
)

BOOKING = (
    page(f"/instruments/{{published}}/calendar.json?{WINDOW}"),
    page(f"/instruments/{{draft}}/calendar.json?{WINDOW}", READERS, nobody=404),
    sent("/instruments/{published}/ask", EVERYBODY, FREE_FORM, ok=200),
    sent("/instruments/{draft}/ask", READERS, FREE_FORM, ok=200, nobody=404),
    sent("/instruments/{published}/reservations", PEOPLE, FREE_FORM, nobody=SIGN_IN),
    sent("/instruments/{draft}/reservations", NO_ONE, FREE_FORM, told=READERS, nobody=SIGN_IN),
    read(f"/instruments/{{published}}/availability?{WINDOW}", EVERYBODY),
    read(f"/instruments/{{draft}}/availability?{WINDOW}", READERS, nobody=404),
    read(f"/instruments/{{their_withheld}}/availability?{WINDOW}", THEIR_ADMIN | ALL_SEEING, nobody=404),
    step("/quotes", EVERYBODY, {**TAKEN, "instrument_id": "{published}"}),
    step("/quotes", READERS, {**FREE, "instrument_id": "{draft}"}, nobody=404),
    post("/reservations", PEOPLE, {**FREE, "instrument_id": "{published}"}),
    post("/reservations", NO_ONE, {**TAKEN, "instrument_id": "{published}"}, other=409),
    post("/reservations", NO_ONE, {**FREE, "instrument_id": "{draft}"}, told=READERS),
    post(
        "/reservations",
        STEWARDS,
        {**FREE, "instrument_id": "{published}", "on_behalf_of": "{suspended_email}", "override_reason": "急件"},
        other=403,
    ),
)

RESERVATIONS = (
    page("/reservations", PEOPLE),
    page("/reservations/{reservation}", PARTIES),
    page("/reservations/{their_reservation}", THEIR_STAFF | ALL_SEEING),
    page("/reservations/{absent}", NO_ONE),
    page("/reservations/{reservation}/move", HOLDER | STEWARDS, forbidden=PARTIES),
    sent("/reservations/{reservation}/move", HOLDER | STEWARDS, {**FREE_FORM, **WHY}, forbidden=PARTIES),
    sent("/reservations/{reservation}/move/ask", HOLDER | STEWARDS, FREE_FORM, ok=200, forbidden=PARTIES),
    page(f"/reservations/{{reservation}}/move/calendar.json?{WINDOW}", HOLDER | STEWARDS, forbidden=PARTIES),
    page("/reservations/{reservation}/edit", HOLDER | STEWARDS, forbidden=PARTIES),
    sent("/reservations/{reservation}/edit", HOLDER | STEWARDS, {"purpose": "x", **WHY}, forbidden=PARTIES),
    page("/reservations/{reservation}/cancel", HOLDER | STEWARDS, forbidden=PARTIES),
    sent("/reservations/{reservation}/cancel", HOLDER | STEWARDS, WHY, forbidden=PARTIES),
    sent("/reservations/{reservation}/leave", PARTICIPANT),
    sent("/reservations/{request}/approve", STEWARDS, forbidden=PARTIES),
    sent("/reservations/{request}/reject", STEWARDS, WHY, forbidden=PARTIES),
    read("/reservations"),
    read("/reservations?mine=1"),
    read("/reservations?instrument={published}"),
    read("/reservations/{reservation}", PARTIES),
    read("/reservations/{their_reservation}", THEIR_STAFF | ALL_SEEING),
    read("/reservations/{absent}", NO_ONE),
    change("/reservations/{reservation}", HOLDER | STEWARDS, {**FREE, **WHY}, forbidden=PARTIES),
    change("/reservations/{reservation}", HOLDER | STEWARDS, {"purpose": "x", **WHY}, forbidden=PARTIES),
    change("/reservations/{their_reservation}", THEIR_STEWARDS, {**FREE, **WHY}, forbidden=THEIR_STAFF | ALL_SEEING),
    step("/reservations/{reservation}/cancel", HOLDER | STEWARDS, WHY, forbidden=PARTIES),
    step("/reservations/{their_reservation}/cancel", THEIR_STEWARDS, WHY, forbidden=THEIR_STAFF | ALL_SEEING),
    step("/reservations/{request}/approve", STEWARDS, {}, forbidden=PARTIES),
    step("/reservations/{request}/reject", STEWARDS, WHY, forbidden=PARTIES),
    step("/reservations/{reservation}/leave", PARTICIPANT, {}, ok=204),
)

STEWARDSHIP = (
    page("/board", READERS | THEIR_STAFF, other=403),
    page("/board?view=week", READERS | THEIR_STAFF, other=403),
    page("/board/instruments/{published}", READERS),
    page("/board/instruments/{withheld}", ADMINS | ALL_SEEING),
    page(f"/board/instruments/{{published}}/calendar.json?{WINDOW}", READERS, other=403),
    page(f"/board/instruments/{{draft}}/calendar.json?{WINDOW}", READERS, nobody=404),
    page("/instruments/{published}/blocks", BLOCKERS, other=403),
    page("/instruments/{draft}/blocks", BLOCKERS, forbidden=AUDITOR),
    sent("/instruments/{published}/blocks", BLOCKERS, BLOCK_FORM, other=403),
    sent("/instruments/{draft}/blocks", BLOCKERS, BLOCK_FORM, forbidden=AUDITOR),
    sent("/blocks/{block}/remove", BLOCKERS, other=403),
    sent("/blocks/{draft_block}/remove", BLOCKERS, forbidden=AUDITOR),
    read("/instruments/{published}/blocks", BLOCKERS, other=403),
    read("/instruments/{draft}/blocks", BLOCKERS, forbidden=AUDITOR),
    post("/instruments/{published}/blocks", BLOCKERS, BLOCK, other=403),
    post("/instruments/{draft}/blocks", BLOCKERS, BLOCK, forbidden=AUDITOR),
    post("/instruments/{withheld}/blocks", ADMINS, BLOCK, forbidden=AUDITOR),
    drop("/blocks/{block}", BLOCKERS, other=403),
    drop("/blocks/{draft_block}", BLOCKERS, forbidden=AUDITOR),
    drop("/blocks/{their_block}", THEIR_BLOCKERS, other=403),
    read("/conflicts"),
    read("/suspensions"),
    post("/suspensions", STEWARDS, {**SUSPENSION, "instrument_id": "{published}"}, other=403),
    post("/suspensions", STEWARDS, {**SUSPENSION, "instrument_id": "{draft}"}, forbidden=READERS),
    drop("/suspensions/{suspension}", STEWARDS),
    drop("/suspensions/{their_suspension}", THEIR_STEWARDS),
)

EDITED = "{published}"
NAMES = {"name_zh": "新名称", "model": "X-1"}

CATALOGUE = (
    page("/catalogue", STEWARDS | THEIR_STEWARDS, other=403),
    page("/catalogue?q=draft", STEWARDS | THEIR_STEWARDS, other=403),
    page("/catalogue/new", ADMINS | THEIR_ADMIN, other=403),
    sent("/catalogue/new", ADMINS, {"organisation_id": "{organisation}", **NAMES}, other=403),
    *(
        one
        for tab in ("edit", "place", "booking", "test-items", "publishing")
        for one in (
            page(f"/catalogue/{EDITED}/{tab}", STEWARDS, other=403),
            page(f"/catalogue/{{draft}}/{tab}", STEWARDS, forbidden=READERS),
            page(f"/catalogue/{{withheld}}/{tab}", ADMINS, forbidden=AUDITOR),
        )
    ),
    page(f"/catalogue/{EDITED}/test-items/{{item}}", STEWARDS, other=403),
    page("/catalogue/{draft}/test-items/{item}", NO_ONE, forbidden=READERS - STEWARDS),
    sent("/catalogue/{draft}/edit", STEWARDS, NAMES, forbidden=READERS),
    sent("/catalogue/{withheld}/edit", ADMINS, NAMES, forbidden=AUDITOR),
    sent("/catalogue/{draft}/place", STEWARDS, {"street": "天生路 2 号"}, forbidden=READERS),
    sent("/catalogue/{draft}/booking-mode", STEWARDS, {"booking_mode": "none"}, forbidden=READERS),
    sent("/catalogue/{draft}/policy", STEWARDS, {"allows_self": "1"}, forbidden=READERS),
    sent("/catalogue/{draft}/opening-hours", STEWARDS, {"opening_hours": "1-5 09:00-18:00"}, forbidden=READERS),
    sent("/catalogue/{asking}/lanes", STEWARDS, {"capacity": "3"}, other=403),
    sent("/catalogue/{draft}/shared-groups", STEWARDS, {"name": "真空泵", "capacity": "1"}, forbidden=READERS),
    sent("/catalogue/{draft}/shared-groups/join", STEWARDS, {"lane_group_id": "{spare}"}, forbidden=READERS),
    sent("/catalogue/{withheld}/shared-groups/{spare}/leave", ADMINS, forbidden=AUDITOR),
    sent("/catalogue/{draft}/test-items", STEWARDS, {"name_zh": "形貌"}, forbidden=READERS),
    sent(f"/catalogue/{EDITED}/test-items/{{item}}", STEWARDS, {"name_zh": "形貌"}, other=403),
    sent(f"/catalogue/{EDITED}/test-items/{{item}}/move", STEWARDS, {"places": "1"}, other=403),
    sent(f"/catalogue/{EDITED}/test-items/{{item}}/remove", STEWARDS, other=403),
    sent(
        "/catalogue/{draft}/publishing-state",
        ADMINS,
        {"publishing_state": "withheld", "reason": "未验收"},
        forbidden=READERS,
    ),
    sent("/catalogue/{draft}/sharing", STEWARDS, {"running_state": "normal"}, forbidden=READERS),
    sent("/catalogue/{draft}/visibility", STEWARDS, {"hides_position": "1"}, forbidden=READERS),
)

PUBLISHING = {"publishing_state": "withheld", "reason": "未验收"}
ITEM_API = "/instruments/{published}/test-items/{item}"

CATALOGUE_API = (
    read("/my-instruments", STEWARDS | THEIR_STEWARDS, other=403),
    post("/instruments", ADMINS, {"organisation_id": "{organisation}", **NAMES}, other=403),
    change("/instruments/{draft}", STEWARDS, NAMES, forbidden=READERS),
    change("/instruments/{withheld}", ADMINS, NAMES, forbidden=AUDITOR),
    change("/instruments/{their_draft}", THEIR_STEWARDS, NAMES, forbidden=THEIR_STAFF | ALL_SEEING),
    put("/instruments/{draft}/publishing-state", ADMINS, PUBLISHING, forbidden=READERS),
    put("/instruments/{their_draft}/publishing-state", THEIR_ADMINS, PUBLISHING, forbidden=THEIR_STAFF | ALL_SEEING),
    put("/instruments/{draft}/policy", STEWARDS, {"horizon_days": 30}, forbidden=READERS),
    put("/instruments/{draft}/opening-hours", STEWARDS, {"opening_hours": "1-5 09:00-18:00"}, forbidden=READERS),
    put("/instruments/{asking}/lanes", STEWARDS, {"capacity": 3}, other=403),
    put("/instruments/{withheld}/shared-groups/{spare}/lanes", ADMINS, {"capacity": 3}, forbidden=AUDITOR),
    put("/instruments/{draft}/shared-groups/{spare}/lanes", NO_ONE, {"capacity": 3}, forbidden=READERS - STEWARDS),
    post("/instruments/{draft}/shared-groups", STEWARDS, {"name": "真空泵"}, forbidden=READERS),
    step("/instruments/{draft}/shared-groups/{spare}/join", STEWARDS, {}, forbidden=READERS),
    step("/instruments/{draft}/shared-groups/{their_spare}/join", NO_ONE, {}, forbidden=READERS - STEWARDS),
    step("/instruments/{withheld}/shared-groups/{spare}/leave", ADMINS, {}, forbidden=AUDITOR),
    post("/instruments/{draft}/test-items", STEWARDS, {"name_zh": "形貌"}, forbidden=READERS),
    put(ITEM_API, STEWARDS, {"name_zh": "形貌"}, other=403),
    put(
        "/instruments/{their_published}/test-items/{item}", NO_ONE, {"name_zh": "x"}, other=403, unknown=THEIR_STEWARDS
    ),
    step(f"{ITEM_API}/move", STEWARDS, {"places": 1}, other=403),
    drop(ITEM_API, STEWARDS, other=403),
)

ENTRY = {"name_zh": "Our大学", "kind": "university", "adcode": "500109"}
CLOSURE = {"first_day": "{later_day}", "name_zh": "停电"}

DIRECTORY = (
    page("/organisations/{organisation}"),
    page("/organisations/{absent}", NO_ONE, nobody=404),
    page("/organisations/{organisation}/edit", ADMINS, other=403),
    sent("/organisations/{organisation}/edit", ADMINS, ENTRY, other=403),
    sent("/organisations/{organisation}/units", ADMINS, {"name_zh": "新中心"}, other=403),
    page("/organisations/{organisation}/closing-days", ADMINS, other=403),
    sent("/organisations/{organisation}/closing-days", ADMINS, CLOSURE, other=403),
    sent("/organisations/{organisation}/closing-days/{day}/remove", ADMINS, other=403),
    read("/organisations/{organisation}", EVERYBODY),
    post("/organisations", PLATFORM, {**ENTRY, "name_zh": "新单位"}, other=403),
    put("/organisations/{organisation}", ADMINS, ENTRY, other=403),
    put("/organisations/{their_organisation}", THEIR_ADMINS, {**ENTRY, "name_zh": "Their大学"}, other=403),
    post("/organisations/{organisation}/units", ADMINS, {"name_zh": "新中心"}, other=403),
    post("/organisations/{organisation}/closing-days", ADMINS, CLOSURE, other=403),
    drop("/organisations/{organisation}/closing-days/{day}", ADMINS, other=403),
    drop("/organisations/{organisation}/closing-days/{their_day}", NO_ONE, other=403, unknown=ADMINS),
)

OPERATIONS = (
    page("/api/docs"),
    page("/api/openapi.json"),
    page("/operations/jobs", ALL_SEEING, other=403),
    sent("/operations/jobs/forget_answers/run", PLATFORM, other=403),
    sent("/operations/events/{event}/retry", PLATFORM, other=403),
    page("/operations/mailbox", PLATFORM, other=403),
    page("/operations/mailbox/{mail}", PLATFORM, other=403),
    sent("/operations/mailbox/{mail}/retry", PLATFORM, other=403),
    page("/healthz"),
    page("/readyz"),
    page("/metrics"),
    page("/favicon.ico"),
    page("/static/js/nothing.js", NO_ONE, nobody=404),
    page("/no-such-page", NO_ONE, nobody=404),
    read("/no-such-thing", NO_ONE, nobody=404),
)

MATRIX = (
    *ACCOUNTS,
    *FEEDS,
    *SEARCH,
    *BOOKING,
    *RESERVATIONS,
    *STEWARDSHIP,
    *CATALOGUE,
    *CATALOGUE_API,
    *DIRECTORY,
    *OPERATIONS,
)
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture
def crowd(engine_app: Flask, world: World, snapshot: Snapshot) -> Crowd:
    snapshot.restore()
    return Crowd(engine_app, world, snapshot)


def route_of(app: Flask, world: World, line: Line) -> tuple[str, str] | None:
    try:
        path = world.filled(f"/{line.path[1:].partition('?')[0]}")
        endpoint, _values = app.url_map.bind("localhost").match(str(path), method=line.method)
    except HTTPException:
        return None
    return endpoint, line.method


def test_no_route_is_missing_from_the_matrix(engine_app: Flask, world: World) -> None:
    routes = {
        (rule.endpoint, method)
        for rule in engine_app.url_map.iter_rules()
        for method in (rule.methods or set()) & METHODS
    }

    assert routes - {route_of(engine_app, world, line) for line in MATRIX} == set()


@pytest.mark.parametrize("line", MATRIX, ids=lambda line: line.call)
def test_every_role_gets_what_the_matrix_says_and_reads_nothing_private(crowd: Crowd, line: Line) -> None:
    outcomes = {role: crowd.outcome(role, line) for role in line.roles}
    expected = {role: line.expected(role) for role in line.roles}

    assert {role: (got, expected[role]) for role, (got, _) in outcomes.items() if got != expected[role]} == {}
    assert [fault for _, faults in outcomes.values() for fault in faults] == []
