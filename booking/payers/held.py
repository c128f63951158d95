"""What is held in payer accounts and was paid from them, and what for, as far as whoever looks may know."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session, aliased, joinedload

from booking.accounts.permissions import Permission, may
from booking.core.actors import Actor, Target
from booking.core.pages import Page, decode_cursor, page_of, row_id
from booking.payers.rules import Sight
from models.catalogue import Instrument
from models.charges import ChargeCapture
from models.payers import PayerHold
from models.reservations import Reservation
from models.vocabulary.catalogue import PublishingState


@dataclass(frozen=True, slots=True)
class HeldFor:
    """What is held from an entry on; `reservation_id` is told to the lead, finance, auditors and who booked it.

    `booked_by` is for whom it was held. `opens` is whether they may read the reservation, and the instrument is named
    where they may know of it; `starts_at` is no business of an account that pays for it, or for that person, no more.
    """

    amount_fen: int
    entry_id: int
    reservation_id: int | None
    starts_at: datetime | None
    booked_by: str
    instrument: Instrument | None
    opens: bool


def held_by_entry(
    session: Session, payer_id: int, entry_ids: Sequence[int], actor: Actor, sight: Sight
) -> dict[int, HeldFor]:
    """What an account holds from each of these entries on."""
    rows = session.execute(_holds().where(PayerHold.entry_id.in_(entry_ids)))
    return {hold.entry_id: _held(hold, reservation, payer_id, actor, sight) for hold, reservation in rows}


def held_in(
    session: Session, payer_id: int, actor: Actor, sight: Sight, *, limit: int, cursor: str = ""
) -> Page[HeldFor]:
    """What an account holds now, reservation by reservation, the newest first; it adds up to its held balance."""
    later = aliased(PayerHold)
    is_last = ~exists().where(later.reservation_id == PayerHold.reservation_id, later.id > PayerHold.id)
    wanted = _holds().where(PayerHold.payer_account_id == payer_id, PayerHold.amount_fen > 0, is_last)
    if cursor:
        wanted = wanted.where(PayerHold.id < decode_cursor(cursor, row_id)[0])
    rows = session.execute(wanted.order_by(PayerHold.id.desc()).limit(limit + 1)).all()
    page = page_of(rows, limit, lambda row: (row[0].id,))
    return Page([_held(*row, payer_id, actor, sight) for row in page.items], page.next_cursor)


@dataclass(frozen=True, slots=True)
class PaidFor:
    """What an account has paid for a charge, below zero: got back; which one is told as holds are."""

    id: int
    entry_id: int
    amount_fen: int
    created_at: datetime
    charge_id: int | None


def paid_from(
    session: Session, payer_id: int, actor: Actor, sight: Sight, *, limit: int, cursor: str = "", entry_id: int = 0
) -> Page[PaidFor]:
    """What an account has paid for charges, the newest first, or from one entry on; it adds up to what is captured."""
    wanted = select(ChargeCapture).where(ChargeCapture.payer_account_id == payer_id)
    if entry_id:
        from_it = select(ChargeCapture.id).where(ChargeCapture.entry_id == entry_id).scalar_subquery()
        wanted = wanted.where(ChargeCapture.id <= func.coalesce(from_it, ChargeCapture.id))
    if cursor:
        wanted = wanted.where(ChargeCapture.id < decode_cursor(cursor, row_id)[0])
    rows = session.scalars(wanted.order_by(ChargeCapture.id.desc()).limit(limit + 1)).all()
    page = page_of(rows, limit, lambda row: (row.id,))
    items = [
        PaidFor(
            id=one.id,
            entry_id=one.entry_id,
            amount_fen=one.amount_fen,
            created_at=one.created_at,
            charge_id=one.charge_id if sight.sees_bookings or one.user_id == actor.id else None,
        )
        for one in page.items
    ]
    return Page(items, page.next_cursor)


def _holds() -> Select[PayerHold, Reservation]:
    """Holds with their reservation, its instrument and for whom it was."""
    return (
        select(PayerHold, Reservation)
        .join(Reservation, Reservation.id == PayerHold.reservation_id)
        .options(joinedload(Reservation.instrument), joinedload(PayerHold.user))
    )


def _held(hold: PayerHold, reservation: Reservation, payer_id: int, actor: Actor, sight: Sight) -> HeldFor:
    """A hold as the actor may see it who looks at an account; members learn nothing of what others booked."""
    amount_fen = hold.amount_fen if hold.payer_account_id == payer_id else 0
    is_own = hold.user_id == actor.id
    if not (is_own or sight.sees_bookings):
        return HeldFor(amount_fen, hold.entry_id, None, None, "", None, opens=False)
    instrument = reservation.instrument
    target = Target(instrument.organisation_id, instrument.unit_id, instrument.id)
    is_public = instrument.publishing_state == PublishingState.PUBLISHED
    still_pays = (payer_id, hold.user_id) == (reservation.payer_account_id, reservation.booked_by_id)
    knows = is_own or is_public or may(actor, Permission.SEE_RECORD, target)
    return HeldFor(
        amount_fen=amount_fen,
        entry_id=hold.entry_id,
        reservation_id=reservation.id,
        starts_at=reservation.starts_at if still_pays else None,
        booked_by=hold.user.name,
        instrument=instrument if knows else None,
        opens=reservation.booked_by_id == actor.id or may(actor, Permission.SEE_BOOKINGS, target),
    )
