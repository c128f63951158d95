"""What pages send about prices: amounts in yuan, shares in percent, numbered lines."""

import re
from collections.abc import Mapping
from typing import Any

from booking.core.forms import Written, with_local_offset
from booking.core.money import yuan_from_fen
from booking.pricing.forms import MOST_EXTRAS, MOST_PACKAGES, PriceForm, TermsForm, UseForm
from models.pricing import PricePolicy

Texts = dict[str, Any]

AMOUNTS = tuple(name for name in TermsForm.model_fields if name.endswith("_fen"))
SHARES = ("cancel_share", "no_show_share")
LISTS = {"extras": MOST_EXTRAS, "packages": MOST_PACKAGES}
PLAIN = tuple(name for name in PriceForm.model_fields if name not in LISTS)
EXTRA = ("kind", "per", "name_zh", "name_en", "unit_fen")
PACKAGE = ("hours", "price_fen")
USE = tuple(name for name in UseForm.model_fields if name != "pieces")
MOMENTS = ("starts_at", "ends_at", "actual_starts_at", "actual_ends_at")
BY_HUNDREDTHS = {*AMOUNTS, *SHARES, "unit_fen", "price_fen"}
_PIECE = re.compile(r"^pieces\.([0-9]{1,2})$")


def texts_in(form: Mapping[str, str]) -> Texts:
    """The fields of a price as they were typed; lines of which nothing was typed are left out."""
    found: Texts = {name: form[name] for name in PLAIN if name in form}
    found["extras"] = _lines(form, "extras", EXTRA, ("name_zh", "name_en", "unit_fen"))
    found["packages"] = _lines(form, "packages", PACKAGE, PACKAGE)
    return found


def texts_of(policy: PricePolicy) -> Texts:
    """A stored price as a page shows it for editing."""
    found: Texts = {name: getattr(policy, name) for name in TermsForm.model_fields if name not in LISTS}
    found |= {name: "" if found[name] is None else yuan_from_fen(found[name]) for name in (*AMOUNTS, *SHARES)}
    found["extras"] = [{**line, "unit_fen": yuan_from_fen(line["unit_fen"])} for line in policy.extras]
    found["packages"] = [{**line, "price_fen": yuan_from_fen(line["price_fen"])} for line in policy.packages]
    return found | {"offer": policy.offer, "note_zh": policy.note_zh, "note_en": policy.note_en}


def values_of(texts: Texts) -> dict[str, Any]:
    """The same as forms read it: without what was left empty, amounts marked as written by a person."""
    found: dict[str, Any] = _marked({name: text for name, text in texts.items() if name not in LISTS})
    for name in LISTS:
        found[name] = [_marked(line) for line in texts[name]]
    return found


def use_in(form: Mapping[str, str]) -> dict[str, Any]:
    """The use that is to be tried, as forms read it."""
    found: dict[str, Any] = {name: form[name] for name in USE if form.get(name, "").strip()}
    pieces = {matched[1]: text for name, text in form.items() if text.strip() and (matched := _PIECE.match(name))}
    return {**with_local_offset(found, *MOMENTS), "pieces": pieces}


def _lines(form: Mapping[str, str], name: str, parts: tuple[str, ...], typed: tuple[str, ...]) -> list[dict[str, str]]:
    """Numbered lines in order, those of which any of `typed` was filled in."""
    rows = ({part: form.get(f"{name}.{place}.{part}", "") for part in parts} for place in range(LISTS[name] + 1))
    return [row for row in rows if any(row[part].strip() for part in typed)]


def _marked(texts: Mapping[str, str]) -> dict[str, Any]:
    """Filled-in texts, amounts and shares marked."""
    filled = {name: text for name, text in texts.items() if str(text).strip()}
    return {name: Written(text) if name in BY_HUNDREDTHS else text for name, text in filled.items()}
