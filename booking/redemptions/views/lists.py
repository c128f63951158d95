"""Lists of redemptions: one's own, what waits for officers, and what is in public."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.accounts.permissions import Permission, reach, require
from booking.core.actors import Target
from booking.core.clock import local_date, utcnow
from booking.directory.left import days_left
from booking.directory.queries import organisation
from booking.redemptions import labels, queries
from booking.redemptions.forms import CapturedPage, RedemptionNoticesPage, RedemptionsPage
from booking.redemptions.queries import Wanted
from booking.redemptions.sums import captures_of, sums_of
from booking.redemptions.wording import (
    name_of,
    number_of,
    programme_name,
    state_of,
    state_on,
    voucher_number,
)
from booking.web.extensions import reading
from booking.web.reading import read_query
from booking.web.signed_in import require_actor, signed_in
from models.redemptions import Redemption
from models.vouchers import VoucherCapture

PER_PAGE = 30


@signed_in
def index() -> ResponseReturnValue:
    """Show the redemptions that one may read, the newest first, with what one can still claim."""
    session, who, asked = reading(), require_actor(), read_query(RedemptionsPage)
    wanted = Wanted(asked.organisation, asked.programme, asked.state, asked.waiting)
    page = queries.redemptions(session, who, wanted, limit=PER_PAGE, cursor=asked.cursor)
    filters = asked.model_dump(mode="json", exclude={"limit", "cursor"}, exclude_none=True, exclude_defaults=True)
    claimants = queries.claimants_of(session, who)
    sums = sums_of(session, [one.id for one in claimants])
    return render_template(
        "redemptions/index.html",
        rows=[row(one) for one in page.items],
        filters=filters,
        states=[(one.value, _(said[0])) for one, said in labels.STATES.items()],
        claimants=[(one.id, name_of(one), sums[one.id]) for one in claimants],
        has_queue=bool(reach(who, Permission.REVIEW_REDEMPTIONS)),
        sees_samples=bool(reach(who, Permission.SEE_REDEMPTION_SAMPLES)),
        next_url=url_for("redemptions.index", **filters, cursor=page.next_cursor) if page.next_cursor else "",
    )


@signed_in
def captured() -> ResponseReturnValue:
    """Show what makes up what a claimant's vouchers covered: captures, what came back of them, and what lapsed."""
    session, asked = reading(), read_query(CapturedPage)
    require(require_actor(), Permission.CLAIM_REDEMPTIONS, Target(asked.organisation))
    page = captures_of(session, asked.organisation, is_lapsed=asked.lapsed, limit=PER_PAGE, cursor=asked.cursor)
    sums = sums_of(session, [asked.organisation])[asked.organisation]
    here: dict[str, Any] = {"organisation": asked.organisation, "lapsed": asked.lapsed or None}
    return render_template(
        "redemptions/captured.html",
        place=name_of(organisation(session, asked.organisation)),
        is_lapsed=asked.lapsed,
        total_fen=sums.lapsed_fen if asked.lapsed else sums.captured_fen,
        rows=[_captured(one, is_lapsed=asked.lapsed) for one in page.items],
        next_url=url_for("redemptions.captured", **here, cursor=page.next_cursor) if page.next_cursor else "",
    )


def _captured(one: VoucherCapture, *, is_lapsed: bool) -> dict[str, Any]:
    """A capture in words; what lapsed counts as that, else as what it took away."""
    said = labels.CAPTURES[one.kind] if one.kind in labels.CAPTURES else labels.USED[one.amount_fen > 0]
    return {
        "capture": one,
        "what": _(said),
        "voucher": voucher_number(one.voucher),
        "enterprise": name_of(one.voucher.organisation),
        "provider": name_of(one.charge.organisation),
        "fen": -one.amount_fen if is_lapsed else one.amount_fen,
    }


@signed_in
def queue() -> ResponseReturnValue:
    """Show what waits for an officer, the one that is due first first, in working days."""
    session, today = reading(), local_date(utcnow())
    cursor = read_query(RedemptionNoticesPage).cursor
    page = queries.queue(session, require_actor(), today=today, limit=PER_PAGE, cursor=cursor)
    return render_template(
        "redemptions/queue.html",
        rows=[row(one) | {"left": left, "state": state_on(one, today)} for one, left in _with_days(page.items, today)],
        next_url=url_for("redemptions.queue", cursor=page.next_cursor) if page.next_cursor else "",
    )


def notices() -> ResponseReturnValue:
    """Show everybody what authorities are about to pay, and what they have paid."""
    page = queries.notices(reading(), limit=PER_PAGE, cursor=read_query(RedemptionNoticesPage).cursor)
    return render_template(
        "redemptions/notices.html",
        rows=[row(one) for one in page.items],
        today=local_date(utcnow()),
        next_url=url_for("redemptions.notices", cursor=page.next_cursor) if page.next_cursor else "",
    )


def row(one: Redemption) -> dict[str, Any]:
    """A redemption in a list, in words."""
    return {
        "redemption": one,
        "number": number_of(one),
        "claimant": name_of(one.claimant),
        "programme": programme_name(one),
        "authority": name_of(one.programme.organisation),
        "state": state_of(one),
    }


def _with_days(rows: Sequence[Redemption], today: date) -> list[tuple[Redemption, int]]:
    """Each with the working days that are left until it is due; below zero: how many it is late."""
    due = [(queries.house_of(one).id, one.due_on or today) for one in rows]
    return list(zip(rows, days_left(reading(), due, today), strict=True))
