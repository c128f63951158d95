"""The text of a feed: joined from fragments that are rendered once per change."""

import gzip
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from booking.calendars import queries
from booking.calendars.occupied import occupied
from booking.calendars.rendering import calendar_text, event_text
from booking.calendars.rules import digest, shown_window
from booking.calendars.wording import block_entry, calendar_name, occupied_entry, reservation_entry
from booking.reservations.taken import lane_time
from models.calendars import FeedBody, FeedFragment

COLOUR = "teal"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A feed's text at one validator, with the fragments that had to be made for it."""

    feed_id: int
    validator: str
    etag: str
    plain: bytes
    gzipped: bytes
    fragments: list[dict[str, Any]] = field(default_factory=list)


def render(
    session: Session,
    feed: queries.Polled,
    today: date,
    *,
    audience: str,
    validator: str,
    url_of: Callable[[int], str],
) -> Rendered:
    """The feed's text, with every fragment that was not rendered before; reads only."""
    if feed.instrument_id is None:
        shown = queries.reservations_of_person(session, feed.user_id, today, audience)
    else:
        shown = queries.reservations_of_instrument(session, feed.instrument_id, today, audience)
    others = _others(session, feed, shown, today, audience=audience)
    made: list[dict[str, Any]] = []
    texts = [_fragment(one, audience, url_of, made) for one in shown]
    name = calendar_name(audience, queries.instrument_name(session, feed.instrument_id, feed.language))
    plain = calendar_text(name, COLOUR, texts + others)
    etag = hashlib.sha256(plain).hexdigest()[:32]
    return Rendered(feed.id, validator, etag, plain, gzip.compress(plain, 6, mtime=0), made)


def keep(session: Session, rendered: Rendered) -> None:
    """Keep what was rendered, so that the next polls render nothing."""
    _upsert(session, FeedFragment, rendered.fragments, ("reservation_id", "audience"))
    body = {name: getattr(rendered, name) for name in ("feed_id", "validator", "etag", "plain", "gzipped")}
    _upsert(session, FeedBody, [body], ("feed_id",))


def _others(
    session: Session, feed: queries.Polled, shown: list[queries.Shown], today: date, *, audience: str
) -> list[str]:
    """Blocks of the instrument, and whatever else occupies it: time on shared parts, a move that is asked for."""
    if feed.instrument_id is None:
        return []
    blocks = queries.blocks_of_instrument(session, feed.instrument_id, today)
    time = lane_time(session, feed.instrument_id, shown_window(today))
    left = occupied(time, [one.reservation for one in shown], blocks)
    changed_at = feed.changed_at or feed.created_at
    entries = [block_entry(block, audience) for block in blocks]
    entries += [occupied_entry(one, feed.instrument_id, audience, changed_at) for one in left]
    return [event_text(entry) for entry in entries]


def _fragment(shown: queries.Shown, audience: str, url_of: Callable[[int], str], made: list[dict[str, Any]]) -> str:
    """The VEVENT kept for this state of the reservation, else a new one that is added to `made`."""
    reservation = shown.reservation
    stamp = f"{reservation.version}:{shown.instrument.version}:{shown.organisation.version}"
    if audience.startswith("staff"):
        stamp += f":{digest([shown.booked_by])}"
    if shown.stamp == stamp and shown.text is not None:
        return shown.text
    text = event_text(reservation_entry(shown, audience, url_of(reservation.id)))
    made.append({"reservation_id": reservation.id, "audience": audience, "stamp": stamp, "text": text})
    return text


def _upsert(session: Session, table: Any, rows: list[dict[str, Any]], keys: tuple[str, ...]) -> None:
    """Insert rows, or replace those with the same key, in one execution."""
    if not rows:
        return
    dialect = session.get_bind().dialect.name
    statement: Any = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)
    others = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    session.execute(statement.on_conflict_do_update(index_elements=keys, set_=others), rows)
