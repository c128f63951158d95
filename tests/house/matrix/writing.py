"""How the lines of the matrix are written: short names for calls, and who is often let in."""

from typing import Any

from tests.house.asking import Line
from tests.house.worlds import (
    ADMIN,
    ALL_SEEING,
    BOOKERS,
    EVERYBODY,
    PEOPLE,
    PLATFORM,
    REVIEWER,
    STAFF,
    THEIR_ADMIN,
    THEIR_STAFF,
    TRAINER,
)

HOLDER, PARTICIPANT, AUDITOR = (frozenset({name}) for name in ("holder", "participant", "auditor"))
STEWARDS = frozenset({"steward"}) | ADMIN | PLATFORM
TRAINERS = STEWARDS | TRAINER
ADMINS = ADMIN | PLATFORM
INSIDERS = STAFF | ALL_SEEING
"""Who sees what happens at our instruments: bookings, enquiries, orders."""
READERS = INSIDERS | REVIEWER | TRAINER
"""Who reads our records that are not public, those of the unit; `HIDDEN_READERS` the withheld one beside it."""
HIDDEN_READERS = ADMINS | ALL_SEEING | REVIEWER
BLOCKERS = STAFF | PLATFORM
THEIR_STEWARDS = frozenset({"their_steward"}) | THEIR_ADMIN | PLATFORM
THEIR_ADMINS = THEIR_ADMIN | PLATFORM
THEIR_BLOCKERS = THEIR_STAFF | PLATFORM
PARTIES = BOOKERS | INSIDERS

FREE: dict[str, Any] = {"starts_at": "{free_start}", "ends_at": "{free_end}"}
FREE_FORM = {"starts_at": "{free_start_local}", "ends_at": "{free_end_local}"}
TAKEN: dict[str, Any] = {"starts_at": "{taken_start}", "ends_at": "{taken_end}"}
WINDOW = "from=2026-11-23T00:00:00Z&to=2026-12-20T00:00:00Z"


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
