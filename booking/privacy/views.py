"""The pages on people's data: what is stored and why, agreeing to it, and taking one's own away."""

from datetime import datetime

from flask import Blueprint, Response, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_babel import gettext as _

from booking.accounts import consents
from booking.accounts.views.sign_in import own_path
from booking.core.clock import local_date, utcnow
from booking.privacy import export
from booking.web import signed_in
from booking.web.extensions import reading, transaction
from booking.web.signed_in import require_actor
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


def _readme(language: Language, now: datetime) -> str:
    """What the files of the archive are, in one language."""
    with force_locale(language.value):
        return render_template("privacy/readme.txt", now=now)
