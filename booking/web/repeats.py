"""Creating exactly once: `Idempotency-Key` of the API and the hidden key of every creating page form."""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import request
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from booking.core.actors import Actor
from booking.core.clock import utcnow
from booking.core.errors import InvalidInput, Problem
from booking.core.texts import N_
from booking.database.idempotency import Repeatable, hash_of, once
from booking.web.extensions import transaction
from booking.web.signed_in import require_actor

LONGEST_KEY = 200


def _hash_of_file(file: FileStorage) -> str:
    """The hash of an uploaded file, which can be read again afterwards."""
    file.stream.seek(0)
    found = hash_of(file.stream.read())
    file.stream.seek(0)
    return found


def new_key() -> str:
    """A fresh key for the hidden field of a page form."""
    return secrets.token_urlsafe(18)


def create_once(
    work: Callable[[Session], dict[str, Any]], *, actor: Actor, now: datetime
) -> tuple[dict[str, Any], bool]:
    """Run `work(session)` in a transaction, once per key; its JSON answer, and whether it is a repeat.

    Without a key it simply runs. Raises KeyReused, and whatever `work` raises.
    """
    key = request.headers.get("Idempotency-Key") or request.form.get("idempotency_key") or ""
    if not key:
        return transaction(work), False
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise InvalidInput(
            [Problem("Idempotency-Key", N_("最多 %(max_length)s 个字符。"), {"max_length": LONGEST_KEY})]
        )
    repeatable = Repeatable(actor.id, request.method, request.path[:300], key, _body_hash())
    return transaction(once, repeatable, work, now=now)


def made_once(work: Callable[[Session, Actor], int]) -> int:
    """The id of what the caller makes by `work(session, actor)`, once per key."""
    actor = require_actor()
    return int(create_once(lambda session: {"id": work(session, actor)}, actor=actor, now=utcnow())[0]["id"])


def _body_hash() -> str:
    """The hash of what was sent, files included; a page form counts without its CSRF token, which may differ."""
    if request.form or request.files:
        fields = sorted((k, v) for k, v in request.form.items(multi=True) if k != "csrf_token")
        files = [(k, file.filename, _hash_of_file(file)) for k, file in request.files.items(multi=True)]
        return hash_of(repr((fields, files) if files else fields).encode())
    return hash_of(request.get_data(cache=True))
