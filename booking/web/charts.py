"""Charts: a table of numbers that `js/chart.js` also draws."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class ChartKind(StrEnum):
    """How the numbers are drawn."""

    LINE = "line"
    BARS = "bars"
    STACKED = "stacked"


@dataclass(frozen=True, slots=True)
class Series:
    """What is counted, and a number (None where there is none) for each label.

    A guide is a thin line to compare with, where all series are drawn.
    """

    name: str
    values: Sequence[float | None]
    is_guide: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """What is counted along which labels; the title says it with its unit.

    The first series is drawn; of a stacked chart all of them are, one upon the other.
    """

    title: str
    kind: ChartKind
    label: str
    labels: Sequence[str]
    series: Sequence[Series]
