"""Doing a repeated request once: the key's row comes first, the answer is stored with the work."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from booking.core.errors import Refused
from booking.core.texts import N_
from models.base import Base
from models.idempotency import IdempotentRequest

KEPT_FOR = timedelta(hours=24)


class KeyReused(Refused):
    """The key came before with another body."""

    code = "idempotency_key_reused"
    sentence = N_("这个 Idempotency-Key 已用于另一个请求。")


_requests = Base.metadata.tables["idempotent_requests"]
_SAME = ["user_id", "method", "path", "key"]

# Every creating request runs these: built only once.
_FIRST = {
    "postgresql": postgresql.insert(_requests).on_conflict_do_nothing(index_elements=_SAME).returning(_requests.c.id),
    "sqlite": sqlite.insert(_requests).on_conflict_do_nothing(index_elements=_SAME).returning(_requests.c.id),
}
_KEEP = update(_requests).where(_requests.c.id == bindparam("row_id")).values(answer=bindparam("answer"))


@dataclass(frozen=True, slots=True)
class Repeatable:
    """What makes two requests the same one: who, where, the key, and a hash of the body."""

    user_id: int
    method: str
    path: str
    key: str
    body_hash: str


def hash_of(body: bytes) -> str:
    """SHA-256 of a request's body, as hex."""
    return hashlib.sha256(body).hexdigest()


def once(
    session: Session, request: Repeatable, work: Callable[[Session], dict[str, Any]], *, now: datetime
) -> tuple[dict[str, Any], bool]:
    """The answer of `work`, and whether it is a repeat of an earlier one; raises KeyReused.

    A refusal rolls the key back with everything else, so a corrected request may use it again.
    A value under the name `secret` is answered once and stored as null.
    """
    row_id = _insert(session, request, now)
    if row_id is None:
        return _earlier_answer(session, request), True
    answer = work(session)
    kept = {name: None if name == "secret" else value for name, value in answer.items()}
    session.flush()
    session.connection().execute(_KEEP, {"row_id": row_id, "answer": kept})
    return answer, False


def _insert(session: Session, request: Repeatable, now: datetime) -> int | None:
    """The new row's id, or None when the key is there already; waits for a concurrent holder."""
    values = {name: getattr(request, name) for name in ("user_id", "method", "path", "key", "body_hash")}
    first = _FIRST[session.get_bind().dialect.name]
    found: int | None = session.connection().execute(first, {**values, "created_at": now}).scalar()
    return found


def _earlier_answer(session: Session, request: Repeatable) -> dict[str, Any]:
    """The stored answer for the same key; raises KeyReused when the body was another."""
    row = session.execute(
        select(IdempotentRequest.body_hash, IdempotentRequest.answer).where(
            IdempotentRequest.user_id == request.user_id,
            IdempotentRequest.method == request.method,
            IdempotentRequest.path == request.path,
            IdempotentRequest.key == request.key,
        )
    ).one()
    if row.body_hash != request.body_hash:
        raise KeyReused
    return row.answer or {}


def forget_old(session: Session, *, now: datetime) -> int:
    """Delete answers older than a day; how many."""
    old = delete(IdempotentRequest).where(IdempotentRequest.created_at < now - KEPT_FOR)
    return len(session.scalars(old.returning(IdempotentRequest.id)).all())
