"""Decisions of clearing on values alone: what a transfer counts as, who owes whom, and how far a month is."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from models.vocabulary.clearing import ClearingState, ClearingStep, Figure, PairSide
from models.vocabulary.programmes import BorderWay

S = PairSide
_FIGURES: Mapping[tuple[PairSide, PairSide], tuple[Figure, int]] = {
    (S.SOURCE, S.CAPTURED): (Figure.CAPTURED, 1),
    (S.CAPTURED, S.SOURCE): (Figure.GIVEN_BACK, 1),
    (S.CAPTURED, S.PAID): (Figure.PAID, 1),
    (S.PAID, S.CAPTURED): (Figure.CLAWED_BACK, 1),
    (S.PAID, S.SOURCE): (Figure.CLAWED_BACK, 1),
    (S.SOURCE, S.OWED): (Figure.OWED, 1),
    (S.OWED, S.SOURCE): (Figure.OWED, -1),
}


@dataclass(frozen=True, slots=True, order=True)
class Course:
    """Vouchers of one province used in another, and how the two settle it."""

    issuer: str
    provider: str
    way: BorderWay


@dataclass(frozen=True, slots=True)
class Moved:
    """What was moved between two accounts of a pair, in fen.

    `way` is that of the voucher's version where a capture was posted by the entry, `is_rejected` where a redemption did
    not approve it; `is_payment` where the entry paid a redemption or took something of it back.
    """

    issuer: str
    provider: str
    from_side: PairSide
    to_side: PairSide
    amount_fen: int
    way: BorderWay = BorderWay.HOME_PAYS
    is_rejected: bool = False
    is_payment: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Border:
    """Two provinces by the first two digits of their codes, the lower one first; or one province alone."""

    low: str
    high: str

    @property
    def is_within(self) -> bool:
        """Whether it is one province, with which nobody settles."""
        return self.low == self.high

    @property
    def provinces(self) -> frozenset[str]:
        """The provinces."""
        return frozenset({self.low, self.high})

    def other(self, province: str) -> str:
        """The province on the other side."""
        return self.high if province == self.low else self.low

    def __str__(self) -> str:
        """As addresses have it."""
        return f"{self.low}-{self.high}"


def border_of(issuer: str, provider: str) -> Border:
    """The border between two provinces."""
    low, high = sorted((issuer, provider))
    return Border(low, high)


def figure_of(
    from_side: PairSide, to_side: PairSide, *, is_rejected: bool, is_payment: bool
) -> tuple[Figure, int] | None:
    """What a transfer counts as, and with which sign.

    None where it settles what was owed, and for what a payment that was taken back leaves behind: it counts once.
    """
    found = _FIGURES.get((from_side, to_side))
    if found is None or found[0] != Figure.GIVEN_BACK:
        return found
    if is_payment:
        return None
    return (Figure.NOT_APPROVED, 1) if is_rejected else found


def paths_of(figure: Figure) -> list[tuple[PairSide, PairSide]]:
    """Between which accounts a figure's transfers run; what was given back and not approved run alike."""
    looked_for = Figure.GIVEN_BACK if figure == Figure.NOT_APPROVED else figure
    return [path for path, (of, _sign) in _FIGURES.items() if of == looked_for]


def added(moved: Iterable[Moved]) -> dict[Course, dict[Figure, int]]:
    """The figures of each course, every one of them there, in order.

    Of what was paid and taken back as much was advanced by the other province as is owed for it.
    """
    found: defaultdict[Course, dict[Figure, int]] = defaultdict(lambda: dict.fromkeys(Figure, 0))
    for one in moved:
        counted = figure_of(one.from_side, one.to_side, is_rejected=one.is_rejected, is_payment=one.is_payment)
        if counted is None:
            continue
        figure, sign = counted
        home = Course(one.issuer, one.provider, BorderWay.HOME_PAYS)
        advanced = Course(one.issuer, one.provider, BorderWay.ADVANCE_THEN_NET)
        if figure == Figure.OWED:
            part = Figure.PAID if sign > 0 else Figure.CLAWED_BACK
            found[advanced][figure] += sign * one.amount_fen
            found[advanced][part] += one.amount_fen
            found[home][part] -= one.amount_fen
        elif figure in {Figure.PAID, Figure.CLAWED_BACK} or one.issuer == one.provider:
            found[home][figure] += one.amount_fen
        else:
            found[Course(one.issuer, one.provider, one.way)][figure] += one.amount_fen
    return {course: found[course] for course in sorted(found) if any(found[course].values())}


def net_fen(border: Border, figures: Mapping[Course, Mapping[Figure, int]]) -> int:
    """What the lower province owes the higher one for all of it; below zero it is owed."""
    return sum(
        amounts[Figure.OWED] * (1 if course.issuer == border.low else -1)
        for course, amounts in figures.items()
        if course.issuer != course.provider
    )


def creditor_of(border: Border, net: int) -> str | None:
    """The province that is owed; none where nothing is."""
    if net == 0:
        return None
    return border.high if net > 0 else border.low


def month_of(day: date) -> date:
    """The month of a day, as its first day."""
    return day.replace(day=1)


def month_after(month: date) -> date:
    """The first day of the next month."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def month_before(month: date) -> date:
    """The first day of the month before."""
    return (month - timedelta(days=1)).replace(day=1)


def months_between(first: date, last: date) -> list[date]:
    """Every month from one to another, both included."""
    found = []
    while first <= last:
        found.append(first)
        first = month_after(first)
    return found


def state_of(month: date, today: date, steps: Sequence[ClearingStep] | None, *, is_owed: bool) -> ClearingState:
    """How far a month is by the steps of its statement, in order; none where it is not closed."""
    if steps is None:
        return ClearingState.DUE if month_after(month) <= today else ClearingState.OPEN
    if is_settled(steps) or (ClearingStep.CONFIRM in steps and not is_owed):
        return ClearingState.SETTLED
    if ClearingStep.CONFIRM in steps:
        return ClearingState.CONFIRMED
    return ClearingState.OBJECTED if ClearingStep.OBJECT in steps else ClearingState.CLOSED


def is_settled(steps: Sequence[ClearingStep]) -> bool:
    """Whether what is owed was paid, by the steps in order: what was recorded by mistake was taken back."""
    last = [one for one in steps if one in {ClearingStep.SETTLE, ClearingStep.REVERSE}][-1:]
    return last == [ClearingStep.SETTLE]


def number_of(border: Border, number: int) -> str:
    """The number of a statement as papers have it."""
    return f"{border.low}{border.high}-{number:04d}"
