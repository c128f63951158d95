"""Reservations and blocks as iCalendar text (RFC 5545); the same state always gives the same bytes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from icalendar import Alarm, Calendar, Event, vDDDTypes, vGeo, vText

from booking.core.clock import SHANGHAI

# One bounded zone with one STANDARD: libical refuses the COMMENT that icalendar would add to its own.
HEAD = (
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Chuanyu Instruments//Feeds 1//ZH",
    "CALSCALE:GREGORIAN",
)
ZONE = (
    "BEGIN:VTIMEZONE",
    "TZID:Asia/Shanghai",
    "BEGIN:STANDARD",
    "DTSTART:20200101T000000",
    "TZOFFSETFROM:+0800",
    "TZOFFSETTO:+0800",
    "TZNAME:CST",
    "END:STANDARD",
    "END:VTIMEZONE",
)
REMINDER = timedelta(minutes=-30)


@dataclass(frozen=True, slots=True)
class Entry:
    """What one VEVENT says; moments are UTC, texts are in the reader's language."""

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    status: str
    summary: str
    changed_at: datetime
    created_at: datetime
    description: str = ""
    location: str = ""
    url: str = ""
    position: tuple[float, float] | None = None
    has_reminder: bool = False


def event_text(entry: Entry) -> str:
    """The entry as a folded VEVENT ending in CRLF."""
    event = Event()
    event.add("UID", entry.uid)
    event.add("SEQUENCE", entry.sequence)
    for name, moment in (("DTSTART", entry.starts_at), ("DTEND", entry.ends_at)):
        event.add(name, moment.astimezone(SHANGHAI))
    for name, moment in (
        ("DTSTAMP", entry.changed_at),
        ("LAST-MODIFIED", entry.changed_at),
        ("CREATED", entry.created_at),
    ):
        event[name] = vDDDTypes(moment.replace(microsecond=0))
    event.add("SUMMARY", entry.summary)
    event.add("STATUS", entry.status)
    event.add("TRANSP", "TRANSPARENT" if entry.status == "CANCELLED" else "OPAQUE")
    _add_details(event, entry)
    return str(event.to_ical().decode())


def _add_details(event: Event, entry: Entry) -> None:
    """What not every event has."""
    for name, text in (("DESCRIPTION", entry.description), ("LOCATION", entry.location), ("URL", entry.url)):
        if text:
            event.add(name, text)
    if entry.position:
        event["GEO"] = vGeo(entry.position)
    if entry.has_reminder and entry.status != "CANCELLED":
        alarm = Alarm()
        alarm.add("ACTION", "DISPLAY")
        alarm.add("DESCRIPTION", entry.summary)
        alarm.add("TRIGGER", REMINDER)
        event.add_component(alarm)


def calendar_text(name: str, colour: str, events: Iterable[str]) -> bytes:
    """A whole feed: head, zone, events; no METHOD and no UID, which parsers trip over."""
    calendar = Calendar()
    for prop in ("NAME", "X-WR-CALNAME"):
        calendar[prop] = vText(name)
    named = [line for line in calendar.to_ical().decode().split("\r\n") if line.startswith((" ", "NAME", "X-WR"))]
    settings = [
        "X-WR-TIMEZONE:Asia/Shanghai",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
        f"COLOR:{colour}",
    ]
    lines = "\r\n".join((*HEAD, *named, *settings, *ZONE, ""))
    return (lines + "".join(events) + "END:VCALENDAR\r\n").encode()
