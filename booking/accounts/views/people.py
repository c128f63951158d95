"""The pages about one person: what they may do and why, and closing their account."""

import re
from collections.abc import Mapping
from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.accounts import grant_queries, queries
from booking.accounts.grant_forms import PermissionsQuery
from booking.accounts.grants import Scope
from booking.accounts.labels import PERMISSIONS, ROLES, SCOPE_KINDS
from booking.accounts.looking import note_roles
from booking.accounts.permissions import Permission, may, reach
from booking.accounts.views.grants import read_scope
from booking.core.clock import local_date, utcnow
from booking.web.extensions import reading, transaction
from booking.web.languages import in_language
from booking.web.reading import posted, read_query
from booking.web.signed_in import require_actor, signed_in
from models.vocabulary.accounts import ScopeKind

SUCCESSOR = re.compile(r"^successor_(\d{1,9})$")


@signed_in
def permissions(user_id: int) -> ResponseReturnValue:
    """Show each permission that somebody has at a scope, with the role that gives it and from where."""
    actor, session, today = require_actor(), reading(), local_date(utcnow())
    person = grant_queries.person_seen(session, user_id, actor)
    shown = grant_queries.visible_grants(session, user_id, actor, today=today)
    places = _places(shown)
    typed = read_query(PermissionsQuery).scope
    kind, scope_id = read_scope(typed) if typed else _first_place(places)
    target = grant_queries.scope_asked(session, kind, scope_id, user_id, actor)
    transaction(note_roles, target, [person.id], actor=actor, now=utcnow())
    session = reading()
    names = queries.scope_names(session, kind, scope_id)
    return render_template(
        "accounts/permissions.html",
        person=person,
        is_own=person.id == actor.id,
        places=places,
        chosen=_word(kind, scope_id),
        scope_name=in_language(*names) or _(SCOPE_KINDS[kind]),
        kind=kind,
        scope_id=scope_id,
        reasons=grant_queries.reasons(session, user_id, target, today=today),
        permission_names=PERMISSIONS,
        role_names=ROLES,
        scope_kinds=SCOPE_KINDS,
        may_deactivate=may(actor, Permission.DEACTIVATE_PEOPLE) and person.id != actor.id,
    )


def departure_typed() -> dict[str, Any]:
    """What a form about somebody's leaving says: reason, last day, and the fields `successor_<grant id>`."""
    typed = posted()
    successors = numbered(SUCCESSOR, typed)
    kept: dict[str, Any] = {name: typed[name] for name in ("last_day", "reason") if name in typed}
    return kept | {"successors": successors}


def numbered(pattern: re.Pattern[str], typed: Mapping[str, str]) -> dict[str, str]:
    """The fields whose names end in a number, by that number."""
    return {match[1]: typed[name] for name in typed if (match := pattern.match(name))}


def named_again(shown: list[grant_queries.ShownGrant], grant_ids: set[int]) -> list[dict[str, Any]]:
    """The successors' fields of a form that is shown again for another reason."""
    return [
        {
            "grant_id": one.grant.id,
            "role": _(ROLES[one.grant.role]),
            "scope": in_language(one.scope_name_zh, one.scope_name_en) or _(SCOPE_KINDS[one.grant.scope_kind]),
        }
        for one in shown
        if one.grant.id in grant_ids
    ]


def _places(shown: list[grant_queries.ShownGrant]) -> list[tuple[str, str]]:
    """Where the person holds roles, to choose from; the platform last for those who may ask about it."""
    found = {
        _word(one.grant.scope_kind, one.grant.scope_id): in_language(one.scope_name_zh, one.scope_name_en)
        or _(SCOPE_KINDS[one.grant.scope_kind])
        for one in shown
    }
    actor = require_actor()
    if reach(actor, Permission.SEE_GRANTS).everywhere or not found:
        found.setdefault(ScopeKind.PLATFORM.value, _(SCOPE_KINDS[ScopeKind.PLATFORM]))
    return list(found.items())


def _first_place(places: list[tuple[str, str]]) -> Scope:
    """The scope shown when none was chosen."""
    return read_scope(places[0][0])


def _word(kind: ScopeKind, scope_id: int | None) -> str:
    """A scope as one word."""
    return kind.value if scope_id is None else f"{kind.value}:{scope_id}"
