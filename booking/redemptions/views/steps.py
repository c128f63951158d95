"""What officers do with a redemption: the two reviews, refusing, paying, clawing back."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.attachments.preparing import Prepared
from booking.attachments.uploads import has_uploads, limits_for, read_uploads
from booking.core import forms
from booking.core.clock import utcnow
from booking.core.errors import Forbidden, InvalidInput, Problem
from booking.core.forms import Written
from booking.redemptions import paying, queries, service
from booking.redemptions.forms import ClawBackPage, RedemptionPaymentPage, RedemptionRejectionPage, RedemptionReviewForm
from booking.redemptions.views.claims import taken
from booking.web.extensions import reading
from booking.web.reading import posted, read_form
from booking.web.signed_in import require_actor, signed_in
from booking.web.uploads import takes_files
from models.vocabulary.attachments import OwnerKind

APPROVED, REASON = "approved-", "reason-"
"""What the fields of each item begin with."""
FIELDS = {"approved_fen": APPROVED, "reason": REASON}
KIND = OwnerKind.REDEMPTION
ReviewT = TypeVar("ReviewT", bound=RedemptionReviewForm)


@signed_in
def review(redemption_id: int) -> ResponseReturnValue:
    """Make the next of the two reviews, of what the page showed."""

    def work(session: Session) -> int:
        form = reviewed(RedemptionReviewForm)
        return service.review(session, redemption_id, form, actor=require_actor(), now=utcnow()).id

    return taken(redemption_id, work, _("审核意见已保存。"))


@signed_in
def reject(redemption_id: int) -> ResponseReturnValue:
    """Refuse it with a reason."""

    def work(session: Session) -> int:
        form = read_form(RedemptionRejectionPage)
        return service.reject(session, redemption_id, form, actor=require_actor(), now=utcnow()).id

    return taken(redemption_id, work, _("已驳回，申请单位会收到通知。"))


@takes_files
@signed_in
def pay(redemption_id: int) -> ResponseReturnValue:
    """Record that it was paid."""
    files = uploaded(redemption_id)

    def work(session: Session) -> int:
        form, limits = read_form(RedemptionPaymentPage), limits_for(KIND)
        return paying.record_payment(
            session, redemption_id, form, actor=require_actor(), now=utcnow(), files=(files(), limits)
        ).id

    return taken(redemption_id, work, _("兑付已登记。"), first=files)


def read_claw_back() -> ClawBackPage:
    """What came back, as the page sends it: the amount in yuan."""
    values = posted()
    amount = {"amount_fen": Written(values["amount_fen"])} if "amount_fen" in values else {}
    return forms.read(ClawBackPage, values | amount)


@takes_files
@signed_in
def claw_back(redemption_id: int) -> ResponseReturnValue:
    """Record that money of an item came back."""
    files = uploaded(redemption_id)

    def work(session: Session) -> int:
        form, limits = read_claw_back(), limits_for(KIND)
        return paying.claw_back(
            session, redemption_id, form, actor=require_actor(), now=utcnow(), files=(files(), limits)
        ).id

    return taken(redemption_id, work, _("追回已登记。"), first=files)


@takes_files
@signed_in
def add_bank_papers(redemption_id: int) -> ResponseReturnValue:
    """Keep papers of the bank with what was paid."""
    files = uploaded(redemption_id, needed=True)

    def work(session: Session) -> int:
        return paying.add_bank_papers(
            session, redemption_id, files(), limits_for(KIND), actor=require_actor(), now=utcnow()
        ).id

    return taken(redemption_id, work, _("回单已保存。"), first=files)


def uploaded(redemption_id: int, *, needed: bool = False) -> Any:
    """The uploaded files, read once whenever they are first wanted, for who records it only; raises Forbidden."""
    _found, sight = queries.redemption_for(reading(), redemption_id, require_actor())
    if not sight.records:
        raise Forbidden
    kept: list[list[Prepared]] = []

    def files() -> list[Prepared]:
        if not kept:
            kept.append(read_uploads(limits_for(KIND), keeps_originals=True) if needed or has_uploads() else [])
        return kept[0]

    return files


def reviewed(form: type[ReviewT], *more: str) -> ReviewT:
    """What was typed of each item, amounts as a person wrote them: an empty one is none, not what stands; and more.

    Raises InvalidInput with each problem at the field of its item.
    """
    values = request.form
    ids = [name.removeprefix(APPROVED) for name in values if name.startswith(APPROVED)]
    items = [
        {
            "item_id": one,
            "approved_fen": Written(values[f"{APPROVED}{one}"]),
            "reason": values.get(f"{REASON}{one}", ""),
        }
        for one in ids
    ]
    said = {"version": values.get("version"), "items": items, "reason": values.get("reason", "")}
    try:
        return forms.read(form, said | {name: values[name] for name in more if name in values})
    except InvalidInput as refused:
        raise InvalidInput([_at_its_field(one, ids) for one in refused.problems]) from refused


def _at_its_field(problem: Problem, ids: Sequence[str]) -> Problem:
    """A problem of an item under the name of the field of the page."""
    match problem.field.split("."):
        case ["items", place, name] if name in FIELDS and place.isdecimal():
            return replace(problem, field=f"{FIELDS[name]}{ids[int(place)]}")
    return problem
