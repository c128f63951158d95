"""Steps of contracts, and terms that fit together."""

from datetime import UTC, date, datetime, timedelta

import pytest

from booking.contracts.rules import (
    OBJECTING_WITHIN,
    Side,
    Signed,
    Terms,
    ends_soon,
    may_object,
    state_after,
    steps_open,
    term_problems,
    text_problems,
)
from booking.contracts.wording import PROPOSED
from models.vocabulary.contracts import Clause, ContractScope, ContractSide
from models.vocabulary.contracts import ContractState as State
from models.vocabulary.contracts import ContractStep as Step

TODAY = date(2026, 11, 26)
OWNER, PARTY = ContractSide.OWNER, ContractSide.PARTY


@pytest.mark.parametrize(
    ("state", "side", "signed", "steps"),
    [
        pytest.param(State.DRAFT, Side.OWNER, [], [Step.EDIT, Step.SEND, Step.END], id="a draft is the institution's"),
        pytest.param(State.DRAFT, Side.PARTY, [], [Step.END], id="who asked for it takes the wish back"),
        pytest.param(State.SENT, Side.OWNER, [], [Step.RECALL, Step.SIGN, Step.END], id="sent and unsigned"),
        pytest.param(State.SENT, Side.OWNER, [PARTY], [Step.SIGN, Step.END], id="not taken back once signed"),
        pytest.param(State.SENT, Side.PARTY, [OWNER], [Step.SIGN, Step.END], id="the party signs or declines"),
        pytest.param(State.SENT, Side.PARTY, [PARTY], [], id="what the party signed it does not end"),
        pytest.param(State.SIGNED, Side.OWNER, [OWNER, PARTY], [Step.END], id="the institution ends it"),
        pytest.param(State.SIGNED, Side.PARTY, [OWNER, PARTY], [], id="the party does not"),
        pytest.param(State.SIGNED, Side.DEADLINE, [OWNER, PARTY], [Step.EXPIRE], id="its last day does"),
        pytest.param(State.ENDED, Side.OWNER, [], [], id="an end is an end"),
    ],
)
def test_each_side_takes_only_the_steps_of_its_state(
    state: State, side: Side, signed: list[ContractSide], steps: list[Step]
) -> None:
    assert steps_open(state, side, Signed(frozenset(signed))) == steps


def test_a_party_ends_what_the_institution_says_it_signed_within_some_days() -> None:
    at = datetime(2026, 11, 26, 4, tzinfo=UTC)
    disowned = Signed(frozenset({OWNER, PARTY}), is_open_to_objection=True)

    moments = [(None, at), (at, at + OBJECTING_WITHIN), (at, at + OBJECTING_WITHIN + timedelta(seconds=1))]
    found = [may_object(OWNER, signed_at, now=now) for signed_at, now in moments]

    assert (found, may_object(PARTY, at, now=at), may_object(None, at, now=at)) == ([True, True, False], False, False)
    assert [steps_open(state, Side.PARTY, disowned) for state in (State.SENT, State.SIGNED)] == [[Step.END]] * 2


def test_a_contract_is_in_force_once_both_have_signed() -> None:
    assert [state_after(signed) for signed in ([OWNER], [PARTY], [OWNER, PARTY])] == [
        State.SENT,
        State.SENT,
        State.SIGNED,
    ]


@pytest.mark.parametrize(
    ("terms", "fields"),
    [
        pytest.param(Terms(ContractScope.FRAMEWORK, None, None, TODAY, TODAY), [], id="one day"),
        pytest.param(Terms(ContractScope.FRAMEWORK, 3, None, TODAY, TODAY), ["instrument_id"], id="names too much"),
        pytest.param(Terms(ContractScope.INSTRUMENT, None, None, TODAY, TODAY), ["instrument_id"], id="names none"),
        pytest.param(
            Terms(ContractScope.SAMPLE_ORDER, None, None, TODAY, TODAY - timedelta(days=1)),
            ["sample_order_id", "ends_on", "ends_on"],
            id="everything at once",
        ),
    ],
)
def test_everything_that_does_not_fit_is_said(terms: Terms, fields: list[str]) -> None:
    assert [problem.field for problem in term_problems(terms, today=TODAY)] == fields


def test_the_platforms_text_has_all_topics_in_both_languages_and_a_missing_one_is_named() -> None:
    lacking = {code: dict(said) for code, said in PROPOSED.items()}
    lacking[Clause.BREACH.value]["en"] = " "

    assert text_problems(PROPOSED) == []
    assert [problem.field for problem in text_problems(lacking)] == ["breach_en"]


def test_the_end_comes_near_sixty_days_before() -> None:
    days = (TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=60), TODAY + timedelta(days=61))

    assert [ends_soon(day, TODAY) for day in days] == [False, True, True, False]
