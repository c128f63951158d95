"""The pack of a redemption (兑付材料包): a ZIP in the order of the programme's list, behind a cover."""

import io
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import IO

from flask import Response
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.attachments.queries import content_of
from booking.attachments.uploads import disposition
from booking.core.clock import SHANGHAI
from booking.core.table_writing import write_xlsx
from booking.redemptions.documents import invoices_by_charge, papers_of
from booking.redemptions.flags import Said, flags_of, is_told
from booking.redemptions.queries import WholeRedemption
from booking.redemptions.service_types import types_of
from booking.redemptions.wording import (
    PackedPaper,
    cover_sheets,
    item_head,
    item_rows,
    lines_of,
    number_of,
    packed,
    said_of,
    said_of_item,
    voucher_number,
)
from booking.web.papers import Column, Paper
from models.invoices import Invoice
from models.vocabulary.programmes import ServiceType

ZIP_TYPE = "application/zip"
IN_MEMORY = 4 * 2**20
CHUNK = 64 * 1024
SHOWN = (0, 2, 4, 5, 8, 9)
"""The columns of the items for which a sheet of paper has room."""
WIDTHS = (20, 26, 13, 21, 13, 13)


def pack_response(session: Session, whole: WholeRedemption) -> Response:
    """The pack as a file to keep, which only who may read the redemption is given."""
    file = write_pack(session, whole)
    response = Response(_pieces(file), mimetype=ZIP_TYPE)
    response.call_on_close(file.close)
    response.headers["Content-Disposition"] = disposition(f"{number_of(whole.redemption)}.zip", is_inline=False)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def write_pack(session: Session, whole: WholeRedemption) -> IO[bytes]:
    """The ZIP, read from its beginning; large ones lie on the disk meanwhile, one file in memory at a time."""
    papers = packed(papers_of(session, whole))
    said = flags_of(session, whole.redemption, whole.items) if is_told(whole) else None
    invoices = invoices_by_charge(session, whole.items)
    file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed with the response
    moment = whole.redemption.changed_at.astimezone(SHANGHAI).timetuple()[:6]
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in _contents(session, whole, papers, invoices, said):
            package.writestr(zipfile.ZipInfo(name, moment), content, zipfile.ZIP_DEFLATED)
    file.seek(0)
    return file


def _contents(
    session: Session,
    whole: WholeRedemption,
    papers: Sequence[PackedPaper],
    invoices: Mapping[int, Sequence[Invoice]],
    said: Mapping[int, Said] | None,
) -> Iterator[tuple[str, bytes]]:
    """Each file with its name, the cover first."""
    book = io.BytesIO()
    types = types_of(session, whole.items)
    write_xlsx(book, cover_sheets(whole, papers, invoices, types, said))
    cover = _("封面")
    yield f"00-{cover}.xlsx", book.getvalue()
    yield f"00-{cover}.pdf", cover_pdf(whole, papers, invoices, types, said)
    for paper in papers:
        for one in paper.files:
            yield one.name, content_of(session, one.attachment.id, 0)


def cover_pdf(
    whole: WholeRedemption,
    papers: Sequence[PackedPaper],
    invoices: Mapping[int, Sequence[Invoice]],
    types: Mapping[int, ServiceType],
    said: Mapping[int, Said] | None = None,
) -> bytes:
    """The cover as a paper: what is claimed, and which of the list is there."""
    title, number = _("创新券兑付材料"), number_of(whole.redemption)
    paper = Paper(f"{title} {number}", number)
    head = said_of(whole.redemption)
    paper.heading(dict(head)[_("主管部门")], title)
    paper.pairs(head)
    paper.section(_("明细"))
    heads = item_head()
    columns = [Column(heads[one], width, one >= SHOWN[-2]) for one, width in zip(SHOWN, WIDTHS, strict=True)]
    rows = item_rows(whole.items, invoices, types)
    paper.rows(columns, [[_shown(row[one]) for one in SHOWN] for row in rows])
    if told := _told(whole, said or {}):
        paper.section(_("声明和关联关系登记"))
        paper.rows([Column(_("序号"), 10), Column(_("券号"), 26), Column(_("内容"), 70)], told)
    paper.section(_("材料清单"))
    columns = [Column(_("序号"), 10), Column(_("材料"), 26), Column(_("文件"), 38), Column(_("来源"), 32)]
    paper.rows(columns, [line for one in papers for line in lines_of(one)])
    return paper.as_bytes()


def _told(whole: WholeRedemption, said: Mapping[int, Said]) -> list[list[str]]:
    """What was said of each item, a line each; none where the reader is not told."""
    return [
        [str(place), voucher_number(one.voucher), text]
        for place, one in enumerate(whole.items, start=1)
        for text in said_of_item(said.get(one.id))
    ]


def _shown(cell: object) -> str:
    """A cell as a paper has it."""
    return cell if isinstance(cell, str) else f"{cell:,.2f}"


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    """The file, some of it at a time; it is closed behind the last."""
    with file:
        while piece := file.read(CHUNK):
            yield piece
