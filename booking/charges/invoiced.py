"""What vouchers pay of charges, weighed again by the day of the invoice, where that is what their programme counts."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.charges.books import add_lines, tell
from booking.charges.paying import pay
from booking.charges.rules import OVER, day_used
from booking.charges.vouchered import fee_of, parts_of, taken_off
from booking.charges.windows import Windows, accept_by
from booking.core.actors import Actor
from booking.core.errors import InvalidInput, Problem
from booking.core.money import yuan_from_fen
from booking.core.period import Period
from booking.core.texts import N_
from booking.pricing.rules import Line
from booking.vouchers.invoiced import ByInvoice, counted_by_invoice
from models.charges import Charge
from models.reservations import Reservation
from models.samples import SampleOrder
from models.vocabulary.charges import ChargeState, ChargeStep

FIELD = "gives_up_vouchers"
LESS = N_(
    "按 %(day)s 的开票日期，创新券对费用 %(charge)s 少支付 %(less)s 元（发票须在 %(last)s 以前开具，含当日）。"
    "请核对开票日期；确实如此的，请勾选确认后再登记。"
)


@dataclass(frozen=True, slots=True)
class Weighing:
    """Why charges are weighed again, in the words of their history, and whether it is agreed that vouchers pay less."""

    told: str
    is_agreed: bool
    windows: Windows


def weigh_by_invoice(
    session: Session, days: Mapping[int, date | None], why: Weighing, *, actor: Actor, now: datetime
) -> None:
    """Weigh what vouchers pay of charges anew, by the day of the invoices that cover each whole; None without such.

    What is outside goes back, and what is not counts against the cap of the invoice's year. Where less is deducted from
    a bill the charge is adjusted: its payer is asked anew. Without an invoice what is covered stays as it was counted
    last. Who was billed is under lock. Raises InvalidInput where vouchers pay less and that was not agreed to, and
    ClaimWaits.
    """
    counted = counted_by_invoice(session, days)
    if not counted:
        return
    charges = _locked(session, counted)
    problems = [
        problem
        for charge in charges
        if (problem := _weigh(session, charge, days[charge.id], counted[charge.id], why, actor=actor, now=now))
    ]
    if problems:
        raise InvalidInput(problems)


def _locked(session: Session, charge_ids: Collection[int]) -> Sequence[Charge]:
    """What charges are for and then the charges under lock, each in order of id, read again."""
    mine = select(Charge.id).where(Charge.id.in_(charge_ids))
    for cause, column in ((Reservation, Charge.reservation_id), (SampleOrder, Charge.sample_order_id)):
        rows = select(cause.id).where(cause.id.in_(mine.with_only_columns(column))).order_by(cause.id)
        session.execute(rows.with_for_update(key_share=True))
    found = select(Charge).where(Charge.id.in_(charge_ids)).order_by(Charge.id)
    return session.scalars(found.with_for_update(key_share=True).execution_options(populate_existing=True)).all()


def _weigh(
    session: Session,
    charge: Charge,
    day: date | None,
    counted: Sequence[ByInvoice],
    why: Weighing,
    *,
    actor: Actor,
    now: datetime,
) -> Problem | None:
    """One of them; what is wrong with it."""
    if day is None and any(one.net_fen for one in counted):
        return None
    booked = Period(charge.booked_starts_at, charge.booked_ends_at)
    used_on, known = day_used(charge.kind, booked), charge.invoiced_on
    charge.invoiced_on = day
    if charge.state in OVER or list(_years(counted, known or used_on)) == list(_years(counted, day or used_on)):
        return None
    before_fen, fee_fen = _paid(session, charge), fee_of(charge)
    with session.no_autoflush:
        off = taken_off(session, charge, fee_fen, fee_fen=fee_fen, now=now)
        less_fen = before_fen - _paid(session, charge)
        if less_fen > 0 and not why.is_agreed:
            return _problem(charge, day or used_on, less_fen, counted)
        _adjust(session, charge, off, why.windows, now=now)
    session.flush()
    if off or less_fen:
        change_fen = sum(line.amount_fen for line in off)
        tell(session, charge, ChargeStep.INVOICE, actor=actor, now=now, text=why.told, change_fen=change_fen)
    return None


def _years(counted: Sequence[ByInvoice], day: date) -> Iterator[int | None]:
    """Against which year each voucher counts for that day."""
    return (one.year_of(day) for one in counted)


def _paid(session: Session, charge: Charge) -> int:
    """What vouchers pay of it."""
    return sum(one.amount_fen for one in parts_of(session, charge))


def _adjust(session: Session, charge: Charge, off: Sequence[Line], windows: Windows, *, now: datetime) -> None:
    """Add the lines; a charge that comes to something else is asked about anew, unless it is disputed anyway."""
    is_changed = any(line.amount_fen for line in off)
    if is_changed and charge.state != ChargeState.DISPUTED:
        charge.state = ChargeState.ADJUSTED
        charge.due_at = accept_by(session, charge.organisation_id, windows.accept_days, now=now)
    add_lines(session, charge, off, now=now)
    if is_changed:
        pay(session, charge, now=now)


def _problem(charge: Charge, day: date, less_fen: int, counted: Sequence[ByInvoice]) -> Problem:
    """What an invoice of that day would cost, as a form says it."""
    last = max(one.use_by for one in counted)
    values = {"charge": charge.id, "day": day.isoformat(), "less": yuan_from_fen(less_fen), "last": last.isoformat()}
    return Problem(FIELD, LESS, values)
