"""What search engines are told: published instruments, a bounded number at a time (sitemaps.org 0.9)."""

from flask import Response, render_template, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.core.errors import NotFound
from booking.search.addresses import absolute
from models.catalogue import Instrument
from models.listings import InstrumentListing

PART = 10_000
"""Instruments per part by number, so that a part never has more; the limit of the format is 50,000."""


def robots() -> Response:
    """Pages of instruments and the bare search may be read; what people do with them may not."""
    text = render_template("search/robots.txt", sitemap=absolute(url_for("search.sitemap_index")))
    return Response(text, mimetype="text/plain")


def index(session: Session) -> Response:
    """The list of parts."""
    highest = session.scalar(select(func.max(InstrumentListing.instrument_id))) or 0
    parts = [absolute(url_for("search.sitemap_part", part=part)) for part in range(highest // PART + 1)]
    return Response(render_template("search/sitemap_index.xml", parts=parts), mimetype="application/xml")


def part(session: Session, number: int) -> Response:
    """One part; raises NotFound for one that is empty."""
    rows = session.execute(
        select(Instrument.id, Instrument.updated_at)
        .join(InstrumentListing, InstrumentListing.instrument_id == Instrument.id)
        .where(Instrument.id >= number * PART, Instrument.id < (number + 1) * PART)
        .order_by(Instrument.id)
    ).all()
    if not rows and number:
        raise NotFound
    base = absolute("/instruments/")
    return Response(render_template("search/sitemap.xml", rows=rows, base=base), mimetype="application/xml")
