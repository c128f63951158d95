"""The page of a programme's budget: how it burns down over the year."""

from collections.abc import Sequence
from datetime import date, timedelta

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.clearing.budgets import Budget, budget_of
from booking.core.clock import local_date, utcnow
from booking.programmes.wording import authority_name, programme_name
from booking.web.charts import Chart, ChartKind, Series
from booking.web.extensions import reading
from booking.web.signed_in import require_actor, signed_in

FEN = 100


@signed_in
def show(programme_id: int) -> ResponseReturnValue:
    """Show what of a budget is free, committed and paid, day by day against the year."""
    found = budget_of(reading(), programme_id, require_actor(), today=local_date(utcnow()))
    programme = found.shown.programme
    return render_template(
        "clearing/budget.html",
        programme=programme,
        name=programme_name(programme),
        authority=authority_name(programme),
        found=found,
        latest=found.latest,
        charts=[chart(found)] if found.total_fen else [],
    )


def chart(found: Budget) -> Chart:
    """The three amounts day by day until today, beside a limited budget that is used evenly until the last day."""
    days = [found.first + timedelta(days=n) for n in range((found.last - found.first).days + 1)]
    columns = (
        (_("可用"), [one.free_fen for one in found.days]),
        (_("已占用"), [one.committed_fen for one in found.days]),
        (_("已兑付"), [one.paid_fen for one in found.days]),
    )
    series = [Series(name, _yuan(values, len(days))) for name, values in columns]
    even = [Series(_("匀速使用时的可用额"), _evenly(found, days), is_guide=True)] if found.is_limited else []
    title = _("每天结束时的预算（元）")
    return Chart(title, ChartKind.STACKED, _("日期"), [one.isoformat() for one in days], [*series, *even])


def _yuan(values: Sequence[int], length: int) -> list[float | None]:
    """Amounts in yuan, and nothing for the days to come."""
    return [*(fen / FEN for fen in values), *[None] * (length - len(values))]


def _evenly(found: Budget, days: Sequence[date]) -> list[float | None]:
    """What would be free if the same were used every day."""
    last = max(len(days) - 1, 1)
    return [round(found.total_fen * (last - place) / last / FEN, 2) for place in range(len(days))]
