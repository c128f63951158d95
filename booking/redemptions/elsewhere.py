"""What became of a redemption whose vouchers live elsewhere, as its claimant records it: nothing is decided here."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import Forbidden, InvalidInput, NotFound, Problem
from booking.core.texts import N_
from booking.redemptions import queries
from booking.redemptions.again import again_until
from booking.redemptions.forms import ClawBackForm, PaidElsewhereForm, RedemptionRejectionForm, SubmittedElsewhereForm
from booking.redemptions.moving import pay_items, reject_items
from booking.redemptions.paying import Files, keep, take_back
from booking.redemptions.service import NotNow, approve, check_version, lock, step
from models.redemptions import Redemption, RedemptionPayment
from models.vocabulary.redemptions import PaymentKind, RedemptionState, RedemptionStep

OVER = (RedemptionState.PAID, RedemptionState.REJECTED)


def record_submitted(
    session: Session, redemption_id: int, form: SubmittedElsewhereForm, *, actor: Actor, now: datetime
) -> Redemption:
    """Record on which day it was handed in there; raises NotFound, Forbidden, NotNow and InvalidInput."""
    found = _held(session, redemption_id, actor, {RedemptionState.REQUESTED})
    if not local_date(found.created_at) <= form.submitted_on <= local_date(now):
        raise InvalidInput([Problem("submitted_on", N_("提交日期不能早于整理材料，也不能晚于今天。"))])
    found.submitted_on, found.state = form.submitted_on, RedemptionState.SUBMITTED
    facts = {"submitted_on": form.submitted_on.isoformat()}
    step(session, found, RedemptionStep.SUBMIT, actor=actor, now=now, facts=facts)
    return found


def record_paid(
    session: Session,
    redemption_id: int,
    form: PaidElsewhereForm,
    *,
    actor: Actor,
    now: datetime,
    files: Files | None = None,
) -> Redemption:
    """Record what was approved and paid there; the vouchers have paid it, no budget and no clearing of ours.

    What was not approved is no capture any more. Raises NotFound, Forbidden, NotNow, Changed, FilesRefused, and
    InvalidInput for more than was claimed, less without a reason, or a day that does not fit.
    """
    found = _held(session, redemption_id, actor, {RedemptionState.SUBMITTED})
    check_version(found, form.version)
    items = queries.items_of(session, found.id)
    approve(found, items, form)
    if not (found.submitted_on or form.paid_on) <= form.paid_on <= local_date(now):
        raise InvalidInput([Problem("paid_on", N_("到账日期不能早于提交，也不能晚于今天。"))])
    entry_id = pay_items(session, found, items, now=now)
    keep(session, found, files, actor=actor, now=now)
    paid = {"paid_on": form.paid_on, "receipt_number": form.receipt_number}
    made = {"kind": PaymentKind.PAID, "entry_id": entry_id, "made_by_id": actor.id, "created_at": now}
    session.add(RedemptionPayment(redemption_id=found.id, amount_fen=found.approved_fen, **paid, **made))
    found.state = RedemptionState.PAID
    approved = {str(one.id): one.approved_fen for one in items}
    facts = {**paid, "paid_on": form.paid_on.isoformat(), "approved": approved}
    what = RedemptionStep.PAY
    step(session, found, what, actor=actor, now=now, reason=form.reason, facts=facts, entry_id=entry_id)
    return found


def record_refused(
    session: Session,
    redemption_id: int,
    form: RedemptionRejectionForm,
    *,
    actor: Actor,
    now: datetime,
    files: Files | None = None,
) -> Redemption:
    """Record that it was refused there, and why: for good, or so that its amounts can be claimed again.

    Raises NotFound, Forbidden, NotNow, Changed and FilesRefused.
    """
    found = _held(session, redemption_id, actor, {RedemptionState.SUBMITTED})
    check_version(found, form.version)
    if form.is_final:
        reject_items(session, found, queries.items_of(session, found.id), now=now)
    keep(session, found, files, actor=actor, now=now)
    found.state = RedemptionState.REJECTED
    found.again_until = again_until(session, found, is_final=form.is_final, today=local_date(now))
    facts = {"is_final": form.is_final}
    step(session, found, RedemptionStep.REJECT, actor=actor, now=now, reason=form.reason, facts=facts)
    return found


def record_clawed_back(
    session: Session,
    redemption_id: int,
    form: ClawBackForm,
    *,
    actor: Actor,
    now: datetime,
    files: Files | None = None,
) -> Redemption:
    """Record that some of what was paid there was given back; the voucher has paid so much less, nothing of ours moves.

    Raises NotFound, Forbidden, NotNow, FilesRefused, and InvalidInput for more than was paid of the item.
    """
    found = _held(session, redemption_id, actor, {RedemptionState.PAID})
    return take_back(session, found, form, actor=actor, now=now, files=files)


def add_outcome_papers(
    session: Session, redemption_id: int, files: Files, *, actor: Actor, now: datetime
) -> Redemption:
    """Keep more papers of what came of it; raises NotFound, Forbidden, NotNow and FilesRefused."""
    found = _held(session, redemption_id, actor, OVER)
    keep(session, found, files, actor=actor, now=now)
    return found


def _held(session: Session, redemption_id: int, actor: Actor, states: Collection[RedemptionState]) -> Redemption:
    """The redemption under lock for its claimant, in one of these states; raises NotFound, Forbidden and NotNow.

    One that is decided here has no such step.
    """
    found, sight = queries.redemption_for(session, redemption_id, actor)
    if not found.programme.runs_at:
        raise NotFound
    if not sight.records:
        raise Forbidden
    lock(session, found)
    if found.state not in states:
        raise NotNow
    return found
