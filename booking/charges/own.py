"""What people pay themselves: what they booked, and what is paid from an account that they answer for."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.core.actors import Actor
from booking.payers.queries import is_orphaned
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


def lets_off_own(session: Session, reservation: Reservation, actor: Actor, *, today: date) -> bool:
    """Whether who cancels a loaded reservation would let themselves off what it costs, or their own house.

    That is where nobody but the house answers for the account any more. What it would owe itself it may let off.
    """
    if is_own(session, reservation, actor):
        return True
    keeps = reach(actor, Permission.MANAGE_PAYERS)
    if reservation.payer_account_id is None or keeps.everywhere or not keeps.organisation_ids:
        return False
    kept = PayerAccount.organisation_id.in_(keeps.organisation_ids - {reservation.instrument.organisation_id})
    left = select(PayerAccount.id).where(PayerAccount.id == reservation.payer_account_id, kept, is_orphaned(today))
    return session.scalar(left) is not None


def own_among(session: Session, reservations: Collection[Reservation], actor: Actor, *, today: date) -> set[int]:
    """The ids of those loaded reservations of which the same is true; one statement however many."""
    own = {one.id for one in reservations if one.booked_by_id == actor.id}
    paid = {one.payer_account_id for one in reservations if one.id not in own} - {None}
    if not paid:
        return own
    rows = select(PayerAccount.id, PayerAccount.holder_id, PayerAccount.organisation_id, is_orphaned(today))
    accounts = {row.id: row for row in session.execute(rows.where(PayerAccount.id.in_(paid)))}
    keeps = reach(actor, Permission.MANAGE_PAYERS)
    kept = frozenset() if keeps.everywhere else keeps.organisation_ids
    for one in reservations:
        if account := accounts.get(one.payer_account_id or 0):
            is_kept = account.organisation_id in kept - {one.instrument.organisation_id}
            if account.holder_id == actor.id or (is_kept and account[3]):
                own.add(one.id)
    return own


def own_reservations(user_id: int) -> ColumnElement[bool]:
    """What somebody booked, or pays from an account that they answer for."""
    accounts = select(PayerAccount.id).where(PayerAccount.holder_id == user_id)
    pays = and_(Reservation.payer_account_id.is_not(None), Reservation.payer_account_id.in_(accounts))
    return or_(Reservation.booked_by_id == user_id, pays)
