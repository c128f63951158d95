"""Prices of a unit that ends: their rows stay for the books, and are withdrawn from that day on."""

from collections.abc import Iterator
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.clock import local_date
from models.pricing import PricePolicy
from models.vocabulary.pricing import Offer

Standing = dict[tuple[int, date], tuple[int, Offer]]


def has_prices(session: Session, unit_id: int, *, today: date) -> bool:
    """Whether a unit has prices that hold today or from a later day on."""
    return any(_to_withdraw(_last(session, unit_id), today))


def withdraw_prices(session: Session, unit_id: int, reason: str, *, actor: Actor, now: datetime) -> int:
    """Let no price of a unit hold from today on, so that it has none should it come back; how many rows that takes."""
    rows, today = _last(session, unit_id), local_date(now)
    made = [
        PricePolicy(
            unit_id=unit_id,
            user_group_id=group_id,
            valid_from=day,
            revision=rows.get((group_id, day), (0, Offer.WITHDRAWN))[0] + 1,
            offer=Offer.WITHDRAWN,
            reason=reason[:300],
            created_at=now,
            created_by_id=actor.id,
        )
        for group_id, day in _to_withdraw(rows, today)
    ]
    session.add_all(made)
    session.flush()
    return len(made)


def _last(session: Session, unit_id: int) -> Standing:
    """The last revision for each group and day, with what it says, the earliest day first."""
    columns = select(PricePolicy.user_group_id, PricePolicy.valid_from, PricePolicy.revision, PricePolicy.offer)
    rows = columns.where(PricePolicy.unit_id == unit_id).order_by(PricePolicy.valid_from, PricePolicy.revision)
    return {(group_id, day): (revision, offer) for group_id, day, revision, offer in session.execute(rows)}


def _to_withdraw(rows: Standing, today: date) -> Iterator[tuple[int, date]]:
    """The groups and days on which a row is needed: today for what holds today, and each later day with a price."""
    holding = {group_id: offer for (group_id, day), (_, offer) in rows.items() if day <= today}
    yield from ((group_id, today) for group_id, offer in holding.items() if offer != Offer.WITHDRAWN)
    later = ((key, offer) for key, (_, offer) in rows.items() if key[1] > today)
    yield from (key for key, offer in later if offer != Offer.WITHDRAWN)
