"""What a sample order costs for what was done of it: the lines of its quote with other counts; values only."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from booking.core.errors import Problem
from booking.core.money import rounded
from booking.core.texts import N_
from booking.pricing.rules import Line
from models.vocabulary.pricing import LineKind
from models.vocabulary.samples import SampleState

BY_SAMPLE = frozenset({LineKind.SAMPLES, LineKind.TEST_ITEM, LineKind.CONSUMABLE, LineKind.PREPARATION})
"""Kinds of lines that are counted by the sample where their count is a multiple of the samples."""

SPOILT = frozenset({SampleState.DAMAGED, SampleState.LOST})


@dataclass(frozen=True, slots=True)
class Work:
    """What became of the samples of an order: how many there were, gave results, gave none, were damaged or lost."""

    samples: int
    tested: int
    failed: int
    spoilt: int

    @property
    def has_begun(self) -> bool:
        """Whether any sample was tested, with a result or without."""
        return self.tested + self.failed > 0


def work_of(states: Iterable[SampleState]) -> Work:
    """What was done of samples that stand so now."""
    found = Counter(states)
    spoilt = sum(found[one] for one in SPOILT)
    return Work(found.total(), found[SampleState.TESTED], found[SampleState.FAILED], spoilt)


def usual_counts(lines: Sequence[Mapping[str, Any]], work: Work) -> list[int]:
    """What is charged of each line while staff say nothing else: by the samples with results, else as quoted.

    Without any result nothing is charged.
    """
    if not work.tested:
        return [0 for _ in lines]
    return [_per_sample(one, work) * work.tested or one["count"] for one in lines]


def most_counts(lines: Sequence[Mapping[str, Any]], work: Work) -> list[int]:
    """The most that may be charged of each line: as quoted, without samples that the institution damaged or lost."""
    return [one["count"] - _per_sample(one, work) * work.spoilt for one in lines]


def said_problems(
    lines: Sequence[Mapping[str, Any]], counts: Sequence[int], work: Work, total_fen: int
) -> list[Problem]:
    """What is wrong with counts that staff say: another number of lines, more than was quoted, or dearer."""
    if len(counts) != len(lines):
        return [Problem("counts", N_("请为报价的每一行写一个数量。"))]
    most = most_counts(lines, work)
    found = [
        Problem(f"counts.{place}", N_("这一行最多 %(most)s。"), {"most": most[place]})
        for place, count in enumerate(counts)
        if count > most[place]
    ]
    if not found and _total(lines, counts) > total_fen:
        found.append(Problem("counts", N_("费用不能超过已接受的报价。")))
    return found


def charged_lines(lines: Sequence[Mapping[str, Any]], counts: Sequence[int], work: Work, total_fen: int) -> list[Line]:
    """The lines of the charge: never dearer than the quote, no more than may be counted; none where it costs nothing.

    Discounts count in full where the charge would be dearer than the quote without them.
    """
    bounded = [min(count, most) for count, most in zip(counts, most_counts(lines, work), strict=True)]
    if _total(lines, bounded) > total_fen:
        bounded = [one["count"] if one["unit_fen"] < 0 else count for one, count in zip(lines, bounded, strict=True)]
    if _total(lines, bounded) <= 0:
        return []
    return [_line(one, count) for one, count in zip(lines, bounded, strict=True) if count]


def due_lines(lines: Sequence[Mapping[str, Any]], said: Sequence[int] | None, work: Work, total_fen: int) -> list[Line]:
    """The lines of the charge by what staff said, else by the samples with results.

    Where staff say nothing a discount on the whole never makes free what was done: it counts in proportion then.
    """
    if said is not None:
        return charged_lines(lines, said, work, total_fen)
    usual = usual_counts(lines, work)
    return charged_lines(lines, usual, work, total_fen) or _in_proportion(lines, usual)


def _in_proportion(lines: Sequence[Mapping[str, Any]], counts: Sequence[int]) -> list[Line]:
    """What was done, less the part of the discounts that falls to it; none where nothing was done."""
    dear = [(one, count) for one, count in zip(lines, counts, strict=True) if one["unit_fen"] > 0]
    done = sum(one["unit_fen"] * count for one, count in dear)
    whole = sum(one["unit_fen"] * one["count"] for one, _ in dear)
    if not done:
        return []
    off = [
        _line({**one, "unit_fen": rounded(Fraction(one["amount_fen"] * done, whole)), "count": 1}, 1)
        for one in lines
        if one["unit_fen"] < 0
    ]
    return [*(_line(one, count) for one, count in dear if count), *(one for one in off if one.amount_fen)]


def _per_sample(line: Mapping[str, Any], work: Work) -> int:
    """How much of a line there is for each sample; 0 where it is not counted by them."""
    is_counted = LineKind(line["kind"]) in BY_SAMPLE and line["count"] % work.samples == 0
    return int(line["count"]) // work.samples if is_counted else 0


def _total(lines: Sequence[Mapping[str, Any]], counts: Sequence[int]) -> int:
    """What the lines come to with these counts."""
    return sum(one["unit_fen"] * count for one, count in zip(lines, counts, strict=True))


def _line(line: Mapping[str, Any], count: int) -> Line:
    """A line of the quote with what was done of it; it says so where that is less."""
    return Line(
        kind=LineKind(line["kind"]),
        amount_fen=line["unit_fen"] * count,
        unit_fen=line["unit_fen"],
        count=count,
        name_zh=line["name_zh"],
        name_en=line["name_en"],
        why={} if count == line["count"] else {"quoted": line["count"]},
    )
