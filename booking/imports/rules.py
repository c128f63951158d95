"""Decisions about imports: which step may follow, and how values travel through the staged rows."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from booking.core.errors import Conflict, Problem
from booking.core.texts import N_
from models.vocabulary.imports import ImportKind, ImportState

LEASE = timedelta(seconds=60)
KEPT_FOR = timedelta(days=90)
READ_CHUNK, COMPARE_CHUNK = 2000, 1000
MOST_STEADS = 50

MAPPABLE = frozenset({ImportState.MAPPING, ImportState.COMPARED})


EXAMPLE = {
    "inner_id": "2026-0001",
    "name_zh": "场发射扫描电子显微镜",
    "class_code": "010102",
    "model": "JSM-7800F",
    "original_value_wan": "472.35",
    "service_type": "大型仪器共享",
    "accepted_on": "2024-05-10",
    "in_use_since": "2024-05-26",
    "opens": "1-5 09:00-18:00",
    "lanes": "1",
}
ITEM_EXAMPLE = {
    "inner_id": "2026-0001",
    "name_zh": "微观形貌观察",
    "standard": "GB/T 16594",
    "range_zh": "1 nm–100 μm",
    "price_zh": "300 元/样",
    "turnaround_days": "5",
    "report_mark": "CMA",
}
EXAMPLES = {ImportKind.INSTRUMENTS: EXAMPLE, ImportKind.TEST_ITEMS: ITEM_EXAMPLE}
"""The rows of the templates that show how to fill them in."""
IS_EXAMPLE = Problem("", N_("这是模板里的示例行，没有导入。请删除，或改成自己的仪器。"))


class NoSuchStep(Conflict):
    """The import is not where this step starts."""

    sentence = N_("这次导入现在不能进行这一步，请刷新后查看。")


class NotTheLast(Conflict):
    """Only the last import can be undone."""

    sentence = N_("之后还应用过别的导入，只能撤销最后一次。")


class Emptied(Conflict):
    """The rows of an old import are gone."""

    sentence = N_("这次导入的内容已过保留期，无法撤销。")


def mapping_problems(
    mapping: Sequence[str],
    *,
    width: int,
    names_owner: bool,
    fields: Sequence[str],
    needed: Mapping[tuple[str, ...], str],
) -> list[Problem]:
    """Why columns cannot be read so: as many as the header has, fields of the kind, each once, and what must be."""
    if len(mapping) != width:
        return [Problem("mapping", N_("应为每一列各给出一个字段，共 %(width)s 列。"), {"width": width})]
    found = [
        Problem(f"column-{index}", N_("这个字段已选给另一列。"))
        for index, field in enumerate(mapping)
        if field and field in mapping[:index]
    ]
    found += [
        Problem(f"column-{index}", N_("这类表格没有这个字段。"))
        for index, field in enumerate(mapping)
        if field and field not in fields
    ]
    wanted = dict(needed)
    if names_owner:
        wanted["institution",] = N_("请指明哪一列是单位名称，或在上传时选定单位。")
    return found + [Problem("mapping", text) for names, text in wanted.items() if not {*names} & {*mapping}]


def is_example(cells: Sequence[str], mapping: Sequence[str], kind: ImportKind = ImportKind.INSTRUMENTS) -> bool:
    """Whether a row still says what the template shows and nothing else; whoever changed a word means it."""
    given = {field: cell.strip() for field, cell in zip(mapping, cells, strict=False) if field and cell.strip()}
    return given == {field: text for field, text in EXAMPLES[kind].items() if field in mapping}


def said(problem: Problem) -> dict[str, Any]:
    """A problem as JSON."""
    return {"field": problem.field, "message": problem.message, "values": dict(problem.values)}


def problem_in(value: Mapping[str, Any]) -> Problem:
    """A problem from JSON."""
    return Problem(str(value["field"]), str(value["message"]), dict(value["values"]))
