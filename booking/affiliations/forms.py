"""What is read from outside about affiliations, as typed values."""

import re
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from booking.accounts.forms import Email, Name
from booking.affiliations.rules import storable
from booking.core.forms import Blank, FilledLine, Form, Line
from booking.core.pages import LARGEST_PAGE
from booking.directory.forms import Upper, WebAddress
from models.vocabulary.affiliations import (
    AffiliationState,
    Audience,
    IdentityKind,
    InvitationState,
    RegistrationState,
    UserSide,
    VisitState,
)
from models.vocabulary.directory import OrganisationKind

LARGEST_ID = 2**31 - 1
MOST_CONFIRMED = 200
_LATIN_NUMBER = re.compile(r"[A-Za-z0-9()/ -]+")

REGISTERED_KINDS = (
    OrganisationKind.ENTERPRISE,
    OrganisationKind.UNIVERSITY,
    OrganisationKind.RESEARCH_INSTITUTE,
    OrganisationKind.TESTING_LABORATORY,
)

Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Reason = Annotated[FilledLine, Field(max_length=300)]
StaffNumber = Annotated[Line, Field(max_length=40)]
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2199, 12, 31))]


def _storable(value: Any) -> Any:
    """A text whose broken bytes are found again in their rows, whatever database keeps it."""
    return storable(value) if isinstance(value, str) else value


def _registered_kind(kind: OrganisationKind) -> OrganisationKind:
    """Authorities and platforms do not register themselves."""
    if kind not in REGISTERED_KINDS:
        raise PydanticCustomError("enum", "not one that registers itself")
    return kind


def _bare_domain(value: Any) -> Any:
    """A domain as people type it, with or without @ and stars, in lower case."""
    return value.strip().lower().lstrip("*@.").rstrip(".") if isinstance(value, str) else value


class AskAffiliationForm(Form):
    """Somebody says that they belong to an organisation."""

    organisation_id: Id
    unit_id: Annotated[Id | None, Blank] = None
    staff_number: StaffNumber = ""
    message: Annotated[Line, Field(max_length=300)] = ""


class AffiliationDetailsForm(Form):
    """What an organisation knows of an affiliation; what is not named stays as it is."""

    unit_id: Annotated[Id | None, Blank] = None
    user_group_id: Annotated[Id | None, Blank] = None
    staff_number: StaffNumber = ""
    ends_on: Annotated[Day | None, Blank] = None


class ConfirmManyForm(Form):
    """Requests to confirm together; a group and a last day hold for all of them, what is not named stays as asked."""

    affiliation_ids: Annotated[list[Id], Field(min_length=1, max_length=MOST_CONFIRMED)]
    user_group_id: Annotated[Id | None, Blank] = None
    ends_on: Annotated[Day | None, Blank] = None


class RefuseForm(Form):
    """Why something is refused."""

    reason: Reason


class EndAffiliationForm(Form):
    """The last day of an affiliation, included."""

    last_day: Day
    reason: Annotated[Line, Field(max_length=300)] = ""


class UserGroupForm(Form):
    """A user group."""

    name_zh: Annotated[FilledLine, Field(max_length=60)]
    name_en: Annotated[Line, Field(max_length=80)] = ""
    side: UserSide
    audience: Audience = Audience.ASSIGNED
    position: Annotated[int, Field(ge=1, le=1000)] = 100
    horizon_days: Annotated[Annotated[int, Field(ge=1, le=730)] | None, Blank] = None


class MailDomainForm(Form):
    """A mail domain of an organisation."""

    domain: Annotated[
        str,
        BeforeValidator(_bare_domain),
        Field(max_length=253, pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$"),
    ]
    includes_subdomains: bool = False


class DomainsQuery(Form):
    """Which part of the mail domains that wait."""

    limit: int = Field(50, ge=1, le=LARGEST_PAGE)
    cursor: str = Field("", max_length=200)


class AffiliationSettingsForm(Form):
    """For how many days a mail address confirms an affiliation, and how many invitations a day the platform allows.

    What is not named stays; no number of invitations means the usual one.
    """

    mail_domain_days: Annotated[int, Field(ge=1, le=3660)]
    invitations_per_day: Annotated[Annotated[int, Field(ge=1, le=1_000_000)] | None, Blank] = None


class LinkSecretForm(Form):
    """What stood in a mailed link."""

    secret: Annotated[str, Field(min_length=1, max_length=200)]


class AffiliationsQuery(Form):
    """Which affiliations; without an organisation one's own."""

    organisation: Annotated[Id | None, Blank] = None
    state: AffiliationState | None = None
    q: Annotated[Line, Field(max_length=100)] = ""
    limit: int = Field(50, ge=1, le=LARGEST_PAGE)
    cursor: str = Field("", max_length=200)


class RosterForm(Form):
    """A roster as text, comma or tab separated, the header in its first line."""

    name: Annotated[Line, Field(max_length=200)] = ""
    text: Annotated[
        str,
        BeforeValidator(_storable),
        StringConstraints(strip_whitespace=False, min_length=1, max_length=2_000_000),
    ]
    is_complete: bool = False


class ApplyRosterForm(Form):
    """Whether those who are missing from a complete roster end, and on which last day."""

    ends_missing: bool = False
    last_day: Annotated[Day | None, Blank] = None


class PlannedRowsQuery(Form):
    """Which rows of a roster."""

    fate: Annotated[Line, Field(max_length=30)] = ""
    limit: int = Field(100, ge=1, le=1000)
    cursor: str = Field("", max_length=200)


class HandedLinksForm(Form):
    """Whether those who were handed a link already get another, which makes the earlier one void."""

    renews: bool = False


class InvitationsQuery(Form):
    """Which invitations."""

    state: InvitationState | None = None
    limit: int = Field(50, ge=1, le=LARGEST_PAGE)
    cursor: str = Field("", max_length=200)


class VisitForm(Form):
    """Somebody from outside comes; without a host it is whoever registers them."""

    name: Name
    email: Annotated[Email | None, Blank] = None
    phone: Annotated[Line, Field(max_length=40, pattern=r"^(\+?[0-9][0-9 -]{5,30})?$")] = ""
    identity_kind: IdentityKind
    identity_number: Annotated[FilledLine, Field(min_length=4, max_length=40)]
    host_email: Annotated[Email | None, Blank] = None
    starts_on: Day
    ends_on: Day
    purpose: Annotated[FilledLine, Field(max_length=300)]

    @field_validator("identity_number")
    @classmethod
    def _as_on_the_document(cls, number: str, info: ValidationInfo) -> str:
        """Latin letters and digits; other documents, like an officer's, may be numbered in any printable words."""
        is_other = info.data.get("identity_kind") == IdentityKind.OTHER
        if not (number.isprintable() if is_other else _LATIN_NUMBER.fullmatch(number)):
            raise PydanticCustomError("string_pattern_mismatch", "not a number of such a document")
        return number


class HostForm(Form):
    """Who receives a visitor from now on."""

    host_email: Email


class VisitChangeForm(Form):
    """Other days or another purpose of a visit that is to come or goes on."""

    starts_on: Day
    ends_on: Day
    purpose: Annotated[FilledLine, Field(max_length=300)]


class VisitEndForm(Form):
    """Whether a visit that ends on its first day never took place."""

    nobody_came: bool = False


class VisitsQuery(Form):
    """Which visits; `without_host` gives those that stand and whose host has left."""

    state: VisitState | None = None
    without_host: bool = False
    limit: int = Field(50, ge=1, le=LARGEST_PAGE)
    cursor: str = Field("", max_length=200)


class RegistrationForm(Form):
    """An organisation that somebody wants to act for."""

    name_zh: Annotated[FilledLine, Field(max_length=200)]
    name_en: Annotated[Line, Field(max_length=200)] = ""
    kind: Annotated[OrganisationKind, AfterValidator(_registered_kind)] = OrganisationKind.ENTERPRISE
    country: Annotated[str, Upper, StringConstraints(pattern=r"^[A-Z]{2}$")] = "CN"
    adcode: Annotated[Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")] | None, Blank] = None
    uscc: Annotated[Annotated[Line, Upper, Field(max_length=18)] | None, Blank] = None
    website: Annotated[WebAddress, Field(max_length=200)] = ""
    message: Annotated[Line, Field(max_length=300)] = ""


class AdministrationForm(Form):
    """Who somebody is who wants to act for an organisation that is known already."""

    message: Annotated[FilledLine, Field(max_length=300)]


class VerifyForm(Form):
    """Which document was looked at, if any.

    Where the organisation can own instruments its registrant becomes its administrator, which must be said outright.
    """

    checked: Annotated[Line, Field(max_length=300)] = ""
    gives_administration: bool = False


class RegistrationsQuery(Form):
    """Which registrations."""

    state: RegistrationState | None = None
    limit: int = Field(50, ge=1, le=LARGEST_PAGE)
    cursor: str = Field("", max_length=200)
