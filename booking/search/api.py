"""The search and the instruments of the HTTP API."""

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from pydantic import BaseModel

from booking.accounts.permissions import Permission, may
from booking.catalogue import queries as catalogue
from booking.catalogue.answers import InstrumentRecord, record_answer
from booking.core.clock import local_date, utcnow
from booking.core.pages import decode_cursor, encode_cursor
from booking.recognitions.offers import offers_on
from booking.search.addresses import pidinst_response, wants_pidinst
from booking.search.answers import InstrumentAnswer, InstrumentsFound, instruments_found, voucher_answer, with_free_time
from booking.search.asked import criteria_of
from booking.search.exports import ExportForm, response_of
from booking.search.forms import ApiSearch
from booking.search.free_time import weeks_of
from booking.search.pickers import ClassAnswer, PlaceAnswer, classes_answer, places_answer
from booking.search.queries import select_instruments
from booking.search.reference import reference
from booking.search.results import results_of
from booking.search.selection import Selection
from booking.search.vouchers import Covered, costs_of
from booking.web import signed_in
from booking.web.extensions import reading
from booking.web.openapi import documented
from booking.web.reading import read_query
from booking.web.signed_in import actor

bp = Blueprint("search_api", __name__, url_prefix="/api/v1")


class ClassList(BaseModel):
    """The national classification."""

    items: list[ClassAnswer]
    next_cursor: None = None


class PlaceList(BaseModel):
    """The places of both provinces."""

    items: list[PlaceAnswer]
    next_cursor: None = None


@bp.get("/instruments")
@documented(tag="instruments", query=ApiSearch, answers={200: InstrumentsFound}, refusals=(400, 422))
def find() -> ResponseReturnValue:
    """Find published instruments, with an exact total and exact facet counts."""
    wanted, session = read_query(ApiSearch), reading()
    reader, now = signed_in.reader(), utcnow()
    offers = offers_on(session, local_date(now))
    selection = select_instruments(session, criteria_of(session, wanted), offers)
    ids, next_cursor = _page(selection, wanted.limit, wanted.cursor)
    results = results_of(session, ids)
    costs = costs_of(session, results, offers, reader, now=now)
    found = instruments_found(session, reference(session), selection, results, costs, next_cursor=next_cursor)
    if wanted.with_free_time:
        reader_id = reader.id if reader else None
        found = with_free_time(found, *weeks_of(session, selection, ids, counts=True, user_id=reader_id, now=now))
    return _json(found)


def _page(selection: Selection, limit: int, cursor: str) -> tuple[list[int], str | None]:
    """The numbers of one page, and where the next one starts; raises Unreadable for a broken cursor."""
    offset = 0
    if cursor:
        last, offset = decode_cursor(cursor, _whole, _whole)
        ids, offset = selection.page_after(last, offset, limit)
    else:
        ids = selection.page(0, limit)
    end = offset + len(ids)
    return ids, encode_cursor(ids[-1], end) if ids and end < selection.total else None


def _whole(value: object) -> int:
    """A number of an instrument or a position; raises ValueError for anything else."""
    if type(value) is not int or not 0 <= value < 2**31:
        raise ValueError
    return value


@bp.get("/instruments/export")
@documented(tag="instruments", query=ExportForm, answers={200: None}, refusals=(400, 401, 403, 422, 429))
def export() -> ResponseReturnValue:
    """What a search finds, or with `mine` what you run, as XLSX, CSV, the national fields or PIDINST documents."""
    return response_of(reading(), read_query(ExportForm), actor())


@bp.get("/instruments/<int:instrument_id>")
@documented(tag="instruments", answers={200: InstrumentAnswer}, refusals=(404,))
def read(instrument_id: int) -> ResponseReturnValue:
    """One instrument's record; as PIDINST 1.0 with `Accept: application/vnd.pidinst+json`."""
    reader = actor()
    record = catalogue.record_for(reading(), instrument_id, reader)
    if wants_pidinst():
        return pidinst_response(record)
    is_owner = may(reader, Permission.SEE_RECORD, record.target)
    instrument, offers = record.instrument, offers_on(reading(), local_date(utcnow()))
    here = offers.at(instrument.organisation_id, instrument.service_type)
    found = record_answer(record, is_owner=is_owner, is_signed_in=reader is not None)
    return _json(InstrumentAnswer(**found.model_dump(), voucher=voucher_answer(Covered(here)) if here else None))


@bp.get("/classes")
@documented(tag="instruments", answers={200: ClassList})
def classes() -> ResponseReturnValue:
    """The national classification of large instruments: 15 classes, 93 groups, 631 kinds."""
    return _json(ClassList(items=classes_answer(reference(reading()))))


@bp.get("/places")
@documented(tag="instruments", answers={200: PlaceList})
def places() -> ResponseReturnValue:
    """Provinces, cities and districts with their codes (GB/T 2260)."""
    return _json(PlaceList(items=places_answer(reference(reading()))))


def _json(answer: BaseModel) -> Response:
    """The answer as JSON, with the version of what can be edited as its ETag."""
    response = Response(answer.model_dump_json(by_alias=True), mimetype="application/json")
    if isinstance(answer, InstrumentRecord):
        response.set_etag(str(answer.version))
    return response
