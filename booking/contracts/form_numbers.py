"""Giving each accepted order form its number, and keeping what it said."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from booking.core.clock import local_date
from models.accounts import User
from models.catalogue import Instrument
from models.contracts import UseAgreement
from models.directory import Organisation
from models.order_forms import OrderForm, OrderFormSeries
from models.reservations import Reservation
from models.samples import SampleOrder

_ONE_EACH = ["organisation_id", "year"]
_FIRST = {
    "postgresql": postgresql.insert(OrderFormSeries).on_conflict_do_nothing(index_elements=_ONE_EACH),
    "sqlite": sqlite.insert(OrderFormSeries).on_conflict_do_nothing(index_elements=_ONE_EACH),
}


def number_of(year: int, number: int) -> str:
    """An order form's number as people write it."""
    return f"WD{year}-{number:05d}"


def number_form(session: Session, row: UseAgreement, *, now: datetime) -> OrderForm:
    """Keep what was just accepted as a form with the next number of its institution and year.

    The numbers stay locked until the transaction ends, so that none is left out.
    """
    assert row.accepted_text_id is not None
    assert row.accepted_fen is not None
    series = _locked_series(session, row.organisation_id, local_date(now).year)
    series.last_number += 1
    form = OrderForm(
        organisation_id=row.organisation_id,
        year=series.year,
        number=series.last_number,
        reservation_id=row.reservation_id,
        sample_order_id=row.sample_order_id,
        user_id=row.user_id,
        party_id=row.party_id,
        text_id=row.accepted_text_id,
        accepted_at=row.accepted_at or now,
        amount_fen=row.accepted_fen,
        told=_told(session, row) | row.accepted_facts,
    )
    session.add(form)
    session.flush()
    return form


def _locked_series(session: Session, organisation_id: int, year: int) -> OrderFormSeries:
    """The numbers of an institution's year, under lock."""
    values = {"organisation_id": organisation_id, "year": year, "last_number": 0}
    session.execute(_FIRST[session.get_bind().dialect.name].values(**values))
    same = OrderFormSeries.organisation_id == organisation_id, OrderFormSeries.year == year
    locked = select(OrderFormSeries).where(*same).with_for_update()
    return session.scalars(locked.execution_options(populate_existing=True)).one()


def _told(session: Session, row: UseAgreement) -> dict[str, Any]:
    """What everybody and everything is called now, with what the use is for."""
    owner = session.get_one(Organisation, row.organisation_id)
    party = session.get(Organisation, row.party_id) if row.party_id else None
    told = {"user": session.get_one(User, row.user_id).name}
    for side, one in (("owner", owner), ("party", party)):
        told |= {
            f"{side}_zh": one.name_zh if one else "",
            f"{side}_en": (one.name_en or "") if one else "",
            f"{side}_uscc": (one.uscc or "") if one else "",
        }
    return told | _about(session, row)


def _about(session: Session, row: UseAgreement) -> dict[str, Any]:
    """The instrument, and what the booking or the order says."""
    booking = session.get_one(Reservation, row.reservation_id) if row.reservation_id else None
    order = session.get_one(SampleOrder, row.sample_order_id) if row.sample_order_id else None
    used = booking or order
    assert used is not None
    instrument = session.get_one(Instrument, used.instrument_id)
    return {
        "instrument_zh": instrument.name_zh,
        "instrument_en": instrument.name_en or "",
        "purpose": booking.purpose if booking else "",
        "order_number": (order.number or "") if order else "",
        "order_title": order.title if order else "",
    }
