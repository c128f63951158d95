"""The page on which a unit is merged into another, or removed."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.accounts.labels import ROLES
from booking.catalogue import labels, merging
from booking.catalogue.merging_forms import MergePage, MergeQuery
from booking.catalogue.views.choices import unit_choices
from booking.core.clock import local_date, utcnow
from booking.core.errors import Conflict, InvalidInput, Refused, StaleVersion
from booking.directory import queries
from booking.web.errors import problems_of, sentence_of
from booking.web.extensions import reading, transaction
from booking.web.languages import in_language
from booking.web.reading import read_form, read_query
from booking.web.signed_in import require_actor, signed_in


@signed_in
def merge(unit_id: int) -> ResponseReturnValue:
    """Choose the unit to merge into, look at what goes along, and do it."""
    actor = require_actor()
    merging.unit_to_end(reading(), unit_id, actor)
    if request.method == "GET":
        try:
            return _page(unit_id, read_query(MergeQuery).into_id)
        except InvalidInput as refused:
            return _page(unit_id, None, refused)
    try:
        form = read_form(MergePage)
        said: dict[str, Any] = {"reason": form.change_reason, "expected_version": form.version}
        into = transaction(merging.merge_unit, unit_id, form.into_id, **said, actor=actor, now=utcnow())
    except (InvalidInput, StaleVersion) as refused:
        return _page(unit_id, None, refused)
    flash(_("已并入“%(name)s”。", name=in_language(into.name_zh, into.name_en)), "right")
    return redirect(url_for(".unit", unit_id=into.id), code=303)


@signed_in
def remove(unit_id: int) -> ResponseReturnValue:
    """Remove a unit that has nothing."""
    actor = require_actor()
    organisation_id = merging.unit_to_end(reading(), unit_id, actor).organisation_id
    try:
        transaction(merging.remove_unit, unit_id, actor=actor, now=utcnow())
    except (Conflict, StaleVersion) as refused:
        return _page(unit_id, None, refused)
    flash(_("部门已删除。"), "right")
    return redirect(url_for(".organisation", organisation_id=organisation_id, _anchor="units"), code=303)


def _page(unit_id: int, into_id: int | None, refused: Refused | None = None) -> ResponseReturnValue:
    """The units to choose from and, once one is chosen, what goes along."""
    actor, session, now = require_actor(), reading(), utcnow()
    found = merging.unit_to_end(session, unit_id, actor)
    chosen = merging.preview_merge(session, unit_id, into_id, actor=actor, now=now) if into_id else None
    others = [one for one in queries.units(session, found.organisation_id) if one.id != unit_id]
    page = render_template(
        "catalogue/merge_unit.html",
        unit=found,
        choices=unit_choices(others),
        merge=chosen,
        has=chosen.has if chosen else merging.belongings(session, unit_id, now=now),
        against=[_(one.message, **one.values) for one in chosen.problems] if chosen else [],
        kinds={name: _(label) for name, label in labels.GOES_ALONG.items()},
        role_names=ROLES,
        today=local_date(now),
        problems=_problems(refused),
        form=_typed(into_id),
    )
    if chosen is not None:
        transaction(merging.note_preview, chosen, actor=actor, now=now)
    return page, _status(refused)


def _typed(into_id: int | None) -> dict[str, Any]:
    """What was chosen and written."""
    return {
        "into_id": into_id or request.values.get("into_id", ""),
        "change_reason": request.form.get("change_reason", ""),
    }


def _problems(refused: Refused | None) -> dict[str, list[str]]:
    """The sentences of a refusal by field; what stands below an instrument belongs to no field of this page."""
    if isinstance(refused, InvalidInput):
        found = problems_of(refused)
        return {"into_id": [sentence for sentences in found.values() for sentence in sentences]}
    return {"": [sentence_of(refused)]} if refused is not None else {}


def _status(refused: Refused | None) -> int:
    """200, or the refusal's; a stale form is a conflict."""
    if refused is None:
        return 200
    return Conflict.status if isinstance(refused, StaleVersion) else refused.status
