"""Prices for tests."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.affiliations.user_groups import seed_groups
from models.accounts import User
from models.catalogue import Instrument
from models.directory import Unit
from models.pricing import PricePolicy
from models.vocabulary.affiliations import Audience
from models.vocabulary.pricing import Offer

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def make_hourly_price(
    session: Session,
    instrument: Instrument,
    hourly_fen: int,
    by: User,
    *,
    horizon_days: int | None = None,
    valid_from: date = date(2020, 1, 1),
    audience: Audience = Audience.OTHERS,
    **more: Any,
) -> PricePolicy:
    """What everybody outside, or an audience, pays for an hour from a day on, committed; they may book so far ahead."""
    groups = {group.audience: group for group in seed_groups(session, instrument.organisation_id)}
    outside = groups[audience]
    outside.horizon_days = horizon_days
    policy = PricePolicy(
        instrument_id=instrument.id,
        user_group_id=outside.id,
        valid_from=valid_from,
        offer=more.pop("offer", Offer.OFFERED),
        hourly_fen=hourly_fen,
        created_at=LONG_AGO,
        created_by_id=by.id,
        **more,
    )
    session.add(policy)
    session.commit()
    return policy


def make_unit_price(session: Session, unit: Unit, hourly_fen: int, by: User, *, valid_from: date) -> PricePolicy:
    """What everybody outside pays for an hour of a unit's instruments from a day on, committed."""
    groups = {group.audience: group for group in seed_groups(session, unit.organisation_id)}
    policy = PricePolicy(
        unit_id=unit.id,
        user_group_id=groups[Audience.OTHERS].id,
        valid_from=valid_from,
        offer=Offer.OFFERED,
        hourly_fen=hourly_fen,
        created_at=LONG_AGO,
        created_by_id=by.id,
    )
    session.add(policy)
    session.commit()
    return policy
