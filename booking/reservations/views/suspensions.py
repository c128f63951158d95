"""The page of suspensions: who may not book where until when and why; suspend somebody, or let them book again."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach, require
from booking.core.actors import Actor, Reach
from booking.core.clock import local_date, utcnow
from booking.core.errors import Forbidden, InvalidInput
from booking.core.texts import N_
from booking.reservations import suspensions as service
from booking.reservations.queries import reservation_for, seen_instrument, target_of
from booking.reservations.suspension_forms import SuspensionPage, SuspensionsAsked
from booking.reservations.suspensions import InForce
from booking.reservations.views.todo import name_of
from booking.reservations.views.typed import typed_texts
from booking.web.errors import problems_of
from booking.web.extensions import reading, transaction
from booking.web.languages import in_language
from booking.web.reading import read_form, read_query
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor, signed_in
from models.catalogue import Instrument
from models.vocabulary.catalogue import PublishingState

FIELDS = {
    "email": N_("邮箱"),
    "place": N_("在哪里暂停"),
    "last_day": N_("暂停到（含当天）"),
    "reason": N_("原因"),
}
# The page asks for a day where the service has a moment.
AT_FIELD = {"until": "last_day"}
MOST_CHOICES = 300


@signed_in
def suspensions() -> ResponseReturnValue:
    """Show the suspensions in force, and the form for another, perhaps about a reservation's holder."""
    _within(require_actor())
    asked = read_query(SuspensionsAsked)
    if asked.reservation:
        reservation = reservation_for(reading(), asked.reservation, require_actor())
        return _page({"email": reservation.booked_by.email, **_at(reservation.instrument)}, {})
    if asked.instrument:
        return _page(_at(seen_instrument(reading(), asked.instrument, require_actor())), {})
    return _page({}, {})


@signed_in
def suspend() -> ResponseReturnValue:
    """Suspend somebody, once per form; the page then lists it."""
    _within(require_actor())
    try:
        _suspend(read_form(SuspensionPage))
    except InvalidInput as invalid:
        problems = {AT_FIELD.get(field, field): said for field, said in problems_of(invalid).items()}
        return _page(typed_texts(*FIELDS), problems), invalid.status
    flash(_("已暂停，对方会收到通知和您写的原因。"), "right")
    return redirect(url_for(".suspensions"), code=303)


@signed_in
def lift_suspension(suspension_id: int) -> ResponseReturnValue:
    """Let the person book again."""
    transaction(service.lift_suspension, suspension_id, actor=require_actor(), now=utcnow())
    flash(_("已恢复，对方又可以预约了。"), "right")
    return redirect(url_for(".suspensions"), code=303)


def place_name(one: InForce) -> str:
    """What a suspension is about, as its person may know it: an unpublished instrument has no name."""
    organisation = in_language(one.organisation.name_zh, one.organisation.name_en)
    if one.instrument is None:
        return str(_("%(organisation)s的所有仪器", organisation=organisation))
    if one.instrument.publishing_state != PublishingState.PUBLISHED:
        return str(_("%(organisation)s的一台仪器", organisation=organisation))
    return name_of(one.instrument)


def _suspend(form: SuspensionPage) -> None:
    """Do it, however often the form is sent."""
    actor, now = require_actor(), utcnow()

    def work(session: Session) -> dict[str, Any]:
        made = service.suspend_person(session, form.email, form.where, form.until, form.reason, actor=actor, now=now)
        return {"id": made.id}

    create_once(work, actor=actor, now=now)


def _within(actor: Actor) -> Reach:
    """Where the person asking may suspend; raises Forbidden for nowhere."""
    within = reach(actor, Permission.SUSPEND_PEOPLE)
    if not within:
        raise Forbidden
    return within


def _at(instrument: Instrument) -> dict[str, str]:
    """The instrument as what is chosen, for who may suspend there."""
    require(require_actor(), Permission.SUSPEND_PEOPLE, target_of(instrument))
    return {"place": f"instrument:{instrument.id}"}


def _page(typed: Mapping[str, str], problems: Mapping[str, list[str]]) -> str:
    """The page, with the form as it was filled in."""
    actor, now = require_actor(), utcnow()
    organisations, instruments = _choices(_within(actor), typed.get("place", ""))
    return render_template(
        "reservations/suspensions.html",
        rows=[
            (one, name_of(one.instrument) if one.instrument else place_name(one))
            for one in service.suspensions_in_force(reading(), actor, now=now)
        ],
        groups=[(title, found) for title, found in ((_("仪器"), instruments), (_("单位"), organisations)) if found],
        is_cut=len(instruments) >= MOST_CHOICES,
        form=typed,
        problems=problems,
        labels={name: _(label) for name, label in FIELDS.items()},
        today=local_date(now),
        latest=local_date(now + service.LONGEST_SUSPENSION),
        key=new_key(),
    )


def _choices(within: Reach, chosen: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Organisations and instruments to choose from; what is chosen is among them."""
    session = reading()
    organisations = service.suspendable_organisations(session, within, limit=MOST_CHOICES)
    instruments = list(service.suspendable_instruments(session, within, limit=MOST_CHOICES))
    kind, _colon, number = chosen.partition(":")
    if kind == "instrument" and number.isdecimal() and len(number) < 10:
        instruments += _missing(int(number), instruments)
    whole = [(f"organisation:{one.id}", _all_of(one.name_zh, one.name_en)) for one in organisations]
    return whole, [(f"instrument:{one.id}", f"{name_of(one)} {one.model}".strip()) for one in instruments]


def _missing(instrument_id: int, listed: Sequence[Instrument]) -> list[Instrument]:
    """The instrument chosen, where the list does not have it and the person asking may know of it."""
    if any(one.id == instrument_id for one in listed):
        return []
    return [seen_instrument(reading(), instrument_id, require_actor())]


def _all_of(name_zh: str, name_en: str) -> str:
    """A whole organisation as a choice."""
    return str(_("%(organisation)s的所有仪器", organisation=in_language(name_zh, name_en)))
