"""What an event says to each audience, in the language of the feed's owner.

Feeds are read without a request, so the few words they need stand here in both languages.
"""

from datetime import UTC, datetime

from booking.calendars.queries import Shown
from booking.calendars.rendering import Entry
from booking.reservations.lanes import RESERVATION, BusyTime
from models.catalogue import Instrument
from models.directory import Organisation
from models.reservations import Block, Reservation
from models.vocabulary.reservations import BlockKind, ReservationMode, ReservationState

STATUS = {
    ReservationState.REQUESTED: "TENTATIVE",
    ReservationState.CONFIRMED: "CONFIRMED",
    ReservationState.COMPLETED: "CONFIRMED",
    ReservationState.NO_SHOW: "CONFIRMED",
}
STATES = {
    ReservationState.REQUESTED: ("待机主确认", "Waiting for the owner"),
    ReservationState.CONFIRMED: ("已确认", "Confirmed"),
    ReservationState.COMPLETED: ("已完成", "Completed"),
    ReservationState.NO_SHOW: ("未到", "Nobody came"),
    ReservationState.REJECTED: ("未通过", "Declined"),
    ReservationState.CANCELLED: ("已取消", "Cancelled"),
    ReservationState.LAPSED: ("已失效", "Lapsed"),
}
MODES = {ReservationMode.SELF: ("自主上机", "Self-service"), ReservationMode.ASSISTED: ("协助上机", "Assisted")}
BLOCKS = {
    BlockKind.CLOSURE: ("停用", "Closed"),
    BlockKind.MAINTENANCE: ("维护", "Maintenance"),
    BlockKind.OUTAGE: ("故障停机", "Out of order"),
    BlockKind.OUTSIDE: ("外部占用", "Busy elsewhere"),
}
OCCUPIED = ("已占用", "Occupied")
TESTED = ("样品测试", "Sample test")
MY_BOOKINGS = ("我的预约 · 川渝仪器共享", "My bookings · Chuanyu Instruments")


def calendar_name(audience: str, instrument: str) -> str:
    """What the app shows in its list of calendars."""
    return instrument or _said(MY_BOOKINGS, audience)


def reservation_entry(shown: Shown, audience: str, url: str) -> Entry:
    """A reservation as `audience` (`mine`, `staff` or `public`, and a language) may see it."""
    reservation = shown.reservation
    status = STATUS.get(reservation.state, "CANCELLED")
    if audience.startswith("public"):
        return _entry(reservation, status=status, summary=_said(OCCUPIED, audience))
    state = _said(STATES[reservation.state], audience)
    name = _instrument(shown.instrument, audience)
    if audience.startswith("staff"):
        summary, reminded = f"{shown.booked_by} · {_said(MODES[reservation.mode], audience)}", False
    else:
        summary, reminded = name, True
    lines = [name, state, _said(MODES[reservation.mode], audience), reservation.purpose]
    return _entry(
        reservation,
        status=status,
        summary=summary,
        description="\n".join(line for line in lines if line),
        location=_location(shown.instrument, shown.organisation, audience),
        url=url,
        position=_position(shown.instrument, shown.organisation),
        has_reminder=reminded,
    )


def tested_entry(shown: Shown, audience: str, url: str) -> Entry:
    """Time in which samples are tested, for who asked: no purpose, for that names the orders of others too."""
    reservation, name = shown.reservation, _instrument(shown.instrument, audience)
    return _entry(
        reservation,
        status=STATUS.get(reservation.state, "CANCELLED"),
        summary=f"{_said(TESTED, audience)} · {name}",
        location=_location(shown.instrument, shown.organisation, audience),
        url=url,
        position=_position(shown.instrument, shown.organisation),
    )


def block_entry(block: Block, audience: str) -> Entry:
    """Time not to be used; the reason only to staff."""
    summary = _said(BLOCKS[block.kind], audience)
    if audience.startswith("staff") and block.reason:
        summary = f"{summary}: {block.reason}"
    return Entry(
        uid=f"block-{block.id}@chuanyu-instruments",
        sequence=0,
        starts_at=block.starts_at,
        ends_at=block.ends_at,
        status="CONFIRMED",
        summary=summary,
        changed_at=block.created_at,
        created_at=block.created_at,
    )


def occupied_entry(busy: BusyTime, instrument_id: int, audience: str, changed_at: datetime) -> Entry:
    """Time that is taken, without whose it is; named by where and when, since it belongs to no booking shown."""
    start = busy.period.start.astimezone(UTC)
    words = OCCUPIED if busy.kind == RESERVATION else BLOCKS[BlockKind(busy.kind)]
    return Entry(
        uid=f"busy-{instrument_id}-{start:%Y%m%dT%H%M%SZ}@chuanyu-instruments",
        sequence=0,
        starts_at=busy.period.start,
        ends_at=busy.period.end,
        status="CONFIRMED",
        summary=_said(words, audience),
        changed_at=changed_at,
        created_at=changed_at,
    )


def _entry(reservation: Reservation, *, status: str, summary: str, **details: object) -> Entry:
    """What every audience may know of a reservation, and the details given."""
    return Entry(
        uid=reservation.uid,
        sequence=reservation.sequence,
        starts_at=reservation.starts_at,
        ends_at=reservation.ends_at,
        status=status,
        summary=summary,
        changed_at=reservation.updated_at,
        created_at=reservation.created_at,
        **details,  # type: ignore[arg-type]
    )


def _said(words: tuple[str, str], audience: str) -> str:
    """The Chinese or the English word, by the language in `audience`."""
    return words[audience.endswith(":en")]


def _instrument(instrument: Instrument, audience: str) -> str:
    """Name and model; never empty."""
    zh, en = instrument.name_zh or instrument.name_en, instrument.name_en or instrument.name_zh
    return f"{en if audience.endswith(':en') else zh} {instrument.model}".strip()


def _location(instrument: Instrument, organisation: Organisation, audience: str) -> str:
    """The institution and the street or room."""
    zh, en = organisation.name_zh, organisation.name_en or organisation.name_zh
    parts = (en if audience.endswith(":en") else zh, instrument.street)
    return " ".join(part for part in parts if part)


def _position(instrument: Instrument, organisation: Organisation) -> tuple[float, float] | None:
    """Latitude and longitude of the instrument, else of its institution."""
    for place in (instrument, organisation):
        if place.latitude is not None and place.longitude is not None:
            return place.latitude, place.longitude
    return None
