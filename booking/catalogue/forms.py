"""What is read from outside about the record itself and its test items: JSON, page forms and cells of tables."""

from datetime import date
from typing import Annotated

from pydantic import Field

from booking.catalogue.form_fields import (
    CodedAcquisition,
    CodedBelongsTo,
    CodedFunding,
    CodedKind,
    CodedReportMark,
    CodedRunningState,
    CodedServiceType,
    CodedShareMode,
    Country,
    Digits3,
    Digits6,
    Fen,
    Id,
    MailAddress,
    WebAddress,
    YearHours,
)
from booking.core.forms import Blank, Explained, Form, Line, Text
from models.vocabulary.catalogue import (
    BelongsTo,
    BookingMode,
    ContactVisibility,
    ReportMark,
    RunningState,
    ShareMode,
)
from models.vocabulary.programmes import ServiceType


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
    service_type: CodedServiceType = ServiceType.INSTRUMENT_SHARING
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


class InstrumentEdit(Explained, InstrumentChanges):
    """Some fields of a record, and why they change."""


class NewInstrument(InstrumentChanges):
    """A new record: a draft of an organisation."""

    organisation_id: Id


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


class TestItemEdit(Explained, TestItemForm):
    """A test item, and why it is added or changed."""

    __test__ = False

    def item(self) -> TestItemForm:
        """The item itself."""
        return TestItemForm(**self.model_dump(exclude={"change_reason"}))
