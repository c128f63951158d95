"""Decisions about charges on values alone: what a use costs, what late and absent people pay, which steps are open."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction

from booking.core.clock import local_date
from booking.core.money import rounded, share_of
from booking.core.period import Period, common, merged
from booking.pricing.rules import Line, Quote, Terms, Use, billed_time, quote
from models.vocabulary.charges import (
    AGREED,
    ANSWERABLE,
    ON_STATEMENT,
    UNSETTLED,
    ChargeKind,
    ChargeProblem,
    ChargeState,
    ChargeStep,
)
from models.vocabulary.pricing import LineKind

MINUTE = timedelta(minutes=1)

OVER = frozenset({ChargeState.WAIVED, ChargeState.CANCELLED})
"""Nothing is owed any more."""

_LIVE = UNSETTLED | ON_STATEMENT | {ChargeState.ACCEPTED}
STATES_OF: Mapping[ChargeStep, frozenset[ChargeState]] = {
    ChargeStep.ACCEPT: ANSWERABLE | {ChargeState.DISPUTED},
    ChargeStep.DISPUTE: ANSWERABLE,
    ChargeStep.WRITE: frozenset({ChargeState.DISPUTED}),
    ChargeStep.UPHOLD: frozenset({ChargeState.DISPUTED}),
    ChargeStep.ADJUST: _LIVE,
    ChargeStep.WAIVE: _LIVE,
    ChargeStep.CANCEL: _LIVE,
    ChargeStep.TAKE_REST: AGREED,
    ChargeStep.ON_PAPER: AGREED,
}
"""In which states each step can be taken."""

OF_PROVIDER = frozenset(
    {
        ChargeStep.UPHOLD,
        ChargeStep.ADJUST,
        ChargeStep.WAIVE,
        ChargeStep.CANCEL,
        ChargeStep.TAKE_REST,
        ChargeStep.ON_PAPER,
        ChargeStep.WRITE,
    }
)
ABOUT_SHORTNESS = frozenset({ChargeStep.TAKE_REST, ChargeStep.ON_PAPER})


@dataclass(frozen=True, slots=True)
class Owed:
    """A booking that counts as it is: what cancelling it costs still, or None since it has begun."""

    fee_fen: int | None


@dataclass(frozen=True, slots=True)
class Used:
    """What was used: when (None: as booked), with how many samples, and pieces by the place of their line."""

    period: Period | None = None
    samples: int = 0
    pieces: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sight:
    """What an actor is to a charge: booked the time, answers for what pays, settles it for the owner, or reads it.

    Who acts for the firm that ordered reads it too.
    """

    is_booker: bool = False
    answers: bool = False
    settles: bool = False
    reads: bool = False
    keeps_payer: bool = False
    for_firm: bool = False

    @property
    def sees(self) -> bool:
        """Whether they may know of it."""
        return self.is_booker or self.answers or self.settles or self.reads or self.keeps_payer or self.for_firm


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a charge stands, as far as it decides about steps."""

    state: ChargeState
    problem: ChargeProblem | None
    gross_fen: int


def last_day(ends_at: datetime) -> date:
    """The last day of a use that ends then: one until midnight ends on the day before."""
    return local_date(ends_at - timedelta(microseconds=1))


def day_begun(booked: Period) -> date:
    """The day of a use as vouchers count it: the one on which it begins as it was booked, however late it ends."""
    return local_date(booked.start)


def day_used(kind: ChargeKind, booked: Period) -> date:
    """The day of what is charged as its vouchers count it: of samples the one on which their results came."""
    return last_day(booked.end) if kind == ChargeKind.SAMPLES else day_begun(booked)


def use_quote(terms: Terms, booked: Period, used: Used, *, is_assisted: bool) -> Quote:
    """What a use costs by the very price that it was booked on: the time that this price bills, samples and pieces."""
    period = billed_time(terms, booked, used.period)
    return quote(terms, Use(period, is_assisted, used.samples, used.pieces))


def share_line(kind: LineKind, total_fen: int, share: int) -> Line:
    """A share of what was quoted, for coming too late or not at all."""
    fee = share_of(total_fen, share)
    return Line(kind, fee, fee, count=1, why={"share": share, "total_fen": total_fen})


def let_off(fee_fen: int, freed: Period, closed: Sequence[Period], taken: Sequence[Period]) -> list[Line]:
    """What is let off of a fee, in proportion: for the time that was closed, and for the rest that others took."""
    whole, known = freed.length // MINUTE, 0
    lines: list[Line] = []
    for kind, parts in ((LineKind.CLOSED, closed), (LineKind.TAKEN, [*closed, *taken])):
        minutes = sum((part.length for part in merged(parts)), timedelta()) // MINUTE
        so_far = rounded(Fraction(fee_fen * minutes, whole)) if minutes < whole else fee_fen
        already_fen = -sum(line.amount_fen for line in lines)
        if minutes > known and so_far > already_fen:
            change = already_fen - so_far
            lines.append(Line(kind, change, change, count=1, why={"minutes": minutes - known, "of": whole}))
        known = minutes
    return lines


def taken_time(freed: Period, groups: Iterable[Sequence[Sequence[Period]]]) -> list[Period]:
    """The parts of a time given back in which it could not have been used: every lane of some group is somebody's.

    `groups` holds what others have on each lane of each group that is needed.
    """
    full: list[Period] = []
    for lanes in groups:
        if lanes:
            busy = merged(lanes[0])
            for lane in lanes[1:]:
                busy = common(busy, lane)
            full += [part for one in busy if (part := one.clipped(freed))]
    return merged(full)


def steps_open(standing: Standing, sight: Sight) -> list[ChargeStep]:
    """What the actor can do next."""
    return [step for step in STATES_OF if is_open(step, standing) and may_take(step, sight)]


def is_open(step: ChargeStep, standing: Standing) -> bool:
    """Whether a step can be taken with a charge that stands so."""
    if step in ABOUT_SHORTNESS and standing.problem != ChargeProblem.PAYER_SHORT:
        return False
    is_undecided = standing.state == ChargeState.ESTIMATED and standing.problem is None
    if step == ChargeStep.ADJUST and is_undecided:
        return False
    return standing.state in STATES_OF.get(step, ())


def may_take(step: ChargeStep, sight: Sight) -> bool:
    """Whether the actor is the one for a step: accepting is the payer's, disputing also theirs who booked."""
    if step == ChargeStep.ACCEPT:
        return sight.answers
    if step == ChargeStep.DISPUTE:
        return sight.answers or sight.is_booker
    if step == ChargeStep.WRITE:
        return sight.answers or sight.is_booker or sight.settles
    return step in OF_PROVIDER and sight.settles


def state_after_change(state: ChargeState) -> ChargeState:
    """Where a changed amount leaves a charge: what had none yet is final now, everything else is asked about anew."""
    return ChargeState.FINAL if state == ChargeState.ESTIMATED else ChargeState.ADJUSTED


def correction(kind: LineKind, change_fen: int, name: str = "") -> Line:
    """The new line that changes a charge."""
    return Line(kind, change_fen, change_fen, count=1, name_zh=name, name_en=name)
