"""Until when what was refused can be claimed anew: whoever asked in time has working days to mend it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from booking.core.working_days import add_working_days
from booking.directory.queries import working_day_test
from models.redemptions import Redemption, RedemptionEvent, RedemptionItem
from models.vocabulary.redemptions import RedemptionState
from models.vouchers import VoucherCapture

LOOKED_AHEAD = timedelta(days=200)


@dataclass(frozen=True, slots=True)
class Term:
    """The last day on which a refused amount can be claimed anew, and the first day of the batch it was refused in."""

    until: date
    opens_on: date | None


def again_until(session: Session, redemption: Redemption, *, is_final: bool, today: date) -> date | None:
    """The day that a refusal names: as many working days of the authority as it has for a review."""
    if is_final:
        return None
    authority = redemption.programme.organisation_id
    is_working = working_day_test(session, authority, today, today + LOOKED_AHEAD)
    return add_working_days(today, redemption.programme_version.review_days, is_working)


def claimed_anew_by(redemption: Redemption, items: Sequence[RedemptionItem]) -> date:
    """Until when all items of a refused request can be claimed anew together."""
    last = min(one.voucher.redeem_by for one in items)
    if redemption.closes_on:
        last = min(last, redemption.closes_on)
    return max(last, redemption.again_until) if redemption.again_until else last


def last_day_of(redemption: Redemption, items: Sequence[RedemptionItem]) -> date:
    """The day after which its items lapse; until then a later batch may still take them."""
    last = min(one.voucher.redeem_by for one in items)
    return max(last, redemption.again_until) if redemption.again_until else last


def is_mendable(redemption: Redemption, events: Sequence[RedemptionEvent]) -> bool:
    """Whether it was refused, and not for good."""
    is_final = any(bool(one.facts.get("is_final")) for one in events)
    return redemption.state == RedemptionState.REJECTED and not is_final


def has_term(today: date) -> ColumnElement[bool]:
    """Whether a refusal lets the captured pair of the statement around it be claimed anew on a day."""
    found = exists().where(
        RedemptionItem.voucher_id == VoucherCapture.voucher_id,
        RedemptionItem.charge_id == VoucherCapture.charge_id,
        Redemption.id == RedemptionItem.redemption_id,
        *_open(today),
    )
    return found.correlate(VoucherCapture)


def terms(session: Session, captures: Sequence[VoucherCapture], today: date) -> dict[tuple[int, int], Term]:
    """The longest term of each captured pair that has one on a day; one statement."""
    pairs = RedemptionItem.voucher_id, RedemptionItem.charge_id
    rows = (
        select(*pairs, Redemption.again_until, Redemption.opens_on)
        .join(Redemption, Redemption.id == RedemptionItem.redemption_id)
        .where(pairs[1].in_({one.charge_id for one in captures}), *_open(today))
        .order_by(Redemption.again_until, Redemption.id)
    )
    return {(row[0], row[1]): Term(row[2], row[3]) for row in session.execute(rows) if row[2]}


def _open(today: date) -> tuple[Any, ...]:
    """Refused redemptions whose term runs on a day."""
    return Redemption.state == RedemptionState.REJECTED, Redemption.again_until >= today
