"""What is read from outside about things that are set once, and about inheriting them."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from booking.catalogue.form_fields import MailAddress, SlotsText
from booking.catalogue.inheritance import INHERITABLE, POLICY
from booking.catalogue.timetable_forms import PolicyForm
from booking.core.forms import Blank, Explained, Form, Line
from booking.directory.forms import UnitForm
from models.vocabulary.catalogue import ContactVisibility


def _one_of(names: Sequence[str]) -> Callable[[str], str]:
    """A check that a text is one of these names."""

    def check(value: str) -> str:
        if value not in names:
            raise PydanticCustomError("enum", "no such name")
        return value

    return check


PolicyName = Annotated[str, AfterValidator(_one_of(POLICY))]
Inheritable = Annotated[str, AfterValidator(_one_of(INHERITABLE))]


class PolicyChoice(Explained, PolicyForm):
    """The numbers of an instrument, and which of them it takes from its unit or institution instead."""

    inherits: Annotated[list[PolicyName], Field(max_length=len(POLICY))] = Field(default_factory=list)

    def policy(self) -> PolicyForm:
        """The numbers themselves."""
        return PolicyForm(**self.model_dump(include={*PolicyForm.model_fields}))


class InheritForm(Explained):
    """What an instrument takes from its unit or institution from now on."""

    fields: Annotated[list[Inheritable], Field(min_length=1, max_length=len(INHERITABLE))]


class OpenRules(Form):
    """Who reads contacts, hours and booking rules, each of which may be left open."""

    contact_visibility: Annotated[ContactVisibility | None, Blank] = None
    opening_hours: Annotated[SlotsText | None, Blank] = None
    grid_minutes: Annotated[Annotated[int, Field(ge=5, le=60)] | None, Blank] = None
    shortest_minutes: Annotated[Annotated[int, Field(ge=5, le=20160)] | None, Blank] = None
    longest_minutes: Annotated[Annotated[int, Field(ge=5, le=20160)] | None, Blank] = None
    notice_minutes: Annotated[Annotated[int, Field(ge=0, le=129600)] | None, Blank] = None
    horizon_days: Annotated[Annotated[int, Field(ge=1, le=730)] | None, Blank] = None
    setup_minutes: Annotated[Annotated[int, Field(ge=0, le=1440)] | None, Blank] = None
    cleanup_minutes: Annotated[Annotated[int, Field(ge=0, le=1440)] | None, Blank] = None
    needs_approval: Annotated[bool | None, Blank] = None
    needs_payer: Annotated[bool | None, Blank] = None
    decision_days: Annotated[Annotated[int, Field(ge=1, le=30)] | None, Blank] = None
    allows_self: Annotated[bool | None, Blank] = None
    allows_assisted: Annotated[bool | None, Blank] = None
    closes_on_holidays: Annotated[bool | None, Blank] = None
    slots: Annotated[SlotsText | None, Blank] = None


class SettingsForm(OpenRules):
    """What an institution or unit sets for its instruments, whole at a time; what is left open is not set."""

    contact_name: Annotated[Line, Field(max_length=80)] = ""
    phone: Annotated[Line, Field(max_length=40, pattern=r"^[0-9+() ./,;转分机ext-]*$")] = ""
    email: Annotated[MailAddress, Field(max_length=254)] = ""
    postcode: Annotated[Line, Field(pattern=r"^([0-9]{6})?$")] = ""

    def policy(self) -> dict[str, Any]:
        """The booking rules that are set."""
        return {name: value for name in POLICY if (value := getattr(self, name)) is not None}


class SettingsEdit(Explained, SettingsForm):
    """What an institution or unit sets, and why it changes."""


class UnitEdit(Explained, UnitForm):
    """The names of a unit, and why they change."""

    def names(self) -> UnitForm:
        """The names themselves."""
        return UnitForm(name_zh=self.name_zh, name_en=self.name_en)
