"""Charts: a table of numbers that `js/chart.js` also draws."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class ChartKind(StrEnum):
    """How the numbers are drawn."""

    LINE = "line"
    BARS = "bars"


@dataclass(frozen=True, slots=True)
class Series:
    """What is counted, and a number (None where there is none) for each label."""

    name: str
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Chart:
    """What is counted along which labels; the title says it with its unit, the first series is drawn."""

    title: str
    kind: ChartKind
    label: str
    labels: Sequence[str]
    series: Sequence[Series]
