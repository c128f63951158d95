"""Papers: where their lines end."""

import pypdfium2
import pytest

from booking.web.papers import Column, Paper

pytestmark = pytest.mark.usefixtures("session")


def lines_of(paper: Paper) -> list[str]:
    """The lines of its pages, as they stand."""
    document = pypdfium2.PdfDocument(paper.as_bytes())
    return [line for page in document for line in page.get_textpage().get_text_bounded().splitlines()]


def test_no_word_is_torn_apart_at_the_end_of_a_line() -> None:
    paper = Paper("Statement", "JS2026-00001")
    columns = [Column("Before vouchers (CNY)", 10), Column("What", 10), *[Column("", 10)] * 6]
    paper.pairs(
        [("Unified social credit code", "9151"), ("Covers", "Framework contract: every instrument of the institution")]
    )
    paper.rows(columns, [["Field-emission transmission", "2026-10-12 10:00 – 12:00", *[""] * 6]])

    words = {word for line in lines_of(paper) for word in line.split()}

    assert words >= {"credit", "code", "instrument", "institution", "vouchers", "transmission", "12:00"}


def test_chinese_fills_its_lines() -> None:
    paper = Paper("合同", "HT1")

    paper.say("测试 " + "样品由委托方自行保管" * 8)

    assert [len(line) > 40 for line in lines_of(paper)][:1] == [True]
