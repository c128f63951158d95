"""Whether what a time costs can be paid: by the account that was chosen, by another, or later; values only."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from booking.core.period import Period
from booking.payers.rules import Choice, Fault
from booking.reservations.vouching import Covering, VoucherFault


class PaymentFault(StrEnum):
    """Why a time cannot be paid; the values are codes of refusals."""

    NEEDED = "payer_needed"
    UNCHOSEN = "payer_unchosen"
    UNKNOWN = "payer_unknown"
    EXPIRED = "payer_expired"
    OTHER_PROVINCE = "payer_other_province"
    OTHER_PLACE = "payer_other_place"
    SHORT = "payer_short"
    LIMITED = "payer_limited"
    SEPARATELY = "payer_separately"
    OVERDUE = "payer_overdue"
    OWES = "payer_owes"
    OWED_BY_OTHERS = "payer_owed_by_others"


_FAULTS = {
    Fault.EXPIRED: PaymentFault.EXPIRED,
    Fault.OTHER_PROVINCE: PaymentFault.OTHER_PROVINCE,
    Fault.OTHER_PLACE: PaymentFault.OTHER_PLACE,
    Fault.GONE: PaymentFault.UNKNOWN,
    Fault.OVERDUE: PaymentFault.OVERDUE,
}


@dataclass(frozen=True, slots=True)
class Payment:
    """Who pays for a use: the accounts to choose from, the one that was chosen, and what a time costs.

    `is_needed` is whether the owner asks for an account, `is_unknown` whether one was named that is not among them,
    `kept_fen` what the chosen one holds for this use already. Of a reservation that moves, `held` is the time that it
    has and `payer_id` what pays for that; where that time is kept beside the wanted one, one account pays for both
    (`is_fixed`). `owes` is whether something of theirs is overdue, so that they cannot settle later: of accounts that
    only others answer for where `owes_by_others`. `covering` is what vouchers take off, where there are any to use.
    """

    cost: Callable[[Period], int]
    choices: tuple[Choice, ...] = ()
    chosen: Choice | None = None
    is_needed: bool = False
    is_unknown: bool = False
    kept_fen: int = 0
    held: Period | None = None
    payer_id: int | None = None
    is_fixed: bool = False
    owes: bool = False
    owes_by_others: bool = False
    covering: Covering | None = None

    @property
    def is_kept(self) -> bool:
        """Whether what was chosen pays for the reservation already."""
        return not self.is_unknown and (self.chosen.id if self.chosen else None) == self.payer_id

    @property
    def changes_vouchers(self) -> bool:
        """Whether other vouchers were chosen than before, or one that is not theirs."""
        return self.covering is not None and (self.covering.is_new or self.covering.is_unknown)

    def needed(self, period: Period) -> int:
        """What an account has to pay of a time: what it costs, less what vouchers take off the bill."""
        fee = self.cost(period)
        return fee if self.covering is None else self.covering.plan(fee, period).own_fen

    def voucher_fault(self, period: Period) -> tuple[VoucherFault, Mapping[str, Any]] | None:
        """Why the vouchers that were chosen are refused for a time; what is held for it stays good for a part of it."""
        covering = self.covering
        if covering is None or (not covering.is_new and self.held is not None and self.held.contains(period)):
            return None
        return covering.fault(self.cost(period), period)

    def fault(self, period: Period) -> tuple[PaymentFault, Mapping[str, Any]] | None:
        """Why the time cannot be paid, with what its sentence names; None when it can, or costs nothing."""
        needed = self.needed(period)
        if needed == 0 or (self.is_kept and self.held is not None and self.held.contains(period)):
            return None
        if self.is_fixed and not self.is_kept:
            return PaymentFault.SEPARATELY, {}
        if self.chosen is None:
            return self._without(needed)
        is_enough = needed <= max(self.chosen.available_fen, self.kept_fen)
        return None if is_enough and self._still_pays(needed, self.chosen) else self._failing(needed, self.chosen)

    def _still_pays(self, needed: int, chosen: Choice) -> bool:
        """Whether the account is good for the use; one that somebody lost is, for as much as it holds already."""
        return chosen.fault is None or (chosen.fault == Fault.GONE and needed <= self.kept_fen)

    def _failing(self, needed: int, chosen: Choice) -> tuple[PaymentFault, Mapping[str, Any]]:
        """Why the chosen account does not pay."""
        if chosen.fault is not None:
            return _FAULTS[chosen.fault], {"payer": chosen.name, "day": chosen.expires_on}
        is_limit = chosen.left_fen >= needed
        values = {"payer": chosen.name, "left_fen": max(chosen.available_fen, 0), "needed_fen": needed}
        return PaymentFault.LIMITED if is_limit else PaymentFault.SHORT, values

    def instead(self, period: Period) -> Iterator["Payment"]:
        """The same with each other account that could pay for the time, then with none where none is needed."""
        needed = self.needed(period)
        for other in self.choices:
            if other != self.chosen and other.can_pay(needed):
                yield replace(self, chosen=other, is_unknown=False, kept_fen=0)
        if not self.is_needed and not self.owes and (self.chosen or self.is_unknown):
            yield replace(self, chosen=None, is_unknown=False, kept_fen=0)

    def covered_instead(self, period: Period) -> Iterator["Payment"]:
        """The same with each other voucher that covers something of the time, then without any."""
        if self.covering is not None:
            for other in self.covering.instead(self.cost(period), period):
                yield replace(self, covering=other)

    def _without(self, needed: int) -> tuple[PaymentFault, Mapping[str, Any]] | None:
        """Why it does not do without an account."""
        if self.is_unknown:
            return PaymentFault.UNKNOWN, {}
        if not self.is_needed:
            return (self._owed(), {}) if self.owes else None
        can_choose = any(one.can_pay(needed) for one in self.choices)
        if self.owes and not can_choose:
            return self._owed(), {}
        return (PaymentFault.UNCHOSEN if can_choose else PaymentFault.NEEDED), {"needed_fen": needed}

    def _owed(self) -> PaymentFault:
        """Who has to pay first: they themselves, or others whose account they use."""
        return PaymentFault.OWED_BY_OTHERS if self.owes_by_others else PaymentFault.OWES
