"""Forms of pages that send lists and amounts in yuan."""

from typing import Any, TypeVar

from flask import request
from pydantic import BaseModel

from booking.core.forms import Written, read
from booking.web.reading import posted
from models.vocabulary.contracts import Clause

FormT = TypeVar("FormT", bound=BaseModel)
LANGUAGES = ("zh", "en")


def typed(form: type[FormT], *lists: str, amounts: tuple[str, ...] = ()) -> FormT:
    """The posted form, in which the named fields are lists, or amounts as a person wrote them."""
    values: dict[str, Any] = {name: one for name, one in posted().items() if name not in lists}
    values |= {name: Written(values[name]) for name in amounts if name in values}
    several = {name: [one for one in request.form.getlist(name) if one.strip()] for name in lists}
    return read(form, {**values, **{name: many for name, many in several.items() if many}})


def typed_clauses() -> dict[str, dict[str, str]]:
    """The six topics as they were posted, a field for each topic and language."""
    return {
        clause.value: {language: request.form.get(f"{clause.value}_{language}", "") for language in LANGUAGES}
        for clause in Clause
    }
