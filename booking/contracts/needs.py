"""What an outside use needs, and whether it is there: one decision for bookings and for sample orders; values only."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from booking.core.clock import local_date
from booking.core.period import Period
from models.vocabulary.contracts import NEEDY, Need

THRESHOLD_FEN = 5_000_000
"""Below it an order form is enough, unless the institution sets another."""


class AgreementFault(StrEnum):
    """Why a use cannot be asked for yet; the values are codes of refusals."""

    NEEDED = "order_form_needed"
    CHANGED = "order_form_changed"


@dataclass(frozen=True, slots=True)
class Cover:
    """A contract in force that may cover a use; `left_fen` is what its amount leaves, None without a limit."""

    contract_id: int
    number: str
    starts_on: date
    ends_on: date
    left_fen: int | None = None

    def covers(self, first: date, last: date, amount_fen: int | None) -> bool:
        """Whether it holds on all these days and its amount is enough; a limited one for no use without a price."""
        is_enough = self.left_fen is None or (amount_fen is not None and amount_fen <= self.left_fen)
        return is_enough and self.starts_on <= first and last <= self.ends_on


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What somebody accepted by a click: which version, when, at which amount, and the facts of the use they saw.

    `party_id` is the organisation to which they belonged, if it was one alone.
    """

    text_id: int
    at: datetime
    amount_fen: int
    facts: Mapping[str, Any]
    party_id: int | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """What a use needs and rests on: the accepted version of a text, or a contract, or nothing yet."""

    need: Need
    text_id: int | None = None
    cover: Cover | None = None

    @property
    def is_lacking(self) -> bool:
        """Whether it may not start."""
        return self.need in NEEDY and self.text_id is None and self.cover is None


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the owner asks of somebody's use, with what they accepted and the contracts that may cover it.

    `text_id` is the version that holds now; `cost` is None without a price. What somebody else books for them, and
    what is changed, may wait for their click (`may_wait`).
    """

    cost: Callable[[Period], int | None]
    threshold_fen: int
    text_id: int
    covers: tuple[Cover, ...] = ()
    accepted_id: int | None = None
    may_wait: bool = False

    def ground(self, period: Period) -> Ground:
        """What a use of this time would rest on."""
        return self.weighed(self.cost(period), *local_days(period))

    def weighed(self, amount_fen: int | None, first: date, last: date) -> Ground:
        """A contract that covers it, else the accepted text where its amount lies below the threshold."""
        need = needed(amount_fen, self.threshold_fen)
        cover = next((one for one in self.covers if one.covers(first, last, amount_fen)), None)
        has_form = need == Need.ORDER_FORM and cover is None and self.accepted_id == self.text_id
        return Ground(need, self.text_id if has_form else None, cover)

    def fault(self, period: Period) -> tuple[AgreementFault, Mapping[str, Any]] | None:
        """Why it cannot be asked for: no click, or one for an older text; a contract may come until it starts."""
        ground = self.ground(period)
        if self.may_wait or not ground.is_lacking or ground.need != Need.ORDER_FORM:
            return None
        return fault_of(self.accepted_id), {}


def unchanged(threshold_fen: int, accepted: Acceptance | None) -> int:
    """The threshold for a use whose order form was accepted: up to that amount the form stays enough."""
    return threshold_fen if accepted is None else max(threshold_fen, accepted.amount_fen + 1)


def needed(amount_fen: int | None, threshold_fen: int) -> Need:
    """An order form below the threshold, a contract from it on, and for what has no price: it is never guessed."""
    return Need.CONTRACT if amount_fen is None or amount_fen >= threshold_fen else Need.ORDER_FORM


def highest(amounts: Iterable[int | None]) -> int | None:
    """The largest of several amounts; None as soon as one is not known."""
    found = list(amounts)
    return None if None in found else max(one for one in found if one is not None)


def costs_no_more(amount_fen: int | None, than_fen: int | None) -> bool:
    """Whether a use costs no more than it did; without a price only while it had none."""
    if amount_fen is None or than_fen is None:
        return amount_fen == than_fen
    return amount_fen <= than_fen


def fault_of(accepted_id: int | None) -> AgreementFault:
    """Nothing was accepted, or another version than the one that holds."""
    return AgreementFault.NEEDED if accepted_id is None else AgreementFault.CHANGED


def local_days(period: Period) -> tuple[date, date]:
    """The first and the last local day that a time touches."""
    return local_date(period.start), local_date(period.end - timedelta(microseconds=1))
