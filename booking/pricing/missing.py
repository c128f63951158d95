"""Public instruments that ask that an account pays, and have no price that it could pay."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from booking.catalogue.inheritance import Above
from booking.catalogue.levels import above_of, effective
from booking.catalogue.queries import within
from booking.core.actors import Reach
from models.catalogue import BookingPolicy, Instrument
from models.pricing import PricePolicy
from models.vocabulary.catalogue import BookingMode, PublishingState

MOST_READ = 500


def without_price(session: Session, reach: Reach, *, today: date) -> Sequence[Instrument]:
    """Those within reach that are booked here, by id; the need of an account may come from above; two statements."""
    priced = exists().where(
        or_(PricePolicy.instrument_id == Instrument.id, PricePolicy.unit_id == Instrument.unit_id),
        PricePolicy.valid_from <= today,
    )
    booked_here = (
        Instrument.publishing_state == PublishingState.PUBLISHED,
        Instrument.booking_mode == BookingMode.HERE,
    )
    rows = session.execute(
        select(Instrument, BookingPolicy)
        .join(BookingPolicy, BookingPolicy.instrument_id == Instrument.id)
        .where(within(reach), *booked_here, ~priced)
        .order_by(Instrument.id)
        .limit(MOST_READ)
    ).all()
    above = above_of(session, [_place(instrument) for instrument, _policy in rows])
    return [
        instrument
        for instrument, policy in rows
        if effective(instrument, policy, [], above.get(_place(instrument), Above())).policy.needs_payer
    ]


def _place(instrument: Instrument) -> tuple[int, int | None]:
    """Where it stands."""
    return instrument.organisation_id, instrument.unit_id
