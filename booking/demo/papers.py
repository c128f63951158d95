"""Files that stand for the papers of firms in the demo."""

from datetime import datetime

from fpdf import FPDF

from booking.attachments.rules import Limits

LIMITS = Limits(photo_bytes=10**6, document_bytes=10**6, quota_bytes=10**8, most_files=12)


def plain_pdf(words: str, now: datetime) -> bytes:
    """A file of one page that says what it stands for."""
    paper = FPDF(format="A4")
    paper.set_creation_date(now)
    paper.add_page()
    paper.set_font("Helvetica", size=20)
    paper.cell(text=words)
    return bytes(paper.output())
