"""The life cycle of sample orders by table, what a request must say, and what counts as a changed quote."""

from datetime import date
from typing import Any

import pytest

from booking.samples.rules import (
    Asked,
    Side,
    after_receiving,
    done_so_far,
    is_changed,
    may_become,
    quote_problems,
    request_problems,
    steps_open,
)
from models.vocabulary.catalogue import ReportMark
from models.vocabulary.samples import Leftover, ReportKind, SampleOrderState, SampleState

TODAY = date(2026, 11, 23)
LIFE = {
    "requested": ("quote refuse", "cancel"),
    "quoted": ("quote refuse", "accept cancel"),
    "expired": ("quote refuse", "cancel"),
    "accepted": ("receive cancel", "send cancel"),
    "sent": ("receive cancel", "cancel"),
    "questioned": ("cancel", "settle cancel"),
    "queued": ("run record count cancel", "cancel"),
    "testing": ("run record count report cancel", "cancel"),
    "reported": ("record count report give_back", "approve dispute"),
    "disputed": ("run record count report uphold cancel", "cancel"),
    "done": ("give_back", ""),
    "refused": ("", ""),
    "cancelled": ("count give_back", ""),
}
WHOLE: dict[str, Any] = {
    "tests": 1,
    "other_tests": "",
    "marks": 2,
    "sample_count": 2,
    "hazards": 0,
    "hazard_note": "",
    "leftover": Leftover.DISPOSE,
    "return_address": "",
    "report": ReportKind.DATA,
    "offered": frozenset({ReportMark.CMA}),
    "due_on": None,
}
LINE = {"kind": "samples", "count": 2, "unit_fen": 100, "amount_fen": 200}


def test_each_side_may_do_what_the_table_says_and_nothing_else() -> None:
    found = {
        state.value: tuple(
            " ".join(step.value for step in steps_open(state, side)) for side in (Side.STAFF, Side.REQUESTER)
        )
        for state in SampleOrderState
    }

    assert found == LIFE


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        pytest.param({}, [], id="fits together"),
        pytest.param({"tests": 0}, ["other_tests"], id="nothing to test"),
        pytest.param({"marks": 3}, ["marks"], id="more marks than samples"),
        pytest.param({"hazards": 1}, ["hazard_note"], id="a hazard without a word"),
        pytest.param({"leftover": Leftover.RETURN}, ["return_address"], id="back to nowhere"),
        pytest.param({"due_on": TODAY}, ["due_on"], id="wanted today"),
        pytest.param({"report": ReportKind.CMA}, [], id="a mark that an item can bear"),
        pytest.param({"report": ReportKind.CMA_CNAS}, ["report"], id="marks that no item can bear"),
        pytest.param({"report": ReportKind.CNAS, "other_tests": "x"}, [], id="staff answer what is asked in words"),
    ],
)
def test_parts_of_a_request_that_do_not_fit_together(said: dict[str, Any], fields: list[str]) -> None:
    problems = request_problems(Asked(**WHOLE | said), today=TODAY)

    assert [problem.field for problem in problems] == fields


@pytest.mark.parametrize(
    ("samples", "extra", "state"),
    [
        pytest.param(["received", "received"], 0, "queued", id="as announced"),
        pytest.param(["received", "damaged"], 0, "questioned", id="one damaged"),
        pytest.param(["received", "missing"], 0, "questioned", id="one missing"),
        pytest.param(["received", "received"], 1, "questioned", id="one too many"),
    ],
)
def test_what_did_not_arrive_as_announced_is_asked_about(samples: list[str], extra: int, state: str) -> None:
    assert after_receiving([SampleState(one) for one in samples], extra) == state


def test_what_had_been_done_counts_samples_by_what_became_of_them() -> None:
    states = [SampleState(one) for one in ("missing", "tested", "failed", "lost", "received")]

    assert done_so_far(states, 1) == {"received": 4, "tested": 1, "failed": 1, "results": 1}


def test_a_missing_sample_can_only_turn_up() -> None:
    found = {
        before.value: {after.value for after in SampleState if may_become(before, after)}
        for before in (SampleState.EXPECTED, SampleState.MISSING, SampleState.LOST)
    }

    recorded = {"tested", "failed", "damaged", "lost", "received"}
    assert found == {"expected": set(), "missing": {"received"}, "lost": recorded}


def test_a_quote_is_changed_by_numbers_and_not_by_names_or_order() -> None:
    other = LINE | {"kind": "setup"}

    assert not is_changed([LINE, other], [other | {"name_zh": "开机"}, LINE])
    assert is_changed([LINE], [LINE | {"count": 3}])
    assert is_changed([LINE], [])


def test_a_quote_has_lines_costs_nothing_below_zero_and_holds_today() -> None:
    yesterday = date(2026, 11, 22)

    assert quote_problems([LINE], TODAY, today=TODAY) == []
    assert [one.field for one in quote_problems([], yesterday, today=TODAY)] == ["lines", "valid_until"]
    assert [one.field for one in quote_problems([LINE | {"amount_fen": -1}], TODAY, today=TODAY)] == ["lines"]
