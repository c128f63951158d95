"""Results that an institution withholds until they are paid: nobody who ordered learns anything of them before."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.charges import service as charges
from booking.charges.forms import ChargeChangeForm
from booking.charges.windows import Windows
from booking.charges.withheld import holds_back
from booking.core.clock import local_date
from booking.core.errors import InvalidInput, NotFound
from booking.payers import amounts
from booking.payers.forms import PayerReceiptForm
from booking.reservations.payment import PaymentFault
from booking.reservations.wishes import Paying
from booking.samples import handling
from booking.samples.paying import FIELD, WHY
from booking.samples.releasing import ResultsWithheld, due_to_release, release_results
from booking.samples.whole import file_for, whole_order
from booking.statements import receipts
from booking.statements import service as statements
from booking.statements.forms import BillingTermsForm, DraftsForm, ReceiptForm
from booking.statements.terms import set_terms
from models.accounts import User
from models.charges import Charge
from models.samples import SampleOrder, SampleResult
from models.statements import Debtor
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.charges import ChargeState
from models.vocabulary.directory import OrganisationKind
from models.vocabulary.payers import PayerKind
from models.vocabulary.samples import SampleOrderState, SampleStep
from models.vocabulary.statements import Withholding
from tests.factories.affiliations import affiliate
from tests.factories.instruments import make_organisation
from tests.factories.letters import mailed
from tests.factories.payers import make_payer
from tests.factories.people import give, make_user, sign_in
from tests.samples.benches import LATER, QUOTE, Bench

WINDOWS = Windows()
ANSWERS = {SampleStep.APPROVE, SampleStep.DISPUTE}
SECRETS = ("报告.pdf", "R-1", "/attachments/")
DAY, WEEK = timedelta(days=1), timedelta(days=7)


class Withholder(Bench):
    """The same, at an institution that withholds results; its finance bills and records what came."""

    def __init__(self, session: Session, now: datetime, whose: Withholding = Withholding.OUTSIDE) -> None:
        super().__init__(session, now)
        self.finance = make_user(session, "finance")
        give(session, self.finance, Role.INSTITUTION_FINANCE, ScopeKind.ORGANISATION, self.house.place.id)
        form = BillingTermsForm(withholds_results=whose)
        set_terms(session, self.house.place.id, form, actor=self.house.actor(self.finance), now=now)
        session.commit()

    def steps_of(self, order: SampleOrder) -> set[SampleStep]:
        return set(self.open_steps(order, self.house.student))

    def result_id(self, order: SampleOrder) -> int:
        rows = select(SampleResult.attachment_id).where(SampleResult.order_id == order.id)
        return self.session.scalars(rows.limit(1)).one()

    def bill(self, order: SampleOrder, when: datetime) -> Charge:
        """Accepted and billed."""
        charge = self.charge(order)
        assert charge is not None
        charges.accept_charge(self.session, charge.id, actor=self.orders.asker, now=when)
        who: dict[str, Any] = {"actor": self.house.actor(self.finance), "now": when}
        drafts = DraftsForm(until_on=local_date(when))
        for draft in statements.make_drafts(self.session, self.house.place.id, drafts, **who):
            statements.issue_statement(self.session, draft.id, **who)
        self.session.commit()
        return charge

    def pay(self, order: SampleOrder) -> datetime:
        """Accepted, billed, and received some days later."""
        later = self.now + WEEK
        charge = self.bill(order, later)
        debtor_id = self.session.scalars(select(Debtor.id)).one()
        form = ReceiptForm(amount_fen=charge.gross_fen, number="S1", received_on=local_date(later))
        receipts.record_receipt(self.session, debtor_id, form, actor=self.house.actor(self.finance), now=later)
        self.session.commit()
        self.session.expire_all()
        return later


@pytest.fixture
def bench(session: Session, now: datetime) -> Withholder:
    return Withholder(session, now)


def signed_in(app: Flask, user: User) -> FlaskClient:
    client = app.test_client()
    sign_in(client, user)
    return client


def test_results_are_charged_when_they_are_complete_and_answered_only_once_they_are_paid(bench: Withholder) -> None:
    order = bench.reported(2, paying=LATER)
    charge = bench.charge(order)
    assert charge is not None
    before = (order.is_withheld, charge.state, charge.gross_fen, order.answer_by, bench.steps_of(order) & ANSWERS)

    with pytest.raises(ResultsWithheld):
        bench.approve(order)
    bench.session.rollback()
    later = bench.pay(order)
    readable = bench.steps_of(order) & ANSWERS
    due = due_to_release(bench.session, now=later)
    released = [release_results(bench.session, order.id, windows=WINDOWS, now=later) for _ in range(2)]
    bench.session.commit()

    assert before == (True, ChargeState.FINAL, 105_000, None, set())
    assert (readable, due, released) == (ANSWERS, [order.id], [True, False])
    assert order.answer_by is not None
    assert order.answer_by > later
    told = [one.values["step"] for one in mailed(bench.session, now=later) if one.template == "samples/changed"]
    assert told[-1] == "release"
    bench.approve(order)
    assert [one.id for one in bench.session.scalars(select(Charge))] == [charge.id]


def test_what_costs_nothing_in_the_end_is_handed_over_and_the_books_are_right(bench: Withholder) -> None:
    failed = bench.reported(1, 2, 3, 4, 5, 6)
    let_off, later = bench.reported(paying=LATER), bench.now + WEEK
    charge = bench.charge(let_off)
    assert charge is not None
    form = ChargeChangeForm(change_fen=-charge.gross_fen, reason="协商")
    staff, asker = bench.orders.staff, bench.orders.asker
    charges.adjust_charge(bench.session, charge.id, form, windows=WINDOWS, actor=staff, now=later)
    charges.accept_charge(bench.session, charge.id, actor=asker, now=later)
    bench.session.commit()

    assert (bench.charge(failed), failed.state) == (None, SampleOrderState.REPORTED)
    assert due_to_release(bench.session, now=later) == [let_off.id]
    assert bench.steps_of(let_off) & bench.steps_of(failed) >= ANSWERS
    assert bench.books() == (200_000, 0, 0)


def test_nothing_of_withheld_results_is_told_by_page_api_or_file_and_all_of_it_once_they_are_paid(
    bench: Withholder, app: Flask
) -> None:
    order = bench.testing(LATER)
    bench.orders.reported(order, [1], is_final=False)
    bench.orders.reported(order)
    bench.session.commit()
    file, here = bench.result_id(order), f"/sample-orders/{order.id}"
    asker, staff = (signed_in(app, user) for user in (bench.house.student, bench.house.steward))

    hidden = [asker.get(path).get_data(as_text=True) for path in (here, f"/api/v1{here}")]
    answer = asker.get(f"/api/v1{here}").get_json()
    refused = [asker.get(f"{here}/attachments/{file}{edge}").status_code for edge in ("", "/320")]
    seen = staff.get(here).get_data(as_text=True)
    handed = staff.get(f"{here}/attachments/{file}").status_code
    bench.pay(order)
    shown = asker.get(here).get_data(as_text=True)
    whole = asker.get(f"/api/v1{here}").get_json()
    loaded = asker.get(f"{here}/attachments/{file}").status_code

    assert [secret for page in hidden for secret in SECRETS if secret in page] == []
    assert (answer["results"], answer["attachments"], answer["results_withheld"]) == ([], [], True)
    assert [(one["step"], one["facts"]) for one in answer["steps"] if one["step"] == "report"] == [("report", {})]
    assert "结果在付清后交付" in hidden[0]
    assert (refused, handed) == ([404, 404], 200)
    assert [secret in seen for secret in SECRETS] == [True, True, True]
    assert [secret in shown for secret in SECRETS] == [True, True, True]
    assert (len(whole["results"]), whole["results_withheld"], loaded) == (2, False, 200)


def test_what_an_order_had_when_it_was_cancelled_is_withheld_until_that_is_paid(bench: Withholder) -> None:
    order = bench.testing(LATER)
    bench.orders.reported(order, [1], is_final=False)
    bench.cancel(order)
    estimated = whole_order(bench.session, order.id, bench.orders.asker)
    bench.say(order, [1, 1])
    charged = whole_order(bench.session, order.id, bench.orders.asker)
    with pytest.raises(NotFound):
        file_for(bench.session, order.id, bench.result_id(order), bench.orders.asker)

    bench.pay(order)

    paid = whole_order(bench.session, order.id, bench.orders.asker)
    assert [len(one.shown_results) for one in (estimated, charged, paid)] == [0, 0, 1]


def test_a_waived_charge_hands_results_over_too(bench: Withholder) -> None:
    order = bench.reported(paying=LATER)
    charge = bench.charge(order)
    assert charge is not None

    steward = bench.house.actor(bench.house.steward)
    charges.waive_charge(bench.session, charge.id, "赠送", actor=steward, now=bench.now)
    bench.session.commit()

    assert bench.steps_of(order) & ANSWERS == ANSWERS


def test_a_disputed_charge_withholds_them(bench: Withholder) -> None:
    order = bench.reported(paying=LATER)
    charge = bench.charge(order)
    assert charge is not None

    charges.dispute_charge(bench.session, charge.id, "太贵", actor=bench.orders.asker, now=bench.now)
    bench.session.commit()

    assert bench.steps_of(order) & ANSWERS == set()
    assert due_to_release(bench.session, now=bench.now) == []


def test_money_that_was_paid_in_before_hands_results_over_at_once(bench: Withholder) -> None:
    house = bench.house
    payer = make_payer(bench.session, house.place, house.student, 0, number="7", kind=PayerKind.PREPAID)
    paid_in = PayerReceiptForm(amount_fen=300_000, receipt_number="T1", receipt_on=local_date(bench.now))
    amounts.top_up(bench.session, payer.id, paid_in, actor=house.actor(bench.finance), now=bench.now)
    bench.session.commit()

    order = bench.reported(paying=Paying(payer.id))

    charge = bench.charge(order)
    assert charge is not None
    assert (charge.captured_fen, charge.state) == (QUOTE, ChargeState.FINAL)
    assert order.answer_by is not None
    assert bench.steps_of(order) & ANSWERS == ANSWERS


def test_without_any_result_nothing_is_owed_and_nothing_withheld(bench: Withholder) -> None:
    order = bench.reported(1, 2, 3, 4, 5, 6, paying=LATER)

    assert bench.charge(order) is None
    assert (order.is_withheld, order.released_at) == (True, bench.now)
    assert order.answer_by is not None


@pytest.mark.parametrize(
    ("whose", "is_inside", "expected"),
    [
        pytest.param(Withholding.NEVER, False, False, id="nobody's"),
        pytest.param(Withholding.OUTSIDE, False, True, id="an outsider's"),
        pytest.param(Withholding.OUTSIDE, True, False, id="not one of their own people's"),
        pytest.param(Withholding.EVERYONE, True, True, id="everybody's"),
    ],
)
def test_whose_results_are_withheld_is_said_before_a_quote_is_accepted(
    session: Session, now: datetime, app: Flask, *, whose: Withholding, is_inside: bool, expected: bool
) -> None:
    bench = Withholder(session, now, whose)
    if is_inside:
        affiliate(session, bench.house.student, bench.house.place)
    order = bench.quoted()
    session.commit()

    page = signed_in(app, bench.house.student).get(f"/sample-orders/{order.id}").get_data(as_text=True)
    bench.orders.accepted(order, LATER)
    session.commit()

    assert (order.is_withheld, "结果在费用付清后交付" in page) == (expected, expected)


def test_another_setting_changes_nothing_of_what_was_agreed(bench: Withholder) -> None:
    order = bench.orders.accepted(bench.quoted(), LATER)
    who: dict[str, Any] = {"actor": bench.house.actor(bench.finance), "now": bench.now}

    set_terms(bench.session, bench.house.place.id, BillingTermsForm(), **who)
    later = bench.orders.accepted(bench.quoted(), LATER)
    bench.session.commit()

    assert (order.is_withheld, later.is_withheld) == (True, False)


def test_finance_sets_it_on_its_page_and_the_payer_reads_it_with_the_charge(bench: Withholder, app: Flask) -> None:
    order = bench.reported(paying=LATER)
    charge = bench.charge(order)
    assert charge is not None
    client, asker = signed_in(app, bench.finance), signed_in(app, bench.house.student)
    path = f"/organisations/{bench.house.place.id}/statements/terms"

    asked = client.get(path).get_data(as_text=True)
    page = asker.get(f"/charges/{charge.id}").get_data(as_text=True)
    answer = asker.get(f"/api/v1/charges/{charge.id}").get_json()

    assert '<option value="outside" selected>' in asked
    assert "结果在付清后交付" in page
    assert answer["withholds_results"] is True


def test_results_that_were_handed_over_stay_so(bench: Withholder) -> None:
    order = bench.reported(paying=LATER)
    later = bench.pay(order)
    release_results(bench.session, order.id, windows=WINDOWS, now=later)
    handling.dispute_results(bench.session, order.id, reason="偏高", actor=bench.orders.asker, now=later)
    bench.orders.reported(order)
    bench.session.commit()

    assert order.state == SampleOrderState.REPORTED
    assert bench.steps_of(order) & ANSWERS == ANSWERS
    assert not holds_back(order, bench.charge(order))


def test_what_was_ordered_for_a_firm_is_billed_to_it_not_to_where_its_agent_works(bench: Withholder) -> None:
    session, agent = bench.session, bench.house.student
    firm, employer = (make_organisation(session, kind=OrganisationKind.ENTERPRISE) for _ in range(2))
    give(session, agent, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, firm.id)
    affiliate(session, agent, employer)
    orders = bench.by(agent)
    order = orders.received(orders.sent(orders.accepted(bench.quoted(orders, organisation_id=firm.id), LATER)))
    bench.run(order, orders)
    orders.reported(order)
    session.commit()
    charge, later = bench.charge(order), bench.now + WEEK
    assert charge is not None
    charges.accept_charge(session, charge.id, actor=orders.asker, now=later)
    who: dict[str, Any] = {"actor": bench.house.actor(bench.finance), "now": later}
    (draft,) = statements.make_drafts(session, bench.house.place.id, DraftsForm(until_on=local_date(later)), **who)
    session.commit()
    with pytest.raises(InvalidInput) as unclear:
        statements.issue_statement(session, draft.id, **who)
    session.rollback()
    made = statements.issue_statement(session, draft.id, billed_to=firm.id, **who)

    assert [one.field for one in unclear.value.problems] == ["billed_to"]
    assert (made.billed_to_id, made.told["keeper_zh"]) == (firm.id, firm.name_zh)


def test_who_owes_something_overdue_accepts_no_quote(bench: Withholder) -> None:
    order = bench.reported(paying=LATER)
    form = BillingTermsForm(refuses_overdue=True, pays_within_days=0)
    finance = bench.house.actor(bench.finance)
    set_terms(bench.session, bench.house.place.id, form, actor=finance, now=bench.now)
    bench.bill(order, bench.now)
    due_today = bench.orders.accepted(bench.quoted(), LATER)
    bench.now += DAY
    late = bench.by(bench.house.student)
    quoted = bench.quoted(late)
    bench.session.commit()

    with pytest.raises(InvalidInput) as refused:
        late.accepted(quoted, LATER)
    bench.session.rollback()

    assert [(one.field, one.message) for one in refused.value.problems] == [(FIELD, WHY[PaymentFault.OWES])]
    assert (due_today.state, quoted.state) == (SampleOrderState.ACCEPTED, SampleOrderState.QUOTED)
