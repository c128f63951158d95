"""Settling a statement: what was owed either way moves by one entry, and back where it was recorded by mistake."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from booking.clearing import queries, service
from booking.clearing.forms import ClearingReversalForm, ClearingSettlementForm
from booking.clearing.queries import Figures
from booking.clearing.rules import Border, creditor_of, is_settled
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import Conflict, InvalidInput, Problem
from booking.core.texts import N_
from booking.ledger.rules import Move
from booking.ledger.service import post_entry
from models.clearing import ClearingEvent, ClearingStatement
from models.vocabulary.clearing import ClearingStep, Figure
from models.vouchers import ProvincePair


class NotConfirmed(Conflict):
    """The other side has not confirmed it yet."""

    code = "not_confirmed"
    sentence = N_("对方确认之后才能登记划款。")


class AlreadySettled(Conflict):
    """It was settled before, or there is nothing to settle."""

    code = "already_settled"
    sentence = N_("这张清算单已经结清。")


class NotSettled(Conflict):
    """No payment is recorded of it, or it was taken back already."""

    code = "not_settled"
    sentence = N_("这张清算单没有可以撤销的划款登记。")


def settle(
    session: Session, border: Border, month: date, form: ClearingSettlementForm, *, actor: Actor, now: datetime
) -> ClearingEvent:
    """Record for the province that is owed that the net has come; what was owed either way is settled in the ledger.

    Raises NotFound, Forbidden, InvalidInput, NotConfirmed and AlreadySettled.
    """
    found, province, office_id = service.held(session, border, month, actor)
    steps = service.steps_of(found)
    if ClearingStep.CONFIRM not in steps:
        raise NotConfirmed
    moves = _moves(queries.pairs_of(session, border), found.figures)
    if is_settled(steps) or not moves:
        raise AlreadySettled
    creditor = creditor_of(border, found.statement.net_fen)
    if creditor is not None:
        province, office_id = service.office_of(session, border, actor, only=creditor)
    _check(form, found.statement, is_paid=creditor is not None, today=local_date(now))
    turn = steps.count(ClearingStep.REVERSE)
    key = f"clearing:{found.statement.id}:settled" + (f":{turn + 1}" if turn else "")
    entry = post_entry(session, key, "clearing settled", moves, now=now)
    made = service.event_of(found, ClearingStep.SETTLE, province, office_id, actor, now)
    made.settled_on, made.receipt, made.entry_id = form.settled_on, form.receipt, entry.id
    return service.noted(session, made, "clearing.settled", actor=actor, now=now, after=form.model_dump(mode="json"))


def reverse(
    session: Session, border: Border, month: date, form: ClearingReversalForm, *, actor: Actor, now: datetime
) -> ClearingEvent:
    """Take back what one's province recorded as paid, for a reason, by a new entry; it can be recorded again.

    Raises NotFound, Forbidden and NotSettled.
    """
    found, _province, _office_id = service.held(session, border, month, actor)
    steps = service.steps_of(found)
    if not is_settled(steps):
        raise NotSettled
    settled = [one for one in found.events if one.step == ClearingStep.SETTLE][-1]
    province, office_id = service.office_of(session, border, actor, only=settled.province)
    turn = steps.count(ClearingStep.REVERSE) + 1
    moves = [move.back for move in _moves(queries.pairs_of(session, border), found.figures)]
    key = f"clearing:{found.statement.id}:reversed:{turn}"
    entry = post_entry(session, key, "clearing settlement reversed", moves, now=now, corrects_id=settled.entry_id)
    made = service.event_of(found, ClearingStep.REVERSE, province, office_id, actor, now)
    made.text, made.entry_id = form.reason, entry.id
    return service.noted(session, made, "clearing.reversed", actor=actor, now=now, reason=form.reason)


def _moves(pairs: Sequence[ProvincePair], figures: Figures) -> list[Move]:
    """What was owed in the month, of each pair to what is settled; the other way round where it is below zero."""
    moves = []
    for pair in pairs:
        owed = sum(
            amounts[Figure.OWED]
            for course, amounts in figures.items()
            if (course.issuer, course.provider) == (pair.issuer, pair.provider)
        )
        move = Move(pair.owed_id, pair.settled_id, abs(owed))
        moves += [move if owed > 0 else move.back] if owed else []
    return moves


def _check(form: ClearingSettlementForm, statement: ClearingStatement, *, is_paid: bool, today: date) -> None:
    """Refuse a day to come or before the month was closed, and a payment without its receipt."""
    problems = []
    if not local_date(statement.created_at) <= form.settled_on <= today:
        problems.append(Problem("settled_on", N_("日期应在关账之后，且不晚于今天。")))
    if is_paid and not form.receipt:
        problems.append(Problem("receipt", N_("请填写银行回单号。")))
    if problems:
        raise InvalidInput(problems)
