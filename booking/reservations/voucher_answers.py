"""Vouchers in what the API of reservations answers: what they would cover of a wish, and what they hold."""

from datetime import date
from typing import Any

from pydantic import BaseModel

from booking.core.period import Period
from booking.programmes.answers import ExcludedAnswer
from booking.programmes.wording import sentence
from booking.reservations.payment import Payment
from booking.reservations.vouchered import HeldPart, Vouchered
from booking.reservations.vouching import Covering, VoucherUse
from booking.vouchers.plans import Part, Plan, Wish
from models.vocabulary.programmes import Limit, RedeemedBy, ServiceType


class VoucherChoice(BaseModel):
    """A voucher that the person may use: of which firm, what is left of it, until when."""

    voucher_id: int
    number: str
    organisation_id: int
    organisation: str
    organisation_en: str
    left_fen: int
    use_by: date


class VoucherPart(BaseModel):
    """What one voucher would cover, what each limit would allow, which decided; or why it covers nothing.

    `invoice_by` is the last day of which the invoice may be; null where the day of the service counts. `share` is the
    highest of the fee for the `service_type`, in basis points.
    """

    voucher_id: int
    number: str
    covered_fen: int
    redeemed_by: RedeemedBy
    service_type: ServiceType
    share: int
    use_by: date
    invoice_by: date | None
    decided_by: list[Limit]
    limits: dict[Limit, int]
    refusals: list[ExcludedAnswer]


class AskedVouchers(BaseModel):
    """What vouchers would cover, in the order in which they are used, and which could be chosen.

    `deducted_fen` is taken off the bill; `expected_fen` is paid first and claimed back later. `own_fen` is what is paid
    to the provider. `needs_firm` is whether the person acts for several firms and named none: then none is used.
    """

    use: VoucherUse
    organisation_id: int | None
    covered_fen: int
    deducted_fen: int
    expected_fen: int
    own_fen: int
    decided_by: list[Limit]
    parts: list[VoucherPart]
    choices: list[VoucherChoice]
    needs_firm: bool


class HeldVoucher(BaseModel):
    """What one voucher holds for a reservation, the limits that decided, and by when the invoice must be issued.

    `invoice_by` is null where the day of the service counts. `share` is the highest of the fee for the `service_type`,
    in basis points.
    """

    voucher_id: int
    number: str
    held_fen: int
    decided_by: list[Limit]
    service_type: ServiceType
    share: int
    redeemed_later: bool
    use_by: date | None
    invoice_by: date | None


class KeptVouchers(BaseModel):
    """What vouchers hold for a reservation; which, how they were chosen and what was declared is told to who booked."""

    held_fen: int
    expected_fen: int
    use: VoucherUse | None
    organisation_id: int | None
    is_statutory: bool | None
    is_related: bool | None
    is_funded: bool | None
    parts: list[HeldVoucher]


def asked_vouchers(payment: Payment | None, period: Period) -> dict[str, Any] | None:
    """What vouchers would cover; None for who has none to use, and where nothing costs anything."""
    covering = payment.covering if payment else None
    if payment is None or covering is None or not covering.offered:
        return None
    found = covering.plan(payment.cost(period), period)
    return _asked(covering, found).model_dump(mode="json")


def _asked(covering: Covering, found: Plan) -> AskedVouchers:
    """The same as its shape."""
    return AskedVouchers(
        use=covering.use,
        organisation_id=covering.wish.organisation_id if covering.wish else None,
        covered_fen=found.covered_fen,
        deducted_fen=found.deducted_fen,
        expected_fen=found.expected_fen,
        own_fen=found.own_fen,
        decided_by=list(found.limits),
        parts=[_part(one) for one in found.parts],
        choices=[
            VoucherChoice(
                voucher_id=one.id,
                number=one.number,
                organisation_id=one.organisation_id,
                organisation=one.firm[0],
                organisation_en=one.firm[1],
                left_fen=one.left_fen,
                use_by=one.use_by,
            )
            for one in covering.offered
        ],
        needs_firm=covering.is_open,
    )


def _part(one: Part) -> VoucherPart:
    """What one voucher comes to."""
    return VoucherPart(
        voucher_id=one.voucher_id,
        number=one.number,
        covered_fen=one.amount_fen,
        redeemed_by=one.redeemed_by,
        service_type=one.service_type,
        share=one.share,
        use_by=one.use_by,
        invoice_by=one.invoice_by,
        decided_by=list(one.covered.decided_by),
        limits=dict(one.covered.limits),
        refusals=[ExcludedAnswer(code=why.reason, message=sentence(why)) for why in one.covered.excluded],
    )


def kept_vouchers(found: Vouchered | None) -> dict[str, Any] | None:
    """What vouchers hold for a reservation, for who may know."""
    if found is None:
        return None
    wish, is_used = found.wish, found.wish is not None and found.wish.is_used
    told = wish if is_used else None
    kept = KeptVouchers(
        held_fen=found.held_fen,
        expected_fen=found.expected_fen,
        use=_use(wish) if wish else None,
        organisation_id=told.organisation_id if told else None,
        is_statutory=told.is_statutory if told else None,
        is_related=told.is_related if told else None,
        is_funded=told.is_funded if told else None,
        parts=[held_voucher(one) for one in found.parts],
    )
    return kept.model_dump(mode="json")


def held_voucher(one: HeldPart) -> HeldVoucher:
    """What one voucher holds for a reservation or an order."""
    return HeldVoucher(
        voucher_id=one.voucher_id,
        number=one.number,
        held_fen=one.amount_fen,
        decided_by=list(one.limits),
        service_type=one.service_type,
        share=one.share,
        redeemed_later=one.redeems_later,
        use_by=one.use_by,
        invoice_by=one.invoice_by,
    )


def _use(wish: Wish) -> VoucherUse:
    """How vouchers are used."""
    return Covering(wish=wish).use
