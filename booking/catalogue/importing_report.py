"""An import told in lines of text, translated by the caller's `say`."""

from collections.abc import Callable, Iterator

from booking.catalogue.importing import Fate, Report
from booking.core.errors import Problem
from booking.core.texts import N_

Say = Callable[..., str]

FATES = {
    Fate.CREATED: N_("新建"),
    Fate.UPDATED: N_("更新"),
    Fate.UNCHANGED: N_("无变化"),
    Fate.REFUSED: N_("已拒绝"),
}


def problem_lines(report: Report, say: Say) -> Iterator[str]:
    """One line for each refused row with every reason at its column, and one for each note."""
    for note in report.notes:
        yield _said(note, say)
    for outcome in report.outcomes:
        for problem in outcome.problems:
            yield _row_line(outcome.number, say(FATES[Fate.REFUSED]), outcome.label, _said(problem, say), say)
        for note in outcome.notes if outcome.fate != Fate.REFUSED else ():
            yield _row_line(outcome.number, say(N_("提示")), outcome.label, _said(note, say), say)


def summary_lines(report: Report, say: Say, *, is_dry: bool) -> Iterator[str]:
    """How many rows had which fate, as a small table that adds up."""
    if is_dry:
        yield say(N_("试运行，没有写入任何内容。"))
    counts = {say(label): report.count(fate) for fate, label in FATES.items()}
    counts[say(N_("合计"))] = len(report.outcomes)
    for label, count in counts.items():
        yield f"{count:>8}  {label}"
    if report.owners_created or report.units_created:
        yield say(
            N_("另外登记了 %(owners)s 个单位、%(units)s 个部门。"),
            owners=report.owners_created,
            units=report.units_created,
        )


def _said(problem: Problem, say: Say) -> str:
    """A problem with the column it stands at."""
    sentence = say(problem.message, **problem.values)
    return f"{problem.field}: {sentence}" if problem.field else sentence


def _row_line(number: int, fate: str, label: str, sentence: str, say: Say) -> str:
    """The line of one row."""
    where = say(N_("第 %(number)s 行"), number=number)
    return f"{where} [{fate}] {label} {sentence}" if label else f"{where} [{fate}] {sentence}"
