"""Labels on paper: their words, the code that a camera reads, and A4 sheets of twelve to cut or to peel off."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import cast

import segno
from flask import Response, current_app, url_for
from flask_babel import gettext as _
from fpdf.enums import WrapMode
from markupsafe import Markup

from booking.samples import labels
from booking.samples.stickers import ON_A_SHEET, Sticker
from booking.web.languages import in_language
from booking.web.papers import FAMILY, PDF_TYPE, Paper
from models.vocabulary.samples import Hazard

ACROSS = 2
WIDTH, HEIGHT = 105.0, 49.5
"""Millimetres of a label: twelve cover a sheet of A4, as blank sheets of labels are sold."""
EDGE, CODE, GAP = 6.0, 32.0, 4.0
TEXT = WIDTH - 2 * EDGE - CODE - GAP
QUIET = 4
"""How many squares around a code stay light (ISO/IEC 18004)."""
MASK = 2
"""Every mask can be read; to try out all eight takes four times as long."""


@dataclass(frozen=True, slots=True)
class Worded:
    """What a label says in the reader's language; `place` is which sample of how many, or how many there are."""

    code: str
    url: str
    title: str
    place: str
    mark: str
    institution: str
    instrument: str
    hazards: str
    is_hazardous: bool
    leftover: str

    @property
    def drawn(self) -> Markup:
        """The code as a picture for a page, without style of its own; the number beside it says the same."""
        said = qr_of(self.url).svg_inline(omitsize=True, border=QUIET, light="#fff", svgclass="sticker-code")
        return Markup(said.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1))  # noqa: S704 - ours


def worded(sticker: Sticker) -> Worded:
    """The words of a label."""
    order, sample = sticker.order, sticker.sample
    owner, instrument = order.kept_by or order.instrument.organisation, order.instrument
    count = order.sample_count
    place = _("样品 %(position)s / %(count)s", position=sample.position, count=count) if sample else ""
    dangers = in_language("、", ", ").join(str(_(labels.HAZARD[Hazard(one)])) for one in order.hazards)
    return Worded(
        code=sticker.code,
        url=current_app.config["SETTINGS"].address + url_for("samples.find", number=sticker.code),
        title=order.title,
        place=str(place or _("整单，共 %(count)s 个样品", count=count)),
        mark=sample.mark if sample else "",
        institution=in_language(owner.name_zh, owner.name_en),
        instrument=f"{in_language(instrument.name_zh, instrument.name_en)} {instrument.model}".strip(),
        hazards=str(_("危险：%(hazards)s", hazards=dangers) if dangers else _("未声明危险")),
        is_hazardous=bool(dangers),
        leftover=str(_("测后：%(leftover)s", leftover=_(labels.LEFTOVER[order.leftover]))),
    )


def qr_of(url: str) -> segno.QRCode:
    """The code of an address, which a camera opens."""
    return segno.make_qr(url, error="m", mask=MASK)


class StickerSheet(Paper):
    """Sheets of labels, without margins; `first` is the place on the first sheet where the first label goes."""

    def __init__(self, title: str, first: int) -> None:
        """Begin the first sheet."""
        super().__init__(title, "")
        self.set_auto_page_break(False)
        self.set_margin(0)
        self._place = first - 1

    def footer(self) -> None:
        """Labels fill the sheet to its foot."""

    def stick(self, one: Worded) -> None:
        """The next label."""
        if self._place == ON_A_SHEET:
            self.add_page()
            self._place = 0
        row, column = divmod(self._place, ACROSS)
        self._place += 1
        left, top = column * WIDTH + EDGE, row * HEIGHT + EDGE
        self._draw(qr_of(one.url), left, top)
        self.set_xy(left + CODE + GAP, top)
        self._line(one.code, 11, 5.2, bold=True)
        self._line(f"{one.place} · {one.mark}" if one.mark else one.place, 9, 4.2, bold=True)
        self._line(one.title, 9, 4.2, most=2)
        self._line(one.instrument, 7.5, 3.6)
        self._line(one.institution, 7.5, 3.6)
        self._line(one.hazards, 8, 3.8, bold=one.is_hazardous, most=2)
        self._line(one.leftover, 8, 3.8)

    def _draw(self, code: segno.QRCode, left: float, top: float) -> None:
        """The code's dark squares; the label's own edge keeps the quiet zone around it."""
        self.set_fill_color(0, 0, 0)
        square = CODE / len(code.matrix)
        for down, row in enumerate(code.matrix):
            across = 0
            for is_dark, run in groupby(row):
                length = len(list(run))
                if is_dark:
                    self.rect(left + across * square, top + down * square, length * square, square, style="F")
                across += length

    def _line(self, text: str, size: float, height: float, *, bold: bool = False, most: int = 1) -> None:
        """A text in as many lines as it may take; what does not fit ends with an ellipsis."""
        self.set_font(FAMILY, style="B" if bold else "", size=size)
        told = self.multi_cell(TEXT, height, self._shown(text), dry_run=True, output="LINES", wrapmode=WrapMode.CHAR)
        lines = cast("list[str]", told)
        shown = lines[:most]
        if len(lines) > most:
            shown[-1] = shown[-1][:-1] + "…"
        left = self.get_x()
        for line in shown:
            self.cell(TEXT, height, line)
            self.set_xy(left, self.get_y() + height)


def sticker_sheets(stickers: Sequence[Sticker], first: int) -> Response:
    """The labels as a PDF to be printed in its own size."""
    sheet = StickerSheet(str(_("样品标签")), first)
    for one in stickers:
        sheet.stick(worded(one))
    response = Response(sheet.as_bytes(), mimetype=PDF_TYPE)
    name = stickers[0].order.number if len({one.order.id for one in stickers}) == 1 else "labels"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response
