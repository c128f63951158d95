"""What the API says of vouchers and of the budgets of their programmes; amounts are fen."""

from datetime import date, datetime

from pydantic import BaseModel

from booking.attachments.answers import AttachmentAnswer
from booking.ledger.queries import Touched
from booking.vouchers.caps import Caps, caps_for
from booking.vouchers.invoiced import invoice_by
from booking.vouchers.listing import Budget, Line, Use
from booking.vouchers.relating import Relation
from booking.vouchers.rules import is_firms
from models.vocabulary.vouchers import VoucherState, VoucherStep
from models.vouchers import Voucher, VoucherEvent


class YearCapAnswer(BaseModel):
    """What the enterprise may use of the programme in a year, by the day that counts, and what is left of it."""

    year: int
    cap_fen: int
    left_fen: int


class VoucherRow(BaseModel):
    """A voucher as lists show it; what is available, held, captured and paid makes what was issued, or went back.

    `year_cap_left_fen` is what all vouchers of the enterprise and programme may still pay in this year (null: they pay
    nothing in it), `year_caps` the same of every year. One that lives elsewhere is registered: `runs_at` is the system,
    `number_there` its number there.
    """

    id: int
    number: str
    number_there: str | None
    runs_at: str
    programme_id: int
    programme_version: int | None = None
    organisation_id: int
    organisation: str
    organisation_en: str
    state: VoucherState
    issued_on: date
    use_by: date
    redeem_by: date
    issued_fen: int
    available_fen: int
    held_fen: int
    captured_fen: int
    paid_fen: int
    year_cap_left_fen: int | None
    year_caps: list[YearCapAnswer]
    version: int


class VoucherList(BaseModel):
    """Some vouchers, the newest first."""

    items: list[VoucherRow]
    next_cursor: str | None


class VoucherStepAnswer(BaseModel):
    """What was done with a voucher; by which officer is told to its authority and to auditors."""

    step: VoucherStep
    reason: str
    by: str | None
    occurred_at: datetime


class VoucherUseAnswer(BaseModel):
    """What is held for a use or was taken for its charge; below zero it came back."""

    reservation_id: int | None
    sample_order_id: int | None
    charge_id: int | None
    provider_id: int
    amount_fen: int
    counts_on: date | None
    entry_id: int
    created_at: datetime


class VoucherEntry(BaseModel):
    """An entry with what it changed of each amount of a voucher."""

    entry_id: int
    created_at: datetime
    step: VoucherStep | None
    charge_id: int | None
    available_fen: int
    held_fen: int
    captured_fen: int
    paid_fen: int


class VoucherAnswer(VoucherRow):
    """A voucher with its steps, all that it holds now and its newest entries; `evidence` of a registered one.

    `invoice_by` is the last day of which invoices may be; null where the day of the service counts. `lapsed_fen` was
    captured, and nobody asked to be paid for it until `redeem_by`. `application_id` is the one for which it was issued.
    """

    invoice_by: date | None
    application_id: int | None
    lapsed_fen: int
    steps: list[VoucherStepAnswer]
    evidence: list[AttachmentAnswer]
    holds: list[VoucherUseAnswer]
    entries: list[VoucherEntry]


class VoucherEntries(BaseModel):
    """Some entries of a voucher, the newest first; all of them add up to each amount."""

    items: list[VoucherEntry]
    next_cursor: str | None


class VoucherUses(BaseModel):
    """What charges took from a voucher, the newest first; all of it adds up to what is captured and paid."""

    items: list[VoucherUseAnswer]
    next_cursor: str | None


class VoucherRelationAnswer(BaseModel):
    """What an authority says last of an enterprise and a provider; related ones are paid for by no voucher of its."""

    id: int
    authority_id: int
    organisation_id: int
    organisation: str
    provider_id: int
    provider: str
    is_related: bool
    reason: str
    created_at: datetime


class VoucherRelationList(BaseModel):
    """What one's authorities say, the newest first."""

    items: list[VoucherRelationAnswer]
    next_cursor: str | None


class BudgetAnswer(BaseModel):
    """What of a programme's budget is free (null: no limit), committed to vouchers or their uses, and paid."""

    programme_id: int
    budget_fen: int | None
    free_fen: int | None
    committed_fen: int
    paid_fen: int


class BudgetList(BaseModel):
    """The budgets of the programmes of one's authorities."""

    items: list[BudgetAnswer]


def row(one: Voucher, caps: Caps, *, today: date) -> VoucherRow:
    """A voucher in a list."""
    return VoucherRow.model_validate(_row(one, caps, today))


def _row(one: Voucher, caps: Caps, today: date) -> dict[str, object]:
    years = caps_for(caps, one)
    named = (
        "id",
        "number",
        "number_there",
        "programme_id",
        "organisation_id",
        "state",
        "issued_on",
        "use_by",
        "redeem_by",
        "version",
    )
    return {
        **{name: getattr(one, name) for name in named},
        "runs_at": one.programme.runs_at,
        "organisation": one.organisation.name_zh,
        "organisation_en": one.organisation.name_en,
        "issued_fen": one.face_fen,
        "available_fen": one.credit.balance_fen,
        "held_fen": one.held.balance_fen,
        "captured_fen": one.captured.balance_fen,
        "paid_fen": one.paid.balance_fen,
        "year_cap_left_fen": next((cap.left_fen for cap in years if cap.year == today.year), None),
        "year_caps": [YearCapAnswer(year=cap.year, cap_fen=cap.cap_fen, left_fen=cap.left_fen) for cap in years],
    }


def whole(
    one: Voucher,
    events: list[VoucherEvent],
    holds: list[Use],
    evidence: list[AttachmentAnswer],
    newest: list[Line],
    *,
    caps: Caps,
    application_id: int | None,
    lapsed_fen: int,
    today: date,
    sees_officers: bool,
) -> VoucherAnswer:
    """A voucher by itself."""
    return VoucherAnswer.model_validate(
        {
            **_row(one, caps, today),
            "programme_version": one.programme_version.number,
            "invoice_by": invoice_by(one),
            "application_id": application_id,
            "lapsed_fen": lapsed_fen,
            "steps": [_step(one, event, sees_officers=sees_officers) for event in events],
            "evidence": evidence,
            "holds": [use(held) for held in holds],
            "entries": [entry(line, one) for line in newest],
        }
    )


def _step(one: Voucher, event: VoucherEvent, *, sees_officers: bool) -> VoucherStepAnswer:
    is_told = sees_officers and not is_firms(event.step, one.number_there)
    by = event.actor.name if event.actor and is_told else None
    return VoucherStepAnswer(step=event.step, reason=event.reason, by=by, occurred_at=event.occurred_at)


def use(one: Use) -> VoucherUseAnswer:
    """A hold or a capture."""
    return VoucherUseAnswer(
        reservation_id=one.reservation_id,
        sample_order_id=one.sample_order_id,
        charge_id=one.charge_id,
        provider_id=one.provider.id,
        amount_fen=one.amount_fen,
        counts_on=one.day,
        entry_id=one.entry_id,
        created_at=one.created_at,
    )


def entry(line: Line, one: Voucher) -> VoucherEntry:
    """An entry of a voucher."""
    touched: Touched = line.touched
    sides = {"available": one.credit_id, "held": one.held_id, "captured": one.captured_id, "paid": one.paid_id}
    return VoucherEntry(
        entry_id=touched.entry.id,
        created_at=touched.entry.created_at,
        step=line.step,
        charge_id=line.charge_id,
        **{f"{name}_fen": touched.changes[account_id] for name, account_id in sides.items()},
    )


def relation(found: Relation) -> VoucherRelationAnswer:
    """What is said of two organisations."""
    row = found.row
    return VoucherRelationAnswer(
        id=row.id,
        authority_id=row.authority_id,
        organisation_id=row.organisation_id,
        organisation=found.firm.name_zh,
        provider_id=row.provider_id,
        provider=found.provider.name_zh,
        is_related=row.is_related,
        reason=row.reason,
        created_at=row.created_at,
    )


def budget(found: Budget) -> BudgetAnswer:
    """A budget."""
    return BudgetAnswer(
        programme_id=found.programme.id,
        budget_fen=found.budget_fen,
        free_fen=found.left_fen,
        committed_fen=found.standing.committed_fen,
        paid_fen=found.standing.paid_fen,
    )
