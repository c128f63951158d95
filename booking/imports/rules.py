"""Decisions about imports: which step may follow, and how values travel through the staged rows."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from booking.core.errors import Conflict, Problem
from booking.core.texts import N_
from models.vocabulary.imports import ImportState

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
    "accepted_on": "2024-05-10",
    "in_use_since": "2024-05-26",
    "opens": "1-5 09:00-18:00",
    "lanes": "1",
}
"""The row of the template that shows how to fill it in."""
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


def mapping_problems(mapping: Sequence[str], *, width: int, names_owner: bool) -> list[Problem]:
    """Why columns cannot be read so: as many as the header has, each field once, and what names a record."""
    if len(mapping) != width:
        return [Problem("mapping", N_("应为每一列各给出一个字段，共 %(width)s 列。"), {"width": width})]
    found = [
        Problem(f"column-{index}", N_("这个字段已选给另一列。"))
        for index, field in enumerate(mapping)
        if field and field in mapping[:index]
    ]
    needed = ("inner_id", "institution") if names_owner else ("inner_id",)
    sentences = {
        "inner_id": N_("请指明哪一列是所内编号，重复导入时据此识别仪器。"),
        "institution": N_("请指明哪一列是单位名称，或在上传时选定单位。"),
    }
    return found + [Problem("mapping", sentences[field]) for field in needed if field not in mapping]


def is_example(cells: Sequence[str], mapping: Sequence[str]) -> bool:
    """Whether a row still says what the template shows and nothing else; whoever changed a word means it."""
    given = {field: cell.strip() for field, cell in zip(mapping, cells, strict=False) if field and cell.strip()}
    return given == {field: text for field, text in EXAMPLE.items() if field in mapping}


def said(problem: Problem) -> dict[str, Any]:
    """A problem as JSON."""
    return {"field": problem.field, "message": problem.message, "values": dict(problem.values)}


def problem_in(value: Mapping[str, Any]) -> Problem:
    """A problem from JSON."""
    return Problem(str(value["field"]), str(value["message"]), dict(value["values"]))
