"""Statements of the world: one the holder owes ours, with a receipt; a draft; one of the others'; all marked."""

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from booking.attachments.preparing import Uploaded, prepare
from booking.attachments.rules import Limits
from booking.charges import service as charging
from booking.charges.windows import Windows
from booking.core.clock import local_date
from booking.invoices.forms import InvoiceForm
from booking.invoices.service import record_invoice
from booking.reservations.forms import UseForm
from booking.reservations.service import request_reservation
from booking.reservations.using import confirm_use
from booking.reservations.wishes import Paying, Wish
from booking.statements import receipts, service
from booking.statements.forms import BillingTermsForm, DraftsForm, ReceiptForm
from booking.statements.runs import start_run
from booking.statements.terms import set_terms
from models.attachments import Attachment
from models.charges import Charge
from models.statements import Statement
from models.vocabulary.attachments import OwnerKind
from models.vocabulary.statements import RunState

if TYPE_CHECKING:
    from tests.house.worlds import Builder


def add_statements(builder: "Builder", ours: frozenset[str], theirs: frozenset[str]) -> None:
    """`ours` keep our institution's statements; the holder owes one of them and reads what was received."""
    session, names = builder.session, builder.world.names
    places = (("", "organisation", "admin", ours | {"holder"}), ("their_", "their_organisation", "their_admin", theirs))
    for side, place, admin, readers in places:
        bank, yesterday = builder.mark(f"{side}bank", readers), local_date(builder.now) - timedelta(days=1)
        terms = BillingTermsForm(bank_details=bank, cut_off_day=yesterday.day)
        set_terms(session, names[place], terms, actor=builder.actor(admin), now=builder.now)
    later = Paying(is_later=True)
    accepted(builder, "published", "holder", "steward", 19, Paying(names["paying"]))
    statement = issued(builder, "organisation", "admin")
    why = builder.mark("receipt", ours | {"holder"})
    today, actor, now = local_date(builder.now), builder.actor("admin"), builder.now
    paid = ReceiptForm(amount_fen=300, number="W1", received_on=today, reason=why)
    done = receipts.record_receipt(session, statement.debtor_id, paid, statement_id=statement.id, actor=actor, now=now)
    builder.keep("statement", statement)
    _invoice(builder, statement, ours | {"holder"})
    builder.world.names |= {"debtor": statement.debtor_id, "receipt": done.receipt.id}
    accepted(builder, "their_published", "their_holder", "their_steward", 18, later)
    their_statement = issued(builder, "their_organisation", "their_admin")
    builder.keep("their_statement", their_statement)
    builder.world.names["their_debtor"] = their_statement.debtor_id
    accepted(builder, "published", "holder", "steward", 20, later)
    (draft,) = service.make_drafts(session, names["organisation"], _until(builder), actor=actor, now=now)
    builder.keep("draft_statement", draft)
    _ran(builder)
    accepted(builder, "published", "holder", "steward", 21, Paying(names["paying"]))
    builder.world.names["today"] = today.isoformat()
    builder.world.names["billed_code"] = f"p{builder.world.users['holder'].id}"
    session.commit()


def _invoice(builder: "Builder", statement: Statement, readers: frozenset[str]) -> None:
    """One that covers a part of a statement, with its file."""
    session, actor, now = builder.session, builder.actor("admin"), builder.now
    said = {"number": "25502000000001", "issued_on": "2026-01-05", "title": builder.mark("invoice", readers)}
    covers = [{"statement_id": statement.id, "amount_fen": 100}]
    limits = Limits(photo_bytes=1_000, document_bytes=1_000, quota_bytes=10_000, most_files=6)
    file = Uploaded("invoice.pdf", b"%PDF-1.7\n%%EOF")
    form = InvoiceForm.model_validate({**said, "items": covers})
    files = prepare([file], limits, is_invoice=True)
    made = record_invoice(session, statement.debtor_id, form, files, limits, actor=actor, now=now)
    builder.keep("invoice", made)
    at_it = Attachment.owner_kind == OwnerKind.INVOICE, Attachment.owner_id == made.id
    builder.world.names["invoice_file"] = session.scalars(select(Attachment.id).where(*at_it)).one()


def accepted(  # noqa: PLR0917 - whose use of what, confirmed by whom
    builder: "Builder", record: str, booker: str, steward: str, hour: int, paying: Paying
) -> None:
    """A use of yesterday that its payer accepted."""
    session, now = builder.session, builder.now
    wish = Wish(builder.world.names[record], builder.at(-1, hour), paying=paying)
    made = request_reservation(session, wish, actor=builder.actor(booker), now=now - timedelta(days=4))
    confirm_use(session, made.id, UseForm(), windows=Windows(), actor=builder.actor(steward), now=now)
    charge_id = session.scalars(select(Charge.id).where(Charge.reservation_id == made.id)).one()
    charging.accept_charge(session, charge_id, actor=builder.actor(booker), now=now)


def _ran(builder: "Builder") -> None:
    """Issuing all drafts, which broke off before the first one."""
    run = start_run(builder.session, builder.world.names["organisation"], actor=builder.actor("admin"), now=builder.now)
    run.state, run.finished_at = RunState.FAILED, builder.now
    builder.keep("statement_run", run)


def _until(builder: "Builder") -> DraftsForm:
    """Everything until today."""
    return DraftsForm(until_on=local_date(builder.now))


def issued(builder: "Builder", place: str, admin: str) -> Statement:
    """The one statement that can be made."""
    session, actor, now = builder.session, builder.actor(admin), builder.now
    (draft,) = service.make_drafts(session, builder.world.names[place], _until(builder), actor=actor, now=now)
    return service.issue_statement(session, draft.id, actor=actor, now=now)
