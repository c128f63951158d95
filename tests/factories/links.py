"""The amounts that a page shows, and where each of them leads."""

import re
from dataclasses import dataclass
from html.parser import HTMLParser

AMOUNT = re.compile(r"−?¥[\d,]+\.\d\d")
VOID = {"br", "img", "input", "meta", "link", "hr", "wbr"}


@dataclass(frozen=True)
class Shown:
    """An amount with the link that it stands in (none: empty), its column, its part of a table, and the ids around."""

    fen: int
    url: str
    column: str
    part: str
    inside: tuple[str, ...]


class _Amounts(HTMLParser):
    """Collects the amounts of the main part of a page while it reads."""

    def __init__(self) -> None:
        """Nothing found yet."""
        super().__init__()
        self.found: list[Shown] = []
        self._open: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Go into an element."""
        if tag not in VOID:
            self._open.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        """Leave it."""
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Note the amounts of a text."""
        tags = [tag for tag, _values in self._open]
        if "main" not in tags:
            return
        part = next((tag for tag in tags if tag in {"thead", "tbody", "tfoot"}), "")
        url, column = self._nearest("href"), self._nearest("data-label")
        inside = tuple(values["id"] for _tag, values in self._open if "id" in values)
        self.found += [Shown(fen_of(text), url, column, part, inside) for text in AMOUNT.findall(data)]

    def _nearest(self, name: str) -> str:
        return next((values[name] for _tag, values in reversed(self._open) if name in values), "")


def amounts_of(page: str) -> list[Shown]:
    """The amounts of a page in their order."""
    reader = _Amounts()
    reader.feed(page)
    return reader.found


def fen_of(text: str) -> int:
    """What a written amount is in fen."""
    digits = int(re.sub(r"\D", "", text))
    return -digits if text.startswith("−") else digits
