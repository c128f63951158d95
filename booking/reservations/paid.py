"""What is held for a reservation, and in which account, as far as whoever looks may know of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import NotFound
from booking.core.places import province_of
from booking.payers.queries import found_account
from booking.reservations.queries import Sight
from models.directory import Organisation
from models.payers import PayerAccount, PayerHold
from models.reservations import Reservation


@dataclass(frozen=True, slots=True)
class Paid:
    """What is held now; the account and every change for who may read it, `rule` where it crosses provinces."""

    held_fen: int
    account: PayerAccount | None
    holds: Sequence[PayerHold]
    rule: str


def paid_for(session: Session, reservation: Reservation, actor: Actor, sight: Sight, *, now: datetime) -> Paid | None:
    """What is held for a reservation, for its holder and who sees who booked; None for others and without any."""
    if not (sight.is_holder or sight.sees_names):
        return None
    rows = select(PayerHold).where(PayerHold.reservation_id == reservation.id).order_by(PayerHold.id)
    holds = session.scalars(rows).all()
    if reservation.payer_account_id is None and not holds:
        return None
    held_fen = holds[-1].amount_fen if holds else 0
    account = _account(session, reservation.payer_account_id, actor, now)
    seen = [one for one in holds if account is not None and one.payer_account_id == account.id]
    return Paid(held_fen, account, seen, _rule(session, reservation, account))


def _account(session: Session, payer_id: int | None, actor: Actor, now: datetime) -> PayerAccount | None:
    """The account, if the actor may read it."""
    if payer_id is None:
        return None
    try:
        return found_account(session, payer_id, actor, today=local_date(now)).account
    except NotFound:
        return None


def _rule(session: Session, reservation: Reservation, account: PayerAccount | None) -> str:
    """The rule that allows an account to pay in another province than its own; empty at home."""
    if account is None:
        return ""
    owner_id = reservation.instrument.organisation_id
    there = session.scalar(select(Organisation.adcode).where(Organisation.id == owner_id))
    return account.province_rule if province_of(there) != province_of(account.organisation.adcode) else ""
