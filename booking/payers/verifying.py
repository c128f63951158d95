"""Adding holds up again: each reservation with an account has its own, once, and accounts hold nothing else."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BigInteger, and_, case, cast, exists, func, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from models.charges import Charge, ChargeCapture
from models.ledger import LedgerAccount, LedgerTransfer
from models.payers import PayerAccount, PayerHold, PayerMember
from models.pricing import ReservationQuote
from models.reservations import Reservation
from models.vocabulary.charges import ChargeState
from models.vocabulary.reservations import STANDING


def faults(session: Session) -> Iterator[str]:
    """One line for each thing that is off; none when all is well."""
    yield from _without_hold(session)
    yield from _left_behind(session)
    yield from _wrong_transfers(session)
    yield from _wrong_balances(session)
    yield from _wrong_limits(session)
    yield from _nobodys(session)


def _last() -> Any:
    """The holds that count: the last of each reservation."""
    later = aliased(PayerHold)
    return ~exists().where(later.reservation_id == PayerHold.reservation_id, later.id > PayerHold.id)


def _without_hold(session: Session) -> Iterator[str]:
    """A reservation with price and account, to come or unconfirmed, whose account does not hold what it costs."""
    its_times = or_(
        and_(ReservationQuote.starts_at == Reservation.starts_at, ReservationQuote.ends_at == Reservation.ends_at),
        and_(
            ReservationQuote.starts_at == Reservation.asked_starts_at,
            ReservationQuote.ends_at == Reservation.asked_ends_at,
        ),
    )
    quotes = select(ReservationQuote.id).where(ReservationQuote.reservation_id == Reservation.id, its_times)
    is_priced = quotes.where(ReservationQuote.total_fen > 0).exists()
    is_held = exists().where(
        PayerHold.reservation_id == Reservation.id,
        PayerHold.payer_account_id == Reservation.payer_account_id,
        _last(),
        quotes.where(ReservationQuote.total_fen == PayerHold.amount_fen).exists(),
    )
    missing = select(Reservation.id).where(
        Reservation.payer_account_id.is_not(None), Reservation.state.in_(STANDING), is_priced, ~is_held
    )
    for reservation_id in session.scalars(missing.order_by(Reservation.id)):
        yield f"reservation {reservation_id} is not held for in its payer account"


def _left_behind(session: Session) -> Iterator[str]:
    """Something held for a reservation that has ended, or in another account than its own.

    For one cancelled too late its fee stays held until its time is over.
    """
    is_fee = exists().where(
        Charge.reservation_id == Reservation.id,
        Charge.state == ChargeState.ESTIMATED,
        Charge.estimated_fen == PayerHold.amount_fen,
    )
    is_over = and_(Reservation.state.not_in(STANDING), ~is_fee)
    other = or_(Reservation.payer_account_id.is_(None), Reservation.payer_account_id != PayerHold.payer_account_id)
    stray = (
        select(PayerHold.id, Reservation.id, PayerHold.payer_account_id)
        .join(Reservation, Reservation.id == PayerHold.reservation_id)
        .where(PayerHold.amount_fen > 0, _last(), or_(is_over, other))
        .order_by(PayerHold.id)
    )
    for hold_id, reservation_id, payer_id in session.execute(stray):
        yield f"hold {hold_id} of reservation {reservation_id} is left behind in payer account {payer_id}"


def _wrong_transfers(session: Session) -> Iterator[str]:
    """A reservation whose transfers into and out of held accounts are not what its last hold says: held twice."""
    into = LedgerTransfer.to_account_id == PayerAccount.held_id
    signed = case((into, LedgerTransfer.amount_fen), else_=-LedgerTransfer.amount_fen)
    moved = (
        select(PayerHold.reservation_id.label("id"), cast(func.sum(signed), BigInteger).label("moved"))
        .join(LedgerTransfer, LedgerTransfer.entry_id == PayerHold.entry_id)
        .join(PayerAccount, or_(into, LedgerTransfer.from_account_id == PayerAccount.held_id))
        .group_by(PayerHold.reservation_id)
        .subquery()
    )
    last = select(PayerHold.reservation_id, PayerHold.amount_fen).where(_last()).subquery()
    off = (
        select(last.c.reservation_id, last.c.amount_fen, func.coalesce(moved.c.moved, 0))
        .outerjoin(moved, moved.c.id == last.c.reservation_id)
        .where(last.c.amount_fen != func.coalesce(moved.c.moved, 0))
        .order_by(last.c.reservation_id)
    )
    for reservation_id, amount, found in session.execute(off):
        yield f"reservation {reservation_id} holds {amount} fen, its transfers add up to {found}"


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
        yield f"payer account {payer_id} holds {balance} fen, its reservations {found}"
    yield from _wrong_uses(session)


def _wrong_uses(session: Session) -> Iterator[str]:
    """A member's use that is not what is held for them and what their charges have spent."""
    held = select(PayerHold.use_id, PayerHold.amount_fen).where(_last(), PayerHold.use_id.is_not(None))
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
        yield f"account {account_id} says {-balance} fen are used, reservations and charges use {found}"


def _held_by_account() -> Any:
    """The sums of the holds that count, by account."""
    total = cast(func.sum(PayerHold.amount_fen), BigInteger).label("total")
    owner = PayerHold.payer_account_id
    return select(owner.label("owner_id"), total).where(_last()).group_by(owner).subquery()


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
