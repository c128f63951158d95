"""What is read from outside about recognitions."""

from typing import Annotated

from pydantic import Field, StringConstraints

from booking.core.errors import InvalidInput, Problem
from booking.core.forms import Blank, FilledLine, Form, Line, NearDay, OptionalDay, PageForm
from booking.core.pages import LARGEST_PAGE
from booking.core.texts import N_
from booking.directory.forms import WebAddress
from booking.programmes.forms import Id
from booking.recognitions.rules import Days
from models.vocabulary.programmes import ProgrammeDocument, ServiceType
from models.vocabulary.recognitions import RecognitionKind

Province = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
ASKED = {
    RecognitionKind.PROVIDER: ("provider_id",),
    RecognitionKind.DOCUMENT: ("province", "document"),
    RecognitionKind.SERVICE_TYPE: ("province", "service_type"),
}
"""What has to be named for each kind."""
BESIDE = {RecognitionKind.PROVIDER: ("service_type",)}
"""What may be named beside."""
SUBJECTS = ("provider_id", "province", "document", "service_type")


class RecognitionForm(Form):
    """Something an authority accepts, from a day on, by a notice.

    A provider for one type of service or for all; papers or a type of service of a province.
    """

    organisation_id: Id
    kind: RecognitionKind
    provider_id: Annotated[Id | None, Blank] = None
    province: Annotated[Province | None, Blank] = None
    document: Annotated[ProgrammeDocument | None, Blank] = None
    service_type: Annotated[ServiceType | None, Blank] = None
    starts_on: NearDay
    ends_on: OptionalDay = None
    notice: Annotated[FilledLine, Field(max_length=160)]
    notice_url: Annotated[WebAddress, Field(max_length=300)] = ""

    @property
    def days(self) -> Days:
        """When it holds."""
        return Days(self.starts_on, self.ends_on)

    def check(self) -> None:
        """Raises InvalidInput for what is missing, does not belong to the kind, or ends before it starts."""
        named = {name for name in SUBJECTS if getattr(self, name) is not None}
        asked = ASKED[self.kind]
        problems = [Problem(name, N_("请填写此项。")) for name in asked if name not in named]
        allowed = {*asked, *BESIDE.get(self.kind, ())}
        problems += [Problem(name, N_("这一类登记没有这一项。")) for name in SUBJECTS if name in named - allowed]
        if self.ends_on is not None and self.ends_on < self.starts_on:
            problems.append(Problem("ends_on", N_("最后一天不能早于第一天。")))
        if problems:
            raise InvalidInput(problems)


class RecognitionPage(PageForm):
    """The same as a page sends it, which names the provider."""

    organisation_id: Id
    kind: RecognitionKind
    provider: Annotated[Line, Field(max_length=200)] = ""
    province: Annotated[Province | None, Blank] = None
    document: Annotated[ProgrammeDocument | None, Blank] = None
    service_type: Annotated[ServiceType | None, Blank] = None
    starts_on: NearDay
    ends_on: OptionalDay = None
    notice: Annotated[FilledLine, Field(max_length=160)]
    notice_url: Annotated[WebAddress, Field(max_length=300)] = ""


class EndRecognitionForm(Form):
    """The last day on which something is accepted, and why."""

    ends_on: NearDay
    reason: Annotated[FilledLine, Field(max_length=300)]


class EndRecognitionPage(EndRecognitionForm, PageForm):
    """The same as a page sends it."""


class RecognitionsQuery(Form):
    """Which part of the register."""

    authority: Annotated[Id | None, Blank] = None
    kind: Annotated[RecognitionKind | None, Blank] = None
    on: OptionalDay = None
    limit: int = Field(50, ge=1, le=LARGEST_PAGE)
    cursor: str = Field("", max_length=200)


class RecognitionsPage(RecognitionsQuery, PageForm):
    """The same as a page reads it, beside the language."""


class RecognisedQuery(Form):
    """Whether an authority accepts a provider for a type of service on a day; today, where none is named."""

    authority: Id
    provider: Id
    service_type: ServiceType
    on: OptionalDay = None
