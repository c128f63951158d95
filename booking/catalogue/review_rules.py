"""What secrecy review (密级审查) asks: what is reviewed, how many people, and how two texts differ."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

REVIEWERS_NEEDED = 2

HELD_BACK = (
    "indicators_zh",
    "indicators_en",
    "functions_zh",
    "functions_en",
    "services_zh",
    "services_en",
    "user_rules_zh",
    "user_rules_en",
    "fees_zh",
    "fees_en",
)
"""Texts of a published record that wait aside until reviewers let them through."""

REVIEWED = (
    "name_zh",
    "name_en",
    "model",
    "manufacturer",
    "belongs_to_name",
    *HELD_BACK,
    "url",
    "street",
    "contact_name",
)
"""Texts that reviewers read, in the order they read them."""

_TOKEN = re.compile(r"[A-Za-z0-9.]+|\s+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text: `same`, `new` or `old`."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that is not as it was last reviewed; `before` is None where nothing was reviewed yet."""

    field: str
    before: str | None
    after: str
    pieces: tuple[Piece, ...]


def differences(before: Mapping[str, str] | None, after: Mapping[str, str]) -> list[Difference]:
    """Every field that says something else than before, in reading order; all that is filled when there was none."""
    found = []
    for field, text in after.items():
        old = None if before is None else before.get(field, "")
        if text != (old or ""):
            found.append(Difference(field, old, text, tuple(pieces(old or "", text))))
    return found


def pieces(before: str, after: str) -> list[Piece]:
    """Both texts in one: what stayed, what went, what came."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    found = []
    for kind, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(Piece("same", "".join(old[i:j])))
            continue
        found += [Piece(name, "".join(part)) for name, part in (("old", old[i:j]), ("new", new[k:m])) if part]
    return found


def is_through(approvers: Sequence[int]) -> bool:
    """Whether enough different people approved the same version."""
    return len(set(approvers)) >= REVIEWERS_NEEDED
