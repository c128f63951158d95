"""Whose vouchers paid something of the uses that statements ask for."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.invoices.rules import Party
from models.charges import Charge
from models.directory import Organisation
from models.statements import StatementItem
from models.vouchers import Voucher, VoucherCapture


def voucher_holders(session: Session, statement_ids: Collection[int]) -> list[Party]:
    """The enterprises whose vouchers pay something of a use on these statements."""
    rows = (
        select(Organisation.name_zh, Organisation.name_en, Organisation.uscc)
        .join(Voucher, Voucher.organisation_id == Organisation.id)
        .join(VoucherCapture, VoucherCapture.voucher_id == Voucher.id)
        .join(Charge, Charge.id == VoucherCapture.charge_id)
        .join(StatementItem, StatementItem.charge_id == Charge.id)
        .where(StatementItem.statement_id.in_(statement_ids))
        .distinct()
        .order_by(Organisation.name_zh)
    )
    return [Party(frozenset(filter(None, names)), uscc or "") for *names, uscc in session.execute(rows)]
