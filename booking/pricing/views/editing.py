"""Setting a price: the form of one user group, tried out before it is stored."""

from datetime import timedelta
from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.affiliations.group_reading import groups_of
from booking.catalogue.queries import test_items_of
from booking.catalogue.views.choices import named
from booking.core.clock import local_date, utcnow
from booking.core.errors import Conflict, InvalidInput, Refused, StaleVersion
from booking.core.forms import read
from booking.pricing import labels, queries, service, trying
from booking.pricing.forms import MOST_EXTRAS, MOST_PACKAGES, PriceForm, TermsForm, UseForm
from booking.pricing.queries import Scope
from booking.pricing.rules import STEPS
from booking.pricing.service import Place
from booking.pricing.trying import Tried
from booking.pricing.views.showing import frame, result_of
from booking.pricing.views.typed import Texts, texts_in, texts_of, use_in, values_of
from booking.pricing.wording import group_name
from booking.web.errors import problems_of
from booking.web.extensions import reading
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor, signed_in
from models.vocabulary.pricing import Per

BLANK: Texts = {"offer": "offered", "step_minutes": 1, "cancel_hours": 24, "extras": [], "packages": []}
MORE_LINES = 3


@signed_in
def edit(instrument_id: int) -> ResponseReturnValue:
    """Show the price of an instrument for one user group, for editing."""
    return _opened(Scope(instrument_id))


@signed_in
def edit_unit(unit_id: int) -> ResponseReturnValue:
    """Show the price of a unit for one user group, for editing."""
    return _opened(Scope(unit_id=unit_id))


@signed_in
def save(instrument_id: int) -> ResponseReturnValue:
    """Store a price of an instrument."""
    return _saved(Scope(instrument_id), url_for("pricing.show", instrument_id=instrument_id))


@signed_in
def save_unit(unit_id: int) -> ResponseReturnValue:
    """Store a price of a unit."""
    return _saved(Scope(unit_id=unit_id), url_for("pricing.unit", unit_id=unit_id))


@signed_in
def attempt(instrument_id: int) -> ResponseReturnValue:
    """Say what a use would cost by what was typed; nothing is stored."""
    return _attempted(Scope(instrument_id))


@signed_in
def attempt_unit(unit_id: int) -> ResponseReturnValue:
    """The same for a unit."""
    return _attempted(Scope(unit_id=unit_id))


def _opened(scope: Scope) -> ResponseReturnValue:
    """The form, filled in with what holds now, or with nothing."""
    place = service.place_to_price(reading(), scope, require_actor())
    return _page(place, _standing(place, request.args.get("user_group", "")), {})


def _saved(scope: Scope, back: str) -> ResponseReturnValue:
    """Store what was typed, once however often it is sent; else the form again."""
    who, now = require_actor(), utcnow()
    place = service.place_to_price(reading(), scope, who)
    texts, version = texts_in(request.form), request.form.get("version", "")

    def work(session: Session) -> dict[str, Any]:
        form = read(PriceForm, values_of(texts))
        expected = int(version) if version.isdecimal() and len(version) < 10 else None
        return {"id": service.set_price(session, scope, form, actor=who, now=now, expected_version=expected).id}

    try:
        create_once(work, actor=who, now=now)
    except (InvalidInput, StaleVersion) as refused:
        return _page(place, texts, {}, refused)
    flash(_("收费标准已保存，从所写的日期起生效。"), "right")
    return redirect(back, code=303)


def _attempted(scope: Scope) -> ResponseReturnValue:
    """The form as it was typed, with what the use comes to."""
    place = service.place_to_price(reading(), scope, require_actor())
    texts, typed = texts_in(request.form), request.form.to_dict()
    try:
        values = {name: value for name, value in values_of(texts).items() if name in TermsForm.model_fields}
        terms = read(TermsForm, values).terms
        found = trying.tried(None, terms, read(UseForm, use_in(request.form)))
    except InvalidInput as invalid:
        return _page(place, texts, typed, invalid)
    return _page(place, texts, typed, found=found)


def _standing(place: Place, wanted: str) -> Texts:
    """What a group pays now, its own or not, from tomorrow on; nothing where there is no price."""
    who, today = require_actor(), local_date(utcnow())
    shown = trying.shown_on(reading(), place, who, day=today, today=today)
    group = next((one for one in shown.groups if one.name_zh == wanted), shown.groups[0] if shown.groups else None)
    found = next((price for price in shown.prices if price.group == group), None)
    texts = texts_of(found.policy) if found else dict(BLANK)
    return texts | {"user_group": group.name_zh if group else "", "valid_from": today + timedelta(days=1)}


def _page(
    place: Place, texts: Texts, typed: dict[str, str], refused: Refused | None = None, found: Tried | None = None
) -> Response:
    """The form of one price with its calculator."""
    session, scope = reading(), place.scope
    is_unit = scope.instrument_id is None
    where: dict[str, Any] = {"unit_id": scope.unit_id} if is_unit else {"instrument_id": scope.instrument_id}
    suffix = "_unit" if is_unit else ""
    page = render_template(
        "pricing/edit.html",
        **frame(place),
        form={**BLANK, **texts},
        typed=typed,
        problems=_problems(refused),
        result=result_of(found),
        groups=[(one.name_zh, group_name(one)) for one in groups_of(session, place.organisation_id)],
        offers=named(labels.OFFERS),
        billed_on=named(labels.BILLED_ON),
        roundings=named(labels.ROUNDINGS),
        steps=[(step, _("%(minutes)s 分钟", minutes=step)) for step in STEPS],
        extra_kinds=named(labels.EXTRA_KINDS),
        per=named(labels.PER),
        pieces=_pieces(texts),
        extra_rows=min(len(texts["extras"]) + MORE_LINES, MOST_EXTRAS),
        package_rows=min(len(texts["packages"]) + 1, MOST_PACKAGES),
        items=[] if is_unit else test_items_of(session, scope.instrument_id or 0),
        action=url_for(f"pricing.save{suffix}", **where),
        try_url=url_for(f"pricing.attempt{suffix}", **where),
        edit_url=url_for(f"pricing.edit{suffix}", **where),
        back_url=url_for("pricing.unit" if is_unit else "pricing.show", **where),
        version=queries.version_of(session, scope),
        key=request.form.get("idempotency_key") or new_key(),
    )
    status = 200 if refused is None else Conflict.status if isinstance(refused, StaleVersion) else refused.status
    return make_response(page, status)


def _problems(refused: Refused | None) -> dict[str, list[str]]:
    """The sentences of a refusal by field."""
    if isinstance(refused, InvalidInput):
        return problems_of(refused)
    if isinstance(refused, StaleVersion):
        return {"": [_("您编辑期间，这里的收费标准已被他人修改。再次保存将以您的内容为准。")]}
    return {}


def _pieces(texts: Texts) -> list[tuple[int, str]]:
    """The lines as typed that are counted by the piece."""
    return [
        (place, line["name_zh"] or line["name_en"])
        for place, line in enumerate(texts["extras"])
        if line["per"] == Per.PIECE
    ]
