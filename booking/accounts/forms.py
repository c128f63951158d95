"""What people type about themselves, as typed values."""

from typing import Annotated, Any

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationInfo
from pydantic_core import PydanticCustomError

from booking.accounts.rules import LONGEST_PASSWORD, SHORTEST_PASSWORD, Looks, normal_address, password_fault
from booking.core.forms import Blank, FilledLine, Form, Line, NearDay, PageForm
from booking.core.pages import LARGEST_PAGE
from models.vocabulary.accounts import AccountState, Language, TokenScope

LONGEST_TOKEN_DAYS = 365
LARGEST_ID = 2**31 - 1


def _email(value: str) -> str:
    """A well-formed address in its normal form; whether mail arrives there is not asked."""
    try:
        return normal_address(validate_email(value, check_deliverability=False).normalized)
    except EmailNotValidError as wrong:
        raise PydanticCustomError("email", "email") from wrong


def _good_password(value: str, info: ValidationInfo) -> str:
    """Refuse passwords that are tried first; `email` stands before the password in every form."""
    if fault := password_fault(value, info.data.get("email") or ""):
        raise PydanticCustomError(fault, "weak password")
    return value


def _agreed(value: str) -> str:
    """Refuse a box that was not ticked."""
    if not value:
        raise PydanticCustomError("not_agreed", "not agreed")
    return value


def _listed(value: Any) -> Any:
    """A page sends one choice, a program a list."""
    return [value] if isinstance(value, str) else value


Email = Annotated[Line, Field(max_length=254), AfterValidator(_email)]
KnownEmail = Annotated[Line, Field(max_length=254), AfterValidator(normal_address)]
KnownPassword = Annotated[str, StringConstraints(strip_whitespace=False, max_length=LONGEST_PASSWORD)]
NewPassword = Annotated[
    str,
    StringConstraints(strip_whitespace=False, min_length=SHORTEST_PASSWORD, max_length=LONGEST_PASSWORD),
    AfterValidator(_good_password),
]
Name = Annotated[FilledLine, Field(max_length=80)]


class RegisterForm(PageForm):
    """Somebody wants an account."""

    name: Name
    email: Email
    password: NewPassword
    agrees: Annotated[str, AfterValidator(_agreed)] = Field("", validate_default=True, max_length=10)


class EmailForm(PageForm):
    """Somebody asks for a mail."""

    email: Email


class SignInForm(PageForm):
    """Somebody proves who they are."""

    email: KnownEmail
    password: KnownPassword


class ResetForm(PageForm):
    """A new password by a mailed link; `email` comes from the link."""

    email: Line
    password: NewPassword


class PasswordForm(PageForm):
    """A new password with the old one; `email` comes from the session."""

    email: Line
    current_password: KnownPassword
    password: NewPassword


class PasswordChange(Form):
    """A new password with the old one, through the API; one shorter than any can be is refused uncounted."""

    current_password: Annotated[KnownPassword, Field(min_length=SHORTEST_PASSWORD)]
    password: NewPassword


class NewAddressForm(PageForm):
    """Another address, with the password."""

    new_email: Email
    current_password: KnownPassword


class MoveAddressForm(Form):
    """Another address for somebody who lost the mailbox, and how it was made sure that it is they."""

    new_email: Email
    reason: Annotated[FilledLine, Field(max_length=300)]


class MoveAddressPage(MoveAddressForm, PageForm):
    """The same as the page sends it."""


class ProfileForm(PageForm):
    """Name and language."""

    name: Name
    language: Language


class ProfileChange(Form):
    """Name or language, or both; what is left out stays."""

    name: Name | None = None
    language: Language | None = None


class TokenForm(Form):
    """A personal access token as wanted."""

    name: Name
    scopes: Annotated[list[TokenScope], BeforeValidator(_listed)] = Field([TokenScope.READ], min_length=1, max_length=2)
    days: int = Field(90, ge=1, le=LONGEST_TOKEN_DAYS)


class TokensQuery(Form):
    """Which part of the list."""

    limit: int = Field(50, ge=1, le=LARGEST_PAGE)
    cursor: str = Field("", max_length=200)


class AuditQuery(Form):
    """Which entries of the audit log; every field may be left out, both days are included.

    `text` stands in the reason, or in a value before or after. `looks` leaves out that somebody read or listed
    personal data, or gives nothing else.
    """

    looks: Annotated[Looks | None, Blank] = None
    action: Line = Field("", max_length=80)
    person: Line = Field("", max_length=254)
    subject_kind: Line = Field("", max_length=40)
    subject_id: int | None = Field(None, ge=1, le=LARGEST_ID)
    since: NearDay | None = None
    until: NearDay | None = None
    text: Line = Field("", max_length=200)
    limit: int = Field(50, ge=1, le=LARGEST_PAGE)
    cursor: str = Field("", max_length=200)


class UsersQuery(Form):
    """Which accounts; words of the address or the name, every field may be left out."""

    q: Line = Field("", max_length=254)
    state: AccountState | None = None
    limit: int = Field(50, ge=1, le=LARGEST_PAGE)
    cursor: str = Field("", max_length=200)


class NewAccountForm(Form):
    """An account made on the command line."""

    email: Email
    name: Name
    password: NewPassword
