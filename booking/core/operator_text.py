"""The operator's own text on people's data: its version and its words in both languages."""

import re
from dataclasses import dataclass
from datetime import date

LONGEST = 100_000
_VERSION = re.compile(r"\A\s*version:\s*(\d{4}-\d{2}-\d{2})\s*$", re.MULTILINE | re.IGNORECASE)
_PART = re.compile(r"^---\s*(zh|en)\s*$", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OperatorText:
    """What people agree to, in the Markdown of `plain_markdown`; the version is the day it was made."""

    version: date
    zh: str
    en: str

    def words(self, *, english: bool) -> str:
        """The text in one language."""
        return self.en if english else self.zh


def operator_text(written: str) -> OperatorText:
    """The text in a file: a line `version: 2026-12-01`, then parts under `--- zh` and `--- en`; raises ValueError."""
    if len(written) > LONGEST:
        raise ValueError(f"is longer than {LONGEST} characters")
    text = written.removeprefix("\ufeff")
    version = _VERSION.match(text)
    if version is None:
        raise ValueError("must begin with a line such as version: 2026-12-01")
    try:
        day = date.fromisoformat(version[1])
    except ValueError as wrong:
        raise ValueError(f"{version[1]} is no day") from wrong
    pieces = _PART.split(text)
    parts = {name.lower(): words.strip() for name, words in zip(pieces[1::2], pieces[2::2], strict=True)}
    if missing := [name for name in ("zh", "en") if not parts.get(name)]:
        raise ValueError(f"has no words under --- {missing[0]}")
    return OperatorText(day, parts["zh"], parts["en"])
