"""The sections of the edit pages as they are posted: an absent box is off, an absent text is empty."""

from typing import Annotated, Any

from pydantic import Field

from booking.catalogue.form_fields import Id, Wan
from booking.catalogue.forms import (
    BookingModeFields,
    NewInstrument,
    PlaceFields,
    RecordFields,
    SharingFields,
    TestItemEdit,
    VisibilityFields,
)
from booking.catalogue.inheritance import CONTACT, VISIBILITY
from booking.catalogue.sharing_forms import SettingsForm, UnitEdit
from booking.catalogue.step_forms import ExemptionForm, PublishingNote, PublishingReason, StewardsForm
from booking.catalogue.timetable_forms import CapacityForm, HoursForm, NewSharedGroup, PolicyForm
from booking.core.forms import Blank, Explained, Line, PageForm

NO_COLUMNS = frozenset({"version", "change_reason"})


class Section(PageForm):
    """A part of a record with the version the page was made from."""

    version: Annotated[int | None, Blank] = None

    def columns(self) -> dict[str, Any]:
        """Every column of the section, whether something was typed or not."""
        return self.model_dump(exclude={*NO_COLUMNS})


class Edit(Explained, Section):
    """A section whose change may be explained."""


class RecordSection(RecordFields, Edit):
    """The record itself; the value is typed in 万元."""

    original_value_wan: Wan = None

    def columns(self) -> dict[str, Any]:
        """The columns, with the value in fen."""
        values = self.model_dump(exclude={*NO_COLUMNS, "original_value_wan", "original_value_fen"})
        return values | {"original_value_fen": self.original_value_wan}


class PlaceSection(PlaceFields, Edit):
    """Place and contact; an inherited contact is not typed."""

    inherits_contact: bool = False

    def columns(self) -> dict[str, Any]:
        """The columns, without the contact where it is inherited."""
        left_out = {*NO_COLUMNS, "inherits_contact", *(CONTACT if self.inherits_contact else ())}
        return self.model_dump(exclude=left_out)


class ModeSection(BookingModeFields, Edit):
    """How time is agreed."""


class SharingSection(SharingFields, Edit):
    """Running state and share mode."""


class VisibilitySection(VisibilityFields, Edit):
    """What everybody may see."""

    inherits_contact_visibility: bool = False

    def columns(self) -> dict[str, Any]:
        """The columns, without what is inherited."""
        left_out = {*NO_COLUMNS, "inherits_contact_visibility"}
        return self.model_dump(exclude=left_out | ({VISIBILITY} if self.inherits_contact_visibility else set()))


class PolicySection(PolicyForm, Edit):
    """The numbers of the policy."""

    allows_self: bool = False
    allows_assisted: bool = False
    closes_on_holidays: bool = False

    def policy(self) -> PolicyForm:
        """The policy itself."""
        return PolicyForm(**self.columns())


class SettingsPage(SettingsForm, Edit):
    """What an institution or unit sets; a week that is never open is written so."""

    def settings(self) -> SettingsForm:
        """The settings themselves."""
        return SettingsForm(**self.columns())


class UnitPage(UnitEdit, Section):
    """The names of a unit."""


class HoursSection(HoursForm, Edit):
    """The opening hours, or that they are inherited."""

    inherits_opening_hours: bool = False


class CapacitySection(CapacityForm, Section):
    """The number of positions."""


class NewGroupSection(NewSharedGroup, Section):
    """A new shared part."""


class JoinSection(Section):
    """A shared part to list."""

    lane_group_id: Id


class NoteSection(PublishingNote, Section):
    """A step that may be explained."""


class NotePage(PublishingNote, PageForm):
    """Many steps at once that may be explained."""


class ReasonSection(PublishingReason, Section):
    """A step that needs a reason."""


class ExemptionSection(ExemptionForm, Section):
    """A wish to be exempt."""


class TrainingSection(Section):
    """What is said of the first training."""

    training_note: Annotated[Line, Field(max_length=600)] = ""


class StewardsSection(StewardsForm, Edit):
    """Primary steward and deputy."""


class NewInstrumentPage(NewInstrument, PageForm):
    """A new record."""


class TestItemPage(TestItemEdit, PageForm):
    """A test item."""

    __test__ = False


class RemovalPage(Explained, PageForm):
    """A test item is taken off the record."""


class MovePage(PageForm):
    """How far a test item moves; −1 is one up."""

    places: Annotated[int, Field(ge=-200, le=200)]


class OwnList(PageForm):
    """What the list of one's own instruments shows."""

    state: Annotated[str, Field(pattern=r"^(draft|in_review|published|withheld)?$")] = ""
    q: Annotated[str, Field(max_length=100)] = ""
    page: Annotated[int, Field(ge=1, le=100_000)] = 1
