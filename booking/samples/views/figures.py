"""The page of figures: how many orders queue, and how long they take."""

from collections.abc import Sequence

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.core.clock import utcnow
from booking.samples import queries
from booking.samples.figures import QueueLength, Turnaround, figures_of
from booking.samples.forms import SampleFiguresPage
from booking.web.charts import Chart, ChartKind, Series
from booking.web.extensions import reading
from booking.web.languages import in_language
from booking.web.reading import read_query
from booking.web.signed_in import require_actor


def figures() -> ResponseReturnValue:
    """Queue and turnaround of the instruments one works for, or of one of them."""
    who, asked = require_actor(), read_query(SampleFiguresPage)
    found = figures_of(reading(), who, now=utcnow(), instrument_id=asked.instrument)
    named = [(one.id, in_language(one.name_zh, one.name_en)) for one in queries.staffed_instruments(reading(), who)]
    return render_template(
        "samples/figures.html",
        instruments=named,
        instrument_id=asked.instrument,
        charts=[] if found.is_empty else [queue_chart(found.queue), turnaround_chart(found.turnaround)],
    )


def queue_chart(queue: Sequence[QueueLength]) -> Chart:
    """The length of the queue, week by week."""
    title, days = _("每周末与今天排队中的委托（件）"), [one.day.isoformat() for one in queue]
    lengths = Series(_("排队中的委托"), [one.orders for one in queue])
    return Chart(title, ChartKind.LINE, _("日期"), days, [lengths])


def turnaround_chart(turnaround: Sequence[Turnaround]) -> Chart:
    """The days from samples to results, month by month."""
    title, months = (
        _("从收到样品到首次交付全部结果（天，按交付月份）"),
        [one.month.isoformat()[:7] for one in turnaround],
    )
    taken = Series(_("中位天数"), [one.median_days for one in turnaround])
    counted = Series(_("交付结果的委托"), [one.orders for one in turnaround])
    return Chart(title, ChartKind.BARS, _("月份"), months, [taken, counted])
