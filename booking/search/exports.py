"""Exports: what was found, or what one runs, as a table, in the national fields, or as PIDINST."""

import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import IO, Annotated

from flask import Response, request
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.catalogue import exporting, exporting_items
from booking.catalogue.exporting import Exported
from booking.catalogue.levels import Effective
from booking.catalogue.listing_sources import ClassName, reference_data, test_items_by_instrument
from booking.core.actors import Actor
from booking.core.clock import local_date, utcnow
from booking.core.errors import Forbidden, NotSignedIn
from booking.core.forms import Blank
from booking.core.table_writing import CSV_TYPE, XLSX_TYPE, Sheets, csv_pieces, write_xlsx
from booking.recognitions.offers import offers_on
from booking.search import pidinst
from booking.search.addresses import page_address
from booking.search.asked import criteria_of
from booking.search.forms import PageSearch, SearchForm
from booking.search.queries import select_instruments
from booking.web.extensions import db
from booking.web.languages import page_language
from booking.web.one_export import one_export
from models.catalogue import Instrument, TestItem
from models.vocabulary.catalogue import PublishingState

IN_MEMORY, PIECE = 5_000_000, 1 << 16


class ExportFormat(StrEnum):
    """How instruments are exported."""

    CSV = "csv"
    XLSX = "xlsx"
    NATIONAL = "national"
    TEST_ITEMS = "test_items"
    PIDINST = "pidinst"


class ExportFields(SearchForm):
    """What is exported: everything that a search finds, or with `mine` what one runs, drafts included."""

    format: ExportFormat = ExportFormat.XLSX
    mine: bool = False
    state: Annotated[PublishingState | None, Blank] = None


class ExportForm(ExportFields):
    """An export through the API."""


class PageExport(ExportFields, PageSearch):
    """An export from a page."""


def response_of(session: Session, wanted: ExportFields, actor: Actor | None) -> Response:
    """The export as a file, sent piece by piece; raises Forbidden for who runs nothing, InvalidInput and ExportRuns.

    A workbook has the test items on a sheet of their own; as CSV they are a table of their own.
    """
    with one_export(db.engine, f"user {actor.id}" if actor else request.remote_addr or ""):
        return _written(session, wanted, actor)


def _written(session: Session, wanted: ExportFields, actor: Actor | None) -> Response:
    """The export, written as a whole before the first piece is sent."""
    ids = _ids(session, wanted, actor)
    if wanted.format == ExportFormat.PIDINST:
        return _file(_documents(session, ids, actor), "application/json", "instruments-pidinst.json")
    is_national, is_english = wanted.format == ExportFormat.NATIONAL, page_language() == "en"
    items = exporting_items.item_rows(session, ids, actor, english=is_english)
    if wanted.format == ExportFormat.TEST_ITEMS:
        return _file(csv_pieces(items), CSV_TYPE, "test-items.csv")
    rows = exporting.rows_of(session, ids, actor, national=is_national, english=is_english)
    if wanted.format == ExportFormat.CSV:
        return _file(csv_pieces(rows), CSV_TYPE, "instruments.csv")
    if is_national:
        return _workbook([("instruments", rows)], "instruments-national.xlsx")
    return _workbook([("instruments", rows), ("test_items", items)], "instruments.xlsx")


def _ids(session: Session, wanted: ExportFields, actor: Actor | None) -> list[int]:
    """The instruments in the order in which they are shown."""
    if not wanted.mine:
        offers = offers_on(session, local_date(utcnow()))
        return list(select_instruments(session, criteria_of(session, wanted), offers).ordered())
    if actor is None:
        raise NotSignedIn
    if not reach(actor, Permission.SEE_RECORD):
        raise Forbidden
    return exporting.own_ids(session, actor, state=wanted.state, words=wanted.q)


def _file(pieces: Iterable[bytes], kind: str, name: str) -> Response:
    """The pieces as a file to keep."""
    file = _spool()
    for piece in pieces:
        file.write(piece)
    return _sent(file, kind, name)


def _workbook(sheets: Sheets, name: str) -> Response:
    """The sheets as a workbook to keep."""
    file = _spool()
    write_xlsx(file, sheets)
    return _sent(file, XLSX_TYPE, name)


def _spool() -> IO[bytes]:
    """Where an export is written while the request lasts: in memory, on the disk when it is large."""
    return tempfile.SpooledTemporaryFile(IN_MEMORY)


def _sent(file: IO[bytes], kind: str, name: str) -> Response:
    """The written file, sent piece by piece."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Length": str(file.tell()),
        "Vary": "Cookie, Authorization",
    }
    return Response(_pieces(file), mimetype=kind, headers=headers)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    """The file from its beginning; it is gone afterwards."""
    with file:
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


@dataclass(frozen=True, slots=True)
class _Described:
    """A record as PIDINST tells it."""

    instrument: Instrument
    effective: Effective
    classes: Sequence[ClassName]
    test_items: Sequence[TestItem]


def _documents(session: Session, ids: Sequence[int], actor: Actor | None) -> Iterator[bytes]:
    """A JSON array of PIDINST documents."""
    reference = reference_data(session)
    before = b"[\n"
    for found, items in _with_items(session, exporting.exported(session, ids, actor)):
        described = _Described(
            found.instrument, found.effective, reference.class_path(found.instrument.class_code), items
        )
        text = json.dumps(pidinst.document(described, page_address(found.instrument.id)), ensure_ascii=False)
        yield before + text.encode()
        before = b",\n"
    yield b"\n]\n" if before == b",\n" else b"[]\n"


def _with_items(session: Session, records: Iterator[Exported]) -> Iterator[tuple[Exported, Sequence[TestItem]]]:
    """The records with their test items, some hundred at a time."""
    chunk: list[Exported] = []
    for found in records:
        chunk.append(found)
        if len(chunk) == exporting.CHUNK:
            yield from _items(session, chunk)
            chunk = []
    yield from _items(session, chunk)


def _items(session: Session, chunk: Sequence[Exported]) -> Iterator[tuple[Exported, Sequence[TestItem]]]:
    """Each record of the chunk with its test items."""
    found = test_items_by_instrument(session, [record.instrument.id for record in chunk])
    for record in chunk:
        yield record, found.get(record.instrument.id, ())
