"""What an order comes to in the end: charged when it is done or ends midway, by what staff say was done of it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.catalogue.keeping import staff_organisation_id
from booking.charges.counting import said_problems
from booking.charges.sampled import (
    accepted_quote,
    charge_ended,
    charge_of_order,
    charge_order,
    finish_order,
    release_order,
    work_done,
)
from booking.charges.windows import Windows, accept_by
from booking.core.actors import Actor
from booking.core.errors import Forbidden, InvalidInput, Problem
from booking.core.texts import N_
from booking.samples.forms import CountForm
from booking.samples.queries import may_count
from booking.samples.rules import HAS_BEGUN, Side, target_of_step
from booking.samples.stepping import Held, NotNow, begin, finish, locked_order
from models.charges import Charge
from models.payers import PayerAccount
from models.samples import SampleOrder
from models.vocabulary.samples import SampleOrderState, SampleStep


def say_done(
    session: Session, order_id: int, form: CountForm, *, windows: Windows, actor: Actor, now: datetime
) -> SampleOrder:
    """Say how much was done of each line of the accepted quote; the last word counts, until the order is charged.

    Of one that ended midway it makes the charge that waits for it final. Raises Forbidden for who answers for the
    account that pays, NotNow once it is charged, and InvalidInput.
    """
    held = begin(session, order_id, SampleStep.COUNT, actor=actor, now=now)
    if not may_count(session, held.order, actor):
        raise Forbidden if _pays(session, held.order, actor) else NotNow
    quote, work = accepted_quote(session, order_id), work_done(session, order_id)
    problems = said_problems(quote.lines, form.counts, work, quote.total_fen)
    if list(form.counts) != [one["count"] for one in quote.lines] and not form.note:
        problems.append(Problem("note", N_("与报价不同，请写明做了什么。")))
    if problems:
        raise InvalidInput(problems)
    facts = {"counts": list(form.counts)}
    order = finish(session, held, reason=form.note, facts=facts, actor=actor, now=now)
    if order.state == SampleOrderState.CANCELLED:
        row = select(Charge).where(Charge.sample_order_id == order_id).with_for_update(key_share=True)
        charge = session.scalars(row.execution_options(populate_existing=True)).one()
        finish_order(session, charge, order_id, windows=windows, actor=actor, now=now)
    return order


def _pays(session: Session, order: SampleOrder, actor: Actor) -> bool:
    """Whether the actor accepted the quote, or answers for the account that pays."""
    if order.accepted_by_id == actor.id:
        return True
    holder = select(PayerAccount.holder_id).where(PayerAccount.id == order.payer_account_id)
    return session.scalar(holder) == actor.id


def ask_for_answer(session: Session, order: SampleOrder, *, windows: Windows, now: datetime) -> None:
    """Let silence accept complete results after some working days; for a step that leaves the order reported."""
    order.answer_by = accept_by(session, staff_organisation_id(order), windows.result_days, now=now)


def charge_done(session: Session, order: SampleOrder, *, windows: Windows, actor: Actor | None, now: datetime) -> None:
    """Charge a locked order whose results were accepted."""
    charge_order(session, order, windows=windows, actor=actor, now=now)


def charge_midway(
    session: Session, held: Held, was: SampleOrderState, *, windows: Windows, actor: Actor, now: datetime
) -> None:
    """Charge what was done of an order that ended midway, and give back what is held for one of which nothing was."""
    order = held.order
    if order.number is None:
        return
    if was in HAS_BEGUN or work_done(session, order.id).has_begun:
        charge_ended(session, order, windows=windows, actor=actor, now=now)
    elif charge_of_order(session, order.id) is None:
        release_order(session, order, now=now)


def accept_silently(session: Session, order_id: int, *, windows: Windows, now: datetime) -> bool:
    """Let silence accept complete results whose last day to be answered is over; whether it did."""
    order = locked_order(session, order_id)
    if order is None or order.answer_by is None or order.answer_by > now:
        return False
    target = target_of_step(SampleStep.APPROVE, order.state, Side.DEADLINE)
    if target is None:
        return False
    held = Held(order, Side.DEADLINE, SampleStep.APPROVE, target)
    finish(session, held, actor=None, now=now)
    charge_done(session, order, windows=windows, actor=None, now=now)
    return True
