"""What an institution requires of outside uses, and the order forms that were accepted."""

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.accounts.permissions import Permission, require
from booking.accounts.views.again import again
from booking.contracts import labels, requirements
from booking.contracts.form_numbers import number_of
from booking.contracts.forms import ListPage, RequirementPage
from booking.contracts.order_forms import Listed, order_form_for
from booking.contracts.order_forms import order_forms as accepted_forms
from booking.contracts.papers import order_form_pdf, pdf_response
from booking.contracts.typed import typed
from booking.core.actors import Target
from booking.core.clock import utcnow
from booking.core.errors import InvalidInput, StaleVersion
from booking.core.money import yuan_from_fen
from booking.core.pages import Page
from booking.directory.queries import organisation
from booking.web.extensions import reading, transaction
from booking.web.languages import in_language
from booking.web.reading import read_query
from booking.web.signed_in import require_actor, signed_in
from models.directory import Organisation

PER_PAGE = 30


@signed_in
def requirement(organisation_id: int) -> ResponseReturnValue:
    """Ask whether outside uses need anything, and from which amount on a contract; then keep it."""
    place = organisation(reading(), organisation_id)
    who = require(require_actor(), Permission.MANAGE_CONTRACTS, Target(organisation_id))
    values = _values(place)
    if request.method == "GET":
        found = requirements.requirement_of(reading(), organisation_id)
        form = {
            "requires": found.requires,
            "threshold_fen": yuan_from_fen(found.threshold_fen),
            "version": found.version,
        }
        return render_template("contracts/requirement.html", form=form, problems={}, **values)
    try:
        form_sent = typed(RequirementPage, amounts=("threshold_fen",))
        version = form_sent.version
        transaction(requirements.set_requirement, organisation_id, form_sent, version=version, actor=who, now=utcnow())
    except (InvalidInput, StaleVersion) as refused:
        return again("contracts/requirement.html", refused, **values)
    flash(_("已保存。"), "right")
    return redirect(url_for(".index", organisation_id=organisation_id), code=303)


@signed_in
def order_forms() -> ResponseReturnValue:
    """Show the order forms that one or one's firms accepted."""
    actor, cursor = require_actor(), read_query(ListPage).cursor
    page = accepted_forms(reading(), actor, None, limit=PER_PAGE, cursor=cursor)
    return render_template(
        "contracts/order_forms.html", organisation=None, own_id=actor.id, **_listed("contracts.order_forms", page)
    )


@signed_in
def order_forms_at(organisation_id: int) -> ResponseReturnValue:
    """Show the order forms that an institution was given, to its finance and auditors."""
    place = organisation(reading(), organisation_id)
    actor = require(require_actor(), Permission.SEE_CONTRACTS, Target(organisation_id))
    page = accepted_forms(reading(), actor, place.id, limit=PER_PAGE, cursor=read_query(ListPage).cursor)
    listed = _listed("contracts.order_forms_at", page, organisation_id=place.id)
    return render_template("contracts/order_forms.html", own_id=actor.id, **_values(place), **listed)


@signed_in
def order_form_paper(form_id: int) -> Response:
    """An accepted order form as a PDF under its number."""
    form = order_form_for(reading(), form_id, require_actor())
    return pdf_response(order_form_pdf(form), number_of(form.year, form.number))


def _listed(endpoint: str, page: Page[Listed], **here: Any) -> dict[str, Any]:
    """A part of a list, and where the next one is."""
    more = url_for(endpoint, **here, cursor=page.next_cursor) if page.next_cursor else ""
    return {"rows": page.items, "next_url": more, "number_of": number_of}


def _values(place: Organisation) -> dict[str, Any]:
    """What the pages of an institution share."""
    names = ("requires", "threshold_fen")
    return {
        "organisation": place,
        "organisation_name": in_language(place.name_zh, place.name_en),
        "labels": {name: _(labels.FIELDS[name]) for name in names},
    }
