"""What is read from outside about charges; pages write yuan, the API fen."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from booking.charges.figures import Whose
from booking.charges.queries import Show, Wanted
from booking.core.forms import Blank, Form, Line, PageForm, Text, Written, hundredths
from booking.core.money import yuan_from_fen
from booking.core.pages import LARGEST_PAGE
from models.vocabulary.charges import ChargeState

MOST_FEN = 10_000_000_000
MOST_ACCEPTED = 100

Id = Annotated[int, Field(ge=1, lt=2**31)]
Limit = Annotated[int, Field(ge=1, le=LARGEST_PAGE)]
Cursor = Annotated[str, Field(max_length=200)]
Reason = Annotated[Text, Field(min_length=1, max_length=1000)]


def signed_hundredths(value: object) -> object:
    """What a page wrote, with a sign before it, as whole hundredths; anything else as it is."""
    if not isinstance(value, Written):
        return value
    text = value.strip().replace("−", "-").replace("－", "-")
    sign = -1 if text.startswith("-") else 1
    fen = hundredths(Written(text.lstrip("+-")))
    return sign * fen if isinstance(fen, int) else fen


def _within(fen: int) -> int:
    """Refuse more than a charge changes by, in either direction."""
    if abs(fen) > MOST_FEN:
        raise PydanticCustomError("amount_too_large", "too large", {"limit": yuan_from_fen(MOST_FEN)})
    return fen


Change = Annotated[
    int,
    Field(strict=True),
    AfterValidator(_within),
    BeforeValidator(signed_hundredths),
    WithJsonSchema({"type": "integer", "minimum": -MOST_FEN, "maximum": MOST_FEN}),
]


class NothingForm(Form):
    """A step that says nothing more."""


class ChargeReasonForm(Form):
    """Why, or what is wrong."""

    reason: Reason


class ChargeTextForm(Form):
    """What somebody writes about a disputed charge."""

    text: Reason


class ChargeChangeForm(Form):
    """How much more (below zero: less) a charge is from now on, what the new line is called, and why.

    `is_difference` where it is what an authority did not approve of a voucher's share: vouchers pay nothing of it.
    """

    change_fen: Change
    name: Annotated[Line, Field(max_length=200)] = ""
    reason: Reason
    is_difference: bool = False


class ResolveForm(Form):
    """The answer to a dispute: the charge stands, or it changes by a new line; and why."""

    reason: Reason
    change_fen: Change = 0
    name: Annotated[Line, Field(max_length=200)] = ""


class SeenCharge(Form):
    """A charge in the version that was read (none: whatever it is now)."""

    id: Id
    version: Annotated[int, Field(ge=0, lt=2**31)] | None = None


class ChargesToAccept(Form):
    """Several charges that are agreed to."""

    charges: Annotated[list[SeenCharge], Field(min_length=1, max_length=MOST_ACCEPTED)]


class ChargesTableQuery(Form):
    """Which charges: one's own with `mine=1`, else those of the instruments whose money one looks after.

    `user` narrows them to what one person booked.
    """

    mine: bool = False
    show: Show = Show.ALL
    state: Annotated[ChargeState | None, Blank] = None
    payer_account: Annotated[Id | None, Blank] = None
    instrument: Annotated[Id | None, Blank] = None
    user: Annotated[Id | None, Blank] = None

    @property
    def wanted(self) -> Wanted:
        """The same as lists read it."""
        return Wanted(self.show, self.state, self.payer_account, self.instrument, self.user)


class ChargesQuery(ChargesTableQuery):
    """The same, page by page."""

    limit: Limit = 50
    cursor: Cursor = ""


class ChargesPage(PageForm):
    """The same as pages ask."""

    show: str = ""
    payer: Annotated[Id | None, Blank] = None
    user: Annotated[Id | None, Blank] = None
    cursor: Cursor = ""


class SpendingQuery(Form):
    """Whose spending: one's own, of accounts one answers for, of one's firms, or of the instruments one looks after."""

    whose: Annotated[Whose, Blank] = Whose.OWN


class SpendingPage(SpendingQuery, PageForm):
    """The same as the page asks."""


class ReasonPage(ChargeReasonForm, PageForm):
    """A reason, as the page sends it."""


class TextPage(ChargeTextForm, PageForm):
    """A message, as the page sends it."""


class ChangePage(ChargeChangeForm, PageForm):
    """A change, as the page sends it."""
