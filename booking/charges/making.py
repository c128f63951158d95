"""Making charges, in the transaction of what they are for: a confirmed use, an absence, a late cancellation."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from booking.charges import paying
from booking.charges.books import add_lines, tell
from booking.charges.rules import Used, let_off, share_line, taken_time, use_quote
from booking.charges.times import closed_time, has_open_conflict, lanes_of_others, owner_then
from booking.charges.vouchered import FEES, ever_held, release_vouchers
from booking.charges.windows import Windows, accept_by
from booking.core.actors import Actor
from booking.core.period import Period
from booking.payers.holds import for_reservation
from booking.pricing.queries import Spot
from booking.pricing.quoting import LONGEST, Asked, Quoted, is_for_samples, quote_of, quoted
from booking.pricing.rules import Line
from models.charges import Charge
from models.reservations import Reservation
from models.vocabulary.charges import ChargeKind, ChargeProblem, ChargeState, ChargeStep
from models.vocabulary.pricing import LineKind
from models.vocabulary.reservations import ReservationMode, ReservationState


@dataclass(frozen=True, slots=True)
class Costs:
    """What a charge begins with."""

    kind: ChargeKind
    estimated_fen: int
    lines: Sequence[Line] = ()
    used: Period | None = None
    problem: ChargeProblem | None = None


def charge_use(
    session: Session, reservation: Reservation, used: Used, *, windows: Windows, actor: Actor, now: datetime
) -> Charge | None:
    """The charge for a confirmed use of a locked reservation; None where it costs nothing.

    What is held for it is spent, and no more is held afterwards. What has no price although the instrument has one is
    never guessed: it waits with its problem.
    """
    booked = _booked(reservation)
    found = price_of(session, reservation)
    if found is None or found.quote is None:
        if unpriced(session, reservation) is None:
            paying.release(session, reservation, now=now)
            return None
        costs = Costs(ChargeKind.USE, 0, used=used.period or booked, problem=ChargeProblem.NOT_PRICED)
        return _make(session, reservation, None, costs, ChargeState.ESTIMATED, None, actor=actor, now=now)
    is_assisted = reservation.mode == ReservationMode.ASSISTED
    lines = use_quote(found.terms, booked, used, is_assisted=is_assisted).lines
    costs = Costs(ChargeKind.USE, found.quote.total_fen, lines, used.period or booked)
    return _final(session, reservation, found, costs, windows=windows, actor=actor, now=now)


def charge_no_show(
    session: Session, reservation: Reservation, *, windows: Windows, actor: Actor, now: datetime
) -> Charge | None:
    """The charge for a reservation that nobody came for; None where that costs nothing.

    What has no price although the instrument has one waits with its problem, as a use does.
    """
    found = price_of(session, reservation)
    if found is None or found.quote is None:
        price = unpriced(session, reservation)
        if price is None or not _owes(price, price.policy.no_show_share):
            paying.release(session, reservation, now=now)
            return None
        costs = Costs(ChargeKind.NO_SHOW, 0, problem=ChargeProblem.NOT_PRICED)
        return _make(session, reservation, None, costs, ChargeState.ESTIMATED, None, actor=actor, now=now)
    line = share_line(LineKind.NO_SHOW, found.quote.total_fen, found.policy.no_show_share)
    costs = Costs(ChargeKind.NO_SHOW, line.amount_fen, [line])
    return _final(session, reservation, found, costs, windows=windows, actor=actor, now=now)


def late_fee(session: Session, reservation: Reservation, *, now: datetime) -> int:
    """What it costs its holder to cancel now: nothing in time, or while the instrument is closed to them anyway."""
    found = price_of(session, reservation)
    if found is None or not found.late_fen or not is_late(session, reservation, found, now=now):
        return 0
    return found.late_fen


def is_late_and_unpriced(session: Session, reservation: Reservation, *, now: datetime) -> bool:
    """Whether cancelling now may cost something, but no price says how much."""
    if price_of(session, reservation) is not None:
        return False
    price = unpriced(session, reservation)
    if price is None or not _owes(price, price.policy.cancel_share):
        return False
    return is_late(session, reservation, price, now=now)


def charge_late_cancellation(session: Session, reservation: Reservation, *, actor: Actor, now: datetime) -> Charge:
    """The charge for a cancellation that came too late: estimated until its time is over, for others may take that.

    Where no price says how much it is, it waits with its problem.
    """
    found, kind = price_of(session, reservation), ChargeKind.LATE_CANCELLATION
    if found is None or found.quote is None:
        costs = Costs(kind, 0, problem=ChargeProblem.NOT_PRICED)
        return _make(session, reservation, None, costs, ChargeState.ESTIMATED, None, actor=actor, now=now)
    line = share_line(LineKind.LATE_CANCELLATION, found.quote.total_fen, found.policy.cancel_share)
    costs = Costs(kind, line.amount_fen, [line])
    ends_at = reservation.ends_at
    return _make(session, reservation, found, costs, ChargeState.ESTIMATED, ends_at, actor=actor, now=now)


def finish(session: Session, charge: Charge, *, windows: Windows, now: datetime) -> None:
    """A locked late fee whose time is over: less what others took or was closed, spent of what is held; or waived."""
    reservation = session.get_one(Reservation, charge.reservation_id)
    paying.change(session, charge, _let_off(session, reservation, charge.gross_fen), now=now)
    if not charge.gross_fen:
        charge.state, charge.due_at = ChargeState.WAIVED, None
    else:
        charge.state = ChargeState.FINAL
        charge.due_at = accept_by(session, charge.organisation_id, windows.accept_days, now=now)
    tell(session, charge, ChargeStep.FINISH, actor=None, now=now)


def _final(
    session: Session,
    reservation: Reservation,
    found: Quoted,
    costs: Costs,
    *,
    windows: Windows,
    actor: Actor,
    now: datetime,
) -> Charge | None:
    """A charge that is asked about at once; what costs nothing has none, and holds nothing any more."""
    if not sum(line.amount_fen for line in costs.lines):
        paying.release(session, reservation, now=now)
        return None
    due = accept_by(session, owner_then(session, reservation), windows.accept_days, now=now)
    return _make(session, reservation, found, costs, ChargeState.FINAL, due, actor=actor, now=now)


def _make(  # noqa: PLR0917 - what a charge is for, and how it begins
    session: Session,
    reservation: Reservation,
    found: Quoted | None,
    costs: Costs,
    state: ChargeState,
    due_at: datetime | None,
    *,
    actor: Actor,
    now: datetime,
) -> Charge:
    """Store a charge with its lines; one that is final is paid as far as vouchers and the account go.

    What vouchers hold for a booking that nobody came to, or that was cancelled too late, goes back: after its account,
    which everybody locks before vouchers.
    """
    charge = _new(reservation, found, costs, state, owner_then(session, reservation), now=now)
    charge.due_at = due_at
    charge.uses_vouchers = ever_held(for_reservation(reservation.id))
    session.add(charge)
    session.flush()
    if state == ChargeState.FINAL:
        paying.change(session, charge, costs.lines, now=now)
    else:
        add_lines(session, charge, costs.lines, now=now)
    if charge.uses_vouchers and costs.kind in FEES:
        release_vouchers(session, for_reservation(reservation.id), now=now)
    tell(session, charge, ChargeStep.MAKE, actor=actor, now=now)
    return charge


def _new(
    reservation: Reservation,
    found: Quoted | None,
    costs: Costs,
    state: ChargeState,
    owner_id: int,
    *,
    now: datetime,
) -> Charge:
    """The row of a charge, with nothing on it yet."""
    return Charge(
        reservation_id=reservation.id,
        organisation_id=owner_id,
        instrument_id=reservation.instrument_id,
        user_id=reservation.booked_by_id,
        payer_account_id=reservation.payer_account_id,
        price_policy_id=found.policy.id if found else None,
        user_group_id=found.group_id if found else None,
        kind=costs.kind,
        state=state,
        problem=costs.problem,
        booked_starts_at=reservation.starts_at,
        booked_ends_at=reservation.ends_at,
        used_starts_at=costs.used.start if costs.used else None,
        used_ends_at=costs.used.end if costs.used else None,
        estimated_fen=costs.estimated_fen,
        gross_fen=0,
        captured_fen=0,
        paper_fen=0,
        version=0,
        created_at=now,
        updated_at=now,
    )


def _booked(reservation: Reservation) -> Period:
    """The time it had."""
    return Period(reservation.starts_at, reservation.ends_at)


def _let_off(session: Session, reservation: Reservation, fee_fen: int) -> Iterable[Line]:
    """The lines for the time in which the instrument could not be used, and for what others took of the rest."""
    freed = _booked(reservation)
    taken = taken_time(freed, lanes_of_others(session, reservation))
    return let_off(fee_fen, freed, closed_time(session, reservation), taken)


def price_of(session: Session, reservation: Reservation) -> Quoted | None:
    """What a reservation was quoted; nothing for time in which samples are tested: their orders are charged."""
    return None if is_for_samples(session, reservation.id) else quote_of(session, reservation)


def unpriced(session: Session, reservation: Reservation) -> Quoted | None:
    """The price of a reservation without a quote that does not say what it costs: not offered to them, or too long.

    What had no price when it was booked is free of charge; time for samples is charged with their orders.
    """
    if is_for_samples(session, reservation.id):
        return None
    instrument, booked = reservation.instrument, _booked(reservation)
    period = Period(booked.start, min(booked.end, booked.start + LONGEST))
    spot = Spot(instrument.id, instrument.unit_id, instrument.organisation_id)
    wanted = Asked(reservation.booked_by_id, period, reservation.mode, reservation.sample_count)
    found = quoted(session, spot, wanted, now=reservation.created_at)
    if found is None or found.policy.created_at > reservation.created_at:
        return None
    return found if found.quote is None or period != booked else None


def may_cost(session: Session, reservation: Reservation) -> bool:
    """Whether a reservation has a price, even one that does not say what it costs."""
    return price_of(session, reservation) is not None or unpriced(session, reservation) is not None


def _owes(price: Quoted, share: int) -> bool:
    """Whether a share of what no quote says may be owed: a price that is offered must name one."""
    return price.quote is None or share > 0


def is_late(session: Session, reservation: Reservation, price: Quoted, *, now: datetime) -> bool:
    """Whether cancelling now comes too late, and the instrument is not closed to its holder anyway."""
    is_firm = reservation.state == ReservationState.CONFIRMED
    return is_firm and now > price.free_until and not has_open_conflict(session, reservation.id)
