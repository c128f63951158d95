"""Decisions on contracts: who may take which step when, and what its terms must fulfil."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from booking.core.errors import Problem
from booking.core.texts import N_
from models.vocabulary.contracts import Clause, ContractScope, ContractSide
from models.vocabulary.contracts import ContractState as State
from models.vocabulary.contracts import ContractStep as Step

ENDING_WITHIN = timedelta(days=60)
LONGEST = timedelta(days=3660)
LONGEST_CLAUSE = 2000
OBJECTING_WITHIN = timedelta(days=15)
"""How long a party may say that a signature which the institution handed in for it is not its own."""


class Side(StrEnum):
    """On which side of a contract somebody stands; its last day stands on none."""

    OWNER = "owner"
    PARTY = "party"
    DEADLINE = "deadline"


@dataclass(frozen=True, slots=True)
class Move:
    """Who may take a step, from which states, and where it leads."""

    sides: frozenset[Side]
    sources: frozenset[State]
    target: State


OWNER, EITHER = frozenset({Side.OWNER}), frozenset({Side.OWNER, Side.PARTY})
OPEN = frozenset({State.DRAFT, State.SENT, State.SIGNED})
OVER = frozenset({State.ENDED, State.EXPIRED})

MOVES: Mapping[Step, Move] = {
    Step.EDIT: Move(OWNER, frozenset({State.DRAFT}), State.DRAFT),
    Step.SEND: Move(OWNER, frozenset({State.DRAFT}), State.SENT),
    Step.RECALL: Move(OWNER, frozenset({State.SENT}), State.DRAFT),
    Step.SIGN: Move(EITHER, frozenset({State.SENT}), State.SIGNED),
    Step.END: Move(EITHER, OPEN, State.ENDED),
    Step.EXPIRE: Move(frozenset({Side.DEADLINE}), OPEN, State.EXPIRED),
}
"""The life cycle: a draft or a wish for one begins it. The party declines what it has not signed itself."""


@dataclass(frozen=True, slots=True)
class Signed:
    """Which sides have signed; `is_open_to_objection` while the party may still disown its signature."""

    sides: frozenset[ContractSide] = frozenset()
    is_open_to_objection: bool = False


UNSIGNED = Signed()


def may_object(handed_in_by: ContractSide | None, signed_at: datetime | None, *, now: datetime) -> bool:
    """Whether the party may say that its signature, which the institution handed in, is not its own."""
    if handed_in_by != ContractSide.OWNER:
        return False
    return signed_at is None or now <= signed_at + OBJECTING_WITHIN


def target_of_step(step: Step, state: State, side: Side, signed: Signed = UNSIGNED) -> State | None:
    """Where the step leads from here; None when this side may not take it now.

    What one side has signed is not taken back to be changed; a contract is signed once both have.
    """
    move = MOVES.get(step)
    if move is None or side not in move.sides or state not in move.sources:
        return None
    if step == Step.RECALL and signed.sides:
        return None
    has_signed = side == Side.PARTY and ContractSide.PARTY in signed.sides
    if step == Step.END and has_signed and not signed.is_open_to_objection:
        return None
    return None if step == Step.SIGN and has_signed else move.target


def steps_open(state: State, side: Side, signed: Signed) -> list[Step]:
    """What this side may do with a contract that stands here."""
    return [step for step in MOVES if target_of_step(step, state, side, signed) is not None]


def state_after(signed: Collection[ContractSide]) -> State:
    """Signed once both sides have; until then it stays sent."""
    return State.SIGNED if set(signed) == set(ContractSide) else State.SENT


def ends_soon(ends_on: date, today: date) -> bool:
    """Whether its last day comes within two months."""
    return today <= ends_on <= today + ENDING_WITHIN


@dataclass(frozen=True, slots=True)
class Terms:
    """What is to be agreed on, as far as its parts must fit together."""

    scope: ContractScope
    instrument_id: int | None
    sample_order_id: int | None
    starts_on: date
    ends_on: date


def term_problems(terms: Terms, *, today: date) -> list[Problem]:
    """Everything in the terms that does not fit together."""
    about_instrument = terms.scope == ContractScope.INSTRUMENT
    about_order = terms.scope == ContractScope.SAMPLE_ORDER
    found = [
        (about_instrument and terms.instrument_id is None, "instrument_id", N_("请写明是哪一台仪器。")),
        (about_order and terms.sample_order_id is None, "sample_order_id", N_("请写明是哪一个送样委托。")),
        (not about_instrument and terms.instrument_id is not None, "instrument_id", N_("只有按仪器签订时才填仪器。")),
        (not about_order and terms.sample_order_id is not None, "sample_order_id", N_("只有按委托签订时才填委托。")),
        (terms.ends_on < terms.starts_on, "ends_on", N_("结束日期不能早于开始日期。")),
        (terms.ends_on - terms.starts_on > LONGEST, "ends_on", N_("合同最长十年。")),
        (terms.ends_on < today, "ends_on", N_("结束日期须在今天或以后。")),
    ]
    return [Problem(field, sentence) for is_wrong, field, sentence in found if is_wrong]


def signing_problems(signed_on: date, *, today: date) -> list[Problem]:
    """A signature lies in the past."""
    return [Problem("signed_on", N_("签字日期不能晚于今天。"))] if signed_on > today else []


def text_problems(clauses: Mapping[str, Mapping[str, str]]) -> list[Problem]:
    """Every topic must be there in both languages."""
    return list(_lacking(clauses))


def _lacking(clauses: Mapping[str, Mapping[str, str]]) -> Iterator[Problem]:
    """The topics and languages without a text."""
    for clause in Clause:
        for language in ("zh", "en"):
            if not clauses.get(clause.value, {}).get(language, "").strip():
                yield Problem(f"{clause.value}_{language}", N_("六项内容都要有中文和英文。"))
