"""Writing a programme: the form of a version, tried on a case before it is stored."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission
from booking.core.clock import local_date, utcnow
from booking.core.errors import Conflict, Forbidden, InvalidInput, Refused, StaleVersion
from booking.core.forms import read
from booking.programmes import labels, queries, service
from booking.programmes.forms import MOST_WINDOWS, ProgrammeCaseForm, ProgrammeForm, ProgrammeTermsForm, VersionForm
from booking.programmes.rules import covered
from booking.programmes.typed import (
    Texts,
    case_values,
    programme_values,
    terms_values,
    texts_in,
    texts_of,
    version_values,
)
from booking.programmes.wording import Result, authority_name, programme_name, result_of, service_types
from booking.web.errors import problems_of
from booking.web.extensions import reading
from booking.web.languages import in_language
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor, signed_in
from models.programmes import Programme
from models.vocabulary.programmes import MarkKind

BLANK: Texts = {"documents": [], "exclusions": [], "windows": [], "notice_days": 5, "review_days": 5, "pay_days": 5}
MORE_WINDOWS = 2
DAYS = ("counts_from", "use_by", "redeem_by")
CHOICES: Mapping[str, Mapping[Any, str]] = {
    "redeemed_by": labels.REDEEMED_BY,
    "reserves_budget": labels.RESERVES_BUDGET,
    "counts_on": labels.COUNTS_ON,
    "bears_difference": labels.BEARS_DIFFERENCE,
    "border_way": labels.BORDER_WAYS,
    "documents": labels.DOCUMENTS,
    "exclusions": labels.EXCLUSIONS,
    "marks": labels.MARKS,
}


@signed_in
def new() -> ResponseReturnValue:
    """Ask what a programme says, by one of an earlier year where that is named; then start it."""
    who, now = require_actor(), utcnow()
    if request.method == "GET":
        return _page(None, _first_texts())
    texts = texts_in(request.form)

    def work(session: Session) -> dict[str, Any]:
        form = read(ProgrammeForm, programme_values(texts))
        return {"id": service.start_programme(session, form, actor=who, now=now).id}

    try:
        made = create_once(work, actor=who, now=now)[0]["id"]
    except InvalidInput as refused:
        return _page(None, texts, refused)
    flash(_("政策已保存，从生效日起执行。"), "right")
    return redirect(url_for(".show", programme_id=made), code=303)


@signed_in
def edit(programme_id: int) -> ResponseReturnValue:
    """Show what a programme says, for another version of it; then store that."""
    who, now = require_actor(), utcnow()
    found = service.programme_to_write(reading(), programme_id, who)
    if request.method == "GET":
        last = queries.versions_of(reading(), programme_id)[0]
        day = max(last.valid_from, local_date(now) + timedelta(days=1))
        return _page(found, texts_of(last) | {"valid_from": day, "version": found.version})
    texts, version = texts_in(request.form), request.form.get("version", "")

    def work(session: Session) -> dict[str, Any]:
        form = read(VersionForm, version_values(texts))
        expected = int(version) if version.isdecimal() and len(version) < 10 else None
        made = service.write_version(session, programme_id, form, actor=who, now=now, expected_version=expected)
        return {"number": made.number}

    try:
        create_once(work, actor=who, now=now)
    except (InvalidInput, StaleVersion) as refused:
        return _page(found, texts | {"version": found.version}, refused)
    flash(_("新的版本已保存，从生效日起执行；以前的版本保持不变。"), "right")
    return redirect(url_for(".show", programme_id=programme_id), code=303)


@signed_in
def attempt_new() -> ResponseReturnValue:
    """Say what a use would be covered by what was typed for a new programme; nothing is stored."""
    return _attempted(None)


@signed_in
def attempt(programme_id: int) -> ResponseReturnValue:
    """The same for another version of a programme."""
    found = service.programme_to_write(reading(), programme_id, require_actor())
    return _attempted(found)


def _attempted(found: Programme | None) -> ResponseReturnValue:
    """The form as it was typed, with what the case comes to."""
    texts = texts_in(request.form) | {"version": request.form.get("version", "")}
    problems, terms, case = [], None, None
    try:
        form = read(ProgrammeTermsForm, terms_values(texts))
        terms = form.terms
    except InvalidInput as invalid:
        problems += invalid.problems
    try:
        case = read(ProgrammeCaseForm, case_values(request.form))
        wanted = case.case
    except InvalidInput as invalid:
        problems += invalid.problems
    if problems or terms is None or case is None:
        return _page(found, texts, InvalidInput(problems))
    outcome = covered(terms, wanted, case.left(form.year_cap_fen, form.budget_fen))
    return _page(found, texts, result=result_of(outcome, terms.redeemed_by))


def _first_texts() -> Texts:
    """What a new programme begins with: nothing, or an earlier one a year later, all of it assumed until it is read."""
    today = local_date(utcnow())
    first: Texts = {**BLANK, "year": today.year, "valid_from": today, "organisation_id": ""}
    like = request.args.get("like", "")
    if not (like.isascii() and like.isdecimal() and len(like) < 10):
        return first
    found = queries.shown(reading(), int(like), today)
    texts = texts_of(found.version)
    kinds = {name: MarkKind.ASSUMED.value for name in texts if name.endswith(".kind")}
    sources = {name: "" for name in texts if name.startswith("marks.") and name.endswith(".text")}
    days = {name: _a_year_later(texts[name]) for name in DAYS}
    named = {"organisation_id": found.programme.organisation_id, "year": found.programme.year + 1}
    unsaid = {"notice": "", "notice_url": "", "windows": [], "valid_from": max(today, days["counts_from"])}
    return (
        texts
        | kinds
        | sources
        | days
        | named
        | unsaid
        | {
            "name_zh": found.programme.name_zh,
            "name_en": found.programme.name_en,
            "runs_at": found.programme.runs_at,
        }
    )


def _a_year_later(day: Any) -> Any:
    """The same day of the next year; the 28th for 29 February."""
    return day.replace(year=day.year + 1, day=min(day.day, 28) if day.month == 2 else day.day)


def _page(
    found: Programme | None, texts: Texts, refused: Refused | None = None, result: Result | None = None
) -> Response:
    """The form of a version with its calculator."""
    session, who = reading(), require_actor()
    own = queries.authorities_of(session, who, Permission.MANAGE_PROGRAMMES)
    if found is None and not own:
        raise Forbidden
    where: dict[str, Any] = {"programme_id": found.id} if found else {}
    case = request.form.to_dict() if request.method == "POST" else {"is_recognised": "1"}
    page = render_template(
        "programmes/edit.html",
        programme=found,
        name=programme_name(found) if found else "",
        authority=authority_name(found) if found else "",
        form={**BLANK, **texts},
        case=case,
        problems=_problems(refused),
        result=result,
        authorities=[(one.id, in_language(one.name_zh, one.name_en)) for one in own],
        service_types=service_types(),
        choices={name: [(one.value, _(label)) for one, label in words.items()] for name, words in CHOICES.items()},
        window_rows=min(len(texts.get("windows", ())) + MORE_WINDOWS, MOST_WINDOWS),
        labels={name: _(label) for name, label in labels.FIELDS.items()},
        action=url_for(".edit" if found else ".new", **where),
        try_url=url_for(".attempt" if found else ".attempt_new", **where),
        back_url=url_for(".show" if found else ".index", **where),
        key=request.form.get("idempotency_key") or new_key(),
    )
    status = 200 if refused is None else Conflict.status if isinstance(refused, StaleVersion) else refused.status
    return make_response(page, status)


def _problems(refused: Refused | None) -> dict[str, list[str]]:
    """The sentences of a refusal by field; what is wrong with the shares as a whole stands at the first one."""
    if isinstance(refused, StaleVersion):
        return {"": [_("您编辑期间，这项政策已被他人修改。再次保存将以您的内容为准。")]}
    if not isinstance(refused, InvalidInput):
        return {}
    found = problems_of(refused)
    first = f"shares.{service_types()[0][0]}"
    return {first if name == "shares" else name: said for name, said in found.items()}
