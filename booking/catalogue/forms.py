"""What is read from outside about records: JSON, page forms and cells of imported tables."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from booking.catalogue import labels
from booking.catalogue.rules import LARGEST_FEN, MOST_LANES, Hours, clock, fen_from_wan, read_hours, write_hours
from booking.core.forms import Blank, Form, Line, Text
from models.vocabulary.catalogue import (
    Acquisition,
    BelongsTo,
    BookingMode,
    ContactVisibility,
    Funding,
    InstrumentKind,
    ReportMark,
    RunningState,
    ShareMode,
)

LARGEST_ID = 2**31 - 1
HOURS_OF_A_YEAR = 8784


def coded(names: Mapping[Any, str]) -> BeforeValidator:
    """Reads a stored word, its national code or its Chinese name as the word; blank is None."""
    found: dict[str, StrEnum] = {label: word for word, label in names.items()}
    found |= {str(word.code): word for word in names if hasattr(word, "code")}

    def read(value: Any) -> Any:
        text = str(value).strip() if isinstance(value, (str, int)) else value
        return found.get(text, text or None) if isinstance(text, str) else value

    return BeforeValidator(read)


def _web_address(value: str) -> str:
    """Refuse what is no http(s) address; empty stays empty."""
    if not value:
        return value
    try:
        parts = urlsplit(value)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and " " not in value
    except ValueError:
        is_address = False
    if not is_address:
        raise PydanticCustomError("web_address", "no web address")
    return value


def _mail_address(value: str) -> str:
    """Refuse what is no mail address; empty stays empty."""
    try:
        return _normalised(value) if value else value
    except EmailNotValidError as wrong:
        raise PydanticCustomError("email", "no mail address") from wrong


@lru_cache(500)
def _normalised(address: str) -> str:
    """The address in one way of writing; tables name the same one again and again."""
    return validate_email(address, check_deliverability=False).normalized


def _wan(value: Any) -> Any:
    """万元 in decimals as fen; blank is None."""
    text = str(value).strip() if isinstance(value, (str, int)) else "?"
    if not text:
        return None
    try:
        return fen_from_wan(text)
    except ValueError as wrong:
        raise PydanticCustomError("amount_wan", "no amount") from wrong


def _hours(value: Any) -> Any:
    """The text of opening hours as a list of entries."""
    if not isinstance(value, str):
        return value
    try:
        return list(_entries(value))
    except ValueError as wrong:
        raise PydanticCustomError("opening_hours", "unclear opening hours") from wrong


@lru_cache(500)
def _entries(text: str) -> "tuple[HoursEntry, ...]":
    """The entries of a text; raises ValueError when unclear."""
    return tuple(HoursEntry.of(hours) for hours in read_hours(text))


def _slots(value: Any) -> Any:
    """The text of fixed slots, in its one form; empty stays empty."""
    if not isinstance(value, str):
        return value
    try:
        return write_hours(read_hours(value))
    except ValueError as wrong:
        raise PydanticCustomError("opening_hours", "unclear slots") from wrong


def _upper(value: Any) -> Any:
    """Codes of countries in capitals."""
    return value.strip().upper() if isinstance(value, str) else value


WebAddress = Annotated[Line, AfterValidator(_web_address)]
MailAddress = Annotated[Line, AfterValidator(_mail_address)]
Fen = Annotated[int, Field(ge=0, le=LARGEST_FEN)]
Wan = Annotated[Fen | None, BeforeValidator(_wan)]
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Digits3 = Annotated[str, StringConstraints(pattern=r"^[0-9]{3}$")]
Digits6 = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
Country = Annotated[str, BeforeValidator(_upper), StringConstraints(pattern=r"^([A-Z]{2})?$")]
YearHours = Annotated[int, Field(ge=0, le=HOURS_OF_A_YEAR)]
CodedBelongsTo = Annotated[BelongsTo, coded(labels.BELONGS_TO)]
CodedAcquisition = Annotated[Acquisition | None, coded(labels.ACQUISITION)]
CodedKind = Annotated[InstrumentKind | None, coded(labels.INSTRUMENT_KIND)]
CodedFunding = Annotated[Funding | None, coded(labels.FUNDING)]
CodedRunningState = Annotated[RunningState, coded(labels.RUNNING_STATE)]
CodedShareMode = Annotated[ShareMode, coded(labels.SHARE_MODE)]
CodedReportMark = Annotated[ReportMark, coded(labels.REPORT_MARK)]
ClockTime = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-4]):[0-5][0-9]$")]


class HoursEntry(Form):
    """Open on an ISO weekday between two local clock times; 24:00 is midnight."""

    weekday: Annotated[int, Field(ge=1, le=7)]
    opens: ClockTime
    closes: ClockTime

    @classmethod
    def of(cls, hours: Hours) -> "HoursEntry":
        """The entry that says these hours."""
        return cls(weekday=hours.weekday, opens=clock(hours.opens_minute), closes=clock(hours.closes_minute))

    def __str__(self) -> str:
        """The entry as `read_hours` reads it."""
        return f"{self.weekday} {self.opens}-{self.closes}"


SlotsText = Annotated[str, BeforeValidator(_slots), Field(max_length=1000)]
HoursText = Annotated[list[HoursEntry], Field(max_length=100), BeforeValidator(_hours)]


class RecordFields(Form):
    """What describes the instrument itself, with the national platform's lengths."""

    unit_id: Annotated[Id | None, Blank] = None
    inner_id: Annotated[Annotated[Line, Field(max_length=150)] | None, Blank] = None
    name_zh: Annotated[Line, Field(max_length=300)] = ""
    name_en: Annotated[Line, Field(max_length=100)] = ""
    class_code: Annotated[Digits6 | None, Blank] = None
    subject_code: Annotated[Digits3 | None, Blank] = None
    belongs_to: CodedBelongsTo = BelongsTo.NONE
    belongs_to_name: Annotated[Line, Field(max_length=200)] = ""
    original_value_fen: Fen | None = None
    acquisition: CodedAcquisition = None
    kind: CodedKind = None
    funding: CodedFunding = None
    country: Country = ""
    model: Annotated[Line, Field(max_length=300)] = ""
    manufacturer: Annotated[Line, Field(max_length=150)] = ""
    accepted_on: Annotated[date | None, Blank] = None
    in_use_since: Annotated[date | None, Blank] = None
    indicators_zh: Annotated[Text, Field(max_length=1500)] = ""
    indicators_en: Annotated[Text, Field(max_length=3000)] = ""
    functions_zh: Annotated[Text, Field(max_length=900)] = ""
    functions_en: Annotated[Text, Field(max_length=1800)] = ""
    user_rules_zh: Annotated[Text, Field(max_length=1500)] = ""
    user_rules_en: Annotated[Text, Field(max_length=3000)] = ""
    fees_zh: Annotated[Text, Field(max_length=1500)] = ""
    fees_en: Annotated[Text, Field(max_length=3000)] = ""
    services_zh: Annotated[Text, Field(max_length=600)] = ""
    services_en: Annotated[Text, Field(max_length=1200)] = ""
    url: Annotated[WebAddress, Field(max_length=100)] = ""
    yearly_running_hours: Annotated[YearHours | None, Blank] = None
    yearly_service_hours: Annotated[YearHours | None, Blank] = None
    customs_declaration: Annotated[Line, Field(max_length=60)] = ""
    customs_released_on: Annotated[date | None, Blank] = None
    customs_supervised_until: Annotated[date | None, Blank] = None


class PlaceFields(Form):
    """Where the instrument stands, and whom to ask about it."""

    adcode: Annotated[Digits6 | None, Blank] = None
    street: Annotated[Line, Field(max_length=200)] = ""
    latitude: Annotated[Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None, Blank] = None
    longitude: Annotated[Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] | None, Blank] = None
    contact_name: Annotated[Line, Field(max_length=80)] = ""
    phone: Annotated[Line, Field(max_length=40, pattern=r"^[0-9+() ./,;转分机ext-]*$")] = ""
    email: Annotated[MailAddress, Field(max_length=254)] = ""
    postcode: Annotated[Line, Field(pattern=r"^([0-9]{6})?$")] = ""


class VisibilityFields(Form):
    """What of a published record everybody may see."""

    contact_visibility: ContactVisibility = ContactVisibility.PUBLIC
    hides_position: bool = False
    hides_free_time: bool = False


class SharingFields(Form):
    """Whom the owner shares the instrument with, and whether it runs."""

    running_state: CodedRunningState = RunningState.NORMAL
    share_mode: CodedShareMode = ShareMode.EXTERNAL
    not_shared_reason: Annotated[Line, Field(max_length=600)] = ""
    not_shared_approved_by: Annotated[Line, Field(max_length=80)] = ""


class BookingModeFields(Form):
    """How time on the instrument is agreed."""

    booking_mode: BookingMode = BookingMode.ON_REQUEST
    booking_url: Annotated[WebAddress, Field(max_length=300)] = ""


class InstrumentChanges(RecordFields, PlaceFields, VisibilityFields, SharingFields, BookingModeFields):
    """Some fields of a record; those not given stay as they are."""


class NewInstrument(InstrumentChanges):
    """A new record: a draft of an organisation."""

    organisation_id: Id


class PublishingNote(Form):
    """A step that may be explained."""

    note: Annotated[Line, Field(max_length=600)] = ""


class PublishingReason(Form):
    """A step that needs a reason."""

    reason: Annotated[Line, Field(max_length=600)] = ""


class PlaceMove(Form):
    """Where an instrument stands from a local day on, and the days on which it is closed for the move."""

    starts_on: date
    adcode: Annotated[Digits6 | None, Blank] = None
    street: Annotated[Line, Field(max_length=200)] = ""
    latitude: Annotated[Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None, Blank] = None
    longitude: Annotated[Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] | None, Blank] = None
    closed_from: Annotated[date | None, Blank] = None
    closed_until: Annotated[date | None, Blank] = None
    note: Annotated[Line, Field(max_length=600)] = ""


class ExemptionForm(Form):
    """Why an instrument need not be reported."""

    exemption_reason: Annotated[Line, Field(max_length=600)] = ""


class ExemptionNote(Form):
    """What is said with an answer."""

    note: Annotated[Line, Field(max_length=600)] = ""


class DecisionForm(ExemptionNote):
    """An answer to a wish to be exempt."""

    state: Annotated[str, Field(pattern=r"^(approved|refused)$")]


class StewardsForm(Form):
    """Who is asked first, and who stands in."""

    primary_id: Annotated[Id | None, Blank] = None
    deputy_id: Annotated[Id | None, Blank] = None


class PolicyForm(Form):
    """The numbers a booking must keep, whole at a time."""

    grid_minutes: Annotated[int, Field(ge=5, le=60)] = 30
    shortest_minutes: Annotated[int, Field(ge=5, le=20160)] = 30
    longest_minutes: Annotated[int, Field(ge=5, le=20160)] = 480
    notice_minutes: Annotated[int, Field(ge=0, le=129600)] = 0
    horizon_days: Annotated[int, Field(ge=1, le=730)] = 60
    setup_minutes: Annotated[int, Field(ge=0, le=1440)] = 0
    cleanup_minutes: Annotated[int, Field(ge=0, le=1440)] = 0
    needs_approval: bool = False
    decision_days: Annotated[int, Field(ge=1, le=30)] = 3
    allows_self: bool = True
    allows_assisted: bool = True
    closes_on_holidays: bool = True
    slots: SlotsText = ""


class HoursForm(Form):
    """The opening hours of a week, as text or as a list; whole at a time."""

    opening_hours: HoursText = Field(default_factory=list)

    @field_validator("opening_hours", mode="after")
    @classmethod
    def _clear(cls, entries: list[HoursEntry]) -> list[HoursEntry]:
        """A list keeps what the text must keep: in order, within the day, no overlaps."""
        _hours("; ".join(str(entry) for entry in entries))
        return entries

    @property
    def hours(self) -> list[Hours]:
        """The hours themselves."""
        return read_hours("; ".join(str(entry) for entry in self.opening_hours))


class CapacityForm(Form):
    """How many people at a time."""

    capacity: Annotated[int, Field(ge=1, le=MOST_LANES)]


class NewSharedGroup(CapacityForm):
    """A detector, pump or other part that several instruments of one owner share."""

    name: Annotated[Line, Field(min_length=1, max_length=100)]
    capacity: Annotated[int, Field(ge=1, le=MOST_LANES)] = 1


class TestItemForm(Form):
    """A test item; it needs a name in either language."""

    __test__ = False

    name_zh: Annotated[Line, Field(max_length=200)] = ""
    name_en: Annotated[Line, Field(max_length=200)] = ""
    standard: Annotated[Line, Field(max_length=200)] = ""
    range_zh: Annotated[Line, Field(max_length=300)] = ""
    range_en: Annotated[Line, Field(max_length=300)] = ""
    price_zh: Annotated[Line, Field(max_length=200)] = ""
    price_en: Annotated[Line, Field(max_length=200)] = ""
    turnaround_days: Annotated[Annotated[int, Field(ge=0, le=365)] | None, Blank] = None
    report_mark: CodedReportMark = ReportMark.NONE
