"""Statements: each charge on one, numbers without gaps, what was received for them, and what is overdue."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.charges import service as charges
from booking.core.clock import local_date
from booking.core.errors import Forbidden, InvalidInput, NotFound
from booking.ledger.service import AlreadyCorrected
from booking.notifications.rendering import compose
from booking.reservations.refusals import ReservationRefused
from booking.statements import queries, receipts, reminding, service
from booking.statements.forms import BillingTermsForm, DraftsForm, ReceiptForm
from booking.statements.issuing import issue_many
from booking.statements.queries import Show
from booking.statements.reminding import ageing, due_to_remind, remind
from booking.statements.rules import Age
from booking.statements.terms import set_terms
from booking.web.extensions import transaction
from models.accounts import AuditEntry
from models.statements import Receipt, Statement, StatementDraft, StatementItem, StatementReminder
from models.vocabulary.accounts import Language, Role, ScopeKind
from models.vocabulary.payers import PayerKind
from models.vocabulary.statements import StatementKind
from tests.counting import counting
from tests.factories.letters import mailed
from tests.factories.looking import look_again
from tests.factories.people import give
from tests.reservations.acting import at
from tests.statements.office import Office


@pytest.fixture
def office(session: Session, now: datetime) -> Office:
    return Office(session, now)


def test_everybodys_charges_are_billed_once_under_numbers_without_gaps(office: Office) -> None:
    first, second, alone = office.used(9, 2), office.used(11), office.used(13, by=office.other)

    slip, bill = office.bill()

    assert [(one.number, one.kind, one.total_fen, one.due_fen, one.taken_fen) for one in (slip, bill)] == [
        (1, StatementKind.TRANSFER_SLIP, 30_000, 30_000, 0),
        (2, StatementKind.TO_PAY, 10_000, 10_000, 0),
    ]
    assert (slip.holder_id, slip.told["payer_number"], slip.due_on) == (
        office.lead.id,
        "52170001",
        slip.issued_on + timedelta(days=30),
    )
    items = office.session.execute(
        sa.select(
            StatementItem.statement_id, StatementItem.charge_id, StatementItem.amount_fen, StatementItem.turn
        ).order_by(StatementItem.id)
    ).all()
    assert [tuple(row) for row in items] == [
        (slip.id, first.id, 20_000, 0),
        (slip.id, second.id, 10_000, 0),
        (bill.id, alone.id, 10_000, 0),
    ]
    assert [office.state(one) for one in (first, second, alone)] == ["billed"] * 3
    assert office.owed(slip) == (30_000, 30_000, 0)
    assert office.bill() == []
    stored = office.session.scalars(sa.select(StatementItem).where(StatementItem.charge_id == first.id)).one()
    said = {one.key: getattr(stored, one.key) for one in StatementItem.__table__.columns if one.key != "id"}
    office.session.add(StatementItem(**said | {"statement_id": bill.id}))
    with pytest.raises(IntegrityError):
        office.session.flush()
    office.session.rollback()


def test_of_two_finance_people_who_issue_a_draft_at_once_one_makes_the_statement(app: Flask, office: Office) -> None:
    office.used(9)
    draft_id = office.drafts()[0]
    actor, together = office.actor(office.finance), Barrier(2)

    def issue(_turn: int) -> str:
        with app.app_context():
            together.wait()
            try:
                return str(transaction(service.issue_statement, draft_id, actor=actor, now=office.later).number)
            except (service.DraftGone, NotFound):
                return "gone"

    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(issue, range(2)))

    look_again(office.session)
    assert found == ["1", "gone"]
    assert office.session.scalar(sa.select(sa.func.count(Statement.id))) == 1
    assert office.faults() == []


def test_of_two_who_issue_and_drop_a_draft_at_once_one_does(app: Flask, office: Office) -> None:
    office.used(9)
    draft_id = office.drafts()[0]
    actor, together = office.actor(office.finance), Barrier(2)

    def act(work: Callable[..., Any]) -> str:
        with app.app_context():
            together.wait()
            try:
                transaction(work, draft_id, actor=actor, now=office.later)
            except (service.DraftGone, NotFound):
                return "gone"
            return work.__name__

    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(act, (service.issue_statement, service.drop_draft)))

    look_again(office.session)
    dropped = sa.select(sa.func.count(AuditEntry.id)).where(AuditEntry.action == "statements.dropped")
    done = office.session.scalar(sa.select(sa.func.count(Statement.id))), office.session.scalar(dropped)
    assert (found, done) in ((["gone", "issue_statement"], (1, 0)), (["drop_draft", "gone"], (0, 1)))
    assert office.faults() == []


def test_two_who_set_the_first_terms_at_once_both_do(app: Flask, office: Office) -> None:
    actor, together = office.actor(office.finance), Barrier(2)

    def save(day: int) -> int:
        with app.app_context():
            together.wait()
            form = BillingTermsForm(cut_off_day=day)
            return int(transaction(set_terms, office.place.id, form, actor=actor, now=office.now).version)

    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(save, (5, 6)))

    assert found == [1, 2]


def test_part_payments_too_much_and_what_is_paid_back_by_hand(office: Office) -> None:
    charge = office.used(9, 3)
    (slip,) = office.bill()

    office.receive(slip, 12_000, "B1")
    assert (office.owed(slip), office.state(charge)) == ((18_000, 18_000, 0), "billed")
    again = office.receive(slip, 12_000, "b1 ")
    assert office.owed(slip) == (18_000, 18_000, 0)
    with pytest.raises(InvalidInput):
        office.receive(slip, 12_001, "B1")
    office.session.rollback()
    second = office.receive(slip, 20_000, "B2")
    assert (office.owed(slip), office.state(charge)) == ((0, 0, 2_000), "paid")
    back = ReceiptForm(amount_fen=2_001, number="R1", received_on=office.later.date())
    with pytest.raises(InvalidInput):
        office.do(receipts.refund, slip.debtor_id, back, by=office.finance, at_=office.later)
    office.session.rollback()
    back = ReceiptForm(amount_fen=500, number="R1", received_on=office.later.date())
    office.do(receipts.refund, slip.debtor_id, back, by=office.finance, at_=office.later)
    assert office.owed(slip) == (0, 0, 1_500)

    office.do(receipts.correct_receipt, second.id, "记错账户", by=office.finance, at_=office.later)

    assert (office.owed(slip), office.state(charge)) == ((18_500, 18_500, 0), "billed")
    with pytest.raises(AlreadyCorrected):
        office.do(receipts.correct_receipt, second.id, "再次", by=office.finance, at_=office.later)
    office.session.rollback()
    office.receive(slip, 18_500, "B2")
    assert (office.owed(slip), office.state(charge)) == ((0, 0, 0), "paid")
    assert again.id == office.session.scalars(sa.select(Receipt.id).where(Receipt.number == "B1")).one()


def test_what_is_changed_after_it_was_billed_stands_on_the_next_one_and_is_credited_below_zero(office: Office) -> None:
    charge, more = office.used(9, 3), office.used(13)
    (slip,) = office.bill()
    office.receive(slip, 35_000, "B1")
    office.changed(charge, -12_000)
    assert office.state(charge) == "accepted"

    (change,) = office.bill()

    (item,) = office.session.scalars(sa.select(StatementItem).where(StatementItem.statement_id == change.id))
    assert (change.number, change.total_fen, change.due_on) == (2, -12_000, None)
    assert (item.charge_id, item.turn, item.amount_fen) == (charge.id, 1, -12_000)
    assert (office.owed(slip), office.owed(change)) == ((0, 0, 7_000), (0, 0, 7_000))
    assert [office.state(one) for one in (charge, more)] == ["paid", "paid"]
    office.changed(more, 9_000)
    (dearer,) = office.bill()
    assert (dearer.due_fen, office.owed(dearer), office.state(more)) == (9_000, (2_000, 2_000, 0), "billed")


def test_what_was_paid_in_before_is_taken_and_given_back(session: Session, now: datetime) -> None:
    office = Office(session, now, PayerKind.PREPAID)
    charge = office.used(9, 2)
    (taken,) = office.bill()
    assert (taken.kind, taken.total_fen, taken.taken_fen, taken.due_fen) == (StatementKind.TAKEN, 20_000, 20_000, 0)
    assert (office.owed(taken), office.state(charge), office.left()) == ((0, 0, 0), "paid", 80_000)
    office.changed(charge, -5_000)
    (change,) = office.bill()
    assert (change.total_fen, change.taken_fen, change.due_fen) == (-5_000, -5_000, 0)
    assert (office.owed(change), office.state(charge), office.left()) == ((0, 0, 0), "paid", 85_000)


def test_a_credit_limit_is_free_again_by_what_was_paid(session: Session, now: datetime) -> None:
    office = Office(session, now, PayerKind.ON_ACCOUNT, 30_000)
    charge = office.used(9, 2)
    (bill,) = office.bill()
    assert office.left() == 10_000

    office.receive(bill, 20_000, "B1")

    assert (office.left(), office.state(charge), office.owed(bill)) == (30_000, "paid", (0, 0, 0))
    office.do(charges.waive_charge, charge.id, "停电", by=office.steward, at_=office.later)
    (credit,) = office.bill()
    assert (credit.due_fen, office.owed(credit), office.left()) == (-20_000, (0, 0, 20_000), 30_000)


def test_all_that_one_receipt_pays_is_locked_before_the_account_is_freed(session: Session, now: datetime) -> None:
    office = Office(session, now, PayerKind.ON_ACCOUNT, 60_000)
    paid = [office.used(9)]
    (first,) = office.bill()
    paid.append(office.used(11))
    office.bill()

    with counting() as done:
        office.receive(first, 20_000, "B1")

    assert ([office.state(one) for one in paid], office.left()) == (["paid", "paid"], 60_000)
    charged = [place for place, text in enumerate(done.texts) if "FROM charges" in text]
    freed = [place for place, text in enumerate(done.texts) if "captured_id" in text and "FROM payer_accounts" in text]
    assert max(charged) < min(freed)
    assert office.faults() == []


def test_a_draft_is_looked_at_dropped_and_never_issued_once_its_charges_changed(office: Office) -> None:
    charge = office.used(9)
    with pytest.raises(InvalidInput):
        office.do(
            service.make_drafts,
            office.place.id,
            DraftsForm(until_on=local_date(office.now) + timedelta(days=1)),
            by=office.finance,
        )
    office.session.rollback()
    assert office.drafts(debtors=["p1"]) == []
    draft_id = office.drafts()[0]
    assert office.drafts() == [draft_id]
    office.changed(charge, 500)
    with pytest.raises(service.DraftChanged):
        office.do(service.issue_statement, draft_id, by=office.finance, at_=office.later)
    office.session.rollback()
    for person, wrong in ((office.lead, NotFound), (office.steward, NotFound), (office.stranger, NotFound)):
        with pytest.raises(wrong):
            office.do(service.drop_draft, draft_id, by=person)
        office.session.rollback()
    with pytest.raises(Forbidden):
        office.do(service.make_drafts, office.place.id, DraftsForm(), by=office.steward)
    office.session.rollback()

    office.do(service.drop_draft, draft_id, by=office.finance)

    assert office.session.scalar(sa.select(sa.func.count(StatementDraft.id))) == 0
    assert office.session.scalar(sa.select(sa.func.count(Statement.id))) == 0
    ids = office.drafts()
    done = issue_many(transaction, [*ids, 999], actor=office.actor(office.finance), now=office.later)
    assert (len(done.statement_ids), done.changed_draft_ids, done.left) == (1, [], 0)
    look_again(office.session)
    actions = office.session.scalars(sa.select(AuditEntry.action).where(AuditEntry.action.like("statements.%"))).all()
    assert sorted(set(actions)) == ["statements.drafted", "statements.dropped", "statements.issued"]


def test_nobody_bills_receives_or_pays_back_what_they_owe_themselves(office: Office) -> None:
    give(office.session, office.other, Role.INSTITUTION_FINANCE, ScopeKind.ORGANISATION, office.place.id)
    office.session.commit()
    office.used(9, by=office.other)
    (draft_id,) = office.drafts()
    actor, form = office.actor(office.other), ReceiptForm(amount_fen=1, number="B1", received_on=office.later.date())

    with pytest.raises(Forbidden):
        office.do(service.issue_statement, draft_id, by=office.other, at_=office.later)
    office.session.rollback()
    done = issue_many(transaction, [draft_id], actor=actor, now=office.later)
    assert (done.statement_ids, done.left) == ([], 1)
    look_again(office.session)
    bill = office.do(service.issue_statement, draft_id, by=office.finance, at_=office.later)
    for work in (receipts.record_receipt, receipts.refund):
        with pytest.raises(Forbidden):
            office.do(work, bill.debtor_id, form, by=office.other, at_=office.later)
        office.session.rollback()

    assert office.session.scalar(sa.select(sa.func.count(Receipt.id))) == 0


def test_a_draft_is_not_issued_with_another_charge_of_the_same_price(office: Office) -> None:
    first = office.used(9)
    draft_id = office.drafts()[0]
    office.do(charges.waive_charge, first.id, "停电", by=office.steward, at_=office.later)
    second = office.used(11)
    with pytest.raises(service.DraftChanged):
        office.do(service.issue_statement, draft_id, by=office.finance, at_=office.later)
    office.session.rollback()
    assert office.drafts() == [draft_id]

    made = office.do(service.issue_statement, draft_id, by=office.finance, at_=office.later)

    billed = office.session.scalars(sa.select(StatementItem.charge_id)).all()
    assert (made.total_fen, list(billed)) == (10_000, [second.id])


def test_who_answers_for_the_account_reads_what_it_owes_and_nobody_else(office: Office) -> None:
    office.used(9)
    (slip,) = office.bill()
    today = local_date(office.later)

    seen = {}
    for person in (office.lead, office.other, office.steward, office.finance, office.stranger):
        actor = office.actor(person)
        try:
            found = queries.statement_for(office.session, slip.id, actor, today=today)
            seen[person.name] = (found.sight.owes, found.sight.manages)
        except NotFound:
            seen[person.name] = (False, False)
        own = queries.own_statements(office.session, actor, Show.OPEN, today=today, limit=10).items
        assert [one.statement.id for one in own] == ([slip.id] if person is office.lead else [])

    assert seen == {
        "Lead": (True, False),
        "Other": (False, False),
        "Steward": (False, False),
        "Finance": (False, True),
        "Stranger": (False, False),
    }
    letters = [one for one in mailed(office.session, now=office.later) if one.template.startswith("statements/")]
    assert [(one.recipient, one.template) for one in letters] == [("lead@example.org", "statements/issued")]


def test_what_is_overdue_is_reminded_of_weekly_aged_and_refuses_new_bookings_where_that_is_set(
    office: Office,
) -> None:
    office.used(9, by=office.other)
    (bill,) = office.bill()
    assert bill.due_on is not None
    late = at(10, day=39).start
    today = local_date(late)
    assert due_to_remind(office.session, now=late - timedelta(days=2)) == []
    assert due_to_remind(office.session, now=late) == [bill.id]
    assert remind(office.session, bill.id, now=late)
    office.session.commit()
    assert due_to_remind(office.session, now=late + timedelta(days=6)) == []
    assert due_to_remind(office.session, now=late + timedelta(days=7)) == [bill.id]
    letters = [one for one in mailed(office.session, now=late) if one.template.startswith("statements/")]
    assert [one.template for one in letters] == ["statements/issued", "statements/overdue"]
    for letter in letters:
        for language in Language:
            composed = compose(replace(letter, language=language), "https://instruments.example.cn")
            assert ("JS2026-00001" in composed.subject, letter.values["link"] in composed.text) == (True, True)
            assert "100.00" in composed.text
    (aged,) = ageing(office.session, office.place.id, today=today)
    assert ({age: fen for age, fen in aged.by_age.items() if fen}, aged.total_fen) == ({Age.TO_30: 10_000}, 10_000)
    wanted: tuple[int, int, list[int]] = (office.place.id, office.other.id, [])
    assert not reminding.owing(office.session, *wanted, today=today).is_any
    form = BillingTermsForm(refuses_overdue=True)
    office.do(set_terms, office.place.id, form, by=office.finance)
    assert reminding.owing(office.session, *wanted, today=today).is_any
    office.now = late
    with pytest.raises(ReservationRefused) as refused:
        office.used(9, by=office.other, day=40)
    office.session.rollback()
    assert [one.code for one in refused.value.refusals] == ["payer_owes"]
    office.receive(bill, 10_000, "B1")
    (thanks,) = [one for one in mailed(office.session, now=late) if one.template == "statements/received"]
    assert "¥100.00" in compose(replace(thanks, language=Language.CHINESE), "https://instruments.example.cn").text
    office.used(9, by=office.other, day=40)
    assert office.session.scalar(sa.select(sa.func.count(StatementReminder.statement_id))) == 1
