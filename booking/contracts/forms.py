"""What is read from outside about contracts and their texts; pages write yuan, the API fen."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from booking.contracts.rules import LONGEST_CLAUSE, Terms
from booking.core.forms import Blank, FilledLine, Form, Line, NearDay, PageForm, Text, hundredths
from booking.core.money import yuan_from_fen
from booking.core.pages import LARGEST_PAGE
from models.vocabulary.contracts import Clause, ContractScope, ContractSide, ContractState, SignatureKind

MOST_FEN = 100_000_000_000

Id = Annotated[int, Field(ge=1, lt=2**31)]
Limit = Annotated[int, Field(ge=1, le=LARGEST_PAGE)]
Cursor = Annotated[str, Field(max_length=200)]
Reason = Annotated[Text, Field(max_length=600)]
Wording = Annotated[Text, Field(max_length=LONGEST_CLAUSE)]


def not_too_much(fen: int) -> int:
    """Refuse more than a contract may be about, and say how much that is in yuan."""
    if fen > MOST_FEN:
        raise PydanticCustomError("amount_too_large", "too large", {"limit": yuan_from_fen(MOST_FEN)})
    return fen


Amount = Annotated[
    int,
    Field(strict=True, gt=0),
    AfterValidator(not_too_much),
    BeforeValidator(hundredths),
    Field(json_schema_extra={"maximum": MOST_FEN}),
]


class _TermsForm(Form):
    """What is agreed on: for what, up to how much in all (null: without a limit), from when until when."""

    scope: ContractScope
    instrument_id: Annotated[Id | None, Blank] = None
    sample_order_id: Annotated[Id | None, Blank] = None
    amount_fen: Amount | None = None
    starts_on: NearDay
    ends_on: NearDay
    remark: Annotated[Text, Field(max_length=1000)] = ""

    @property
    def terms(self) -> Terms:
        """As the rules read it."""
        return Terms(self.scope, self.instrument_id, self.sample_order_id, self.starts_on, self.ends_on)


class ContractForm(_TermsForm):
    """A contract: with whom (a USCC, or the name as it stands in the directory), under which number (none: ours)."""

    party: Annotated[FilledLine, Field(max_length=200)]
    number: Annotated[Line, Field(max_length=40)] = ""
    title: Annotated[FilledLine, Field(max_length=200)]


class ContractBody(ContractForm):
    """The same with the institution that keeps it."""

    organisation_id: Id


class AskContractForm(_TermsForm):
    """What the other party asks to be agreed on, and for which of one's organisations."""

    party_id: Id


class AskContractBody(AskContractForm):
    """The same with the institution that is asked."""

    organisation_id: Id


class SignForm(Form):
    """Whose signature the file shows, of which kind and day; who acts for the party signs for it alone.

    `version` is the one that was read.
    """

    sides: Annotated[list[ContractSide], Field(min_length=1, max_length=2)]
    kind: SignatureKind
    signed_on: NearDay
    version: Id


class EndContractForm(Form):
    """Why a contract ends."""

    reason: Annotated[Reason, Field(min_length=1)]


class SendContractForm(Form):
    """What is said with the sending, or with taking it back."""

    reason: Reason = ""


class ClauseForm(Form):
    """One topic in both languages."""

    zh: Wording
    en: Wording


class ContractTextForm(Form):
    """Another version of the text: the six topics."""

    clauses: dict[Clause, ClauseForm]

    @property
    def plain(self) -> dict[str, dict[str, str]]:
        """As it is stored."""
        return {clause.value: {"zh": said.zh, "en": said.en} for clause, said in self.clauses.items()}


class ContractTextBody(ContractTextForm):
    """The same with the institution whose text it is."""

    organisation_id: Id


class RequirementForm(Form):
    """Whether outside uses need anything, and from which amount on a contract instead of an order form."""

    requires: bool
    threshold_fen: Annotated[
        int,
        Field(strict=True, ge=0),
        AfterValidator(not_too_much),
        BeforeValidator(hundredths),
        Field(json_schema_extra={"maximum": MOST_FEN}),
    ]


class RequirementPage(RequirementForm, PageForm):
    """The same, as the page sends it, with the version the page was made from."""

    requires: bool = False
    version: Annotated[int | None, Blank] = None


class OrderFormForm(Form):
    """Which version of the text is accepted as the order form."""

    text_id: Id


class OrderFormPage(OrderFormForm, PageForm):
    """The same, as the page sends it."""


class OrderFormsQuery(Form):
    """Whose order forms: one's own and those of one's firms, or those that an institution was given."""

    organisation: Annotated[Id | None, Blank] = None
    limit: Limit = 50
    cursor: Cursor = ""


class ListPage(PageForm):
    """Which part of a list."""

    cursor: Cursor = ""


class ContractsQuery(Form):
    """Whose contracts: those an institution keeps, or those of the organisations one acts for."""

    organisation: Annotated[Id | None, Blank] = None
    state: ContractState | None = None
    ending: bool = False
    limit: Limit = 50
    cursor: Cursor = ""


class ContractTextsQuery(Form):
    """Of which institution."""

    organisation: Id


class ContractPage(ContractForm, PageForm):
    """A contract, as the page sends it, with the version the page was made from."""

    version: Annotated[int | None, Blank] = None


class AskContractPage(AskContractForm, PageForm):
    """A wish for a contract, as the page sends it."""


class SignPage(SignForm, PageForm):
    """A signature, as the page sends it."""


class EndPage(EndContractForm, PageForm):
    """An end, as the page sends it."""


class SendContractPage(SendContractForm, PageForm):
    """A sending, as the page sends it."""


class ContractsPage(PageForm):
    """Which part of a list a page shows."""

    show: Annotated[str, Field(max_length=20)] = ""
    cursor: Cursor = ""


class AskedContract(PageForm):
    """For what the form of a wish is opened."""

    instrument: Annotated[Id | None, Blank] = None
    order: Annotated[Id | None, Blank] = None
    starts_on: Annotated[date | None, Blank] = None
