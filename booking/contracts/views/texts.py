"""The pages of what an institution agrees on with outside users: read by who signed in, written by its finance."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, may, require
from booking.accounts.views.again import again
from booking.contracts import labels, queries, texts
from booking.contracts.forms import ContractTextForm
from booking.contracts.rules import LONGEST_CLAUSE
from booking.contracts.typed import typed_clauses
from booking.core import forms
from booking.core.actors import Target
from booking.core.clock import utcnow
from booking.core.errors import InvalidInput, NotFound, Problem
from booking.directory.queries import organisation
from booking.web.extensions import reading
from booking.web.languages import in_language
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor, signed_in
from models.contracts import ContractText
from models.directory import Organisation


@signed_in
def text(organisation_id: int) -> ResponseReturnValue:
    """Show the text that holds now with its earlier versions; who keeps the contracts writes another one."""
    place, who, now = organisation(reading(), organisation_id), require_actor(), utcnow()
    manages = may(who, Permission.MANAGE_CONTRACTS, Target(organisation_id))
    if request.method == "GET":
        form = _fields(texts.clauses_now(reading(), place.id))
        return render_template("contracts/text.html", form=form, problems={}, **_values(place, manages=manages))
    require(who, Permission.MANAGE_CONTRACTS, Target(organisation_id))
    try:
        wanted = forms.read(ContractTextForm, {"clauses": typed_clauses()})

        def work(session: Session) -> dict[str, Any]:
            return {"id": texts.write_text(session, organisation_id, wanted, actor=who, now=now).id}

        create_once(work, actor=who, now=now)
    except InvalidInput as invalid:
        return again("contracts/text.html", _at_its_field(invalid), **_values(place, manages=True))
    flash(_("新的条款已生效；以前的约定保留原来的条款。"), "right")
    return redirect(url_for(".text", organisation_id=organisation_id), code=303)


@signed_in
def version(text_id: int) -> ResponseReturnValue:
    """Show one version of an institution's text."""
    found = reading().get(ContractText, text_id)
    if found is None:
        raise NotFound
    place = organisation(reading(), found.organisation_id)
    name = in_language(place.name_zh, place.name_en)
    return render_template(
        "contracts/version.html", text=found, organisation=place, organisation_name=name, clause_names=labels.CLAUSES
    )


def _fields(clauses: dict[str, dict[str, str]]) -> dict[str, str]:
    """A field for each topic and language."""
    return {f"{code}_{language}": words for code, said in clauses.items() for language, words in said.items()}


def _at_its_field(invalid: InvalidInput) -> InvalidInput:
    """The problems at the fields of the page: `clauses.service.zh` is `service_zh` there."""
    return InvalidInput([_moved(one) for one in invalid.problems])


def _moved(problem: Problem) -> Problem:
    """One of them."""
    field = problem.field.removeprefix("clauses.").replace(".", "_")
    return Problem(field, problem.message, problem.values)


def _values(place: Organisation, *, manages: bool) -> dict[str, Any]:
    """What the page shows around the form."""
    versions = queries.texts_of(reading(), place.id)
    return {
        "organisation": place,
        "organisation_name": in_language(place.name_zh, place.name_en),
        "versions": versions,
        "now": versions[0] if versions else None,
        "clauses": texts.clauses_now(reading(), place.id),
        "clause_names": labels.CLAUSES,
        "labels": {
            f"{code.value}_{language}": f"{_(label)}（{said}）"
            for code, label in labels.CLAUSES.items()
            for language, said in (("zh", _("中文")), ("en", _("英文")))
        },
        "manages": manages,
        "longest": LONGEST_CLAUSE,
        "key": request.form.get("idempotency_key") or new_key(),
    }
