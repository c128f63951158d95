"""What can be claimed on a day, in which batch; what is drawn by a seed; how files of a pack are called."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.redemptions.rules import (
    Batch,
    Covered,
    batch_of,
    count_of,
    drawn,
    is_notice_over,
    name_in_pack,
    next_opening,
    open_batches,
    steps_open,
    unclaimable,
)
from models.vocabulary.programmes import CountsOn
from models.vocabulary.redemptions import RedemptionState, Unclaimable

BATCH = Batch(date(2026, 7, 1), date(2026, 8, 12), date(2026, 1, 1), date(2026, 6, 30))
IN_TIME = date(2026, 8, 12)


def covered(**changes: Any) -> Covered:
    values: dict[str, Any] = {
        "is_accepted": True,
        "is_frozen": False,
        "counts_on": CountsOn.INVOICE,
        "used_on": date(2026, 6, 20),
        "invoiced_on": date(2026, 6, 30),
        "counts_from": date(2026, 1, 1),
        "use_by": date(2026, 12, 31),
        "redeem_by": date(2027, 3, 31),
    }
    return Covered(**(values | changes))


@pytest.mark.parametrize(
    ("changes", "batches", "today", "expected"),
    [
        pytest.param({}, [BATCH], IN_TIME, [], id="the last day of the batch and of its invoices"),
        pytest.param({}, [BATCH], IN_TIME + timedelta(days=1), ["no_window"], id="a day behind the batch"),
        pytest.param({"invoiced_on": date(2026, 7, 1)}, [BATCH], IN_TIME, ["invoice_outside"], id="a day too late"),
        pytest.param(
            {"invoiced_on": date(2026, 7, 1), "counts_on": CountsOn.SERVICE}, [BATCH], IN_TIME, [], id="by the service"
        ),
        pytest.param(
            {"used_on": date(2026, 7, 1), "counts_on": CountsOn.SERVICE},
            [BATCH],
            IN_TIME,
            ["service_outside"],
            id="used a day too late",
        ),
        pytest.param({"invoiced_on": None}, [BATCH], IN_TIME, ["not_invoiced"], id="without an invoice"),
        pytest.param({}, [], date(2027, 3, 31), [], id="the last day to redeem, no batches"),
        pytest.param({}, [], date(2027, 4, 1), ["after_redeem_by"], id="a day behind it"),
        pytest.param({"invoiced_on": date(2027, 1, 1)}, [], IN_TIME, ["invoice_outside"], id="invoiced behind use-by"),
        pytest.param(
            {"is_accepted": False, "is_frozen": True, "invoiced_on": None},
            [BATCH],
            date(2027, 4, 1),
            ["not_accepted", "frozen", "after_redeem_by", "no_window", "not_invoiced"],
            id="every reason at once",
        ),
    ],
)
def test_each_reason_why_something_cannot_be_claimed_is_told(
    changes: dict[str, Any], batches: list[Batch], today: date, expected: list[str]
) -> None:
    assert [one.value for one in unclaimable(covered(**changes), batches, today)] == expected


def test_a_batch_takes_what_its_invoices_are_dated_for() -> None:
    other = Batch(date(2026, 7, 1), date(2026, 8, 12), date(2026, 7, 1), date(2026, 7, 31))

    assert batch_of(covered(invoiced_on=date(2026, 7, 5)), [BATCH, other]) == other
    assert batch_of(covered(invoiced_on=date(2025, 7, 5)), [BATCH, other]) is None


def test_where_the_service_counts_a_batch_takes_what_was_used_on_its_days() -> None:
    other = Batch(date(2026, 7, 1), date(2026, 8, 12), date(2026, 7, 1), date(2026, 7, 31))
    by = {"counts_on": CountsOn.SERVICE, "invoiced_on": date(2026, 6, 30)}

    assert batch_of(covered(**by, used_on=date(2026, 7, 5)), [BATCH, other]) == other
    assert batch_of(covered(**by, used_on=date(2026, 6, 30)), [BATCH, other]) == BATCH
    assert batch_of(covered(**by, used_on=date(2026, 8, 1)), [BATCH, other]) is None


def test_the_next_batch_that_takes_it_opens_before_it_is_too_late() -> None:
    later = [
        Batch(date(2026, 9, 1), date(2026, 9, 30), date(2026, 7, 1), date(2026, 8, 31)),
        Batch(date(2026, 10, 1), date(2026, 10, 31), date(2026, 1, 1), date(2026, 8, 31)),
    ]

    def opens(today: date, **changes: Any) -> date | None:
        return next_opening(covered(**changes), later, today)

    assert opens(IN_TIME) == date(2026, 10, 1)
    assert opens(IN_TIME, invoiced_on=None) == date(2026, 9, 1)
    assert opens(date(2026, 10, 1)) is None
    assert opens(IN_TIME, redeem_by=date(2026, 9, 30)) is None
    assert opens(IN_TIME, redeem_by=date(2026, 9, 30), again_until=date(2026, 10, 1)) == date(2026, 10, 1)


def test_the_public_has_its_days_from_the_day_after_the_last_one_it_is_over() -> None:
    last = date(2026, 12, 7)

    assert [is_notice_over(last, 5, last + timedelta(days=days)) for days in (-1, 0, 1)] == [False, False, True]
    assert (is_notice_over(last, 0, last), is_notice_over(None, 5, last)) == (True, False)


def test_nothing_can_be_done_with_what_is_over() -> None:
    over = (RedemptionState.REJECTED, RedemptionState.WITHDRAWN)

    assert [steps_open(one, is_notice_over=True, is_left=True) for one in over] == [frozenset(), frozenset()]
    assert steps_open(RedemptionState.PAID, is_notice_over=True, is_left=False) == frozenset()


def test_a_seed_draws_those_whose_digests_are_lowest_as_anybody_can_work_out() -> None:
    by_digest = [2, 4, 1, 8, 5, 7, 3, 6, 10, 9]

    assert drawn(range(1, 11), 3, "2026-1") == sorted(by_digest[:3])
    assert drawn(range(1, 11), 9, "2026-1") == sorted(by_digest[:9])


@given(
    population=st.sets(st.integers(min_value=1, max_value=10_000), max_size=60),
    count=st.integers(min_value=0, max_value=80),
    seed=st.text(max_size=20),
)
def test_the_same_seed_draws_the_same_and_more_of_it_keeps_what_was_drawn(
    population: set[int], count: int, seed: str
) -> None:
    found = drawn(population, count, seed)

    assert found == drawn(sorted(population, reverse=True), count, seed)
    assert len(found) == min(count, len(population))
    assert set(found) <= population
    assert set(found) <= set(drawn(population, count + 1, seed))


@pytest.mark.parametrize(("share", "size", "expected"), [(1_000, 10, 1), (1_000, 11, 2), (1, 3, 1), (10_000, 7, 7)])
def test_a_share_of_few_is_rounded_up(share: int, size: int, expected: int) -> None:
    assert count_of(share, size) == expected


@pytest.mark.parametrize(
    ("given_name", "expected"),
    [
        ("合同.pdf", "03-服务合同-2.pdf"),
        ("../../etc/passwd", "03-服务合同-2"),
        ("a.b/c:d", "03-服务合同-2"),
        (".hidden", "03-服务合同-2"),
    ],
)
def test_files_of_a_pack_are_called_by_the_list_and_never_by_a_path(given_name: str, expected: str) -> None:
    assert name_in_pack(3, "服务合同", 2, given_name) == expected


def test_reasons_are_all_known() -> None:
    assert {one.value for one in Unclaimable} == {
        "not_accepted",
        "not_invoiced",
        "no_window",
        "invoice_outside",
        "service_outside",
        "after_redeem_by",
        "frozen",
    }


def test_what_was_refused_is_taken_with_another_invoice_by_the_batch_that_refused_it() -> None:
    later, anew = date(2026, 8, 17), {"invoiced_on": date(2026, 8, 14)}
    term = {"again_until": date(2026, 8, 19), "again_batch": BATCH.opens_on}

    without, within = covered(**anew), covered(**anew, **term)

    assert list(unclaimable(without, [BATCH], IN_TIME)) == [Unclaimable.INVOICE_OUTSIDE]
    assert list(unclaimable(within, [BATCH], later)) == []
    assert batch_of(within, open_batches(within, [BATCH], later)) == BATCH
    assert list(unclaimable(within, [BATCH], date(2026, 8, 20))) == [Unclaimable.NO_WINDOW]
