"""What a charge's payer account pays: what was held at once, the rest once that is agreed; what it cannot, waits."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.charges.books import add_lines
from booking.core.clock import local_date
from booking.payers.capturing import Spending, capture, give_back
from booking.payers.holds import Wanted, set_hold
from booking.pricing.rules import Line
from models.charges import Charge
from models.reservations import Reservation
from models.vocabulary.charges import AGREED, ChargeProblem


def change(session: Session, charge: Charge, lines: Iterable[Line], *, now: datetime) -> int:
    """Add lines to a locked charge and let its account pay for that; how much more was spent."""
    # What the charge comes to and what was paid of it change together: half of that would not be accepted.
    with session.no_autoflush:
        add_lines(session, charge, lines, now=now)
        spent = pay(session, charge, now=now)
    session.flush()
    return spent


def pay(session: Session, charge: Charge, *, now: datetime) -> int:
    """Let the account of a locked charge pay what its lines add up to: more is spent, or spent money goes back.

    How much more was spent. Until the payer agreed that is what was held for the reservation, and no more; what is held
    in an account that does not pay to the owner of the day goes back. What the account cannot pay of an agreed charge
    is not lost: the charge keeps it as its problem. Nothing is moved for what is settled on paper. Raises PayerClosed
    when money would go back to a closed account.
    """
    charge.problem = None
    if charge.payer_account_id is None:
        charge.paper_fen = charge.gross_fen
        return 0
    missing = charge.gross_fen - charge.captured_fen - charge.paper_fen
    off_paper = min(charge.paper_fen, max(0, -missing))
    charge.paper_fen -= off_paper
    change = _move(session, charge, charge.payer_account_id, missing + off_paper, now=now)
    charge.captured_fen += change
    if charge.state in AGREED and charge.captured_fen + charge.paper_fen < charge.gross_fen:
        charge.problem = ChargeProblem.PAYER_SHORT
    return max(0, change)


def _move(session: Session, charge: Charge, payer_id: int, missing_fen: int, *, now: datetime) -> int:
    """Spend up to what is missing, or give back what is too much; what that changed."""
    last_moment = (charge.used_ends_at or charge.booked_ends_at) - timedelta(microseconds=1)
    spending = Spending(
        charge_id=charge.id,
        owner_id=charge.organisation_id,
        reservation_id=charge.reservation_id,
        payer_id=payer_id,
        user_id=charge.user_id,
        day=local_date(last_moment),
    )
    key = f"charge:{charge.id}:{charge.version}"
    if missing_fen >= 0:
        return capture(session, spending, missing_fen, key, is_agreed=charge.state in AGREED, now=now)
    give_back(session, spending, -missing_fen, key, now=now)
    return missing_fen


def release(session: Session, reservation: Reservation, *, now: datetime) -> None:
    """Give back whatever is held for a reservation that is charged nothing."""
    if reservation.payer_account_id is not None:
        set_hold(session, reservation.id, Wanted(None, reservation.booked_by_id, 0), now=now)
