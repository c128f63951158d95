"""Adding holds up again: each reservation and order with an account has its own, once; accounts hold nothing else."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, ScalarSelect, and_, case, cast, exists, func, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from booking.payers.held import is_last_hold
from models.charges import Charge, ChargeCapture
from models.ledger import LedgerAccount, LedgerTransfer
from models.payers import PayerAccount, PayerHold, PayerMember
from models.pricing import ReservationQuote
from models.programmes import ProgrammeVersion
from models.reservations import Reservation
from models.samples import SampleOrder, SampleQuote
from models.vocabulary.charges import ChargeState
from models.vocabulary.programmes import RedeemedBy
from models.vocabulary.reservations import STANDING
from models.vocabulary.samples import ORDERED, SampleOrderState
from models.vouchers import Voucher, VoucherHold

UNFINISHED = tuple(ORDERED - {SampleOrderState.DONE, SampleOrderState.CANCELLED})
"""Where the charge of an order is still to come."""


def faults(session: Session) -> Iterator[str]:
    """One line for each thing that is off; none when all is well."""
    yield from _without_hold(session)
    yield from _left_behind(session)
    yield from _vouchers_left_behind(session)
    yield from _orders_without_hold(session)
    yield from _orders_left_behind(session)
    yield from _wrong_transfers(session, PayerHold.reservation_id, "reservation")
    yield from _wrong_transfers(session, PayerHold.sample_order_id, "sample order")
    yield from _wrong_balances(session)
    yield from _wrong_limits(session)
    yield from _nobodys(session)


def _without_hold(session: Session) -> Iterator[str]:
    """A reservation with price and account, to come or unconfirmed, whose account does not hold what it costs.

    What its vouchers take off the bill is not held there; while it waits for another time, account and vouchers hold
    enough for either.
    """
    its_times = or_(
        and_(ReservationQuote.starts_at == Reservation.starts_at, ReservationQuote.ends_at == Reservation.ends_at),
        and_(
            ReservationQuote.starts_at == Reservation.asked_starts_at,
            ReservationQuote.ends_at == Reservation.asked_ends_at,
        ),
    )
    quotes = select(ReservationQuote.id).where(ReservationQuote.reservation_id == Reservation.id, its_times)
    quotes = quotes.correlate(Reservation, PayerHold)
    off = deducted_by_vouchers(VoucherHold.reservation_id, Reservation)
    is_priced = quotes.where(ReservationQuote.total_fen > 0, ReservationQuote.total_fen != off).exists()
    both_fen, cost_fen = PayerHold.amount_fen + off, ReservationQuote.total_fen
    waits = and_(
        Reservation.uses_vouchers,
        Reservation.asked_starts_at.is_not(None),
        cost_fen.between(PayerHold.amount_fen, both_fen),
    )
    is_held = exists().where(
        PayerHold.reservation_id == Reservation.id,
        PayerHold.payer_account_id == Reservation.payer_account_id,
        is_last_hold(),
        quotes.where(or_(cost_fen == both_fen, waits)).exists(),
    )
    missing = select(Reservation.id).where(
        Reservation.payer_account_id.is_not(None), Reservation.state.in_(STANDING), is_priced, ~is_held
    )
    for reservation_id in session.scalars(missing.order_by(Reservation.id)):
        yield f"reservation {reservation_id} is not held for in its payer account"


def deducted_by_vouchers(
    cause: InstrumentedAttribute[int | None], of: type[Reservation | SampleOrder]
) -> ScalarSelect[int]:
    """What the vouchers that hold for a reservation or an order take off its bill; that must be selected."""
    total = cast(func.coalesce(func.sum(VoucherHold.amount_fen), 0), BigInteger)
    return (
        select(total)
        .join(Voucher, Voucher.id == VoucherHold.voucher_id)
        .join(ProgrammeVersion, ProgrammeVersion.id == Voucher.programme_version_id)
        .where(cause == of.id, ProgrammeVersion.redeemed_by == RedeemedBy.PROVIDER, ~_is_followed(cause))
        .correlate(of)
        .scalar_subquery()
    )


def _is_followed(cause: InstrumentedAttribute[int | None]) -> ColumnElement[bool]:
    """Whether a later hold of the same use counts instead of a voucher's."""
    later = aliased(VoucherHold)
    same = getattr(later, cause.key) == cause, later.voucher_id == VoucherHold.voucher_id
    return exists().where(*same, later.id > VoucherHold.id)


def _left_behind(session: Session) -> Iterator[str]:
    """Something held for a reservation that has ended, or in another account than its own.

    For one cancelled too late its fee stays held until its time is over; where vouchers had taken something off, as
    much of it as the account held.
    """
    in_part = and_(Reservation.uses_vouchers, Charge.estimated_fen >= PayerHold.amount_fen)
    is_fee = exists().where(
        Charge.reservation_id == Reservation.id,
        Charge.state == ChargeState.ESTIMATED,
        or_(Charge.estimated_fen == PayerHold.amount_fen, in_part),
    )
    is_over = and_(Reservation.state.not_in(STANDING), ~is_fee)
    other = or_(Reservation.payer_account_id.is_(None), Reservation.payer_account_id != PayerHold.payer_account_id)
    stray = (
        select(PayerHold.id, Reservation.id, PayerHold.payer_account_id)
        .join(Reservation, Reservation.id == PayerHold.reservation_id)
        .where(PayerHold.amount_fen > 0, is_last_hold(), or_(is_over, other))
        .order_by(PayerHold.id)
    )
    for hold_id, reservation_id, payer_id in session.execute(stray):
        yield f"hold {hold_id} of reservation {reservation_id} is left behind in payer account {payer_id}"


def _vouchers_left_behind(session: Session) -> Iterator[str]:
    """Something that vouchers hold for a reservation or order that has ended and whose charge does not wait."""
    for of, cause, charged, name, standing in (
        (Reservation, VoucherHold.reservation_id, Charge.reservation_id, "reservation", STANDING),
        (SampleOrder, VoucherHold.sample_order_id, Charge.sample_order_id, "sample order", UNFINISHED),
    ):
        waits = exists().where(charged == of.id, Charge.state == ChargeState.ESTIMATED)
        stray = (
            select(VoucherHold.id, of.id)
            .join(of, of.id == cause)
            .where(VoucherHold.amount_fen > 0, of.state.not_in(standing), ~waits, ~_is_followed(cause))
        )
        for hold_id, use_id in session.execute(stray.order_by(VoucherHold.id)):
            yield f"voucher hold {hold_id} of {name} {use_id} is left behind"


def _orders_without_hold(session: Session) -> Iterator[str]:
    """An order that was accepted, is not charged, and whose account does not hold what it was quoted.

    What its vouchers take off the bill is not held there. Results that were withheld and are handed over were charged
    before, or cost nothing.
    """
    later, off = aliased(SampleQuote), deducted_by_vouchers(VoucherHold.sample_order_id, SampleOrder)
    is_held = exists().where(
        PayerHold.sample_order_id == SampleOrder.id,
        PayerHold.payer_account_id == SampleOrder.payer_account_id,
        PayerHold.amount_fen + off == SampleQuote.total_fen,
        is_last_hold(),
    )
    missing = (
        select(SampleOrder.id)
        .join(SampleQuote, SampleQuote.order_id == SampleOrder.id)
        .where(
            ~exists().where(later.order_id == SampleQuote.order_id, later.id > SampleQuote.id),
            SampleOrder.payer_account_id.is_not(None),
            SampleOrder.state.in_(UNFINISHED),
            SampleOrder.released_at.is_(None),
            SampleQuote.total_fen > off,
            ~exists().where(Charge.sample_order_id == SampleOrder.id),
            ~is_held,
        )
    )
    for order_id in session.scalars(missing.order_by(SampleOrder.id)):
        yield f"sample order {order_id} is not held for in its payer account"


def _orders_left_behind(session: Session) -> Iterator[str]:
    """Something held for an order that is over or charged, or in another account than its own.

    For one that ended midway its quote stays held until somebody says what was done.
    """
    charged = exists().where(Charge.sample_order_id == SampleOrder.id, Charge.state != ChargeState.ESTIMATED)
    waits = exists().where(Charge.sample_order_id == SampleOrder.id, Charge.state == ChargeState.ESTIMATED)
    is_over = and_(SampleOrder.state.not_in(UNFINISHED), ~waits)
    other = or_(SampleOrder.payer_account_id.is_(None), SampleOrder.payer_account_id != PayerHold.payer_account_id)
    stray = (
        select(PayerHold.id, SampleOrder.id, PayerHold.payer_account_id)
        .join(SampleOrder, SampleOrder.id == PayerHold.sample_order_id)
        .where(PayerHold.amount_fen > 0, is_last_hold(), or_(is_over, charged, other))
        .order_by(PayerHold.id)
    )
    for hold_id, order_id, payer_id in session.execute(stray):
        yield f"hold {hold_id} of sample order {order_id} is left behind in payer account {payer_id}"


def _wrong_transfers(session: Session, cause: Any, name: str) -> Iterator[str]:
    """Something whose transfers into and out of held accounts are not what its last hold says: held twice."""
    into = LedgerTransfer.to_account_id == PayerAccount.held_id
    signed = case((into, LedgerTransfer.amount_fen), else_=-LedgerTransfer.amount_fen)
    moved = (
        select(cause.label("id"), cast(func.sum(signed), BigInteger).label("moved"))
        .join(LedgerTransfer, LedgerTransfer.entry_id == PayerHold.entry_id)
        .join(PayerAccount, or_(into, LedgerTransfer.from_account_id == PayerAccount.held_id))
        .where(cause.is_not(None))
        .group_by(cause)
        .subquery()
    )
    counts = select(cause.label("id"), PayerHold.amount_fen).where(is_last_hold(), cause.is_not(None)).subquery()
    off = (
        select(counts.c.id, counts.c.amount_fen, func.coalesce(moved.c.moved, 0))
        .outerjoin(moved, moved.c.id == counts.c.id)
        .where(counts.c.amount_fen != func.coalesce(moved.c.moved, 0))
        .order_by(counts.c.id)
    )
    for cause_id, amount, found in session.execute(off):
        yield f"{name} {cause_id} holds {amount} fen, its transfers add up to {found}"


def _wrong_balances(session: Session) -> Iterator[str]:
    """An account whose held balance is not the sum of what it holds, or a member's use not that of theirs."""
    held = _held_by_account()
    total = func.coalesce(held.c.total, 0)
    off = (
        select(PayerAccount.id, LedgerAccount.balance_fen, total)
        .join(LedgerAccount, LedgerAccount.id == PayerAccount.held_id)
        .outerjoin(held, held.c.owner_id == PayerAccount.id)
        .where(LedgerAccount.balance_fen != total)
    )
    for payer_id, balance, found in session.execute(off.order_by(PayerAccount.id)):
        yield f"payer account {payer_id} holds {balance} fen, its reservations and orders {found}"
    yield from _wrong_uses(session)


def _wrong_uses(session: Session) -> Iterator[str]:
    """A member's use that is not what is held for them and what their charges have spent."""
    held = select(PayerHold.use_id, PayerHold.amount_fen).where(is_last_hold(), PayerHold.use_id.is_not(None))
    spent = select(ChargeCapture.use_id, ChargeCapture.amount_fen).where(ChargeCapture.use_id.is_not(None))
    both = union_all(held, spent).subquery()
    total = cast(func.sum(both.c.amount_fen), BigInteger).label("total")
    used = select(both.c.use_id, total).group_by(both.c.use_id).subquery()
    wrong = (
        select(LedgerAccount.id, LedgerAccount.balance_fen, used.c.total)
        .join(used, used.c.use_id == LedgerAccount.id)
        .where(LedgerAccount.balance_fen != -used.c.total)
    )
    for account_id, balance, found in session.execute(wrong.order_by(LedgerAccount.id)):
        yield f"account {account_id} says {-balance} fen are used, reservations, orders and charges use {found}"


def _held_by_account() -> Any:
    """The sums of the holds that count, by account."""
    total = cast(func.sum(PayerHold.amount_fen), BigInteger).label("total")
    owner = PayerHold.payer_account_id
    return select(owner.label("owner_id"), total).where(is_last_hold()).group_by(owner).subquery()


def _wrong_limits(session: Session) -> Iterator[str]:
    """A member whose limit the database does not keep."""
    off = (
        select(PayerMember.id)
        .join(LedgerAccount, LedgerAccount.id == PayerMember.use_id)
        .where(func.coalesce(LedgerAccount.floor_fen, 1) != func.coalesce(-PayerMember.limit_fen, 1))
    )
    for member_id in session.scalars(off.order_by(PayerMember.id)):
        yield f"member {member_id} has another limit than their account of the ledger"


def _nobodys(session: Session) -> Iterator[str]:
    """An account of the ledger with transfers that no payer account and no member has."""
    sides = ("source_id", "left_id", "held_id", "used_id", "captured_id")
    kept: list[Any] = [getattr(PayerAccount, side) for side in sides]
    is_kept = or_(*(exists().where(one == LedgerAccount.id) for one in (*kept, PayerMember.use_id, PayerHold.use_id)))
    theirs = LedgerAccount.name.startswith("payer:")
    moved = or_(
        exists().where(LedgerTransfer.from_account_id == LedgerAccount.id),
        exists().where(LedgerTransfer.to_account_id == LedgerAccount.id),
    )
    lost = select(LedgerAccount.id, LedgerAccount.name).where(~is_kept, moved, theirs)
    for account_id, name in session.execute(lost.order_by(LedgerAccount.id)):
        yield f"account {account_id} ({name}) has transfers and belongs to nobody"
