"""Adding charges up again: from their lines and their entries; nothing left held, and no use without its charge."""

from collections.abc import Iterator

from sqlalchemy import BigInteger, Select, and_, cast, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from booking.charges import voucher_verifying
from booking.charges.rules import Used, use_quote
from booking.charges.sampled import lines_due
from booking.core.period import Period
from booking.payers.held import is_last_hold
from booking.pricing.quoting import quote_of
from models.charges import Charge, ChargeCapture, ChargeLine
from models.ledger import LedgerAccount, LedgerTransfer
from models.payers import PayerAccount, PayerHold
from models.pricing import PricePolicy, ReservationQuote
from models.reservations import Reservation, ReservationUse, UseReminder
from models.samples import SampleOrder, SampleQuote, SampleRun
from models.vocabulary.charges import AGREED, ChargeProblem, ChargeState
from models.vocabulary.pricing import LineKind
from models.vocabulary.reservations import ReservationMode, ReservationState
from models.vocabulary.samples import SampleOrderState

AFTERWARDS = (LineKind.ADJUSTMENT, LineKind.WAIVER, LineKind.CANCELLATION, LineKind.VOUCHER, LineKind.DIFFERENCE)
"""Lines that change a charge once it is made."""
ENDED_ORDERS = (SampleOrderState.DONE, SampleOrderState.CANCELLED)
FEES = (ReservationState.CANCELLED,)
USES = (ReservationState.COMPLETED, ReservationState.NO_SHOW)


def faults(session: Session) -> Iterator[str]:
    """One line for each thing that is off; none when all is well."""
    yield from _wrong_sums(session)
    yield from _wrong_captures(session)
    yield from _wrong_entries(session)
    yield from _wrong_accounts(session)
    yield from _still_held(session)
    yield from _silently_short(session)
    yield from _without_charge(session)
    yield from _orders_astray(session)
    yield from _orders_without_charge(session)
    yield from voucher_verifying.faults(session)


def _wrong_sums(session: Session) -> Iterator[str]:
    """A charge that is not what its lines add up to."""
    total = cast(func.sum(ChargeLine.amount_fen), BigInteger).label("total")
    sums = select(ChargeLine.charge_id, total).group_by(ChargeLine.charge_id).subquery()
    added = func.coalesce(sums.c.total, 0)
    off = select(Charge.id, Charge.gross_fen, added).outerjoin(sums, sums.c.charge_id == Charge.id)
    for charge_id, gross, found in session.execute(off.where(Charge.gross_fen != added).order_by(Charge.id)):
        yield f"charge {charge_id} is {gross} fen, its lines add up to {found}"


def _wrong_captures(session: Session) -> Iterator[str]:
    """A charge that is not paid what its captures add up to, or by another account than its own."""
    total = cast(func.sum(ChargeCapture.amount_fen), BigInteger).label("total")
    sums = select(ChargeCapture.charge_id, total).group_by(ChargeCapture.charge_id).subquery()
    paid = func.coalesce(sums.c.total, 0)
    off = select(Charge.id, Charge.captured_fen, paid).outerjoin(sums, sums.c.charge_id == Charge.id)
    for charge_id, captured, found in session.execute(off.where(Charge.captured_fen != paid).order_by(Charge.id)):
        yield f"charge {charge_id} says that {captured} fen are paid, its entries add up to {found}"
    other = (
        select(ChargeCapture.id, Charge.id)
        .join(Charge, Charge.id == ChargeCapture.charge_id)
        .where(func.coalesce(Charge.payer_account_id, 0) != ChargeCapture.payer_account_id)
    )
    for capture_id, charge_id in session.execute(other.order_by(ChargeCapture.id)):
        yield f"capture {capture_id} of charge {charge_id} is of another payer account"


def _wrong_entries(session: Session) -> Iterator[str]:
    """A capture whose entry moved something else into or out of what is captured."""
    came, went = aliased(LedgerTransfer), aliased(LedgerTransfer)
    into = (
        select(func.coalesce(func.sum(came.amount_fen), 0))
        .where(came.entry_id == ChargeCapture.entry_id, came.to_account_id == PayerAccount.captured_id)
        .correlate(ChargeCapture, PayerAccount)
        .scalar_subquery()
    )
    out = (
        select(func.coalesce(func.sum(went.amount_fen), 0))
        .where(went.entry_id == ChargeCapture.entry_id, went.from_account_id == PayerAccount.captured_id)
        .correlate(ChargeCapture, PayerAccount)
        .scalar_subquery()
    )
    off = (
        select(ChargeCapture.id, ChargeCapture.charge_id)
        .join(PayerAccount, PayerAccount.id == ChargeCapture.payer_account_id)
        .where(ChargeCapture.amount_fen != into - out)
    )
    for capture_id, charge_id in session.execute(off.order_by(ChargeCapture.id)):
        yield f"capture {capture_id} of charge {charge_id} is not what its entry moved"


def _wrong_accounts(session: Session) -> Iterator[str]:
    """A payer account whose captured balance is not what its charges have been paid."""
    total = cast(func.sum(ChargeCapture.amount_fen), BigInteger).label("total")
    sums = select(ChargeCapture.payer_account_id, total).group_by(ChargeCapture.payer_account_id).subquery()
    paid = func.coalesce(sums.c.total, 0)
    off = (
        select(PayerAccount.id, LedgerAccount.balance_fen, paid)
        .join(LedgerAccount, LedgerAccount.id == PayerAccount.captured_id)
        .outerjoin(sums, sums.c.payer_account_id == PayerAccount.id)
        .where(LedgerAccount.balance_fen != paid)
    )
    for payer_id, balance, found in session.execute(off.order_by(PayerAccount.id)):
        yield f"payer account {payer_id} has {balance} fen captured, its charges {found}"


def _still_held(session: Session) -> Iterator[str]:
    """Something held for a reservation or order whose charge is made, or a charge of one that did not end so."""
    held = select(Charge.id).where(PayerHold.amount_fen > 0, Charge.state != ChargeState.ESTIMATED, is_last_hold())
    of_reservations = held.join(PayerHold, PayerHold.reservation_id == Charge.reservation_id)
    of_orders = held.join(PayerHold, PayerHold.sample_order_id == Charge.sample_order_id)
    for charge_id in sorted({*session.scalars(of_reservations), *session.scalars(of_orders)}):
        yield f"charge {charge_id} is made and something is still held for it"
    odd = select(Charge.id, Reservation.state).join(Reservation, Reservation.id == Charge.reservation_id)
    for charge_id, state in session.execute(odd.where(Reservation.state.not_in((*USES, *FEES))).order_by(Charge.id)):
        yield f"charge {charge_id} is for a reservation that is {state}"


def _silently_short(session: Session) -> Iterator[str]:
    """An agreed charge that is neither paid nor settled on paper and says nothing of it, or the other way round."""
    is_short = and_(Charge.captured_fen + Charge.paper_fen < Charge.gross_fen, Charge.state.in_(AGREED))
    says_so = func.coalesce(Charge.problem, "") == ChargeProblem.PAYER_SHORT.value
    off = select(Charge.id).where(or_(is_short & ~says_so, ~is_short & says_so))
    for charge_id in session.scalars(off.order_by(Charge.id)):
        yield f"charge {charge_id} does not say rightly whether something is missing"


def _without_charge(session: Session) -> Iterator[str]:
    """A confirmed use, or an absence, that costs something by its quote and has no charge."""
    for reservation in session.scalars(_quoted_without_charge()).unique():
        if _costs(session, reservation):
            yield f"reservation {reservation.id} is {reservation.state} and costs something, but has no charge"


def _orders_astray(session: Session) -> Iterator[str]:
    """A charge of an order that is not over, of another payer than the order's, or beyond what was quoted by itself.

    Where results are withheld it is made with them.
    """
    other = func.coalesce(Charge.payer_account_id, 0) != func.coalesce(SampleOrder.payer_account_id, 0)
    of_work = select(cast(func.sum(ChargeLine.amount_fen), BigInteger)).where(
        ChargeLine.charge_id == Charge.id, ChargeLine.kind.not_in(AFTERWARDS)
    )
    dearer = func.coalesce(of_work.scalar_subquery(), 0) > Charge.estimated_fen
    off = (
        select(Charge.id, SampleOrder.id, SampleOrder.state)
        .join(SampleOrder, SampleOrder.id == Charge.sample_order_id)
        .where(or_(and_(SampleOrder.state.not_in(ENDED_ORDERS), ~SampleOrder.is_withheld), other, dearer))
    )
    for charge_id, order_id, state in session.execute(off.order_by(Charge.id)):
        yield f"charge {charge_id} does not go with sample order {order_id}, which is {state}"


def _orders_without_charge(session: Session) -> Iterator[str]:
    """An order with accepted results that costs something by what was done, and has no charge."""
    done = (
        select(SampleOrder.id)
        .where(
            SampleOrder.state == SampleOrderState.DONE,
            SampleOrder.accepted_by_id.is_not(None),
            ~exists().where(Charge.sample_order_id == SampleOrder.id),
            exists().where(SampleQuote.order_id == SampleOrder.id, SampleQuote.total_fen > 0),
        )
        .order_by(SampleOrder.id)
    )
    for order_id in session.scalars(done):
        if lines_due(session, order_id):
            yield f"sample order {order_id} is done and costs something, but has no charge"


def _quoted_without_charge() -> Select[Reservation]:
    """Those that a quote above zero was made for; not what was let off as older, nor time for samples."""
    costs = exists().where(
        ReservationQuote.reservation_id == Reservation.id,
        ReservationQuote.starts_at == Reservation.starts_at,
        ReservationQuote.ends_at == Reservation.ends_at,
        ReservationQuote.price_policy_id == PricePolicy.id,
        ReservationQuote.total_fen > 0,
        or_(Reservation.state == ReservationState.COMPLETED, PricePolicy.no_show_share > 0),
    )
    return (
        select(Reservation)
        .where(
            Reservation.state.in_(USES),
            costs,
            ~exists().where(Charge.reservation_id == Reservation.id),
            ~exists().where(UseReminder.reservation_id == Reservation.id, UseReminder.level == 0),
            ~exists().where(SampleRun.reservation_id == Reservation.id),
        )
        .order_by(Reservation.id)
    )


def _costs(session: Session, reservation: Reservation) -> bool:
    """Whether what came of it costs something by the very price that it was booked on."""
    found = quote_of(session, reservation)
    if found is None or found.quote is None:
        return False
    if reservation.state == ReservationState.NO_SHOW:
        return found.no_show_fen > 0
    use = session.scalars(select(ReservationUse).where(ReservationUse.reservation_id == reservation.id)).first()
    if use is None or use.starts_at is None or use.ends_at is None:
        return True
    pieces = {int(place): count for place, count in use.pieces.items()}
    used = Used(Period(use.starts_at, use.ends_at), use.sample_count or 0, pieces)
    booked, is_assisted = (
        Period(reservation.starts_at, reservation.ends_at),
        reservation.mode == ReservationMode.ASSISTED,
    )
    return use_quote(found.terms, booked, used, is_assisted=is_assisted).total_fen > 0
