"""Changing the prices of many instruments and units: choose them, say by how much or like which, look, apply."""

from collections.abc import Iterable
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.affiliations.group_reading import groups_of
from booking.catalogue.views.choices import named
from booking.core.clock import local_date, utcnow
from booking.core.errors import InvalidInput
from booking.core.forms import read
from booking.core.money import fen_from_yuan
from booking.pricing import bulk, labels
from booking.pricing.answers import bulk_answer
from booking.pricing.forms import MOST_ROWS, BulkPriceForm
from booking.pricing.wording import group_name
from booking.web.errors import problems_of, sentence_of
from booking.web.extensions import reading, transaction
from booking.web.languages import in_language
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor, signed_in

TYPED = ("percent", "same_as", "valid_from", "user_group", "rounding", "reason")

AT_FIELDS = {"change": "percent", "same_as.instrument_id": "same_as", "same_as.unit_id": "same_as"}


@signed_in
def choose() -> ResponseReturnValue:
    """Show which instruments are chosen, and ask by how much and from when on."""
    return _form({})


@signed_in
def preview() -> ResponseReturnValue:
    """Show every price before and after; nothing is stored."""
    who, now = require_actor(), utcnow()
    try:
        form = _typed().model_copy(update={"dry_run": True})
        rows = transaction(bulk.change_many, form, actor=who, now=now)
    except InvalidInput as invalid:
        return _form(problems_of(invalid)), invalid.status
    return _rows("pricing/bulk_preview.html", bulk_answer(rows, sentence_of).model_dump())


@signed_in
def apply() -> ResponseReturnValue:
    """Store the changed prices, once however often it is sent, and report on every one."""
    who, now = require_actor(), utcnow()

    def work(session: Session) -> dict[str, Any]:
        form = _typed().model_copy(update={"policy_ids": _seen()})
        rows = bulk.change_many(session, form, actor=who, now=now)
        return bulk_answer(rows, sentence_of).model_dump(mode="json")

    try:
        report, _repeated = create_once(work, actor=who, now=now)
    except InvalidInput as invalid:
        return _form(problems_of(invalid)), invalid.status
    return _rows("pricing/bulk_report.html", report)


def _ids() -> list[int]:
    """The chosen instruments, each once."""
    return _numbers(text.partition(":")[0] for text in request.values.getlist("id")[: MOST_ROWS + 1])


def _unit_ids() -> list[int]:
    """The chosen units, each once."""
    return _numbers(request.values.getlist("unit_id")[: MOST_ROWS + 1])


def _seen() -> list[int]:
    """The rows of prices that the preview showed as to be changed, and those that they are taken from."""
    return _numbers([*request.form.getlist("policy_id"), *request.form.getlist("source_id")])


def _numbers(texts: Iterable[str]) -> list[int]:
    """What can be ids, each once."""
    return list(dict.fromkeys(int(text) for text in texts if text.isdecimal() and text.isascii() and len(text) < 10))


def _typed() -> BulkPriceForm:
    """What was typed; raises InvalidInput."""
    filled = {name: request.form[name] for name in TYPED if request.form.get(name, "").strip()}
    change, model = _share(filled.pop("percent", "")), _model(filled.pop("same_as", ""))
    chosen = {"instrument_ids": _ids(), "unit_ids": _unit_ids()}
    return read(BulkPriceForm, {**chosen, **filled, "change": change, "same_as": model})


def _model(code: str) -> dict[str, str] | None:
    """The place whose prices the others get: i and the number of an instrument, or u and that of a unit."""
    if not code:
        return None
    return {"unit_id" if code.startswith("u") else "instrument_id": code[1:]}


def _share(text: str) -> Any:
    """Percent with a sign as basis points; what cannot be read is refused as it stands."""
    sign = -1 if text.strip().startswith(("-", "−")) else 1
    try:
        return sign * fen_from_yuan(text.strip().lstrip("+-−").removesuffix("%"))
    except ValueError:
        return text or 0


def _form(problems: dict[str, list[str]]) -> str:
    """The page on which the change is described."""
    session = reading()
    who, chosen = require_actor(), _unit_ids()
    instruments = bulk.priceable(session, _ids(), actor=who)
    nearby = [one.unit_id for one in instruments if one.unit_id is not None]
    units = bulk.priceable_units(session, [*chosen, *nearby], actor=who)
    owners = sorted({one.organisation_id for one in instruments} | {one.organisation_id for one in units})
    groups = {group.name_zh: group_name(group) for owner in owners for group in groups_of(session, owner)}
    return render_template(
        "pricing/bulk.html",
        instruments=instruments,
        units=[(str(one.id), in_language(one.name_zh, one.name_en)) for one in units],
        units_chosen=[str(one) for one in chosen],
        models=[(f"i{one.id}", in_language(one.name_zh, one.name_en)) for one in instruments]
        + [(f"u{one.id}", _("%(name)s（部门价）", name=in_language(one.name_zh, one.name_en))) for one in units],
        form={"valid_from": local_date(utcnow()), **request.form.to_dict()},
        problems={AT_FIELDS.get(name, name): said for name, said in problems.items()},
        groups=list(groups.items()),
        roundings=named(labels.ROUNDINGS),
        labels={name: _(label) for name, label in labels.FIELDS.items()},
    )


def _rows(template: str, report: dict[str, Any]) -> str:
    """A page with a line for every price."""
    typed = [(name, request.form.get(name, "")) for name in TYPED]
    by_share = not request.form.get("same_as")
    chosen = {"ids": _ids(), "unit_ids": _unit_ids()}
    return render_template(template, report=report, **chosen, typed=typed, by_share=by_share, key=new_key())
