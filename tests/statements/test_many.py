"""Large bills and many statements are settled, opened again and freed by as many statements as small ones."""

from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from booking.statements import issuing, receipts
from booking.statements.billable import billables
from booking.web.extensions import db, transaction
from models.charges import Charge, ChargeCapture, ChargeEvent
from models.ledger import LedgerEntry
from models.statements import Debtor, Settlement, Statement
from models.vocabulary.charges import ChargeStep
from models.vocabulary.payers import PayerKind
from tests.counting import counting
from tests.factories.looking import look_again
from tests.factories.people import make_user
from tests.statements.office import Office

HOURS = (8, 9, 10, 11, 12)
PAID_AND_OPENED = {"sqlite": (37, 30), "postgresql": (35, 29)}
"""However many uses and statements there are; PostgreSQL writes entries and their transfers by one statement."""


@pytest.fixture
def office(session: Session, now: datetime) -> Office:
    return Office(session, now, PayerKind.ON_ACCOUNT, 90_000)


def paid_and_opened(office: Office, count: int, *, per_statement: int) -> tuple[int, int]:
    """By how many statements so many uses are paid by one receipt, and opened again by taking it back."""
    used: list[Charge] = []
    bills: list[Statement] = []
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
    assert paid_and_opened(office, count, per_statement=count) == PAID_AND_OPENED[db.engine.dialect.name]

    freed = sa.select(LedgerEntry.key).where(LedgerEntry.key.like("charge:%:paid:%"))
    captured = sa.select(ChargeCapture.charge_id).where(ChargeCapture.amount_fen < 0)
    keys = set(office.session.scalars(freed))
    charge_ids = office.session.scalars(captured.order_by(ChargeCapture.charge_id)).all()
    assert len(keys) == len(charge_ids) == len(set(charge_ids)) == count


@pytest.mark.parametrize("count", [2, 5])
def test_many_statements_are_paid_and_opened_again_by_the_same_number_of_statements(office: Office, count: int) -> None:
    assert paid_and_opened(office, count, per_statement=1) == PAID_AND_OPENED[db.engine.dialect.name]

    settled = office.session.scalars(sa.select(Settlement.amount_fen).order_by(Settlement.id)).all()
    told = sa.select(ChargeEvent.text).where(ChargeEvent.step == ChargeStep.SETTLE).order_by(ChargeEvent.charge_id)
    assert settled == [10_000] * count + [-10_000] * count
    assert office.session.scalars(told).all() == [f"JS2026-0000{one + 1}" for one in range(count)]


def test_drafts_are_issued_some_at_a_time_and_one_that_is_refused_leaves_nothing_behind(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuing, "TOGETHER", 2)
    people = [office.lead, office.other, *(make_user(office.session, f"guest{one}") for one in range(3))]
    used = [office.used(hour, by=person) for hour, person in zip(HOURS, people, strict=True)]
    ids = office.drafts()
    office.changed(used[2], 500, by=people[2])
    begun: list[list[int]] = []

    def counted(work: Any, *given: Any, **said: Any) -> Any:
        begun.append(given[0])
        return transaction(work, *given, **said)

    done = issuing.issue_many(counted, ids, actor=office.actor(office.finance), now=office.later, most=3)

    assert (len(done.statement_ids), done.changed_draft_ids, done.left) == (3, [ids[1]], 2)
    assert begun == [ids[:2], ids[2:4]]
    look_again(office.session)
    numbers = office.session.scalars(sa.select(Statement.number).order_by(Statement.id)).all()
    assert (list(numbers), [office.state(one) for one in used]) == (
        [1, 2, 3],
        ["billed", "accepted", "accepted", "billed", "billed"],
    )
    assert office.faults() == []


def test_what_is_to_be_billed_to_somebody_is_found_by_an_index_of_its_own(office: Office) -> None:
    office.used(8)
    office.used(9, by=office.other)
    office.drafts()
    debtors = office.session.scalars(sa.select(Debtor).order_by(Debtor.id)).all()
    connection = office.session.connection()
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, given: Any, *_rest: Any) -> None:
        sent.append((statement, given))

    event.listen(connection, "before_cursor_execute", note)
    found = [[one.charge_id for one in billables(office.session, debtor, office.later.date())] for debtor in debtors]
    event.remove(connection, "before_cursor_execute", note)
    plans = [connection.exec_driver_sql(f"EXPLAIN {text}", given).all() for text, given in _planned(connection, sent)]

    assert [len(one) for one in found] == [1, 1]
    if connection.dialect.name == "sqlite":
        used = [[row[3] for row in plan if " charges " in row[3]] for plan in plans]
        assert [[one.split(" INDEX ")[1].split()[0] for one in plan] for plan in used] == [
            ["ix_charges_unbilled_payer"],
            ["ix_charges_unbilled_user"],
        ]


def _planned(connection: sa.Connection, sent: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """The same for the word by which SQLite tells its plan; other planners go by how many rows there are."""
    return [(f"QUERY PLAN {text}", given) for text, given in sent] if connection.dialect.name == "sqlite" else []
