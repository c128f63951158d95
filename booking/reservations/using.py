"""Confirming what came of a reservation's time, and what it is charged, in one step; once, whoever else tries."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.charges.making import charge_no_show, charge_use, may_cost, price_of
from booking.charges.own import is_own
from booking.charges.rules import Used
from booking.charges.times import could_be_used
from booking.charges.windows import Windows
from booking.contracts.agreeing import LACKING_USE, AgreementLacking
from booking.core.actors import Actor
from booking.core.errors import Forbidden, InvalidInput, Problem
from booking.core.period import Period
from booking.core.texts import N_
from booking.pricing.quoting import LONGEST
from booking.pricing.rules import Extra, Terms
from booking.reservations.agreeing import lacking_now
from booking.reservations.cancelling import end_reservation
from booking.reservations.changes import Change, asked_period, period_of, record, times, touch
from booking.reservations.forms import UseForm
from booking.reservations.held import Held, hold
from booking.reservations.moving import end_pending
from booking.reservations.refusals import (
    NotChangeable,
    NotOver,
    OlderUse,
    OwnUse,
    PiecesNeeded,
    SamplesNeeded,
    UseConfirmed,
)
from booking.reservations.uses import CONFIRMED_ALREADY, is_older
from models.reservations import Reservation, ReservationUse
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
    once it is over, and not for who pays it where it costs something. An outside booking that lacks its order form or
    contract waits for it, unless it could not be used. Raises NotOver, UseConfirmed, OwnUse, AgreementLacking,
    InvalidInput, and OlderUse, SamplesNeeded or PiecesNeeded where many are confirmed at once.
    """
    held = hold_over(session, reservation_id, version, actor=actor, now=now)
    reservation = held.reservation
    if is_bulk:
        _require_plain(session, reservation)
    used = _used(session, reservation, form, is_bulk=is_bulk, now=now)
    if form.outcome != UseOutcome.UNUSABLE and lacking_now(session, reservation, now=now) is not None:
        raise AgreementLacking(LACKING_USE)
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


def hold_over(session: Session, reservation_id: int, version: int | None, *, actor: Actor, now: datetime) -> Held:
    """The locked reservation of which can be said now what came of it, for who decides about it and pays nothing."""
    held = hold(session, reservation_id, actor=actor, version=version)
    if not held.sight.decides:
        raise Forbidden
    if held.reservation.state in CONFIRMED_ALREADY:
        raise UseConfirmed
    if held.reservation.state != ReservationState.CONFIRMED:
        raise NotChangeable
    if held.period.end > now:
        raise NotOver
    if is_own(session, held.reservation, actor) and may_cost(session, held.reservation):
        raise OwnUse
    return held


def _require_plain(session: Session, reservation: Reservation) -> None:
    """Refuse to confirm among others what is to be looked at by itself.

    Raises OlderUse, SamplesNeeded and PiecesNeeded.
    """
    if is_older(session, reservation.id):
        raise OlderUse
    terms = _terms(session, reservation)
    if terms.counts_samples and not reservation.sample_count:
        raise SamplesNeeded
    if terms.pieces:
        raise PiecesNeeded


def _terms(session: Session, reservation: Reservation) -> Terms:
    """The terms that it was booked on; without a price they ask for nothing."""
    found = price_of(session, reservation)
    return found.terms if found else Terms()


def _used(session: Session, reservation: Reservation, form: UseForm, *, is_bulk: bool, now: datetime) -> Used:
    """What was used, when it can have been; among others as many samples as were booked."""
    terms = _terms(session, reservation)
    problems = [
        *_outcome_problems(session, reservation, form),
        *_time_problems(reservation, form.period, now=now),
        *_piece_problems(terms, form),
        *(() if is_bulk else _count_problems(terms, form)),
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


def _count_problems(terms: Terms, form: UseForm) -> Iterator[Problem]:
    """What the price counts, and nobody said how many there were: zero is to be said too."""
    if form.outcome != UseOutcome.USED:
        return
    if terms.counts_samples and form.samples is None:
        yield Problem("samples", N_("收费按样品数计算，请填写样品数，没有就填 0。"))
    for place in terms.pieces:
        if place not in form.pieces:
            yield Problem(f"pieces.{place}", N_("收费按件计算，请填写件数，没有就填 0。"))


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


def _piece_problems(terms: Terms, form: UseForm) -> Iterator[Problem]:
    """Pieces that no line of the price counts."""
    if form.pieces and not set(form.pieces) <= set(terms.pieces):
        yield Problem("pieces", N_("收费标准里没有这样按数量收费的项目。"))


def piece_lines(session: Session, reservation: Reservation) -> Mapping[int, Extra]:
    """The lines of a reservation's price that are counted by the piece, by their place."""
    return _terms(session, reservation).pieces


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
