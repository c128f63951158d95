"""The page on which officers say which enterprises and providers are related."""

from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach, require
from booking.core import forms
from booking.core.clock import utcnow
from booking.core.errors import Forbidden, InvalidInput, Problem
from booking.core.texts import N_
from booking.directory.queries import organisation_by_name
from booking.programmes.queries import authorities_of
from booking.vouchers import labels, relating
from booking.vouchers.forms import RelationForm, RelationPage, RelationsPage
from booking.web.errors import problems_of
from booking.web.extensions import reading
from booking.web.languages import in_language
from booking.web.reading import posted, read_query
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor, signed_in
from models.directory import Organisation

NAMED = {"organisation_id": "firm", "provider_id": "provider"}


@signed_in
def index() -> ResponseReturnValue:
    """Show what the reader's authorities say now, and to officers the form for saying more."""
    return _page({"is_related": "1"}, None)


@signed_in
def say() -> ResponseReturnValue:
    """Say that two are related, or no longer."""
    who, now = require_actor(), utcnow()
    if not reach(who, Permission.MANAGE_VOUCHERS).organisation_ids:
        require(who, Permission.MANAGE_VOUCHERS)

    def work(session: Session) -> dict[str, Any]:
        return {"id": relating.say_related(session, _typed(session), actor=who, now=now).id}

    try:
        create_once(work, actor=who, now=now)
    except InvalidInput as invalid:
        return _page(request.form.to_dict(), invalid)
    flash(_("已登记。"), "right")
    return redirect(url_for("vouchers.relations"), 303)


def _typed(session: Session) -> RelationForm:
    """What was posted, with both organisations by their names; raises InvalidInput."""
    page = forms.read(RelationPage, posted())
    found = {field: organisation_by_name(session, getattr(page, typed)) for field, typed in NAMED.items()}
    problems = [Problem(typed, N_("没有这个单位。")) for field, typed in NAMED.items() if found[field] is None]
    if problems:
        raise InvalidInput(problems)
    ids = {field: one.id for field, one in found.items() if one is not None}
    return RelationForm(authority_id=page.authority_id, is_related=page.is_related, reason=page.reason, **ids)


def _page(form: dict[str, Any], refused: InvalidInput | None) -> ResponseReturnValue:
    """Everything that is said, with the form where the reader has one."""
    session, who = reading(), require_actor()
    seen = reach(who, Permission.SEE_BUDGETS)
    if not (seen.everywhere or seen.organisation_ids):
        raise Forbidden
    own = authorities_of(session, who, Permission.MANAGE_VOUCHERS)
    problems = problems_of(refused) if refused else {}
    asked = read_query(RelationsPage) if refused is None else RelationsPage()
    found = relating.relations(session, who, limit=asked.limit, cursor=asked.cursor)
    page = render_template(
        "vouchers/relations.html",
        rows=[_row(one) for one in found.items],
        older=url_for("vouchers.relations", limit=asked.limit, cursor=found.next_cursor) if found.next_cursor else "",
        own=[(one.id, _name(one)) for one in own],
        form=form,
        problems={NAMED.get(name, name): said for name, said in problems.items()},
        labels={name: _(label) for name, label in labels.FIELDS.items()},
        key=request.form.get("idempotency_key") or new_key(),
    )
    return make_response(page, refused.status if refused else 200)


def _row(found: relating.Relation) -> dict[str, Any]:
    """What is said, in words."""
    names = {"authority": _name(found.authority), "firm": _name(found.firm), "provider": _name(found.provider)}
    return {"row": found.row, **names}


def _name(one: Organisation) -> str:
    return in_language(one.name_zh, one.name_en)
