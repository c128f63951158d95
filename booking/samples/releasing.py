"""Handing over results that were withheld: at once where nothing is owed, else as soon as the charge is paid."""

from datetime import datetime

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from booking.catalogue.keeping import staff_organisation_id
from booking.charges.sampled import charge_of_order, charge_order
from booking.charges.windows import Windows
from booking.charges.withheld import AFTER_RESULTS, PAID_IN, SETTLED, UNDECIDED, holds_back
from booking.core.actors import Actor
from booking.core.errors import Conflict
from booking.core.texts import N_
from booking.samples.charging import ask_for_answer
from booking.samples.rules import Side
from booking.samples.stepping import Held, finish, locked_order
from booking.samples.weighing import is_inside
from booking.statements.terms import terms_of
from models.charges import Charge
from models.payers import PayerAccount
from models.samples import SampleOrder, SampleResult
from models.vocabulary.samples import SampleOrderState, SampleStep
from models.vocabulary.statements import Withholding


class ResultsWithheld(Conflict):
    """Results that nobody may read yet are neither accepted nor disputed."""

    code = "results_withheld"
    sentence = N_("结果在费用付清后交付，之后才能确认或提出异议。")


def withholds(session: Session, order: SampleOrder, amount_fen: int, *, now: datetime) -> bool:
    """Whether the institution withholds the results of an order that is accepted now until they are paid."""
    said = terms_of(session, staff_organisation_id(order)).withholds_results
    if not amount_fen or said == Withholding.NEVER:
        return False
    return said == Withholding.EVERYONE or not is_inside(session, order, now=now)


def charge_reported(session: Session, order: SampleOrder, *, windows: Windows, actor: Actor, now: datetime) -> None:
    """Charge a locked order at once whose complete results are withheld; where nothing is owed they are handed over."""
    if not order.is_withheld or order.state != SampleOrderState.REPORTED:
        return
    charge = charge_order(session, order, windows=windows, actor=actor, now=now)
    if holds_back(order, charge):
        order.answer_by = None
    else:
        order.released_at = order.released_at or now
    session.flush()


def require_released(session: Session, order: SampleOrder, *, now: datetime) -> None:
    """Refuse to answer results of a locked order that nobody may read yet; from now on they stay handed over."""
    if not order.is_withheld or order.released_at is not None:
        return
    if holds_back(order, charge_of_order(session, order.id)):
        raise ResultsWithheld
    order.released_at = now


def due_to_release(session: Session, *, now: datetime) -> list[int]:
    """Orders with results whose charge is paid by now, or that cost nothing."""
    del now  # what is paid is
    money = and_(
        PayerAccount.kind.in_(PAID_IN), Charge.captured_fen == Charge.gross_fen, Charge.state.not_in(UNDECIDED)
    )
    nothing = and_(Charge.gross_fen == 0, Charge.state.not_in(UNDECIDED))
    rows = (
        select(SampleOrder.id)
        .outerjoin(Charge, Charge.sample_order_id == SampleOrder.id)
        .outerjoin(PayerAccount, PayerAccount.id == Charge.payer_account_id)
        .where(
            SampleOrder.is_withheld,
            SampleOrder.released_at.is_(None),
            SampleOrder.state.in_(AFTER_RESULTS),
            exists().where(SampleResult.order_id == SampleOrder.id),
            or_(Charge.id.is_(None), Charge.state.in_(SETTLED), money, nothing),
        )
    )
    return list(session.scalars(rows.order_by(SampleOrder.id)))


def release_results(session: Session, order_id: int, *, windows: Windows, now: datetime) -> bool:
    """Hand results over whose charge is paid, and ask whoever ordered to answer them; whether it did."""
    order = locked_order(session, order_id)
    if order is None or not order.is_withheld or order.released_at is not None:
        return False
    if holds_back(order, charge_of_order(session, order_id)):
        return False
    order.released_at = now
    if order.state == SampleOrderState.REPORTED:
        ask_for_answer(session, order, windows=windows, now=now)
    finish(session, Held(order, Side.DEADLINE, SampleStep.RELEASE, order.state), actor=None, now=now)
    return True
