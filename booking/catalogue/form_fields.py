"""The kinds of text that forms about records read: codes, addresses, amounts, hours."""

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from booking.catalogue import labels
from booking.catalogue.rules import LARGEST_FEN, Hours, clock, fen_from_wan, read_hours, write_hours
from booking.core.forms import Form, Line
from models.vocabulary.catalogue import (
    Acquisition,
    BelongsTo,
    Funding,
    InstrumentKind,
    ReportMark,
    RunningState,
    ShareMode,
)
from models.vocabulary.programmes import ServiceType

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


def as_hours(value: Any) -> Any:
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
CodedServiceType = Annotated[ServiceType, coded(labels.SERVICE_TYPE)]
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
HoursText = Annotated[list[HoursEntry], Field(max_length=100), BeforeValidator(as_hours)]
