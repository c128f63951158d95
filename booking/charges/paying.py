"""What a charge's payer account pays: what was held at once, the rest once that is agreed; what it cannot, waits."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.charges.billed import state_agreed
from booking.charges.books import add_lines
from booking.charges.rules import correction, last_day
from booking.charges.vouchered import eligible_of, fee_of, release_vouchers, taken_off
from booking.payers.capturing import GivenBack, Spending, capture, give_back
from booking.payers.holds import Purpose, Wanted, for_reservation, set_hold
from booking.pricing.rules import Line
from models.charges import Charge
from models.payers import PayerAccount
from models.reservations import Reservation
from models.vocabulary.charges import AGREED, ChargeProblem, ChargeState
from models.vocabulary.payers import PayerKind
from models.vocabulary.pricing import LineKind


def change(session: Session, charge: Charge, lines: Iterable[Line], *, now: datetime) -> int:
    """Add lines to a locked charge, take off what vouchers pay of it, and let its account pay the rest.

    How much more the account spent. Raises VoucherClaimed.
    """
    # What the charge comes to and what was paid of it change together: half of that would not be accepted.
    added = list(lines)
    with session.no_autoflush:
        fee_fen = fee_of(charge) + sum(line.amount_fen for line in added)
        eligible_fen = eligible_of(session, charge, fee_fen, added)
        off = taken_off(session, charge, eligible_fen, fee_fen=fee_fen, now=now)
        add_lines(session, charge, [*added, *off], now=now)
        spent = pay(session, charge, now=now)
    session.flush()
    return spent


def end(session: Session, charge: Charge, kind: LineKind, *, now: datetime) -> int:
    """Take all of a locked charge back by one line, and give back what was paid; how much that takes back.

    What an authority was asked to pay for of its vouchers stays: the line takes back what they do not pay.
    """
    with session.no_autoflush:
        fee_fen = fee_of(charge)
        off = taken_off(session, charge, 0, fee_fen=fee_fen, now=now)
        taken_back = fee_fen - charge.voucher_fen
        add_lines(session, charge, [*([correction(kind, -taken_back)] if taken_back else []), *off], now=now)
        pay(session, charge, now=now)
    session.flush()
    return taken_back


def agree(session: Session, charge: Charge, *, now: datetime) -> int:
    """Let the account of a locked charge pay what its payer agreed to; how much more it spent."""
    with session.no_autoflush:
        spent = pay(session, charge, now=now)
    session.flush()
    return spent


def pay(session: Session, charge: Charge, *, now: datetime) -> int:
    """Let the account of a locked charge pay what its lines add up to: more is spent, or spent money goes back.

    How much more was spent. Until the payer agreed that is what was held for it, and no more; what is held
    in an account that does not pay to the owner of the day goes back. What the account cannot pay of an agreed charge
    is not lost: the charge keeps it as its problem. Nothing is moved for what is settled on paper: what a statement
    asked for beyond what was taken is on paper again before anything is taken for it.
    """
    charge.problem = None
    if charge.payer_account_id is None:
        charge.paper_fen = charge.gross_fen
        return 0
    missing = charge.gross_fen - charge.captured_fen - charge.paper_fen
    off_paper = min(charge.paper_fen, max(0, -missing))
    on_paper = min(max(0, missing), max(0, _asked(charge) - charge.paper_fen))
    charge.paper_fen += on_paper - off_paper
    change = _move(session, charge, charge.payer_account_id, missing + off_paper - on_paper, now=now)
    charge.captured_fen += change
    if charge.state in AGREED and charge.captured_fen + charge.paper_fen < charge.gross_fen:
        charge.problem = ChargeProblem.PAYER_SHORT
    return max(0, change)


def _asked(charge: Charge) -> int:
    """What statements asked for on paper of a charge that is taken from money paid in before."""
    return 0 if charge.billed_taken_fen is None else charge.billed_fen - charge.billed_taken_fen


def stand(session: Session, charge: Charge, *, now: datetime) -> None:
    """Let a locked charge that is agreed to stand where its statements leave it: one that comes back to what they say.

    What is paid frees its part of a credit limit as if it had never been changed.
    """
    charge.state = state_agreed(session, charge)
    if charge.state == ChargeState.PAID and charge.payer_account_id is not None:
        kind = session.scalar(select(PayerAccount.kind).where(PayerAccount.id == charge.payer_account_id))
        if kind == PayerKind.ON_ACCOUNT:
            free_credit(session, [charge], now=now)


def _move(session: Session, charge: Charge, payer_id: int, missing_fen: int, *, now: datetime) -> int:
    """Spend up to what is missing, or give back what is too much; what that changed."""
    spending, key = _spending(charge, payer_id), f"charge:{charge.id}:{charge.version}"
    if missing_fen >= 0:
        return capture(session, spending, missing_fen, key, is_agreed=charge.state in AGREED, now=now)
    give_back(session, [GivenBack(spending, -missing_fen, key)], now=now)
    return missing_fen


def _spending(charge: Charge, payer_id: int) -> Spending:
    """What is spent on a charge, on the last day of its use."""
    return Spending(
        charge_id=charge.id,
        owner_id=charge.organisation_id,
        purpose=Purpose(charge.reservation_id, charge.sample_order_id),
        payer_id=payer_id,
        user_id=charge.user_id,
        day=last_day(charge.used_ends_at or charge.booked_ends_at),
    )


def release(session: Session, reservation: Reservation, *, now: datetime) -> None:
    """Give back whatever account and vouchers hold for a reservation that is charged nothing."""
    if reservation.payer_account_id is not None:
        set_hold(session, for_reservation(reservation.id), Wanted(None, reservation.booked_by_id, 0), now=now)
    if reservation.uses_vouchers:
        release_vouchers(session, for_reservation(reservation.id), now=now)


def free_credit(session: Session, charges: Sequence[Charge], *, now: datetime) -> None:
    """Give the parts of a credit limit back that locked charges of one account had, because money was received for
    them: they are settled on paper.
    """
    freed = [one for one in charges if one.payer_account_id is not None and one.captured_fen]
    back = [
        GivenBack(_spending(one, one.payer_account_id or 0), one.captured_fen, f"charge:{one.id}:{one.version}:paid")
        for one in freed
    ]
    with session.no_autoflush:
        give_back(session, back, now=now)
        for one in freed:
            one.captured_fen, one.paper_fen = 0, one.paper_fen + one.captured_fen
    session.flush()
