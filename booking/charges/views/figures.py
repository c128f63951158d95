"""The page of spending by month, and the same as a table to keep."""

from collections.abc import Iterator
from decimal import Decimal

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.charges import labels
from booking.charges.figures import Spending, spending, views_of
from booking.charges.forms import SpendingPage
from booking.core.clock import utcnow
from booking.core.money import yuan_from_fen
from booking.core.table_writing import Row
from booking.web.charts import Chart, ChartKind, Series
from booking.web.extensions import reading
from booking.web.reading import read_query
from booking.web.signed_in import require_actor, signed_in
from booking.web.tables import table_response

FEN = 100


@signed_in
def figures() -> ResponseReturnValue:
    """What was charged month by month, and to whom."""
    who, found = require_actor(), _found()
    tabs = [
        {
            "label": _(labels.WHOSE[one]),
            "url": url_for("charges.figures", whose=one.value),
            "active": one == found.whose,
        }
        for one in views_of(who)
    ]
    return render_template(
        "charges/figures.html",
        found=found,
        tabs=tabs if len(tabs) > 1 else [],
        charts=[] if found.is_empty else [_chart(found)],
        csv_url=url_for("charges.figures_csv", whose=found.whose.value),
    )


@signed_in
def figures_csv() -> Response:
    """The same as CSV; amounts are yuan."""
    found = _found()
    return table_response(_rows(found), f"spending-{found.whose.value}", "csv", title=_("各月费用"))


def _found() -> Spending:
    """What is asked for."""
    return spending(reading(), require_actor(), read_query(SpendingPage).whose, now=utcnow())


def _chart(found: Spending) -> Chart:
    """The amounts, month by month."""
    months = [one.month.isoformat()[:7] for one in found.months]
    amounts = Series(_("费用（元）"), [one.spent_fen / FEN for one in found.months])
    counts = Series(_("笔数"), [one.charges for one in found.months])
    return Chart(_("各月费用（元，按使用或交付结果的月份）"), ChartKind.BARS, _("月份"), months, [amounts, counts])


def _rows(found: Spending) -> Iterator[Row]:
    """One row for each month, then one for each person."""
    yield tuple(str(head) for head in (_("月份"), _("使用人"), _("笔数"), _("费用（元）")))
    for one in found.months:
        yield one.month.isoformat()[:7], "", str(one.charges), Decimal(yuan_from_fen(one.spent_fen))
    for person in found.people:
        yield "", person.name, str(person.charges), Decimal(yuan_from_fen(person.spent_fen))
