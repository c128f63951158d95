"""The pages of the register: read by everybody, with the forms of the authorities' officers."""

from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, may, require
from booking.core.actors import Target
from booking.core.clock import local_date, utcnow
from booking.core.errors import InvalidInput, Problem, Refused
from booking.core.texts import N_
from booking.directory.listing import provinces
from booking.directory.queries import organisation_by_name
from booking.programmes.labels import DOCUMENTS, SERVICE_TYPES
from booking.programmes.queries import authorities_of
from booking.recognitions import labels, queries, service
from booking.recognitions.forms import (
    EndRecognitionPage,
    RecognitionForm,
    RecognitionPage,
    RecognitionsPage,
    RecognitionsQuery,
)
from booking.recognitions.queries import Wanted, days
from booking.recognitions.service import AlreadyOver
from booking.recognitions.wording import name_of, scope_of, state_of, subject_of, table
from booking.web.errors import problems_of, sentence_of
from booking.web.extensions import reading, transaction
from booking.web.languages import in_language
from booking.web.reading import query_values, read_form, read_query
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import actor, require_actor, signed_in
from booking.web.tables import table_response
from models.recognitions import Recognition

bp = Blueprint("recognitions", __name__)

PER_PAGE = 30


@bp.get("/recognitions")
def index() -> ResponseReturnValue:
    """Show what the authorities accept of each other, with the form of an officer for one more."""
    return _list({}, None)


@bp.get("/recognitions.csv")
def download() -> Response:
    """The register as a table, whole or the part that is shown."""
    found = queries.every(reading(), _wanted(read_query(RecognitionsPage)))
    return table_response(table(found), "recognitions", "csv", title=_("互认目录"))


@bp.post("/recognitions")
@signed_in
def recognise() -> ResponseReturnValue:
    """Enter something that an authority accepts."""
    who, now = require_actor(), utcnow()

    def work(session: Session) -> dict[str, Any]:
        form = _typed(session)
        return {"id": service.recognise(session, form, actor=who, now=now).id}

    try:
        create_once(work, actor=who, now=now)
    except InvalidInput as invalid:
        require_any(who)
        return _list(request.form.to_dict(), invalid)
    flash(_("已登记。"), "right")
    return redirect(url_for(".index"), code=303)


@bp.get("/recognitions/<int:recognition_id>")
def show(recognition_id: int) -> ResponseReturnValue:
    """Show one entry; an officer of its authority ends it."""
    return _one(recognition_id, {}, None)


@bp.post("/recognitions/<int:recognition_id>/end")
@signed_in
def end(recognition_id: int) -> ResponseReturnValue:
    """Accept it no longer than until a day."""
    who, now = require_actor(), utcnow()
    found = queries.recognition(reading(), recognition_id)
    require(who, Permission.MANAGE_RECOGNITIONS, Target(found.organisation_id))
    try:
        form = read_form(EndRecognitionPage)
        transaction(service.end_recognition, recognition_id, form, actor=who, now=now)
    except (InvalidInput, AlreadyOver) as refused:
        return _one(recognition_id, request.form.to_dict(), refused)
    flash(_("已写明最后一天；这一条留在目录里。"), "right")
    return redirect(url_for(".show", recognition_id=recognition_id), code=303)


def require_any(who: Any) -> None:
    """Raises Forbidden for who holds no register."""
    if not authorities_of(reading(), who, Permission.MANAGE_RECOGNITIONS):
        require(who, Permission.MANAGE_RECOGNITIONS)


def _typed(session: Session) -> RecognitionForm:
    """The posted entry, with the provider by its name; raises InvalidInput."""
    page = read_form(RecognitionPage)
    provider = organisation_by_name(session, page.provider) if page.provider else None
    if page.provider and provider is None:
        raise InvalidInput([Problem("provider", N_("没有这个单位。"))])
    return RecognitionForm(**page.model_dump(exclude={"provider"}), provider_id=provider.id if provider else None)


def _wanted(query: RecognitionsQuery) -> Wanted:
    """What a query asks for."""
    return Wanted(query.authority, query.kind, query.on)


def _list(form: dict[str, Any], refused: InvalidInput | None) -> Response:
    """The register with its filters, and the form for one more where the reader has one."""
    session, who, today = reading(), actor(), local_date(utcnow())
    query = read_query(RecognitionsPage)
    page = queries.recognitions(session, _wanted(query), limit=PER_PAGE, cursor=query.cursor)
    filters = {name: value for name, value in query_values().items() if name in {"authority", "kind", "on"}}
    own = authorities_of(session, who, Permission.MANAGE_RECOGNITIONS)
    problems = problems_of(refused) if refused else {}
    shown = render_template(
        "recognitions/index.html",
        rows=[_row(one, today) for one in page.items],
        filters=filters,
        next_url=url_for(".index", **filters, cursor=page.next_cursor) if page.next_cursor else "",
        csv_url=url_for(".download", **filters),
        authorities=[(one.id, name_of(one)) for one in queries.authorities(session)],
        own=[(one.id, name_of(one)) for one in own],
        form={"starts_on": today, **form},
        problems={"provider" if name == "provider_id" else name: said for name, said in problems.items()},
        provinces=[(one.adcode, in_language(one.name_zh, one.name_en)) for one in provinces(session)] if own else [],
        **_words(),
    )
    return make_response(shown, refused.status if refused else 200)


def _one(recognition_id: int, form: dict[str, Any], refused: Refused | None) -> Response:
    """One entry with the form that ends it."""
    found, who, today = queries.recognition(reading(), recognition_id), actor(), local_date(utcnow())
    last = days(found).last
    is_open = found.ending is None and (last is None or last >= today)
    own = may(who, Permission.MANAGE_RECOGNITIONS, Target(found.organisation_id))
    problems = problems_of(refused) if isinstance(refused, InvalidInput) else {}
    if isinstance(refused, AlreadyOver):
        problems = {"": [sentence_of(refused)]}
    page = render_template(
        "recognitions/show.html",
        row=_row(found, today),
        may_end=own and is_open,
        form={"ends_on": max(today, found.starts_on), **form},
        problems=problems,
        **_words(),
    )
    return make_response(page, refused.status if refused else 200)


def _row(found: Recognition, today: Any) -> dict[str, Any]:
    """An entry in words."""
    return {
        "recognition": found,
        "authority": name_of(found.organisation),
        "kind": _(labels.KINDS[found.kind]),
        "subject": subject_of(found),
        "scope": scope_of(found),
        "last": days(found).last,
        "state": state_of(found, today),
    }


def _words() -> dict[str, Any]:
    """What everything is called."""
    return {
        "kinds": [(one.value, _(label)) for one, label in labels.KINDS.items()],
        "documents": [(one.value, _(label)) for one, label in DOCUMENTS.items()],
        "service_types": [(one.value, _(label)) for one, label in SERVICE_TYPES.items()],
        "labels": {name: _(label) for name, label in labels.FIELDS.items()},
        "key": request.form.get("idempotency_key") or new_key(),
    }
