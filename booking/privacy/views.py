"""The pages on people's data: what is stored and why, agreeing to it, and taking one's own away."""

from datetime import datetime
from typing import Annotated, Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_babel import gettext as _
from pydantic import Field

from booking.accounts import consents
from booking.accounts.labels import ROLES, SIGHTS
from booking.accounts.permissions import Permission, require
from booking.accounts.rules import normal_address
from booking.accounts.user_care import note_reading
from booking.accounts.views.again import again
from booking.accounts.views.consenting import own_text, version_in_force
from booking.accounts.views.people import departure_typed
from booking.accounts.views.sign_in import own_path, prove
from booking.core import forms
from booking.core.clock import local_date, utcnow
from booking.core.errors import Forbidden, InvalidInput, Problem, Refused
from booking.core.forms import PageForm
from booking.core.plain_markdown import rendered
from booking.core.texts import N_
from booking.privacy import export, queries, rules, service
from booking.privacy.forms import EraseMeForm, ErasePage
from booking.privacy.sightings import sightings_of
from booking.web import signed_in
from booking.web.extensions import reading, transaction
from booking.web.languages import in_language, page_language
from booking.web.reading import posted, read_form, read_query
from booking.web.signed_in import require_actor
from models.accounts import User
from models.vocabulary.accounts import Language

bp = Blueprint("privacy", __name__)

PER_PAGE = 50


class SightingsPage(PageForm):
    """Where a page of looks begins."""

    cursor: Annotated[str, Field(max_length=200)] = ""


@bp.get("/privacy")
def show() -> ResponseReturnValue:
    """What is stored about people, why, for how long, and whom to ask."""
    actor = signed_in.reader()
    version, own = version_in_force(), own_text()
    has_agreed = actor is not None and consents.has_agreed(reading(), actor.id, version)
    words = rendered(own.words(english=page_language() == "en")) if own else None
    return render_template("privacy/show.html", version=version, words=words, actor=actor, has_agreed=has_agreed)


@bp.post("/privacy/agree")
@signed_in.signed_in
def agree() -> ResponseReturnValue:
    """Agree to the text in force, and go on where one was."""
    transaction(consents.agree, version_in_force(), actor=require_actor(), now=utcnow())
    flash(_("谢谢，已记录您的同意。"), "right")
    back = own_path(request.form.get("next", ""))
    return redirect(back, code=303)


@bp.get("/account/data.zip")
@signed_in.signed_in
def data() -> ResponseReturnValue:
    """Everything stored about the person asking, as an archive."""
    actor, now = require_actor(), utcnow()
    sections = export.data_of(reading(), actor)
    transaction(export.note_export, actor=actor, now=now)
    readme = "\n\n".join(_readme(language, now) for language in Language)
    name = f"my-data-{local_date(now).isoformat()}.zip"
    file = export.archive(reading(), actor, sections, readme)
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Length": str(file.tell()),
        "Cache-Control": "no-store",
    }
    return Response(export.pieces(file), mimetype="application/zip", headers=headers)


@bp.get("/account/sightings")
@signed_in.signed_in
def sightings() -> ResponseReturnValue:
    """Who looked at one's own data, as what, when and what for."""
    query = read_query(SightingsPage)
    page = sightings_of(reading(), require_actor(), limit=PER_PAGE, cursor=query.cursor)
    shown = render_template("privacy/sightings.html", page=page, sights=SIGHTS, role_names=ROLES)
    return Response(shown, headers={"Cache-Control": "no-store"})


@bp.route("/account/erase", methods=["GET", "POST"])
@signed_in.signed_in
def erase() -> ResponseReturnValue:
    """What is erased and what stays; with the password it is done at once."""
    actor, now = require_actor(), utcnow()
    if request.method == "GET":
        return render_template("privacy/erase.html", problems={}, **_erasure(now))
    try:
        service.require_no_hindrance(reading(), actor=actor, now=now)
        prove(actor, read_form(EraseMeForm).current_password, now=now)
        transaction(service.erase_me, actor=actor, now=now)
    except Refused as refused:
        return again("privacy/erase.html", refused, **_erasure(now))
    cookie.clear()
    flash(_("您的账户已注销。"), "right")
    return redirect(url_for("search.index"), code=303)


@bp.route("/users/<int:user_id>/erase", methods=["GET", "POST"])
@signed_in.signed_in
def erase_person(user_id: int) -> ResponseReturnValue:
    """Erase somebody's account as they asked: with the reason, their address once more, and who takes over."""
    actor, now = require(require_actor(), Permission.ERASE_PEOPLE), utcnow()
    person = queries.erasable(reading(), user_id)
    if request.method == "GET":
        transaction(note_reading, user_id, actor=actor, now=now)
        return render_template("privacy/erase_person.html", form={}, problems={}, **_erasure_of(user_id, now))
    try:
        form = forms.read(ErasePage, departure_typed() | {"confirmation": posted().get("confirmation", "")})
        if normal_address(form.confirmation) != person.email:
            raise InvalidInput([Problem("confirmation", N_("与此人的邮箱不同。"))])
        transaction(service.erase_person, user_id, form.reason, successors=form.successors, actor=actor, now=now)
    except Forbidden:
        raise
    except Refused as refused:
        return again("privacy/erase_person.html", refused, **_erasure_of(user_id, now))
    flash(_("账户已注销，账册中只留代称。"), "right")
    return redirect(url_for("accounts.users"), code=303)


def _erasure_of(user_id: int, now: datetime) -> dict[str, Any]:
    """What the page of erasing somebody else shows: roles to hand over in the form, the rest to be settled first."""
    person = reading().get_one(User, user_id)
    found = queries.hindrances(reading(), person, now=now)
    roles = [one for one in found if one.kind == queries.HindranceKind.LAST_ROLE]
    return {
        "person": person,
        "hindrances": [one for one in found if one not in roles],
        "lacks": [
            {
                "grant_id": one.id,
                "role": _(ROLES[one.role]) if one.role else "",
                "scope": in_language(one.name_zh, one.name_en) or _("整个平台"),
            }
            for one in roles
        ],
        "pseudonym": rules.name_of(user_id),
        "role_names": ROLES,
    }


def _erasure(now: datetime) -> dict[str, Any]:
    """What the page of erasing shows."""
    actor = require_actor()
    user = reading().get_one(User, actor.id)
    return {
        "hindrances": queries.hindrances(reading(), user, now=now),
        "pseudonym": rules.name_of(actor.id),
        "role_names": ROLES,
        "actor": actor,
    }


def _readme(language: Language, now: datetime) -> str:
    """What the files of the archive are, in one language."""
    with force_locale(language.value):
        return render_template("privacy/readme.txt", now=now)
