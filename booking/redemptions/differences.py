"""Who bears what was not approved: where the bill says otherwise, the institution bills more or gives it back."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.orm import Session, joinedload

from models.charges import ChargeLine
from models.redemptions import Redemption, RedemptionEvent, RedemptionItem
from models.vocabulary.pricing import LineKind
from models.vocabulary.programmes import BearsDifference, RedeemedBy
from models.vocabulary.redemptions import RedemptionState, RedemptionStep


@dataclass(frozen=True, slots=True)
class Difference:
    """By how much a charge is to change, above zero where the firm is to pay more; and how much of it was done.

    What was done of a charge is first of what redemptions before this one did not approve of it.
    """

    charge_id: int
    provider_id: int
    change_fen: int
    done_fen: int = 0

    @property
    def left_fen(self) -> int:
        """What is still to be done, with its sign."""
        return self.change_fen - self.done_fen


def sign_of(redeemed_by: RedeemedBy, bears: BearsDifference) -> int:
    """In which direction a bill changes: 0 where who bears the difference bears it by the bill as it is.

    A firm that paid in full has paid it; an institution that deducted on the bill has gone without it.
    """
    if redeemed_by == RedeemedBy.PROVIDER:
        return 1 if bears == BearsDifference.ENTERPRISE else 0
    return -1 if bears == BearsDifference.PROVIDER else 0


def differences(
    session: Session, redemption: Redemption, items: Sequence[RedemptionItem], events: Sequence[RedemptionEvent]
) -> list[Difference]:
    """What follows for each charge once a redemption was paid or refused for good; at most four statements."""
    cuts = _cuts(redemption, items, is_final=any(is_for_good(one) for one in events))
    if not cuts:
        return []
    providers = {one.charge_id: one.charge.organisation_id for one in items}
    done, before = _done(session, cuts), _before(session, redemption, cuts)
    return [
        Difference(key, providers[key], change, _of_it(change, done.get(key, 0) - before.get(key, 0)))
        for key, change in sorted(cuts.items())
    ]


def is_for_good(event: RedemptionEvent) -> bool:
    """Whether a step refused a redemption so that nothing of it can be claimed again."""
    return event.step == RedemptionStep.REJECT and bool(event.facts.get("is_final"))


def _cuts(redemption: Redemption, items: Sequence[RedemptionItem], *, is_final: bool) -> dict[int, int]:
    """By how much each charge is to change for what a redemption did not approve; nothing while it is open."""
    sign = sign_of(redemption.redeemed_by, redemption.programme_version.bears_difference)
    if not sign or not (redemption.state == RedemptionState.PAID or is_final):
        return {}
    found: dict[int, int] = {}
    for one in items:
        if cut := one.claimed_fen - (0 if is_final else one.approved_fen or 0):
            found[one.charge_id] = found.get(one.charge_id, 0) + sign * cut
    return found


def _of_it(change_fen: int, done_fen: int) -> int:
    """How much of a change was done: never the other way round, nor more than all of it."""
    return min(max(0, done_fen), change_fen) if change_fen > 0 else max(min(0, done_fen), change_fen)


def _before(session: Session, redemption: Redemption, charge_ids: Collection[int]) -> dict[int, int]:
    """By how much redemptions before this one change these charges."""
    rows = select(RedemptionItem).where(
        RedemptionItem.charge_id.in_(charge_ids), RedemptionItem.redemption_id < redemption.id
    )
    items: defaultdict[int, list[RedemptionItem]] = defaultdict(list)
    for one in session.scalars(rows):
        items[one.redemption_id].append(one)
    if not items:
        return {}
    refusals = select(RedemptionEvent).where(RedemptionEvent.redemption_id.in_(items))
    refused = session.scalars(refusals.where(RedemptionEvent.step == RedemptionStep.REJECT)).all()
    final = {one.redemption_id for one in refused if is_for_good(one)}
    earlier = select(Redemption).where(Redemption.id.in_(items)).options(joinedload(Redemption.programme_version))
    found: defaultdict[int, int] = defaultdict(int)
    for other in session.scalars(earlier):
        for charge_id, fen in _cuts(other, items[other.id], is_final=other.id in final).items():
            found[charge_id] += fen
    return found


def _done(session: Session, cuts: Mapping[int, int]) -> dict[int, int]:
    """What was billed or given back of differences already, whichever redemption they are of."""
    total = cast(func.sum(ChargeLine.amount_fen), BigInteger)
    of_them = ChargeLine.charge_id.in_(cuts), ChargeLine.kind == LineKind.DIFFERENCE
    rows = select(ChargeLine.charge_id, total).where(*of_them).group_by(ChargeLine.charge_id)
    return {key: int(fen) for key, fen in session.execute(rows)}
