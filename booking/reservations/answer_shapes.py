"""The shapes of what the API of reservations answers, as the OpenAPI document describes them."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from booking.contracts.agreement_answers import AskedAgreement, KeptAgreement
from booking.directory.answers import DayAnswer
from booking.pricing.answers import BookingPrice
from booking.reservations.agreed import Mismatch
from booking.reservations.voucher_answers import AskedVouchers, KeptVouchers
from booking.reservations.vouching import VoucherUse
from models.vocabulary.catalogue import BookingMode
from models.vocabulary.payers import PayerKind
from models.vocabulary.reservations import (
    BlockKind,
    ChangeKind,
    Direction,
    ReservationMode,
    ReservationState,
    UseOutcome,
)


class PeriodAnswer(BaseModel):
    """A half-open time."""

    start: datetime
    end: datetime


class BusyAnswer(PeriodAnswer):
    """Time that is taken: by a reservation, or by a block of this kind and reason."""

    kind: str
    reason: str


class AvailabilityAnswer(BaseModel):
    """An instrument's time; `free` does not look at opening hours. Nothing is told when the owner hides it.

    `slots` are the fixed slots that could be reserved, where the instrument has them instead of a grid.
    """

    booking_mode: BookingMode
    open: list[PeriodAnswer]
    busy: list[BusyAnswer]
    free: list[PeriodAnswer]
    slots: list[PeriodAnswer]
    hidden: bool


class RemedyAnswer(BaseModel):
    """Something that cures: put its times, mode, account, vouchers and order form into the wish."""

    action: str
    label: str
    starts_at: datetime | None
    ends_at: datetime | None
    mode: ReservationMode | None
    url: str | None
    payer_account_id: int | None
    pays_later: bool
    voucher_use: VoucherUse | None
    voucher_id: int | None
    order_form: int | None


class RefusalAnswer(BaseModel):
    """One reason."""

    code: str
    message: str
    remedies: list[RemedyAnswer]


class PayerChoice(BaseModel):
    """A payer account that the person may use: what is left on it, and of their own limit."""

    payer_account_id: int
    name: str
    number: str
    kind: PayerKind
    left_fen: int
    limit_left_fen: int | None
    can_pay: bool
    province_rule: str


class PaymentAnswer(BaseModel):
    """Which account would pay what vouchers do not take off (null: settled later); `is_needed` where the owner asks
    for one.
    """

    needed_fen: int
    is_needed: bool
    payer_account_id: int | None
    choices: list[PayerChoice]


class HeldChange(BaseModel):
    """How much was held from an entry of the ledger on, in which account."""

    entry_id: int
    payer_account_id: int
    held_fen: int
    created_at: datetime


class PaidAnswer(BaseModel):
    """What is held for a reservation; the account and its transfers are told to who may read that account."""

    held_fen: int
    payer_account_id: int | None
    name: str | None
    province_rule: str
    transfers: list[HeldChange]


class QuoteAnswer(BaseModel):
    """What would come of a wish; what is claimed includes set-up and clean-up."""

    allowed: bool
    refusals: list[RefusalAnswer]
    starts_at: datetime
    ends_at: datetime
    claimed_from: datetime
    claimed_to: datetime
    mode: ReservationMode
    needs_approval: bool
    price: BookingPrice | None
    payment: PaymentAnswer | None
    vouchers: AskedVouchers | None
    agreement: AskedAgreement | None


class PersonAnswer(BaseModel):
    """Somebody named; the address only for the holder and staff."""

    name: str
    email: str | None


class ReservationAnswer(BaseModel):
    """A reservation; `asked_*` is a change that waits for a decision until `decide_by`.

    Which account pays is told to who booked it.
    """

    id: int
    uid: str
    state: ReservationState
    instrument_id: int
    starts_at: datetime
    ends_at: datetime
    asked_starts_at: datetime | None
    asked_ends_at: datetime | None
    decide_by: datetime | None
    mode: ReservationMode
    booked_by: str
    purpose: str
    direction: Direction | None
    project_name: str
    project_number: str
    sample_count: int | None
    payer_account_id: int | None
    operator: PersonAnswer | None
    participants: list[PersonAnswer]
    version: int
    created_at: datetime
    updated_at: datetime


class ChangeAnswer(BaseModel):
    """One row of the history."""

    occurred_at: datetime
    kind: ChangeKind
    by: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str


class UseSaid(BaseModel):
    """What came of a reservation as its steward said; `pieces` by the place of their line in the price."""

    outcome: UseOutcome
    actual_starts_at: datetime | None
    actual_ends_at: datetime | None
    samples: int | None
    pieces: dict[str, int]
    note: str
    confirmed_by: str
    confirmed_at: datetime


class ReservationInFull(ReservationAnswer):
    """A reservation with its history, the first change first; for holder and staff its quote, what is held in account
    and vouchers, and what an outside use rests on.

    Once it was confirmed, what came of it; its charge is named to who may read that. `mismatches` are for the staff and
    finance of the institution: contract, payer and who booked that do not go together.
    """

    history: list[ChangeAnswer]
    price: BookingPrice | None
    payment: PaidAnswer | None
    vouchers: KeptVouchers | None
    use: UseSaid | None
    charge_id: int | None
    agreement: KeptAgreement | None
    mismatches: list[Mismatch]


class ReservationsAnswer(BaseModel):
    """A page of reservations."""

    items: list[ReservationAnswer]
    next_cursor: str | None


class BlockAnswer(BaseModel):
    """Time in which an instrument, or one group of lanes, is not to be used."""

    id: int
    instrument_id: int
    lane_group: int
    starts_at: datetime
    ends_at: datetime
    kind: BlockKind
    reason: str


class ConflictAnswer(BaseModel):
    """A reservation that lies in a block or on a closed day, for the steward to move, cancel or keep."""

    id: int
    block_id: int | None
    calendar_day_id: int | None
    reservation_id: int
    instrument_id: int
    starts_at: datetime
    ends_at: datetime
    booked_by: str
    state: str
    reason: str


class MadeBlockAnswer(BlockAnswer):
    """A block that was set, with the reservations in it."""

    conflicts: list[ConflictAnswer]


class BlocksAnswer(BaseModel):
    """The blocks of an instrument."""

    items: list[BlockAnswer]
    next_cursor: str | None


class DaysAnswer(BaseModel):
    """Days that were entered or changed, with the reservations that fall on them."""

    items: list[DayAnswer]
    conflicts: list[ConflictAnswer]


class ConflictsAnswer(BaseModel):
    """Open conflicts."""

    items: list[ConflictAnswer]
    next_cursor: str | None


class SuspensionAnswer(BaseModel):
    """Who may not book an instrument until when, and why; without one, none of the organisation's."""

    id: int
    organisation_id: int
    instrument_id: int | None
    name: str
    email: str
    starts_at: datetime
    ends_at: datetime
    reason: str


class SuspensionsAnswer(BaseModel):
    """Suspensions in force."""

    items: list[SuspensionAnswer]
    next_cursor: str | None
