"""What is read from outside about applications for vouchers; pages write yuan, the API fen."""

from typing import Annotated

from pydantic import Field

from booking.core.forms import Blank, Form, NearDay, PageForm, Text
from booking.core.pages import LARGEST_PAGE
from booking.programmes.forms import Id, SomeFen
from models.vocabulary.applications import APPLICATION_DOCUMENTS, ApplicationState
from models.vocabulary.programmes import ProgrammeDocument

Statement = Annotated[Text, Field(max_length=2000)]
Reason = Annotated[Text, Field(min_length=1, max_length=600)]
Limit = Annotated[int, Field(ge=1, le=LARGEST_PAGE)]
Cursor = Annotated[str, Field(max_length=200)]


class ApplicationForm(Form):
    """How much a firm asks for, and what for, which must be said before it is submitted."""

    amount_fen: SomeFen
    statement: Statement = ""


class NewApplicationForm(ApplicationForm):
    """The same, of which programme and for which firm, where somebody acts for more than one."""

    programme_id: Id
    organisation_id: Id | None = None


class WithdrawApplicationForm(Form):
    """Why a firm takes its application back, if it says so."""

    reason: Annotated[Text, Field(max_length=600)] = ""


class ReviewForm(Form):
    """The version that an officer has read; another one is not decided on."""

    version: Id


class PassApplicationForm(ReviewForm):
    """On to the next review; until when each paper holds that was verified now, and what the next one should know."""

    expires_on: dict[ProgrammeDocument, NearDay] = Field(default_factory=dict)
    remark: Annotated[Text, Field(max_length=600)] = ""


class ReturnApplicationForm(ReviewForm):
    """Back to the firm: which papers lack or are wrong, and what it should do."""

    lacking: Annotated[list[ProgrammeDocument], Field(max_length=len(APPLICATION_DOCUMENTS))] = Field(
        default_factory=list
    )
    reason: Reason


class RefuseApplicationForm(ReviewForm):
    """Why an application is refused."""

    reason: Reason


class IssueVoucherForm(ReviewForm):
    """What is granted; no amount means what the firm asked for. Less needs a reason."""

    granted_fen: Annotated[SomeFen | None, Blank] = None
    expires_on: dict[ProgrammeDocument, NearDay] = Field(default_factory=dict)
    reason: Annotated[Text, Field(max_length=600)] = ""


class ApplicationPaperForm(PageForm):
    """As which paper a file is handed in."""

    document: ProgrammeDocument


class EligibilityQuery(Form):
    """Which firm may apply for what."""

    programme: Id
    organisation: Id
    amount_fen: Annotated[int | None, Field(ge=1), Blank] = None


class ApplicationsQuery(Form):
    """Which applications."""

    state: ApplicationState | None = None
    to_review: bool = False
    programme: Id | None = None
    limit: Limit = 50
    cursor: Cursor = ""


class ApplicationsPage(PageForm):
    """Which part of the list a page shows."""

    show: Annotated[str, Field(max_length=20)] = ""
    cursor: Cursor = ""


class VerifiedDocumentsQuery(Form):
    """Which verified papers."""

    organisation: Id | None = None
    limit: Limit = 50
    cursor: Cursor = ""


class VerifiedDocumentsPage(PageForm):
    """Which part of the register of verified papers a page shows."""

    cursor: Cursor = ""


class WithdrawVerificationForm(Form):
    """Why a paper does not count as verified any more."""

    reason: Reason


class WithdrawVerificationPage(WithdrawVerificationForm):
    """The same as a page sends it."""

    model_config = PageForm.model_config


class NewPage(PageForm):
    """For which programme and firm the page of a new application is opened."""

    programme: Annotated[Id | None, Blank] = None
    organisation: Annotated[Id | None, Blank] = None


class NewApplicationPage(NewApplicationForm):
    """The form of a new application as a page sends it."""

    model_config = PageForm.model_config


class ApplicationPage(ApplicationForm):
    """The amount and the statement as a page sends them; `version` is the one that was read."""

    model_config = PageForm.model_config

    version: Id | None = None
