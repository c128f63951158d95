"""What officers do with a month: close, confirm, object, answer, settle."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.clearing import service, settling
from booking.clearing.forms import ClearingReversalPage, ClearingSettlementPage, WritePage, border_in, month_in
from booking.clearing.views.showing import month_page
from booking.core.clock import utcnow
from booking.core.errors import Conflict, InvalidInput
from booking.web.reading import read_form
from booking.web.repeats import create_once
from booking.web.signed_in import require_actor, signed_in


@signed_in
def close(border: str, month: str) -> ResponseReturnValue:
    """Close a month that is over."""
    return _done(border, month, service.close_month, lambda: (), _("已关账，等待对方确认。"))


@signed_in
def confirm(border: str, month: str) -> ResponseReturnValue:
    """Confirm a statement of the other province."""
    return _done(border, month, service.confirm, lambda: (), _("已确认。"))


@signed_in
def write(border: str, month: str) -> ResponseReturnValue:
    """Object to a statement, or say something about it."""
    return _done(border, month, service.write, lambda: (read_form(WritePage),), _("已提交。"))


@signed_in
def settle(border: str, month: str) -> ResponseReturnValue:
    """Record that the net has come."""
    return _done(
        border, month, settling.settle, lambda: (read_form(ClearingSettlementPage),), _("已登记，清算单已结清。")
    )


@signed_in
def reverse(border: str, month: str) -> ResponseReturnValue:
    """Take back what was recorded as paid."""
    return _done(
        border, month, settling.reverse, lambda: (read_form(ClearingReversalPage),), _("已撤销划款登记，可以重新登记。")
    )


def _done(
    border: str, month: str, step: Callable[..., Any], typed: Callable[[], tuple[Any, ...]], said: str
) -> ResponseReturnValue:
    """Take a step once; what is refused stands on the page of the month."""
    who, now = require_actor(), utcnow()
    where = border_in(border), month_in(month)

    def work(session: Session) -> dict[str, Any]:
        return {"id": step(session, *where, *typed(), actor=who, now=now).id}

    try:
        create_once(work, actor=who, now=now)
    except (Conflict, InvalidInput) as refused:
        return month_page(*where, refused)
    flash(said, "right")
    return redirect(url_for(".show", border=border, month=month), code=303)
