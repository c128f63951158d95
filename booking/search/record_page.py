"""The record as its page reads it: titles, sections and rows in the reader's language."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _l

from booking.catalogue.inheritance import CONTACT, Level
from booking.catalogue.labels import (
    ACQUISITION,
    BELONGS_TO,
    BOOKING_MODE,
    FIELDS,
    FUNDING,
    INSTRUMENT_KIND,
    REPORT_MARK,
    RUNNING_STATE,
    SERVICE_TYPE,
    SHARE_MODE,
)
from booking.catalogue.queries import Record
from booking.catalogue.rules import Hours, clock, read_hours
from booking.web.filters import WEEKDAYS_EN, WEEKDAYS_ZH, day, days, number
from booking.web.languages import in_language, page_language
from models.catalogue import Instrument, TestItem
from models.vocabulary.catalogue import OUT_OF_SERVICE, BelongsTo, BookingMode, ReportMark, RunningState, ShareMode

Rows = list[tuple[str, str]]

FEN_PER_YUAN = 100
FEN_PER_WAN = 1_000_000
ABROAD = _l("境外")


@dataclass(frozen=True)
class RecordPage:
    """One record for one reader; what the owner hides from them is not in it."""

    record: Record
    shows_position: bool
    shows_contact: bool

    @property
    def instrument(self) -> Instrument:
        """The instrument."""
        return self.record.instrument

    @property
    def name(self) -> str:
        """Its name in the reader's language, else in the other one."""
        return in_language(self.instrument.name_zh, self.instrument.name_en)

    @property
    def other_name(self) -> str:
        """Its name in the other language, where it has one."""
        names = {self.instrument.name_zh, self.instrument.name_en} - {self.name, ""}
        return names.pop() if names else ""

    @property
    def make(self) -> str:
        """Model and manufacturer."""
        return " · ".join(part for part in (self.instrument.model, self.instrument.manufacturer) if part)

    @property
    def owner(self) -> str:
        """The institution's name."""
        return in_language(self.instrument.organisation.name_zh, self.instrument.organisation.name_en)

    @property
    def unit(self) -> str:
        """The unit's name."""
        unit = self.instrument.unit
        return in_language(unit.name_zh, unit.name_en) if unit else ""

    @property
    def where(self) -> str:
        """Province, city, district and, where it is shown, the street."""
        names = dict.fromkeys(in_language(place.name_zh, place.name_en) for place in self.record.places)
        street = self.instrument.street if self.shows_position else ""
        if not names:
            return " ".join(part for part in (str(ABROAD) if self.record.is_abroad else "", street) if part)
        if page_language() == "en":
            return ", ".join(part for part in (street, *reversed(names)) if part)
        return f"{''.join(names)} {street}".strip()

    @property
    def position(self) -> tuple[float, float] | None:
        """Latitude and longitude: its own, else its institution's; None where hidden or unknown."""
        own = self.instrument if self.instrument.latitude is not None else self.instrument.organisation
        if not self.shows_position or own.latitude is None or own.longitude is None:
            return None
        return own.latitude, own.longitude

    @property
    def place_line(self) -> str:
        """Institution, unit and place."""
        return " · ".join(part for part in (f"{self.owner} {self.unit}".strip(), self.where) if part)

    @property
    def classes(self) -> list[tuple[str, str]]:
        """Code and name of its class and those above it, the widest first."""
        return [(row.code, in_language(row.name_zh, row.name_en)) for row in self.record.classes]

    @property
    def chips(self) -> list[tuple[str, str, str]]:
        """Label, kind and sign of what must be seen first."""
        instrument = self.instrument
        is_here = instrument.booking_mode == BookingMode.HERE
        found = [(gettext(BOOKING_MODE[instrument.booking_mode]), "action" if is_here else "plain", "")]
        if instrument.running_state != RunningState.NORMAL:
            kind = "wrong" if instrument.running_state in OUT_OF_SERVICE else "attention"
            found.append((gettext(RUNNING_STATE[instrument.running_state]), kind, "!"))
        if instrument.share_mode != ShareMode.EXTERNAL:
            found.append((gettext(SHARE_MODE[instrument.share_mode]), "attention", "!"))
        if instrument.is_sample:
            found.append((gettext("示例数据"), "plain", ""))
        return found

    def text(self, name: str) -> str:
        """A text of the record in the reader's language, else in the other one."""
        return in_language(getattr(self.instrument, f"{name}_zh"), getattr(self.instrument, f"{name}_en"))

    @property
    def summary(self) -> str:
        """One line for search engines."""
        parts = (f"{self.name} {self.make}".strip(), self.place_line, self.text("functions") or self.text("indicators"))
        return " · ".join(" ".join(part.split()) for part in parts if part)[:300]

    def test_item(self, item: TestItem) -> dict[str, str]:
        """One test item as a row of the table."""
        turnaround = "" if item.turnaround_days is None else days(item.turnaround_days)
        return {
            "name": in_language(item.name_zh, item.name_en),
            "standard": item.standard,
            "range": in_language(item.range_zh, item.range_en),
            "price": in_language(item.price_zh, item.price_en),
            "turnaround": turnaround,
            "mark": "" if item.report_mark == ReportMark.NONE else gettext(REPORT_MARK[item.report_mark]),
        }

    @property
    def contact(self) -> Rows:
        """Whom to ask; empty where the reader may not know."""
        if not self.shows_contact:
            return []
        found = self.record.effective.contact
        return [(_label(name), found[name]) for name in CONTACT]

    def source(self, *names: str) -> str:
        """Where these values come from, when that is not the record itself: the nearest level above that sets one."""
        levels = {self.record.effective.levels[name] for name in names}
        instrument = self.instrument
        rows = ((Level.UNIT, instrument.unit), (Level.ORGANISATION, instrument.organisation))
        found = [in_language(row.name_zh, row.name_en) for level, row in rows if level in levels and row]
        return gettext("来自 %(name)s", name=" · ".join(found)) if found else ""

    def note(self, *names: str) -> str:
        """The same in brackets behind a value."""
        found = self.source(*names)
        return gettext("（%(note)s）", note=found) if found else ""

    @property
    def hours(self) -> Rows:
        """Opening hours by weekday."""
        return self._by_weekday(self.record.hours)

    @property
    def slots(self) -> Rows:
        """Fixed slots by weekday, where they stand instead of a grid."""
        return self._by_weekday(read_hours(self.record.policy.slots))

    def _by_weekday(self, hours: Iterable[Hours]) -> Rows:
        """Clock times in the order of the week."""
        found: dict[int, list[str]] = {}
        for row in hours:
            found.setdefault(row.weekday, []).append(f"{clock(row.opens_minute)}–{clock(row.closes_minute)}")
        return [(_weekday(weekday), ", ".join(times)) for weekday, times in sorted(found.items())]

    @property
    def rows(self) -> Rows:
        """The national record."""
        instrument, subject = self.instrument, self.record.subject
        return [
            (_label("name_zh"), instrument.name_zh),
            (_label("name_en"), instrument.name_en),
            (_label("class_code"), " / ".join(name for _, name in self.classes)),
            (gettext("分类代码"), instrument.class_code or ""),
            (_label("subject_code"), in_language(subject.name_zh, subject.name_en) if subject else ""),
            *self._plain("inner_id", "model", "manufacturer"),
            (_label("country"), _country(instrument.country)),
            (gettext("原值"), _value(instrument.original_value_fen)),
            (_label("acquisition"), _word(ACQUISITION, instrument.acquisition)),
            (_label("kind"), _word(INSTRUMENT_KIND, instrument.kind)),
            (_label("service_type"), _word(SERVICE_TYPE, instrument.service_type)),
            (_label("funding"), _word(FUNDING, instrument.funding)),
            (_label("in_use_since"), day(instrument.in_use_since) if instrument.in_use_since else ""),
            (_label("belongs_to"), self._belongs_to()),
            (_label("running_state"), _word(RUNNING_STATE, instrument.running_state)),
            (_label("share_mode"), _word(SHARE_MODE, instrument.share_mode)),
            (_label("not_shared_reason"), instrument.not_shared_reason),
            (_label("yearly_running_hours"), _hours(instrument.yearly_running_hours)),
            (_label("yearly_service_hours"), _hours(instrument.yearly_service_hours)),
        ]

    def _belongs_to(self) -> str:
        """The facility it belongs to, if any."""
        instrument = self.instrument
        if instrument.belongs_to == BelongsTo.NONE:
            return ""
        return " · ".join(
            part for part in (_word(BELONGS_TO, instrument.belongs_to), instrument.belongs_to_name) if part
        )

    def _plain(self, *names: str) -> Rows:
        """Fields that are shown as they are."""
        return [(_label(name), getattr(self.instrument, name) or "") for name in names]


def _label(field: str) -> str:
    """What a field of the record is called."""
    return str(gettext(FIELDS[field]))


def _word(labels: Mapping[Any, str], value: StrEnum | None) -> str:
    """A word of a list, empty for none."""
    return "" if value is None else gettext(labels[value])


def _country(code: str) -> str:
    """A country's name (ISO 3166)."""
    return str(get_locale().territories.get(code, code)) if code else ""


def _value(fen: int | None) -> str:
    """The original value in 万元, as the national record has it; in yuan for readers of English."""
    if fen is None:
        return ""
    if page_language() == "en":
        return f"CNY {number(round(fen / FEN_PER_YUAN, 2))}"
    return str(gettext("%(amount)s 万元", amount=number(round(fen / FEN_PER_WAN, 2))))


def _hours(count: int | None) -> str:
    """A number of hours a year."""
    return "" if count is None else gettext("%(count)s 小时", count=number(count))


def _weekday(weekday: int) -> str:
    """An ISO weekday."""
    return WEEKDAYS_EN[weekday - 1] if page_language() == "en" else f"周{WEEKDAYS_ZH[weekday - 1]}"
