"""Public instruments that ask that an account pays, and have no price that it could pay."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, false, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from booking.catalogue.queries import within
from booking.core.actors import Reach
from booking.pricing.queries import holding_on
from models.affiliations import UserGroup
from models.catalogue import BookingPolicy, Instrument, SharedSettings
from models.pricing import PricePolicy
from models.vocabulary.catalogue import BookingMode, PublishingState
from models.vocabulary.pricing import Offer

NEED = "needs_payer"


def without_price(session: Session, reach: Reach, *, today: date, limit: int) -> Sequence[Row[int, str, str]]:
    """Id and names of those within reach that are booked here, by id; the need of an account may come from above."""
    of_unit, of_house = aliased(SharedSettings), aliased(SharedSettings)
    booked_here = (
        Instrument.publishing_state == PublishingState.PUBLISHED,
        Instrument.booking_mode == BookingMode.HERE,
    )
    return session.execute(
        select(Instrument.id, Instrument.name_zh, Instrument.name_en)
        .join(BookingPolicy, BookingPolicy.instrument_id == Instrument.id)
        .outerjoin(of_unit, of_unit.unit_id == Instrument.unit_id)
        .outerjoin(of_house, and_(of_house.organisation_id == Instrument.organisation_id, of_house.unit_id.is_(None)))
        .where(within(reach), *booked_here, _needs_payer(_set_by(of_unit), _set_by(of_house)), ~_priced(today))
        .order_by(Instrument.id)
        .limit(limit)
    ).all()


def _set_by(settings: type[SharedSettings]) -> ColumnElement[bool]:
    """Whether a unit or an institution says that an account must pay; NULL where it says nothing."""
    policy: Any = settings.policy
    said: ColumnElement[bool] = policy[NEED].as_boolean()
    return said


def _needs_payer(of_unit: ColumnElement[bool], of_house: ColumnElement[bool]) -> ColumnElement[bool]:
    """Its own word, or what stands above it where it inherits that."""
    inherits = literal(" ").concat(Instrument.inherits).concat(" ").contains(f" {NEED} ", autoescape=True)
    above = func.coalesce(of_unit, of_house, false())
    return or_(and_(inherits, above), and_(~inherits, BookingPolicy.needs_payer))


def _priced(today: date) -> ColumnElement[bool]:
    """Whether a row that holds today offers it, of its own or of its unit; prices of an earlier owner are none."""
    at_it = or_(PricePolicy.instrument_id == Instrument.id, PricePolicy.unit_id == Instrument.unit_id)
    owners = and_(UserGroup.id == PricePolicy.user_group_id, UserGroup.organisation_id == Instrument.organisation_id)
    return exists().where(at_it, owners, PricePolicy.offer == Offer.OFFERED, *holding_on(today))
