"""What the owner of an instrument asks of an outside order, an order form or a contract; the same as of bookings."""

from datetime import datetime

from sqlalchemy.orm import Session

from booking.contracts.agreeing import OrderFormChanged, keep, note_accepted
from booking.contracts.grounds import NOT_BEGUN, last_of, text_id_now
from booking.contracts.needs import Acceptance, Ground
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import Conflict, Forbidden, InvalidInput, Problem
from booking.core.texts import N_
from booking.samples.queries import quotes_of
from booking.samples.rules import Side
from booking.samples.stepping import lock, locked_order
from booking.samples.weighing import agree_again, asked_of, keep_inside, lacking_now, use_of
from models.contracts import UseAgreement
from models.samples import SampleOrder
from models.vocabulary.contracts import Need


class NoOrderFormDue(Conflict):
    """No order form is asked for, or it was accepted already."""

    code = "nothing_to_accept"
    sentence = N_("这个委托没有待接受的委托单条款。")


def agree(
    session: Session, order: SampleOrder, amount_fen: int, accepted_id: int | None, *, actor: Actor, now: datetime
) -> None:
    """Keep what an accepted order rests on; raises InvalidInput or OrderFormChanged for a missing or an older form."""
    asked, today = asked_of(session, order, amount_fen, accepted_id, now=now), local_date(now)
    if asked is None:
        keep_inside(session, order, amount_fen, now=now)
        return
    if asked.ground.is_lacking and asked.ground.need == Need.ORDER_FORM:
        if accepted_id is not None:
            raise OrderFormChanged
        raise InvalidInput([Problem("order_form", N_("请阅读委托单的六项条款并勾选接受。"))])
    has_clicked = asked.ground.need == Need.ORDER_FORM and accepted_id == asked.agreement.text_id
    accepted = Acceptance(asked.agreement.text_id, now, amount_fen, {}) if has_clicked else None
    use = use_of(order, actor.id)
    made = keep(session, use, asked.ground, amount_fen, (today, today), accepted=accepted, now=now)
    if accepted is not None:
        note_accepted(session, made, actor=actor, now=now)


def accept_terms(session: Session, order_id: int, text_id: int, *, actor: Actor, now: datetime) -> UseAgreement:
    """Accept the order form of an order that lost its contract; the version that was read must still hold.

    For who asked, or the firm's agents; raises NotFound, Forbidden, NoOrderFormDue and OrderFormChanged.
    """
    order, side = lock(session, order_id, actor=actor)
    if side != Side.REQUESTER:
        raise Forbidden
    lacking = lacking_now(session, order, now=now)
    if lacking is None or lacking.need != Need.ORDER_FORM:
        raise NoOrderFormDue
    if text_id != text_id_now(session, lacking.organisation_id):
        raise OrderFormChanged
    assert lacking.amount_fen is not None
    ground, today = Ground(Need.ORDER_FORM, text_id), local_date(now)
    accepted = Acceptance(text_id, now, lacking.amount_fen, {})
    use, days = use_of(order, actor.id), (today, today)
    made = keep(session, use, ground, lacking.amount_fen, days, accepted=accepted, now=now)
    note_accepted(session, made, actor=actor, now=now)
    return made


def weigh_order(session: Session, order_id: int, *, now: datetime) -> bool:
    """Weigh an accepted order anew that rests on what is no longer so; whether it did."""
    order = locked_order(session, order_id)
    if order is None or order.kept_by_id is not None or order.state not in NOT_BEGUN:
        return False
    last = last_of(session, sample_order_id=order_id)
    amount_fen = last.amount_fen if last and last.amount_fen is not None else quotes_of(session, order_id)[-1].total_fen
    agree_again(session, order, last, amount_fen, (local_date(now), local_date(now)), now=now)
    return True
