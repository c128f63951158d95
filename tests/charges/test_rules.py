"""What uses cost, worked out by hand; what others took of a time; which steps are open."""

from dataclasses import replace
from datetime import timedelta

import pytest

from booking.catalogue.rules import Hours
from booking.charges.rules import (
    Sight,
    Standing,
    Used,
    is_open,
    let_off,
    may_take,
    share_line,
    steps_open,
    taken_time,
    use_quote,
)
from booking.core.clock import at_local
from booking.core.period import Period
from booking.pricing.rules import Extra, Package, Terms
from models.vocabulary.charges import ChargeProblem, ChargeState, ChargeStep
from models.vocabulary.pricing import BilledOn, ExtraKind, LineKind, Per
from tests.reservations.acting import TODAY

HOUR = Terms(hourly_fen=10_000)
STAFF, PAYER, BOOKER = Sight(settles=True), Sight(answers=True), Sight(is_booker=True)


def at(start: float, end: float) -> Period:
    """Hours of a Monday, local."""
    day = at_local(TODAY)
    return Period(day + timedelta(hours=start), day + timedelta(hours=end))


def told(terms: Terms, booked: Period, used: Used, *, is_assisted: bool = False) -> list[tuple[LineKind, int]]:
    found = use_quote(terms, booked, used, is_assisted=is_assisted)
    assert sum(line.amount_fen for line in found.lines) == found.total_fen
    return [(line.kind, line.amount_fen) for line in found.lines]


@pytest.mark.parametrize(
    ("billed", "actual", "expected"),
    [
        pytest.param(BilledOn.BOOKED, (9, 12), 20_000, id="an hour longer, billed as booked: 2 h at 100"),
        pytest.param(BilledOn.ACTUAL, (9, 12), 30_000, id="an hour longer, billed as used: 3 h at 100"),
        pytest.param(BilledOn.LARGER, (9, 12), 30_000, id="an hour longer, billed the longer: 3 h at 100"),
        pytest.param(BilledOn.LARGER, (9, 10), 20_000, id="an hour shorter, billed the longer: 2 h at 100"),
        pytest.param(BilledOn.ACTUAL, (9, 10), 10_000, id="an hour shorter, billed as used: 1 h at 100"),
        pytest.param(BilledOn.ACTUAL, None, 20_000, id="as booked: 2 h at 100"),
    ],
)
def test_the_price_says_which_time_is_billed(
    billed: BilledOn, actual: tuple[float, float] | None, expected: int
) -> None:
    used = Used(at(*actual) if actual else None)

    assert told(replace(HOUR, billed_on=billed), at(9, 11), used) == [(LineKind.TIME, expected)]


def test_a_use_that_crosses_into_peak_hours_is_billed_by_both_rates() -> None:
    terms = replace(
        HOUR, peak_hourly_fen=15_000, peak=(Hours(1, 14 * 60, 18 * 60),), billed_on=BilledOn.ACTUAL, step_minutes=30
    )

    # 13:00–15:10 counts as 13:00–15:30: an hour at 100 and an hour and a half at 150.
    assert told(terms, at(13, 15), Used(at(13, 15 + 1 / 6))) == [
        (LineKind.TIME, 10_000),
        (LineKind.PEAK_TIME, 22_500),
    ]


def test_a_package_that_is_used_up_goes_on_by_the_hour_and_failed_samples_are_not_counted() -> None:
    packaged = replace(HOUR, packages=(Package(3, 25_000),), billed_on=BilledOn.LARGER)
    by_sample = replace(HOUR, sample_fen=2_000)

    # Three hours for 250, and the fourth at 100; six samples were booked, two of them failed.
    assert told(packaged, at(9, 12), Used(at(9, 13))) == [(LineKind.PACKAGE, 25_000), (LineKind.TIME, 10_000)]
    assert told(by_sample, at(9, 11), Used(None, samples=4)) == [(LineKind.TIME, 20_000), (LineKind.SAMPLES, 8_000)]


def test_samples_pieces_assistance_and_a_minimum_are_lines_of_their_own() -> None:
    grid = Extra(ExtraKind.CONSUMABLE, Per.PIECE, "铜网", "Copper grid", 3_000)
    terms = replace(HOUR, sample_fen=2_000, staff_hourly_fen=5_000, minimum_fen=60_000, extras=(grid,))
    used = Used(None, samples=4, pieces={0: 3})

    # 2 h: 200 time, 100 staff; 4 samples: 80; 3 grids: 90; together 470, so 130 to the minimum of 600.
    assert told(terms, at(9, 11), used, is_assisted=True) == [
        (LineKind.TIME, 20_000),
        (LineKind.STAFF, 10_000),
        (LineKind.SAMPLES, 8_000),
        (LineKind.CONSUMABLE, 9_000),
        (LineKind.MINIMUM, 13_000),
    ]


@pytest.mark.parametrize(
    ("closed", "taken", "expected"),
    [
        pytest.param([], [], [], id="nobody took any"),
        # A third of 166.67 is 55.56.
        pytest.param([], [at(10, 11)], [(LineKind.TAKEN, -5_556)], id="others took an hour of three"),
        pytest.param([], [at(9, 12)], [(LineKind.TAKEN, -16_667)], id="others took all of it"),
        pytest.param([at(9, 12)], [], [(LineKind.CLOSED, -16_667)], id="it was closed all the time"),
        pytest.param(
            [at(9, 10)], [at(9, 11)], [(LineKind.CLOSED, -5_556), (LineKind.TAKEN, -5_555)], id="no hour counts twice"
        ),
        pytest.param(
            [at(9, 10)], [at(10, 12)], [(LineKind.CLOSED, -5_556), (LineKind.TAKEN, -11_111)], id="never beyond the fee"
        ),
    ],
)
def test_the_fee_of_a_late_cancellation_is_a_share_less_what_was_closed_and_what_others_took(
    closed: list[Period], taken: list[Period], expected: list[tuple[LineKind, int]]
) -> None:
    fee = share_line(LineKind.LATE_CANCELLATION, 33_333, 5_000).amount_fen

    assert fee == 16_667
    assert [(line.kind, line.amount_fen) for line in let_off(fee, at(9, 12), closed, taken)] == expected


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        pytest.param([[[]]], [], id="nobody came"),
        pytest.param([[[at(10, 11)]]], [at(10, 11)], id="somebody took an hour of the one lane"),
        pytest.param([[[at(8, 10), at(10, 13)]]], [at(9, 12)], id="others took all of it, with time around"),
        pytest.param([[[at(9, 12)], []]], [], id="another lane is still free: it could have been used"),
        pytest.param([[[at(9, 11)], [at(10, 12)]]], [at(10, 11)], id="both lanes are taken for an hour"),
        pytest.param([[[], []], [[at(9, 10)]]], [at(9, 10)], id="the part that it shares is taken"),
    ],
)
def test_time_is_taken_when_it_could_not_have_been_used(
    groups: list[list[list[Period]]], expected: list[Period]
) -> None:
    assert taken_time(at(9, 12), groups) == expected


@pytest.mark.parametrize(
    ("state", "problem", "sight", "expected"),
    [
        pytest.param(ChargeState.FINAL, None, PAYER, "accept dispute", id="the payer is asked"),
        pytest.param(ChargeState.FINAL, None, BOOKER, "dispute", id="who booked may say that it is wrong"),
        pytest.param(ChargeState.FINAL, None, STAFF, "adjust waive cancel", id="the owner may change it"),
        pytest.param(ChargeState.DISPUTED, None, PAYER, "accept write", id="the payer may give in"),
        pytest.param(ChargeState.DISPUTED, None, STAFF, "write uphold adjust waive cancel", id="the owner answers"),
        pytest.param(ChargeState.ESTIMATED, None, STAFF, "waive cancel", id="a fee is not settled yet"),
        pytest.param(
            ChargeState.ESTIMATED, ChargeProblem.NOT_PRICED, STAFF, "adjust waive cancel", id="it needs a price"
        ),
        pytest.param(ChargeState.WAIVED, None, STAFF, "", id="it is over"),
        pytest.param(ChargeState.ACCEPTED, None, PAYER, "", id="it is agreed"),
        pytest.param(
            ChargeState.ACCEPTED,
            ChargeProblem.PAYER_SHORT,
            STAFF,
            "adjust waive cancel take_rest on_paper",
            id="something is missing",
        ),
        pytest.param(ChargeState.FINAL, None, Sight(reads=True, keeps_payer=True), "", id="who only reads"),
    ],
)
def test_steps_depend_on_the_state_and_on_who_one_is(
    state: ChargeState, problem: ChargeProblem | None, sight: Sight, expected: str
) -> None:
    standing = Standing(state, problem, 100)

    assert [str(step) for step in steps_open(standing, sight)] == expected.split()
    assert all(is_open(step, standing) and may_take(step, sight) for step in map(ChargeStep, expected.split()))
