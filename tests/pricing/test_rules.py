"""What a use costs: examples by hand, and what must hold for every price."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.affiliations.rules import Group
from booking.catalogue.rules import read_hours
from booking.core.clock import at_local, local_date
from booking.core.money import fen_from_yuan, rounded, share_of, yuan_from_fen
from booking.core.period import Period
from booking.pricing.rules import (
    STEPS,
    Extra,
    Package,
    Standing,
    Terms,
    Use,
    billed_time,
    changed_by,
    chosen,
    quote,
)
from models.vocabulary.affiliations import Audience, UserSide
from models.vocabulary.pricing import BilledOn, ExtraKind, LineKind, Offer, Per, Rounding

MONDAY = date(2026, 11, 23)
OFFICE = tuple(read_hours("1-5 09:00-18:00"))
PLAIN = Terms(hourly_fen=20_000)
PEAK = Terms(hourly_fen=20_000, peak_hourly_fen=30_000, peak=OFFICE)
DAY_RATE = Terms(hourly_fen=20_000, packages=(Package(8, 120_000),))
LINES = (
    Extra(ExtraKind.CONSUMABLE, Per.HOUR, "液氮", "Liquid nitrogen", 2_000),
    Extra(ExtraKind.PREPARATION, Per.SAMPLE, "喷金", "Gold coating", 3_000),
    Extra(ExtraKind.CONSUMABLE, Per.PIECE, "样品台", "Stub", 1_500),
    Extra(ExtraKind.TEST_ITEM, Per.PIECE, "能谱", "EDS", 20_000),
)


def at(hour: float, hours: float, day: int = 0) -> Period:
    start = at_local(MONDAY + timedelta(days=day)) + timedelta(hours=hour)
    return Period(start, start + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("terms", "use", "lines"),
    [
        pytest.param(PLAIN, Use(at(13, 2)), [("time", 40_000)], id="two hours"),
        pytest.param(
            PEAK,
            Use(at(16.5, 2.5)),
            [("time", 20_000), ("peak_time", 45_000)],
            id="over the end of the peak",
        ),
        pytest.param(PEAK, Use(at(8, 1)), [("time", 20_000)], id="ends where the peak begins"),
        pytest.param(PEAK, Use(at(10, 4, day=5)), [("time", 80_000)], id="no peak on Saturday"),
        pytest.param(
            PEAK, Use(at(22, 12)), [("time", 220_000), ("peak_time", 30_000)], id="over midnight into the next peak"
        ),
        pytest.param(DAY_RATE, Use(at(9, 5)), [("time", 100_000)], id="a package that would cost more"),
        pytest.param(DAY_RATE, Use(at(9, 7)), [("package", 120_000)], id="a package that costs less than the hours"),
        pytest.param(
            DAY_RATE, Use(at(9, 10)), [("package", 120_000), ("time", 40_000)], id="a package used up in the middle"
        ),
        pytest.param(DAY_RATE, Use(at(0, 16)), [("package", 240_000)], id="two packages"),
        pytest.param(
            Terms(hourly_fen=20_000, peak_hourly_fen=30_000, peak=OFFICE, packages=(Package(8, 120_000),)),
            Use(at(9, 10)),
            [("package", 120_000), ("time", 20_000), ("peak_time", 30_000)],
            id="what a package leaves over costs what its own hours cost",
        ),
        pytest.param(
            Terms(hourly_fen=20_000, minimum_fen=30_000),
            Use(at(9, 1)),
            [("time", 20_000), ("minimum", 10_000)],
            id="minimum",
        ),
        pytest.param(
            Terms(hourly_fen=20_000, step_minutes=30), Use(at(9, 0.6)), [("time", 20_000)], id="begun half hours count"
        ),
        pytest.param(
            Terms(hourly_fen=20_000, setup_fen=5_000, staff_hourly_fen=6_000),
            Use(at(9, 2), is_assisted=True),
            [("time", 40_000), ("staff", 12_000), ("setup", 5_000)],
            id="assisted, with set-up",
        ),
        pytest.param(
            Terms(hourly_fen=20_000, staff_hourly_fen=6_000),
            Use(at(9, 2)),
            [("time", 40_000)],
            id="alone, without staff",
        ),
        pytest.param(
            Terms(sample_fen=8_000, extras=LINES),
            Use(at(9, 2), samples=6, pieces={2: 1, 3: 4}),
            [
                ("samples", 48_000),
                ("consumable", 4_000),
                ("preparation", 18_000),
                ("consumable", 1_500),
                ("test_item", 80_000),
            ],
            id="samples, lines and pieces",
        ),
        pytest.param(
            Terms(sample_fen=8_000, extras=LINES),
            Use(None, samples=2),
            [("samples", 16_000), ("preparation", 6_000)],
            id="samples without time",
        ),
        pytest.param(
            Terms(hourly_fen=9_999, rounding=Rounding.YUAN),
            Use(at(9, 0.5)),
            [("time", 5_000)],
            id="half a fen is a whole one",
        ),
        pytest.param(
            Terms(hourly_fen=9_930, rounding=Rounding.YUAN),
            Use(at(9, 1)),
            [("time", 9_930), ("rounding", -30)],
            id="whole yuan",
        ),
        pytest.param(Terms(), Use(at(9, 1)), [], id="free of charge"),
    ],
)
def test_a_use_costs_what_it_costs_by_hand(terms: Terms, use: Use, lines: list[tuple[str, int]]) -> None:
    found = quote(terms, use)

    assert [(str(line.kind), line.amount_fen) for line in found.lines] == lines
    assert found.total_fen == sum(amount for _kind, amount in lines)


@pytest.mark.parametrize(
    ("billed_on", "actual", "expected"),
    [
        (BilledOn.BOOKED, at(9, 3), at(9, 2)),
        (BilledOn.ACTUAL, at(9, 3), at(9, 3)),
        (BilledOn.ACTUAL, at(9, 1), at(9, 1)),
        (BilledOn.LARGER, at(9, 3), at(9, 3)),
        (BilledOn.LARGER, at(9, 1), at(9, 2)),
        (BilledOn.ACTUAL, None, at(9, 2)),
    ],
)
def test_the_time_that_counts_is_booked_actual_or_the_longer(
    billed_on: BilledOn, actual: Period | None, expected: Period
) -> None:
    assert billed_time(Terms(billed_on=billed_on), at(9, 2), actual) == expected


INSIDE, MEMBERS, FIRMS, OTHERS = (
    Group(number, name, name, side, audience, number)
    for number, (name, side, audience) in enumerate(
        (
            ("本组", UserSide.INSIDE, Audience.ASSIGNED),
            ("校内", UserSide.INSIDE, Audience.MEMBERS),
            ("企业", UserSide.OUTSIDE, Audience.FIRMS),
            ("其他", UserSide.OUTSIDE, Audience.OTHERS),
        ),
        start=1,
    )
)


def row(group: Group, *, is_own: bool, offer: Offer = Offer.OFFERED) -> Standing:
    assert group.id is not None
    return Standing(group.id, is_own, offer, MONDAY)


@pytest.mark.parametrize(
    ("group", "rows", "expected"),
    [
        pytest.param(FIRMS, [row(OTHERS, is_own=True), row(FIRMS, is_own=True)], 1, id="its own row"),
        pytest.param(FIRMS, [row(MEMBERS, is_own=True), row(OTHERS, is_own=True)], 1, id="outside pays like others"),
        pytest.param(INSIDE, [row(MEMBERS, is_own=True), row(OTHERS, is_own=True)], 0, id="inside pays like members"),
        pytest.param(
            FIRMS, [row(FIRMS, is_own=False), row(OTHERS, is_own=True)], 1, id="the instrument before the unit"
        ),
        pytest.param(FIRMS, [row(FIRMS, is_own=False)], 0, id="what the unit has"),
        pytest.param(
            FIRMS, [row(FIRMS, is_own=True, offer=Offer.WITHDRAWN), row(FIRMS, is_own=False)], 1, id="the unit's again"
        ),
        pytest.param(
            FIRMS, [row(FIRMS, is_own=True, offer=Offer.NOT_OFFERED), row(FIRMS, is_own=False)], 0, id="not offered"
        ),
        pytest.param(FIRMS, [row(MEMBERS, is_own=True)], None, id="no price at all"),
    ],
)
def test_a_group_pays_by_the_row_nearest_to_it(group: Group, rows: list[Standing], expected: int | None) -> None:
    found = chosen(rows, group, [INSIDE, MEMBERS, FIRMS, OTHERS])

    assert found == (None if expected is None else rows[expected])


def test_a_change_by_a_share_reaches_every_amount() -> None:
    terms = Terms(10_000, 15_050, OFFICE, 2_000, 100, 50, 30, extras=LINES[:1], packages=(Package(8, 60_000),))

    raised = changed_by(terms, 500, Rounding.JIAO)

    assert raised == Terms(
        10_500,
        15_800,
        OFFICE,
        2_100,
        110,
        50,
        30,
        extras=(Extra(ExtraKind.CONSUMABLE, Per.HOUR, "液氮", "Liquid nitrogen", 2_100),),
        packages=(Package(8, 63_000),),
    )


fens = st.integers(0, 10**7)
moments = st.integers(0, 14 * 1440).map(lambda minute: at_local(MONDAY) + timedelta(minutes=minute))
lengths = st.integers(1, 3 * 1440).map(lambda minutes: timedelta(minutes=minutes))
extras = st.builds(
    Extra, st.sampled_from(ExtraKind), st.sampled_from(Per), st.just("x"), st.just("x"), st.integers(0, 10**5)
)
terms_of = st.builds(
    Terms,
    hourly_fen=fens,
    peak_hourly_fen=fens,
    peak=st.just(OFFICE),
    minimum_fen=fens,
    setup_fen=fens,
    staff_hourly_fen=fens,
    sample_fen=fens,
    step_minutes=st.sampled_from(STEPS),
    rounding=st.sampled_from(Rounding),
    extras=st.lists(extras, max_size=3).map(tuple),
    packages=st.lists(st.builds(Package, st.integers(1, 48), fens), max_size=2).map(tuple),
)
periods = st.tuples(moments, lengths).map(lambda found: Period(found[0], found[0] + found[1]))
pieces_of = st.dictionaries(st.integers(0, 3), st.integers(0, 9))
uses = st.builds(Use, periods, st.booleans(), st.integers(0, 50), pieces_of)
some: dict[str, Any] = {"max_examples": 40, "deadline": None}


@given(terms_of, uses)
@settings(**some)
def test_lines_add_up_and_nothing_is_negative(terms: Terms, use: Use) -> None:
    found = quote(terms, use)

    assert sum(line.amount_fen for line in found.lines) == found.total_fen >= 0
    assert all(line.amount_fen >= 0 for line in found.lines if line.kind != LineKind.ROUNDING)


@given(terms_of, moments, lengths, st.timedeltas(timedelta(), timedelta(hours=30)))
@settings(**some)
def test_a_longer_use_never_costs_less(terms: Terms, start: datetime, length: timedelta, more: timedelta) -> None:
    shorter, longer = (quote(terms, Use(Period(start, start + one), True)) for one in (length, length + more))

    assert shorter.total_fen <= longer.total_fen


@given(fens, fens, st.integers(1, 720), st.integers(1, 540))
@settings(**some)
def test_a_use_cut_at_the_border_of_the_peak_costs_the_same(hourly: int, peak: int, before: int, after: int) -> None:
    terms = Terms(hourly_fen=hourly, peak_hourly_fen=peak, peak=OFFICE)
    border = at(9, 1).start
    parts = [Period(border - timedelta(minutes=before), border), Period(border, border + timedelta(minutes=after))]

    whole = quote(terms, Use(Period(parts[0].start, parts[1].end)))

    assert whole.total_fen == sum(quote(terms, Use(part)).total_fen for part in parts)


def by_minutes(terms: Terms, period: Period) -> int:
    """The least that the time can cost, minute by minute, with every package tried in every number."""
    day = at_local(local_date(period.start))
    first, last = (int((moment - day) / timedelta(minutes=1)) for moment in (period.start, period.end))
    peaks = {
        1440 * back + minute
        for back in range(3)
        for hours in terms.peak
        if hours.weekday == (local_date(period.start) + timedelta(days=back)).isoweekday()
        for minute in range(hours.opens_minute, hours.closes_minute)
    }

    def rest(start: int) -> int:
        inside = sum(minute in peaks for minute in range(start, last))
        ordinary = max(last - start, 0) - inside
        return rounded(Fraction(ordinary * terms.hourly_fen, 60)) + rounded(
            Fraction(inside * (terms.peak_hourly_fen or 0), 60)
        )

    counts = [(package, count) for package in terms.packages for count in range(1, 26)]
    priced = [count * one.price_fen + rest(first + 60 * one.hours * count) for one, count in counts]
    return min([rest(first), *priced])


SPLIT = tuple(read_hours("1-7 00:00-01:30,09:00-09:20,09:20-12:00,22:00-24:00"))
packages = st.lists(st.builds(Package, st.integers(1, 9), st.integers(0, 10**4)), max_size=3).map(tuple)
minutes = st.integers(1, 1440).map(lambda found: timedelta(minutes=found))


@given(st.integers(0, 2_000), st.integers(0, 2_000), packages, moments, minutes)
@settings(**some)
def test_packages_are_taken_so_that_the_time_costs_least(
    hourly: int, peak: int, taken: tuple[Package, ...], start: datetime, length: timedelta
) -> None:
    terms = Terms(hourly_fen=hourly, peak_hourly_fen=peak, peak=SPLIT, packages=taken)

    found = quote(terms, Use(Period(start, start + length)))

    assert found.total_fen == by_minutes(terms, Period(start, start + length))


@given(st.fractions(0, 10**6), st.sampled_from([1, 10, 100]))
@settings(**some)
def test_rounding_goes_to_the_nearest_step_and_halves_up(amount: Fraction, step: int) -> None:
    found = rounded(amount, step)

    assert found % step == 0
    assert -Fraction(step, 2) < found - amount <= Fraction(step, 2)
    assert [rounded(Fraction(half, 2)) for half in (1, 3, 5)] == [1, 2, 3]


@given(st.integers(0, 10**10))
@settings(**some)
def test_yuan_are_read_as_they_are_written(fen: int) -> None:
    assert fen_from_yuan(yuan_from_fen(fen)) == fen


def test_shares_are_rounded_once() -> None:
    assert (share_of(333, 5_000), share_of(12_345, 0), share_of(12_345, 10_000)) == (167, 0, 12_345)


def test_an_actual_time_with_seconds_counts_by_begun_minutes() -> None:
    start = datetime(2026, 11, 23, 1, 0, 20, tzinfo=UTC)

    found = quote(Terms(hourly_fen=6_000), Use(Period(start, start + timedelta(minutes=10))))

    assert found.total_fen == 1_100
