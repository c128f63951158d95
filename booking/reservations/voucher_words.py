"""What vouchers cover of a booking, by which limit, and why they cover nothing, in the reader's words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _

from booking.core.period import Period
from booking.programmes.labels import LIMITS
from booking.programmes.wording import sentence
from booking.reservations.payment import Payment
from booking.reservations.vouching import Covering, VoucherUse
from booking.vouchers.plans import Part, Plan
from models.vocabulary.programmes import Limit

NONE = "none"
"""What a page sends when no voucher shall be used."""


@dataclass(frozen=True, slots=True)
class SpokenPart:
    """What one voucher covers, and the limits that decided."""

    number: str
    covered_fen: int
    decided_by: str
    redeems_later: bool
    invoice_by: date | None = None


@dataclass(frozen=True, slots=True)
class SpokenVouchers:
    """What vouchers cover of a time, and what is left to pay: first and in the end; or why they cover nothing."""

    parts: tuple[SpokenPart, ...]
    covered_fen: int
    expected_fen: int
    own_fen: int
    in_the_end_fen: int
    reasons: tuple[str, ...]
    is_open: bool = False
    last_day: date | None = None


def spoken_vouchers(payment: Payment | None, period: Period) -> SpokenVouchers | None:
    """The same for pages; None where no voucher is used, or was refused."""
    covering = payment.covering if payment else None
    if payment is None or covering is None or payment.voucher_fault(period):
        return None
    if covering.is_open:
        return SpokenVouchers((), 0, 0, payment.needed(period), payment.needed(period), (), is_open=True)
    return None if covering.use == VoucherUse.NONE else spoken_plan(covering, payment.cost(period), period)


def spoken_plan(covering: Covering, fee_fen: int, period: Period) -> SpokenVouchers:
    """What the vouchers that were chosen come to."""
    found = covering.plan(fee_fen, period)
    return SpokenVouchers(
        parts=tuple(spoken_part(one) for one in found.paying),
        covered_fen=found.covered_fen,
        expected_fen=found.expected_fen,
        own_fen=found.own_fen,
        in_the_end_fen=found.fee_fen - found.covered_fen,
        reasons=() if found.covered_fen else reasons_of(found),
        last_day=found.last_day,
    )


def spoken_part(part: Part) -> SpokenPart:
    """What one voucher covers."""
    redeems_later = bool(part.covered.expected_fen)
    said = limits_said(part.covered.decided_by)
    return SpokenPart(part.number, part.amount_fen, said, redeems_later, part.invoice_by)


def limits_said(limits: Iterable[Limit]) -> str:
    """Limits as one text."""
    return str(_("、")).join(str(_(LIMITS[one])) for one in limits)


def reasons_of(plan: Plan) -> tuple[str, ...]:
    """Every reason why nothing is covered: what is excluded, what is used up, or that no voucher can be used."""
    if plan.reasons:
        return tuple(sentence(one) for one in plan.reasons)
    if limits := limits_said(plan.limits):
        return (str(_("%(limits)s已经用完。", limits=limits)),)
    return (str(_("没有可用的创新券。")),)


def why_nothing(plan: Plan) -> str:
    """The same as one text."""
    return " ".join(reasons_of(plan))
