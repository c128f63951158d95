"""Redemptions of the world: the agent's firm claims from the officer's authority what vouchers covered of uses."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from booking.attachments.preparing import Uploaded, prepare
from booking.attachments.rules import Limits
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.invoices.forms import InvoiceForm
from booking.invoices.service import record_invoice
from booking.recognitions.forms import RecognitionForm
from booking.recognitions.service import recognise
from booking.redemptions import documents, elsewhere, paying, queries, service
from booking.redemptions.forms import (
    PaidElsewhereForm,
    RedemptionForm,
    RedemptionPaymentForm,
    RedemptionRejectionForm,
    RedemptionReviewForm,
    RedemptionSampleForm,
    SubmittedElsewhereForm,
)
from booking.redemptions.sampling import draw_sample
from booking.reservations.vouching import VoucherUse, Vouching
from booking.reservations.wishes import Paying
from booking.vouchers.issuing import Issue, issue
from models.charges import Charge
from models.directory import Organisation
from models.redemptions import Redemption, RedemptionItem
from models.vocabulary.programmes import ProgrammeDocument, ServiceType
from models.vocabulary.recognitions import RecognitionKind
from models.vouchers import Voucher
from tests.factories.programmes import make_officer
from tests.house.worlds_statements import accepted, issued

if TYPE_CHECKING:
    from tests.house.worlds import Builder

SHARING = ServiceType.INSTRUMENT_SHARING
LIMITS = Limits(photo_bytes=1_000, document_bytes=1_000, quota_bytes=10_000, most_files=6)
FILE = Uploaded("application.pdf", b"%PDF-1.7\n%%EOF")


def add_redemptions(builder: "Builder") -> None:
    """One that waits, one whose public notice is over, one that is paid and was drawn, and something left to claim."""
    session, names = builder.session, builder.world.names
    authority = session.get_one(Organisation, names["authority"])
    officers = [make_officer(session, authority, f"{word}-officer", now=builder.now) for word in ("first", "second")]
    voucher = _voucher(builder, officers[0])
    charges = _charges(builder, voucher)
    month = timedelta(days=30)
    note = builder.mark("redemption_note", frozenset({"agent", "officer"}))
    waiting = builder.keep("redemption", _asked(builder, voucher, charges[0], note))
    agent, now = builder.actor("agent"), builder.now
    kind, files = ProgrammeDocument.APPLICATION, prepare([FILE], LIMITS)
    documents.add_documents(session, waiting.id, kind, files, LIMITS, actor=agent, now=now)
    (document,) = queries.documents_of(session, waiting.id)
    names |= {"redemption_file": document.attachment_id, "redemption_version": waiting.version}
    noticed = builder.keep("noticed_redemption", _asked(builder, voucher, charges[1], note, before=month))
    paid = builder.keep("paid_redemption", _asked(builder, voucher, charges[2], note, before=month))
    for one in (noticed, paid):
        for officer in officers:
            service.review(session, one.id, RedemptionReviewForm(version=one.version), actor=officer, now=now - month)
    today = local_date(now)
    form = RedemptionPaymentForm(paid_on=today, receipt_number="HD-1")
    paying.record_payment(session, paid.id, form, actor=officers[0], now=now)
    item = select(RedemptionItem.id).where(RedemptionItem.redemption_id == paid.id)
    names["paid_item"] = session.scalars(item).one()
    names |= {"claimable_voucher": voucher.id, "claimable_charge": charges[3].id}
    _elsewhere(builder, charges[4:], note)
    sample = RedemptionSampleForm(programme_id=names["programme"], paid_from=today, paid_until=today, count=1)
    builder.keep("sample", draw_sample(session, sample, actor=officers[0], now=now))
    session.commit()


def _elsewhere(builder: "Builder", charges: list[Charge], note: str) -> None:
    """Four of the voucher that lives elsewhere: gathered, submitted there, refused there, and paid there."""
    session, names, agent, now = builder.session, builder.world.names, builder.actor("agent"), builder.now
    voucher = session.get_one(Voucher, names["elsewhere_voucher"])
    for word, charge in zip(("gathered", "submitted", "refused", "there"), charges, strict=True):
        one = builder.keep(f"{word}_redemption", _asked(builder, voucher, charge, note))
        if word != "gathered":
            form = SubmittedElsewhereForm(submitted_on=local_date(now))
            elsewhere.record_submitted(session, one.id, form, actor=agent, now=now)
        if word == "refused":
            refusal = RedemptionRejectionForm(version=one.version, reason="材料不全")
            elsewhere.record_refused(session, one.id, refusal, actor=agent, now=now)
        if word == "there":
            paid = PaidElsewhereForm(version=one.version, paid_on=local_date(now), receipt_number="HD-3")
            elsewhere.record_paid(session, one.id, paid, actor=agent, now=now)
            item = select(RedemptionItem.id).where(RedemptionItem.redemption_id == one.id)
            names["there_item"] = session.scalars(item).one()
        names[f"{word}_version"] = one.version


def _voucher(builder: "Builder", officer: Actor) -> Voucher:
    """A voucher of the agent's firm, for the other province's instruments too."""
    session, names = builder.session, builder.world.names
    form = RecognitionForm(
        organisation_id=names["authority"],
        kind=RecognitionKind.SERVICE_TYPE,
        province="510000",
        service_type=SHARING,
        starts_on=date(2026, 1, 1),
        notice="互认通知",
    )
    recognise(session, form, actor=officer, now=builder.now)
    wanted = Issue(names["programme"], names["firm_id"], 1_000_000)
    return issue(session, wanted, actor=officer, now=builder.now)


def _charges(builder: "Builder", voucher: Voucher) -> list[Charge]:
    """Four uses of the agent at the other institution that are billed, invoiced whole, and partly covered.

    Four more are covered by the voucher that lives elsewhere.
    """
    session, now, names = builder.session, builder.now, builder.world.names
    last = session.scalars(select(Charge.id).order_by(Charge.id.desc())).first() or 0
    for voucher_id, hours in ((voucher.id, (9, 10, 11, 12)), (names["elsewhere_voucher"], (13, 14, 15, 16))):
        paying = Paying(is_later=True, vouching=Vouching(VoucherUse.NAMED, voucher_id))
        for hour in hours:
            accepted(builder, "their_published", "agent", "their_steward", hour, paying)
    charges = list(session.scalars(select(Charge).where(Charge.id > last).order_by(Charge.id)))
    slip = issued(builder, "their_organisation", "their_admin")
    said = {"number": "25502000000009", "issued_on": "2026-01-05", "title": "示例企业"}
    covers = [{"statement_id": slip.id, "amount_fen": slip.total_fen}]
    form = InvoiceForm.model_validate({**said, "items": covers})
    record_invoice(session, slip.debtor_id, form, actor=builder.actor("their_admin"), now=now)
    names["redeemed_statement"] = slip.id
    for marker in ("qnameagentxz", "qmailagentxz"):
        builder.world.markers[marker] |= {"their_steward", "their_technician", "their_admin"}
    builder.world.markers["qtheirbankxz"] |= {"agent"}
    return charges


def _asked(
    builder: "Builder", voucher: Voucher, charge: Charge, note: str, before: timedelta = timedelta()
) -> Redemption:
    """A request of the agent for one charge, some time before now."""
    names = builder.world.names
    items = [{"voucher_id": voucher.id, "charge_id": charge.id}]
    named = {"organisation_id": names["firm_id"], "programme_id": voucher.programme_id, "items": items, "note": note}
    form = RedemptionForm.model_validate(named)
    actor, now = builder.actor("agent"), builder.now - before
    return service.request_redemption(builder.session, form, actor=actor, now=now)
