"""Many records at once: choose them in the list, set fields after a look at every row, or send them to review."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.accounts.permissions import Permission, reach
from booking.catalogue import bulk, labels, queries, stewards
from booking.catalogue.bulk_forms import MOST_ROWS, STEWARDS, BulkChange, BulkFields, BulkFilter
from booking.catalogue.bulk_submitting import Submitted, submit_many
from booking.catalogue.inheritance import INHERITABLE, Level
from booking.catalogue.page_forms import NotePage, OwnList
from booking.catalogue.review_queries import short_of_reviewers
from booking.catalogue.review_rules import REVIEWERS_NEEDED
from booking.catalogue.views.choices import named
from booking.catalogue.views.sheet import in_words
from booking.core.clock import local_date, utcnow
from booking.core.errors import Forbidden, InvalidInput, Problem, Refused
from booking.core.forms import Explained, PageForm, read
from booking.core.texts import N_
from booking.directory.queries import units as units_of
from booking.web.errors import problems_of, sentence_of
from booking.web.extensions import reading, transaction
from booking.web.languages import in_language
from booking.web.reading import posted
from booking.web.signed_in import require_actor, signed_in
from models.catalogue import Instrument
from models.vocabulary.catalogue import PublishingState

WORDS: dict[str, Mapping[Any, str]] = {
    "running_state": labels.RUNNING_STATE,
    "share_mode": labels.SHARE_MODE,
    "booking_mode": labels.BOOKING_MODE,
}
LEVELS = {
    Level.INSTRUMENT: N_("自己的设定"),
    Level.UNIT: N_("来自部门"),
    Level.ORGANISATION: N_("来自单位"),
    Level.DEFAULT: N_("平台默认"),
}


class BulkPage(Explained, BulkFields, PageForm):
    """The fields as the page sends them, and why they change."""


@dataclass(frozen=True)
class _Chosen:
    """The records that are to be changed, each with the version that was seen, if one was."""

    ids: Sequence[int]
    versions: Mapping[int, int]


@signed_in
def choose() -> ResponseReturnValue:
    """Show what can be set on the chosen records."""
    return _form(_chosen(), {}, {})


@signed_in
def preview() -> ResponseReturnValue:
    """Show row by row what would change and what is refused; nothing is stored."""
    chosen = _chosen()
    try:
        change = _change()
        rows = _done(chosen, change, dry_run=True)
    except InvalidInput as invalid:
        return _form(chosen, request.form.to_dict(), problems_of(invalid)), invalid.status
    return _rows("catalogue/bulk_preview.html", rows, change)


@signed_in
def apply() -> ResponseReturnValue:
    """Change the chosen records, all or nothing for each, and report on every one."""
    chosen = _chosen()
    try:
        change = _change()
        rows = _done(chosen, change, dry_run=False)
    except InvalidInput as invalid:
        return _form(chosen, request.form.to_dict(), problems_of(invalid)), invalid.status
    return _rows("catalogue/bulk_report.html", rows, change)


@signed_in
def submit() -> ResponseReturnValue:
    """Send the chosen drafts to review, and say of each that cannot be sent what it lacks."""
    chosen = _chosen()
    try:
        note = read(NotePage, {"note": request.form.get("note", "")}).note
        _require_some(chosen)
    except InvalidInput as invalid:
        return _form(chosen, {}, problems_of(invalid)), invalid.status
    actor, now = require_actor(), utcnow()
    rows = [
        row
        for part in bulk.parts(chosen.ids)
        for row in transaction(submit_many, part, note, versions=chosen.versions, actor=actor, now=now)
    ]
    shown = [
        {"id": row.instrument_id, "name": _name(row), "differences": [], "refused": _why(row.refused)} for row in rows
    ]
    refused = sum(1 for row in rows if row.refused)
    return render_template(
        "catalogue/bulk_submitted.html",
        rows=shown,
        sent=len(rows) - refused,
        refused=refused,
        **_short([row.instrument_id for row in rows if row.is_short]),
    )


def _chosen() -> _Chosen:
    """The records named in the request, or all that fit the filter; raises Forbidden for who edits none."""
    actor = require_actor()
    if not reach(actor, Permission.EDIT_RECORD):
        raise Forbidden
    if request.values.get("all"):
        wanted = read(OwnList, {name: request.values.get(name, "") for name in ("state", "q")})
        return _Chosen(bulk.chosen_ids(reading(), BulkFilter(state=wanted.state or None, q=wanted.q), actor=actor), {})
    pairs = [text.partition(":") for text in request.values.getlist("id")[: MOST_ROWS + 1]]
    known = [(int(number), version) for number, _colon, version in pairs if number.isdecimal() and len(number) < 10]
    versions = {number: int(text) for number, text in known if text.isdecimal() and len(text) < 10}
    return _Chosen(list(dict.fromkeys(number for number, _version in known)), versions)


def _change() -> BulkChange:
    """What was typed; raises InvalidInput."""
    typed = read(BulkPage, posted())
    inherit = [name for name in request.form.getlist("inherit") if name in INHERITABLE]
    change = BulkChange(**typed.model_dump(), inherit=inherit)
    bulk.check(change)
    return change


def _done(chosen: _Chosen, change: BulkChange, *, dry_run: bool) -> list[bulk.Row]:
    """Every record changed, or tried, a part in each transaction."""
    _require_some(chosen)
    actor, now = require_actor(), utcnow()
    found: list[bulk.Row] = []
    for part in bulk.parts(chosen.ids):
        found += transaction(
            bulk.edit_many, part, change, versions=chosen.versions, dry_run=dry_run, actor=actor, now=now
        )
    return found


def _require_some(chosen: _Chosen) -> None:
    """Raise InvalidInput when nothing is chosen."""
    if not chosen.ids:
        raise InvalidInput([Problem("", N_("请先在列表中选择仪器。"))])


def _name(row: bulk.Row | Submitted) -> str:
    """The record's name, or its number where it may not be read."""
    return in_language(row.name_zh, row.name_en) or f"#{row.instrument_id}"


def _form(chosen: _Chosen, typed: dict[str, str], problems: dict[str, list[str]]) -> str:
    """The page on which the fields are chosen."""
    session, actor = reading(), require_actor()
    instruments = queries.chosen_instruments(session, reach(actor, Permission.EDIT_RECORD), chosen.ids)
    owners = {one.organisation_id for one in instruments}
    units = [unit for owner in sorted(owners) for unit in units_of(session, owner)]
    return render_template(
        "catalogue/bulk.html",
        instruments=instruments,
        form={name: typed.get(name, "") for name in BulkPage.model_fields},
        inherit=request.form.getlist("inherit"),
        note=request.form.get("note", ""),
        problems=problems,
        field_names={name: _(label) for name, label in labels.FIELDS.items()},
        inheritable=[(name, _(labels.FIELDS[name])) for name in INHERITABLE],
        units=[(unit.id, in_language(unit.name_zh, unit.name_en)) for unit in units],
        words={name: named(found) for name, found in WORDS.items()},
        visibilities=named(labels.CONTACT_VISIBILITY),
        yes_or_no=[("true", _("是")), ("false", _("否"))],
        able=_able(instruments),
        **_short(_short_drafts(instruments)),
    )


def _short_drafts(instruments: Sequence[Instrument]) -> Sequence[int]:
    """The drafts among them that too few people could review."""
    drafts = [one.id for one in instruments if one.publishing_state == PublishingState.DRAFT]
    return sorted(short_of_reviewers(reading(), drafts, today=local_date(utcnow())))


def _short(instrument_ids: Sequence[int]) -> dict[str, int]:
    """How many records too few people may review, and how many it needs."""
    return {"short": len(instrument_ids), "reviewers_needed": REVIEWERS_NEEDED}


def _able(instruments: Sequence[Instrument]) -> list[tuple[int, str]]:
    """Who could be named on some of the records, for those who name stewards."""
    if not reach(require_actor(), Permission.GIVE_GRANTS):
        return []
    found = stewards.able_at_any(reading(), instruments, today=local_date(utcnow()))
    return [(user.id, user.name) for user in found]


def _rows(template: str, rows: Sequence[bulk.Row], change: BulkChange) -> str:
    """A page with a line for every record."""
    names = _Names(
        queries.unit_names(reading(), _told(rows, {"unit_id"})),
        stewards.names_of(reading(), _told(rows, {*STEWARDS}) - {None}),
    )
    shown = [
        {
            "id": row.instrument_id,
            "version": row.version,
            "name": _name(row),
            "differences": [_said(found, names) for found in row.differences],
            "refused": _why(row.refused),
        }
        for row in rows
    ]
    return render_template(
        template,
        rows=shown,
        changing=sum(1 for row in rows if row.differences),
        refused=sum(1 for row in rows if row.refused),
        fields=[(name, _typed(value)) for name, value in change.given().items()],
        change_reason=change.change_reason,
        inherit=change.inherit,
    )


@dataclass(frozen=True)
class _Names:
    """What the units and people that differences speak of are called."""

    units: Mapping[int, tuple[str, str]]
    people: Mapping[int, str]


def _told(rows: Sequence[bulk.Row], fields: set[str]) -> set[Any]:
    """The values of some fields, before and after."""
    return {value for row in rows for one in row.differences if one.name in fields for value in (one.before, one.after)}


def _said(found: bulk.Difference, names: _Names) -> dict[str, str]:
    """A difference in words."""
    return {
        "label": _(labels.FIELDS[found.name]),
        "before": _value(found.name, found.before, found.level_before, names),
        "after": _value(found.name, found.after, found.level_after, names),
    }


def _value(name: str, value: Any, level: Level | None, names: _Names) -> str:
    """A value in words, and where it comes from when it can be inherited."""
    if name in WORDS:
        return str(_(WORDS[name][value]))
    if name == "unit_id":
        return in_language(*names.units[value]) if value in names.units else str(_("未填写"))
    if name in STEWARDS:
        return names.people.get(value) or str(_("未指定"))
    said = in_words(name, "" if value is None else value)
    return f"{said}（{_(LEVELS[level])}）" if level and level != Level.INSTRUMENT else said


def _typed(value: Any) -> str:
    """A value as a form sends it again."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _why(refused: Refused | None) -> list[str]:
    """Every reason in words."""
    if isinstance(refused, InvalidInput):
        found = problems_of(refused)
        return [
            f"{_(labels.FIELDS[name])}: {text}" if name in labels.FIELDS else text
            for name, texts in found.items()
            for text in texts
        ]
    return [sentence_of(refused)] if refused else []
