"""What is read from outside with a step of a record: publishing, moving, exemptions, stewards."""

from datetime import date
from typing import Annotated

from pydantic import Field

from booking.catalogue.form_fields import Digits6, Id
from booking.core.forms import Blank, Explained, Form, Line


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


class StewardsForm(Explained):
    """Who is asked first, and who stands in."""

    primary_id: Annotated[Id | None, Blank] = None
    deputy_id: Annotated[Id | None, Blank] = None


class OwnerProposal(Form):
    """To which institution an instrument goes, from which local day on, and why."""

    to_organisation_id: Id
    starts_on: date
    reason: Annotated[Line, Field(max_length=600)] = ""


class OwnerAcceptance(Form):
    """Where the receiving institution puts the instrument; no number keeps the one it has."""

    unit_id: Annotated[Id | None, Blank] = None
    inner_id: Annotated[Annotated[Line, Field(max_length=150)] | None, Blank] = None
    note: Annotated[Line, Field(max_length=600)] = ""


class OwnerAnswer(Form):
    """What is said with declining or withdrawing."""

    note: Annotated[Line, Field(max_length=600)] = ""
