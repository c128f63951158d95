"""What people do with a charge: accept it, dispute it and write about it, settle the dispute, change it, let it off."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.charges import queries
from booking.charges.billed import Cause, hold_debtor
from booking.charges.books import tell
from booking.charges.forms import ChargeChangeForm, ResolveForm
from booking.charges.making import finish
from booking.charges.paying import agree, change, end, pay, stand
from booking.charges.refusals import NothingToTake, NotOpen
from booking.charges.rules import correction, is_open, may_take, state_after_change
from booking.charges.sampled import finish_order
from booking.charges.vouchered import fee_of
from booking.charges.windows import Windows, accept_by
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import Forbidden, InvalidInput, NotFound, Problem, StaleVersion
from booking.core.money import yuan_from_fen
from booking.core.texts import N_
from models.charges import Charge
from models.reservations import Reservation
from models.samples import SampleOrder
from models.vocabulary.charges import ChargeState, ChargeStep
from models.vocabulary.pricing import LineKind

Version = int | None


def accept_charge(session: Session, charge_id: int, *, version: Version = None, actor: Actor, now: datetime) -> Charge:
    """Agree to a charge, by who answers for what pays it; a dispute is over with it, and what is missing is taken."""
    charge = _hold(session, charge_id, ChargeStep.ACCEPT, version, actor=actor, now=now)
    _agree(session, charge, actor=actor, now=now)
    return charge


def _agree(session: Session, charge: Charge, *, actor: Actor | None, now: datetime) -> None:
    """What goes beyond what was held is spent now; what cannot be waits as a problem.

    A charge that comes back to what it was billed is billed as before.
    """
    charge.state, charge.due_at = ChargeState.ACCEPTED, None
    spent = agree(session, charge, now=now)
    stand(session, charge, now=now)
    tell(session, charge, ChargeStep.ACCEPT, actor=actor, now=now, spent_fen=spent)


def dispute_charge(
    session: Session, charge_id: int, reason: str, *, version: Version = None, actor: Actor, now: datetime
) -> Charge:
    """Say what is wrong with a charge; from then on silence does not accept it."""
    charge = _hold(session, charge_id, ChargeStep.DISPUTE, version, actor=actor, now=now)
    charge.state, charge.due_at = ChargeState.DISPUTED, None
    tell(session, charge, ChargeStep.DISPUTE, actor=actor, now=now, text=reason)
    return charge


def write_about(
    session: Session, charge_id: int, text: str, *, version: Version = None, actor: Actor, now: datetime
) -> Charge:
    """Write to the other side about a disputed charge."""
    charge = _hold(session, charge_id, ChargeStep.WRITE, version, actor=actor, now=now)
    tell(session, charge, ChargeStep.WRITE, actor=actor, now=now, text=text)
    return charge


def uphold_charge(
    session: Session,
    charge_id: int,
    reason: str,
    *,
    windows: Windows,
    version: Version = None,
    actor: Actor,
    now: datetime,
) -> Charge:
    """Answer a dispute: the charge stands as it is, and its payer is asked anew."""
    charge = _hold(session, charge_id, ChargeStep.UPHOLD, version, actor=actor, now=now)
    charge.state = ChargeState.FINAL
    charge.due_at = accept_by(session, charge.organisation_id, windows.accept_days, now=now)
    tell(session, charge, ChargeStep.UPHOLD, actor=actor, now=now, text=reason)
    return charge


def resolve_dispute(
    session: Session,
    charge_id: int,
    form: ResolveForm,
    *,
    windows: Windows,
    version: Version = None,
    actor: Actor,
    now: datetime,
) -> Charge:
    """Answer a dispute in one of both ways: the charge stands, or it changes."""
    _hold(session, charge_id, ChargeStep.UPHOLD, version, actor=actor, now=now)
    if not form.change_fen:
        return uphold_charge(session, charge_id, form.reason, windows=windows, actor=actor, now=now)
    change_form = ChargeChangeForm(change_fen=form.change_fen, name=form.name, reason=form.reason)
    return adjust_charge(session, charge_id, change_form, windows=windows, actor=actor, now=now)


def adjust_charge(
    session: Session,
    charge_id: int,
    form: ChargeChangeForm,
    *,
    windows: Windows,
    version: Version = None,
    actor: Actor,
    now: datetime,
) -> Charge:
    """Change what a charge comes to by a new line, never below zero; its payer is asked anew.

    What could not be priced gets its price in this way. Raises InvalidInput.
    """
    charge = _hold(session, charge_id, ChargeStep.ADJUST, version, actor=actor, now=now)
    if form.change_fen == 0:
        raise InvalidInput([Problem("change_fen", N_("请填写不为 0 的金额，减少的写负数。"))])
    fee_fen = fee_of(charge)
    if fee_fen + form.change_fen < 0:
        most = yuan_from_fen(fee_fen)
        raise InvalidInput([Problem("change_fen", N_("这笔费用是 %(most)s 元，不能减少更多。"), {"most": most})])
    if form.is_difference and not charge.uses_vouchers:
        raise InvalidInput([Problem("is_difference", N_("这笔费用没有用创新券，没有核减差额。"))])
    charge.state = state_after_change(charge.state)
    kind = LineKind.DIFFERENCE if form.is_difference else LineKind.ADJUSTMENT
    change(session, charge, [correction(kind, form.change_fen, form.name)], now=now)
    charge.due_at = accept_by(session, charge.organisation_id, windows.accept_days, now=now)
    text, change_fen = form.reason, form.change_fen
    tell(session, charge, ChargeStep.ADJUST, actor=actor, now=now, text=text, change_fen=change_fen)
    return charge


def waive_charge(
    session: Session, charge_id: int, reason: str, *, version: Version = None, actor: Actor, now: datetime
) -> Charge:
    """Let a charge off for a reason: a line takes back all of it, and what was paid goes back."""
    return _end(session, charge_id, ChargeStep.WAIVE, reason, version, actor=actor, now=now)


def cancel_charge(
    session: Session, charge_id: int, reason: str, *, version: Version = None, actor: Actor, now: datetime
) -> Charge:
    """End a charge that should never have been, in the same way."""
    return _end(session, charge_id, ChargeStep.CANCEL, reason, version, actor=actor, now=now)


def take_rest(session: Session, charge_id: int, *, version: Version = None, actor: Actor, now: datetime) -> Charge:
    """Let the payer account pay what it could not pay before; raises NothingToTake when it still cannot."""
    charge = _hold(session, charge_id, ChargeStep.TAKE_REST, version, actor=actor, now=now)
    spent = pay(session, charge, now=now)
    if not spent:
        raise NothingToTake
    stand(session, charge, now=now)
    tell(session, charge, ChargeStep.TAKE_REST, actor=actor, now=now, change_fen=spent)
    return charge


def settle_on_paper(
    session: Session, charge_id: int, reason: str, *, version: Version = None, actor: Actor, now: datetime
) -> Charge:
    """Say for a reason that what the payer account could not pay is settled on paper."""
    charge = _hold(session, charge_id, ChargeStep.ON_PAPER, version, actor=actor, now=now)
    rest = charge.gross_fen - charge.captured_fen - charge.paper_fen
    charge.paper_fen += rest
    charge.problem = None
    stand(session, charge, now=now)
    tell(session, charge, ChargeStep.ON_PAPER, actor=actor, now=now, text=reason, change_fen=rest)
    return charge


def go_on(session: Session, charge_id: int, *, windows: Windows, now: datetime) -> bool:
    """Let one charge go on by itself if it is due: a late fee or an ended order finishes, silence accepts."""
    charge = _locked(session, charge_id)
    if charge.due_at is None or charge.due_at > now:
        return False
    if charge.state == ChargeState.ESTIMATED and charge.sample_order_id is not None:
        finish_order(session, charge, charge.sample_order_id, windows=windows, actor=None, now=now)
    elif charge.state == ChargeState.ESTIMATED:
        finish(session, charge, windows=windows, now=now)
    else:
        _agree(session, charge, actor=None, now=now)
    return True


ENDS: dict[ChargeStep, tuple[ChargeState, LineKind]] = {
    ChargeStep.WAIVE: (ChargeState.WAIVED, LineKind.WAIVER),
    ChargeStep.CANCEL: (ChargeState.CANCELLED, LineKind.CANCELLATION),
}


def _end(
    session: Session,
    charge_id: int,
    step: ChargeStep,
    reason: str,
    version: Version,
    *,
    actor: Actor,
    now: datetime,
) -> Charge:
    """Take all of a charge back by one line."""
    charge = _hold(session, charge_id, step, version, actor=actor, now=now)
    state, kind = ENDS[step]
    charge.state, charge.due_at = state, None
    taken_back = end(session, charge, kind, now=now)
    tell(session, charge, step, actor=actor, now=now, text=reason, change_fen=-taken_back)
    return charge


def _hold(
    session: Session, charge_id: int, step: ChargeStep, version: Version, *, actor: Actor, now: datetime
) -> Charge:
    """The charge under lock for who may take the step; raises NotFound, Forbidden, StaleVersion and NotOpen."""
    charge = _locked(session, charge_id)
    found = queries.found_for(session, charge, actor, today=local_date(now))
    if not may_take(step, found.sight):
        raise Forbidden
    if version is not None and version != charge.version:
        raise StaleVersion
    if not is_open(step, queries.standing_of(charge)):
        raise NotOpen
    return charge


def _locked(session: Session, charge_id: int) -> Charge:
    """Who was billed for it, what it is for and then the charge under lock, read again; raises NotFound."""
    cause = hold_debtor(session, charge_id)
    if cause is None:
        raise NotFound
    _lock_cause(session, cause)
    locked = queries.in_full().where(Charge.id == charge_id).with_for_update(key_share=True, of=Charge)
    charge = session.scalar(locked.execution_options(populate_existing=True))
    if charge is None:
        raise NotFound
    return charge


def _lock_cause(session: Session, cause: Cause) -> None:
    """The row of what is charged under lock."""
    if cause.reservation_id is not None:
        row = select(Reservation).where(Reservation.id == cause.reservation_id)
        session.scalar(row.with_for_update(key_share=True))
    else:
        order = select(SampleOrder.id).where(SampleOrder.id == cause.sample_order_id)
        session.scalar(order.with_for_update(key_share=True))
