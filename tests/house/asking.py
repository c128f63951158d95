"""One line of the authorisation matrix: a call, who is let in, and what the others get."""

import io
import json as jsonlib
import re
import zipfile
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.factories.people import sign_in
from tests.house.snapshots import Snapshot
from tests.house.worlds import EVERYBODY, MARKED, NOBODY, TOKENS, World

NO_ONE: frozenset[str] = frozenset()
FEW = frozenset({"nobody", "holder", "steward", "reader", "platform"})
SIGN_IN = "to sign in"
READS = {"GET", "HEAD"}
NEVER_SHOWN = ("$argon2", "Traceback", "sqlalchemy", "psycopg", "sqlite3")

Outcome = int | str


@dataclass(frozen=True)
class Line:
    """`call` is a method and a path; `let_in` get `ok`, `forbidden` 403, `told` 422 with reasons,
    `conflict` 409.

    `unknown` get 404 and the rest `other`, which is 404 too unless said otherwise.

    Nobody (not signed in) gets `nobody`, else what a page or the API says to strangers. The token that only
    reads gets 403 for every write, unless the line `is_open`: its answer does not depend on who asks. One that
    `is_slow`, because it hashes passwords, is asked by a few roles of each kind. `files` go up beside `form`.
    """

    call: str
    let_in: frozenset[str]
    ok: Outcome = 200
    forbidden: frozenset[str] = NO_ONE
    told: frozenset[str] = NO_ONE
    unknown: frozenset[str] = NO_ONE
    conflict: frozenset[str] = NO_ONE
    other: Outcome = 404
    nobody: Outcome | None = None
    is_open: bool = False
    is_slow: bool = False
    json: Any = None
    form: dict[str, Any] | None = None
    files: dict[str, bytes] | None = None

    @property
    def method(self) -> str:
        """The method of the call."""
        return self.call.split()[0]

    @property
    def path(self) -> str:
        """The path of the call, with names of the world in braces."""
        return self.call.split()[1]

    @property
    def roles(self) -> list[str]:
        """Who asks."""
        return sorted(FEW if self.is_slow else EVERYBODY)

    def roles_on(self, engine: str) -> list[str]:
        """Who asks on this engine: everybody on SQLite; on PostgreSQL one of those who get the same, of each kind."""
        if engine == "sqlite":
            return self.roles
        kinds = {(self.expected(role), role in self.let_in & TOKENS): role for role in self.roles}
        return sorted(kinds.values())

    def expected(self, role: str) -> Outcome:
        """What this role must get."""
        if role == "nobody":
            return self._for_nobody()
        if role == "reader" and self.method not in READS and not self.is_open:
            return 403
        if role in self.let_in:
            return self.ok
        exceptions = {422: self.told, 409: self.conflict, 404: self.unknown, 403: self.forbidden}
        return next((status for status, roles in exceptions.items() if role in roles), self.other)

    def _for_nobody(self) -> Outcome:
        if self.nobody is not None:
            return self.nobody
        if self.let_in >= NOBODY:
            return self.ok
        is_page = self.method == "GET" and not self.path.startswith("/api/")
        return SIGN_IN if is_page else 401


@dataclass
class Crowd:
    """Everybody, each with a way to ask."""

    app: Flask
    world: World
    snapshot: Snapshot

    def ask(self, role: str, line: Line) -> TestResponse:
        """The answer this role gets; signing out or in by one answer is forgotten by the next."""
        client = self.app.test_client()
        headers = self._identify(client, role)
        body = {"json": self.world.filled(line.json)} if line.json is not None else {}
        if line.form is not None:
            files = {name: (io.BytesIO(content), name) for name, content in (line.files or {}).items()}
            body = {"data": self.world.filled(line.form) | files}
        return client.open(self.world.filled(f"/{line.path[1:]}"), method=line.method, headers=headers, **body)

    def outcome(self, role: str, line: Line) -> tuple[Outcome, list[str]]:
        """What this role gets, and what is wrong with the answer: leaks, or traces of a refused write."""
        answer = self.ask(role, line)
        got: Outcome = answer.status_code
        if got == 303 and answer.location.startswith("/sign-in"):
            got = SIGN_IN
        faults = [f"{role} read {found}" for found in self.leaks(role, answer)]
        if self.snapshot.written:
            if answer.status_code >= 400:
                faults.append(f"{role} was refused with {got}, yet something was stored")
            self.snapshot.restore()
        return got, faults

    def leaks(self, role: str, answer: TestResponse) -> list[str]:
        """Markers in the answer that this role must not see, and what nobody may."""
        text = _readable(answer).lower()
        echoed = jsonlib.dumps(dict(answer.request.headers)).lower() + answer.request.path.lower()
        hidden = [marker for marker in self._hidden_in(text, role) if marker not in echoed]
        return [*hidden, *(word for word in NEVER_SHOWN if word.lower() in text)]

    def _hidden_in(self, text: str, role: str) -> list[str]:
        """The markers in a text that are hidden from this role, looked for only where one ends."""
        longest = max(map(len, self.world.markers))
        ends = [found.end() for found in re.finditer(MARKED, text)]
        near = "\n".join(text[max(0, end - longest) : end] for end in ends)
        return [marker for marker in self.world.hidden_from(role) if marker in near] if near else []

    def _identify(self, client: FlaskClient, role: str) -> dict[str, str]:
        """The cookie of a person, or the header of a program."""
        if role in TOKENS or role == "revoked":
            return {"Authorization": f"Bearer {self.world.bearers[role]}"}
        if role in self.world.users:
            sign_in(client, self.world.users[role], was_here=True)
        return {}


def _readable(answer: TestResponse) -> str:
    """Body, headers and, unfolded, the lines of a calendar, or the texts of a workbook."""
    data = answer.get_data()
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            data = b"".join(parts.read(name) for name in parts.namelist())
    text = data.decode("utf-8", "replace")
    if answer.mimetype == "text/calendar":
        text = text.replace("\r\n ", "")
    return f"{text}\n{answer.headers}"
