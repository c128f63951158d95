"""Programmes and cases as pages send them: flat names, amounts in yuan, shares in percent."""

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from booking.core.forms import Written
from booking.core.money import yuan_from_fen
from booking.programmes.forms import MOST_WINDOWS, ProgrammeCaseForm, ProgrammeForm, ProgrammeTermsForm, VersionForm
from models.programmes import ProgrammeVersion
from models.vocabulary.programmes import Exclusion, ServiceType

Texts = dict[str, Any]

LISTS = ("documents", "exclusions")
NESTED = ("shares", "windows", "marks")
AMOUNTS = ("year_cap_fen", "budget_fen")
PLAIN = tuple(name for name in ProgrammeForm.model_fields if name not in {*LISTS, *NESTED})
WINDOW = ("opens_on", "closes_on", "invoiced_from", "invoiced_until")
CASE_AMOUNTS = ("fee_fen", "credit_fen", "year_cap_left_fen", "budget_left_fen", "already_fen")
CASE_FLAGS = tuple(name for name in ProgrammeCaseForm.model_fields if name.startswith("is_"))


def texts_in(form: MultiDict[str, str]) -> Texts:
    """The fields of a version as they were typed; batches of which nothing was typed are left out."""
    found: Texts = {name: form[name] for name in PLAIN if name in form}
    found |= {name: form.getlist(name) for name in LISTS}
    found |= {name: text for name, text in form.items() if name.startswith(("shares.", "marks."))}
    rows = ({part: form.get(f"windows.{place}.{part}", "") for part in WINDOW} for place in range(MOST_WINDOWS))
    return found | {"windows": [row for row in rows if any(text.strip() for text in row.values())]}


def texts_of(version: ProgrammeVersion) -> Texts:
    """A stored version as a page shows it for editing."""
    found: Texts = {name: getattr(version, name) for name in PLAIN if hasattr(version, name)}
    found |= {name: "" if found[name] is None else yuan_from_fen(found[name]) for name in AMOUNTS}
    found |= {name: getattr(version, name) for name in (*LISTS, "windows")}
    found |= {f"shares.{name}": yuan_from_fen(share) for name, share in version.shares.items()}
    for name, mark in version.marks.items():
        text = "" if mark["text"] == version.notice else mark["text"]
        found |= {f"marks.{name}.kind": mark["kind"], f"marks.{name}.text": text}
    return found | {"reason": ""}


def version_values(texts: Texts) -> dict[str, Any]:
    """The same as forms read it: nested, without what was left empty, amounts marked as written by a person."""
    found = {name: texts[name] for name in VersionForm.model_fields if name in texts and _filled(texts[name])}
    found |= {name: Written(found[name]) for name in AMOUNTS if name in found}
    shares = {one.value: texts.get(f"shares.{one.value}", "") for one in ServiceType}
    found["shares"] = {name: Written(text) for name, text in shares.items() if text.strip()}
    found["windows"] = [{part: text for part, text in row.items() if text.strip()} for row in texts["windows"]]
    return found | {"marks": _marks(texts, found)}


def programme_values(texts: Texts) -> dict[str, Any]:
    """The same with what names the programme."""
    names = {name: texts[name] for name in PLAIN if name in texts and _filled(texts[name])}
    return {**names, **version_values(texts)}


def terms_values(texts: Texts) -> dict[str, Any]:
    """Only what decides on an amount, for trying it out."""
    return {name: value for name, value in version_values(texts).items() if name in ProgrammeTermsForm.model_fields}


def case_values(form: Mapping[str, str]) -> dict[str, Any]:
    """A case as forms read it; a box that is not ticked says no."""
    plain = {name: form[name] for name in ProgrammeCaseForm.model_fields if form.get(name, "").strip()}
    amounts = {name: Written(plain[name]) for name in CASE_AMOUNTS if name in plain}
    return plain | amounts | {name: name in form for name in CASE_FLAGS}


def _marks(texts: Texts, found: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The marks of what is said; those of shares and exclusions that are not are left out."""
    named = [name.removeprefix("marks.").removesuffix(".kind") for name in texts if name.endswith(".kind")]
    shares = {f"shares.{one.value}" for one in ServiceType} - {f"shares.{name}" for name in found["shares"]}
    ticked = {f"exclusions.{name}" for name in found.get("exclusions", ())}
    unsaid = shares | ({f"exclusions.{one.value}" for one in Exclusion} - ticked)
    return {
        name: {part: text for part in ("kind", "text") if (text := texts.get(f"marks.{name}.{part}", "")).strip()}
        for name in named
        if name not in unsaid
    }


def _filled(value: Any) -> bool:
    """Whether anything was typed or ticked."""
    return bool(value.strip()) if isinstance(value, str) else bool(value) or value == 0
