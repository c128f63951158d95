"""What would really cure a refused wish: the nearest free times, a shorter or longer one, another mode."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from booking.core.clock import SHANGHAI, local_date
from booking.core.period import Period, common
from booking.reservations.opening import open_time
from booking.reservations.payment import Payment
from booking.reservations.reasons import (
    ABOUT_GIVING_UP,
    ABOUT_ORDER_FORM,
    ABOUT_VOUCHERS,
    INCURABLE,
    Action,
    Code,
    Refusal,
    Remedy,
)
from booking.reservations.rules import Standing, Terms, Wanted, refusals
from models.vocabulary.catalogue import BookingMode

A_DAY = timedelta(days=1)

ABOUT_PAYMENT = frozenset(
    {
        Code.PAYER_NEEDED,
        Code.PAYER_UNCHOSEN,
        Code.PAYER_UNKNOWN,
        Code.PAYER_EXPIRED,
        Code.PAYER_OTHER_PROVINCE,
        Code.PAYER_OTHER_PLACE,
        Code.PAYER_SHORT,
        Code.PAYER_LIMITED,
        Code.PAYER_SEPARATELY,
        Code.PAYER_OVERDUE,
        Code.PAYER_OWES,
        Code.PAYER_OWED_BY_OTHERS,
    }
)
OTHER_PAYER = frozenset({Action.USE_PAYER, Action.PAY_LATER})
OTHER_VOUCHER = frozenset({Action.USE_VOUCHER, Action.NO_VOUCHER})

ABOUT_TIME = frozenset(
    {
        Code.IN_THE_PAST,
        Code.TOO_SOON,
        Code.TOO_FAR,
        Code.TOO_FAR_FOR_GROUP,
        Code.OFF_GRID,
        Code.NOT_A_SLOT,
        Code.TOO_SHORT,
        Code.TOO_LONG,
        Code.CLOSED,
        Code.SLOT_TAKEN,
    }
)


@dataclass(frozen=True, slots=True)
class FreeTime:
    """What is free around the wish: maximal periods with buffers included, and whether one would fit."""

    window: Period
    periods: Sequence[Period]
    fits: Callable[[Period], bool]


def remedied(
    found: Sequence[Refusal], wanted: Wanted, terms: Terms, standing: Standing, free: FreeTime, *, now: datetime
) -> list[Refusal]:
    """The refusals, each with the remedies that cure the whole wish; none where nothing would."""
    curable = not INCURABLE & {refusal.code for refusal in found}
    agreed = _agreed(standing)
    cures = list(_cures(wanted, terms, agreed, free, now=now)) if curable else []
    return [replace(refusal, remedies=tuple(_for(refusal, cures, terms, agreed))) for refusal in found]


def _agreed(standing: Standing) -> Standing:
    """The same with the order form accepted: that cures itself, beside whatever else is changed."""
    agreement = standing.agreement
    return replace(standing, agreement=replace(agreement, accepted_id=agreement.text_id)) if agreement else standing


def _for(refusal: Refusal, cures: Sequence[Remedy], terms: Terms, agreed: Standing) -> Iterator[Remedy]:
    """The remedies that answer one refusal."""
    if refusal.code == Code.NOT_SIGNED_IN:
        yield Remedy(Action.SIGN_IN)
    elif refusal.code in ABOUT_ORDER_FORM and agreed.agreement:
        yield Remedy(Action.ACCEPT_ORDER_FORM, order_form=agreed.agreement.text_id)
    elif refusal.code == Code.MODE_NOT_OFFERED:
        yield from (cure for cure in cures if cure.action == Action.USE_MODE)
    elif refusal.code == Code.NOT_BOOKABLE_HERE and terms.booking_mode == BookingMode.ELSEWHERE and terms.booking_url:
        yield Remedy(Action.OPEN_OWNER_SYSTEM, url=terms.booking_url)
    elif refusal.code in ABOUT_PAYMENT | ABOUT_VOUCHERS:
        yield from (cure for cure in cures if cure.action in _payment_actions(refusal.code))
    elif refusal.code in ABOUT_TIME:
        yield from (cure for cure in cures if _answers(cure, refusal.code))
    if refusal.code in {*INCURABLE, *ABOUT_GIVING_UP, Code.PAYER_NEEDED}:
        yield Remedy(Action.CONTACT_OWNER)


def _payment_actions(code: Code) -> frozenset[Action]:
    """What answers a reason about payment: a shorter time, or another where the voucher has ended by the wanted one."""
    if code in ABOUT_PAYMENT:
        return OTHER_PAYER | {Action.SHORTEN}
    return OTHER_VOUCHER | {Action.USE_PERIOD} if code == Code.VOUCHER_AFTER_USE_BY else OTHER_VOUCHER


def _answers(cure: Remedy, code: Code) -> bool:
    """Whether the cure is an answer to this very reason."""
    unfit = {Code.TOO_SHORT: Action.SHORTEN, Code.TOO_LONG: Action.LENGTHEN}
    return cure.action not in {Action.USE_MODE, *OTHER_PAYER, *OTHER_VOUCHER} and cure.action != unfit.get(code)


def _cures(wanted: Wanted, terms: Terms, standing: Standing, free: FreeTime, *, now: datetime) -> Iterator[Remedy]:
    """Remedies after which nothing at all is refused, the closest to the wish first."""
    mode = wanted.mode if wanted.mode in terms.modes else terms.modes[0]
    other_mode = None if mode == wanted.mode else mode

    def cured(period: Period, paid: Standing = standing) -> bool:
        left = refusals(replace(wanted, period=period, mode=mode), terms, paid, now=now)
        return free.fits(period) and all(refusal.code == Code.NOT_SIGNED_IN for refusal in left)

    if other_mode and cured(wanted.period):
        yield Remedy(Action.USE_MODE, mode=other_mode)
        return
    for payment, remedy in _paid_otherwise(wanted, standing):
        if cured(wanted.period, replace(standing, payment=payment)):
            yield replace(remedy, mode=other_mode)
    offered = set()
    for action, period in _candidates(wanted, terms, free, standing.can_pay, now=now):
        if period != wanted.period and period not in offered and cured(period):
            offered.add(period)
            yield Remedy(action, period.start, period.end, other_mode)


def _paid_otherwise(wanted: Wanted, standing: Standing) -> Iterator[tuple[Payment, Remedy]]:
    """Other accounts when the chosen one cannot pay, and other vouchers when those that were chosen are refused."""
    payment = standing.payment
    if payment is None:
        return
    if not standing.can_pay(wanted.period):
        for other in payment.instead(wanted.period):
            yield other, Remedy(Action.USE_PAYER if other.chosen else Action.PAY_LATER, payer=other.chosen)
    if payment.voucher_fault(wanted.period):
        for other in payment.covered_instead(wanted.period):
            voucher = other.covering.chosen if other.covering else None
            yield other, Remedy(Action.USE_VOUCHER if voucher else Action.NO_VOUCHER, voucher=voucher)


def _candidates(
    wanted: Wanted, terms: Terms, free: FreeTime, can_pay: Callable[[Period], bool], *, now: datetime
) -> Iterator[tuple[Action, Period]]:
    """Periods worth trying: a shorter or longer one in place, then the nearest ones of the right length."""
    if terms.slots:
        yield from _of_slots(wanted.period, terms, free, can_pay, now=now)
        return
    room = [fitted for part in _room(terms, free, now=now) if (fitted := _fitted(part, terms))]
    length = _right_length(wanted.period.length, terms)
    start = _rounded_down(wanted.period.start, terms)
    if wanted.period.length < length:
        yield Action.LENGTHEN, Period(start, start + length)
    yield from _shorter(wanted.period, terms, room, can_pay)
    yield from _nearest(start, length, room, latest=terms.horizon(now) - terms.grid)


def _room(terms: Terms, free: FreeTime, *, now: datetime) -> Iterator[Period]:
    """Where a visible time may lie: free, buffers taken off, open, not too soon."""
    setup, cleanup = timedelta(minutes=terms.setup_minutes), timedelta(minutes=terms.cleanup_minutes)
    start, end = max(terms.earliest(now), now, free.window.start), free.window.end
    if start >= end:
        return
    opened = open_time(terms.hours, terms.unusual_days, Period(start, end))
    for period in free.periods:
        if period.start + setup < period.end - cleanup:
            visible = Period(period.start + setup, period.end - cleanup)
            yield from common([visible], opened)


def _of_slots(
    wanted: Period, terms: Terms, free: FreeTime, can_pay: Callable[[Period], bool], *, now: datetime
) -> Iterator[tuple[Action, Period]]:
    """Free rows of slots: the least that has the wish in it, the most that the wish has in it, then the nearest."""
    room = list(_room(terms, free, now=now))
    near = [run for run in terms.runs_in(free.window) if run.start < terms.horizon(now)]
    offered = [run for run in near if any(part.contains(run) for part in room)]
    if around := [run for run in offered if run.contains(wanted)]:
        yield Action.LENGTHEN, min(around, key=lambda run: (run.length, run.start))
    if inside := [run for run in offered if wanted.contains(run) and can_pay(run)]:
        yield Action.SHORTEN, max(inside, key=lambda run: (run.length, -run.start.timestamp()))

    def farness(run: Period) -> tuple[int, timedelta, timedelta]:
        days = abs((local_date(run.start) - local_date(wanted.start)).days)
        return days, abs(run.start - wanted.start), abs(run.length - wanted.length)

    nearest: dict[datetime, Period] = {}
    for run in sorted(offered, key=farness):
        nearest.setdefault(run.start, run)
    yield from ((Action.USE_PERIOD, run) for run in list(nearest.values())[:3])


def _fitted(period: Period, terms: Terms) -> Period | None:
    """The largest part that starts and ends on the grid."""
    start = _rounded_down(period.start, terms)
    if start < period.start:
        start += terms.grid
    end = _rounded_down(period.end, terms)
    return Period(start, end) if start < end else None


def _rounded_down(moment: datetime, terms: Terms) -> datetime:
    """The last step of the grid that is not after the moment."""
    local = moment.astimezone(SHANGHAI)
    minutes = (local.hour * 60 + local.minute) % terms.grid_minutes
    return moment - timedelta(minutes=minutes, seconds=local.second, microseconds=local.microsecond)


def _right_length(length: timedelta, terms: Terms) -> timedelta:
    """The nearest length that policy and grid allow."""
    step = terms.grid
    shortest = -(-timedelta(minutes=terms.shortest_minutes) // step) * step
    longest = timedelta(minutes=terms.longest_minutes) // step * step
    return max(shortest, min(longest, -(-length // step) * step))


def _shorter(
    wanted: Period, terms: Terms, room: Iterable[Period], can_pay: Callable[[Period], bool]
) -> Iterator[tuple[Action, Period]]:
    """The longest part of the wish that could be had, and paid."""
    longest = _right_length(timedelta(minutes=terms.longest_minutes), terms)
    parts = [part for period in room if (part := period.clipped(wanted)) and (part := _fitted(part, terms))]
    if parts:
        best = max(parts, key=lambda part: (min(part.length, longest), -part.start.timestamp()))
        part = Period(best.start, min(best.end, best.start + longest))
        yield Action.SHORTEN, part if can_pay(part) else _affordable(part, terms, can_pay)


def _affordable(part: Period, terms: Terms, can_pay: Callable[[Period], bool]) -> Period:
    """As many steps from the start on as can be paid, taking it that more time never costs less; one at least."""
    most, steps = part.length // terms.grid, range(1, part.length // terms.grid + 1)
    payable = bisect_left(steps, True, key=lambda n: not can_pay(Period(part.start, part.start + n * terms.grid)))
    return Period(part.start, part.start + max(1, min(payable, most)) * terms.grid)


def _nearest(
    start: datetime, length: timedelta, room: Sequence[Period], *, latest: datetime
) -> Iterator[tuple[Action, Period]]:
    """The closest start before and after on the same day, then the closest on another day; none after `latest`."""
    starts = {
        min(max(wished, period.start), period.end - length, latest)
        for period in room
        if period.length >= length and period.start <= latest
        for wished in (start, start + A_DAY, _same_clock(start, period.start))
    }
    same_day = {s for s in starts if local_date(s) == local_date(start)}

    def closeness(moment: datetime) -> tuple[int, timedelta]:
        return abs((local_date(moment) - local_date(start)).days), abs(moment - _same_clock(start, moment))

    choices = (
        max((s for s in same_day if s <= start), default=None),
        min((s for s in same_day if s > start), default=None),
        min((s for s in starts if local_date(s) > local_date(start)), key=closeness, default=None),
        min((s for s in starts if local_date(s) < local_date(start)), key=closeness, default=None),
    )
    chosen = [choice for choice in choices if choice is not None]
    yield from ((Action.USE_PERIOD, Period(s, s + length)) for s in chosen[:3])


def _same_clock(start: datetime, other: datetime) -> datetime:
    """The clock time of `start` on the local day of `other`."""
    return start + (local_date(other) - local_date(start))
