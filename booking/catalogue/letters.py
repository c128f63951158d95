"""Which mails follow from what happened to a record on its way to the public."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select

from booking.catalogue import review_queries
from booking.catalogue.stewards import BATCH_LASTS
from booking.core.clock import local_date
from booking.notifications.letters import Letter, News
from models.accounts import User
from models.catalogue import Instrument
from models.custody import Stewardship
from models.notifications import Event
from models.publishing import Review, ReviewRound
from models.vocabulary.custody import StewardRank
from models.vocabulary.publishing import RoundState


def on_review_asked(news: News) -> list[Letter]:
    """To everybody who may review the version, while it waits."""
    found = _round(news)
    if found is None or found.state != RoundState.OPEN:
        return []
    able = review_queries.reviewers_of(news.session, found.instrument, today=local_date(news.now))
    count = news.payload.get("count", 1)
    link = news.link("reviews") if count > 1 else news.link(f"reviews/{found.id}")
    values = _named(found.instrument) | {"link": link, "is_update": found.is_update, "count": count}
    return _to(able, "catalogue/review_asked", values)


def on_review_decided(news: News) -> list[Letter]:
    """To who asked for the review: published, sent back or withheld, and why."""
    found = _round(news)
    if found is None or found.state == RoundState.OPEN or found.opened_by_id in {None, news.payload.get("actor_id")}:
        return []
    asked = news.session.scalars(select(User).where(User.id == found.opened_by_id, User.deactivated_at.is_(None))).all()
    last = select(Review).where(Review.round_id == found.id).order_by(Review.id.desc()).limit(1)
    review = news.session.scalars(last).one()
    values = _named(found.instrument) | {
        "link": news.link(f"catalogue/{found.instrument_id}/publishing"),
        "state": found.state.value,
        "reason": review.note,
        "reviewer": review.reviewer_name,
    }
    return _to(asked, "catalogue/review_decided", values)


def on_stewards_named(news: News) -> list[Letter]:
    """To whoever was named primary steward or deputy, of all instruments in one letter; while they still are."""
    user_id = news.payload["user_id"]
    person = news.session.scalars(select(User).where(User.id == user_id, User.deactivated_at.is_(None))).one_or_none()
    parts = _batch(news)
    named = {rank: _still_named(news, parts, rank) for rank in StewardRank}
    if person is None or not any(named.values()):
        return []
    by = news.session.get_one(User, news.payload["actor_id"])
    values = {rank.value: rows for rank, rows in named.items()}
    return _to([person], "catalogue/stewards_named", values | {"person": by.name, "link": news.link("catalogue")})


def _batch(news: News) -> list[Mapping[str, Any]]:
    """The payloads of all that the person was named for in one step; the last event of it tells of all of them."""
    batch = news.payload.get("batch")
    if not batch:
        return [news.payload]
    began = datetime.fromisoformat(batch.partition(" ")[2])
    # By the index of what was handled since, not by reading months of events.
    lately = or_(Event.handled_at.is_(None), Event.handled_at >= began), Event.occurred_at == began + BATCH_LASTS
    same = Event.name == "catalogue.stewards_named", Event.payload["batch"].as_string() == batch
    payloads = news.session.scalars(select(Event.payload).where(*lately, *same).order_by(Event.id))
    own = [one for one in payloads if one["user_id"] == news.payload["user_id"]]
    return own if own[-1]["instruments"] == news.payload["instruments"] else []


def _still_named(news: News, parts: Iterable[Mapping[str, Any]], rank: StewardRank) -> list[tuple[str, str]]:
    """The names of the instruments of these events for which the person has the rank."""
    user_id = news.payload["user_id"]
    ids = [number for part in parts for number in part["instruments"].get(rank.value, [])]
    rows = news.session.execute(
        select(Instrument.name_zh, Instrument.name_en)
        .join(Stewardship, Stewardship.instrument_id == Instrument.id)
        .where(Instrument.id.in_(ids), Stewardship.rank == rank, Stewardship.user_id == user_id)
        .order_by(Instrument.id)
    )
    return [(row.name_zh, row.name_en) for row in rows]


def _round(news: News) -> ReviewRound | None:
    """The round of the event as it is now."""
    statement = select(ReviewRound).where(ReviewRound.id == news.payload["round_id"])
    return news.session.scalar(statement.options(*review_queries.IN_FULL))


def _named(instrument: Instrument) -> dict[str, Any]:
    """What letters call the record."""
    return {"instrument_zh": instrument.name_zh, "instrument_en": instrument.name_en}


def _to(people: Iterable[User], template: str, values: Mapping[str, Any]) -> list[Letter]:
    """The same letter to several people, each in their language."""
    return [Letter(person.email, person.language, template, values) for person in people]
