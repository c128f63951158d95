"""What vouchers pay of a charge: taken anew whenever it changes, and taken off by a line where the provider redeems."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Exists, exists, func, select
from sqlalchemy.orm import Session

from booking.charges.refusals import ClaimWaits, VoucherClaimed
from booking.charges.rules import day_used
from booking.core.clock import local_date
from booking.core.period import Period
from booking.payers.holds import Purpose
from booking.pricing.rules import Line
from booking.programmes.rules import Excluded
from booking.vouchers import holding
from booking.vouchers.capturing import Captured, capture
from booking.vouchers.covering import Ask, plan
from booking.vouchers.wishing import wish_of
from models.charges import Charge, ChargeLine
from models.payers import PayerAccount
from models.programmes import ProgrammeVersion
from models.vocabulary.charges import ChargeKind
from models.vocabulary.pricing import LineKind
from models.vocabulary.programmes import CountsOn, Limit, Reason, RedeemedBy
from models.vocabulary.vouchers import CaptureKind
from models.vouchers import Voucher, VoucherCapture, VoucherHold

FEES = frozenset({ChargeKind.LATE_CANCELLATION, ChargeKind.NO_SHOW})
"""Kinds of charges that no voucher pays a share of."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one voucher pays of a charge, by which limits, and the day that counted.

    `invoice_by` is the last day of which the invoice may be, where that is what counts (None: the service does).
    """

    number: str
    amount_fen: int
    redeemed_by: RedeemedBy
    counts_on: date
    decided_by: tuple[Limit, ...]
    invoice_by: date | None = None


def fee_of(charge: Charge) -> int:
    """What a charge comes to before vouchers."""
    return charge.gross_fen + charge.voucher_fen


def expected_of(parts: Iterable[Part]) -> int:
    """What the payer pays first and may claim back."""
    return sum(one.amount_fen for one in parts if one.redeemed_by == RedeemedBy.ENTERPRISE)


def eligible_of(session: Session, charge: Charge, fee_fen: int, added: Iterable[Line]) -> int:
    """What of a fee vouchers pay a share of: not what an authority did not approve and somebody bears instead.

    A charge for which vouchers never held anything costs no statement.
    """
    if not charge.uses_vouchers or charge.kind in FEES:
        return fee_fen
    of_it = ChargeLine.charge_id == charge.id, ChargeLine.kind == LineKind.DIFFERENCE
    borne = session.scalar(select(func.coalesce(func.sum(ChargeLine.amount_fen), 0)).where(*of_it)) or 0
    borne += sum(line.amount_fen for line in added if line.kind == LineKind.DIFFERENCE)
    return max(0, fee_fen - int(borne))


def ever_held(purpose: Purpose) -> Exists:
    """Whether vouchers ever held something for it; the database answers while it stores the charge."""
    if purpose.reservation_id is not None:
        return exists().where(VoucherHold.reservation_id == purpose.reservation_id)
    return exists().where(VoucherHold.sample_order_id == purpose.sample_order_id)


def release_vouchers(session: Session, purpose: Purpose, *, now: datetime) -> None:
    """Give back what vouchers hold for what costs nothing, or is charged as a fee."""
    holding.release(session, purpose, now=now)


def taken_off(session: Session, charge: Charge, eligible_fen: int, *, fee_fen: int, now: datetime) -> list[Line]:
    """Let vouchers pay their share of what is `eligible_fen` of a locked charge; the line that says so, if it changes.

    A charge for which they never held anything is left alone, without a statement, and so are fees for coming late or
    not at all. The payer account is locked first, as everywhere. Raises ClaimWaits where a redemption that waits asks
    for more than is covered then, and VoucherClaimed where less would be charged (`fee_fen`), or be eligible for what
    the payer claims, than authorities have paid already.
    """
    if not charge.uses_vouchers or charge.kind in FEES:
        return []
    if charge.payer_account_id is not None:
        same = select(PayerAccount.id).where(PayerAccount.id == charge.payer_account_id)
        session.scalar(same.with_for_update(key_share=True))
    purpose = Purpose(charge.reservation_id, charge.sample_order_id)
    used_on = day_used(charge.kind, Period(charge.booked_starts_at, charge.booked_ends_at))
    found = capture(session, purpose, charge, eligible_fen, used_on, invoiced_on=charge.invoiced_on, now=now)
    if found.kept_fen:
        raise ClaimWaits
    if found.deducted_fen > fee_fen or found.expected_fen > eligible_fen:
        raise VoucherClaimed(found.deducted_fen + found.expected_fen)
    change_fen, charge.voucher_fen = charge.voucher_fen - found.deducted_fen, found.deducted_fen
    is_refused = eligible_fen > 0 and not (found.deducted_fen or found.expected_fen)
    reasons: Sequence[Excluded] = ()
    if is_refused:
        reasons = found.excluded or _reasons(session, charge, purpose, eligible_fen, used_on, now=now)
    why = _why(found, reasons)
    if not change_fen and (not why or _told(why) == _told(_said_last(session, charge))):
        return []
    return [Line(LineKind.VOUCHER, change_fen, change_fen, count=1, why=why)]


def _told(why: Mapping[str, Any] | None) -> Any:
    """Which vouchers pay how much, or why none does; what decided that may change without being told anew."""
    said = why or {}
    return [(one["number"], one["amount_fen"]) for one in said.get("vouchers", ())], said.get("reasons")


def _said_last(session: Session, charge: Charge) -> dict[str, Any] | None:
    """What the last line about vouchers says."""
    lines = select(ChargeLine.why).where(ChargeLine.charge_id == charge.id, ChargeLine.kind == LineKind.VOUCHER)
    return session.scalar(lines.order_by(ChargeLine.id.desc()).limit(1))


def _reasons(
    session: Session, charge: Charge, purpose: Purpose, eligible_fen: int, used_on: date, *, now: datetime
) -> Sequence[Excluded]:
    """Why vouchers that held something cover nothing in the end."""
    wish = wish_of(session, purpose)
    if wish is None:
        return ()
    ask = Ask(wish, purpose, charge.organisation_id, eligible_fen, used_on, charge.invoiced_on)
    return plan(session, ask, today=local_date(now)).reasons


def _why(found: Captured, reasons: Iterable[Excluded]) -> dict[str, Any]:
    """What the line keeps: which vouchers pay how much and what decided that, or why none does."""
    parts = [
        {"number": one.number, "amount_fen": one.amount_fen, "decided_by": [str(limit) for limit in one.decided_by]}
        for one in found.parts
        if one.redeemed_by == RedeemedBy.PROVIDER and one.amount_fen
    ]
    why = [
        {"reason": str(one.reason), **{name: value.isoformat() for name, value in one.values.items()}}
        for one in reasons
    ]
    return {name: told for name, told in (("vouchers", parts), ("reasons", why)) if told}


def parts_of(session: Session, charge: Charge) -> list[Part]:
    """What each voucher pays of a charge, by number; nothing, and no statement, where none ever held anything."""
    if not charge.uses_vouchers:
        return []
    rows = (
        select(VoucherCapture, Voucher.number, Voucher.use_by, ProgrammeVersion)
        .join(Voucher, Voucher.id == VoucherCapture.voucher_id)
        .join(ProgrammeVersion, ProgrammeVersion.id == Voucher.programme_version_id)
        .where(VoucherCapture.charge_id == charge.id, VoucherCapture.kind == CaptureKind.USE)
        .order_by(Voucher.number, VoucherCapture.id)
    )
    found: dict[str, Part] = {}
    for row, number, use_by, version in session.execute(rows):
        amount_fen = row.amount_fen + (found[number].amount_fen if number in found else 0)
        limits = tuple(Limit(one) for one in row.decided_by)
        is_by_invoice = version.counts_on == CountsOn.INVOICE
        day = (charge.invoiced_on if is_by_invoice else None) or row.counts_on
        invoice_by = use_by if is_by_invoice else None
        found[number] = Part(number, amount_fen, version.redeemed_by, day, limits, invoice_by)
    return [one for one in found.values() if one.amount_fen]


def reasons_of(lines: Sequence[ChargeLine]) -> list[Excluded]:
    """Why vouchers that were to pay a share of a charge pay nothing; none where they do, or never were to."""
    last = next((one.why for one in reversed(lines) if one.kind == LineKind.VOUCHER), {})
    return [_excluded(one) for one in last.get("reasons", ())]


def _excluded(told: Mapping[str, str]) -> Excluded:
    """A reason as it was kept."""
    values = {name: date.fromisoformat(text) for name, text in told.items() if name != "reason"}
    return Excluded(Reason(told["reason"]), values)
