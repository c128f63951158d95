"""Bookings that people who no longer belong to an institution still have on its instruments."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import Session

from booking.accounts.grant_queries import admins_of
from booking.affiliations.queries import has_left
from booking.core.clock import local_date
from booking.database.days import local_day
from booking.notifications.letters import Letter, News
from models.accounts import User
from models.affiliations import Affiliation
from models.catalogue import Instrument
from models.directory import Organisation
from models.reservations import Reservation
from models.vocabulary.affiliations import AffiliationState
from models.vocabulary.reservations import HOLDING_TIME

MOST_READ = 500


@dataclass(slots=True)
class LeftBehind:
    """Who left an institution with which last day, how many bookings are still to come, and when the first begins."""

    user_id: int
    organisation_id: int
    name: str
    last_day: date
    starts_at: datetime
    count: int = 0


def left_behind(
    session: Session, organisation_ids: Collection[int], *, user_id: int | None = None, now: datetime
) -> list[LeftBehind]:
    """People who left these institutions, whose first bookings come soonest first; one statement.

    What somebody booked after the last day, as anybody from outside, waits for nobody.
    """
    today = local_date(now)
    last_day = _last_day()
    statement = (
        select(User.id, Instrument.organisation_id, User.name, last_day, Reservation.starts_at)
        .join(Reservation, Reservation.booked_by_id == User.id)
        .join(Instrument, Instrument.id == Reservation.instrument_id)
        .where(Instrument.organisation_id.in_(organisation_ids), Reservation.state.in_(HOLDING_TIME))
        .where(Reservation.ends_at > now, has_left(Reservation.booked_by_id, Instrument.organisation_id, today))
        .where(local_day(Reservation.created_at) <= last_day)
        .order_by(Reservation.starts_at, Reservation.id)
    )
    if user_id is not None:
        statement = statement.where(User.id == user_id)
    found: dict[tuple[int, int], LeftBehind] = {}
    for person, place, name, last, starts_at in session.execute(statement.limit(MOST_READ)):
        if last is not None:
            one = found.setdefault((place, person), LeftBehind(person, place, name, last, starts_at))
            one.count += 1
    return list(found.values())


def on_affiliation_over(news: News) -> list[Letter]:
    """To the institution's administrators, when the person has bookings there that somebody must take over."""
    place, person = news.payload["organisation_id"], news.payload["user_id"]
    found = left_behind(news.session, [place], user_id=person, now=news.now)
    if not found:
        return []
    organisation = news.session.get_one(Organisation, place)
    values = {
        "person": found[0].name,
        "organisation_zh": organisation.name_zh,
        "organisation_en": organisation.name_en,
        "last_day": found[0].last_day,
        "count": found[0].count,
        "starts_at": found[0].starts_at,
        "link": news.link(f"organisations/{place}/people/{person}/leaving"),
    }
    people = admins_of(news.session, place, local_date(news.now), other_than=person)
    return [Letter(one.email, one.language, "reservations/left_behind", values) for one in people]


def _last_day() -> ScalarSelect[date | None]:
    """The latest last day that the person had at the instrument's institution."""
    held = (AffiliationState.CONFIRMED, AffiliationState.ENDED)
    return (
        select(func.max(Affiliation.ends_on))
        .where(
            Affiliation.user_id == User.id,
            Affiliation.organisation_id == Instrument.organisation_id,
            Affiliation.state.in_(held),
        )
        .correlate(User, Instrument)
        .scalar_subquery()
    )
