"""What an order costs for what was done of it: by hand."""

from typing import Any

import pytest

from booking.charges.counting import Work, charged_lines, due_lines, most_counts, said_problems, work_of
from models.vocabulary.samples import SampleState as S


def line(kind: str, count: int, unit_fen: int, name: str = "") -> dict[str, Any]:
    amount = count * unit_fen
    return {"kind": kind, "name_zh": name, "name_en": name, "count": count, "unit_fen": unit_fen, "amount_fen": amount}


SIX = [line("setup", 1, 5_000), line("samples", 6, 20_000)]
TWO_POINTS = [line("test_item", 12, 1_000, "硬度"), line("consumable", 1, 3_000, "坩埚")]
DISCOUNT = [line("samples", 4, 10_000), line("rounding", 1, -5_000)]
LARGE = [line("samples", 10, 10_000), line("rounding", 1, -50_000)]
PER_SAMPLE = [line("setup", 1, 50_000), line("test_item", 3, -10_000, "优惠")]


def cost(lines: list[dict[str, Any]], work: Work, counts: list[int] | None = None) -> int:
    total = sum(one["amount_fen"] for one in lines)
    found = due_lines(lines, counts, work, total)
    return sum(one.amount_fen for one in found)


@pytest.mark.parametrize(
    ("lines", "work", "expected"),
    [
        pytest.param(SIX, Work(6, 6, 0, 0), 125_000, id="all of six as quoted"),
        pytest.param(SIX, Work(6, 4, 2, 0), 85_000, id="two samples failed: four and the set-up"),
        pytest.param(SIX, Work(6, 3, 0, 1), 65_000, id="three of six, one lost, two never came"),
        pytest.param(SIX, Work(6, 0, 6, 0), 0, id="no result at all costs nothing"),
        pytest.param(TWO_POINTS, Work(6, 4, 2, 0), 11_000, id="two points of each sample, one crucible in all"),
        pytest.param(DISCOUNT, Work(4, 2, 2, 0), 15_000, id="a discount on the whole stays"),
        pytest.param(DISCOUNT, Work(4, 1, 3, 0), 5_000, id="and takes its part of one sample"),
        pytest.param(LARGE, Work(10, 4, 6, 0), 20_000, id="a large one takes its part where it would make all free"),
        pytest.param(LARGE, Work(10, 0, 9, 1), 0, id="and nothing of nothing"),
        pytest.param(PER_SAMPLE, Work(3, 1, 2, 0), 20_000, id="never dearer than the quote with its discounts"),
        pytest.param([line("samples", 1, 100)], Work(1, 1, 0, 0), 100, id="a single sample"),
    ],
)
def test_an_order_costs_what_gave_results_where_staff_say_nothing(
    lines: list[dict[str, Any]], work: Work, expected: int
) -> None:
    assert cost(lines, work) == expected


def test_staff_may_count_failed_samples_but_none_that_they_lost() -> None:
    work = Work(6, 3, 2, 1)

    assert most_counts(SIX, work) == [1, 5]
    assert cost(SIX, work, [1, 5]) == 105_000
    assert cost(SIX, work, [1, 6]) == 105_000
    assert cost(SIX, work, [0, 2]) == 40_000


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        pytest.param([1, 4], [], id="less than was quoted"),
        pytest.param([1], ["counts"], id="a line is missing"),
        pytest.param([2, 6], ["counts.0", "counts.1"], id="more than was quoted, and one that was lost"),
    ],
)
def test_what_staff_say_is_bounded_by_the_quote(counts: list[int], expected: list[str]) -> None:
    found = said_problems(SIX, counts, Work(6, 5, 0, 1), 125_000)

    assert [one.field for one in found] == expected


def test_leaving_a_discount_out_cannot_make_it_dearer_than_the_quote() -> None:
    found = said_problems(DISCOUNT, [4, 0], Work(4, 4, 0, 0), 35_000)

    assert [one.field for one in found] == ["counts"]


def test_a_line_says_what_was_quoted_where_less_was_done() -> None:
    found = charged_lines(SIX, [1, 4], Work(6, 4, 2, 0), 125_000)

    assert [(one.count, dict(one.why)) for one in found] == [(1, {}), (4, {"quoted": 6})]


def test_work_is_counted_from_the_samples() -> None:
    states = [S.TESTED, S.TESTED, S.FAILED, S.DAMAGED, S.LOST, S.MISSING, S.RECEIVED]

    assert work_of(states) == Work(7, 2, 1, 2)
