"""The pages on which a unit or an institution sets things once for its instruments."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from pydantic import BaseModel

from booking.accounts.permissions import Permission, may
from booking.catalogue import labels, sharing
from booking.catalogue.inheritance import CONTACT, POLICY, POLICY_DEFAULTS
from booking.catalogue.levels import above_of
from booking.catalogue.page_forms import SettingsPage, UnitPage
from booking.catalogue.views.choices import named
from booking.catalogue.views.sheet import in_words
from booking.core.actors import Target
from booking.core.clock import local_date, utcnow
from booking.core.errors import Conflict, InvalidInput, Refused, StaleVersion
from booking.directory import queries
from booking.web.errors import problems_of
from booking.web.extensions import reading, transaction
from booking.web.languages import in_language
from booking.web.reading import read_form
from booking.web.signed_in import require_actor, signed_in
from models.catalogue import SharedSettings


@signed_in
def unit(unit_id: int) -> ResponseReturnValue:
    """Show a unit for editing: its names, its stewards, and what it sets for its instruments."""
    return _unit_page(unit_id)


@signed_in
def save_unit(unit_id: int) -> ResponseReturnValue:
    """Store the names of a unit."""

    def work() -> None:
        form = read_form(UnitPage)
        transaction(
            sharing.rename_unit,
            unit_id,
            form.names(),
            reason=form.change_reason,
            actor=require_actor(),
            now=utcnow(),
            expected_version=form.version,
        )

    sharing.unit_for(reading(), unit_id, require_actor())
    return _saved(
        work, UnitPage, lambda **more: _unit_page(unit_id, **more), url_for("catalogue.unit", unit_id=unit_id)
    )


@signed_in
def save_unit_settings(unit_id: int) -> ResponseReturnValue:
    """Store what a unit sets for its instruments."""
    found = sharing.unit_for(reading(), unit_id, require_actor())
    place = (found.organisation_id, unit_id)
    shown = partial(_unit_page, unit_id)
    return _saved(lambda: _store(place), SettingsPage, shown, url_for("catalogue.unit", unit_id=unit_id))


@signed_in
def settings(organisation_id: int) -> ResponseReturnValue:
    """Show what an institution sets for its instruments."""
    return _organisation_page(organisation_id)


@signed_in
def save_settings(organisation_id: int) -> ResponseReturnValue:
    """Store what an institution sets for its instruments."""
    sharing.settings_of(reading(), (organisation_id, None), require_actor())
    shown = partial(_organisation_page, organisation_id)
    back = url_for("catalogue.settings", organisation_id=organisation_id)
    return _saved(lambda: _store((organisation_id, None)), SettingsPage, shown, back)


def _store(place: sharing.Place) -> None:
    """Set everything of the level that was posted."""
    form = read_form(SettingsPage)
    transaction(
        sharing.edit_settings,
        place,
        form.settings(),
        reason=form.change_reason,
        actor=require_actor(),
        now=utcnow(),
        expected_version=form.version,
    )


def _saved(
    work: Callable[[], None], fields: type[BaseModel], shown: Callable[..., str], back: str
) -> ResponseReturnValue:
    """Do the work and show the page again; after a refusal with what was typed."""
    try:
        work()
    except (InvalidInput, StaleVersion) as refused:
        typed = {name: request.form.get(name, "") for name in fields.model_fields}
        status = Conflict.status if isinstance(refused, StaleVersion) else refused.status
        return shown(typed=typed, problems=_problems(refused)), status
    flash(_("已保存。"), "right")
    return redirect(back, code=303)


def _problems(refused: Refused) -> dict[str, list[str]]:
    """The sentences of a refusal by field."""
    if isinstance(refused, InvalidInput):
        return problems_of(refused)
    return {"": [_("您编辑期间，这条记录已被他人修改。您填写的内容仍在下面，再次保存将以您的内容为准。")]}


def _unit_page(unit_id: int, typed: dict[str, Any] | None = None, problems: dict[str, list[str]] | None = None) -> str:
    """The page of a unit."""
    session, actor = reading(), require_actor()
    found = sharing.unit_for(session, unit_id, actor)
    row = sharing.settings_of(session, (found.organisation_id, unit_id), actor)
    above = above_of(session, [(found.organisation_id, None)])[found.organisation_id, None]
    owner = in_language(found.organisation.name_zh, found.organisation.name_en)
    inherited = {name: above.given(name) for name in POLICY}
    names = {"name_zh": found.name_zh, "name_en": found.name_en, "change_reason": ""}
    return render_template(
        "catalogue/unit.html",
        unit=found,
        owner_name=owner,
        names=names | (typed or {}),
        stewards=queries.stewards_of_unit(session, unit_id, local_date(utcnow())),
        may_edit_owner=may(actor, Permission.EDIT_ORGANISATION, Target(found.organisation_id)),
        **_settings_form(row, typed, problems),
        otherwise={name: in_words(name, value) for name, (value, _level) in inherited.items()},
    )


def _organisation_page(
    organisation_id: int, typed: dict[str, Any] | None = None, problems: dict[str, list[str]] | None = None
) -> str:
    """The page of an institution's settings."""
    session = reading()
    row = sharing.settings_of(session, (organisation_id, None), require_actor())
    defaults = {name: in_words(name, POLICY_DEFAULTS[name]) for name in POLICY}
    return render_template(
        "catalogue/settings.html",
        organisation=queries.organisation(session, organisation_id),
        units=queries.units(session, organisation_id),
        **_settings_form(row, typed, problems),
        otherwise=defaults,
    )


def _settings_form(
    row: SharedSettings, typed: dict[str, Any] | None, problems: dict[str, list[str]] | None
) -> dict[str, Any]:
    """The fields of a level as they stand, or as they were typed."""
    form: dict[str, Any] = {name: row.policy.get(name, "") for name in POLICY}
    form |= {name: _yes_or_no(value) for name, value in form.items() if isinstance(value, bool)}
    form |= {name: getattr(row, name) or "" for name in (*CONTACT, "contact_visibility", "opening_hours")}
    form["change_reason"] = ""
    return {
        "form": form | (typed or {}) | {"version": row.version},
        "problems": problems or {},
        "field_names": {name: _(label) for name, label in labels.FIELDS.items()},
        "visibilities": named(labels.CONTACT_VISIBILITY),
        "yes_or_no": [("true", _("是")), ("false", _("否"))],
    }


def _yes_or_no(value: bool) -> str:
    """A choice as the form has it."""
    return "true" if value else "false"
