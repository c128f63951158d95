"""The pages on people's data: what is stored and why, agreeing to it, and taking one's own away."""

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_babel import gettext as _

from booking.accounts import consents
from booking.accounts.labels import ROLES
from booking.accounts.views.again import again
from booking.accounts.views.sign_in import own_path, prove
from booking.core.clock import local_date, utcnow
from booking.core.errors import Refused
from booking.privacy import export, queries, rules, service
from booking.privacy.forms import EraseMeForm
from booking.web import signed_in
from booking.web.extensions import reading, transaction
from booking.web.reading import read_form
from booking.web.signed_in import require_actor
from models.accounts import User
from models.vocabulary.accounts import Language

bp = Blueprint("privacy", __name__)


@bp.get("/privacy")
def show() -> ResponseReturnValue:
    """What is stored about people, why, for how long, and whom to ask."""
    actor = signed_in.reader()
    has_agreed = actor is not None and consents.has_agreed(reading(), actor.id)
    return render_template("privacy/show.html", version=consents.VERSION, actor=actor, has_agreed=has_agreed)


@bp.post("/privacy/agree")
@signed_in.signed_in
def agree() -> ResponseReturnValue:
    """Agree to the text in force, and go on where one was."""
    transaction(consents.agree, actor=require_actor(), now=utcnow())
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
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(export.archive(sections, readme), mimetype="application/zip", headers=headers)


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
