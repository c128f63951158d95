"""Decisions on applications for vouchers: who may apply for how much, which step comes when, who may review."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from booking.core.errors import Problem
from booking.core.texts import N_
from models.vocabulary.applications import (
    APPLICATION_DOCUMENTS,
    KEPT_DOCUMENTS,
    ApplicationStep,
    Ineligible,
)
from models.vocabulary.applications import ApplicationState as State
from models.vocabulary.applications import ApplicationStep as Step
from models.vocabulary.programmes import ProgrammeDocument

LONGEST_VALID = timedelta(days=3660)
"""How far ahead the last day of a verified paper may lie."""
REVIEWED = frozenset({State.DISTRICT_REVIEW, State.PROVINCE_REVIEW})
FIRMS_TURN = frozenset({State.DRAFT, State.RETURNED})
OVER = frozenset({State.ISSUED, State.REFUSED, State.WITHDRAWN})


BEFORE_SUBMITTING = frozenset({ApplicationStep.DRAFT, ApplicationStep.EDIT})
"""Steps whose content only the firm knows: what it thought of asking for is not what it asked for."""


class Side(StrEnum):
    """Whose step it is."""

    FIRM = "firm"
    OFFICER = "officer"


@dataclass(frozen=True, slots=True)
class Move:
    """Who takes a step, and where it leads from where."""

    side: Side
    targets: Mapping[State, State]


def _to(target: State, *sources: State) -> dict[State, State]:
    """One target from several states."""
    return dict.fromkeys(sources, target)


MOVES: Mapping[Step, Move] = {
    Step.EDIT: Move(Side.FIRM, {one: one for one in FIRMS_TURN}),
    Step.SUBMIT: Move(Side.FIRM, _to(State.DISTRICT_REVIEW, *FIRMS_TURN)),
    Step.WITHDRAW: Move(Side.FIRM, _to(State.WITHDRAWN, *FIRMS_TURN, *REVIEWED)),
    Step.PASS: Move(Side.OFFICER, _to(State.PROVINCE_REVIEW, State.DISTRICT_REVIEW)),
    Step.RETURN: Move(Side.OFFICER, _to(State.RETURNED, *REVIEWED)),
    Step.REFUSE: Move(Side.OFFICER, _to(State.REFUSED, *REVIEWED)),
    Step.ISSUE: Move(Side.OFFICER, _to(State.ISSUED, State.PROVINCE_REVIEW)),
}
"""The life cycle. What was sent back goes through both reviews again, for the firm may have changed all of it."""


def target_of_step(step: Step, state: State, side: Side) -> State | None:
    """Where the step leads from here; None when this side may not take it now."""
    move = MOVES.get(step)
    return move.targets.get(state) if move is not None and move.side == side else None


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides whether a firm may apply: the firm, the programme on this day, and what is taken up already.

    Amounts are fen; what is not limited is None. `begins_on` is None where no version holds yet.
    """

    is_enterprise: bool
    has_uscc: bool
    is_of_place: bool
    lives_elsewhere: bool
    today: date
    begins_on: date | None
    use_by: date
    has_open: bool
    cap_left_fen: int
    budget_left_fen: int | None


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason against, with what is left where the amount is too large."""

    code: Ineligible
    left_fen: int | None = None


def reasons_against(standing: Standing, wanted_fen: int | None) -> list[Reason]:
    """Every reason why the firm may not apply (for so much); an empty list means it may."""
    begun = standing.begins_on is not None and standing.begins_on <= standing.today
    found = [
        (not standing.is_enterprise, Ineligible.NOT_AN_ENTERPRISE),
        (not standing.has_uscc, Ineligible.USCC_MISSING),
        (not standing.is_of_place, Ineligible.OTHER_PROVINCE),
        (standing.lives_elsewhere, Ineligible.LIVES_ELSEWHERE),
        (not begun, Ineligible.NOT_IN_FORCE),
        (standing.today > standing.use_by, Ineligible.DAYS_OVER),
        (standing.has_open, Ineligible.OPEN_APPLICATION),
    ]
    reasons = [Reason(code) for is_so, code in found if is_so]
    return reasons + list(_amount_reasons(standing, wanted_fen or 0))


def _amount_reasons(standing: Standing, wanted_fen: int) -> Iterator[Reason]:
    """What is spent already, and what is less than is wanted."""
    cap, budget = standing.cap_left_fen, standing.budget_left_fen
    if cap <= 0:
        yield Reason(Ineligible.CAP_TAKEN_UP)
    elif wanted_fen > cap:
        yield Reason(Ineligible.OVER_CAP, cap)
    if budget is not None and budget <= 0:
        yield Reason(Ineligible.BUDGET_SPENT)
    elif budget is not None and wanted_fen > budget:
        yield Reason(Ineligible.OVER_BUDGET, budget)


def papers_needed(documents: Collection[str]) -> list[ProgrammeDocument]:
    """Those of a programme's papers that an application hands in, in their order."""
    return [one for one in APPLICATION_DOCUMENTS if one.value in documents]


@dataclass(frozen=True, slots=True)
class Reviewing:
    """What stands between an officer and a review: the firm's own people, and who did the other one."""

    acts_for_firm: bool = False
    filed_it: bool = False
    did_other_review: bool = False

    @property
    def is_free(self) -> bool:
        """Whether the officer may review."""
        return not (self.acts_for_firm or self.filed_it or self.did_other_review)


def other_reviews(state: State) -> frozenset[State]:
    """From which states somebody's decisions keep them from deciding here: nobody reviews for both offices."""
    return REVIEWED - {state}


@dataclass(frozen=True, slots=True)
class Verifying:
    """What an officer found of the papers: those that nobody has verified yet, and until when each holds."""

    unverified: Collection[ProgrammeDocument] = field(default=frozenset())
    expires_on: Mapping[ProgrammeDocument, date] = field(default_factory=dict)
    today: date = date.min


def verifying_problems(found: Verifying) -> list[Problem]:
    """Papers without a last day, with one that is not to be had, and such as need none."""
    problems = []
    for document in KEPT_DOCUMENTS_IN_ORDER:
        day, name = found.expires_on.get(document), f"expires_on.{document.value}"
        if document not in found.unverified:
            continue
        if day is None:
            problems.append(Problem(name, N_("请核对材料，写明有效到哪一天。")))
        elif day < found.today:
            problems.append(Problem(name, N_("材料已经过期，请退回企业补正。")))
        elif day > found.today + LONGEST_VALID:
            problems.append(Problem(name, N_("最多到十年以后。")))
    return problems


KEPT_DOCUMENTS_IN_ORDER = tuple(one for one in APPLICATION_DOCUMENTS if one in KEPT_DOCUMENTS)


def steps_for_firm(state: State) -> list[ApplicationStep]:
    """What the firm may do with an application that stands here."""
    return [step for step, move in MOVES.items() if move.side == Side.FIRM and state in move.targets]


def steps_for_officer(state: State, reviewing: Reviewing) -> list[ApplicationStep]:
    """What an officer may decide on an application that stands here."""
    if not reviewing.is_free:
        return []
    return [step for step, move in MOVES.items() if move.side == Side.OFFICER and state in move.targets]
