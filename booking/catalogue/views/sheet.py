"""What the edit pages share: the record with its tabs, saving a section, and the form shown again."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from pydantic import BaseModel

from booking.accounts.permissions import Permission, may, require
from booking.catalogue import labels, queries, review_queries
from booking.catalogue.inheritance import INHERITABLE, POLICY, VISIBILITY, WHOLE_CONTACT, Level, names_in
from booking.catalogue.missing import missing_of
from booking.catalogue.queries import Record
from booking.catalogue.rules import wan_from_fen, write_hours
from booking.catalogue.views.choices import named
from booking.catalogue.waiting_items import is_waiting, values_of
from booking.core.errors import Conflict, InvalidInput, Refused, StaleVersion
from booking.web.errors import problems_of, sentence_of
from booking.web.extensions import reading
from booking.web.languages import in_language
from booking.web.signed_in import require_actor
from models.vocabulary.catalogue import PublishingState

TABS = ("edit", "place", "booking", "items", "attachments", "stewards", "publishing")
TAB_OF = {"item": "items", "attachment": "attachments", "owner": "place"}


def shown(
    name: str, instrument_id: int, *, refused: Refused | None = None, typed: dict[str, Any] | None = None, **more: Any
) -> Response:
    """One tab of a record's edit page, with what was typed and every problem after a refusal."""
    record = editable(instrument_id)
    pending = review_queries.proposed_of(reading(), [instrument_id]).get(instrument_id, {})
    form = form_values(record) | pending | (typed or {}) | {"version": record.instrument.version}
    page = render_template(
        f"catalogue/{name}.html",
        record=record,
        form=form,
        problems=problems_in(refused),
        tabs=_tabs(TAB_OF.get(name, name), record),
        named=named,
        labels=labels,
        field_names={field: _(label) for field, label in labels.FIELDS.items()},
        missing=[_(labels.FIELDS[problem.field]) for problem in missing_of(reading(), record.instrument)],
        above=above_shown(record),
        policy_names=POLICY,
        may_publish=may(require_actor(), Permission.PUBLISH_RECORD, record.target),
        is_published=record.instrument.publishing_state == PublishingState.PUBLISHED,
        pending=pending,
        items=[(item, values_of(item), is_waiting(item)) for item in record.edited_items],
        **more,
    )
    return make_response(page, status_of(refused))


def editable(instrument_id: int) -> Record:
    """The record, for who may edit it; raises NotFound, NotSignedIn or Forbidden."""
    actor = require_actor()
    record = queries.record_for(reading(), instrument_id, actor)
    require(actor, Permission.EDIT_RECORD, record.target)
    return record


def saved(
    name: str,
    instrument_id: int,
    fields: type[BaseModel],
    work: Callable[[], object],
    *,
    back: str = "",
    standing: Mapping[str, Any] | None = None,
    **more: Any,
) -> ResponseReturnValue:
    """Do the work and go to the tab `back` (else the same); after a refusal the tab again, filled in.

    What stands in the tab's other forms is `standing`, where it is not the record's own.
    """
    try:
        work()
    except (InvalidInput, StaleVersion, Conflict) as refused:
        typed = {**(standing or {}), **{field: request.form.get(field, "") for field in fields.model_fields}}
        return shown(name, instrument_id, refused=refused, typed=typed, **more)
    flash(_("已保存。"), "right")
    return redirect(url_for(f"catalogue.{back or name}", instrument_id=instrument_id), code=303)


def form_values(record: Record) -> dict[str, Any]:
    """Every field of every section as its form shows it."""
    instrument, policy = record.instrument, record.own_policy
    columns = {column.name: getattr(instrument, column.name) for column in instrument.__table__.columns}
    numbers = {column.name: getattr(policy, column.name) for column in policy.__table__.columns}
    value = instrument.original_value_fen
    found = {name: "" if found is None else found for name, found in (numbers | columns).items()}
    return found | {
        "original_value_wan": wan_from_fen(value) if value is not None else "",
        "opening_hours": write_hours(record.own_hours),
        "inherits": names_in(instrument.inherits),
        "capacity": next((group.capacity for group in record.lanes if group.is_own), 0),
        "reason": "",
        "change_reason": "",
        "note": "",
    }


def above_shown(record: Record) -> dict[str, str]:
    """What each thing would be if it were inherited, in words, and from where."""
    instrument = record.instrument
    names = {
        Level.UNIT: in_language(instrument.unit.name_zh, instrument.unit.name_en) if instrument.unit else "",
        Level.ORGANISATION: in_language(instrument.organisation.name_zh, instrument.organisation.name_en),
        Level.DEFAULT: _("平台默认"),
    }
    found = {}
    for name in INHERITABLE:
        value, level = record.effective.above.given(name)
        found[name] = _("%(value)s（来自 %(name)s）", value=in_words(name, value), name=names[level])
    return found


def in_words(name: str, value: Any) -> str:
    """A value that can be inherited, as people read it."""
    if name == WHOLE_CONTACT:
        return " ".join(part for part in value.values() if part) or _("未填写")
    if name == VISIBILITY:
        return str(_(labels.CONTACT_VISIBILITY[value]))
    if isinstance(value, bool):
        return str(_("是") if value else _("否"))
    return str(value) if value != "" else str(_("未填写"))


def problems_in(refused: Refused | None) -> dict[str, list[str]]:
    """The sentences of a refusal by field; those of none stand above the form."""
    if refused is None:
        return {}
    if isinstance(refused, InvalidInput):
        return problems_of(refused)
    if isinstance(refused, StaleVersion):
        return {"": [_("您编辑期间，这条记录已被他人修改。您填写的内容仍在下面，再次保存将以您的内容为准。")]}
    return {"": [sentence_of(refused)]}


def status_of(refused: Refused | None) -> int:
    """The refusal's status; a stale form is a conflict, `If-Match` has its own."""
    if refused is None:
        return 200
    return Conflict.status if isinstance(refused, StaleVersion) else refused.status


def _tabs(current: str, record: Record) -> list[dict[str, Any]]:
    """The tabs of the edit pages."""
    names = (
        _("基本信息"),
        _("地点与联系"),
        _("预约设置"),
        _("检测项目"),
        _("照片与文档"),
        _("管理员"),
        _("发布与可见性"),
    )
    counts = {"items": len(record.edited_items) or None}
    return [
        {
            "label": label,
            "url": url_for(f"catalogue.{name}", instrument_id=record.instrument.id),
            "active": name == current,
            "count": counts.get(name),
        }
        for name, label in zip(TABS, names, strict=True)
    ]
