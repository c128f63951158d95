"""What happens to charges after they were billed: they come back, their account is closed, who owes them goes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.charges import service as charges
from booking.core.clock import local_date
from booking.core.errors import InvalidInput, NotFound
from booking.notifications.rendering import compose
from booking.payers import amounts, papers
from booking.payers import service as payers
from booking.payers.forms import PayerReceiptForm
from booking.payers.service import PayerClosed
from booking.privacy.queries import hindrances
from booking.reservations.editing import edit_reservation
from booking.reservations.moving import move_reservation
from booking.reservations.refusals import ReservationRefused
from booking.reservations.service import request_reservation
from booking.reservations.wishes import Details, Wish
from booking.statements import queries, receipts, service
from booking.statements.forms import BillingTermsForm, ReceiptForm
from booking.statements.issuing import issue_many
from booking.statements.queries import Show
from booking.statements.reminding import Owing, ageing, due_to_remind, owing, remind
from booking.statements.terms import set_terms
from booking.web.extensions import transaction
from models.accounts import User
from models.reservations import Reservation
from models.statements import StatementDraft
from models.vocabulary.accounts import Language
from models.vocabulary.payers import PayerKind
from tests.factories.affiliations import affiliate
from tests.factories.instruments import make_organisation
from tests.factories.letters import mailed
from tests.factories.looking import look_again
from tests.factories.payers import make_payer
from tests.factories.people import sign_in
from tests.reservations.acting import at
from tests.statements.office import ALONE, Office


@pytest.fixture
def office(session: Session, now: datetime) -> Office:
    return Office(session, now)


def test_a_charge_that_comes_back_to_what_was_billed_stands_as_before_and_frees_the_limit(
    session: Session, now: datetime
) -> None:
    office = Office(session, now, PayerKind.ON_ACCOUNT, 30_000)
    charge = office.used(9, 2)
    (bill,) = office.bill()

    office.changed(charge, 5_000)
    office.changed(charge, -5_000)

    assert (office.state(charge), office.bill()) == ("billed", [])
    office.receive(bill, 20_000, "B1")
    assert (office.left(), office.state(charge), office.owed(bill)) == (30_000, "paid", (0, 0, 0))
    office.changed(charge, -5_000)
    office.changed(charge, 5_000)
    assert (office.left(), office.state(charge), office.bill()) == (30_000, "paid", [])
    assert office.faults() == []


def test_what_was_paid_on_paper_is_not_taken_from_the_account_when_the_charge_comes_back_to_it(
    session: Session, now: datetime
) -> None:
    office = Office(session, now, PayerKind.PREPAID, 10_000)
    charge = office.used(9)
    office.changed(charge, 5_000)
    office.do(charges.settle_on_paper, charge.id, "现场付款", by=office.steward, at_=office.later)
    (bill,) = office.bill()
    assert (bill.taken_fen, bill.due_fen) == (10_000, 5_000)
    office.receive(bill, 5_000, "B1")
    more = PayerReceiptForm(amount_fen=8_000, receipt_number="T2", receipt_on=now.date())
    office.do(amounts.top_up, office.payer.id, more, by=office.finance)

    office.changed(charge, -5_000)
    office.changed(charge, 5_000)

    assert (office.left(), office.state(charge), office.bill()) == (8_000, "paid", [])
    assert office.faults() == []


def test_the_same_amount_paid_otherwise_than_was_said_stands_on_the_next_statement(
    session: Session, now: datetime
) -> None:
    office = Office(session, now, PayerKind.PREPAID, 20_000)
    charge = office.used(9, 2)
    office.bill()
    office.changed(charge, -5_000)
    back = PayerReceiptForm(amount_fen=5_000, receipt_number="R1", receipt_on=now.date())
    office.do(amounts.refund, office.payer.id, back, by=office.finance)
    office.changed(charge, 5_000)
    assert office.bill() == []
    office.do(charges.settle_on_paper, charge.id, "现场付款", by=office.steward, at_=office.later)

    (bill,) = office.bill()

    assert (bill.total_fen, bill.taken_fen, bill.due_fen, office.state(charge)) == (0, -5_000, 5_000, "billed")
    office.receive(bill, 5_000, "B1")
    assert (office.state(charge), office.owed(bill)) == ("paid", (0, 0, 0))


def test_what_a_closed_account_was_billed_is_put_right_and_its_amount_stays_withdrawn(office: Office) -> None:
    charge = office.used(9, 2)
    (slip,) = office.bill()
    office.do(amounts.close_payer, office.payer.id, "结题", by=office.finance, at_=office.later)

    office.changed(charge, -5_000)
    (credit,) = office.bill()

    assert (credit.total_fen, office.left(), office.owed(slip)) == (-5_000, 0, (15_000, 15_000, 0))
    office.do(charges.waive_charge, charge.id, "停电", by=office.steward, at_=office.later)
    office.bill()
    assert (office.left(), office.owed(slip)) == (0, (0, 0, 0))


def test_money_that_comes_back_into_a_closed_account_is_paid_back_from_it(session: Session, now: datetime) -> None:
    office = Office(session, now, PayerKind.PREPAID, 20_000)
    charge = office.used(9, 2)
    office.bill()
    office.do(amounts.close_payer, office.payer.id, "退场", by=office.finance, at_=office.later)
    office.changed(charge, -5_000)
    (credit,) = office.bill()
    assert (credit.taken_fen, credit.due_fen, office.left()) == (-5_000, 0, 5_000)
    back = PayerReceiptForm(amount_fen=5_000, receipt_number="R1", receipt_on=now.date())
    with pytest.raises(PayerClosed):
        office.do(amounts.top_up, office.payer.id, back, by=office.finance)
    session.rollback()

    made = office.do(amounts.refund, office.payer.id, back, by=office.finance)

    assert (office.left(), office.faults()) == (0, [])
    office.do(amounts.correct, office.payer.id, made.movement.id, "录错", by=office.finance)
    assert (office.left(), office.faults()) == (5_000, [])


def test_who_owes_makes_no_more_of_what_is_booked_but_keeps_and_moves_it(session: Session, now: datetime) -> None:
    office = Office(session, now, sample_fen=1_000)
    office.used(9, by=office.other, samples=0)
    office.bill()
    office.do(set_terms, office.place.id, BillingTermsForm(refuses_overdue=True), by=office.finance)
    wish = Wish(office.instrument.id, at(9, 60, day=50), paying=ALONE, details=Details(sample_count=1))
    made = office.do(request_reservation, wish, by=office.other)
    late = at(10, day=39).start
    more: list[tuple[Callable[..., Any], Any]] = [
        (move_reservation, at(9, 120, day=50)),
        (edit_reservation, Details(sample_count=2)),
    ]
    codes = []
    for work, wanted in more:
        with pytest.raises(ReservationRefused) as refused:
            office.do(work, made.id, wanted, by=office.other, at_=late)
        office.session.rollback()
        codes.append([str(one.code) for one in refused.value.refusals])
    office.do(move_reservation, made.id, at(12, 60, day=51), by=office.other, at_=late)
    office.do(edit_reservation, made.id, Details(sample_count=0), by=office.other, at_=late)

    assert codes == [["payer_owes"]] * 2
    assert office.session.get_one(Reservation, made.id).starts_at == at(12, day=51).start


def test_what_will_be_credited_is_neither_overdue_nor_reminded_of(office: Office) -> None:
    own = office.used(9, by=office.other)
    (bill,) = office.bill()
    office.do(set_terms, office.place.id, BillingTermsForm(refuses_overdue=True), by=office.finance)
    late = at(10, day=39).start
    wanted: tuple[int, int, list[int]] = (office.place.id, office.other.id, [])
    today = local_date(late)
    assert owing(office.session, *wanted, today=today) == Owing(is_any=True, is_own=True)
    assert due_to_remind(office.session, now=late) == [bill.id]

    office.do(charges.waive_charge, own.id, "停电", by=office.steward, at_=office.later)

    assert owing(office.session, *wanted, today=today) == Owing()
    assert due_to_remind(office.session, now=late) == []
    assert not remind(office.session, bill.id, now=late)
    (aged,) = ageing(office.session, office.place.id, today=today)
    assert (aged.total_fen, aged.to_come_fen) == (10_000, 10_000)


def test_who_answers_for_an_overdue_account_owes_it_though_it_is_closed_and_members_do_not(office: Office) -> None:
    office.used(9)
    office.bill()
    office.do(set_terms, office.place.id, BillingTermsForm(refuses_overdue=True), by=office.finance)
    payer_id, today = office.payer.id, local_date(at(10, day=39).start)

    def owes(person: User, payer_ids: list[int]) -> Owing:
        return owing(office.session, office.place.id, person.id, payer_ids, today=today)

    assert owes(office.other, [payer_id]) == Owing(frozenset({payer_id}), is_any=True, is_own=False)
    office.do(amounts.close_payer, payer_id, "结题", by=office.finance, at_=office.later)

    assert owes(office.lead, []) == Owing(frozenset({payer_id}), is_any=True, is_own=True)
    assert owes(office.other, []) == Owing()


def test_who_keeps_or_answers_for_an_account_finds_what_it_was_billed_and_members_do_not(office: Office) -> None:
    office.used(9)
    office.used(13, by=office.other)
    slip, _bill = office.bill()
    office.do(payers.add_member, office.payer.id, office.other.email, by=office.finance)
    payer_id, today = office.payer.id, local_date(office.later)

    for person in (office.lead, office.finance):
        actor = office.actor(person)
        assert queries.payer_for(office.session, payer_id, actor, today=today).id == payer_id
        found = queries.statements_to(office.session, payer_id, actor, Show.OPEN, today=today, limit=5).items
        assert [one.statement.id for one in found] == [slip.id]
    for person in (office.other, office.stranger):
        with pytest.raises(NotFound):
            queries.payer_for(office.session, payer_id, office.actor(person), today=today)


def test_one_voucher_pays_for_several_and_what_it_brought_elsewhere_is_told(
    session: Session, now: datetime, client: FlaskClient
) -> None:
    office = Office(session, now, PayerKind.ON_ACCOUNT)
    office.used(9)
    office.used(13, by=office.other)
    first, second = office.bill()
    prepaid = make_payer(session, office.place, office.lead, 0, kind=PayerKind.PREPAID, number="Y1")
    paid = PayerReceiptForm(amount_fen=700, receipt_number="b1", receipt_on=now.date())
    office.do(amounts.top_up, prepaid.id, paid, by=office.finance)

    office.receive(first, 10_000, "B1")
    sign_in(client, office.finance)
    body = {"amount_fen": 10_000, "number": " b1", "received_on": "2026-11-25"}
    told = client.post(f"/api/v1/statements/{second.id}/receipts", json=body)

    assert (told.status_code, told.get_json()["also_fen"]) == (201, 10_700)
    look_again(session)
    assert [office.owed(one) for one in (first, second)] == [(0, 0, 0), (0, 0, 0)]
    assert papers.received_by(session, office.place.id, "Ｂ1") == 20_000


def test_who_has_no_account_is_billed_with_the_organisation_they_belong_to(office: Office) -> None:
    code = "12500000450386231L"
    firm = make_organisation(office.session, name_zh="重庆示例公司", uscc=code)
    affiliate(office.session, office.other, firm)
    office.used(9, by=office.other)
    (bill,) = office.bill()
    assert [bill.told[name] for name in ("holder", "keeper_zh", "keeper_uscc")] == ["Other", "重庆示例公司", code]
    affiliate(office.session, office.other, make_organisation(office.session))
    office.used(11, by=office.other)
    (draft_id,) = office.drafts()
    assert issue_many(transaction, [draft_id], actor=office.actor(office.finance), now=office.later).left == 1
    with pytest.raises(InvalidInput):
        office.do(service.issue_statement, draft_id, billed_to=office.place.id, by=office.finance, at_=office.later)
    office.session.rollback()

    made = office.do(service.issue_statement, draft_id, billed_to=firm.id, by=office.finance, at_=office.later)

    assert (made.number, made.told["keeper_zh"]) == (2, "重庆示例公司")


def test_a_receipt_whose_excess_was_paid_back_is_corrected_after_the_refund(office: Office) -> None:
    office.used(9)
    (slip,) = office.bill()
    paid = office.receive(slip, 12_000, "B1")
    back = ReceiptForm(amount_fen=2_000, number="R1", received_on=office.later.date())
    refund = office.do(receipts.refund, slip.debtor_id, back, by=office.finance, at_=office.later).receipt

    with pytest.raises(receipts.RefundFirst):
        office.do(receipts.correct_receipt, paid.id, "录错", by=office.finance, at_=office.later)
    office.session.rollback()

    assert office.owed(slip) == (0, 0, 0)
    for wrong in (refund, paid):
        office.do(receipts.correct_receipt, wrong.id, "录错", by=office.finance, at_=office.later)
    assert office.owed(slip) == (10_000, 10_000, 0)
    letter = mailed(office.session, now=office.later)[-1]
    told = compose(replace(letter, language=Language.CHINESE), "https://instruments.example.cn").text
    assert ("不再计入的收款：¥120.00" in told, "还未付：¥100.00" in told) == (True, True)


def test_what_adds_up_to_nothing_says_that_nothing_is_to_be_paid(office: Office) -> None:
    dear, cheap = office.used(9), office.used(11)
    office.bill()
    office.changed(dear, 2_000)
    office.changed(cheap, -2_000)

    (nothing,) = office.bill()

    assert (nothing.total_fen, nothing.due_fen, nothing.taken_fen) == (0, 0, 0)
    letter = mailed(office.session, now=office.later)[-1]
    assert "各项相抵" in compose(replace(letter, language=Language.CHINESE), "https://instruments.example.cn").text


def test_a_draft_that_changed_keeps_no_later_one_waiting(office: Office) -> None:
    charge = office.used(9)
    office.used(13, by=office.other)
    ids = office.drafts()
    office.do(charges.waive_charge, charge.id, "停电", by=office.steward, at_=office.later)

    done = issue_many(transaction, ids, actor=office.actor(office.finance), now=office.later, most=1)

    assert (len(done.statement_ids), done.changed_draft_ids, done.left) == (1, ids[:1], 1)
    look_again(office.session)
    assert office.drafts() == []
    assert office.session.scalars(sa.select(StatementDraft.id)).all() == []


def test_nobody_is_erased_who_is_to_be_billed_owes_something_or_gets_something_back(office: Office) -> None:
    def hinders(person: User) -> list[str]:
        return [one.kind.value for one in hindrances(office.session, person, now=office.later)]

    own, charge = office.used(13, by=office.other), office.used(9)
    assert hinders(office.other) == ["charge"]
    office.do(amounts.close_payer, office.payer.id, "结题", by=office.finance, at_=office.later)
    assert hinders(office.lead) == ["charge"]
    slip, bill = office.bill()
    assert [hinders(one) for one in (office.lead, office.other)] == [["statement"], ["statement"]]

    office.receive(slip, 10_000, "B1")
    office.receive(bill, 10_000, "B2")

    assert [hinders(one) for one in (office.lead, office.other)] == [[], []]
    office.do(charges.waive_charge, own.id, "停电", by=office.steward, at_=office.later)
    office.do(charges.waive_charge, charge.id, "停电", by=office.steward, at_=office.later)
    assert [hinders(one) for one in (office.lead, office.other)] == [["charge"], ["charge"]]
    office.bill()
    assert [hinders(one) for one in (office.lead, office.other)] == [["credit"], ["credit"]]
