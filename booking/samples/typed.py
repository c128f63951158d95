"""Forms of pages that send lists: boxes that are ticked, lines of text, the numbered lines of a quote."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from flask import request
from pydantic import BaseModel

from booking.attachments.preparing import Prepared
from booking.attachments.rules import Limits
from booking.attachments.uploads import read_uploads
from booking.core.forms import Written, read
from booking.core.money import yuan_from_fen
from booking.samples.forms import MOST_LINES
from booking.web.reading import posted, read_json

FormT = TypeVar("FormT", bound=BaseModel)
LINE = ("kind", "name", "count", "unit_fen")


def typed(form: type[FormT], *lists: str, moments: tuple[str, ...] = (), **values: Any) -> FormT:
    """The posted form, in which the named fields are lists; `values` stand for fields that are read otherwise."""
    found = {name: one for name, one in posted(*moments).items() if name not in lists}
    several = {name: [one for one in request.form.getlist(name) if one.strip()] for name in lists}
    return read(form, {**found, **{name: many for name, many in several.items() if many}, **values})


def with_files(form: type[FormT], limits: Limits, *lists: str) -> tuple[FormT, Sequence[Prepared]]:
    """What the API was sent: JSON without files, or a multipart body in which the named fields may be repeated."""
    if request.mimetype != "multipart/form-data":
        return read_json(form), []
    return typed(form, *lists), read_uploads(limits)


def lines_of_text(name: str) -> list[str]:
    """One entry for each line that was written, without empty ones at the end."""
    return [one.strip() for one in request.form.get(name, "").strip().splitlines()]


def quote_lines(form: Mapping[str, str]) -> list[dict[str, Any]]:
    """The numbered lines of a quote as forms read them; without those of which nothing was written."""
    return [
        {name: Written(text) if name == "unit_fen" else text for name, text in row.items() if text.strip()}
        for row in _rows(form)
    ]


def counts_typed(form: Mapping[str, str]) -> list[str]:
    """The numbered counts of what was done, in their order."""
    return [form[f"counts.{place}"] for place in range(MOST_LINES) if f"counts.{place}" in form]


def shown_lines(form: Mapping[str, str], proposed: list[dict[str, Any]], *, blank: int) -> list[dict[str, Any]]:
    """The lines as the page shows them: as they were typed, else as they are proposed, and some empty ones."""
    rows: list[dict[str, Any]] = [dict(row) for row in _rows(form)]
    if "valid_until" not in form:
        rows = [{**line, "unit_fen": yuan_from_fen(line["unit_fen"])} for line in proposed]
    room = max(0, min(blank, MOST_LINES - len(rows)))
    return [*rows, *({"kind": "test_item", "name": "", "count": "", "unit_fen": ""} for _ in range(room))]


def _rows(form: Mapping[str, str]) -> list[dict[str, str]]:
    """The numbered lines of which a name or a price was written."""
    rows = ({name: form.get(f"lines.{place}.{name}", "") for name in LINE} for place in range(MOST_LINES))
    return [row for row in rows if row["name"].strip() or row["unit_fen"].strip()]
