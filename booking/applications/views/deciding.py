"""What officers decide: on to the next review, back to the firm, refused, issued."""

from flask import request
from flask.typing import ResponseReturnValue

from booking.accounts.permissions import Permission, reach
from booking.applications import queries, steps
from booking.applications.forms import (
    IssueVoucherForm,
    PassApplicationForm,
    RefuseApplicationForm,
    ReturnApplicationForm,
)
from booking.applications.views.writing import done
from booking.core.actors import Actor
from booking.core.clock import utcnow
from booking.core.errors import Forbidden, InvalidInput, Problem
from booking.core.forms import Written, read
from booking.core.texts import N_
from booking.web.extensions import reading, transaction
from booking.web.signed_in import require_actor, signed_in

DAYS = "expires_on."


@signed_in
def review(application_id: int) -> ResponseReturnValue:
    """The first review is done."""
    who = _officer(application_id)

    def work() -> None:
        said = {**_read_version(), "expires_on": _days(), "remark": request.form.get("remark", "")}
        form = read(PassApplicationForm, said)
        transaction(steps.pass_on, application_id, form, actor=who, now=utcnow())

    return done(application_id, work, N_("区县审核已通过，申请转省市审核。"))


@signed_in
def send_back(application_id: int) -> ResponseReturnValue:
    """Back to the firm with what lacks."""
    who = _officer(application_id)

    def work() -> None:
        lacking = [one for one in request.form.getlist("lacking") if one.strip()]
        form = read(ReturnApplicationForm, {**_read_version(), "lacking": lacking, "reason": _reason("return_reason")})
        transaction(steps.return_application, application_id, form, actor=who, now=utcnow())

    return done(application_id, work, N_("已退回企业补正，企业会收到邮件。"), {"reason": "return_reason"})


@signed_in
def refuse(application_id: int) -> ResponseReturnValue:
    """Refused for a reason."""
    who = _officer(application_id)

    def work() -> None:
        form = read(RefuseApplicationForm, {**_read_version(), "reason": _reason("refuse_reason")})
        transaction(steps.refuse_application, application_id, form, actor=who, now=utcnow())

    return done(application_id, work, N_("已不予通过，企业会收到邮件。"), {"reason": "refuse_reason"})


@signed_in
def issue(application_id: int) -> ResponseReturnValue:
    """The second review is done, and the voucher is issued."""
    who = _officer(application_id)

    def work() -> None:
        amount = request.form.get("granted_fen")
        if amount is not None and not amount.strip():
            raise InvalidInput([Problem("granted_fen", N_("请填写核发金额。"))])
        values = {} if amount is None else {"granted_fen": Written(amount.strip())}
        said = {**_read_version(), **values, "expires_on": _days(), "reason": request.form.get("reason", "").strip()}
        transaction(steps.issue_voucher, application_id, read(IssueVoucherForm, said), actor=who, now=utcnow())

    return done(application_id, work, N_("已发券，企业会收到邮件。"))


def _officer(application_id: int) -> Actor:
    """Who asks, as an officer who reads the application; raises NotFound or Forbidden before anything else is said."""
    who = require_actor()
    queries.application_for(reading(), application_id, who)
    if not reach(who, Permission.REVIEW_APPLICATIONS):
        raise Forbidden
    return who


def _read_version() -> dict[str, str]:
    """Which version the officer has read."""
    return {"version": request.form.get("version", "")}


def _reason(name: str) -> str:
    """A reason under the name of its field."""
    return request.form.get(name, "").strip()


def _days() -> dict[str, str]:
    """Until when each paper holds, a field for each."""
    return {
        name.removeprefix(DAYS): value
        for name, value in request.form.items()
        if name.startswith(DAYS) and value.strip()
    }
