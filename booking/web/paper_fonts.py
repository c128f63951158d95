"""The fonts of papers, read once: to read one of ten thousand characters takes longer than to make a paper."""

from collections.abc import Mapping
from copy import copy, deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

from fpdf import FPDF
from fpdf.fonts import SubsetMap, TTFFont

UNUSED = frozenset({"GDEF", "GPOS", "GSUB", "GlyphOrder"})
"""What papers embed no part of: how characters join. The last is none of the file's."""
SHARED_ROWS = frozenset({"hmtx", "vmtx"})
"""Tables whose rows are replaced, never changed, when a font is cut down."""


class _Shapes(dict[str, Any]):
    """The shapes of a font by name, each copied when it is asked for: a paper has a few of many thousands."""

    def __init__(self, read: Mapping[str, Any]) -> None:
        """Copy from what was read."""
        super().__init__()
        self._read = read

    def __contains__(self, name: object) -> bool:
        """Whether the font has it."""
        return name in self._read

    def __missing__(self, name: str) -> Any:
        """A copy of its own."""
        self[name] = copy(self._read[name])
        return self[name]


def font_of(paper: FPDF, family: str, style: str, path: Path) -> TTFFont:
    """The font in the file, as `paper.add_font` would read it, with what the paper notes on it."""
    font = copy(_read(family, style, path))
    font.i = len(paper.fonts) + 1
    font.missing_glyphs = []
    font.subset = SubsetMap(font)
    return font


def make_own(font: TTFFont) -> None:
    """Give the paper a copy of what is in the file: writing the paper cuts it down to the characters of the paper."""
    read = font.ttfont
    own = type(read)(recalcTimestamp=False)
    own.sfntVersion, own.lazy = read.sfntVersion, read.lazy
    own.setGlyphOrder(read.getGlyphOrder())
    own.tables = {tag: _copied(tag, table) for tag, table in read.tables.items() if tag not in UNUSED}
    own["glyf"].glyphs = _Shapes(own["glyf"].glyphs)
    font.ttfont = own


def _copied(tag: str, table: Any) -> Any:
    """A table that may be cut down without a change to the one that was read."""
    if tag == "cmap":
        own = copy(table)
        own.tables = [copy(one) for one in table.tables]
        return own
    return copy(table) if tag in SHARED_ROWS or tag == "glyf" else deepcopy(table)


@lru_cache(maxsize=4)
def _read(family: str, style: str, path: Path) -> TTFFont:
    """The font as it stands in the file, with every table read: threads share it, and none changes it."""
    blank = FPDF()
    blank.add_font(family, style=style, fname=path)
    font = blank.fonts[f"{family}{style}"]
    assert isinstance(font, TTFFont)
    for tag in sorted(set(font.ttfont.keys()) - UNUSED):
        font.ttfont[tag]
    for table in font.ttfont["cmap"].tables:
        table.ensureDecompiled(recurse=True)
    return font
