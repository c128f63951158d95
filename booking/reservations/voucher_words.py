"""What vouchers cover of a booking or an order, by which limit, and why they cover nothing, in the reader's words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _

from booking.core.period import Period
from booking.programmes.labels import LIMITS, SERVICE_TYPES
from booking.programmes.wording import sentence
from booking.reservations.payment import Payment
from booking.reservations.vouchered import HeldPart, Vouchered
from booking.reservations.vouching import Covering, VoucherUse
from booking.vouchers.plans import Part, Plan
from booking.web import filters
from models.vocabulary.programmes import Limit

NONE = "none"
"""What a page sends when no voucher shall be used."""


@dataclass(frozen=True, slots=True)
class SpokenPart:
    """What one voucher covers or holds, and why so much: the limits that decided, then what the others leave.

    `counts_as` is what the use is to it, with the highest share of that.
    """

    voucher_id: int
    number: str
    covered_fen: int
    why: str
    invoice_by: date | None = None
    counts_as: str = ""


@dataclass(frozen=True, slots=True)
class SpokenVouchers:
    """What vouchers cover of a fee, and what is left to pay: first and in the end; or why they cover nothing."""

    parts: tuple[SpokenPart, ...]
    covered_fen: int
    expected_fen: int
    own_fen: int
    in_the_end_fen: int
    reasons: tuple[str, ...]
    is_open: bool = False
    last_day: date | None = None
    has_fee: bool = True


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
    found = part.covered
    said = {limit: _limit(limit, fen, part.share) for limit, fen in found.limits.items()}
    left = [
        _share_left(part.share, fen) if limit == Limit.SHARE else said[limit]
        for limit, fen in found.limits.items()
        if limit not in found.decided_by
    ]
    why = _why((said[limit] for limit in found.decided_by), left)
    return SpokenPart(part.voucher_id, part.number, part.amount_fen, why, part.invoice_by, counted_as(part))


def spoken_held(found: Vouchered, fee_fen: int | None, *, sees_left: bool) -> SpokenVouchers | None:
    """What vouchers hold of a fee in the same words; None for who is not told which do.

    What is left of voucher and cap is told to who may read the voucher. Without a fee, while another time is asked for,
    nothing is left to pay yet.
    """
    if not found.parts:
        return None
    fee = fee_fen if fee_fen is not None and fee_fen >= found.held_fen else None
    return SpokenVouchers(
        parts=tuple(_held_part(one, sees_left=sees_left) for one in found.parts),
        covered_fen=found.held_fen,
        expected_fen=found.expected_fen,
        own_fen=fee - found.held_fen + found.expected_fen if fee is not None else 0,
        in_the_end_fen=fee - found.held_fen if fee is not None else 0,
        reasons=(),
        has_fee=fee is not None,
    )


def _held_part(one: HeldPart, *, sees_left: bool) -> SpokenPart:
    """What one voucher holds."""
    decided = (_limit(limit, one.amount_fen, one.share) for limit in one.limits)
    now = filters.money(one.credit_fen), filters.money(one.cap_fen)
    left = [_("预留后券余额 %(left)s", left=now[0]), _("本年还可用 %(left)s", left=now[1])] if sees_left else []
    return SpokenPart(one.voucher_id, one.number, one.amount_fen, _why(decided, left), one.invoice_by, counted_as(one))


def counted_as(part: Part | HeldPart) -> str:
    """What the use is to the voucher, and the highest share that it pays of that."""
    service = _(SERVICE_TYPES[part.service_type])
    return str(_("按%(service)s，最高 %(share)s", service=service, share=filters.percent(part.share)))


def _limit(limit: Limit, fen: int, share: int) -> str:
    """One limit, with its amount or the share that it is."""
    amount = filters.money(fen)
    return str(
        {
            Limit.SHARE: lambda: _("不超过服务费 %(share)s", share=filters.percent(share)),
            Limit.CREDIT: lambda: _("券余额 %(left)s", left=amount),
            Limit.YEAR_CAP: lambda: _("本年还可用 %(left)s", left=amount),
            Limit.BUDGET: lambda: _("政策预算还剩 %(left)s", left=amount),
        }[limit]()
    )


def _share_left(share: int, fen: int) -> str:
    """What the share would allow, where it did not decide."""
    return str(_("服务费 %(share)s 以内可抵 %(left)s", share=filters.percent(share), left=filters.money(fen)))


def _why(decided: Iterable[str], left: Iterable[str]) -> str:
    """Which limits decided, then what the others leave, in one line."""
    quoted = str(_("、")).join(str(_("“%(limit)s”", limit=one)) for one in decided)
    return " · ".join([str(_("由%(limits)s决定", limits=quoted)), *map(str, left)])


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
