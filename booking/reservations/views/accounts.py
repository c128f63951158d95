"""The pages on which an account is closed, and on which its bookings still to come are settled before."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.accounts import grant_queries
from booking.accounts.deactivation import deactivate_account, reactivate_account
from booking.accounts.grant_forms import ClosingReasonForm, DeactivationForm
from booking.accounts.labels import ROLES, SCOPE_KINDS
from booking.accounts.permissions import Permission, require
from booking.accounts.succession import Lack, SuccessorNeeded
from booking.accounts.views.again import again
from booking.accounts.views.ending_grants import lacks_shown
from booking.accounts.views.people import SUCCESSOR, departure_typed, named_again
from booking.core import forms
from booking.core.clock import local_date, utcnow
from booking.core.errors import Conflict, InvalidInput, Refused
from booking.reservations.coming import coming_bookings, note_settling, require_settling
from booking.reservations.refusals import ReservationRefused
from booking.reservations.views.settling import coming_values, part_shown, settle
from booking.web.extensions import reading, transaction
from booking.web.reading import posted
from booking.web.signed_in import require_actor, signed_in


@signed_in
def coming(user_id: int) -> ResponseReturnValue:
    """Show what somebody still has booked: one's own, or for who closes accounts, whose look is logged."""
    page = _coming_page(user_id)
    transaction(note_settling, user_id, actor=require_actor(), now=utcnow())
    return page


@signed_in
def settle_coming(user_id: int) -> ResponseReturnValue:
    """Hand the chosen bookings over, or cancel them."""
    require_settling(reading(), None, user_id, actor=require_actor())
    try:
        said = settle(None, user_id)
    except (ReservationRefused, InvalidInput, Conflict) as refused:
        return _coming_page(user_id, refused)
    flash(said, "right")
    return redirect(url_for(".coming", user_id=user_id), code=303)


@signed_in
def deactivate(user_id: int) -> ResponseReturnValue:
    """Ask why and who takes over; then close the account."""
    if request.method == "GET":
        page = _deactivate_page(user_id)
        transaction(note_settling, user_id, actor=require_actor(), now=utcnow())
        return page
    try:
        form = forms.read(DeactivationForm, departure_typed())
        transaction(
            deactivate_account,
            user_id,
            reason=form.reason,
            successors=form.successors,
            actor=require_actor(),
            now=utcnow(),
        )
    except SuccessorNeeded as needed:
        return _deactivate_page(user_id, needed, needed.lacks)
    except InvalidInput as invalid:
        return _deactivate_page(user_id, invalid)
    flash(_("账户已停用。"), "right")
    return redirect(url_for("accounts.person_permissions", user_id=user_id), code=303)


@signed_in
def reactivate(user_id: int) -> ResponseReturnValue:
    """Open a closed account again."""
    try:
        form = forms.read(ClosingReasonForm, {"reason": posted().get("reason", "")})
        transaction(reactivate_account, user_id, reason=form.reason, actor=require_actor(), now=utcnow())
    except InvalidInput as invalid:
        return _deactivate_page(user_id, invalid)
    flash(_("账户已重新启用，原来的角色须重新授予。"), "right")
    return redirect(url_for("accounts.person_permissions", user_id=user_id), code=303)


def _coming_page(user_id: int, refused: Refused | None = None) -> ResponseReturnValue:
    """The bookings still to come, with what was typed and what stands against it."""
    actor, session = require_actor(), reading()
    person = require_settling(session, None, user_id, actor=actor)
    found = coming_bookings(session, None, user_id, cursor=part_shown(), now=utcnow())
    values = {
        "person": person,
        "is_own": person.id == actor.id,
        **coming_values(found, url_for(".coming", user_id=user_id), refused),
    }
    if refused is not None:
        return again("reservations/coming.html", refused, **values)
    return render_template("reservations/coming.html", form={}, problems={}, **values)


def _deactivate_page(
    user_id: int, refused: Refused | None = None, lacks: list[Lack] | None = None
) -> ResponseReturnValue:
    """The form for closing or opening an account, with what the person holds and has booked."""
    actor, session, today = require_actor(), reading(), local_date(utcnow())
    require(actor, Permission.DEACTIVATE_PEOPLE)
    found = coming_bookings(session, None, user_id, cursor=part_shown(), now=utcnow())
    shown = grant_queries.grants_within(session, user_id, None, today=today)
    named = {int(match[1]) for name in request.form if (match := SUCCESSOR.match(name))}
    values = {
        "person": grant_queries.person_seen(session, user_id, actor),
        "grants": shown,
        "lacks": lacks_shown(lacks or []) or named_again(shown, named),
        "role_names": ROLES,
        "scope_kinds": SCOPE_KINDS,
        **coming_values(found, url_for(".coming", user_id=user_id), refused),
    }
    if refused is not None:
        return again("reservations/deactivate.html", refused, **values)
    return render_template("reservations/deactivate.html", form={}, problems={}, **values)
