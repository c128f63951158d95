"""What is read from outside about vouchers."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from booking.core.forms import Blank, FilledLine, Form, NearDay, PageForm, hundredths
from booking.core.pages import LARGEST_PAGE
from booking.programmes.forms import MOST_FEN, Id
from models.vocabulary.vouchers import VoucherState


class VoucherReasonForm(Form):
    """Why an authority does something with a voucher."""

    reason: Annotated[FilledLine, Field(max_length=300)]


class VoucherStepPage(VoucherReasonForm, PageForm):
    """The same as a page sends it, with the version that was read."""

    version: int = Field(ge=1, le=2**31 - 1)


class RegisterVoucherForm(Form):
    """A voucher of another system: whose, of which programme, its number, face and days there.

    Its evidence comes with it, so that it is sent as a form, in which an amount is a text.
    """

    organisation_id: Id
    programme_id: Id
    number_there: Annotated[FilledLine, Field(max_length=60)]
    face_fen: Annotated[int, Field(ge=1, le=MOST_FEN), BeforeValidator(hundredths)]
    use_by: NearDay
    redeem_by: NearDay


class RegisterVoucherPage(RegisterVoucherForm, PageForm):
    """The same as a page sends it."""


class RegisterVoucherQuery(PageForm):
    """What the page of a new registration begins with."""

    programme: Annotated[Id | None, Blank] = None
    organisation: Annotated[Id | None, Blank] = None


class RelationForm(Form):
    """What an authority says of an enterprise and a provider: that they are related, or (false) no longer, and why."""

    authority_id: Id
    organisation_id: Id
    provider_id: Id
    is_related: bool = True
    reason: Annotated[FilledLine, Field(max_length=300)]


class RelationPage(PageForm):
    """The same as a page sends it, which names both."""

    authority_id: Id
    firm: Annotated[FilledLine, Field(max_length=200)]
    provider: Annotated[FilledLine, Field(max_length=200)]
    is_related: bool = True
    reason: Annotated[FilledLine, Field(max_length=300)]


class VouchersQuery(Form):
    """Which vouchers."""

    mine: bool = False
    programme: Annotated[Id | None, Blank] = None
    state: Annotated[VoucherState | None, Blank] = None
    limit: int = Field(50, ge=1, le=LARGEST_PAGE)
    cursor: str = Field("", max_length=200)


class VouchersPage(VouchersQuery, PageForm):
    """The same as a page reads it, beside the language."""


class VoucherEntriesQuery(Form):
    """Which entries of a voucher or a budget."""

    limit: int = Field(50, ge=1, le=LARGEST_PAGE)
    cursor: str = Field("", max_length=200)


class RelationsQuery(Form):
    """Which part of what authorities say of relations."""

    limit: int = Field(50, ge=1, le=LARGEST_PAGE)
    cursor: str = Field("", max_length=200)


class RelationsPage(RelationsQuery, PageForm):
    """The same as a page reads it, beside the language."""


class VoucherPage(PageForm):
    """Which part of a voucher's entries, or of what charges took, a page shows."""

    cursor: str = Field("", max_length=200)
    taken: str = Field("", max_length=200)
