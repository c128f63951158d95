"""Asking as somebody who may do everything, and saying what is wrong with the answers."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask, Request
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse
from werkzeug.utils import cached_property

from booking.core import forms
from tests.factories.people import sign_in
from tests.house.asking import Line
from tests.house.hostile import RENDERED, SCRIPT
from tests.house.snapshots import Snapshot
from tests.house.worlds import World

COUNTS_ATTEMPTS = (
    "/sign-in",
    "/register",
    "/forgot",
    "/confirm",
    "/account/password",
    "/account/address",
    "/account/erase",
    "/feeds/",
)

QUERY_NAMES = {
    "/": (
        "q",
        "class",
        "province",
        "city",
        "institution",
        "free_from",
        "free_to",
        "near",
        "max_km",
        "sort",
        "page",
        "count_free",
    ),
    "/sign-in": ("next",),
    "/audit": ("action", "person", "subject_kind", "subject_id", "since", "until", "text", "looks", "cursor"),
    "/audit.csv": ("person", "subject_id", "since", "until", "text"),
    "/users": ("q", "state", "limit", "cursor"),
    "/announcements": ("limit", "cursor"),
    "/enquiries": ("state", "cursor"),
    "/payer-accounts": ("cursor", "entry", "held", "paid"),
    "/charges": ("show", "payer", "user", "cursor", "whose"),
    "/charges.csv": ("show", "payer", "user"),
    "/units": ("into_id",),
    "/statements": ("show", "age", "charge", "cursor"),
    "/debtors": ("cursor", "age", "statements", "transfers", "entry"),
    "/uses": ("show", "instrument", "cursor"),
    "/contracts": ("show", "cursor"),
    "/voucher-programmes": (
        "like",
        "try",
        "service_type",
        "fee_fen",
        "used_on",
        "invoiced_on",
        "credit_fen",
        "year_cap_left_fen",
        "budget_left_fen",
        "already_fen",
        "is_recognised",
        "is_statutory",
        "is_same_legal_person",
        "is_related_declared",
        "is_related_flagged",
        "is_funded_otherwise",
    ),
    "/recognitions": ("authority", "kind", "on", "limit", "cursor"),
    "/applications": ("show", "cursor", "programme", "organisation"),
    "/verified-documents": ("cursor",),
    "/recognitions.csv": ("authority", "kind", "on", "limit", "cursor"),
    "/order-forms": ("cursor",),
    "/sample-orders": ("show", "instrument", "cursor", "order", "which", "first", "number"),
    "/suspensions": ("instrument", "reservation"),
    "/grants": ("role", "person", "with_ended", "cursor"),
    "/people": ("scope", "cursor"),
    "/teams": ("cursor",),
    "/account/feeds": ("instrument",),
    "/reservations": ("past", "state", "instrument", "since", "until", "cursor"),
    "/arrivals": ("cursor",),
    "/board": ("day", "view", "instrument"),
    "/board/instruments": ("week",),
    "/catalogue": ("state", "q", "page"),
    "/organisations": (
        "page",
        "state",
        "q",
        "cursor",
        "without_host",
        "show",
        "until_on",
        "instrument",
        "order",
        "starts_on",
        "age",
        "since",
        "until",
        "payer",
        "number",
        "kind",
        "format",
    ),
    "/account/affiliations": ("q", "organisation"),
    "/account/sightings": ("cursor",),
    "/owner-changes": ("cursor",),
    "/rosters": ("fate", "page"),
    "/invited": ("code",),
    "/registrations": ("state", "cursor"),
    "/reviews": ("cursor",),
    "/imports": ("fate", "page", "before", "content"),
    "/operations/mailbox": ("before",),
    "/instruments/export": ("format", "mine", "state", "q", "class", "free_from", "near_lat"),
    "/instruments": ("week", "from", "to", "starts_at", "ends_at"),
}
"""What pages under a path take from the whole of their query, where no form says it."""


@dataclass
class Asked:
    """The names that a query string was asked for, and how many times its whole was taken by who names none."""

    names: set[str] = field(default_factory=set)
    wholes: int = 0

    def take(self, form: type[forms.FormT], values: Mapping[str, Any]) -> forms.FormT:
        """Read a form; where the whole was taken for that, its names are what was asked for."""
        if self.wholes:
            self.wholes -= 1
            self.names |= {field.alias or name for name, field in form.model_fields.items()}
        return _read(form, values)


_read = forms.read


class Noting(MultiDict[str, str]):
    """A query string that notes what it was asked for."""

    def __init__(self, values: MultiDict[str, str], asked: Asked) -> None:
        """Note in `asked`."""
        super().__init__(values)
        self.asked = asked

    def get(self, name: str, *more: Any, **options: Any) -> Any:  # type: ignore[override]
        """One value."""
        self.asked.names.add(name)
        return super().get(name, *more, **options)

    def getlist(self, name: str, *more: Any, **options: Any) -> Any:  # type: ignore[override]
        """All values of one name."""
        self.asked.names.add(name)
        return super().getlist(name, *more, **options)

    def lists(self) -> Any:
        """Everything."""
        self.asked.wholes += 1
        return super().lists()


def _stands_under(path: str, known: str) -> bool:
    """Whether the path is the known one or, unless that is the first page, below it."""
    return path == known or (known != "/" and path.startswith(f"{known}/"))


@dataclass
class Attacker:
    """Asks as somebody who may do everything, and says what is wrong with the answers."""

    app: Flask
    world: World
    snapshot: Snapshot
    sent: set[object]
    role: str = "platform"

    @property
    def engine(self) -> str:
        """The name of the engine under attack."""
        return self.snapshot.engine.dialect.name

    def is_new(self, thing: object) -> bool:
        """Whether this engine has not been sent the thing yet; from now on it has."""
        was_sent = thing in self.sent
        self.sent.add(thing)
        return not was_sent

    def send(self, method: str, path: str, **more: Any) -> TestResponse:
        """The answer to one request of a fresh browser."""
        client: FlaskClient = self.app.test_client()
        if self.role:
            sign_in(client, self.world.users[self.role], was_here=True)
        return client.open(path, method=method, **more)

    def faults(self, method: str, path: str, *, refused: bool = False, **more: Any) -> list[str]:
        """What is wrong with the answer; `refused` asks for 4xx. The world is put right again."""
        answer = self.send(method, path, **more)
        found = list(self._faults(answer, path, refused=refused))
        if self.snapshot.written:
            self.snapshot.restore()
        return [f"{method} {path[:120]} → {answer.status_code}: {fault}" for fault in found]

    def names_read(self, path: str) -> set[str]:
        """The names that a page looks for in its query string, wherever it does; one without names is asked none.

        Of a query that is read into a form these are the form's.
        """
        asked = Asked()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(forms, "read", asked.take)
            self._noting(asked, path)
        if asked.wholes:
            asked.names |= set(QUERY_NAMES[max(known for known in QUERY_NAMES if _stands_under(path, known))])
        return asked.names - {"lang"}

    def _noting(self, asked: Asked, path: str) -> None:
        class Noted(Request):
            """A request that tells what was read."""

            @cached_property
            def args(self) -> Noting:
                return Noting(super().args, asked)

        usual, self.app.request_class = self.app.request_class, Noted
        try:
            self.send("GET", path)
        finally:
            self.app.request_class = usual
        if self.snapshot.written:
            self.snapshot.restore()

    def _faults(self, answer: TestResponse, path: str, *, refused: bool) -> Iterator[str]:
        text = answer.get_data().decode(errors="replace")
        if answer.status_code >= 500:
            yield "broke"
        if refused and not 400 <= answer.status_code < 500:
            yield "was not refused"
        if answer.status_code >= 400 and path.startswith("/api/v1/"):
            yield from self._faults_of_problem(answer)
        if answer.status_code >= 400 and self.snapshot.written and not path.startswith(COUNTS_ATTEMPTS):
            yield "stored something"
        if answer.mimetype == "text/html" and (SCRIPT in text or RENDERED in text):
            yield "shows what was typed as a page of its own"

    def _faults_of_problem(self, answer: TestResponse) -> Iterator[str]:
        if answer.mimetype != "application/problem+json":
            yield f"is {answer.mimetype}, no problem document"
        elif answer.get_json()["status"] != answer.status_code or not answer.get_json()["code"]:
            yield "describes itself wrongly"


def joined(faults: Iterable[list[str]]) -> list[str]:
    """All faults of many answers."""
    return [fault for found in faults for fault in found]


def operation_of(document: dict[str, Any], line: Line) -> dict[str, Any]:
    """What the API document says of the line."""
    path = line.path.partition("?")[0]
    for template, methods in document["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", r"{\\w+}", template), path):
            operation: dict[str, Any] = methods.get(line.method.lower(), {})
            return operation
    return {}


def resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The schema that is meant, without references and alternatives that are null."""
    while "$ref" in schema or "anyOf" in schema or "allOf" in schema:
        if "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
            continue
        options = schema.get("anyOf") or schema["allOf"]
        schema = next(option for option in options if option.get("type") != "null")
    return schema


def kind_of(document: dict[str, Any], schema: dict[str, Any]) -> str:
    """The kind of a field, as `hostile` names kinds."""
    found = resolved(document, schema)
    if "enum" in found or "const" in found:
        return "enum"
    kind = str(found.get("type", "object"))
    return str(found["format"]) if kind == "string" and found.get("format") in {"date", "date-time"} else kind


def properties_of(document: dict[str, Any], operation: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The fields of the JSON body and their schemas."""
    content = operation.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    found: dict[str, dict[str, Any]] = resolved(document, schema).get("properties", {}) if schema else {}
    return found
