"""Decisions on sample orders: who may take which step when, what a request must say, what lines add up to."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from booking.core.errors import Problem
from booking.core.texts import N_
from models.vocabulary.catalogue import ReportMark
from models.vocabulary.pricing import LineKind
from models.vocabulary.samples import Leftover, ReportKind, SampleState, Settling
from models.vocabulary.samples import SampleOrderState as State
from models.vocabulary.samples import SampleStep as Step

MOST_A_DAY = 20
MOST_IN_A_RUN = 50
REQUESTERS_SHARE = 4
"""Files of requesters take at most this part (one in four) of the quota, so that results always have room."""


class Side(StrEnum):
    """On which side of an order somebody stands; a deadline stands on none."""

    REQUESTER = "requester"
    STAFF = "staff"
    DEADLINE = "deadline"


@dataclass(frozen=True, slots=True)
class Move:
    """Who may take a step, from which states, and where it usually leads; None leaves the order where it is."""

    sides: frozenset[Side]
    sources: frozenset[State]
    target: State | None


REQUESTER, STAFF = frozenset({Side.REQUESTER}), frozenset({Side.STAFF})
UNDER_WAY = frozenset({State.ACCEPTED, State.SENT, State.QUESTIONED, State.QUEUED, State.TESTING, State.DISPUTED})
AT_WORK = frozenset({State.QUEUED, State.TESTING, State.DISPUTED})
NOT_AGREED = frozenset({State.REQUESTED, State.QUOTED, State.EXPIRED})

MOVES: Mapping[Step, Move] = {
    Step.QUOTE: Move(STAFF, NOT_AGREED, State.QUOTED),
    Step.REFUSE: Move(STAFF, NOT_AGREED, State.REFUSED),
    Step.EXPIRE: Move(frozenset({Side.DEADLINE}), frozenset({State.QUOTED}), State.EXPIRED),
    Step.ACCEPT: Move(REQUESTER, frozenset({State.QUOTED}), State.ACCEPTED),
    Step.SEND: Move(REQUESTER, frozenset({State.ACCEPTED}), State.SENT),
    Step.RECEIVE: Move(STAFF, frozenset({State.ACCEPTED, State.SENT}), State.QUEUED),
    Step.SETTLE: Move(REQUESTER, frozenset({State.QUESTIONED}), State.QUEUED),
    Step.RUN: Move(STAFF, AT_WORK, State.TESTING),
    Step.RECORD: Move(STAFF, AT_WORK | {State.REPORTED}, None),
    Step.COUNT: Move(STAFF, AT_WORK | {State.REPORTED, State.CANCELLED}, None),
    Step.REPORT: Move(STAFF, frozenset({State.TESTING, State.DISPUTED, State.REPORTED}), State.REPORTED),
    Step.APPROVE: Move(REQUESTER | {Side.DEADLINE}, frozenset({State.REPORTED}), State.DONE),
    Step.DISPUTE: Move(REQUESTER, frozenset({State.REPORTED}), State.DISPUTED),
    Step.UPHOLD: Move(STAFF, frozenset({State.DISPUTED}), State.REPORTED),
    Step.CANCEL: Move(REQUESTER | STAFF, UNDER_WAY | NOT_AGREED, State.CANCELLED),
    Step.GIVE_BACK: Move(STAFF, frozenset({State.REPORTED, State.DONE, State.CANCELLED}), None),
}
"""The life cycle; a request begins it. Staff say no to what is not agreed by refusing, and cancel what is."""

WAITS_FOR_STAFF = frozenset({State.REQUESTED, State.SENT, State.QUEUED, State.TESTING, State.DISPUTED})
WAITS_FOR_REQUESTER = frozenset({State.QUOTED, State.ACCEPTED, State.QUESTIONED, State.REPORTED})

NEED_GROUND = frozenset({Step.SEND, Step.RECEIVE, Step.RUN})
"""Steps that an outside order only takes once what its owner requires is there: an order form, or a contract."""

ANSWERS = frozenset({Step.APPROVE, Step.DISPUTE})
"""What is said of results by who has read them."""

HAS_BEGUN = frozenset({State.TESTING, State.DISPUTED})
"""Where something may have been done although no sample says so yet."""

AT_HAND = frozenset({SampleState.RECEIVED, SampleState.TESTED, SampleState.FAILED})
RECORDED = (SampleState.TESTED, SampleState.FAILED, SampleState.DAMAGED, SampleState.LOST, SampleState.RECEIVED)
"""What staff may say became of a sample that had arrived."""

AT_THE_INSTRUMENT = frozenset({Step.QUOTE, Step.RUN})
"""What only the institution can do that has the instrument, not a former one about an order that stayed with it."""

FREE_NAMED = frozenset({LineKind.CONSUMABLE, LineKind.PREPARATION, LineKind.TEST_ITEM})


def target_of_step(step: Step, state: State, side: Side) -> State | None:
    """Where the step leads from here; None when this side may not take it now."""
    move = MOVES.get(step)
    if move is None or side not in move.sides or state not in move.sources:
        return None
    if step == Step.CANCEL and side == Side.STAFF and state in NOT_AGREED:
        return None
    return move.target or state


def steps_open(state: State, side: Side) -> list[Step]:
    """What this side may do with an order that stands here."""
    return [step for step in MOVES if target_of_step(step, state, side) is not None]


def after_receiving(samples: Collection[SampleState], extra: int) -> State:
    """Queued when everything arrived whole and nothing besides; otherwise the requester is asked."""
    is_as_announced = extra == 0 and set(samples) <= {SampleState.RECEIVED}
    return State.QUEUED if is_as_announced else State.QUESTIONED


def after_settling(answer: Settling) -> State:
    """Where the requester's answer to a mismatch leads."""
    return State.QUEUED if answer == Settling.GO_ON else State.CANCELLED


def goes_on(state: SampleState) -> SampleState:
    """A sample that arrived damaged is tested after all when the requester says so."""
    return SampleState.RECEIVED if state == SampleState.DAMAGED else state


def may_become(before: SampleState, after: SampleState) -> bool:
    """Whether staff may record this of a sample: what was missing can only turn up."""
    if before == SampleState.MISSING:
        return after == SampleState.RECEIVED
    return before != SampleState.EXPECTED and after in RECORDED


def after_reporting(*, is_final: bool, state: State) -> State:
    """A partial result leaves an order in testing."""
    return State.REPORTED if is_final else state


def done_so_far(samples: Sequence[SampleState], results: int) -> dict[str, int]:
    """What had been done, as a cancelled order keeps it: samples that arrived, were tested, failed, and results."""
    return {
        "received": sum(one not in {SampleState.EXPECTED, SampleState.MISSING} for one in samples),
        "tested": sum(one == SampleState.TESTED for one in samples),
        "failed": sum(one == SampleState.FAILED for one in samples),
        "results": results,
    }


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request says, as far as its parts must fit together."""

    tests: int
    other_tests: str
    marks: int
    sample_count: int
    hazards: int
    hazard_note: str
    leftover: Leftover
    return_address: str
    report: ReportKind
    offered: frozenset[ReportMark]
    due_on: date | None


def request_problems(asked: Asked, *, today: date) -> list[Problem]:
    """Everything in a request that does not fit together."""
    found = [
        (asked.tests == 0 and not asked.other_tests, "other_tests", N_("请选择检测项目，或写明要测什么。")),
        (asked.marks > asked.sample_count, "marks", N_("写的编号比样品多。")),
        (asked.hazards > 0 and not asked.hazard_note, "hazard_note", N_("请写明危险性和处理办法。")),
        (
            asked.leftover == Leftover.RETURN and not asked.return_address,
            "return_address",
            N_("要寄回样品，请写明收件人、电话和地址。"),
        ),
        (asked.due_on is not None and asked.due_on <= today, "due_on", N_("日期须在今天之后。")),
        (_lacks_mark(asked), "report", N_("所选的检测项目都不能出带这个标识的报告。")),
    ]
    return [Problem(field, sentence) for is_wrong, field, sentence in found if is_wrong]


def _lacks_mark(asked: Asked) -> bool:
    """Whether a mark is wanted that none of the chosen items can bear; what is asked in words, staff answer."""
    wanted = {
        ReportKind.CMA: {ReportMark.CMA, ReportMark.CMA_CNAS},
        ReportKind.CNAS: {ReportMark.CNAS, ReportMark.CMA_CNAS},
        ReportKind.CMA_CNAS: {ReportMark.CMA_CNAS},
    }.get(asked.report)
    return wanted is not None and asked.tests > 0 and not asked.other_tests and not wanted & asked.offered


def is_changed(proposed: Sequence[Mapping[str, Any]], lines: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a quote differs from the price list in what is counted or what it costs."""

    def counted(rows: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
        return sorted((row["kind"], row["count"], row["unit_fen"]) for row in rows)

    return counted(proposed) != counted(lines)


def quote_problems(lines: Sequence[Mapping[str, Any]], valid_until: date, *, today: date) -> list[Problem]:
    """A quote has lines, costs nothing below zero, and holds until some later day."""
    found = []
    if not lines:
        found.append(Problem("lines", N_("请至少写一行。")))
    if sum(line["amount_fen"] for line in lines) < 0:
        found.append(Problem("lines", N_("总额不能小于 0。")))
    if valid_until < today:
        found.append(Problem("valid_until", N_("有效期须到今天或以后。")))
    return found


def unknown_positions(named: Collection[int], known: Collection[int], field: str) -> list[Problem]:
    """Samples that are named and are not there."""
    return [] if set(named) <= set(known) else [Problem(field, N_("这个委托没有这个样品。"))]
