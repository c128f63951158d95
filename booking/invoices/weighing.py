"""What vouchers pay of the charges that an invoice covers, or covers no more: weighed again by its day."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.charges.invoiced import Weighing, weigh_by_invoice
from booking.charges.windows import Windows
from booking.core.actors import Actor
from booking.invoices.charged import invoiced_on
from models.charges import Charge
from models.invoices import Invoice
from models.statements import StatementItem


def weigh_again(
    session: Session,
    invoice: Invoice,
    statement_ids: Collection[int],
    *,
    windows: Windows,
    is_agreed: bool = True,
    actor: Actor,
    now: datetime,
) -> None:
    """Weigh the charges on these statements anew, whose debtor is under lock; one statement where no voucher pays.

    Raises InvalidInput where vouchers pay less then and that was not agreed to, and ClaimWaits.
    """
    asked = select(StatementItem.charge_id).join(Charge, Charge.id == StatementItem.charge_id)
    vouchered = asked.where(StatementItem.statement_id.in_(statement_ids), Charge.uses_vouchers).distinct()
    charge_ids = session.scalars(vouchered.order_by(StatementItem.charge_id)).all()
    if not charge_ids:
        return
    days = invoiced_on(session, charge_ids)
    told = f"{invoice.number} · {invoice.issued_on.isoformat()}"
    why = Weighing(told, is_agreed, windows)
    weigh_by_invoice(session, {one: days.get(one) for one in charge_ids}, why, actor=actor, now=now)
