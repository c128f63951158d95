"""Charges as the API says them; amounts are fen."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel

from booking.charges.books import as_line
from booking.charges.queries import Found, Whole, standing_of
from booking.charges.rules import steps_open
from booking.charges.vouchered import expected_of, fee_of, reasons_of
from booking.charges.withheld import withholds_results
from booking.pricing.answers import PriceLine, line_answer
from booking.pricing.rules import Line
from models.charges import ChargeEvent, ChargeLine
from models.vocabulary.charges import ChargeKind, ChargeProblem, ChargeState, ChargeStep
from models.vocabulary.programmes import Limit, Reason, RedeemedBy


class ChargeSummary(BaseModel):
    """A charge in a list, of a reservation or a sample order. Vouchers took `voucher_fen` off its `gross_fen`; what is
    left, its `own_fen`, is paid by the account (`captured_fen`), on paper, or missing. A sample order was done between
    the booked times; its results may be withheld until it is paid.

    Until it is accepted the account pays what was held for the booking and no more; `problem` says what cannot be paid.
    The instrument is told to who may know of it, the account to who answers for it or keeps it.
    """

    id: int
    version: int
    reservation_id: int | None
    sample_order_id: int | None
    organisation_id: int
    instrument_id: int | None
    instrument: str
    instrument_en: str
    booked_by: str
    payer_account_id: int | None
    kind: ChargeKind
    state: ChargeState
    problem: ChargeProblem | None
    booked_starts_at: datetime
    booked_ends_at: datetime
    used_starts_at: datetime | None
    used_ends_at: datetime | None
    estimated_fen: int
    gross_fen: int
    voucher_fen: int
    own_fen: int
    captured_fen: int
    paper_fen: int
    missing_fen: int
    withholds_results: bool
    due_at: datetime | None
    created_at: datetime
    updated_at: datetime


class ChargeList(BaseModel):
    """Some charges, the newest first."""

    items: list[ChargeSummary]
    next_cursor: str | None


class ChargeEventAnswer(BaseModel):
    """One thing that happened: who did it, what was written, what it changed.

    `by` is nobody for a deadline, and where it would tell who answers for an account that the reader may not know.
    """

    step: ChargeStep
    state: ChargeState
    by: str | None
    change_fen: int
    text: str
    occurred_at: datetime


class ChargeEntry(BaseModel):
    """An entry of the ledger that paid for it; below zero: back into the account."""

    entry_id: int
    amount_fen: int
    created_at: datetime


class ChargeVoucher(BaseModel):
    """How much a voucher pays of it, what decided that, who redeems it, and the day that counts for it.

    `invoice_by` is the last day of which the invoice may be; null where the day of the service counts.
    """

    number: str
    amount_fen: int
    redeemed_by: RedeemedBy
    counts_on: date
    invoice_by: date | None
    decided_by: list[Limit]


class ChargeAnswer(ChargeSummary):
    """A charge in full: its lines add up to `own_fen`, its entries to `captured_fen`.

    `vouchers` are those that pay something of it: what they took off adds up to `voucher_fen`, what its payer pays
    first and may claim back to `expected_fen`. Where they pay nothing although they were to, `not_covered` says why.
    `steps` is what the caller can do next.
    """

    price_policy_id: int | None
    user_group: str
    user_group_en: str
    lines: list[PriceLine]
    history: list[ChargeEventAnswer]
    entries: list[ChargeEntry]
    expected_fen: int
    vouchers: list[ChargeVoucher]
    not_covered: list[Reason]
    steps: list[ChargeStep]


def charge_summary(found: Found) -> ChargeSummary:
    """A charge in a list."""
    return ChargeSummary(**_summary(found))


def charge_answer(whole: Whole) -> ChargeAnswer:
    """A charge in full."""
    found = whole.found
    charge, group = found.charge, found.charge.user_group
    return ChargeAnswer(
        **_summary(found),
        price_policy_id=charge.price_policy_id,
        user_group=group.name_zh if group else "",
        user_group_en=group.name_en if group else "",
        lines=[line_answer(one) for one in told_lines(whole.lines, knows=found.knows)],
        history=[_event(one, is_told=not whole.hides_author(one)) for one in whole.events],
        entries=[
            ChargeEntry(entry_id=one.entry_id, amount_fen=one.amount_fen, created_at=one.created_at)
            for one in whole.captures
        ],
        expected_fen=expected_of(whole.vouchers),
        vouchers=[
            ChargeVoucher(**{name: getattr(one, name) for name in ChargeVoucher.model_fields}) for one in whole.vouchers
        ],
        not_covered=[one.reason for one in reasons_of(whole.lines)],
        steps=steps_open(standing_of(charge), found.sight),
    )


def told_lines(rows: Sequence[ChargeLine], *, knows: bool) -> list[Line]:
    """The lines; what they are called may tell of an instrument that one may not know."""
    lines = [as_line(row) for row in rows]
    return lines if knows else [replace(line, name_zh="", name_en="") for line in lines]


def _summary(found: Found) -> dict[str, Any]:
    """What lists and pages have in common."""
    charge, instrument = found.charge, found.charge.instrument
    plain = set(ChargeSummary.model_fields) & set(type(charge).__table__.columns.keys())
    return {name: getattr(charge, name) for name in plain} | {
        "instrument_id": instrument.id if found.knows else None,
        "instrument": instrument.name_zh if found.knows else "",
        "instrument_en": instrument.name_en if found.knows else "",
        "booked_by": charge.user.name,
        "payer_account_id": charge.payer_account_id if found.names_payer else None,
        "gross_fen": fee_of(charge),
        "own_fen": charge.gross_fen,
        "withholds_results": withholds_results(charge),
        "missing_fen": charge.gross_fen - charge.captured_fen - charge.paper_fen,
    }


def _event(event: ChargeEvent, *, is_told: bool) -> ChargeEventAnswer:
    """One row of history."""
    return ChargeEventAnswer(
        step=event.step,
        state=event.state,
        by=event.actor.name if event.actor and is_told else None,
        change_fen=event.change_fen,
        text=event.text,
        occurred_at=event.occurred_at,
    )
