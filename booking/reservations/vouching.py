"""Which vouchers of their firm somebody wants to use for a booking, and whether those cover anything; values only."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any

from booking.charges.rules import day_begun
from booking.core.period import Period
from booking.vouchers.plans import Part, Plan, Wish, nothing
from models.vocabulary.programmes import Reason, ServiceType


class VoucherUse(StrEnum):
    """All vouchers of the firm that are usable, the one that ends first first; the one that is named; or none."""

    AUTOMATIC = "automatic"
    NAMED = "named"
    NONE = "none"


class VoucherFault(StrEnum):
    """Why a booking is refused for its vouchers; the values are codes of refusals."""

    UNKNOWN = "voucher_unknown"
    AFTER_USE_BY = "voucher_after_use_by"
    COVERS_NOTHING = "voucher_covers_nothing"


@dataclass(frozen=True, slots=True)
class Declared:
    """What a firm says of a use: required by law, of a related provider, paid otherwise; what it does not is not so."""

    is_statutory: bool = False
    is_related: bool = False
    is_funded: bool = False


@dataclass(frozen=True, slots=True)
class Vouching:
    """What somebody says about vouchers; whose, where they act for several firms."""

    use: VoucherUse = VoucherUse.AUTOMATIC
    voucher_id: int | None = None
    organisation_id: int | None = None
    declared: Declared = field(default_factory=Declared)


NO_VOUCHERS = Vouching(VoucherUse.NONE)


@dataclass(frozen=True, slots=True)
class Offered:
    """A voucher that somebody may choose: of which firm, what is left of it, and until when it can be used."""

    id: int
    number: str
    organisation_id: int
    firm: tuple[str, str]
    left_fen: int
    use_by: date


@dataclass(frozen=True, slots=True)
class Covering:
    """What the vouchers that were chosen cover of a fee on a day, and which could be chosen.

    `wish` is the choice as it is kept, None where no voucher is used. `is_unknown` is whether one was named that is not
    among them, `is_open` whether they act for several firms and named none. `held` are the vouchers that hold something
    for the use already, `is_new` whether the choice is another than the one that is kept.
    """

    offered: tuple[Offered, ...] = ()
    wish: Wish | None = None
    planned: Callable[[Wish, int, date], Plan] = lambda _wish, fee_fen, _day: nothing(fee_fen)
    is_unknown: bool = False
    is_open: bool = False
    held: frozenset[int] = frozenset()
    is_new: bool = False

    @property
    def use(self) -> VoucherUse:
        """How vouchers are used."""
        if self.wish is None or not self.wish.is_used:
            return VoucherUse.NONE
        return VoucherUse.AUTOMATIC if self.wish.voucher_id is None else VoucherUse.NAMED

    @property
    def chosen(self) -> Offered | None:
        """The voucher that is named."""
        chosen_id = self.wish.voucher_id if self.wish and self.wish.is_used else None
        return next((one for one in self.offered if one.id == chosen_id), None)

    def plan(self, fee_fen: int, period: Period) -> Plan:
        """What the vouchers cover of what a time costs; the day on which it begins counts."""
        if self.wish is None or not self.wish.is_used or not fee_fen:
            return nothing(fee_fen)
        return self.planned(self.wish, fee_fen, day_begun(period))

    def fault(self, fee_fen: int, period: Period) -> tuple[VoucherFault, Mapping[str, Any]] | None:
        """Why the time is refused, with what its sentence names.

        A voucher that is named covers something; and what holds a voucher is not moved behind its last day.
        """
        if not fee_fen:
            return None
        if self.is_unknown:
            return VoucherFault.UNKNOWN, {}
        found = self.plan(fee_fen, period)
        late, is_named = late_in(found), self.use == VoucherUse.NAMED
        lost = late if is_named else {one: day for one, day in late.items() if one in self.held}
        if lost:
            return VoucherFault.AFTER_USE_BY, {"last_day": max(lost.values())}
        return (VoucherFault.COVERS_NOTHING, {"plan": found}) if is_named and not found.covered_fen else None

    def instead(self, fee_fen: int, period: Period) -> Iterator["Covering"]:
        """The same with each other voucher that covers something of it, then with none."""
        for other in self.offered:
            tried = self._with(other)
            if tried.wish != self.wish and tried.plan(fee_fen, period).covered_fen:
                yield tried
        yield replace(self, wish=replace(self.wish, is_used=False) if self.wish else None, is_unknown=False)

    def _with(self, other: Offered) -> "Covering":
        """The same with another voucher, of which the same is declared."""
        wish = replace(self.wish, organisation_id=other.organisation_id, voucher_id=other.id) if self.wish else None
        return replace(self, wish=wish, is_unknown=False, held=frozenset())


@dataclass(frozen=True, slots=True)
class Choice:
    """The vouchers that somebody chose, as they are kept; not theirs, or of which of several firms nobody said."""

    wish: Wish | None
    is_unknown: bool = False
    is_open: bool = False


def choose(said: Vouching | None, kept: Wish | None, offered: Sequence[Offered], service_type: ServiceType) -> Choice:
    """What somebody's words come to: what was kept where they say nothing, of something new all that are usable.

    The use stays the service that it was when something was first said of it.
    """
    if said is None and kept is not None:
        return Choice(kept)
    wanted, service = said or Vouching(), kept.service_type if kept else service_type
    if wanted.use == VoucherUse.NONE:
        return Choice(replace(kept, is_used=False) if kept else None)
    if wanted.use == VoucherUse.NAMED:
        owner = next((one.organisation_id for one in offered if one.id == wanted.voucher_id), None)
        if owner is None and kept is not None and kept.voucher_id == wanted.voucher_id:
            owner = kept.organisation_id
        return Choice(None, is_unknown=True) if owner is None else Choice(_wish(owner, service, wanted))
    firms = {one.organisation_id for one in offered}
    own = wanted.organisation_id or (kept.organisation_id if kept else None)
    if own is not None and (own in firms or (kept is not None and own == kept.organisation_id)):
        return Choice(_wish(own, service, wanted))
    if wanted.organisation_id is not None or not firms:
        return Choice(None)
    return Choice(_wish(firms.pop(), service, wanted)) if len(firms) == 1 else Choice(None, is_open=True)


def _wish(organisation_id: int, service_type: ServiceType, said: Vouching) -> Wish:
    """A choice as it is kept."""
    declared = said.declared
    return Wish(
        organisation_id,
        service_type,
        said.voucher_id if said.use == VoucherUse.NAMED else None,
        is_statutory=declared.is_statutory,
        is_related=declared.is_related,
        is_funded=declared.is_funded,
    )


@dataclass(frozen=True, slots=True)
class Due:
    """What has to be held: in vouchers, and in the account that pays the rest.

    `late` are the vouchers that have ended by then. `plans` are what each of its `times` needs: a hold counts against
    the cap of one year only, so of times in two years (`is_split`) not both can be held.
    """

    plan: Plan
    own_fen: int
    late: frozenset[int] = frozenset()
    plans: tuple[Plan, ...] = ()
    times: tuple[Period, ...] = ()

    @property
    def is_split(self) -> bool:
        """Whether a voucher would have to be held against two caps."""
        caps = {(part.voucher_id, part.cap_id) for one in self.plans for part in one.paying}
        return len(caps) > len({voucher_id for voucher_id, _cap_id in caps})


def enough_for_each(plans: Sequence[Plan], times: Sequence[Period] = ()) -> Due:
    """What is enough for any one of several uses: the most of each voucher, and the dearest rest."""
    most: dict[int, Part] = {}
    for part in (part for one in plans for part in one.parts):
        if part.voucher_id not in most or part.amount_fen > most[part.voucher_id].amount_fen:
            most[part.voucher_id] = part
    whole = Plan(max(one.fee_fen for one in plans), tuple(most.values()))
    late = frozenset[int]().union(*map(late_in, plans))
    return Due(whole, max(one.own_fen for one in plans), late, tuple(plans), tuple(times))


def late_in(plan: Plan) -> Mapping[int, date]:
    """The vouchers that have ended by then, with their last days."""
    return {
        part.voucher_id: reason.values["limit"]
        for part in plan.parts
        for reason in part.covered.excluded
        if reason.reason == Reason.AFTER_USE_BY
    }
