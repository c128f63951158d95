"""What people pay themselves: what they booked, and what is paid from an account that they answer for."""

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from models.payers import PayerAccount
from models.reservations import Reservation


def is_own(session: Session, reservation: Reservation, actor: Actor) -> bool:
    """Whether the actor booked a reservation, or answers for the account that pays for it."""
    if reservation.booked_by_id == actor.id:
        return True
    if reservation.payer_account_id is None:
        return False
    holder = select(PayerAccount.holder_id).where(PayerAccount.id == reservation.payer_account_id)
    return session.scalar(holder) == actor.id


def own_reservations(user_id: int) -> ColumnElement[bool]:
    """The same as a condition."""
    accounts = select(PayerAccount.id).where(PayerAccount.holder_id == user_id)
    pays = and_(Reservation.payer_account_id.is_not(None), Reservation.payer_account_id.in_(accounts))
    return or_(Reservation.booked_by_id == user_id, pays)
