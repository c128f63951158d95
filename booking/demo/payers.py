"""What pays for the demo's bookings: a grant of the lead's with a member and a limit, and money that a firm paid in."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.demo import people
from booking.payers import amounts, service
from booking.payers.forms import NewPayerForm, PayerAmountForm, PayerReceiptForm
from models.directory import Organisation
from models.vocabulary.payers import PayerKind

RULE = "示例：项目任务书约定可在川渝两地使用仪器"


def add_payers(session: Session, *, actor: Actor, opened: datetime) -> int:
    """Payer accounts at Southwest University, kept since the demo opened; how many."""
    place = session.scalars(select(Organisation.id).where(Organisation.name_zh == "西南大学")).one()
    lead = people.actor(session, "lead", now=opened)
    until = local_date(opened) + timedelta(days=365)
    grant = NewPayerForm(
        kind=PayerKind.GRANT,
        number="示例-52170001",
        name="示例：功能涂层面上项目",
        holder=lead.email,
        expires_on=until,
        provinces=["510000"],
        province_rule=RULE,
    )
    made = service.open_payer(session, place, grant, actor=actor, now=opened)
    amount = PayerAmountForm(amount_fen=60_000_000, reason="示例：立项")
    amounts.set_amount(session, made.id, amount, actor=actor, now=opened)
    member = people.actor(session, "researcher", now=opened)
    service.add_member(session, made.id, member.email, limit_fen=10_000_000, actor=lead, now=opened)
    firm = people.actor(session, "enterprise", now=opened)
    paid = NewPayerForm(kind=PayerKind.PREPAID, number="示例-Y001", name="示例：企业预付款", holder=firm.email)
    prepaid = service.open_payer(session, place, paid, actor=actor, now=opened)
    receipt = PayerReceiptForm(amount_fen=20_000_000, receipt_number="示例-0001", receipt_on=local_date(opened))
    amounts.top_up(session, prepaid.id, receipt, actor=actor, now=opened)
    return 2
