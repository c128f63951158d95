"""Reading what a listing is made of, in a constant number of statements."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.attachments.queries import public_photos
from booking.catalogue.inheritance import HOURS, Above, Level, names_in, resolved
from booking.catalogue.levels import above_of
from booking.catalogue.rules import is_let_through, read_hours
from models.catalogue import BookingPolicy, Instrument, InstrumentClass, OpeningHours, TestItem
from models.directory import Organisation, Place, Unit
from models.vocabulary.attachments import OwnerKind
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.directory import PlaceLevel

PLACE_LEVELS = 3
CLOSES = "closes_on_holidays"


class ClassName(NamedTuple):
    """A class as listings and documents name it."""

    code: str
    name_zh: str
    name_en: str


class PlaceName(NamedTuple):
    """A place as listings say where something stands."""

    adcode: str
    level: PlaceLevel
    parent_adcode: str | None


@dataclass(frozen=True, slots=True)
class Reference:
    """The national classification and the places, by their codes."""

    classes: Mapping[str, ClassName]
    places: Mapping[str, PlaceName]

    def class_path(self, code: str | None) -> list[ClassName]:
        """The class and those above it, the widest first; the six digits name all three levels."""
        if not code:
            return []
        codes = dict.fromkeys((code[:2] + "0000", code[:4] + "00", code))
        return [self.classes[found] for found in codes if found in self.classes]

    def place_path(self, adcode: str | None) -> list[PlaceName]:
        """The place and those above it."""
        found: list[PlaceName] = []
        while adcode and adcode in self.places and len(found) < PLACE_LEVELS:
            found.append(self.places[adcode])
            adcode = self.places[adcode].parent_adcode
        return found


@dataclass(frozen=True, slots=True)
class Source:
    """A published instrument with all that is listed of it."""

    instrument: Instrument
    organisation: Organisation
    unit: Unit | None
    test_items: Sequence[TestItem]
    opening_hours: str
    closes_on_holidays: bool
    photo_id: int | None

    @property
    def position(self) -> tuple[float | None, float | None]:
        """Where it is found on a map: its owner's place when it has none or hides its own."""
        own = self.instrument
        if own.hides_position or own.latitude is None or own.longitude is None:
            return self.organisation.latitude, self.organisation.longitude
        return own.latitude, own.longitude

    def places(self, reference: Reference) -> list[PlaceName]:
        """Its district and those above; its owner's when it has none or hides its own."""
        own = None if self.instrument.hides_position else self.instrument.adcode
        return reference.place_path(own or self.organisation.adcode)


def reference_data(session: Session) -> Reference:
    """Every class and place; as names alone, since a thousand rows of the ORM would take longer than all else."""
    classes = session.execute(select(InstrumentClass.code, InstrumentClass.name_zh, InstrumentClass.name_en))
    places = session.execute(select(Place.adcode, Place.level, Place.parent_adcode))
    return Reference(
        classes={row.code: ClassName(*row) for row in classes}, places={row.adcode: PlaceName(*row) for row in places}
    )


def sources_of(session: Session, instrument_ids: Sequence[int]) -> list[Source]:
    """The published ones among these instruments with their owners, hours and test items."""
    rows = session.execute(
        select(Instrument, Organisation, Unit, BookingPolicy)
        .join(Organisation, Organisation.id == Instrument.organisation_id)
        .outerjoin(Unit, Unit.id == Instrument.unit_id)
        .outerjoin(BookingPolicy, BookingPolicy.instrument_id == Instrument.id)
        .where(Instrument.id.in_(instrument_ids), Instrument.publishing_state == PublishingState.PUBLISHED)
        .order_by(Instrument.id)
        .execution_options(populate_existing=True)
    ).all()
    hours, items = _hours_of(session, instrument_ids), test_items_by_instrument(session, instrument_ids)
    photos = public_photos(session, OwnerKind.INSTRUMENT, instrument_ids)
    places = [(row.Instrument.organisation_id, row.Instrument.unit_id) for row in rows if row.Instrument.inherits]
    above = above_of(session, places)
    found = []
    for instrument, organisation, unit, policy in rows:
        own = {HOURS: hours.get(instrument.id, ()), CLOSES: policy is None or policy.closes_on_holidays}
        week, closes = _in_effect(instrument, own, above)
        listed = items.get(instrument.id, ())
        photo = _first_photo(instrument, photos)
        found.append(Source(instrument, organisation, unit, listed, written_hours(week), closes, photo))
    return found


def _in_effect(
    instrument: Instrument, own: Mapping[str, Any], above: Mapping[tuple[int, int | None], Above]
) -> tuple[Iterable[tuple[int, int, int]], bool]:
    """The hours that hold for an instrument, and whether it closes on holidays."""
    inherited = names_in(instrument.inherits)
    if not inherited:
        return own[HOURS], own[CLOSES]
    stands_above = above[instrument.organisation_id, instrument.unit_id]
    hours, level = resolved(HOURS, own[HOURS], inherited, stands_above)
    if level != Level.INSTRUMENT:
        hours = [(row.weekday, row.opens_minute, row.closes_minute) for row in read_hours(hours)]
    return hours, resolved(CLOSES, own[CLOSES], inherited, stands_above)[0]


def _first_photo(instrument: Instrument, photos: Sequence[tuple[int, int, datetime]]) -> int | None:
    """The first photo of a record that reviewers let through."""
    state, cleared_at = instrument.publishing_state, instrument.cleared_at
    return next(
        (photo for owner, photo, at in photos if owner == instrument.id and is_let_through(state, cleared_at, at)),
        None,
    )


def written_hours(hours: Iterable[tuple[int, int, int]]) -> str:
    """Opening hours as canonical text, e.g. `1:480-1080 2:480-1080`; stretches that touch are one."""
    merged: list[list[int]] = []
    for weekday, opens, closes in sorted(hours):
        if merged and merged[-1][0] == weekday and opens <= merged[-1][2]:
            merged[-1][2] = max(merged[-1][2], closes)
        else:
            merged.append([weekday, opens, closes])
    return " ".join(f"{weekday}:{opens}-{closes}" for weekday, opens, closes in merged)


def _hours_of(session: Session, instrument_ids: Sequence[int]) -> dict[int, list[tuple[int, int, int]]]:
    """Opening hours by instrument."""
    found: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    columns = (OpeningHours.instrument_id, OpeningHours.weekday, OpeningHours.opens_minute, OpeningHours.closes_minute)
    for instrument_id, *row in session.execute(select(*columns).where(OpeningHours.instrument_id.in_(instrument_ids))):
        found[instrument_id].append((row[0], row[1], row[2]))
    return found


def test_items_by_instrument(session: Session, instrument_ids: Sequence[int]) -> dict[int, list[TestItem]]:
    """The test items that everybody may read, by instrument."""
    found: dict[int, list[TestItem]] = defaultdict(list)
    public = TestItem.instrument_id.in_(instrument_ids), TestItem.is_held.is_(False)
    for item in session.scalars(select(TestItem).where(*public).order_by(TestItem.position)):
        found[item.instrument_id].append(item)
    return found
