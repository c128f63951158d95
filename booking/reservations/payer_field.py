"""The field of a page in which somebody chooses the payer account: what it offers, and what was chosen."""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.payers.choosing import choices_for
from booking.payers.holds import for_reservation, standing_of
from booking.payers.rules import Choice, default_of, named
from booking.pricing.queries import is_priced
from booking.reservations.forms import LARGEST_ID
from booking.reservations.payment import Payment
from booking.reservations.spoken import LATER
from booking.reservations.terms import Place
from booking.reservations.wishes import AS_USUAL, Paying
from booking.web import filters
from models.reservations import Reservation

FIELD = "payer_account_id"


@dataclass(frozen=True, slots=True)
class PayerField:
    """What the field offers, as its macro takes it."""

    choices: list[tuple[str, str]]
    value: str
    is_needed: bool


def paying_of(text: str) -> Paying:
    """What was chosen; what is no choice is as usual, and said to be wrong when the form is sent."""
    if text == LATER:
        return Paying(is_later=True)
    is_id = text.isdecimal() and text.isascii() and len(text) <= len(str(LARGEST_ID))
    return Paying(int(text)) if is_id and 0 < int(text) <= LARGEST_ID else AS_USUAL


def payer_field(
    session: Session, place: Place, moving: Reservation | None, typed: str, *, actor: Actor | None, now: datetime
) -> PayerField | None:
    """The field for who may choose; None where nothing costs anything, or they have no account."""
    if actor is None or (moving is not None and moving.booked_by_id != actor.id):
        return None
    day, holding = (
        local_date(now),
        standing_of(session, for_reservation(moving.id)) if moving and moving.payer_account_id else None,
    )
    choices = choices_for(session, actor.id, place.organisation_id, day=day, today=day, holding=holding)
    if not any(one.fault is None for one in choices) or not is_priced(session, place.instrument_id, place.unit_id):
        return None
    if moving is not None:
        return _moving_field(choices, moving, typed, is_needed=place.terms.needs_payer)
    return _field(choices, default_of(choices), typed, is_needed=place.terms.needs_payer)


def _moving_field(choices: list[Choice], moving: Reservation, typed: str, *, is_needed: bool) -> PayerField:
    """The field for another time: what pays already goes on paying unless something else is chosen."""
    kept_id = moving.payer_account_id
    others = _field([one for one in choices if one.id != kept_id], None, typed, is_needed=is_needed or kept_id is None)
    kept = named(choices, kept_id)
    said = _("不变：%(payer)s", payer=_said(kept)) if kept else _("不变")
    value = "" if typed in {str(kept_id), LATER if kept_id is None else ""} else typed
    return PayerField([("", str(said)), *others.choices], value, is_needed=False)


def field_of(payment: Payment | None, typed: str = "") -> PayerField | None:
    """The same from what a reservation asks; None when nothing is to be paid."""
    if payment is None:
        return None
    return _field(list(payment.choices), payment.chosen, typed, is_needed=payment.is_needed)


def _field(choices: list[Choice], usual: Choice | None, typed: str, *, is_needed: bool) -> PayerField:
    """The accounts that fit, and paying later where that may be."""
    offered = [(str(one.id), _said(one)) for one in choices if one.fault is None]
    if not is_needed:
        offered.append((LATER, str(_("以后结算，不用经费账户"))))
    value = typed or (str(usual.id) if usual else "" if is_needed else LATER)
    return PayerField(offered, value, is_needed)


def _said(one: Choice) -> str:
    """An account with what can be used of it."""
    return str(_("%(name)s（可用 %(left)s）", name=one.name, left=filters.money(max(one.available_fen, 0))))
