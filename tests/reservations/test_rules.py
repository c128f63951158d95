"""Every reason at once, and remedies that cure."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.core.clock import at_local
from booking.core.period import Period, without
from booking.reservations.lanes import BusyTime, LaneTime, Taken
from booking.reservations.opening import DayHours, open_time
from booking.reservations.reasons import Action, Code, Refusal, Remedy
from booking.reservations.remedies import FreeTime, remedied
from booking.reservations.rules import GroupLimit, Standing, Terms, Wanted, refusals
from models.vocabulary.catalogue import BookingMode, RunningState, ShareMode
from models.vocabulary.reservations import ReservationMode

NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
TODAY = date(2026, 11, 23)
OFFICE = tuple(DayHours(weekday, 480, 1080) for weekday in range(1, 6))
ALWAYS = tuple(DayHours(weekday, 0, 1440) for weekday in range(1, 8))
KNOWN = Standing()
SELF, ASSISTED = ReservationMode.SELF, ReservationMode.ASSISTED


def at(hour: float, minutes: float = 60, day: int = 1) -> Period:
    start = at_local(TODAY + timedelta(days=day)) + timedelta(hours=hour)
    return Period(start, start + timedelta(minutes=minutes))


def codes(found: list[Refusal]) -> list[str]:
    return [str(refusal.code) for refusal in found]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param(at(9), [], id="an open hour"),
        pytest.param(at(9, day=-1), ["in_the_past", "closed"], id="yesterday, a Sunday"),
        pytest.param(at(10, day=0), ["too_soon"], id="half an hour ahead, with an hour's notice"),
        pytest.param(at(10.5, day=0), [], id="exactly the notice"),
        pytest.param(at(9, day=60), [], id="on the last day of the horizon"),
        pytest.param(at(9, day=63), ["too_far"], id="the Monday beyond the horizon"),
        pytest.param(at(9, 30), ["too_short"], id="shorter than the shortest"),
        pytest.param(at(9, 300), ["too_long"], id="longer than the longest"),
        pytest.param(at(9.25), ["off_grid"], id="off the grid"),
        pytest.param(at(9, 75), ["off_grid"], id="ends off the grid"),
        pytest.param(at(7.5), ["closed"], id="begins before opening"),
        pytest.param(at(17.5), ["closed"], id="ends after closing"),
        pytest.param(at(9, day=5), ["closed"], id="on a Saturday"),
        pytest.param(at(8, day=3), ["closed"], id="on a closing day"),
        pytest.param(at(7.25, 15, day=-1), ["off_grid", "too_short", "in_the_past", "closed"], id="four at once"),
    ],
)
def test_every_reason_of_an_office_instrument_is_given_at_once(wanted: Period, expected: list[str]) -> None:
    terms = Terms(
        shortest_minutes=60,
        longest_minutes=240,
        notice_minutes=60,
        hours=OFFICE,
        unusual_days={TODAY + timedelta(days=3): 0},
    )

    assert codes(refusals(Wanted(wanted), terms, KNOWN, now=NOW)) == expected


@pytest.mark.parametrize(
    ("terms", "standing", "expected"),
    [
        pytest.param({"booking_mode": BookingMode.ELSEWHERE}, {}, ["not_bookable_here"], id="booked elsewhere"),
        pytest.param({"is_published": False}, {}, ["not_bookable_here"], id="a draft"),
        pytest.param({"running_state": RunningState.TO_REPAIR}, {}, ["not_in_service"], id="to repair"),
        pytest.param({"running_state": RunningState.FREQUENT_FAULT}, {}, [], id="faults now and then"),
        pytest.param({"share_mode": ShareMode.NONE}, {}, ["not_shared"], id="not shared"),
        pytest.param({"share_mode": ShareMode.INTERNAL}, {"books_internally": False}, ["not_shared"], id="internal"),
        pytest.param({"share_mode": ShareMode.INTERNAL}, {}, [], id="internal, and one of them"),
        pytest.param({"allows_self": False}, {}, ["mode_not_offered"], id="only with staff"),
        pytest.param({}, {"suspended_until": NOW + timedelta(days=9)}, ["suspended"], id="suspended"),
        pytest.param({}, {"is_known": False}, ["not_signed_in"], id="a stranger"),
    ],
)
def test_who_asks_and_what_for_is_refused_beside_the_time(
    terms: dict[str, object], standing: dict[str, object], expected: list[str]
) -> None:
    asked = replace(Terms(hours=ALWAYS), **terms)  # type: ignore[arg-type]

    found = refusals(Wanted(at(9, 10), SELF), asked, replace(KNOWN, **standing), now=NOW)  # type: ignore[arg-type]

    assert codes(found) == [*expected, "off_grid", "too_short"]


def test_time_may_cross_midnight_when_both_days_are_open_through() -> None:
    assert refusals(Wanted(at(23, 120)), Terms(hours=ALWAYS), KNOWN, now=NOW) == []


def test_time_may_not_cross_into_a_closed_day() -> None:
    terms = Terms(hours=ALWAYS, unusual_days={TODAY + timedelta(days=2): 0})

    assert codes(refusals(Wanted(at(23, 120)), terms, KNOWN, now=NOW)) == ["closed"]


def test_less_of_the_same_time_needs_neither_notice_nor_open_hours() -> None:
    terms = Terms(hours=OFFICE, notice_minutes=10_000, running_state=RunningState.TO_REPAIR)
    wanted = Wanted(at(20, 60), held=at(20, 120))

    assert refusals(wanted, terms, Standing(suspended_until=NOW + timedelta(days=1)), now=NOW) == []


def test_a_running_reservation_may_end_later_but_not_before_now() -> None:
    running = at(8, 240, day=0)

    later = refusals(Wanted(at(8, 300, day=0), held=running), Terms(hours=ALWAYS), KNOWN, now=NOW)
    earlier = refusals(Wanted(at(8, 60, day=0), held=running), Terms(hours=ALWAYS), KNOWN, now=NOW)

    assert (codes(later), codes(earlier)) == ([], ["in_the_past"])


@pytest.mark.parametrize(
    "wish", [at(15, 60, day=0), at(8, 240, day=7), at(7, 300, day=0)], ids=["less", "later", "more"]
)
def test_what_has_begun_keeps_its_start(wish: Period) -> None:
    running = at(8, 8 * 60, day=0)

    assert "has_begun" in codes(refusals(Wanted(wish, held=running), Terms(hours=ALWAYS), KNOWN, now=NOW))
    assert "has_begun" not in codes(
        refusals(Wanted(wish, held=running), Terms(hours=ALWAYS), KNOWN, now=running.start - timedelta(minutes=1))
    )


def everything_free(window: Period) -> FreeTime:
    return FreeTime(window, [window], window.contains)


def cured(wanted: Wanted, terms: Terms, free: FreeTime | None = None) -> list[Refusal]:
    around = free or everything_free(Period(NOW - timedelta(days=3), NOW + timedelta(days=90)))
    found = refusals(wanted, terms, KNOWN, now=NOW)
    if not around.fits(wanted.period):
        found.append(Refusal(Code.SLOT_TAKEN))
    return remedied(found, wanted, terms, KNOWN, around, now=NOW)


def test_a_taken_hour_is_answered_with_the_nearest_ones_before_and_after_and_on_another_day() -> None:
    taken = [at(9, 120)]
    window = Period(at_local(TODAY), at_local(TODAY + timedelta(days=5)))
    free = FreeTime(window, without([window], taken), lambda wanted: not wanted.overlaps(taken[0]))

    (refusal,) = cured(Wanted(at(10)), Terms(hours=OFFICE), free)

    assert refusal.code == Code.SLOT_TAKEN
    assert refusal.remedies == (
        Remedy(Action.USE_PERIOD, at(8).start, at(8).end),
        Remedy(Action.USE_PERIOD, at(11).start, at(11).end),
        Remedy(Action.USE_PERIOD, at(10, day=2).start, at(10, day=2).end),
    )


def test_too_long_is_shortened_and_too_short_is_lengthened_in_place() -> None:
    terms = Terms(hours=ALWAYS, shortest_minutes=60, longest_minutes=120)

    (too_long,) = cured(Wanted(at(9, 300)), terms)
    (too_short,) = cured(Wanted(at(9, 30)), terms)

    assert Remedy(Action.SHORTEN, at(9, 120).start, at(9, 120).end) in too_long.remedies
    assert Remedy(Action.LENGTHEN, at(9, 60).start, at(9, 60).end) in too_short.remedies


def test_a_mode_that_is_not_offered_is_answered_with_the_one_that_is() -> None:
    (refusal,) = cured(Wanted(at(9), SELF), Terms(hours=ALWAYS, allows_self=False))

    assert refusal.remedies == (Remedy(Action.USE_MODE, mode=ASSISTED),)


def test_what_no_time_can_cure_offers_no_time() -> None:
    found = cured(Wanted(at(9, 10)), Terms(hours=ALWAYS, running_state=RunningState.TO_REPAIR))

    assert [refusal.remedies for refusal in found] == [(Remedy(Action.CONTACT_OWNER),), (), ()]


def test_an_instrument_booked_elsewhere_leads_there() -> None:
    terms = Terms(hours=ALWAYS, booking_mode=BookingMode.ELSEWHERE, booking_url="https://example.org/book")

    (refusal,) = cured(Wanted(at(9)), terms)

    assert refusal.remedies == (
        Remedy(Action.OPEN_OWNER_SYSTEM, url="https://example.org/book"),
        Remedy(Action.CONTACT_OWNER),
    )


@st.composite
def policies(draw: st.DrawFn) -> Terms:
    grid = draw(st.sampled_from([5, 10, 15, 30, 60]))
    shortest = draw(st.integers(1, 300))
    opens = draw(st.integers(0, 1200))
    closes = draw(st.integers(opens + 1, 1440))
    slots = draw(st.sampled_from([(), ((540, 720), (720, 840), (900, 1080)), ((0, 480), (480, 960), (960, 1440))]))
    return Terms(
        grid_minutes=grid,
        shortest_minutes=shortest,
        longest_minutes=draw(st.integers(shortest, 900)),
        notice_minutes=draw(st.integers(0, 4000)),
        horizon_days=draw(st.integers(1, 20)),
        setup_minutes=draw(st.sampled_from([0, 7, 15])),
        cleanup_minutes=draw(st.sampled_from([0, 10, 45])),
        hours=tuple(DayHours(day, opens, closes) for day in draw(st.sets(st.integers(1, 7), min_size=1))),
        unusual_days={TODAY + timedelta(days=n): draw(st.integers(0, 7)) for n in draw(st.sets(st.integers(0, 9)))},
        allows_self=draw(st.booleans()),
        slots=tuple(DayHours(day, *times) for day in range(1, 8) for times in slots),
    )


moments = st.integers(-2000, 30_000).map(lambda minutes: NOW + timedelta(minutes=minutes))
periods = st.builds(
    lambda start, length: Period(start, start + timedelta(minutes=length)), moments, st.integers(1, 3000)
)


@settings(max_examples=300, deadline=None)
@given(policies(), periods, st.lists(periods, max_size=8), st.sampled_from([SELF, ASSISTED]))
def test_every_remedy_with_a_time_or_mode_cures_everything(
    terms: Terms, period: Period, taken: list[Period], mode: ReservationMode
) -> None:
    window = Period(NOW - timedelta(hours=1), NOW + timedelta(days=25))

    def fits(wish: Period) -> bool:
        claimed = terms.claimed(wish)
        return window.contains(claimed) and not any(claimed.overlaps(one) for one in taken)

    wanted = Wanted(period, mode)

    for refusal in cured(wanted, terms, FreeTime(window, without([window], taken), fits)):
        for remedy in refusal.remedies:
            if remedy.starts_at or remedy.mode:
                wish = Period(remedy.starts_at, remedy.ends_at) if remedy.starts_at and remedy.ends_at else period
                changed = Wanted(wish, remedy.mode or mode)
                assert refusals(changed, terms, KNOWN, now=NOW) == []
                assert fits(wish)


HALF_DAYS = Terms(
    hours=ALWAYS,
    slots=(DayHours(2, 540, 780), DayHours(2, 840, 1080), DayHours(2, 1080, 1200)),
    longest_minutes=600,
)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param(Wanted(at(9, 240)), [], id="one slot"),
        pytest.param(Wanted(at(14, 360)), [], id="two slots that adjoin"),
        pytest.param(Wanted(at(9, 540)), ["not_a_slot"], id="two slots with a gap between them"),
        pytest.param(Wanted(at(9, 120)), ["not_a_slot"], id="part of a slot"),
        pytest.param(Wanted(at(10, 180)), ["not_a_slot"], id="begins within a slot"),
        pytest.param(Wanted(at(9, 240, day=2)), ["not_a_slot"], id="a day without slots"),
        pytest.param(Wanted(at(14, 240), held=at(14, 360)), [], id="gives a whole slot back"),
        pytest.param(Wanted(at(10, 180), held=at(10, 360)), [], id="keeps its start from before the slots"),
        pytest.param(Wanted(at(10, 120), held=at(10, 360)), ["not_a_slot"], id="ends within a slot"),
    ],
)
def test_where_there_are_slots_a_wish_is_made_of_whole_ones(wanted: Wanted, expected: list[str]) -> None:
    found = refusals(wanted, HALF_DAYS, KNOWN, now=NOW)

    assert [str(refusal.code) for refusal in found] == expected


def test_part_of_a_slot_is_cured_by_the_whole_one_or_the_nearest() -> None:
    (refusal,) = cured(Wanted(at(10, 60)), HALF_DAYS)

    assert refusal.values["slots"] == "09:00–13:00, 14:00–18:00, 18:00–20:00"
    assert refusal.remedies[0] == Remedy(Action.LENGTHEN, at(9, 240).start, at(9, 240).end)
    assert [(remedy.starts_at, remedy.ends_at) for remedy in refusal.remedies[1:]] == [
        (at(14, 240).start, at(14, 240).end),
        (at(18, 120).start, at(18, 120).end),
    ]


def test_opening_hours_of_two_days_that_meet_at_midnight_are_one_period() -> None:
    hours = (DayHours(1, 1200, 1440), DayHours(2, 0, 120))

    assert open_time(hours, {}, Period(at_local(TODAY), at_local(TODAY + timedelta(days=7)))) == [
        Period(at_local(TODAY, 1200), at_local(TODAY + timedelta(days=1), 120))
    ]


DAY = Period(at_local(TODAY), at_local(TODAY, 1440))


def claim(group_id: int, lane_id: int, start: float, end: float, kind: str = "reservation") -> Taken:
    midnight = at_local(TODAY)
    return Taken(group_id, lane_id, midnight + timedelta(hours=start), midnight + timedelta(hours=end), kind)


def hours(start: float, end: float) -> Period:
    return Period(at_local(TODAY) + timedelta(hours=start), at_local(TODAY) + timedelta(hours=end))


def test_free_time_needs_one_lane_throughout_not_two_in_turn() -> None:
    time = LaneTime(DAY, {1: (1, 2)}, [claim(1, 1, 12, 24), claim(1, 2, 0, 11)])

    assert time.free() == [hours(0, 12), hours(11, 24)]
    assert not time.fits(hours(10, 13))
    assert time.busy() == []


def test_free_time_needs_a_lane_of_every_group() -> None:
    time = LaneTime(DAY, {1: (1,), 2: (2,)}, [claim(1, 1, 8, 10), claim(2, 2, 9, 12, "outage")])

    assert time.free() == [hours(0, 8), hours(12, 24)]
    assert [(busy.period, busy.kind) for busy in time.busy()] == [
        (hours(8, 9), "reservation"),
        (hours(9, 12), "outage"),
    ]


def test_a_group_with_a_lane_left_is_not_busy() -> None:
    time = LaneTime(DAY, {1: (1, 2)}, [claim(1, 1, 8, 12), claim(1, 2, 10, 14, "maintenance")])

    assert time.busy() == [BusyTime(hours(10, 12), "reservation")]


def test_an_instrument_without_lanes_is_never_free() -> None:
    assert LaneTime(DAY, {}, []).free() == []
    assert not LaneTime(DAY, {}, []).fits(hours(9, 10))


@pytest.mark.parametrize(
    ("group_days", "day", "expected"),
    [
        pytest.param(14, 14, [], id="on the group's last day"),
        pytest.param(14, 15, ["too_far_for_group"], id="beyond the group's, within the instrument's"),
        pytest.param(90, 63, ["too_far"], id="beyond the instrument's, within the group's"),
    ],
)
def test_the_shorter_limit_of_group_and_instrument_holds(group_days: int, day: int, expected: list[str]) -> None:
    terms = Terms(hours=ALWAYS, group=GroupLimit("企业", "Firms", group_days))

    assert codes(refusals(Wanted(at(9, day=day)), terms, KNOWN, now=NOW)) == expected
