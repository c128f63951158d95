"""What was typed into the pages' forms, in the shape that the shared forms read; problems back at their fields."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from flask import request

from booking.core import forms
from booking.core.errors import InvalidInput, Problem
from booking.reservations.panel import TIMES
from booking.reservations.payer_field import FIELD
from booking.reservations.spoken import LATER
from booking.reservations.voucher_field import DECLARATIONS, VOUCHER, voucher_values
from booking.reservations.wishes import Details
from booking.web.reading import posted
from models.reservations import Reservation

FormT = TypeVar("FormT", bound=forms.Form)

VOUCHERS = (VOUCHER, *DECLARATIONS)
WISH = (*TIMES, "mode", "on_behalf_of", "override_reason", FIELD, "order_form", *VOUCHERS)
USED = (*TIMES, "mode", FIELD, VOUCHER)
DETAILS = ("purpose", "direction", "project_name", "project_number", "sample_count")
PEOPLE = ("operator_name", "operator_email", "participants")
KEPT = (*WISH, *DETAILS, *PEOPLE, "reason", "version", "kind", "lane_group")

# What may stand between a name and an address.
SEPARATORS = re.compile(r"[\s,;\uff0c\uff1b、<>()（）]+")


def typed_texts(*names: str) -> dict[str, str]:
    """The fields, or the named ones, as they were typed, with a remedy that was pressed put into them."""
    texts = {name: request.form[name] for name in names or KEPT if request.form.get(name)}
    parts = request.form.get("use", "").split("/")
    if len(parts) >= len(USED) - 2:
        texts |= {name: part for name, part in zip(USED, parts, strict=False) if part}
    return texts


def read_typed(form: type[FormT], *names: str, **more: Any) -> FormT:
    """The named page fields, and `more` from elsewhere, as a shared form; raises InvalidInput."""
    values = {name: value for name, value in posted(*TIMES).items() if name in names}
    if values.get(FIELD) == LATER:
        values |= {"pays_later": True}
        del values[FIELD]
    try:
        return forms.read(form, {**_with_people(_with_vouchers(values)), **more})
    except InvalidInput as invalid:
        raise InvalidInput([_at_its_field(problem) for problem in invalid.problems]) from invalid


def texts_of(reservation: Reservation, details: Details) -> dict[str, str]:
    """A reservation's details as a form would hold them."""
    operator = details.operator
    texts = {
        "purpose": details.purpose,
        "direction": str(details.direction or ""),
        "project_name": details.project_name,
        "project_number": details.project_number,
        "sample_count": "" if details.sample_count is None else str(details.sample_count),
        "operator_name": operator.name if operator else "",
        "operator_email": operator.email if operator else "",
        "participants": "\n".join(f"{person.name} {person.email}".strip() for person in details.participants),
        "version": str(reservation.version),
    }
    return {name: text for name, text in texts.items() if text}


def version_typed() -> int | None:
    """The version that the form was filled in for."""
    text = request.form.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _with_vouchers(values: Mapping[str, Any]) -> dict[str, Any]:
    """The choice of vouchers as the shared forms take it."""
    return {name: value for name, value in values.items() if name not in VOUCHERS} | voucher_values(values)


def _with_people(values: Mapping[str, Any]) -> dict[str, Any]:
    """Operator and participants as the shared forms take them."""
    found: dict[str, Any] = {name: value for name, value in values.items() if name not in PEOPLE}
    operator = {part: values[f"operator_{part}"] for part in ("name", "email") if values.get(f"operator_{part}")}
    lines = [line.strip() for line in values.get("participants", "").splitlines() if line.strip()]
    if lines:
        found["participants"] = [_person(line) for line in lines]
    return found | ({"operator": operator} if operator else {})


def _person(line: str) -> dict[str, str]:
    """One line as a person: a name, then perhaps an address; an address alone is also the name."""
    *names, last = [part for part in SEPARATORS.split(line) if part] or [line]
    if "@" not in last:
        return {"name": line}
    return {"name": " ".join(names) or last, "email": last}


def _at_its_field(problem: Problem) -> Problem:
    """The problem with the name of the page's field."""
    first, _, rest = problem.field.partition(".")
    if first == "operator":
        return replace(problem, field=f"operator_{rest or 'name'}")
    if first == "body":
        return replace(problem, field="ends_at" if problem.message == forms.SENTENCES["period_order"] else "")
    return replace(problem, field=VOUCHER if first.startswith("voucher_") else first)
