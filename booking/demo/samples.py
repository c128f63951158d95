"""A few sample orders of the demo, from one that waits for its quote to one that is done."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.attachments.preparing import Uploaded, prepare
from booking.attachments.rules import Limits
from booking.charges.windows import Windows
from booking.core.actors import Actor
from booking.core.clock import at_local, local_date
from booking.demo import people
from booking.reservations.refusals import ReservationRefused
from booking.samples import handling
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
from booking.samples.quoting import accept_quote, proposal_of, quote_order
from booking.samples.service import add_message, request_order
from models.catalogue import TestItem
from models.samples import SampleOrder
from models.vocabulary.pricing import LineKind
from models.vocabulary.samples import Leftover, ReportKind

LIMITS = Limits(photo_bytes=10**6, document_bytes=10**6, quota_bytes=10**8, most_files=12)
REPORT = "样品编号,铁含量(%)\nA-1,0.12\nA-2,0.11\nA-3,0.13\n"
SINCE = timedelta(days=12)
LOOKED_AHEAD = 14


class _Orders:
    """Orders of the demo's people on the steward's instruments, each led as far as is wanted."""

    def __init__(self, session: Session, *, now: datetime) -> None:
        """Who takes part, and where."""
        self.session, self.now = session, now
        self.steward = people.actor(session, "steward", now=now)
        self.instruments = sorted(reach(self.steward, Permission.EDIT_RECORD).instrument_ids)

    def asked(self, place: int, account: str, title: str, count: int, *, for_firm: bool = False) -> SampleOrder:
        """A request some days ago."""
        who = people.actor(self.session, account, now=self.now)
        firms = sorted(reach(who, Permission.ORDER_FOR_FIRM).organisation_ids)
        instrument_id = self.instruments[place]
        items = self.session.scalars(
            select(TestItem.id).where(TestItem.instrument_id == instrument_id).order_by(TestItem.position).limit(1)
        ).all()
        form = SampleOrderForm(
            title=title,
            sample_count=count,
            marks=[f"A-{number}" for number in range(1, count + 1)],
            description="干燥粉末，每份约 2 克，密封袋分装。",
            test_items=list(items),
            other_tests="" if items else "形貌与成分",
            hazards=[],
            leftover=Leftover.DISPOSE,
            report=ReportKind.REPORT,
            due_on=local_date(self.now) + timedelta(days=10),
            organisation_id=firms[0] if for_firm and firms else None,
        )
        return request_order(self.session, instrument_id, form, [], LIMITS, actor=who, now=self.now - SINCE)

    def quoted(self, order: SampleOrder) -> SampleOrder:
        """With a quote from the price list, or by hand where there is none."""
        proposed = proposal_of(self.session, order.id, actor=self.steward, now=self.now).lines
        lines = [
            QuoteLineForm(kind=LineKind(one["kind"]), name=one["name_zh"], count=one["count"], unit_fen=one["unit_fen"])
            for one in proposed
        ]
        by_hand = [QuoteLineForm(kind=LineKind.SAMPLES, count=order.sample_count, unit_fen=20_000)]
        until = local_date(self.now) + timedelta(days=20)
        last = max((one.id for one in quotes_of(self.session, order.id)), default=0)
        form = SampleQuoteForm(
            last_quote_id=last,
            lines=lines or by_hand,
            valid_until=until,
            reason="" if lines else "按样品报价",
            note="收样后约五个工作日出结果。",
        )
        quote_order(self.session, order.id, form, actor=self.steward, now=self.now - SINCE)
        return order

    def accepted(self, order: SampleOrder, account: str) -> SampleOrder:
        """Accepted and sent."""
        who: Actor = people.actor(self.session, account, now=self.now)
        last = quotes_of(self.session, order.id)[-1]
        accept_quote(self.session, order.id, last.id, actor=who, now=self.now - SINCE)
        form = SendForm(courier="顺丰速运", tracking_number=f"SF{1000 + order.id}")
        handling.send_samples(self.session, order.id, form, actor=who, now=self.now - SINCE)
        return order

    def received(self, order: SampleOrder, *, damaged: int = 0) -> SampleOrder:
        """Arrived, some of them damaged."""
        note = "外袋破损，样品受潮" if damaged else ""
        form = ReceiveForm(damaged=list(range(1, damaged + 1)), missing=[], note=note)
        handling.receive_samples(self.session, order.id, form, [], LIMITS, actor=self.steward, now=self.now)
        return order

    def tested(self, order: SampleOrder) -> bool:
        """In testing, in the first hours that the instrument has free; whether there are any."""
        for days in range(1, LOOKED_AHEAD):
            start = at_local(local_date(self.now) + timedelta(days=days), 8 * 60)
            form = SampleRunForm(order_ids=[order.id], starts_at=start, ends_at=start + timedelta(hours=2))
            try:
                with self.session.begin_nested():
                    handling.start_run(self.session, order.instrument_id, form, actor=self.steward, now=self.now)
            except ReservationRefused:
                continue
            return True
        return False

    def reported(self, order: SampleOrder) -> None:
        """With a file of results."""
        files = prepare([Uploaded("检测结果.csv", REPORT.encode())], LIMITS)
        form = ResultForm(report_number="SWU-2026-0117", positions=[], is_final=True)
        said: dict[str, Any] = {"windows": Windows(), "actor": self.steward, "now": self.now}
        handling.add_results(self.session, order.id, form, files, LIMITS, **said)


def add_samples(session: Session, *, now: datetime) -> int:
    """Orders in various states; how many."""
    orders = _Orders(session, now=now)
    asked = orders.asked(0, "researcher", "聚合物薄膜", 4)
    text = "样品不导电，请先喷金。"
    researcher = people.actor(session, "researcher", now=now)
    add_message(session, asked.id, text, [], LIMITS, actor=researcher, now=now)
    orders.quoted(orders.asked(0, "enterprise", "光学玻璃", 6, for_firm=True))
    stages: tuple[tuple[str, Callable[[SampleOrder], object]], ...] = (
        ("合金粉末", orders.received),
        ("陶瓷片", lambda order: orders.received(order, damaged=1)),
        ("铁矿样", lambda order: orders.tested(orders.received(order))),
    )
    for title, stage in stages:
        order = orders.quoted(orders.asked(1, "enterprise", title, 3, for_firm=True))
        stage(orders.accepted(order, "enterprise"))
    done = orders.quoted(orders.asked(1, "researcher2", "Iron ore", 3))
    if orders.tested(orders.received(orders.accepted(done, "researcher2"))):
        orders.reported(done)
    session.flush()
    return len(session.scalars(select(SampleOrder.id)).all())
