"""Who bears what was not approved: where the bill says otherwise, the institution bills more or gives it back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.orm import Session

from models.charges import ChargeLine
from models.redemptions import Redemption, RedemptionEvent, RedemptionItem
from models.vocabulary.pricing import LineKind
from models.vocabulary.programmes import BearsDifference, RedeemedBy
from models.vocabulary.redemptions import RedemptionState, RedemptionStep


@dataclass(frozen=True, slots=True)
class Difference:
    """By how much a charge is to change, above zero where the firm is to pay more; and how much of it was done."""

    charge_id: int
    provider_id: int
    change_fen: int
    done_fen: int = 0

    @property
    def left_fen(self) -> int:
        """What is still to be done, with its sign."""
        more = self.change_fen - self.done_fen
        return more if more * self.change_fen > 0 else 0


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
    """What follows for each charge once a redemption was paid or refused for good; at most one statement."""
    sign = sign_of(redemption.redeemed_by, redemption.programme_version.bears_difference)
    is_final = any(one.step == RedemptionStep.REJECT and one.facts.get("is_final") for one in events)
    if not sign or not (redemption.state == RedemptionState.PAID or is_final):
        return []
    cuts: dict[int, int] = {}
    providers: dict[int, int] = {}
    for one in items:
        cut = one.claimed_fen - (0 if is_final else one.approved_fen or 0)
        if cut:
            cuts[one.charge_id] = cuts.get(one.charge_id, 0) + sign * cut
            providers[one.charge_id] = one.charge.organisation_id
    done = _done(session, cuts)
    return [Difference(key, providers[key], change, done.get(key, 0)) for key, change in sorted(cuts.items())]


def _done(session: Session, cuts: Mapping[int, int]) -> dict[int, int]:
    """What was billed or given back of differences already."""
    if not cuts:
        return {}
    total = cast(func.sum(ChargeLine.amount_fen), BigInteger)
    of_them = ChargeLine.charge_id.in_(cuts), ChargeLine.kind == LineKind.DIFFERENCE
    rows = select(ChargeLine.charge_id, total).where(*of_them).group_by(ChargeLine.charge_id)
    return {key: int(fen) for key, fen in session.execute(rows)}
