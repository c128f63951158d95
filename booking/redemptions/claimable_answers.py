"""What a claimant could claim, as the API says it; amounts are fen."""

from datetime import date

from pydantic import BaseModel

from booking.redemptions.claimable import Claimable
from models.directory import Organisation
from models.vocabulary.redemptions import Unclaimable


class RedeemingOrganisation(BaseModel):
    """An authority, a firm or an institution."""

    id: int
    name: str
    name_en: str


class ClaimableAnswer(BaseModel):
    """What a voucher covered of a charge and nobody has claimed; with `reasons` it cannot be claimed today.

    `claim_by` is the last day: `redeem_by` of the voucher, or later where a refusal left time to mend a request.
    `next_opens_on` is when the next batch opens that takes it, where none does now.
    """

    voucher_id: int
    voucher_number: str
    charge_id: int
    programme_id: int
    enterprise: RedeemingOrganisation
    provider: RedeemingOrganisation
    used_on: date
    invoiced_on: date | None
    amount_fen: int
    redeem_by: date
    claim_by: date
    reasons: list[Unclaimable]
    next_opens_on: date | None


class ClaimableList(BaseModel):
    """What a claimant has not claimed yet, what must be claimed first at the top."""

    items: list[ClaimableAnswer]
    next_cursor: str | None


def claimable_answer(found: Claimable) -> ClaimableAnswer:
    """What can be claimed."""
    return ClaimableAnswer(
        voucher_id=found.voucher.id,
        voucher_number=found.voucher.number,
        charge_id=found.charge.id,
        programme_id=found.voucher.programme_id,
        enterprise=named(found.voucher.organisation),
        provider=named(found.charge.organisation),
        used_on=found.used_on,
        invoiced_on=found.invoiced_on,
        amount_fen=found.amount_fen,
        redeem_by=found.voucher.redeem_by,
        claim_by=found.claim_by,
        reasons=list(found.reasons),
        next_opens_on=found.next_opens_on,
    )


def named(found: Organisation) -> RedeemingOrganisation:
    """An organisation by name."""
    return RedeemingOrganisation(id=found.id, name=found.name_zh, name_en=found.name_en)
