"""Reading feeds and what they show; every function takes a constant number of statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, String, and_, bindparam, case, cast, exists, func, not_, or_, select
from sqlalchemy.orm import Session

from booking.calendars.rules import ended_since, shown_window
from booking.catalogue.queries import readable
from booking.core.actors import Actor
from booking.core.errors import NotFound
from booking.reservations import neighbours
from booking.reservations.queries import is_coming
from booking.reservations.tested import is_tested_for
from models.accounts import Grant, User
from models.calendars import Feed, FeedBody, FeedFragment
from models.catalogue import Instrument
from models.directory import Organisation
from models.reservations import Block, FeedRevision, Reservation, ReservationPerson
from models.vocabulary.accounts import Language, Role
from models.vocabulary.calendars import FeedScope
from models.vocabulary.reservations import HOLDING_TIME


@dataclass(frozen=True, slots=True)
class Polled:
    """A feed as a poll meets it: whose, of what, at which revision, and what was rendered last.

    `acts_for` is another number as soon as the person acts for other firms, whose tests stand in their own feed.
    """

    id: int
    user_id: int
    scope: FeedScope
    instrument_id: int | None
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    language: Language
    credential_version: int
    deactivated_at: datetime | None
    revision: int
    changed_at: datetime | None
    lanes: int
    instrument_version: int | None
    acts_for: int
    validator: str | None
    etag: str | None
    modified_second: int | None


_SCOPE = case(
    (Feed.scope == FeedScope.MINE, "mine:" + cast(Feed.user_id, String)),
    else_="instrument:" + cast(Feed.instrument_id, String),
)
_INSTRUMENT: ColumnElement[Any] = Feed.__table__.c.instrument_id
_REVISION = (func.coalesce(FeedRevision.revision, 0) + func.coalesce(neighbours.revisions(_INSTRUMENT), 0)).label(
    "revision"
)
_CHANGED_AT = func.coalesce(neighbours.changed_at(_INSTRUMENT), FeedRevision.changed_at).label("changed_at")

_ACTS_FOR = (
    select(func.coalesce(func.sum(Grant.id), 0))
    .where(
        Feed.scope == FeedScope.MINE,
        Grant.user_id == Feed.user_id,
        Grant.role == Role.ENTERPRISE_AGENT,
        Grant.starts_on <= bindparam("today"),
        or_(Grant.ends_on.is_(None), Grant.ends_on >= bindparam("today")),
    )
    .correlate(Feed)
    .scalar_subquery()
    .label("acts_for")
)


# Made once: calendar apps ask day and night, and to put it together takes longer than to run it.
_POLLED = (
    select(
        Feed.id,
        Feed.user_id,
        Feed.scope,
        Feed.instrument_id,
        Feed.created_at,
        Feed.last_used_at,
        Feed.revoked_at,
        User.language,
        User.credential_version,
        User.deactivated_at,
        _REVISION,
        _CHANGED_AT,
        neighbours.lanes(_INSTRUMENT).label("lanes"),
        Instrument.version.label("instrument_version"),
        _ACTS_FOR,
        FeedBody.validator,
        FeedBody.etag,
        FeedBody.modified_second,
    )
    .join(User, User.id == Feed.user_id)
    .outerjoin(FeedRevision, FeedRevision.scope == _SCOPE)
    .outerjoin(FeedBody, FeedBody.feed_id == Feed.id)
    .outerjoin(Instrument, Instrument.id == Feed.instrument_id)
    .where(Feed.secret_hash == bindparam("secret"))
)


def polled(session: Session, secret_hash: str, today: date) -> Polled:
    """The feed under a secret, with all that tells whether it changed, in one statement; raises NotFound."""
    row = session.connection().execute(_POLLED, {"secret": secret_hash, "today": today}).one_or_none()
    if row is None:
        raise NotFound
    return Polled(**row._mapping)


def body_of(session: Session, feed_id: int, etag: str, *, gzipped: bool) -> bytes:
    """The text kept under this tag; raises NoResultFound when a newer one has taken its place."""
    column = FeedBody.gzipped if gzipped else FeedBody.plain
    return session.execute(select(column).where(FeedBody.feed_id == feed_id, FeedBody.etag == etag)).scalar_one()


def feeds_of(session: Session, actor: Actor) -> Sequence[Row[Feed, str | None, str | None]]:
    """A person's feeds that are not revoked, newest first, with the names of instruments that they may read now."""
    return session.execute(
        select(Feed, Instrument.name_zh, Instrument.name_en)
        .outerjoin(Instrument, and_(Instrument.id == Feed.instrument_id, readable(actor)))
        .where(Feed.user_id == actor.id, Feed.revoked_at.is_(None))
        .order_by(Feed.id.desc())
    ).all()


def lacks_feed(session: Session, actor: Actor, *, now: datetime) -> bool:
    """Whether a person has reservations to come and subscribed to no calendar."""
    has_feed = exists(Feed.id).where(Feed.user_id == actor.id, Feed.revoked_at.is_(None))
    return bool(session.scalar(select(and_(is_coming(actor, now), ~has_feed))))


def feed_of(session: Session, feed_id: int, actor: Actor) -> Feed:
    """A feed of the person's own that is not revoked; raises NotFound."""
    feed = session.scalar(select(Feed).where(Feed.id == feed_id, Feed.user_id == actor.id, Feed.revoked_at.is_(None)))
    if feed is None:
        raise NotFound
    return feed


@dataclass(frozen=True, slots=True)
class Shown:
    """One reservation in a feed, with where it happens and the fragment rendered earlier."""

    reservation: Reservation
    instrument: Instrument
    organisation: Organisation
    booked_by: str
    stamp: str | None
    text: str | None


def reservations_of_person(session: Session, user_id: int, today: date, audience: str) -> list[Shown]:
    """What a person booked or takes part in, in the shown window, by start."""
    return _shown(session, _is_of(user_id), today, audience)


def tests_for_person(session: Session, user_id: int, today: date, audience: str) -> list[Shown]:
    """When samples of a person, or of a firm that they act for, are tested by others, in the shown window, by start."""
    return _shown(session, and_(is_tested_for(user_id, today), not_(_is_of(user_id))), today, audience)


def _is_of(user_id: int) -> ColumnElement[bool]:
    """Reservations that a person booked or takes part in."""
    takes_part = exists().where(
        ReservationPerson.reservation_id == Reservation.id, ReservationPerson.user_id == user_id
    )
    return or_(Reservation.booked_by_id == user_id, takes_part)


def reservations_of_instrument(session: Session, instrument_id: int, today: date, audience: str) -> list[Shown]:
    """What is booked on an instrument, in the shown window, by start."""
    return _shown(session, Reservation.instrument_id == instrument_id, today, audience)


def holder_names(session: Session, feed: Polled, today: date) -> list[str]:
    """The names that stewards read in an instrument's feed, each holder's once."""
    on_it = Reservation.instrument_id == feed.instrument_id
    holders = select(Reservation.booked_by_id).where(on_it, *_within(today))
    return list(session.scalars(select(User.name).where(User.id.in_(holders)).order_by(User.id)))


def _within(today: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """In the shown window."""
    window = shown_window(today)
    return Reservation.starts_at < window.end, Reservation.ends_at > window.start


def _shown(session: Session, condition: Any, today: date, audience: str) -> list[Shown]:
    """Reservations in the window: those that hold time, and those that ended lately without use."""
    statement = (
        select(Reservation, Instrument, Organisation, User.name, FeedFragment.stamp, FeedFragment.text)
        .join(Instrument, Instrument.id == Reservation.instrument_id)
        .join(Organisation, Organisation.id == Instrument.organisation_id)
        .join(User, User.id == Reservation.booked_by_id)
        .outerjoin(FeedFragment, and_(FeedFragment.reservation_id == Reservation.id, FeedFragment.audience == audience))
        .where(
            condition,
            *_within(today),
            or_(Reservation.state.in_(HOLDING_TIME), Reservation.updated_at >= ended_since(today)),
        )
        .order_by(Reservation.starts_at, Reservation.id)
    )
    return [Shown(*row) for row in session.execute(statement)]


def blocks_of_instrument(session: Session, instrument_id: int, today: date) -> Sequence[Block]:
    """Times an instrument is not to be used, in the shown window, by start."""
    window = shown_window(today)
    return session.scalars(
        select(Block)
        .where(
            Block.instrument_id == instrument_id,
            Block.removed_at.is_(None),
            Block.starts_at < window.end,
            Block.ends_at > window.start,
        )
        .order_by(Block.starts_at, Block.id)
    ).all()


def instrument_name(session: Session, instrument_id: int | None, language: Language) -> str:
    """Name and model of the instrument a feed shows, or nothing for one's own bookings."""
    if instrument_id is None:
        return ""
    zh, en, model = session.execute(
        select(Instrument.name_zh, Instrument.name_en, Instrument.model).where(Instrument.id == instrument_id)
    ).one()
    name = (en or zh) if language == Language.ENGLISH else (zh or en)
    return f"{name} {model}".strip()
