"""What a voucher covers of a fee and which limit decides, or every reason why it covers nothing."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from booking.core.money import share_of
from models.vocabulary.programmes import CountsOn, Exclusion, Limit, Reason, RedeemedBy, ReservesBudget, ServiceType


@dataclass(frozen=True, slots=True)
class Terms:
    """What a version of a programme says, as far as it decides on an amount; shares are the highest, basis points."""

    shares: Mapping[ServiceType, int]
    counts_from: date
    use_by: date
    redeemed_by: RedeemedBy
    reserves_budget: ReservesBudget
    counts_on: CountsOn
    exclusions: frozenset[Exclusion] = frozenset()
    valid_days: int | None = None

    def voucher_use_by(self, issued_on: date) -> date:
        """The last day on which a voucher of that day can be used: its own days, within the programme's."""
        if self.valid_days is None:
            return self.use_by
        return min(self.use_by, issued_on + timedelta(days=self.valid_days))

    def day_that_counts(self, used_on: date, invoiced_on: date | None) -> date:
        """The day that is compared with the programme's days and names the year of the cap.

        Where the invoice's date counts and there is none yet, the day of the use stands in for it.
        """
        if self.counts_on == CountsOn.INVOICE and invoiced_on is not None:
            return invoiced_on
        return used_on


@dataclass(frozen=True, slots=True)
class Case:
    """A use that is to be paid for; `already_fen` is what other vouchers cover of the same fee."""

    service_type: ServiceType
    fee_fen: int
    used_on: date
    invoiced_on: date | None = None
    already_fen: int = 0
    is_recognised: bool = True
    is_statutory: bool = False
    is_same_legal_person: bool = False
    is_related_declared: bool = False
    is_related_flagged: bool = False
    is_funded_otherwise: bool = False


@dataclass(frozen=True, slots=True)
class Left:
    """What is left: of the voucher's credit, of the enterprise's cap in the year, of the budget (None: no limit).

    `use_by` is the voucher's own last day, where it has one.
    """

    credit_fen: int
    year_cap_fen: int
    budget_fen: int | None = None
    use_by: date | None = None


@dataclass(frozen=True, slots=True)
class Excluded:
    """One reason why nothing is covered, with the values that its sentence names."""

    reason: Reason
    values: Mapping[str, Any] = field(default_factory=dict)


def each_once(reasons: Iterable[Excluded]) -> tuple[Excluded, ...]:
    """The same without those that say the same of the same days."""
    return tuple({(one.reason, *one.values.values()): one for one in reasons}.values())


@dataclass(frozen=True, slots=True)
class Covered:
    """What is covered of a fee, by which limits (all that come to the same), or why nothing is.

    `own_part_fen` is what the enterprise bears in the end. `pays_first_fen` is what it pays the provider: in full
    where it redeems the voucher itself, and `expected_fen` is what it may then claim back.
    """

    covered_fen: int
    own_part_fen: int
    pays_first_fen: int
    expected_fen: int
    decided_by: tuple[Limit, ...] = ()
    excluded: tuple[Excluded, ...] = ()
    limits: Mapping[Limit, int] = field(default_factory=dict)


def left_of_budget(budget_fen: int | None, committed_fen: int, paid_fen: int) -> int | None:
    """What is free of a budget, in fen; None without a limit, nothing where it was lowered below what is taken."""
    return None if budget_fen is None else max(0, budget_fen - committed_fen - paid_fen)


def covered(terms: Terms, case: Case, left: Left) -> Covered:
    """The smallest of share, credit, year cap and reserved budget; a share is rounded half up to a fen."""
    reasons = tuple(excluded(terms, case, left))
    if reasons:
        return _outcome(terms, case, 0, excluded=reasons)
    limits = limits_of(terms, case, left)
    amount = min(limits.values())
    decided_by = tuple(limit for limit, fen in limits.items() if fen == amount)
    return _outcome(terms, case, amount, decided_by=decided_by, limits=limits)


def limits_of(terms: Terms, case: Case, left: Left) -> dict[Limit, int]:
    """What each limit would allow, none below zero; the share is of the whole fee, less what others cover of it."""
    found = {
        Limit.SHARE: share_of(case.fee_fen, terms.shares[case.service_type]) - case.already_fen,
        Limit.CREDIT: left.credit_fen,
        Limit.YEAR_CAP: left.year_cap_fen,
    }
    if terms.reserves_budget == ReservesBudget.HOLD and left.budget_fen is not None:
        found[Limit.BUDGET] = left.budget_fen
    return {limit: max(0, fen) for limit, fen in found.items()}


def excluded(terms: Terms, case: Case, left: Left) -> Iterator[Excluded]:
    """Every reason why nothing is covered, never only the first."""
    if case.service_type not in terms.shares:
        yield Excluded(Reason.SERVICE_NOT_COVERED)
    if not case.is_recognised:
        yield Excluded(Reason.NOT_RECOGNISED)
    for reason, exclusion, holds in (
        (Reason.STATUTORY_TESTING, Exclusion.STATUTORY_TESTING, case.is_statutory),
        (Reason.SAME_LEGAL_PERSON, Exclusion.SAME_LEGAL_PERSON, case.is_same_legal_person),
        (Reason.RELATED_DECLARED, Exclusion.RELATED_PARTY, case.is_related_declared),
        (Reason.RELATED_FLAGGED, Exclusion.RELATED_PARTY, case.is_related_flagged),
        (Reason.FUNDED_OTHERWISE, Exclusion.FUNDED_OTHERWISE, case.is_funded_otherwise),
    ):
        if holds and exclusion in terms.exclusions:
            yield Excluded(reason)
    yield from _out_of_time(terms, case, left)


def _out_of_time(terms: Terms, case: Case, left: Left) -> Iterator[Excluded]:
    """The day that counts lies before the programme's first or behind the last on which the voucher can be used."""
    day = terms.day_that_counts(case.used_on, case.invoiced_on)
    use_by = min(terms.use_by, left.use_by or terms.use_by)
    if day < terms.counts_from:
        yield Excluded(Reason.TOO_EARLY, {"day": day, "limit": terms.counts_from})
    if day > use_by:
        yield Excluded(Reason.AFTER_USE_BY, {"day": day, "limit": use_by})


def _outcome(
    terms: Terms,
    case: Case,
    amount: int,
    *,
    decided_by: tuple[Limit, ...] = (),
    excluded: tuple[Excluded, ...] = (),
    limits: Mapping[Limit, int] | None = None,
) -> Covered:
    """The amount with what the enterprise pays now and in the end."""
    rest = max(0, case.fee_fen - case.already_fen)
    own = rest - amount
    by_enterprise = terms.redeemed_by == RedeemedBy.ENTERPRISE
    return Covered(
        covered_fen=amount,
        own_part_fen=own,
        pays_first_fen=rest if by_enterprise else own,
        expected_fen=amount if by_enterprise else 0,
        decided_by=decided_by,
        excluded=excluded,
        limits=limits or {},
    )
