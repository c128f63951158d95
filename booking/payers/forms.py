"""What is read from outside about payer accounts; pages write yuan, the API fen."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationInfo
from pydantic_core import PydanticCustomError

from booking.accounts.forms import Email
from booking.accounts.rules import normal_address
from booking.core.forms import Blank, FilledLine, Form, Line, NearDay, OptionalDay, PageForm, hundredths
from booking.core.money import yuan_from_fen
from booking.core.pages import LARGEST_PAGE
from booking.payers.rules import Terms
from models.vocabulary.payers import PayerKind

MOST_FEN = 10_000_000_000

Id = Annotated[int, Field(ge=1, lt=2**31)]
Limit = Annotated[int, Field(ge=1, le=LARGEST_PAGE)]
Cursor = Annotated[str, Field(max_length=200)]


def _not_too_much(fen: int) -> int:
    """Refuse more than an account may have, and say how much that is in yuan."""
    if fen > MOST_FEN:
        raise PydanticCustomError("amount_too_large", "too large", {"limit": yuan_from_fen(MOST_FEN)})
    return fen


_Most = Field(json_schema_extra={"maximum": MOST_FEN})
Amount = Annotated[int, Field(strict=True, ge=0), AfterValidator(_not_too_much), BeforeValidator(hundredths), _Most]
Paid = Annotated[int, Field(strict=True, gt=0), AfterValidator(_not_too_much), BeforeValidator(hundredths), _Most]
Reason = Annotated[FilledLine, Field(max_length=300)]
Province = Annotated[str, StringConstraints(pattern=r"^[0-9]{2}0000$")]
Holder = Annotated[FilledLine, Field(max_length=254), AfterValidator(normal_address)]


def _not_both(mine: bool, info: ValidationInfo) -> bool:
    """Refuse to look for one's own among those of an institution."""
    if mine and info.data.get("organisation") is not None:
        raise PydanticCustomError("mine_or_place", "both")
    return mine


class TermsForm(Form):
    """What is said of a payer account beside its amount; `provinces` are those beside its institution's own."""

    name: Annotated[FilledLine, Field(max_length=120)]
    holder: Holder
    budget_item: Annotated[Line, Field(max_length=60)] = ""
    expires_on: OptionalDay = None
    provinces: Annotated[list[Province], Field(max_length=40)] = Field(default_factory=list)
    province_rule: Annotated[Line, Field(max_length=300)] = ""

    @property
    def terms(self) -> Terms:
        """As the rules read it."""
        return Terms(self.budget_item, self.expires_on, tuple(self.provinces), self.province_rule)


class NewPayerForm(TermsForm):
    """A new payer account: a grant's project number or a number of the institution's own, and who answers for it."""

    kind: PayerKind
    number: Annotated[FilledLine, Field(max_length=60)]


class NewPayerBody(NewPayerForm):
    """The same with the institution that keeps it."""

    organisation_id: Id


class PayerChangeForm(TermsForm):
    """What is said of it from now on, and why it changed."""

    reason: Reason


class PayerAmountForm(Form):
    """The authorised amount or the credit limit from now on, and why."""

    amount_fen: Amount
    reason: Reason


class PayerReceiptForm(Form):
    """Money that came or went back: how much, by which receipt of which day."""

    amount_fen: Paid
    receipt_number: Annotated[FilledLine, Field(max_length=60)]
    receipt_on: NearDay
    reason: Annotated[Line, Field(max_length=300)] = ""


class PayerReasonForm(Form):
    """Why."""

    reason: Reason


class PayerLimitForm(Form):
    """How much a member may use in all; null means whatever is left."""

    limit_fen: Amount | None


class PayerMemberForm(Form):
    """Whose account it is that may use it, and how much of it in all; null means whatever is left."""

    email: Email
    limit_fen: Amount | None = None


class PayersQuery(Form):
    """Whose payer accounts: one's own with `mine=1` or without more, else those an institution keeps."""

    organisation: Annotated[Id | None, Blank] = None
    mine: Annotated[bool, AfterValidator(_not_both)] = False
    limit: Limit = 50
    cursor: Cursor = ""


class TransfersQuery(Form):
    """Which part of the transfers."""

    limit: Limit = 50
    cursor: Cursor = ""


class NewPayerPage(NewPayerForm, PageForm):
    """A new payer account, as the page sends it."""


class ChangePage(PayerChangeForm, PageForm):
    """A change, as the page sends it, with the version the page was made from."""

    version: Annotated[int | None, Blank] = None


class AmountPage(PayerAmountForm, PageForm):
    """An amount, as the page sends it, with the version the page was made from."""

    version: Annotated[int | None, Blank] = None


class ReceiptPage(PayerReceiptForm, PageForm):
    """A receipt, as the page sends it."""


class ReasonPage(PayerReasonForm, PageForm):
    """A reason, as the page sends it."""


class MemberPage(PayerMemberForm, PageForm):
    """A member, as the page sends it."""


class LimitPage(PageForm):
    """A member's limit, as the page sends it; empty for none."""

    limit_fen: Amount | None = None


class ListPage(PageForm):
    """Which part of a list."""

    cursor: Cursor = ""


class LinesPage(ListPage):
    """Which part of the transfers (after the page before, or from an entry on), of what is held, of what was paid."""

    entry: Annotated[Id | None, Blank] = None
    held: Cursor = ""
    paid: Cursor = ""
