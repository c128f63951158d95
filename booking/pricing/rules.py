"""What a use costs: lines that add up to a total, decided on values alone."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import accumulate
from typing import Any

from booking.affiliations.rules import Group
from booking.catalogue.rules import Hours
from booking.core.clock import SHANGHAI, at_local, local_date
from booking.core.money import WHOLE_SHARE, rounded
from booking.core.period import Period
from models.vocabulary.affiliations import Audience, UserSide
from models.vocabulary.pricing import BilledOn, ExtraKind, LineKind, Offer, Per, Rounding

MINUTES_PER_HOUR = 60
MINUTE = timedelta(minutes=1)
STEPS = (1, 5, 10, 15, 30, 60)
STEP_OF = {Rounding.FEN: 1, Rounding.JIAO: 10, Rounding.YUAN: 100}


@dataclass(frozen=True, slots=True)
class Extra:
    """A further line of a price: consumables, preparation, a test item."""

    kind: ExtraKind
    per: Per
    name_zh: str
    name_en: str
    unit_fen: int


@dataclass(frozen=True, slots=True)
class Package:
    """So many hours of one use for a fixed price."""

    hours: int
    price_fen: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What one price row says; money in fen, shares in basis points."""

    hourly_fen: int = 0
    peak_hourly_fen: int | None = None
    peak: tuple[Hours, ...] = ()
    minimum_fen: int = 0
    setup_fen: int = 0
    staff_hourly_fen: int = 0
    sample_fen: int = 0
    step_minutes: int = 1
    rounding: Rounding = Rounding.FEN
    billed_on: BilledOn = BilledOn.BOOKED
    cancel_hours: int = 24
    cancel_share: int = 0
    no_show_share: int = 0
    extras: tuple[Extra, ...] = ()
    packages: tuple[Package, ...] = ()

    @property
    def counts_samples(self) -> bool:
        """Whether the number of samples changes what a use costs."""
        return self.sample_fen > 0 or any(extra.per == Per.SAMPLE and extra.unit_fen for extra in self.extras)

    @property
    def pieces(self) -> Mapping[int, Extra]:
        """The further lines that are counted by the piece, by their place."""
        return {place: extra for place, extra in enumerate(self.extras) if extra.per == Per.PIECE}


@dataclass(frozen=True, slots=True)
class Use:
    """What is to be paid for: a time, alone or assisted, samples, and pieces by the place of their line."""

    period: Period | None
    is_assisted: bool = False
    samples: int = 0
    pieces: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a quote: minutes at a price per hour, or a count at a price each; `why` is for its sentence."""

    kind: LineKind
    amount_fen: int
    unit_fen: int
    minutes: int | None = None
    count: int | None = None
    name_zh: str = ""
    name_en: str = ""
    why: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Quote:
    """What a use costs; the lines add up to the total."""

    lines: tuple[Line, ...]
    total_fen: int


@dataclass(frozen=True, slots=True)
class Standing:
    """One row in force for a user group, at the instrument itself or at its unit."""

    group_id: int
    is_own: bool
    offer: Offer
    valid_from: date


def quote(terms: Terms, use: Use) -> Quote:
    """What the use costs under these terms, line by line."""
    lines = [*_time_lines(terms, use), *_once(terms, use), *_extras(terms, use)]
    total = sum(line.amount_fen for line in lines)
    if total < terms.minimum_fen:
        why = {"minimum_fen": terms.minimum_fen}
        missing = terms.minimum_fen - total
        lines.append(Line(LineKind.MINIMUM, missing, missing, count=1, why=why))
        total = terms.minimum_fen
    nearest = rounded(Fraction(total), STEP_OF[terms.rounding])
    if nearest != total:
        difference = nearest - total
        lines.append(Line(LineKind.ROUNDING, difference, difference, count=1, why={"to": str(terms.rounding)}))
    return Quote(tuple(lines), nearest)


def billed_time(terms: Terms, booked: Period, actual: Period | None) -> Period:
    """The time that counts: booked, actual, or the longer; the booked one as long as the actual is not known."""
    if actual is None or terms.billed_on == BilledOn.BOOKED:
        return booked
    if terms.billed_on == BilledOn.LARGER and booked.length >= actual.length:
        return booked
    return actual


def whole_steps(terms: Terms, period: Period) -> Period:
    """The period from a whole minute on, as long as the steps that it has begun."""
    local = period.start.astimezone(SHANGHAI)
    start = period.start - timedelta(seconds=local.second, microseconds=local.microsecond)
    step = timedelta(minutes=terms.step_minutes)
    return Period(start, start - (start - period.end) // step * step)


def chosen(standings: Iterable[Standing], group: Group, groups: Sequence[Group]) -> Standing | None:
    """Which row holds for somebody of `group`: the instrument's before the unit's, the group's before its side's.

    Groups without a row of their own pay what stands for their side: inside the members, outside everybody else.
    """
    audience = Audience.MEMBERS if group.side == UserSide.INSIDE else Audience.OTHERS
    side = next((one.id for one in groups if one.audience == audience), None)
    speaking = [one for one in standings if one.offer != Offer.WITHDRAWN]
    for is_own in (True, False):
        for group_id in (group.id, side):
            found = next((one for one in speaking if one.is_own == is_own and one.group_id == group_id), None)
            if found:
                return found
    return None


def changed_by(terms: Terms, basis_points: int, rounding: Rounding) -> Terms:
    """The terms with every amount raised or lowered by a share, rounded."""

    def new(fen: int) -> int:
        return rounded(Fraction(fen * (WHOLE_SHARE + basis_points), WHOLE_SHARE), STEP_OF[rounding])

    return replace(
        terms,
        hourly_fen=new(terms.hourly_fen),
        peak_hourly_fen=None if terms.peak_hourly_fen is None else new(terms.peak_hourly_fen),
        minimum_fen=new(terms.minimum_fen),
        setup_fen=new(terms.setup_fen),
        staff_hourly_fen=new(terms.staff_hourly_fen),
        sample_fen=new(terms.sample_fen),
        extras=tuple(replace(extra, unit_fen=new(extra.unit_fen)) for extra in terms.extras),
        packages=tuple(replace(package, price_fen=new(package.price_fen)) for package in terms.packages),
    )


@dataclass(frozen=True, slots=True)
class _Timed:
    """A time with its peak hours in minutes from its start on, found and added up once."""

    length: int
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    before: tuple[int, ...]

    @classmethod
    def of(cls, terms: Terms, period: Period) -> "_Timed":
        """The time, which begins with a whole minute, under these terms."""
        parts = [] if terms.peak_hourly_fen is None else sorted(_peaks(terms.peak, period))
        starts = tuple((part.start - period.start) // MINUTE for part in parts)
        ends = tuple((part.end - period.start) // MINUTE for part in parts)
        lengths = (end - start for start, end in zip(starts, ends, strict=True))
        return cls(period.length // MINUTE, starts, ends, tuple(accumulate(lengths, initial=0)))

    def rates(self, covered: int) -> tuple[int, int]:
        """The minutes outside and inside of the peak hours, without those covered from the start on."""
        cut = min(covered, self.length)
        begun = bisect_right(self.starts, cut)
        inside = self.before[-1] - self.before[begun]
        if begun and self.ends[begun - 1] > cut:
            inside += self.ends[begun - 1] - cut
        return self.length - cut - inside, inside


def _time_lines(terms: Terms, use: Use) -> Iterator[Line]:
    """The time, by packages and by the hour; the staff beside it."""
    if use.period is None:
        return
    period = whole_steps(terms, use.period)
    timed = _Timed.of(terms, period)
    why = {"step": terms.step_minutes} if period.end > use.period.end and terms.step_minutes > 1 else {}
    package, count = _cheapest(terms, timed)
    if package:
        amount = count * package.price_fen
        yield Line(LineKind.PACKAGE, amount, package.price_fen, count=count, why={"hours": package.hours})
    ordinary, peak = timed.rates(_covered(package, count))
    if ordinary and terms.hourly_fen:
        yield _by_time(LineKind.TIME, ordinary, terms.hourly_fen, why)
    if peak and terms.peak_hourly_fen:
        yield _by_time(LineKind.PEAK_TIME, peak, terms.peak_hourly_fen, why)
    if use.is_assisted and terms.staff_hourly_fen:
        yield _by_time(LineKind.STAFF, period.length // MINUTE, terms.staff_hourly_fen, why)


def _cheapest(terms: Terms, timed: _Timed) -> tuple[Package | None, int]:
    """The package, and how many of it, with which the time costs least; none when that is no dearer."""
    best: tuple[int, Package | None, int] = (_cost(terms, timed, None, 0), None, 0)
    for package in terms.packages:
        most = -(timed.length // -_covered(package, 1))
        for count in range(1, most + 1):
            cost = _cost(terms, timed, package, count)
            if cost < best[0]:
                best = (cost, package, count)
    return best[1], best[2]


def _cost(terms: Terms, timed: _Timed, package: Package | None, count: int) -> int:
    """What the time costs with so many of a package, the rest by the hour."""
    ordinary, peak = timed.rates(_covered(package, count))
    by_hour = _for_minutes(ordinary, terms.hourly_fen) + _for_minutes(peak, terms.peak_hourly_fen or 0)
    return by_hour + (count * package.price_fen if package else 0)


def _covered(package: Package | None, count: int) -> int:
    """The minutes from the start on that packages pay for."""
    return package.hours * count * MINUTES_PER_HOUR if package else 0


def _once(terms: Terms, use: Use) -> Iterator[Line]:
    """What is paid once, and for samples."""
    if terms.setup_fen:
        yield Line(LineKind.SETUP, terms.setup_fen, terms.setup_fen, count=1)
    if terms.sample_fen and use.samples:
        amount = use.samples * terms.sample_fen
        yield Line(LineKind.SAMPLES, amount, terms.sample_fen, count=use.samples)


def _extras(terms: Terms, use: Use) -> Iterator[Line]:
    """The further lines; those by the piece only as far as pieces are named."""
    minutes = whole_steps(terms, use.period).length // MINUTE if use.period else 0
    for place, extra in enumerate(terms.extras):
        counts = {Per.BOOKING: 1, Per.SAMPLE: use.samples, Per.PIECE: use.pieces.get(place, 0)}
        if extra.per == Per.HOUR:
            line = _by_time(LineKind(extra.kind), minutes, extra.unit_fen, {})
        else:
            count = counts[extra.per]
            line = Line(LineKind(extra.kind), count * extra.unit_fen, extra.unit_fen, count=count)
        if line.minutes or line.count:
            yield replace(line, name_zh=extra.name_zh, name_en=extra.name_en)


def _by_time(kind: LineKind, minutes: int, hourly_fen: int, why: Mapping[str, Any]) -> Line:
    """A line of minutes at a price per hour."""
    return Line(kind, _for_minutes(minutes, hourly_fen), hourly_fen, minutes=minutes, why=why)


def _for_minutes(minutes: int, hourly_fen: int) -> int:
    """What so many minutes cost, rounded to a fen, halves up."""
    # Whole numbers alone: this is asked thousands of times for one quote, and fractions take ten times as long.
    return (2 * minutes * hourly_fen + MINUTES_PER_HOUR) // (2 * MINUTES_PER_HOUR)


def _peaks(peak: Sequence[Hours], period: Period) -> Iterator[Period]:
    """The parts of a period that lie in peak hours, local day by local day; holidays are days like others."""
    day = local_date(period.start)
    while day <= local_date(period.end):
        for hours in peak:
            if hours.weekday == day.isoweekday():
                window = Period(at_local(day, hours.opens_minute), at_local(day, hours.closes_minute))
                if part := period.clipped(window):
                    yield part
        day += timedelta(days=1)
