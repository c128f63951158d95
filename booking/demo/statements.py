"""The demo's statements: what was accepted some days ago is billed, one of them paid in part."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.statements.forms import BillingTermsForm, DraftsForm, ReceiptForm
from booking.statements.receipts import record_receipt
from booking.statements.service import issue_statement, make_drafts
from booking.statements.terms import set_terms
from models.charges import Charge
from models.notifications import Event
from models.statements import Statement
from models.vocabulary.charges import ChargeState

BILLED_UNTIL = timedelta(days=12)
PAST = ("statements.issued", "statements.received")


def add_statements(session: Session, *, actor: Actor, now: datetime) -> int:
    """Bill what was accepted at each institution until some days ago; how many statements came of it."""
    accepted = select(Charge.organisation_id).where(Charge.state == ChargeState.ACCEPTED).distinct()
    issued: list[Statement] = []
    until = DraftsForm(until_on=local_date(now - BILLED_UNTIL))
    for organisation_id in session.scalars(accepted.order_by(Charge.organisation_id)).all():
        bank = "户名：示例单位\n开户行：示例银行\n账号：0000 0000 0000"
        set_terms(session, organisation_id, BillingTermsForm(bank_details=bank), actor=actor, now=now)
        drafts = make_drafts(session, organisation_id, until, actor=actor, now=now)
        issued += [issue_statement(session, one.id, actor=actor, now=now) for one in drafts]
    if owed := next((one for one in issued if one.due_fen > 1), None):
        form = ReceiptForm(amount_fen=owed.due_fen // 2, number="示例-0001", received_on=local_date(now))
        record_receipt(session, owed.debtor_id, form, statement_id=owed.id, actor=actor, now=now)
    session.execute(delete(Event).where(Event.name.in_(PAST)))
    return len(issued)
