"""Sample orders for tests, each led as far as is wanted by the services."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from booking.attachments.preparing import Prepared, Uploaded, prepare
from booking.attachments.rules import Limits
from booking.charges.windows import Windows
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.period import Period
from booking.reservations.wishes import Paying
from booking.samples import handling, quoting, service
from booking.samples.forms import (
    QuoteLineForm,
    ReceiveForm,
    ResultForm,
    SampleOrderForm,
    SampleQuoteForm,
    SampleRunForm,
    SendForm,
)
from booking.samples.queries import quotes_of
from models.samples import SampleOrder, SampleRun
from models.vocabulary.pricing import LineKind
from models.vocabulary.samples import Leftover, ReportKind
from tests.factories.pictures import PDF

WINDOWS = Windows()
LATER = Paying(is_later=True)
LIMITS = Limits(photo_bytes=10**6, document_bytes=10**6, quota_bytes=10**8, most_files=60)


def request_form(title: str = "氧化铝", count: int = 3, **values: Any) -> SampleOrderForm:
    """A request of these samples that fits together."""
    said: dict[str, Any] = {
        "title": title,
        "sample_count": count,
        "marks": [],
        "test_items": [],
        "other_tests": "铁含量",
        "hazards": [],
        "leftover": Leftover.DISPOSE,
        "report": ReportKind.DATA,
    }
    return SampleOrderForm(**said | values)


def pdf(name: str = "报告.pdf") -> list[Prepared]:
    """A file ready to be stored."""
    return prepare([Uploaded(name, PDF)], LIMITS)


@dataclass(frozen=True, slots=True)
class Orders:
    """Both sides of orders at one instrument."""

    session: Session
    instrument_id: int
    asker: Actor
    staff: Actor
    now: datetime

    def asked(self, form: SampleOrderForm | None = None, files: list[Prepared] | None = None) -> SampleOrder:
        """Requested."""
        wanted = form or request_form()
        return service.request_order(
            self.session, self.instrument_id, wanted, files or [], LIMITS, actor=self.asker, now=self.now
        )

    def quoted(self, order: SampleOrder | None = None, *, unit_fen: int = 20_000, days: int = 30) -> SampleOrder:
        """Quoted by the sample."""
        found = order or self.asked()
        line = QuoteLineForm(kind=LineKind.SAMPLES, count=found.sample_count, unit_fen=unit_fen)
        until = local_date(self.now) + timedelta(days=days)
        last = max((one.id for one in quotes_of(self.session, found.id)), default=0)
        form = SampleQuoteForm(last_quote_id=last, lines=[line], valid_until=until, reason="按样品")
        quoting.quote_order(self.session, found.id, form, actor=self.staff, now=self.now)
        return found

    def accepted(self, order: SampleOrder | None = None, paying: Paying = LATER) -> SampleOrder:
        """The quote accepted, to be settled later unless said otherwise."""
        found = order or self.quoted()
        last = quotes_of(self.session, found.id)[-1]
        quoting.accept_quote(self.session, found.id, last.id, paying=paying, actor=self.asker, now=self.now)
        return found

    def sent(self, order: SampleOrder | None = None) -> SampleOrder:
        """On its way."""
        found = order or self.accepted()
        handling.send_samples(self.session, found.id, SendForm(courier="顺丰"), actor=self.asker, now=self.now)
        return found

    def received(self, order: SampleOrder | None = None, **values: Any) -> SampleOrder:
        """Arrived, as announced or not."""
        found = order or self.sent()
        form = ReceiveForm(**{"damaged": [], "missing": [], **values})
        handling.receive_samples(self.session, found.id, form, [], LIMITS, actor=self.staff, now=self.now)
        return found

    def run(self, *orders: SampleOrder, period: Period) -> SampleRun:
        """In testing."""
        ids = [order.id for order in orders]
        form = SampleRunForm(order_ids=ids, starts_at=period.start, ends_at=period.end)
        return handling.start_run(self.session, self.instrument_id, form, actor=self.staff, now=self.now)

    def reported(self, order: SampleOrder, positions: list[int] | None = None, *, is_final: bool = True) -> SampleOrder:
        """With results."""
        form = ResultForm(report_number="R-1", positions=positions or [], is_final=is_final)
        said: dict[str, Any] = {"windows": WINDOWS, "actor": self.staff, "now": self.now}
        return handling.add_results(self.session, order.id, form, pdf(), LIMITS, **said)
