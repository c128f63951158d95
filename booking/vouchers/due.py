"""What vouchers have to cover of a charge as it is now, on values alone."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from booking.programmes.rules import Case, Excluded
from booking.vouchers.rules import Candidate, CapAccounts, Pools, shared_out
from models.vocabulary.programmes import Limit


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a voucher has covered of a charge so far: less what was rejected, and from which cap; the last row of it."""

    net_fen: int = 0
    rejected_fen: int = 0
    cap_id: int = 0
    last_id: int = 0


@dataclass(frozen=True, slots=True)
class Claims:
    """What redemptions asked for of what a voucher covered of a charge: what stands, and what of it still waits."""

    fen: int = 0
    waiting_fen: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """A voucher of a charge: what it covered so far, and what of that stands in redemptions."""

    candidate: Candidate
    earlier: Earlier
    claims: Claims = Claims()

    @property
    def claimed_fen(self) -> int:
        """What stands."""
        return self.claims.fen


@dataclass(frozen=True, slots=True)
class Due:
    """What a voucher covers of a charge from now on, by which day, and against which cap.

    `kept_fen` of it only because a redemption that waits asked for it; `excluded` is why it covers nothing more.
    """

    voucher_id: int
    net_fen: int
    cap: CapAccounts
    decided_by: tuple[Limit, ...]
    earlier: Earlier
    counts_on: date
    kept_fen: int = 0
    excluded: tuple[Excluded, ...] = ()

    @property
    def moves_cap(self) -> bool:
        """Whether what was covered before counts against the cap of another year from now on."""
        return self.earlier.net_fen != 0 and self.earlier.cap_id != self.cap.id


def due_of(case: Case, asked: Iterable[Asked], pools: Pools) -> Iterator[Due]:
    """One voucher after the other: what is due, never less than is claimed; what was rejected is not taken again.

    What stands in redemptions and what they rejected is nobody else's to cover, whichever voucher comes first.
    """
    ones = list(asked)
    already, rejected = 0, sum(one.earlier.rejected_fen for one in ones)
    to_come = sum(one.claimed_fen for one in ones)
    for one in ones:
        pools.take(one.candidate, one.earlier.cap_id or None, one.claimed_fen)
    for one in ones:
        earlier = one.earlier
        to_come -= one.claimed_fen
        pools.take(one.candidate, earlier.cap_id or None, -one.claimed_fen)
        its_own = replace(case, already_fen=already + rejected + to_come)
        share = next(shared_out(its_own, [one.candidate], pools))
        net = max(share.covered.covered_fen, one.claimed_fen)
        beyond = net - share.covered.covered_fen
        cap = _cap_of(one, share.cap if net and not beyond else None)
        cap = cap or share.cap or next(iter(one.candidate.caps.values()))
        pools.take(one.candidate, cap.id, beyond)
        already += net
        kept = beyond if one.claims.waiting_fen else 0
        day = one.candidate.terms.day_that_counts(case.used_on, case.invoiced_on)
        found = share.covered
        yield Due(one.candidate.voucher_id, net, cap, found.decided_by, earlier, day, kept, found.excluded)


def _cap_of(asked: Asked, of_day: CapAccounts | None) -> CapAccounts | None:
    """The cap of the day, else that from which the voucher has covered something before."""
    return of_day or next((one for one in asked.candidate.caps.values() if one.id == asked.earlier.cap_id), None)
