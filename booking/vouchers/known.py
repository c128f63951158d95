"""What was read of vouchers, of the books of their programmes and of the caps of firms, as values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from booking.ledger.rules import Move
from booking.programmes.rules import Terms
from booking.vouchers.rules import BookAccounts, BookStanding, CapAccounts, VoucherAccounts
from models.vocabulary.programmes import ReservesBudget
from models.vocabulary.vouchers import ENDED, VoucherState


@dataclass(frozen=True, slots=True)
class Found:
    """A voucher with its credit, what the version says that it was issued under, and of where its authority is.

    `is_accepted` is whether the authority accepts a provider, `is_flagged` whether it says that the firm and the
    provider are related; where nobody asked about one, neither is said.
    """

    id: int
    number: str
    programme_id: int
    organisation_id: int
    use_by: date
    redeem_by: date
    state: VoucherState
    accounts: VoucherAccounts
    credit_fen: int
    version_id: int
    terms: Terms
    issuer_adcode: str | None
    is_accepted: bool = True
    is_flagged: bool = False

    @property
    def draws(self) -> bool:
        """Whether a change of it moves the programme's budget: reserved by each use, or what comes back once ended."""
        return self.terms.reserves_budget == ReservesBudget.HOLD or self.state in ENDED


@dataclass(frozen=True, slots=True)
class Cap:
    """An enterprise's cap of a programme in a year, and what is left of it."""

    accounts: CapAccounts
    programme_id: int
    organisation_id: int
    year: int
    left_fen: int


@dataclass(frozen=True, slots=True)
class Book:
    """A programme's books, what they hold, and the budget of the version in force (None: no limit).

    `version` counts how often the budget followed the version in force, whose number is `version_number`.
    """

    id: int
    programme_id: int
    accounts: BookAccounts
    paid_id: int
    standing: BookStanding
    version: int
    version_number: int
    budget_fen: int | None

    @property
    def left_fen(self) -> int | None:
        """What is free of the budget as the version in force says it; None without a limit."""
        return self.standing.left_of(self.budget_fen)

    @property
    def following(self) -> Sequence[Move]:
        """What lets the budget be what the version in force says."""
        return list(self.accounts.following(self.budget_fen, self.standing))

    def is_settled(self, version: int) -> bool:
        """Whether nothing has to follow, and nothing has followed since either."""
        return version == self.version and not self.following


@dataclass(frozen=True, slots=True)
class Standings:
    """Programmes' books, and what firms may still use of them in each year."""

    books: Mapping[int, Book]
    caps: Sequence[Cap]


@dataclass(frozen=True, slots=True)
class Read:
    """The vouchers that were asked, by id, with books and caps, as they were read for a plan."""

    found: Mapping[int, Found]
    standing: Standings
