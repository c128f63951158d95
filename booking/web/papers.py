"""Papers that people print: PDF on A4 with the Chinese fonts embedded, cut down to the characters that it uses."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from fpdf import FPDF
from fpdf.enums import TableBordersLayout, WrapMode
from fpdf.fonts import FontFace, TTFFont

from booking.web.paper_fonts import font_of, make_own
from booking.web.static_files import built_file

FAMILY = "paper"
REGULAR, BOLD = "vendor/noto-sans-sc-400.ttf", "vendor/noto-sans-sc-700.ttf"
PDF_TYPE = "application/pdf"
MARGIN, LINE = 16, 6
MISSING = "〓"
"""What stands for a character that the font does not have, as printers have it; its number of Unicode follows."""
INK, RULE, HEAD, PALE = (20, 30, 40), (150, 160, 168), (238, 242, 244), (90, 100, 110)
NEVER_FIRST = frozenset("，。；：、！？）》”’」』】〉…,.;:!?)%")
"""What no line of Chinese begins with (GB/T 15834—2011, 5.1.8)."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its title, its share of the width, and whether it holds amounts."""

    title: str
    width: int
    is_number: bool = False


def _breaks(text: str) -> WrapMode:
    """Where a line may end: anywhere in Chinese, only between words in what is written with letters."""
    return WrapMode.CHAR if any("\u2e80" <= one <= "\u9fff" for one in text) else WrapMode.WORD


class Paper(FPDF):
    """A paper with a title, pairs of what is said, tables, and the number of each page at its foot."""

    def __init__(self, title: str, footer: str) -> None:
        """Begin the first page; `footer` stands at the foot of each."""
        super().__init__(format="A4")
        self.footer_text, self._before, self._is_one = footer, 0, True
        for style, name in (("", REGULAR), ("B", BOLD)):
            self.fonts[f"{FAMILY}{style}"] = font_of(self, FAMILY, style, built_file(name))
        font = self.fonts[FAMILY]
        self._known = font.cmap.keys() if isinstance(font, TTFFont) else set()
        self.set_title(title)
        self.set_margin(MARGIN)
        self.set_auto_page_break(auto=True, margin=MARGIN + LINE)
        self.set_draw_color(*RULE)
        self.set_text_color(*INK)
        self.add_page()

    def footer(self) -> None:
        """What stands at the foot of a page."""
        self.set_y(-MARGIN)
        self.set_font(FAMILY, size=8)
        of_all = " / {nb}" if self._is_one else ""
        self.cell(0, LINE, f"{self.footer_text}    {self.page_no() - self._before}{of_all}", align="C")

    def one_of_many(self, footer: str) -> None:
        """Begin another paper in the same file, on a page of its own; pages are counted anew for each."""
        if self._is_one and self.page_no() == 1 and self.get_y() <= self.t_margin:
            self._is_one = False
        else:
            self.add_page()
            self._before = self.page_no() - 1
        self.footer_text = footer

    def heading(self, above: str, title: str) -> None:
        """Who issues the paper, and what it is."""
        self.set_font(FAMILY, size=12)
        self.multi_cell(0, 7, self._shown(above), align="C", new_x="LMARGIN", new_y="NEXT", wrapmode=_breaks(above))
        self.set_font(FAMILY, style="B", size=18)
        self.multi_cell(0, 11, self._shown(title), align="C", new_x="LMARGIN", new_y="NEXT", wrapmode=_breaks(title))
        self.ln(3)

    def pairs(self, said: Iterable[tuple[str, str]]) -> None:
        """What is said, two beside each other; what is empty is left out."""
        filled = [one for one in said if one[1]]
        self.set_font(FAMILY, size=10)
        with self.table(
            borders_layout=TableBordersLayout.NONE,
            col_widths=(17, 33, 17, 33),
            first_row_as_headings=False,
            line_height=LINE,
            text_align="LEFT",
            wrapmode=WrapMode.WORD,
        ) as table:
            for index in range(0, len(filled), 2):
                row = table.row()
                for label, value in (*filled[index : index + 2], ("", ""))[:2]:
                    row.cell(label, style=FontFace(color=PALE))
                    row.cell(self._shown(value))
        self.ln(3)

    def rows(self, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
        """A table whose head stands again on each page."""
        self.set_font(FAMILY, size=9)
        with self.table(
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            col_widths=tuple(one.width for one in columns),
            headings_style=FontFace(emphasis="BOLD", fill_color=HEAD),
            line_height=5,
            padding=(1, 1),
            text_align=tuple("RIGHT" if one.is_number else "LEFT" for one in columns),
            wrapmode=WrapMode.WORD,
        ) as table:
            for cells in ([one.title for one in columns], *rows):
                row = table.row()
                for cell in cells:
                    row.cell(self._shown(cell))
        self.ln(3)

    def say(self, text: str, *, bold: bool = False, align: str = "L") -> None:
        """A line of text, or several where it is long."""
        self.set_font(FAMILY, style="B" if bold else "", size=10)
        self.multi_cell(0, LINE, self._shown(text), align=align, new_x="LMARGIN", new_y="NEXT", wrapmode=_breaks(text))

    def section(self, title: str) -> None:
        """A title that is never left alone at the foot of a page."""
        if self.will_page_break(4 * LINE):
            self.add_page()
        self.ln(1)
        self.say(title, bold=True)

    def prose(self, text: str) -> None:
        """A text of some lines in Chinese, none of which begins with a mark that belongs to the end of one."""
        self.set_font(FAMILY, size=10)
        for paragraph in self._shown(text).splitlines():
            for line in self._lines(paragraph):
                self.cell(0, LINE, line, new_x="LMARGIN", new_y="NEXT")

    def translation(self, text: str) -> None:
        """The same in another language, smaller, between words where a line is full."""
        self.set_font(FAMILY, size=9)
        self.set_text_color(*PALE)
        self.multi_cell(0, 5, self._shown(text), align="L", new_x="LMARGIN", new_y="NEXT", wrapmode=WrapMode.WORD)
        self.set_text_color(*INK)

    def _lines(self, paragraph: str) -> Iterator[str]:
        """A paragraph as lines of the paper's width."""
        room, line, used = self.epw - 2 * self.c_margin, "", 0.0
        for one in paragraph:
            width = self.get_string_width(one)
            if line and used + width > room:
                kept = line[:-1] if one in NEVER_FIRST and len(line) > 1 else line
                yield kept
                line = line[len(kept) :]
                used = self.get_string_width(line)
            line, used = line + one, used + width
        yield line

    def signatures(self, fields: Sequence[tuple[str, str]]) -> None:
        """Boxes to be signed beside each other, each with a line for the day; never torn apart."""
        height, width = 30, self.epw / len(fields)
        if self.will_page_break(height + 4):
            self.add_page()
        self.ln(4)
        left, top = self.l_margin, self.get_y()
        for index, (label, day) in enumerate(fields):
            at = left + index * width
            self.rect(at, top, width, height)
            self.set_font(FAMILY, size=9)
            self.set_xy(at + 2, top + 2)
            self.multi_cell(width - 4, 5, label, align="L", wrapmode=_breaks(label))
            self.set_xy(at + 2, top + height - 7)
            self.cell(width - 4, 5, day, align="R")
        self.set_xy(left, top + height)

    def as_bytes(self) -> bytes:
        """The whole paper."""
        for font in self.fonts.values():
            if isinstance(font, TTFFont):
                make_own(font)
        return bytes(self.output())

    def _shown(self, text: str) -> str:
        """The text; a character that the font does not have is named, for none may vanish from somebody's name."""
        return "".join(
            one if one == "\n" or ord(one) in self._known else f"{MISSING}(U+{ord(one):04X})" for one in text
        )
