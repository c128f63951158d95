"""What the pages of leaving and of closing an account share: bookings chosen, handed over or cancelled."""

from typing import Any
from urllib.parse import urlencode

from flask import request
from flask_babel import gettext as _

from booking.charges.late_fees import fees_of_cancelling
from booking.core import forms
from booking.core.clock import utcnow
from booking.core.errors import InvalidInput, Problem, Refused
from booking.core.texts import N_
from booking.reservations.coming import Coming
from booking.reservations.handing_over import cancel_bookings, hand_over_bookings
from booking.reservations.labels import STATES
from booking.reservations.leaving_forms import CancelBookingsForm, ComingPage, HandOverForm
from booking.reservations.refusals import ReservationRefused
from booking.reservations.spoken import spoken_refusals
from booking.web.extensions import reading, transaction
from booking.web.reading import posted, read_query
from booking.web.signed_in import require_actor


def settle(organisation_id: int | None, user_id: int) -> str:
    """Hand the chosen bookings over, or cancel them; what was done, in the reader's words."""
    actor, now = require_actor(), utcnow()
    if request.form.get("step") == "cancel":
        form = forms.read(CancelBookingsForm, _chosen())
        if not request.form.get("is_sure"):
            raise InvalidInput([Problem("is_sure", N_("取消后时间立即让给别人。确实要取消时，请勾选这一项。"))])
        ids, reason = form.reservation_ids, form.reason
        transaction(cancel_bookings, organisation_id, user_id, ids, reason=reason, actor=actor, now=now)
        return str(_("已取消 %(count)s 条预约。", count=len(set(ids))))
    wanted = forms.read(HandOverForm, _chosen("email"))
    ids, reason = wanted.reservation_ids, wanted.reason
    transaction(hand_over_bookings, organisation_id, user_id, ids, wanted.email, reason=reason, actor=actor, now=now)
    return str(_("已移交 %(count)s 条预约。", count=len(set(ids))))


def part_shown() -> str:
    """Where the part of the bookings that the page shows begins; a form that is shown again stays where it was."""
    if request.method == "POST":
        return forms.read(ComingPage, {"cursor": posted().get("cursor", "")}).cursor
    return read_query(ComingPage).cursor


def coming_values(coming: Coming, page_url: str, refused: Refused | None = None) -> dict[str, Any]:
    """What the list of bookings shows, with what was chosen, what stands against it, and the way to the next part."""
    following = f"{page_url}?{urlencode({'cursor': coming.page.next_cursor})}" if coming.page.next_cursor else None
    return {
        "coming": coming,
        "part": {"cursor": part_shown(), "next": following},
        "chosen": _ticked(coming),
        "fees": fees_of_cancelling(reading(), coming.bookings, require_actor(), now=utcnow()),
        "refusals": spoken_refusals(refused.refusals) if isinstance(refused, ReservationRefused) else (),
        "state_labels": {state: _(text) for state, text in STATES.items()},
    }


def _ticked(coming: Coming) -> set[str]:
    """What was ticked; on a page not sent yet, everything that has not begun."""
    if request.method == "POST" and "step" in request.form:
        return set(request.form.getlist("reservation_ids"))
    now = utcnow()
    return {str(one.id) for one in coming.bookings if one.starts_at > now}


def _chosen(*names: str) -> dict[str, Any]:
    """The ticked bookings, with the reason and the other fields named."""
    typed = posted()
    kept: dict[str, Any] = {name: typed[name] for name in ("reason", *names) if name in typed}
    return kept | {"reservation_ids": request.form.getlist("reservation_ids")}
