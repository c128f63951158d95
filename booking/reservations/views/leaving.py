"""The pages for when somebody leaves: what they have here, handing it over, cancelling it, ending it."""

import re

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.accounts.ending import Departure
from booking.accounts.labels import ROLES, SCOPE_KINDS
from booking.accounts.permissions import Permission, require
from booking.accounts.succession import SuccessorNeeded
from booking.accounts.views.again import again
from booking.accounts.views.ending_grants import lacks_shown
from booking.accounts.views.people import SUCCESSOR, departure_typed, named_again, numbered
from booking.core import forms
from booking.core.actors import Target
from booking.core.clock import local_date, utcnow
from booking.core.errors import Conflict, InvalidInput, NotFound, Refused
from booking.directory.queries import organisation
from booking.reservations import leaving as service
from booking.reservations.leaving_forms import LeavingForm, WhoForm
from booking.reservations.refusals import ReservationRefused
from booking.reservations.views.settling import coming_values, part_shown, settle
from booking.web.extensions import reading, transaction
from booking.web.languages import in_language
from booking.web.reading import posted, read_form
from booking.web.signed_in import require_actor, signed_in

LEAD = re.compile(r"^lead_(\d{1,9})$")


@signed_in
def find(organisation_id: int) -> ResponseReturnValue:
    """Ask whose leaving is to be looked at."""
    if request.method == "GET":
        return _find_page(organisation_id)
    try:
        form = read_form(WhoForm)
        actor, now = require_actor(), utcnow()
        user_id = service.person_leaving(reading(), organisation_id, form.email, actor=actor, now=now)
    except InvalidInput as invalid:
        return _find_page(organisation_id, invalid)
    return redirect(url_for(".leaving", organisation_id=organisation_id, user_id=user_id), code=303)


@signed_in
def leaving(organisation_id: int, user_id: int) -> ResponseReturnValue:
    """Show everything that somebody has here, with the forms for handing over and for ending; the look is logged."""
    page = _page(organisation_id, user_id)
    transaction(service.note_looking, organisation_id, user_id, actor=require_actor(), now=utcnow())
    return page


@signed_in
def settle_bookings(organisation_id: int, user_id: int) -> ResponseReturnValue:
    """Hand the chosen bookings over, or cancel them."""
    _require(organisation_id)
    try:
        said = settle(organisation_id, user_id)
    except (ReservationRefused, InvalidInput, Conflict) as refused:
        if not _is_known(organisation_id, user_id):
            return _find_page(organisation_id, refused)
        return _page(organisation_id, user_id, refused)
    flash(said, "right")
    if not _is_known(organisation_id, user_id):
        return redirect(url_for(".find_leaving", organisation_id=organisation_id), code=303)
    return redirect(url_for(".leaving", organisation_id=organisation_id, user_id=user_id), code=303)


@signed_in
def end_everything(organisation_id: int, user_id: int) -> ResponseReturnValue:
    """End all roles here on one last day, with those who take over named in the same step."""
    _require(organisation_id)
    try:
        form = forms.read(LeavingForm, departure_typed() | {"leads": numbered(LEAD, posted())})
        actor, now = require_actor(), utcnow()
        departure = Departure(form.last_day or local_date(now), form.reason, form.successors)
        transaction(service.end_everything, organisation_id, user_id, departure, form.leads, actor=actor, now=now)
    except (SuccessorNeeded, InvalidInput) as refused:
        return _page(organisation_id, user_id, refused)
    flash(_("已按最后一天结束全部角色。"), "right")
    return redirect(url_for(".leaving", organisation_id=organisation_id, user_id=user_id), code=303)


def _require(organisation_id: int) -> None:
    """Refuse who may not hand over here before anything is read."""
    organisation(reading(), organisation_id)
    require(require_actor(), Permission.HAND_OVER, Target(organisation_id))


def _is_known(organisation_id: int, user_id: int) -> bool:
    """Whether the person has anything here still; whose only bookings were handed over has not."""
    try:
        service.leaving_of(reading(), organisation_id, user_id, actor=require_actor(), now=utcnow())
    except NotFound:
        return False
    return True


def _find_page(organisation_id: int, refused: Refused | None = None) -> ResponseReturnValue:
    """The form that asks for an address."""
    _require(organisation_id)
    place = organisation(reading(), organisation_id)
    values = {"organisation": place, "organisation_name": in_language(place.name_zh, place.name_en)}
    if refused is not None:
        return again("reservations/find_leaving.html", refused, **values)
    return render_template("reservations/find_leaving.html", form={}, problems={}, **values)


def _page(organisation_id: int, user_id: int, refused: Refused | None = None) -> ResponseReturnValue:
    """Everything somebody has here, with what was typed and what stands against it."""
    actor, now = require_actor(), utcnow()
    found = service.leaving_of(reading(), organisation_id, user_id, cursor=part_shown(), actor=actor, now=now)
    named = {int(match[1]) for name in request.form if (match := SUCCESSOR.match(name))}
    lacks = lacks_shown(refused.lacks) if isinstance(refused, SuccessorNeeded) else named_again(found.grants, named)
    values = {
        "organisation": found.organisation,
        "organisation_name": in_language(found.organisation.name_zh, found.organisation.name_en),
        "person": found.person,
        "affiliation": found.affiliation,
        "grants": found.grants,
        "memberships": found.memberships,
        "lacks": lacks,
        "may_end": service.may_end(reading(), found, actor=actor, now=now),
        "role_names": ROLES,
        "scope_kinds": SCOPE_KINDS,
        "today": local_date(now),
        **coming_values(found.coming, url_for(".leaving", organisation_id=organisation_id, user_id=user_id), refused),
    }
    if refused is not None:
        return again("reservations/leaving.html", refused, **values)
    return render_template("reservations/leaving.html", form={}, problems={}, **values)
