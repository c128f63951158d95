"""The pages of grants: who has which role where; giving, and what was logged; ending stands in `ending_grants.py`."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.accounts import grant_queries, queries
from booking.accounts.grant_forms import GrantPage, GrantsFilter
from booking.accounts.grants import Scope, give_by_address, may_give
from booking.accounts.labels import GRANT_EVENTS, ROLES, SCOPE_KINDS
from booking.accounts.looking import note_roles
from booking.accounts.permissions import Permission, may
from booking.accounts.rules import SCOPES_OF_ROLE
from booking.accounts.views.again import again
from booking.core.actors import Target
from booking.core.clock import local_date, utcnow
from booking.core.errors import InvalidInput, Problem, Refused
from booking.core.pages import Page
from booking.core.texts import N_
from booking.web.extensions import reading, transaction
from booking.web.languages import in_language
from booking.web.reading import read_form, read_query
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor, signed_in
from models.vocabulary.accounts import Role, ScopeKind

PER_PAGE = 50


@signed_in
def at_platform() -> ResponseReturnValue:
    """Show who has a role for the whole platform."""
    return _list(ScopeKind.PLATFORM, None)


@signed_in
def at_scope(kind: str, scope_id: int) -> ResponseReturnValue:
    """Show who has which role at an institution, a unit or an instrument, with the form for giving one."""
    return _list(ScopeKind(kind), scope_id)


@signed_in
def give_at_platform() -> ResponseReturnValue:
    """Give a role for the whole platform."""
    return _give(ScopeKind.PLATFORM, None)


@signed_in
def give_at_scope(kind: str, scope_id: int) -> ResponseReturnValue:
    """Give a role at a scope, or at a unit of the institution that was chosen."""
    return _give(ScopeKind(kind), scope_id)


@signed_in
def history_at_platform() -> ResponseReturnValue:
    """Show what was logged of roles for the whole platform."""
    return _history(ScopeKind.PLATFORM, None)


@signed_in
def history_at_scope(kind: str, scope_id: int) -> ResponseReturnValue:
    """Show what was logged of roles at a scope and within it."""
    return _history(ScopeKind(kind), scope_id)


def _list(kind: ScopeKind, scope_id: int | None, refused: Refused | None = None) -> ResponseReturnValue:
    """The list with the filter and, for who may give roles here, the form."""
    actor, today, session = require_actor(), local_date(utcnow()), reading()
    target = grant_queries.scope_seen(session, kind, scope_id, actor)
    wanted = read_query(GrantsFilter) if request.method == "GET" else GrantsFilter()
    narrowed = grant_queries.Wanted(wanted.role, wanted.person, wanted.with_ended)
    page: Page[grant_queries.ShownGrant] = Page([], None)
    if refused is None:
        page = grant_queries.grants_at(
            session, kind, target, narrowed, today=today, limit=PER_PAGE, cursor=wanted.cursor
        )
    shown = {
        **_scope_shown(kind, scope_id, target),
        "rows": page.items,
        "filter": wanted,
        "roles": [(role.value, _(label)) for role, label in ROLES.items()],
        "given_roles": _given_roles(kind, target),
        "scopes": _scopes(kind, target),
        "next_url": _next_url(kind, scope_id, wanted, page.next_cursor),
        "key": new_key(),
        "today": today,
    }
    if refused is not None:
        return again("accounts/grants.html", refused, **shown)
    rendered = render_template("accounts/grants.html", form={}, problems={}, **shown)
    transaction(note_roles, target, [one.grant.user_id for one in page.items], actor=actor, now=utcnow())
    return rendered


def _give(kind: ScopeKind, scope_id: int | None) -> ResponseReturnValue:
    """Read the form and give, or show the list again with every problem."""
    actor, now = require_actor(), utcnow()
    grant_queries.scope_seen(reading(), kind, scope_id, actor)
    try:
        form = read_form(GrantPage)
        scope = read_scope(form.scope) if form.scope else (kind, scope_id)
        days = (form.starts_on or local_date(now), form.ends_on)

        def work(session: Session) -> dict[str, Any]:
            made = give_by_address(
                session, form.email, form.role, scope, days=days, reason=form.change_reason, actor=actor, now=now
            )
            return {"id": made.id}

        create_once(work, actor=actor, now=now)
    except InvalidInput as invalid:
        return _list(kind, scope_id, invalid)
    flash(_("已授予角色，对方会收到通知。"), "right")
    return redirect(list_url(kind, scope_id), code=303)


def _history(kind: ScopeKind, scope_id: int | None) -> ResponseReturnValue:
    """What was logged, in words."""
    target = grant_queries.scope_seen(reading(), kind, scope_id, require_actor())
    return render_template(
        "accounts/grant_history.html",
        **_scope_shown(kind, scope_id, target),
        history=grant_queries.history_at(reading(), kind, target),
        events=GRANT_EVENTS,
    )


def read_scope(text: str) -> Scope:
    """`organisation:5` as kind and id, empty as the platform; raises InvalidInput."""
    kind, _colon, number = text.partition(":")
    if not text or text == ScopeKind.PLATFORM:
        return ScopeKind.PLATFORM, None
    if kind not in set(ScopeKind) or not number.isdecimal() or len(number) > 9:
        raise InvalidInput([Problem("scope", N_("没有这个单位、部门或仪器。"))])
    return ScopeKind(kind), int(number)


def _scope_shown(kind: ScopeKind, scope_id: int | None, target: Target) -> dict[str, Any]:
    """What the pages of a scope say about it, and the ways to the scopes above."""
    session = reading()
    names = queries.scope_names(session, kind, scope_id)
    return {
        "kind": kind,
        "scope_id": scope_id,
        "scope_name": scope_name(kind, *names),
        "above": [
            (scope_name(one, *queries.scope_names(session, one, one_id)), list_url(one, one_id))
            for one, one_id in _above(kind, target)
        ],
        "role_names": ROLES,
        "scope_kinds": SCOPE_KINDS,
        "list_url": list_url(kind, scope_id),
        "history_url": _history_url(kind, scope_id),
        "organisation_id": target.organisation_id,
        "may_hand_over": may(require_actor(), Permission.HAND_OVER, target) and target.organisation_id is not None,
    }


def _above(kind: ScopeKind, target: Target) -> list[Scope]:
    """The scopes above this one, the widest first."""
    found: list[Scope] = []
    if kind in {ScopeKind.UNIT, ScopeKind.INSTRUMENT}:
        found.append((ScopeKind.ORGANISATION, target.organisation_id))
    if kind == ScopeKind.INSTRUMENT and target.unit_id is not None:
        found.append((ScopeKind.UNIT, target.unit_id))
    return found


def _given_roles(kind: ScopeKind, target: Target) -> list[tuple[str, str]]:
    """The roles that the person asking may give here."""
    kinds = {kind, ScopeKind.UNIT} if kind == ScopeKind.ORGANISATION else {kind}
    actor = require_actor()
    return [
        (role.value, _(ROLES[role])) for role in Role if SCOPES_OF_ROLE[role] & kinds and may_give(actor, role, target)
    ]


def _scopes(kind: ScopeKind, target: Target) -> list[tuple[str, str]]:
    """An institution and its units, to choose from."""
    if kind != ScopeKind.ORGANISATION or target.organisation_id is None:
        return []
    units = queries.units_of(reading(), target.organisation_id)
    name = scope_name(kind, *queries.scope_names(reading(), kind, target.organisation_id))
    return [
        (f"{kind}:{target.organisation_id}", name),
        *((f"{ScopeKind.UNIT}:{unit.id}", in_language(unit.name_zh, unit.name_en)) for unit in units),
    ]


def scope_name(kind: ScopeKind, zh: str, en: str) -> str:
    """A scope's own name, else what its kind is called."""
    return in_language(zh, en) or _(SCOPE_KINDS[kind])


def list_url(kind: ScopeKind, scope_id: int | None, **more: Any) -> str:
    """The page of a scope."""
    if scope_id is None:
        return url_for("accounts.grants_at_platform", **more)
    return url_for("accounts.grants_at_scope", kind=kind.value, scope_id=scope_id, **more)


def _history_url(kind: ScopeKind, scope_id: int | None) -> str:
    """The log of a scope."""
    if scope_id is None:
        return url_for("accounts.grant_history_at_platform")
    return url_for("accounts.grant_history_at_scope", kind=kind.value, scope_id=scope_id)


def _next_url(kind: ScopeKind, scope_id: int | None, wanted: GrantsFilter, cursor: str | None) -> str | None:
    """The same list from where this page ends."""
    if cursor is None:
        return None
    kept = {"role": wanted.role.value if wanted.role else None, "person": wanted.person or None, "cursor": cursor}
    return list_url(kind, scope_id, with_ended="1" if wanted.with_ended else None, **kept)
