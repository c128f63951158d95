"""Prices and quotes as the API says them."""

from collections.abc import Callable
from datetime import date, datetime

from pydantic import BaseModel

from booking.affiliations.rules import Group
from booking.core.errors import Refused
from booking.pricing.bulk import Row
from booking.pricing.forms import ExtraForm, PackageForm
from booking.pricing.queries import Price, Version
from booking.pricing.quoting import Quoted
from booking.pricing.rules import Line, Quote
from booking.pricing.wording import label_of, left_open, why_of
from models.affiliations import UserGroup
from models.pricing import PricePolicy
from models.vocabulary.affiliations import UserSide
from models.vocabulary.pricing import BilledOn, LineKind, Offer, Rounding


class PriceGroup(BaseModel):
    """The user group that a price is for; `id` is null while the institution has only the defaults."""

    id: int | None
    name: str
    name_en: str
    side: UserSide


class PriceTerms(BaseModel):
    """What a price says; shares in basis points, `peak_hours` as a week is written."""

    hourly_fen: int
    peak_hourly_fen: int | None
    peak_hours: str
    minimum_fen: int
    setup_fen: int
    staff_hourly_fen: int
    sample_fen: int
    step_minutes: int
    rounding: Rounding
    billed_on: BilledOn
    cancel_hours: int
    cancel_share: int
    no_show_share: int
    extras: list[ExtraForm]
    packages: list[PackageForm]


class PriceAnswer(PriceTerms):
    """A price for one user group from a day on; it belongs to the instrument, or to the unit it is inherited from."""

    id: int
    instrument_id: int | None
    unit_id: int | None
    user_group: PriceGroup
    valid_from: date
    revision: int
    offer: Offer
    note_zh: str
    note_en: str
    reason: str
    created_at: datetime


class PriceVersion(PriceAnswer):
    """A price in its history: the day from which the next holds, and whether one for the same day took its place."""

    until: date | None
    is_replaced: bool


class PriceList(BaseModel):
    """Every price there was, is and will be; `own` is what the caller would pay today, `groups` whom prices are for."""

    items: list[PriceVersion]
    own: PriceAnswer | None
    groups: list[PriceGroup]
    version: int
    next_cursor: None = None


class PriceLine(BaseModel):
    """A line of a quote or a charge: `quantity` hours or pieces at `unit_fen` each."""

    kind: LineKind
    label: str
    quantity: float
    unit_fen: int
    amount_fen: int
    why: str


class PriceQuote(BaseModel):
    """What a use costs; the lines add up to `gross_fen`. Nothing is deducted yet, so `own_fen` is the same."""

    gross_fen: int
    voucher_fen: int
    own_fen: int
    decided_by: str | None
    lines: list[PriceLine]


class BookingPrice(PriceQuote):
    """What a time costs its holder: by which price, what can be added later, and what cancelling costs from when on."""

    policy_id: int
    user_group: str
    user_group_en: str
    billed_on: BilledOn
    left_open: list[str]
    free_cancellation_until: datetime
    late_cancellation_fen: int
    no_show_fen: int


class TriedPrice(BaseModel):
    """What a use would cost; `price` is null where there is no price, or the instrument is not offered to the group."""

    user_group: PriceGroup | None
    policy_id: int | None
    is_offered: bool
    price: PriceQuote | None
    late_cancellation_fen: int | None
    no_show_fen: int | None


class BulkPriceRow(BaseModel):
    """One price of one instrument or unit before and after, or why it stays.

    `source_id` is the price of the place that it is to be the same as: both belong into `policy_ids`.
    """

    instrument_id: int | None
    unit_id: int | None
    name: str
    name_en: str
    user_group: str
    policy_id: int | None
    source_id: int | None
    hourly_before_fen: int | None
    hourly_after_fen: int | None
    sample_before_fen: int | None
    sample_after_fen: int | None
    refused: str


class BulkPrices(BaseModel):
    """What became, or in a dry run would become, of each price."""

    items: list[BulkPriceRow]
    changed: int
    refused: int


def bulk_answer(rows: list[Row], said: Callable[[Refused], str]) -> BulkPrices:
    """Every row, with reasons in words."""
    items = [
        BulkPriceRow(
            instrument_id=row.scope.instrument_id,
            unit_id=row.scope.unit_id,
            name=row.name_zh,
            name_en=row.name_en,
            user_group=row.group.name_zh if row.group else "",
            policy_id=row.policy_id,
            source_id=row.source_id,
            hourly_before_fen=row.before.hourly_fen if row.before else None,
            hourly_after_fen=row.after.hourly_fen if row.after else None,
            sample_before_fen=row.before.sample_fen if row.before else None,
            sample_after_fen=row.after.sample_fen if row.after else None,
            refused=said(row.refused) if row.refused else "",
        )
        for row in rows
    ]
    refused = sum(1 for row in rows if row.refused)
    return BulkPrices(items=items, changed=len(items) - refused, refused=refused)


def group_answer(group: Group | UserGroup) -> PriceGroup:
    """A user group."""
    return PriceGroup(id=group.id, name=group.name_zh, name_en=group.name_en, side=group.side)


def price_answer(policy: PricePolicy, group: Group | UserGroup) -> PriceAnswer:
    """A row of prices for a group."""
    names = set(PriceAnswer.model_fields) - {"user_group"}
    return PriceAnswer(user_group=group_answer(group), **{name: getattr(policy, name) for name in names})


def version_answer(version: Version) -> PriceVersion:
    """The same in its history."""
    answer = price_answer(version.policy, version.policy.user_group)
    return PriceVersion(**answer.model_dump(), until=version.until, is_replaced=version.is_replaced)


def own_answer(price: Price | None) -> PriceAnswer | None:
    """What the caller would pay."""
    return price_answer(price.policy, price.group) if price else None


def quote_answer(quote: Quote) -> PriceQuote:
    """A quote."""
    return PriceQuote(
        gross_fen=quote.total_fen,
        voucher_fen=0,
        own_fen=quote.total_fen,
        decided_by=None,
        lines=[line_answer(line) for line in quote.lines],
    )


def booking_price(found: Quoted | None) -> BookingPrice | None:
    """What a time costs; None without a price."""
    if found is None or found.quote is None:
        return None
    return BookingPrice(
        **quote_answer(found.quote).model_dump(),
        policy_id=found.policy.id,
        user_group=found.names[0],
        user_group_en=found.names[1],
        billed_on=found.policy.billed_on,
        left_open=left_open(found.terms, found.samples),
        free_cancellation_until=found.free_until,
        late_cancellation_fen=found.late_fen,
        no_show_fen=found.no_show_fen,
    )


def line_answer(line: Line) -> PriceLine:
    """One line."""
    quantity = round(line.minutes / 60, 4) if line.minutes is not None else float(line.count or 0)
    return PriceLine(
        kind=line.kind,
        label=label_of(line),
        quantity=quantity,
        unit_fen=line.unit_fen,
        amount_fen=line.amount_fen,
        why=why_of(line),
    )
