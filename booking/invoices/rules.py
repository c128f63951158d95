"""Decisions about invoices on values alone: the tax in an amount, what fits together, and what is to be looked at."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from booking.core.errors import Problem
from booking.core.money import WHOLE_SHARE, rounded, yuan_from_fen
from booking.core.texts import N_
from models.vocabulary.invoices import InvoiceKind


class Difference(StrEnum):
    """What does not agree and is to be looked at; it refuses nothing."""

    TITLE_NOT_PAYER = "title_not_payer"
    TAX_NUMBER_NOT_PAYER = "tax_number_not_payer"
    TITLE_NOT_HOLDER = "title_not_holder"
    STATEMENT_OF_OTHER_HOLDER = "statement_of_other_holder"
    MORE_THAN_BILLED = "more_than_billed"
    TITLE_NOT_CONTRACT = "title_not_contract"
    TAX_NUMBER_NOT_CONTRACT = "tax_number_not_contract"
    PAYER_NOT_CONTRACT = "payer_not_contract"
    TITLE_NOT_VOUCHER = "title_not_voucher"
    TAX_NUMBER_NOT_VOUCHER = "tax_number_not_voucher"
    PAYER_NOT_VOUCHER = "payer_not_voucher"
    CONTRACT_NOT_VOUCHER = "contract_not_voucher"


@dataclass(frozen=True, slots=True)
class Party:
    """An institution or a person by their names, and the number under which they pay taxes if that is known."""

    names: frozenset[str]
    tax_number: str = ""

    def is_same(self, other: "Party") -> bool:
        """Whether both are one: by their numbers where both have one, else by a name."""
        if self.tax_number and other.tax_number:
            return self.tax_number == other.tax_number
        return not self.names.isdisjoint(other.names)


@dataclass(frozen=True, slots=True)
class Billed:
    """A statement that is to be covered: what it asks for, what of that other invoices cover, who answered for it."""

    total_fen: int
    invoiced_fen: int
    holder_id: int
    number: str = ""

    @property
    def left_fen(self) -> int:
        """What may be covered still."""
        return max(0, self.total_fen - self.invoiced_fen)


def tax_in(amount_fen: int, rate: int) -> int:
    """The tax that an amount with tax contains, at a rate in basis points."""
    return rounded(Fraction(amount_fen * rate, WHOLE_SHARE + rate))


def misfits(
    kind: InvoiceKind, tax_number: str, wanted: Mapping[int, int], billed: Mapping[int, Billed]
) -> list[Problem]:
    """Everything against an invoice that covers `wanted` amounts of statements; none above what is left of each."""
    found = []
    if kind == InvoiceKind.SPECIAL and not tax_number:
        found.append(Problem("tax_number", N_("专用发票须填写税号。")))
    for statement_id, amount in wanted.items():
        left = billed[statement_id].left_fen
        if amount > left:
            sentence = N_("结算单 %(number)s 还可以开票 %(left)s 元。")
            told = {"number": billed[statement_id].number, "left": yuan_from_fen(left)}
            found.append(Problem("amount_fen", sentence, told))
    return found


def unfit_reversals(wanted: Mapping[int, int], left: Mapping[int, int], numbers: Mapping[int, str]) -> list[Problem]:
    """Everything against reversing `wanted` amounts of an invoice: beyond what is left of it, or not covered by it."""
    found = []
    for statement_id, amount in wanted.items():
        if statement_id not in left:
            found.append(Problem("items", N_("这张发票不含所选的结算单。")))
        elif amount > left[statement_id]:
            told = {"number": numbers[statement_id], "left": yuan_from_fen(left[statement_id])}
            found.append(Problem("amount_fen", N_("结算单 %(number)s 还可以红冲 %(left)s 元。"), told))
    return found


def differences(  # noqa: PLR0917 - what an invoice says, who pays, and who answers for that
    title: str, tax_number: str, payer: Party, holder: Party, holders: Collection[int], holder_id: int
) -> list[Difference]:
    """What does not agree between an invoice, who pays, who answers for the account, and who answered before."""
    found = []
    if payer.names and title not in payer.names:
        found.append(Difference.TITLE_NOT_PAYER)
    if tax_number and payer.tax_number and tax_number != payer.tax_number:
        found.append(Difference.TAX_NUMBER_NOT_PAYER)
    if title not in holder.names:
        found.append(Difference.TITLE_NOT_HOLDER)
    if set(holders) - {holder_id}:
        found.append(Difference.STATEMENT_OF_OTHER_HOLDER)
    return found


def contract_differences(title: str, tax_number: str, payer: Party, contracted: Collection[Party]) -> list[Difference]:
    """What does not agree between an invoice, who pays, and each of those with whom the uses were contracted."""
    found = []
    if any(title not in one.names for one in contracted):
        found.append(Difference.TITLE_NOT_CONTRACT)
    if tax_number and any(one.tax_number not in {"", tax_number} for one in contracted):
        found.append(Difference.TAX_NUMBER_NOT_CONTRACT)
    if not all(one.is_same(payer) for one in contracted):
        found.append(Difference.PAYER_NOT_CONTRACT)
    return found


def voucher_differences(
    title: str, tax_number: str, payer: Party, contracted: Collection[Party], enterprises: Collection[Party]
) -> list[Difference]:
    """What does not agree between an invoice, who pays, contracts, and the enterprises whose vouchers pay a part.

    Who pays is an institution or a firm here; of somebody who pays in person only the title can say for whom.
    """
    found = []
    if any(title not in one.names for one in enterprises):
        found.append(Difference.TITLE_NOT_VOUCHER)
    if tax_number and any(one.tax_number not in {"", tax_number} for one in enterprises):
        found.append(Difference.TAX_NUMBER_NOT_VOUCHER)
    if payer.names and not all(one.is_same(payer) for one in enterprises):
        found.append(Difference.PAYER_NOT_VOUCHER)
    if any(not one.is_same(other) for one in enterprises for other in contracted):
        found.append(Difference.CONTRACT_NOT_VOUCHER)
    return found
