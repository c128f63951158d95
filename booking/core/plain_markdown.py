"""A small part of Markdown as safe HTML: headings, lists, paragraphs, bold words and links; anything else is text."""

import re
from collections.abc import Iterator
from itertools import groupby

from markupsafe import Markup, escape

_HEADING = re.compile(r"^(#{1,3})\s+(.+?)\s*#*$")
_ITEM = re.compile(r"^(?:[-*]|(\d{1,3}[.、)]))\s+(.+)$")
_BOLD = re.compile(r"\*\*(\S(?:.*?\S)?)\*\*")
_LINK = re.compile(r"\[([^\[\]]+)\]\(((?:https?://|mailto:|/)[^\s()<>]+)\)")


def rendered(text: str) -> Markup:
    """The text as HTML in which nothing of it can be markup of its own (no HTML, no scripts, known links only)."""
    lines = [line.strip() for line in text.splitlines()]
    blocks = ["\n".join(block) for filled, block in groupby(lines, key=bool) if filled]
    return Markup("\n").join(piece for block in blocks for piece in _block(block.split("\n")))


def _block(lines: list[str]) -> Iterator[Markup]:
    """Lines without an empty one between them: headings, runs of list items, and what is left as paragraphs."""
    for kind, run in groupby(lines, key=_kind):
        found = list(run)
        if kind == "heading":
            yield from map(_heading, found)
        elif kind == "p":
            yield Markup("<p>{}</p>").format(Markup("<br>").join(map(_words, found)))
        else:
            items = (Markup("<li>{}</li>").format(_words(match[2])) for match in map(_ITEM.match, found) if match)
            yield Markup("<{0}>{1}</{0}>").format(kind, Markup("").join(items))


def _kind(line: str) -> str:
    """What a line is: a heading, an item of either list, or words."""
    if _HEADING.match(line):
        return "heading"
    item = _ITEM.match(line)
    return "p" if item is None else "ol" if item[1] else "ul"


def _heading(line: str) -> Markup:
    """A heading below the page's own."""
    match = _HEADING.match(line)
    assert match is not None
    return Markup("<h{0}>{1}</h{0}>").format(len(match[1]) + 1, _words(match[2]))


def _words(line: str) -> Markup:
    """One line with its bold words and links; everything is escaped first."""
    bold = _BOLD.sub(r"<strong>\1</strong>", str(escape(line)))
    return Markup(_LINK.sub(r'<a href="\2">\1</a>', bold))  # noqa: S704 - escaped above
