"""What a transfer counts as, who owes whom, and how far a month is."""

from datetime import date

import pytest

from booking.clearing.rules import (
    Border,
    Course,
    Moved,
    added,
    border_of,
    creditor_of,
    month_after,
    months_between,
    net_fen,
    number_of,
    state_of,
)
from models.vocabulary.clearing import ClearingState, ClearingStep, Figure, PairSide
from models.vocabulary.programmes import BorderWay

HOME, ADVANCE = BorderWay.HOME_PAYS, BorderWay.ADVANCE_THEN_NET
S, F = PairSide, Figure
CQ_IN_SC, SC_IN_CQ = ("50", "51"), ("51", "50")


def figures(**amounts: int) -> dict[Figure, int]:
    return {one: amounts.get(one.value, 0) for one in Figure}


def test_what_was_paid_counts_as_advanced_as_far_as_it_is_owed() -> None:
    moved = [
        Moved(*CQ_IN_SC, S.SOURCE, S.CAPTURED, 900, ADVANCE),
        Moved(*CQ_IN_SC, S.SOURCE, S.CAPTURED, 500, HOME),
        Moved(*CQ_IN_SC, S.CAPTURED, S.PAID, 1_000),
        Moved(*CQ_IN_SC, S.SOURCE, S.OWED, 700),
        Moved(*CQ_IN_SC, S.CAPTURED, S.SOURCE, 40, ADVANCE),
        Moved(*CQ_IN_SC, S.CAPTURED, S.SOURCE, 60, HOME, is_rejected=True),
    ]

    assert added(moved) == {
        Course(*CQ_IN_SC, ADVANCE): figures(captured=900, paid=700, given_back=40, owed=700),
        Course(*CQ_IN_SC, HOME): figures(captured=500, paid=300, not_approved=60),
    }


def test_what_was_clawed_back_counts_once_and_is_not_owed_any_more() -> None:
    moved = [
        Moved(*SC_IN_CQ, S.PAID, S.CAPTURED, 250, ADVANCE, is_rejected=True, is_payment=True),
        Moved(*SC_IN_CQ, S.OWED, S.SOURCE, 250, ADVANCE, is_rejected=True, is_payment=True),
        Moved(*SC_IN_CQ, S.CAPTURED, S.SOURCE, 250, ADVANCE, is_rejected=True, is_payment=True),
    ]

    assert added(moved) == {Course(*SC_IN_CQ, ADVANCE): figures(clawed_back=250, owed=-250)}


def test_within_a_province_nothing_is_advanced_and_settling_is_no_figure() -> None:
    moved = [
        Moved("50", "50", S.SOURCE, S.CAPTURED, 100, ADVANCE),
        Moved(*CQ_IN_SC, S.OWED, S.SETTLED, 70),
    ]

    assert added(moved) == {Course("50", "50", HOME): figures(captured=100)}


@pytest.mark.parametrize(
    ("low_owes", "high_owes", "net", "creditor"),
    [
        pytest.param(700, 250, 450, "51", id="the lower owes more"),
        pytest.param(100, 250, -150, "50", id="the higher owes more"),
        pytest.param(250, 250, 0, None, id="nobody owes anything"),
        pytest.param(-30, 0, -30, "50", id="more was taken back than paid"),
    ],
)
def test_the_two_directions_are_netted(low_owes: int, high_owes: int, net: int, creditor: str | None) -> None:
    found = {
        Course(*CQ_IN_SC, ADVANCE): figures(owed=low_owes),
        Course(*SC_IN_CQ, ADVANCE): figures(owed=high_owes),
    }

    assert net_fen(Border("50", "51"), found) == net
    assert creditor_of(Border("50", "51"), net) == creditor


@pytest.mark.parametrize(
    ("month", "steps", "is_owed", "state"),
    [
        pytest.param(date(2026, 11, 1), None, True, ClearingState.OPEN, id="lasts"),
        pytest.param(date(2026, 10, 1), None, True, ClearingState.DUE, id="is over"),
        pytest.param(date(2026, 10, 1), [], True, ClearingState.CLOSED, id="closed"),
        pytest.param(date(2026, 10, 1), ["answer"], True, ClearingState.CLOSED, id="talked about"),
        pytest.param(date(2026, 10, 1), ["object", "answer"], True, ClearingState.OBJECTED, id="objected to"),
        pytest.param(date(2026, 10, 1), ["object", "confirm"], True, ClearingState.CONFIRMED, id="confirmed after all"),
        pytest.param(date(2026, 10, 1), ["confirm"], False, ClearingState.SETTLED, id="nothing is owed"),
        pytest.param(date(2026, 10, 1), ["confirm", "settle"], True, ClearingState.SETTLED, id="settled"),
    ],
)
def test_how_far_a_month_is(month: date, steps: list[str] | None, is_owed: bool, state: ClearingState) -> None:
    taken = None if steps is None else [ClearingStep(one) for one in steps]

    assert state_of(month, date(2026, 11, 23), taken, is_owed=is_owed) == state


def test_months_follow_each_other_over_the_year_and_borders_have_one_name() -> None:
    assert month_after(date(2026, 12, 1)) == date(2027, 1, 1)
    assert months_between(date(2026, 11, 1), date(2027, 1, 1)) == [
        date(2026, 11, 1),
        date(2026, 12, 1),
        date(2027, 1, 1),
    ]
    assert border_of("51", "50") == border_of("50", "51") == Border("50", "51")
    assert number_of(Border("50", "51"), 7) == "5051-0007"
