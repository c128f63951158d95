"""What is read from outside about redemptions; pages write yuan and percent, the API fen and basis points."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from booking.core.errors import InvalidInput, Problem
from booking.core.forms import Blank, FilledLine, Form, Line, NearDay, PageForm, Text, hundredths
from booking.core.texts import N_
from booking.payers.forms import Amount, Cursor, Id, Limit, Paid, Reason
from models.vocabulary.programmes import ProgrammeDocument
from models.vocabulary.redemptions import RedemptionState

MOST_ITEMS = 200


class ClaimedItemForm(Form):
    """What one voucher covered of one charge."""

    voucher_id: Id
    charge_id: Id


def _once_each(items: list[ClaimedItemForm]) -> list[ClaimedItemForm]:
    """Refuse what is claimed twice."""
    if len(set(items)) < len(items):
        raise PydanticCustomError("claimed_twice", "twice")
    return items


class RedemptionForm(Form):
    """A request of a claimant: amounts of one programme, each whole, or all that is open of some charges.

    Who claims for one organisation only need not name it, nor a programme where the charges are of one only.
    """

    organisation_id: Id | None = None
    programme_id: Id | None = None
    items: Annotated[list[ClaimedItemForm], Field(max_length=MOST_ITEMS), AfterValidator(_once_each)] = Field(
        default_factory=list
    )
    charge_ids: Annotated[list[Id], Field(max_length=MOST_ITEMS)] = Field(default_factory=list)
    note: Annotated[Text, Field(max_length=1000)] = ""


class ApprovedItemForm(Form):
    """How much of an item is approved, and why less where it is less."""

    item_id: Id
    approved_fen: Amount
    reason: Annotated[Line, Field(max_length=300)] = ""


class RedemptionReviewForm(Form):
    """What a review of the version that was read approves; an item that is not named is approved as it stands."""

    version: Id
    items: Annotated[list[ApprovedItemForm], Field(max_length=MOST_ITEMS)] = Field(default_factory=list)
    reason: Annotated[Line, Field(max_length=300)] = ""

    @property
    def by_item(self) -> dict[int, ApprovedItemForm]:
        """What is said of each item; raises InvalidInput for one that is named twice."""
        found = {one.item_id: one for one in self.items}
        if len(found) < len(self.items):
            raise InvalidInput([Problem("items", N_("同一项只能填一次。"))])
        return found


class RedemptionRejectionForm(Form):
    """Why a request, as it was read, is refused; for good, or so that its amounts can be claimed again."""

    version: Id
    reason: Reason
    is_final: bool = False


class RedemptionPaymentForm(Form):
    """What the bank says of a payment."""

    paid_on: NearDay
    receipt_number: Annotated[FilledLine, Field(max_length=60)]


class SubmittedElsewhereForm(Form):
    """On which day a request was handed in where it is decided."""

    submitted_on: NearDay


class PaidElsewhereForm(RedemptionReviewForm):
    """What was approved of each item where it is decided, and when it was paid, by which paper of the bank."""

    paid_on: NearDay
    receipt_number: Annotated[FilledLine, Field(max_length=60)]


class ClawBackForm(Form):
    """How much of which item came back, by which paper of the bank, and why."""

    item_id: Id
    amount_fen: Paid
    paid_on: NearDay
    receipt_number: Annotated[FilledLine, Field(max_length=60)]
    reason: Reason


class WithdrawRedemptionForm(Form):
    """Why a claimant takes a request back."""

    reason: Annotated[Line, Field(max_length=300)] = ""


class RedemptionDocumentForm(Form):
    """Which paper of the list the files are."""

    document: ProgrammeDocument


Share = Annotated[int, Field(strict=True, ge=1, le=10_000), BeforeValidator(hundredths)]


class RedemptionSampleForm(Form):
    """What is drawn to be audited: a share in basis points or a number of what was paid between two days.

    Nobody chooses the seed, which would choose what is drawn.
    """

    programme_id: Id
    paid_from: NearDay
    paid_until: NearDay
    share: Annotated[Share | None, Blank] = None
    count: Annotated[Annotated[int, Field(ge=1, le=10_000)] | None, Blank] = None

    def check(self, today: date) -> None:
        """Raises InvalidInput for days out of order or to come, and unless share or number is said, not both."""
        problems = []
        if (self.share is None) == (self.count is None):
            problems.append(Problem("share", N_("比例和数量，请填一项。")))
        if self.paid_until < self.paid_from:
            problems.append(Problem("paid_until", N_("最后一天不能早于第一天。")))
        if self.paid_until > today:
            problems.append(Problem("paid_until", N_("最后一天不能晚于今天。")))
        if problems:
            raise InvalidInput(problems)


class RedemptionsQuery(Form):
    """Which redemptions: of one claimant, programme or state, or all that wait for an authority."""

    organisation: Annotated[Id | None, Blank] = None
    programme: Annotated[Id | None, Blank] = None
    state: Annotated[RedemptionState | None, Blank] = None
    waiting: bool = False
    limit: Limit = 50
    cursor: Cursor = ""


class RedemptionsPage(RedemptionsQuery, PageForm):
    """The same as a page reads it."""


class ClaimableQuery(Form):
    """What a claimant could claim."""

    organisation: Id
    programme: Annotated[Id | None, Blank] = None
    limit: Limit = 50
    cursor: Cursor = ""


class ClaimablePage(ClaimableQuery, PageForm):
    """The same as a page reads it."""


class CapturedPage(PageForm):
    """What vouchers covered that a claimant may claim, or what of it has lapsed."""

    organisation: Id
    lapsed: bool = False
    cursor: Cursor = ""


class RedemptionNoticesQuery(Form):
    """Some of what is or was in public."""

    limit: Limit = 50
    cursor: Cursor = ""


class RedemptionNoticesPage(RedemptionNoticesQuery, PageForm):
    """The same as a page reads it."""


class RedemptionSamplesQuery(Form):
    """The samples of one programme, or of all that one sees."""

    programme: Annotated[Id | None, Blank] = None
    limit: Limit = 50
    cursor: Cursor = ""


class RedemptionSamplesPage(RedemptionSamplesQuery, PageForm):
    """The same as a page reads it."""


class RedemptionFindingForm(Form):
    """What was found of a redemption that was drawn; what is wrong is written down."""

    redemption_id: Id
    is_in_order: bool
    note: Annotated[Line, Field(max_length=300)] = ""

    def check(self) -> None:
        """Raises InvalidInput where it is not said what is wrong."""
        if not self.is_in_order and not self.note:
            raise InvalidInput([Problem("note", N_("请写明哪里有误。"))])


class RedemptionFindingPage(PageForm):
    """A finding as the page sends it, `drawn` with the sample."""

    drawn: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,8}-[1-9][0-9]{0,8}$")]
    is_in_order: bool
    note: Annotated[Line, Field(max_length=300)] = ""

    @property
    def sample_id(self) -> int:
        """The sample."""
        return int(self.drawn.partition("-")[0])

    @property
    def finding(self) -> RedemptionFindingForm:
        """What was found of which redemption."""
        redemption_id = int(self.drawn.partition("-")[2])
        return RedemptionFindingForm(redemption_id=redemption_id, is_in_order=self.is_in_order, note=self.note)


class RedemptionRejectionPage(RedemptionRejectionForm, PageForm):
    """A refusal as the page sends it."""


class RedemptionPaymentPage(RedemptionPaymentForm, PageForm):
    """A payment as the page sends it."""


class SubmittedElsewherePage(SubmittedElsewhereForm, PageForm):
    """A day of submission as the page sends it."""


class ClawBackPage(ClawBackForm, PageForm):
    """A claw-back as the page sends it."""


class WithdrawRedemptionPage(WithdrawRedemptionForm, PageForm):
    """A withdrawal as the page sends it."""


class RedemptionDocumentPage(RedemptionDocumentForm, PageForm):
    """A paper as the page sends it."""


class RedemptionSamplePage(RedemptionSampleForm, PageForm):
    """A sample as the page sends it."""
