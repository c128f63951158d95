"""What is held in payer accounts and was paid from them, and what for, as far as whoever looks may know."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.orm import Session, aliased, joinedload

from booking.accounts.permissions import Permission, may
from booking.catalogue.keeping import staff_target
from booking.catalogue.queries import target_of
from booking.core.actors import Actor, Target
from booking.core.pages import Page, decode_cursor, page_of, row_id
from booking.payers.rules import Sight
from models.catalogue import Instrument
from models.charges import ChargeCapture
from models.payers import PayerHold
from models.reservations import Reservation
from models.samples import SampleOrder
from models.vocabulary.catalogue import PublishingState


@dataclass(frozen=True, slots=True)
class HeldFor:
    """What is held from an entry on; which reservation or order it is for is told to the lead, finance, auditors and
    who booked or ordered it.

    `booked_by` is for whom it was held. `opens` is whether they may read the reservation or order, and the instrument
    is named where they may know of it; `starts_at` of a reservation is no business of an account that pays for it, or
    for that person, no more.
    """

    amount_fen: int
    entry_id: int
    reservation_id: int | None
    sample_order_id: int | None
    starts_at: datetime | None
    booked_by: str
    instrument: Instrument | None
    opens: bool


def held_by_entry(
    session: Session, payer_id: int, entry_ids: Sequence[int], actor: Actor, sight: Sight
) -> dict[int, HeldFor]:
    """What an account holds from each of these entries on."""
    rows = session.execute(_holds().where(PayerHold.entry_id.in_(entry_ids)))
    return {row[0].entry_id: _held(*row, payer_id, actor, sight) for row in rows}


def held_in(
    session: Session, payer_id: int, actor: Actor, sight: Sight, *, limit: int, cursor: str = ""
) -> Page[HeldFor]:
    """What an account holds now, one by one, the newest first; it adds up to its held balance."""
    wanted = _holds().where(PayerHold.payer_account_id == payer_id, PayerHold.amount_fen > 0, is_last_hold())
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


def is_last_hold() -> ColumnElement[bool]:
    """Holds that count: no later row of the same reservation or order."""
    later = aliased(PayerHold)
    is_later = later.id > PayerHold.id
    return and_(
        ~exists().where(later.reservation_id == PayerHold.reservation_id, is_later),
        ~exists().where(later.sample_order_id == PayerHold.sample_order_id, is_later),
    )


def _holds() -> Select[PayerHold, Reservation, SampleOrder]:
    """Holds with their reservation or order, its instrument and for whom it was."""
    return (
        select(PayerHold, Reservation, SampleOrder)
        .outerjoin(Reservation, Reservation.id == PayerHold.reservation_id)
        .outerjoin(SampleOrder, SampleOrder.id == PayerHold.sample_order_id)
        .options(joinedload(Reservation.instrument), joinedload(SampleOrder.instrument), joinedload(PayerHold.user))
    )


def _held(  # noqa: PLR0917 - a row, and who looks at it
    hold: PayerHold,
    reservation: Reservation | None,
    order: SampleOrder | None,
    payer_id: int,
    actor: Actor,
    sight: Sight,
) -> HeldFor:
    """A hold as the actor may see it who looks at an account; members learn nothing of what others booked."""
    amount_fen = hold.amount_fen if hold.payer_account_id == payer_id else 0
    is_own = hold.user_id == actor.id
    if not (is_own or sight.sees_bookings):
        return HeldFor(amount_fen, hold.entry_id, None, None, None, "", None, opens=False)
    instrument = _instrument(reservation, order)
    is_public = instrument.publishing_state == PublishingState.PUBLISHED
    knows = is_own or is_public or may(actor, Permission.SEE_RECORD, target_of(instrument))
    starts_at = None
    if reservation and (payer_id, hold.user_id) == (reservation.payer_account_id, reservation.booked_by_id):
        starts_at = reservation.starts_at
    return HeldFor(
        amount_fen=amount_fen,
        entry_id=hold.entry_id,
        reservation_id=hold.reservation_id,
        sample_order_id=hold.sample_order_id,
        starts_at=starts_at,
        booked_by=hold.user.name,
        instrument=instrument if knows else None,
        opens=_opens(reservation, order, actor),
    )


def _instrument(reservation: Reservation | None, order: SampleOrder | None) -> Instrument:
    """The instrument of what something is held for."""
    cause = reservation or order
    assert cause is not None
    return cause.instrument


def _opens(reservation: Reservation | None, order: SampleOrder | None, actor: Actor) -> bool:
    """Whether the actor may read what something is held for; the agents of its firm read an order too."""
    if reservation is not None:
        may_see = may(actor, Permission.SEE_BOOKINGS, target_of(reservation.instrument))
        return reservation.booked_by_id == actor.id or may_see
    assert order is not None
    if order.organisation_id is None and order.requested_by_id == actor.id:
        return True
    is_agent = order.organisation_id is not None and may(
        actor, Permission.ORDER_FOR_FIRM, Target(order.organisation_id)
    )
    return is_agent or may(actor, Permission.SEE_SAMPLE_ORDERS, staff_target(order))
