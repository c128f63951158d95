"""What is read from outside about changing many records at once; what is left open stays as it is."""

from typing import Annotated, Any

from pydantic import Field

from booking.catalogue.form_fields import CodedRunningState, CodedShareMode, Id, MailAddress, WebAddress
from booking.catalogue.inheritance import HOURS, INHERITABLE, POLICY
from booking.catalogue.sharing_forms import Inheritable, OpenRules
from booking.core.forms import Blank, Explained, Form, Line
from models.vocabulary.catalogue import BookingMode, PublishingState
from models.vocabulary.custody import StewardRank

MOST_ROWS = 500
STEWARDS = {"primary_id": StewardRank.PRIMARY, "deputy_id": StewardRank.DEPUTY}


class BulkFields(OpenRules):
    """Fields that many records get; null stays as it is."""

    running_state: Annotated[CodedRunningState | None, Blank] = None
    share_mode: Annotated[CodedShareMode | None, Blank] = None
    not_shared_reason: Annotated[Annotated[Line, Field(max_length=600)] | None, Blank] = None
    not_shared_approved_by: Annotated[Annotated[Line, Field(max_length=80)] | None, Blank] = None
    booking_mode: Annotated[BookingMode | None, Blank] = None
    booking_url: Annotated[Annotated[WebAddress, Field(max_length=300)] | None, Blank] = None
    unit_id: Annotated[Id | None, Blank] = None
    contact_name: Annotated[Annotated[Line, Field(max_length=80)] | None, Blank] = None
    phone: Annotated[Annotated[Line, Field(max_length=40, pattern=r"^[0-9+() ./,;转分机ext-]*$")] | None, Blank] = None
    email: Annotated[Annotated[MailAddress, Field(max_length=254)] | None, Blank] = None
    postcode: Annotated[Annotated[Line, Field(pattern=r"^([0-9]{6})?$")] | None, Blank] = None
    primary_id: Annotated[Id | None, Blank] = None
    deputy_id: Annotated[Id | None, Blank] = None

    def given(self) -> dict[str, Any]:
        """What is to be set."""
        return {name: value for name in BulkFields.model_fields if (value := getattr(self, name)) is not None}

    def columns(self) -> dict[str, Any]:
        """What is to be set on the record itself."""
        return {name: value for name, value in self.given().items() if name not in {*POLICY, HOURS, *STEWARDS}}

    def stewards(self) -> dict[StewardRank, int]:
        """Who is to be named."""
        return {rank: self.given()[name] for name, rank in STEWARDS.items() if name in self.given()}

    def policy(self) -> dict[str, Any]:
        """What is to be set on the booking policy."""
        return {name: value for name, value in self.given().items() if name in POLICY}


class BulkChange(Explained, BulkFields):
    """Fields to set, what is inherited again, and why."""

    inherit: Annotated[list[Inheritable], Field(max_length=len(INHERITABLE))] = Field(default_factory=list)


class BulkFilter(Form):
    """The records one may edit in some publishing state, with a word in name, model or number."""

    state: Annotated[PublishingState | None, Blank] = None
    q: Annotated[str, Field(max_length=100)] = ""


class BulkEdit(BulkChange):
    """Which records get what; all that fit the filter when no ids are named. A dry run changes nothing.

    `versions` are those the caller has seen: a record that has moved on is refused.
    """

    instrument_ids: Annotated[list[Id], Field(max_length=MOST_ROWS)] = Field(default_factory=list)
    filter: BulkFilter | None = None
    versions: Annotated[dict[Id, int], Field(max_length=MOST_ROWS)] = Field(default_factory=dict)
    dry_run: bool = False

    def change(self) -> BulkChange:
        """The change alone."""
        return BulkChange(**{name: getattr(self, name) for name in BulkChange.model_fields})


class BulkSubmission(Form):
    """Which records are sent to review, all that fit the filter when no ids are named, and what reviewers are told.

    `versions` are those the caller has seen: a record that has moved on is refused.
    """

    instrument_ids: Annotated[list[Id], Field(max_length=MOST_ROWS)] = Field(default_factory=list)
    filter: BulkFilter | None = None
    versions: Annotated[dict[Id, int], Field(max_length=MOST_ROWS)] = Field(default_factory=dict)
    note: Annotated[Line, Field(max_length=600)] = ""
