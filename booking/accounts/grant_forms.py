"""What is read from outside about grants: giving, ending, standing in, and lists of them."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from booking.accounts.forms import KnownEmail
from booking.accounts.rules import normal_address
from booking.core.forms import Blank, Explained, Form, Line, NearDay, OptionalDay, PageForm, Text
from booking.core.pages import LARGEST_PAGE
from models.vocabulary.accounts import Role, ScopeKind

Id = Annotated[int, Field(ge=1, lt=2**31)]
OptionalId = Annotated[Id | None, Blank]
Reason = Annotated[Text, Field(max_length=600)]
OptionalEmail = Annotated[Line, Field(max_length=254), AfterValidator(normal_address)]


class GrantForm(Explained):
    """A role for the account with an address; from today and until further notice when no days are given."""

    email: KnownEmail = Field(min_length=1)
    role: Role
    starts_on: OptionalDay = None
    ends_on: OptionalDay = None


class NewGrantForm(GrantForm):
    """The same with where it holds; the platform has no id."""

    scope_kind: ScopeKind
    scope_id: OptionalId = None


class EndForm(Form):
    """The last day, included; today when not given. `successor` is the address of who takes over."""

    last_day: OptionalDay = None
    reason: Reason = ""
    successor: OptionalEmail = ""


class DelegateForm(Form):
    """Who stands in, from when to when, both included."""

    email: KnownEmail = Field(min_length=1)
    starts_on: NearDay
    ends_on: NearDay


class ScopeQuery(Form):
    """A scope; the platform when nothing is named."""

    scope_kind: ScopeKind = ScopeKind.PLATFORM
    scope_id: OptionalId = None


class GrantsQuery(ScopeQuery):
    """Which grants of a scope."""

    role: Annotated[Role | None, Blank] = None
    person: Annotated[Line, Field(max_length=120)] = ""
    with_ended: bool = False
    limit: int = Field(50, ge=1, le=LARGEST_PAGE)
    cursor: str = Field("", max_length=200)


class GrantsFilter(PageForm):
    """The filter in the address of the page."""

    role: Annotated[Role | None, Blank] = None
    person: Annotated[Line, Field(max_length=120)] = ""
    with_ended: bool = False
    cursor: str = Field("", max_length=200)


class GrantPage(GrantForm, PageForm):
    """A grant as the page sends it; `scope` is what was chosen from the list, as kind and id."""

    scope: Annotated[Line, Field(max_length=40)] = ""


class EndPage(EndForm, PageForm):
    """Ending a role, as the page sends it: with a day, since the page proposes one that may be another than today."""

    last_day: NearDay


class DelegatePage(DelegateForm, PageForm):
    """Standing in, as the page sends it."""


class PermissionsQuery(PageForm):
    """At which scope permissions are asked about; `scope` is kind and id, joined by a colon."""

    scope: Annotated[Line, Field(max_length=40)] = ""


def _addresses(value: object) -> object:
    """Nothing named is an empty table."""
    return {} if value is None else value


Successors = Annotated[
    dict[Annotated[int, Field(ge=1, lt=2**31)], OptionalEmail], BeforeValidator(_addresses), Field(max_length=500)
]


class DepartureForm(Form):
    """Somebody leaves: last day, reason, and by grant the address of who takes it over."""

    last_day: OptionalDay = None
    reason: Reason = ""
    successors: Successors = Field(default_factory=dict)


class ClosingReasonForm(Form):
    """Why."""

    reason: Annotated[Text, Field(min_length=1, max_length=600)]


class DeactivationForm(Form):
    """An account is closed: why, and by grant the address of who takes it over."""

    reason: Annotated[Text, Field(min_length=1, max_length=600)]
    successors: Successors = Field(default_factory=dict)
