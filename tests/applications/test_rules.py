"""Who may apply for how much, and which step comes when."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from booking.applications.rules import (
    Reason,
    Reviewing,
    Side,
    Standing,
    Verifying,
    papers_needed,
    reasons_against,
    steps_for_firm,
    steps_for_officer,
    target_of_step,
    verifying_problems,
)
from models.vocabulary.applications import ApplicationState as State
from models.vocabulary.applications import ApplicationStep as Step
from models.vocabulary.applications import Ineligible
from models.vocabulary.programmes import ProgrammeDocument

TODAY = date(2026, 3, 2)
GOOD = Standing(
    lives_elsewhere=False,
    is_enterprise=True,
    has_uscc=True,
    is_of_place=True,
    today=TODAY,
    begins_on=date(2026, 1, 1),
    use_by=date(2026, 12, 31),
    has_open=False,
    cap_left_fen=20_000,
    budget_left_fen=30_000,
)


@pytest.mark.parametrize(
    ("changes", "wanted", "expected"),
    [
        pytest.param({}, 20_000, [], id="all that is left of the cap"),
        pytest.param({}, 20_001, [Reason(Ineligible.OVER_CAP, 20_000)], id="a fen more than the cap"),
        pytest.param({"cap_left_fen": 0}, None, [Reason(Ineligible.CAP_TAKEN_UP)], id="cap taken up"),
        pytest.param({"budget_left_fen": 10_000}, 10_000, [], id="the last of the budget"),
        pytest.param(
            {"budget_left_fen": 10_000},
            10_001,
            [Reason(Ineligible.OVER_BUDGET, 10_000)],
            id="a fen more than the budget",
        ),
        pytest.param({"budget_left_fen": 0}, 1, [Reason(Ineligible.BUDGET_SPENT)], id="budget spent"),
        pytest.param({"budget_left_fen": None}, 20_000, [], id="no budget at issue"),
        pytest.param({"use_by": TODAY}, 1, [], id="on the last day"),
        pytest.param({"use_by": TODAY - timedelta(days=1)}, 1, [Reason(Ineligible.DAYS_OVER)], id="a day too late"),
        pytest.param({"begins_on": None}, 1, [Reason(Ineligible.NOT_IN_FORCE)], id="no version holds"),
        pytest.param(
            {
                "is_enterprise": False,
                "has_uscc": False,
                "is_of_place": False,
                "begins_on": None,
                "use_by": TODAY - timedelta(days=1),
                "has_open": True,
                "lives_elsewhere": True,
                "cap_left_fen": 0,
                "budget_left_fen": 0,
            },
            1,
            [Reason(code) for code in Ineligible if code not in {Ineligible.OVER_CAP, Ineligible.OVER_BUDGET}],
            id="everything at once",
        ),
    ],
)
def test_reasons_against_an_application(changes: dict[str, Any], wanted: int | None, expected: list[Reason]) -> None:
    assert reasons_against(replace(GOOD, **changes), wanted) == expected


def test_an_application_goes_through_two_reviews_and_what_is_sent_back_through_both_again() -> None:
    way = [
        (Step.SUBMIT, State.DRAFT, Side.FIRM, State.DISTRICT_REVIEW),
        (Step.PASS, State.DISTRICT_REVIEW, Side.OFFICER, State.PROVINCE_REVIEW),
        (Step.RETURN, State.PROVINCE_REVIEW, Side.OFFICER, State.RETURNED),
        (Step.SUBMIT, State.RETURNED, Side.FIRM, State.DISTRICT_REVIEW),
        (Step.ISSUE, State.PROVINCE_REVIEW, Side.OFFICER, State.ISSUED),
    ]

    assert [target_of_step(step, state, side) for step, state, side, _to in way] == [to for *_from, to in way]
    assert target_of_step(Step.ISSUE, State.DISTRICT_REVIEW, Side.OFFICER) is None
    assert target_of_step(Step.SUBMIT, State.DRAFT, Side.OFFICER) is None


@pytest.mark.parametrize("state", [State.ISSUED, State.REFUSED, State.WITHDRAWN])
def test_nothing_is_done_with_an_application_that_is_over(state: State) -> None:
    assert steps_for_firm(state) == []
    assert steps_for_officer(state, Reviewing()) == []


@pytest.mark.parametrize("bound", ["acts_for_firm", "filed_it", "did_other_review"])
def test_who_is_bound_decides_nothing(bound: str) -> None:
    assert steps_for_officer(State.PROVINCE_REVIEW, Reviewing(**{bound: True})) == []


def test_only_the_papers_of_an_application_are_asked_for_in_their_order() -> None:
    wanted = ["invoice", "enterprise_kind", "application", "contract"]

    assert papers_needed(wanted) == [ProgrammeDocument.APPLICATION, ProgrammeDocument.ENTERPRISE_KIND]


@pytest.mark.parametrize(
    ("days", "is_right"),
    [
        pytest.param(None, False, id="no day"),
        pytest.param(-1, False, id="over"),
        pytest.param(0, True, id="today"),
        pytest.param(3660, True, id="in ten years"),
        pytest.param(3661, False, id="later"),
    ],
)
def test_a_verified_paper_has_a_last_day_within_ten_years(days: int | None, is_right: bool) -> None:
    paper = ProgrammeDocument.BUSINESS_LICENCE
    expires = {} if days is None else {paper: TODAY + timedelta(days=days)}

    assert (verifying_problems(Verifying([paper], expires, TODAY)) == []) is is_right
    assert verifying_problems(Verifying([], expires, TODAY)) == []
