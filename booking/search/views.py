"""The pages of search: finding an instrument, and the page of one instrument."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask import Blueprint, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, may
from booking.catalogue import queries as catalogue
from booking.catalogue.answers import sees_contact
from booking.catalogue.attachments import attachments_for
from booking.catalogue.owner_queries import owners_of
from booking.catalogue.report_queries import report_date_of
from booking.catalogue.report_terms import report_terms
from booking.core.clock import local_date, utcnow
from booking.core.errors import InvalidInput
from booking.core.forms import read, with_local_offset
from booking.pricing.queries import own_price
from booking.pricing.wording import said
from booking.recognitions.offers import offers_on
from booking.reservations.panel import panel_for
from booking.search import sitemap
from booking.search.addresses import page_address, pidinst_response, wants_pidinst
from booking.search.asked import criteria_of
from booking.search.cards import Card, card_of
from booking.search.criteria import Sort
from booking.search.exports import PageExport, response_of
from booking.search.facets import FacetGroup, Facets
from booking.search.files import Files
from booking.search.forms import PageSearch
from booking.search.free_time import COUNTED, weeks_of
from booking.search.labels import CONDITIONS, FIELDS, SORTS
from booking.search.links import CONDITION_FIELDS, Address
from booking.search.pickers import place_choices
from booking.search.queries import relaxations, select_instruments
from booking.search.questions import faq_of
from booking.search.record_page import RecordPage
from booking.search.reference import Reference, reference
from booking.search.results import results_of
from booking.search.selection import Selection
from booking.search.structured import structured
from booking.search.voucher_words import SaidVoucher, said_voucher
from booking.search.vouchers import Covered, costs_of
from booking.web.errors import problems_of
from booking.web.extensions import reading
from booking.web.reading import query_values
from booking.web.signed_in import actor
from models.catalogue import Instrument

bp = Blueprint("search", __name__)

PAGE_SIZE = 20
DISTANCES = (10, 50, 100, 200, 500)


@dataclass(frozen=True, slots=True)
class Found:
    """What a search page shows below its form."""

    total: int
    free: int | None
    count_url: str | None
    cards: list[Card]
    groups: list[FacetGroup]
    sorts: list[dict[str, Any]]
    relaxed: list[dict[str, Any]] = field(default_factory=list)
    page: int = 1
    pages: int = 1


@bp.get("/")
def index() -> ResponseReturnValue:
    """Find an instrument: words, facets, free time, distance."""
    session, typed = reading(), query_values()
    address = Address.of(typed)
    known = reference(session)
    try:
        form = read(PageSearch, with_local_offset(typed, "free_from", "free_to"))
        found = _found(session, known, form, address)
    except InvalidInput as invalid:
        return _index_page(known, address, None, problems_of(invalid)), invalid.status
    return _index_page(known, address, found, {})


def _index_page(known: Reference, address: Address, found: Found | None, problems: dict[str, list[str]]) -> str:
    """The page with the form as it was filled in."""
    labels = {name: gettext(label) for name, label in FIELDS.items()}
    return render_template(
        "search/index.html",
        form=address.values,
        address=address,
        found=found,
        problems=problems,
        labels=labels,
        place_groups=place_choices(known),
        distances=DISTANCES,
        most_counted=COUNTED,
        uses_more=any(
            address.values.get(name) for name in ("free_from", "free_to", "near_district", "max_km", "near_lat")
        ),
        chosen=sum(name in address.values for name in CONDITION_FIELDS),
    )


def _found(session: Session, known: Reference, form: PageSearch, address: Address) -> Found:
    """The results and facets of one page."""
    viewer, now = actor(), utcnow()
    offers = offers_on(session, local_date(now))
    selection = select_instruments(session, criteria_of(session, form), offers)
    pages = max(1, -(-selection.total // PAGE_SIZE))
    page = min(form.page, pages)
    results = results_of(session, selection.page((page - 1) * PAGE_SIZE, PAGE_SIZE))
    shown = [row.id for row in results]
    viewer_id, counts = viewer.id if viewer else None, bool(form.count_free)
    weeks, free = weeks_of(session, selection, shown, counts=counts, user_id=viewer_id, now=now)
    costs = costs_of(session, results, offers, viewer, now=now)
    return Found(
        total=selection.total,
        free=free,
        count_url=address.url(count_free=1) if selection.total <= COUNTED else None,
        cards=[card_of(row, known, selection.distance(row.id), weeks.get(row.id), costs) for row in results],
        groups=Facets(session, known, selection, address).groups(),
        sorts=_sorts(selection, address),
        relaxed=_relaxed(selection, address) if not selection.total else [],
        page=page,
        pages=pages,
    )


def _sorts(selection: Selection, address: Address) -> list[dict[str, Any]]:
    """The orders to choose from; by distance only from a place."""
    chosen = selection.criteria.sort
    orders = [order for order in Sort if order != Sort.DISTANCE or selection.criteria.near]
    return [
        {"label": gettext(SORTS[order]), "url": address.url(sort=order.value), "active": order == chosen}
        for order in orders
    ]


def _relaxed(selection: Selection, address: Address) -> list[dict[str, Any]]:
    """Which condition to drop, and how many that finds."""
    return [
        {
            "label": gettext(CONDITIONS[name]),
            "count": count,
            "url": address.without(*CONDITION_FIELDS.get(name, (name,))),
        }
        for name, count in relaxations(selection)
    ]


@bp.get("/instruments/export")
def export() -> ResponseReturnValue:
    """What a search finds, or what one runs, as a file."""
    wanted = read(PageExport, with_local_offset(query_values(), "free_from", "free_to"))
    return response_of(reading(), wanted, actor())


@bp.get("/instruments/<int:instrument_id>")
def show(instrument_id: int) -> ResponseReturnValue:
    """One instrument: its time, record, rules, fees in words, place and contact."""
    session, reader, now = reading(), actor(), utcnow()
    record = catalogue.record_for(session, instrument_id, reader)
    if wants_pidinst():
        return pidinst_response(record)
    is_owner = may(reader, Permission.SEE_RECORD, record.target)
    page = RecordPage(
        record,
        shows_position=is_owner or not record.instrument.hides_position,
        shows_contact=is_owner or sees_contact(record, is_signed_in=reader is not None),
    )
    address = page_address(instrument_id)
    files = Files(attachments_for(session, record.instrument, reader), address)
    answer = make_response(
        render_template(
            "search/show.html",
            page=page,
            record=record,
            instrument=record.instrument,
            panel=panel_for(session, record.instrument, reader, request.args, now),
            address=address,
            structured=structured(page, address, files.images),
            files=files,
            faq=faq_of(session, instrument_id),
            vouchers=_vouchers(session, record.instrument, local_date(now)),
            price=said(own_price(session, record.instrument, reader, now=now)),
            may_price=may(reader, Permission.SET_PRICES, record.target),
            tenures=owners_of(session, record.instrument),
            may_edit=may(reader, Permission.EDIT_RECORD, record.target),
            report=report_date_of(session, record.instrument, report_terms()) if is_owner else None,
        )
    )
    answer.headers["Vary"] = "Accept, Cookie"
    return answer


def _vouchers(session: Session, instrument: Instrument, today: date) -> SaidVoucher | None:
    """Which vouchers can be used there today."""
    here = offers_on(session, today).at(instrument.organisation_id, instrument.service_type)
    return said_voucher(Covered(here), reference(session)) if here else None


@bp.get("/instruments/<int:instrument_id>/pidinst.json")
def pidinst(instrument_id: int) -> ResponseReturnValue:
    """The record as PIDINST 1.0 JSON."""
    return pidinst_response(catalogue.record_for(reading(), instrument_id, actor()))


@bp.get("/robots.txt")
def robots() -> ResponseReturnValue:
    """What search engines may read."""
    return sitemap.robots()


@bp.get("/sitemap.xml")
def sitemap_index() -> ResponseReturnValue:
    """The parts of the map of published instruments."""
    return sitemap.index(reading())


@bp.get("/sitemap-<int:part>.xml")
def sitemap_part(part: int) -> ResponseReturnValue:
    """Published instruments, so many to a part."""
    return sitemap.part(reading(), part)
