"""Papers share fonts that were read once; each is what it would be with fonts of its own."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pypdfium2
import pytest
from flask import Flask
from fpdf import FPDF
from fpdf.fonts import TTFFont

from booking.web import papers
from booking.web.papers import Column, Paper

NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
TEXTS = ("扫描电镜，五千元整。", "透射电镜 é Å ½ ﬁ：二〇二六年", "质谱仪 𠮷 (中文)")


def read_anew(paper: FPDF, family: str, style: str, path: Path) -> TTFFont:
    """The font as the library reads it, for this paper alone."""
    blank = FPDF()
    blank.add_font(family, style=style, fname=path)
    font = blank.fonts[f"{family}{style}"]
    assert isinstance(font, TTFFont)
    font.i = len(paper.fonts) + 1
    return font


def made(text: str) -> bytes:
    paper = Paper("测试", text[:4])
    paper.set_creation_date(NOW)
    paper.heading("西南大学", text)
    paper.pairs([("编号", "2026-0001"), ("说明", text)])
    paper.rows([Column("名称", 60), Column("金额", 20, is_number=True)], [(text, "50.00")])
    paper.prose(text * 20)
    return paper.as_bytes()


def test_a_paper_with_kept_fonts_is_the_one_with_fonts_of_its_own(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = [made(text) for text in (*TEXTS, *reversed(TEXTS))]
    monkeypatch.setattr(papers, "font_of", read_anew)
    monkeypatch.setattr(papers, "make_own", lambda _font: None)
    anew = [made(text) for text in TEXTS]

    assert kept == [*anew, *reversed(anew)]


def test_papers_that_are_made_at_once_do_not_meet_in_their_fonts(app: Flask) -> None:
    def in_context(text: str) -> bytes:
        with app.app_context():
            return made(text)

    alone = {text: made(text) for text in TEXTS}
    asked = TEXTS * 4
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(in_context, asked))

    assert together == [alone[text] for text in asked]
    page = pypdfium2.PdfDocument(together[0])[0].get_textpage()
    assert "扫描电镜，五千元整。" in page.get_text_bounded()
