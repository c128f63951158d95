"""The register of papers that an authority has verified, as far as the reader may see it."""

from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.accounts.permissions import Permission, may, require
from booking.applications import register, withdrawing
from booking.applications.forms import VerifiedDocumentsPage, WithdrawVerificationPage
from booking.applications.views.application import problems_said
from booking.applications.wording import name_of
from booking.attachments.uploads import file_response
from booking.core.actors import Actor, Target
from booking.core.clock import local_date, utcnow
from booking.core.errors import Conflict, InvalidInput, Refused
from booking.programmes.labels import DOCUMENTS
from booking.web.extensions import reading, transaction
from booking.web.reading import read_form, read_query
from booking.web.signed_in import require_actor, signed_in
from models.applications import VerifiedDocument

PER_PAGE = 30


@signed_in
def documents() -> ResponseReturnValue:
    """Papers that were verified: of one's firm, by one's authority, and those that are used again there."""
    asked, who = read_query(VerifiedDocumentsPage), require_actor()
    page = register.documents_for(reading(), who, limit=PER_PAGE, cursor=asked.cursor)
    return render_template(
        "applications/documents.html",
        rows=[_row(one, who) for one in page.items],
        today=local_date(utcnow()),
        next_url=url_for("applications.documents", cursor=page.next_cursor) if page.next_cursor else "",
    )


@signed_in
def verified_file(document_id: int) -> Response:
    """The file of a verified paper."""
    session = reading()
    return file_response(session, register.document_for(session, document_id, require_actor()).attachment)


@signed_in
def withdraw(document_id: int) -> ResponseReturnValue:
    """Ask for the reason, and take back that a paper was verified."""
    who, session = require_actor(), reading()
    found = register.document_for(session, document_id, who)
    require(who, Permission.REVIEW_APPLICATIONS, Target(found.authority_id))
    refused: Refused | None = None
    if request.method == "POST":
        try:
            form = read_form(WithdrawVerificationPage)
            transaction(withdrawing.withdraw_verification, document_id, form, actor=who, now=utcnow())
        except (Conflict, InvalidInput) as problem:
            refused = problem
        else:
            flash(_("已撤销核验，企业会收到邮件。"), "right")
            return redirect(url_for("applications.documents"), code=303)
    page = render_template(
        "applications/withdraw_verification.html",
        **_row(found, who),
        form=request.form.to_dict(),
        problems=problems_said(refused, {}),
        labels={"reason": _("撤销的原因")},
    )
    return make_response(page, refused.status if refused else 200)


def _row(found: VerifiedDocument, who: Actor) -> dict[str, Any]:
    """A verified paper in words."""
    return {
        "document": found,
        "kind": _(DOCUMENTS[found.document]),
        "firm": name_of(found.organisation),
        "authority": name_of(found.authority),
        "may_withdraw": may(who, Permission.REVIEW_APPLICATIONS, Target(found.authority_id)),
    }
