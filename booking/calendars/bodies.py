"""The text of a feed: joined from fragments that are rendered once per change."""

import gzip
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import case
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from booking.calendars import queries
from booking.calendars.occupied import occupied
from booking.calendars.rendering import calendar_text, event_text
from booking.calendars.rules import digest, modified_second, shown_window
from booking.calendars.wording import block_entry, calendar_name, occupied_entry, reservation_entry, tested_entry
from booking.reservations.taken import lane_time
from models.calendars import FeedBody, FeedFragment

COLOUR = "teal"
TESTS = "tests"
"""The audience of those whose samples are tested: the same words for everybody among them."""

ExternalUrl = Callable[[int | None], str]
"""Where the page of a reservation is, or without one the list of one's sample orders, seen from outside."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A feed's text at one validator, with the fragments that had to be made for it."""

    feed_id: int
    validator: str
    etag: str
    modified_second: int
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
    url_of: ExternalUrl,
    now: datetime,
) -> Rendered:
    """The feed's text, with every fragment that was not rendered before; reads only."""
    if feed.instrument_id is None:
        shown = queries.reservations_of_person(session, feed.user_id, today, audience)
    else:
        shown = queries.reservations_of_instrument(session, feed.instrument_id, today, audience)
    others = _others(session, feed, shown, today, audience=audience)
    made: list[dict[str, Any]] = []
    texts = [_fragment(one, audience, url_of, made) for one in shown]
    if feed.instrument_id is None:
        tests = f"{TESTS}:{feed.language}"
        asked = queries.tests_for_person(session, feed.user_id, today, tests)
        texts += [_fragment(one, tests, url_of, made) for one in asked]
    name = calendar_name(audience, queries.instrument_name(session, feed.instrument_id, feed.language))
    plain = calendar_text(name, COLOUR, texts + others)
    etag = hashlib.sha256(plain).hexdigest()[:32]
    before = feed.modified_second
    second = before if before is not None and etag == feed.etag else modified_second(now, before)
    return Rendered(feed.id, validator, etag, second, plain, gzip.compress(plain, 6, mtime=0), made)


def keep(session: Session, rendered: Rendered) -> None:
    """Keep what was rendered, so that the next polls render nothing."""
    _upsert(session, FeedFragment, rendered.fragments, ("reservation_id", "audience"))
    names = ("feed_id", "validator", "etag", "modified_second", "plain", "gzipped")
    _upsert(session, FeedBody, [{name: getattr(rendered, name) for name in names}], ("feed_id",))


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


def _fragment(shown: queries.Shown, audience: str, url_of: ExternalUrl, made: list[dict[str, Any]]) -> str:
    """The VEVENT kept for this state of the reservation, else a new one that is added to `made`."""
    reservation = shown.reservation
    stamp = f"{reservation.version}:{shown.instrument.version}:{shown.organisation.version}"
    if audience.startswith("staff"):
        stamp += f":{digest([shown.booked_by])}"
    if shown.stamp == stamp and shown.text is not None:
        return shown.text
    if audience.startswith(TESTS):
        text = event_text(tested_entry(shown, audience, url_of(None)))
    else:
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
    if "modified_second" in others:
        others["modified_second"] = _later(table, statement.excluded)
    session.execute(statement.on_conflict_do_update(index_elements=keys, set_=others), rows)


def _later(kept: Any, new: Any) -> Any:
    """The second of a text that two polls may render at once: another text than the kept one has a later second."""
    return case(
        (kept.etag == new.etag, kept.modified_second),
        (kept.modified_second >= new.modified_second, kept.modified_second + 1),
        else_=new.modified_second,
    )
