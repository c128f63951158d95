"""Confirming what came of a reservation's time, and what it is charged, in one step; once, whoever else tries."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.charges.making import charge_no_show, charge_use
from booking.charges.rules import Used
from booking.charges.times import could_be_used
from booking.charges.windows import Windows
from booking.core.actors import Actor
from booking.core.errors import Forbidden, InvalidInput, Problem
from booking.core.period import Period
from booking.core.texts import N_
from booking.pricing.quoting import LONGEST, quote_of
from booking.pricing.rules import Extra
from booking.reservations.cancelling import end_reservation
from booking.reservations.changes import Change, asked_period, period_of, record, times, touch
from booking.reservations.forms import UseForm
from booking.reservations.held import Held, hold
from booking.reservations.moving import end_pending
from booking.reservations.refusals import NotChangeable, NotOver, OlderUse, OwnUse, SamplesNeeded, UseConfirmed
from booking.reservations.uses import CONFIRMED_ALREADY, is_older
from models.reservations import Reservation, ReservationUse
from models.vocabulary.pricing import Per
from models.vocabulary.reservations import ChangeKind, ReservationState, UseOutcome

A_DAY = timedelta(days=1)
AFTER = {
    UseOutcome.USED: (ReservationState.COMPLETED, ChangeKind.COMPLETED),
    UseOutcome.NO_SHOW: (ReservationState.NO_SHOW, ChangeKind.NO_SHOW),
}
"""What a reservation is then; one that could not be used is cancelled."""


def confirm_use(
    session: Session,
    reservation_id: int,
    form: UseForm,
    *,
    windows: Windows,
    version: int | None = None,
    is_bulk: bool = False,
    actor: Actor,
    now: datetime,
) -> Reservation:
    """Say that a reservation was used, as booked or otherwise, or that nobody came; its charge is made with it.

    One that could not be used ends as cancelled and costs nothing. For who decides about the instrument's bookings,
    once it is over, and for somebody else where it costs something. Raises NotOver, UseConfirmed, OwnUse, InvalidInput,
    and OlderUse or SamplesNeeded where many are confirmed at once.
    """
    held = _hold(session, reservation_id, version, actor=actor, now=now)
    reservation = held.reservation
    if is_bulk:
        _require_plain(session, reservation)
    used = _used(session, reservation, form, now=now)
    if asked_period(reservation):
        end_pending(session, reservation, ChangeKind.MOVE_LAPSED, reason="", actor=None, now=now)
    _store(session, reservation, form, used, actor=actor, now=now)
    if form.outcome == UseOutcome.UNUSABLE:
        cancelled = ReservationState.CANCELLED
        end_reservation(session, reservation, cancelled, reason=form.note, actor=actor, now=now)
    else:
        _end_used(session, reservation, form, used, windows=windows, actor=actor, now=now)
    return reservation


def _end_used(
    session: Session,
    reservation: Reservation,
    form: UseForm,
    used: Used,
    *,
    windows: Windows,
    actor: Actor,
    now: datetime,
) -> None:
    """Put it into its last state, with its charge."""
    state, kind = AFTER[form.outcome]
    reservation.state, reservation.decide_by = state, None
    touch(reservation, now=now)
    if form.outcome == UseOutcome.USED:
        charge_use(session, reservation, used, windows=windows, actor=actor, now=now)
    else:
        charge_no_show(session, reservation, windows=windows, actor=actor, now=now)
    booked = period_of(reservation)
    differs = used.period is not None and used.period != booked
    before = times(booked) if differs or form.outcome == UseOutcome.NO_SHOW else None
    after = times(used.period or booked) if form.outcome == UseOutcome.USED else None
    change = Change(kind, before=before, after=after, reason=form.note)
    record(session, reservation, change, actor=actor, now=now)


def _hold(session: Session, reservation_id: int, version: int | None, *, actor: Actor, now: datetime) -> Held:
    """The locked reservation whose use can be confirmed now, for who decides about it."""
    held = hold(session, reservation_id, actor=actor, version=version)
    if not held.sight.decides:
        raise Forbidden
    if held.reservation.state in CONFIRMED_ALREADY:
        raise UseConfirmed
    if held.reservation.state != ReservationState.CONFIRMED:
        raise NotChangeable
    if held.period.end > now:
        raise NotOver
    if held.sight.is_holder and quote_of(session, held.reservation) is not None:
        raise OwnUse
    return held


def _require_plain(session: Session, reservation: Reservation) -> None:
    """Refuse to confirm among others what is to be looked at by itself; raises OlderUse and SamplesNeeded."""
    if is_older(session, reservation.id):
        raise OlderUse
    found = quote_of(session, reservation)
    if found is not None and found.terms.sample_fen and reservation.sample_count is None:
        raise SamplesNeeded


def _used(session: Session, reservation: Reservation, form: UseForm, *, now: datetime) -> Used:
    """What was used, when it can have been; samples as they were booked where nothing else is said."""
    problems = [
        *_outcome_problems(session, reservation, form),
        *_time_problems(reservation, form.period, now=now),
        *_piece_problems(session, reservation, form),
    ]
    if problems:
        raise InvalidInput(problems)
    samples = form.samples if form.samples is not None else reservation.sample_count
    return Used(form.period, samples or 0, form.pieces)


def _outcome_problems(session: Session, reservation: Reservation, form: UseForm) -> Iterator[Problem]:
    """Nobody is charged for not coming to what was closed; why it could not be used is said to who booked."""
    if form.outcome == UseOutcome.NO_SHOW and not could_be_used(session, reservation):
        yield Problem("outcome", N_("这段时间仪器停用过，不能登记为没有人来，请选“未能使用”。"))
    if form.outcome == UseOutcome.UNUSABLE and not form.note:
        yield Problem("note", N_("请写明为什么不能使用，预约人会看到。"))


def _time_problems(reservation: Reservation, period: Period | None, *, now: datetime) -> Iterator[Problem]:
    """What cannot be about the time of a use: in the future, endless, more than a day away from what was booked."""
    if period is None:
        return
    within = period_of(reservation).widened(A_DAY, A_DAY)
    if period.end > now:
        yield Problem("actual_ends_at", N_("实际结束时间不能晚于现在。"))
    elif period.end > within.end:
        yield Problem("actual_ends_at", N_("实际结束时间最多比预约的结束时间晚一天，请核对日期。"))
    if period.length > LONGEST:
        yield Problem("actual_ends_at", N_("一次使用最长 31 天。"))
    if period.start < within.start or period.start >= within.end:
        yield Problem("actual_starts_at", N_("实际时间与预约相差一天以上，请核对日期。"))


def _piece_problems(session: Session, reservation: Reservation, form: UseForm) -> Iterator[Problem]:
    """Pieces that no line of the price counts."""
    if form.pieces and not set(form.pieces) <= set(piece_lines(session, reservation)):
        yield Problem("pieces", N_("收费标准里没有这样按数量收费的项目。"))


def piece_lines(session: Session, reservation: Reservation) -> dict[int, Extra]:
    """The lines of a reservation's price that are counted by the piece, by their place."""
    found = quote_of(session, reservation)
    extras = found.terms.extras if found else ()
    return {place: extra for place, extra in enumerate(extras) if extra.per == Per.PIECE}


def _store(
    session: Session, reservation: Reservation, form: UseForm, used: Used, *, actor: Actor, now: datetime
) -> None:
    """Keep what came of it."""
    was_used = form.outcome == UseOutcome.USED
    period = (used.period or period_of(reservation)) if was_used else None
    is_counted = was_used and (form.samples is not None or reservation.sample_count is not None)
    use = ReservationUse(
        reservation_id=reservation.id,
        outcome=form.outcome,
        starts_at=period.start if period else None,
        ends_at=period.end if period else None,
        sample_count=used.samples if is_counted else None,
        pieces={str(place): count for place, count in form.pieces.items()} if was_used else {},
        note=form.note,
        confirmed_by_id=actor.id,
        created_at=now,
    )
    session.add(use)
    session.flush()
