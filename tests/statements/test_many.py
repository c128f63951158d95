"""Large bills and many statements are settled, opened again and freed by as many statements as small ones."""

from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.statements import receipts
from models.charges import ChargeCapture, ChargeEvent
from models.ledger import LedgerEntry
from models.statements import Settlement
from models.vocabulary.charges import ChargeStep
from models.vocabulary.payers import PayerKind
from tests.counting import counting
from tests.statements.office import Office

HOURS = (8, 9, 10, 11, 12)
PAID_AND_OPENED = (24, 22)
"""However many uses and statements there are."""


@pytest.fixture
def office(session: Session, now: datetime) -> Office:
    return Office(session, now, PayerKind.ON_ACCOUNT, 90_000)


def paid_and_opened(office: Office, count: int, *, per_statement: int) -> tuple[int, int]:
    """By how many statements so many uses are paid by one receipt, and opened again by taking it back."""
    used, bills = [], []
    for hour in HOURS[:count]:
        used.append(office.used(hour))
        if len(used) % per_statement == 0 or len(used) == count:
            bills += office.bill()
    total = 10_000 * count
    assert office.left() == 90_000 - total
    with counting() as paying:
        receipt = office.receive(bills[0], total, "B1")
    assert ({office.state(one) for one in used}, office.left()) == ({"paid"}, 90_000)
    assert {office.owed(one) for one in bills} == {(0, 0, 0)}
    with counting() as opening:
        office.do(receipts.correct_receipt, receipt.id, "退票", by=office.finance, at_=office.later)
    assert {office.state(one) for one in used} == {"billed"}
    assert [office.owed(one)[0] for one in bills] == [one.due_fen for one in bills]
    return len(paying), len(opening)


@pytest.mark.parametrize("count", [2, 5])
def test_a_bill_of_many_uses_is_paid_and_opened_again_by_the_same_number_of_statements(
    office: Office, count: int
) -> None:
    assert paid_and_opened(office, count, per_statement=count) == PAID_AND_OPENED

    freed = sa.select(LedgerEntry.key).where(LedgerEntry.key.like("charge:%:paid:%"))
    captured = sa.select(ChargeCapture.charge_id).where(ChargeCapture.amount_fen < 0)
    keys = set(office.session.scalars(freed))
    charge_ids = office.session.scalars(captured.order_by(ChargeCapture.charge_id)).all()
    assert len(keys) == len(charge_ids) == len(set(charge_ids)) == count


@pytest.mark.parametrize("count", [2, 5])
def test_many_statements_are_paid_and_opened_again_by_the_same_number_of_statements(office: Office, count: int) -> None:
    assert paid_and_opened(office, count, per_statement=1) == PAID_AND_OPENED

    settled = office.session.scalars(sa.select(Settlement.amount_fen).order_by(Settlement.id)).all()
    told = sa.select(ChargeEvent.text).where(ChargeEvent.step == ChargeStep.SETTLE).order_by(ChargeEvent.charge_id)
    assert settled == [10_000] * count + [-10_000] * count
    assert office.session.scalars(told).all() == [f"JS2026-0000{one + 1}" for one in range(count)]
