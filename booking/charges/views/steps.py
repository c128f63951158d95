"""The steps of a charge as forms send them; each field is named after its step, for a page asks several things."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.charges import queries, service
from booking.charges.forms import ChangePage, ReasonPage, TextPage
from booking.charges.terms import windows
from booking.charges.views.charge import charge_page
from booking.core import forms
from booking.core.clock import local_date, utcnow
from booking.core.errors import Conflict, InvalidInput, StaleVersion
from booking.core.forms import Written
from booking.core.texts import N_
from booking.web.extensions import reading
from booking.web.repeats import create_once
from booking.web.signed_in import require_actor, signed_in

LONGEST_VERSION = 9

ADJUSTED = ("change_fen", "name", "reason", "is_difference")
"""What the form of an adjustment asks for."""


@signed_in
def accept(charge_id: int) -> ResponseReturnValue:
    """Agree to the charge."""
    return _done(charge_id, lambda: _take(charge_id, service.accept_charge), N_("已接受。"))


@signed_in
def dispute(charge_id: int) -> ResponseReturnValue:
    """Say what is wrong with it."""
    return _for_reason(charge_id, "dispute", service.dispute_charge, N_("已提出异议，仪器管理员会收到邮件。"))


@signed_in
def write(charge_id: int) -> ResponseReturnValue:
    """Write to the other side."""

    def work() -> None:
        _take(charge_id, service.write_about, forms.read(TextPage, {"text": request.form.get("text", "")}).text)

    return _done(charge_id, work, N_("已发送。"))


@signed_in
def resolve(charge_id: int) -> ResponseReturnValue:
    """Answer a dispute: the charge stands."""

    def work() -> None:
        _take(charge_id, service.uphold_charge, _reason("resolve"), windows=windows())

    return _done(charge_id, work, N_("已答复，对方会收到邮件。"), {"reason": "resolve_reason"})


@signed_in
def adjust(charge_id: int) -> ResponseReturnValue:
    """Change what it comes to by a new line."""

    def work() -> None:
        said = {name: request.form.get(f"adjust_{name}", "").strip() for name in ADJUSTED}
        values: dict[str, Any] = {name: text for name, text in said.items() if text}
        if "change_fen" in values:
            values["change_fen"] = Written(values["change_fen"])
        _take(charge_id, service.adjust_charge, forms.read(ChangePage, values), windows=windows())

    fields = {name: f"adjust_{name}" for name in ADJUSTED}
    return _done(charge_id, work, N_("已调整，付款人会收到邮件。"), fields)


@signed_in
def waive(charge_id: int) -> ResponseReturnValue:
    """Let it off."""
    return _for_reason(charge_id, "waive", service.waive_charge, N_("已免收，付款人会收到邮件。"))


@signed_in
def cancel(charge_id: int) -> ResponseReturnValue:
    """End a charge that should never have been."""
    return _for_reason(charge_id, "cancel", service.cancel_charge, N_("已作废，付款人会收到邮件。"))


@signed_in
def take_rest(charge_id: int) -> ResponseReturnValue:
    """Let the account pay what it could not pay before."""
    return _done(charge_id, lambda: _take(charge_id, service.take_rest), N_("已扣款。"))


@signed_in
def on_paper(charge_id: int) -> ResponseReturnValue:
    """Say that what is missing is settled on paper."""
    return _for_reason(charge_id, "on_paper", service.settle_on_paper, N_("已记为线下结算。"))


def _reason(step: str) -> str:
    """The reason that a form gives for a step."""
    return forms.read(ReasonPage, {"reason": request.form.get(f"{step}_reason", "")}).reason


def _for_reason(charge_id: int, step: str, work: Callable[..., object], said: str) -> ResponseReturnValue:
    """A step that asks why."""
    return _done(charge_id, lambda: _take(charge_id, work, _reason(step)), said, {"reason": f"{step}_reason"})


def _take(charge_id: int, work: Callable[..., Any], *given: Any, **named: Any) -> None:
    """One step, once, of the version that the page was made from; raises StaleVersion where none is named."""
    text = request.form.get("version", "")
    if not text.isdecimal() or len(text) > LONGEST_VERSION:
        raise StaleVersion
    who, now = require_actor(), utcnow()

    def store(session: Session) -> dict[str, Any]:
        done = work(session, charge_id, *given, version=int(text), actor=who, now=now, **named)
        return {"id": done.id}

    create_once(store, actor=who, now=now)


def _done(
    charge_id: int, work: Callable[[], object], said: str, fields: dict[str, str] | None = None
) -> ResponseReturnValue:
    """Do the step and show the charge; after a refusal as it was filled in.

    What one may not read is not found before anything else is said.
    """
    queries.charge_for(reading(), charge_id, require_actor(), today=local_date(utcnow()))
    try:
        work()
    except (InvalidInput, Conflict, StaleVersion) as refused:
        return charge_page(charge_id, refused, fields)
    flash(_(said), "right")
    return redirect(url_for("charges.show", charge_id=charge_id), code=303)
