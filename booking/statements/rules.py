"""Decisions about statements on values alone: kinds, cut-off days, numbers, amounts, and how late a debt is."""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from models.vocabulary.charges import ChargeKind
from models.vocabulary.payers import PayerKind
from models.vocabulary.statements import StatementKind

PAID_BEFORE = frozenset({PayerKind.PREPAID, PayerKind.DEPOSIT})
"""Kinds whose charges were taken from money that the institution has already."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What an actor is to a statement: keeps the institution's, reads them, owes it, or keeps what pays.

    `is_billed_to` is whether they act for the organisation that it was billed to.
    """

    manages: bool = False
    reads: bool = False
    owes: bool = False
    keeps_payer: bool = False
    is_billed_to: bool = False

    @property
    def sees(self) -> bool:
        """Whether they may know of it."""
        return self.manages or self.reads or self.owes or self.keeps_payer or self.is_billed_to

    @property
    def settles(self) -> bool:
        """Whether they may bill it and record its money: nobody does that with what they owe themselves."""
        return self.manages and not self.owes

    @property
    def sees_cash(self) -> bool:
        """Whether they may read what was received for it."""
        return self.manages or self.reads or self.owes


@dataclass(frozen=True, slots=True)
class Billable:
    """A charge with what statements have not said of it yet; `taken_fen` is what they said was taken before."""

    charge_id: int
    gross_fen: int
    billed_fen: int
    captured_fen: int
    taken_fen: int
    turn: int
    last_line_id: int
    kind: ChargeKind
    starts_at: datetime
    ends_at: datetime
    user_name: str
    instrument_zh: str
    instrument_en: str

    @property
    def amounts(self) -> tuple[int, int, int, int, int]:
        """The charge with its amounts, which a draft was made of."""
        return self.charge_id, self.gross_fen, self.billed_fen, self.captured_fen, self.taken_fen


@dataclass(frozen=True, slots=True)
class ItemAmounts:
    """What an item of a statement comes to, and how much of that was taken already."""

    amount_fen: int
    taken_fen: int


@dataclass(frozen=True, slots=True)
class Untils:
    """The last days that statements and transfer slips run to."""

    bills: date
    slips: date


def kind_of(payer: PayerKind | None) -> StatementKind:
    """What a statement to an account of this kind asks for; nobody's account is paid by the person."""
    if payer == PayerKind.GRANT:
        return StatementKind.TRANSFER_SLIP
    return StatementKind.TAKEN if payer in PAID_BEFORE else StatementKind.TO_PAY


def item_of(one: Billable, kind: StatementKind) -> ItemAmounts:
    """What a statement says of a charge: what changed since the one before; of money paid in, what was taken of it."""
    taken = one.captured_fen - one.taken_fen if kind == StatementKind.TAKEN else 0
    return ItemAmounts(one.gross_fen - one.billed_fen, taken)


def digest_of(rows: Iterable[Sequence[int]]) -> str:
    """What a draft is made of in one word: each charge with its amounts, in their order."""
    return sha256(";".join(",".join(map(str, row)) for row in rows).encode()).hexdigest()


def number_of(year: int, number: int) -> str:
    """A statement's number as people write it."""
    return f"JS{year}-{number:05d}"


def last_cut_off(today: date, cut_off_day: int) -> date:
    """The last cut-off day before today; a month that is shorter is cut off on its last day."""
    this_month = _cut_off(today.year, today.month, cut_off_day)
    if this_month < today:
        return this_month
    before = today.replace(day=1) - timedelta(days=1)
    return _cut_off(before.year, before.month, cut_off_day)


def _cut_off(year: int, month: int, day: int) -> date:
    """The cut-off day of a month."""
    return date(year, month, min(day, monthrange(year, month)[1]))


def last_term_end(today: date, ends: Iterable[tuple[int, int]]) -> date | None:
    """The last end of a term before today; None where no terms are set."""
    days = [date(year, month, day) for month, day in ends for year in (today.year - 1, today.year)]
    return max((day for day in days if day < today), default=None)


def term_days(text: str) -> list[tuple[int, int]]:
    """Month and day of each MM-DD in a text; raises ValueError for what is no day of every year."""
    return [(day.month, day.day) for day in (date.fromisoformat(f"2001-{part}") for part in text.split())]


class Age(StrEnum):
    """How late a debt is, as lists of finance group it."""

    NOT_DUE = "not_due"
    TO_30 = "to_30"
    TO_60 = "to_60"
    TO_90 = "to_90"
    OVER_90 = "over_90"


_LATEST: Sequence[tuple[int, Age]] = ((0, Age.NOT_DUE), (30, Age.TO_30), (60, Age.TO_60), (90, Age.TO_90))


def age_of(due_on: date, today: date) -> Age:
    """How late what was due on a day is today: the day itself is still in time, the next one is one day late."""
    late = (today - due_on).days
    return next((age for most, age in _LATEST if late <= most), Age.OVER_90)


def late_between(age: Age) -> tuple[int | None, int | None]:
    """How many days late debts of an age are: at least and at most, none for no bound."""
    ends = [most for most, _age in _LATEST]
    at = list(Age).index(age)
    return (ends[at - 1] + 1 if at else None), (ends[at] if at < len(ends) else None)


class Moved(StrEnum):
    """What an entry of the ledger did with what a debtor owes: each is shown with its amounts."""

    BILLED = "billed"
    CREDITED = "credited"
    RECEIVED = "received"
    REFUNDED = "refunded"
    CORRECTED = "corrected"
    SETTLED = "settled"
    REOPENED = "reopened"


class Came(StrEnum):
    """What a row of an institution's cash book is: for statements, or into a payer account; and what took it back."""

    RECEIVED = "received"
    REFUNDED = "refunded"
    CORRECTED = "corrected"
    TOPPED_UP = "topped_up"
    PAID_BACK = "paid_back"
    TAKEN_BACK = "taken_back"


def shares(amounts: Sequence[int], available: int) -> list[int]:
    """How an amount settles open ones in their order, each whole before the next one gets anything."""
    found = []
    for amount in amounts:
        part = min(amount, available)
        found.append(part)
        available -= part
    return found
