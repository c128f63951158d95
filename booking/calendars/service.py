"""Making and revoking feeds, and answering polls."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission, may
from booking.accounts.queries import actor_by_session
from booking.calendars import bodies, queries, rules
from booking.calendars.forms import FeedForm
from booking.catalogue.queries import instrument_for, target_of
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import NotFound, Refused
from booking.core.secret import new_secret, secret_hash
from booking.core.texts import N_
from models.calendars import Feed

MOST_FEEDS = 50
NOTED_EVERY = timedelta(hours=1)


class TooManyFeeds(Refused):
    """A person keeps at most fifty feeds at a time."""

    code = "too_many_feeds"
    sentence = N_("最多可同时保留 %(most)s 个订阅，请先撤销不用的。")


class FreeTimeHidden(Refused):
    """The owner does not show this instrument's free time."""

    status = 403
    code = "free_time_hidden"
    sentence = N_("机主未公开这台仪器的空闲时间，不能订阅。")


class FeedRevoked(Refused):
    """The address was valid once (RFC 9110 §15.5.11)."""

    status = 410
    code = "feed_revoked"
    sentence = N_("这个订阅地址已撤销。")


@dataclass(frozen=True, slots=True)
class Poll:
    """How a poll is answered: the tag and date of the current text, and where it lies."""

    feed: queries.Polled
    etag: str
    modified_second: int

    @property
    def modified(self) -> datetime:
        """The date that belongs to the tag."""
        return datetime.fromtimestamp(self.modified_second, UTC)


def make_feed(session: Session, wish: FeedForm, *, actor: Actor, now: datetime) -> tuple[Feed, str]:
    """A new feed and its secret, which is not stored; raises NotFound, FreeTimeHidden or TooManyFeeds."""
    if len(queries.feeds_of(session, actor)) >= MOST_FEEDS:
        raise TooManyFeeds(most=MOST_FEEDS)
    if wish.id is not None:
        _require_visible(session, wish.id, actor)
    secret = new_secret()
    feed = Feed(
        user_id=actor.id,
        scope=wish.scope,
        instrument_id=wish.id,
        name=wish.name,
        secret_hash=secret_hash(secret),
        created_at=now,
    )
    session.add(feed)
    session.flush()
    audit.note(session, "calendars.feed_made", ("feed", feed.id), actor=actor, now=now, after={"scope": wish.scope})
    return feed, secret


def revoke_feed(session: Session, feed_id: int, *, actor: Actor, now: datetime) -> None:
    """Stop a feed of one's own for good; raises NotFound. Doing it twice changes nothing."""
    feed = session.scalar(select(Feed).where(Feed.id == feed_id, Feed.user_id == actor.id))
    if feed is None:
        raise NotFound
    if feed.revoked_at is None:
        feed.revoked_at = now
        audit.note(session, "calendars.feed_revoked", ("feed", feed.id), actor=actor, now=now)


def poll(
    session: Session, secret: str, *, now: datetime, url_of: bodies.ExternalUrl
) -> tuple[Poll, bodies.Rendered | None]:
    """The current state of the feed under `secret`, rendered anew only when it changed.

    The second value is what was rendered, to be kept with `bodies.keep`, or None when the text kept
    still holds. Raises NotFound for unknown secrets, FeedRevoked for revoked ones.
    """
    today = local_date(now)
    feed = queries.polled(session, secret_hash(secret), today)
    if feed.revoked_at is not None or feed.deactivated_at is not None:
        raise FeedRevoked
    sees_people = feed.instrument_id is not None and _sees_people(session, feed, now)
    audience = f"{'staff' if sees_people else 'public' if feed.instrument_id else 'mine'}:{feed.language}"
    parts = [feed.instrument_version or 0, feed.lanes, feed.acts_for]
    names = [rules.digest(queries.holder_names(session, feed, today))] if sees_people else []
    current = rules.validator(audience, feed.revision, today, *parts, *names)
    if feed.validator == current and feed.etag and feed.modified_second:
        return Poll(feed, feed.etag, feed.modified_second), None
    rendered = bodies.render(session, feed, today, audience=audience, validator=current, url_of=url_of, now=now)
    return Poll(feed, rendered.etag, rendered.modified_second), rendered


def note_use(session: Session, feed_id: int, *, now: datetime) -> None:
    """Remember that a feed was read; at most once an hour."""
    session.execute(
        update(Feed)
        .where(Feed.id == feed_id, (Feed.last_used_at.is_(None)) | (Feed.last_used_at < now - NOTED_EVERY))
        .values(last_used_at=now)
    )


def is_use_due(feed: queries.Polled, now: datetime) -> bool:
    """Whether `note_use` would write anything."""
    return feed.last_used_at is None or feed.last_used_at < now - NOTED_EVERY


def _sees_people(session: Session, feed: queries.Polled, now: datetime) -> bool:
    """Whether the feed's owner may see who booked; raises NotFound when the record is hidden from them now."""
    owner = actor_by_session(session, feed.user_id, feed.credential_version, now=now)
    if owner is None or feed.instrument_id is None:
        raise NotFound
    return _require_visible(session, feed.instrument_id, owner)


def _require_visible(session: Session, instrument_id: int, actor: Actor) -> bool:
    """Whether the actor may see who booked; raises NotFound or FreeTimeHidden."""
    instrument = instrument_for(session, instrument_id, actor)
    is_staff = may(actor, Permission.SEE_BOOKINGS, target_of(instrument))
    if instrument.hides_free_time and not is_staff:
        raise FreeTimeHidden
    return is_staff
