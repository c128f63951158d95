"""Redemptions: asked for once, reviewed by two, public, paid, cut, refused and clawed back; to the fen."""

from datetime import date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.charges.refusals import VoucherClaimed
from booking.core.actors import Actor
from booking.core.clock import at_local, local_date
from booking.core.errors import Forbidden, InvalidInput, NotFound
from booking.invoices.forms import InvoiceForm
from booking.invoices.service import record_invoice
from booking.redemptions import paying, queries, service
from booking.redemptions.forms import (
    ClawBackForm,
    RedemptionForm,
    RedemptionPaymentForm,
    RedemptionReviewForm,
)
from booking.vouchers.queries import claimed_fen
from models.accounts import AuditEntry
from models.charges import Charge
from models.redemptions import Redemption, RedemptionEvent, RedemptionPayment
from models.statements import Statement
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.redemptions import RedemptionState, RedemptionStep
from models.vocabulary.vouchers import VoucherState
from models.vouchers import Voucher, VoucherCapture
from tests.factories.affiliations import affiliate
from tests.factories.instruments import make_organisation
from tests.factories.people import give, make_user
from tests.factories.programmes import SICHUAN, make_authority, make_officer
from tests.redemptions.claims import NOTICE_OVER, Claims

SHARE = 6_000
"""30 % of two hours at 100 yuan."""


@pytest.fixture
def claims(session: Session, now: datetime) -> Claims:
    return Claims(session, now, budget_fen=100_000)


def problems(claims: Claims, form: RedemptionForm, by: Actor | None = None) -> list[str]:
    """Which sentences refuse a request; nothing is stored."""
    with pytest.raises(InvalidInput) as found:
        claims.do(service.request_redemption, form, by=by or claims.claimant()[1])
    assert claims.session.scalar(sa.select(sa.func.count(Redemption.id))) == 0
    return [one.message for one in found.value.problems]


def test_what_is_accepted_and_invoiced_can_be_claimed_and_nothing_else(claims: Claims) -> None:
    charge = claims.used(9)
    assert claims.claimable() == [(charge.id, SHARE, ["not_invoiced"])]
    problems(claims, claims.form(charge))
    claims.invoice(fen=19_999)
    assert claims.claimable() == [(charge.id, SHARE, ["not_invoiced"])]

    claims.office.do(*_rest(claims), by=claims.office.finance, at_=claims.later)

    assert claims.claimable() == [(charge.id, SHARE, [])]
    made = claims.ask(charge)
    (item,) = claims.items(made)
    assert (made.number, made.claimed_fen, made.claimant_id) == (1, SHARE, claims.firm.id)
    assert (item.claimed_fen, item.used_on, item.invoiced_on) == (SHARE, date(2026, 11, 24), date(2026, 11, 28))
    assert claims.claimable() == []
    assert claims.books()["captured"] == SHARE


def _rest(claims: Claims) -> tuple[Any, ...]:
    """An invoice of the one fen that is left, a day later."""
    slip = claims.session.scalars(sa.select(Statement)).one()
    said = {"number": "2", "issued_on": "2026-11-28", "title": "示例公司"}
    items = [{"statement_id": slip.id, "amount_fen": 1}]
    return record_invoice, slip.debtor_id, InvoiceForm.model_validate({**said, "items": items})


def test_charges_stand_for_all_that_is_open_of_them_and_who_claims_for_one_firm_names_it_not(claims: Claims) -> None:
    first, second = claims.used(9), claims.used(12)
    claims.invoice()
    unbilled = claims.used(15)
    nothing: dict[str, Any] = {"items": [], "charge_ids": []}
    both = claims.form(first, charge_ids=[second.id])
    refused = [claims.form(**nothing), both, claims.form(items=[], charge_ids=[first.id, 10**6])]
    assert [len(problems(claims, form)) for form in (*refused, claims.form(items=[], charge_ids=[unbilled.id]))] == [
        1
    ] * 4

    form = RedemptionForm(charge_ids=[first.id, second.id])
    made = claims.do(service.request_redemption, form, by=claims.claimant()[1])

    assert (made.claimant_id, made.programme_id, made.claimed_fen) == (claims.firm.id, claims.programme.id, 2 * SHARE)
    assert sorted(one.charge_id for one in claims.items(made)) == [first.id, second.id]
    give(
        claims.session,
        claims.agent,
        Role.ENTERPRISE_AGENT,
        ScopeKind.ORGANISATION,
        make_organisation(claims.session).id,
    )
    with pytest.raises(InvalidInput) as unclear:
        claims.do(service.request_redemption, form, by=claims.claimant()[1])
    assert [one.field for one in unclear.value.problems] == ["organisation_id"]


def test_charges_name_no_more_than_a_request_holds(claims: Claims, monkeypatch: pytest.MonkeyPatch) -> None:
    charges = [claims.used(9), claims.used(12)]
    claims.invoice()
    monkeypatch.setattr(service, "MOST_ITEMS", 1)

    assert len(problems(claims, RedemptionForm(charge_ids=[one.id for one in charges]))) == 1
    assert claims.do(service.request_redemption, RedemptionForm(charge_ids=[charges[0].id]), by=claims.claimant()[1])


def test_who_claims_for_nobody_is_refused_without_naming_anybody(claims: Claims) -> None:
    with pytest.raises(Forbidden):
        claims.do(service.request_redemption, RedemptionForm(charge_ids=[1]), by=claims.actor(claims.office.steward))


def test_only_the_last_review_is_called_publishing(claims: Claims) -> None:
    charge = claims.used(9)
    claims.invoice()
    made = claims.ask(charge)

    def publish(by: Actor) -> Redemption:
        form, last = RedemptionReviewForm(version=claims.version(made)), RedemptionState.REVIEWED
        found: Redemption = claims.do(service.review, made.id, form, due=last, by=by)
        return found

    with pytest.raises(service.NotNow):
        publish(claims.first)
    claims.review(made, claims.first)
    assert publish(claims.second).state == RedemptionState.NOTICE


def test_an_amount_is_claimed_once_and_of_a_refused_request_again(claims: Claims) -> None:
    charge = claims.used(9)
    claims.invoice()
    first = claims.ask(charge)
    with pytest.raises(NotFound):
        claims.ask(charge)
    claims.reject(first, claims.first)
    assert claims.claimable() == [(charge.id, SHARE, [])]

    again = claims.ask(charge)

    assert (again.number, claimed_fen(claims.session, charge.id, claims.voucher.id)) == (2, SHARE)
    claims.do(service.withdraw, again.id, "", by=claims.claimant()[1])
    assert claims.claimable() == [(charge.id, SHARE, [])]
    assert (claims.books()["captured"], claimed_fen(claims.session, charge.id, claims.voucher.id)) == (SHARE, 0)


def test_what_is_refused_for_good_goes_back_to_the_budget_and_is_never_claimed_again(claims: Claims) -> None:
    charge = claims.used(9)
    claims.invoice()
    made = claims.ask(charge)
    before = claims.books()

    claims.reject(made, claims.second, "不属于支持范围", is_final=True)

    after = claims.books()
    assert claims.claimable() == []
    assert (before["captured"], after["captured"], after["paid"], after["pair_captured"]) == (SHARE, 0, 0, 0)
    assert after["budget"] - before["budget"] == before["committed"] - after["committed"] == SHARE
    step = claims.session.scalars(sa.select(RedemptionEvent).order_by(RedemptionEvent.id.desc())).first()
    assert step is not None
    assert (step.step, step.reason, step.facts) == (RedemptionStep.REJECT, "不属于支持范围", {"is_final": True})


# By hand: two uses of 200.00 and 300.00 yuan, 30 % each: 60.00 and 90.00 asked, 60.00 and 72.50 approved.
def test_an_approval_below_the_claim_pays_what_is_approved_and_the_rest_goes_back(claims: Claims) -> None:
    first, second = claims.used(9), claims.used(13, 3)
    claims.invoice()
    made = claims.ask(first, second)
    one, other = claims.items(made)
    before = claims.books()
    assert (before["captured"], before["committed"], before["budget"]) == (15_000, 15_000, 85_000)
    claims.review(made, claims.first, (other, 8_000))
    claims.review(made, claims.second, (other, 7_250))
    made = claims.session.get_one(Redemption, made.id)
    assert (made.claimed_fen, made.approved_fen, made.state) == (15_000, 13_250, RedemptionState.NOTICE)
    assert (made.notice_from, made.notice_until) == (date(2026, 11, 30), date(2026, 12, 7))

    claims.pay(made)

    after = claims.books()
    assert (after["captured"], after["paid"], after["committed"], after["programme_paid"]) == (0, 13_250, 0, 13_250)
    assert (after["budget"], after["pair_captured"], after["pair_paid"], after["owed"]) == (86_750, 0, 13_250, 0)
    assert [item.reason for item in claims.items(made)] == ["", "发票所列与合同不符"]
    paid = claims.session.scalars(sa.select(RedemptionPayment)).one()
    assert (paid.amount_fen, paid.paid_on, paid.receipt_number) == (13_250, NOTICE_OVER, "HD-1")
    left = [claimed_fen(claims.session, charge.id, claims.voucher.id) for charge in (first, second)]
    assert (left, claims.claimable(), one.claimed_fen) == ([6_000, 7_250], [], 6_000)


def test_a_claw_back_is_a_new_entry_and_what_came_back_is_not_claimed_again(claims: Claims) -> None:
    charge = claims.used(9)
    claims.invoice()
    made = claims.paid(charge)
    (item,) = claims.items(made)
    said = {"item_id": item.id, "paid_on": NOTICE_OVER, "receipt_number": "TK-1", "reason": "服务未完成"}

    claims.do(paying.claw_back, made.id, ClawBackForm(amount_fen=2_500, **said), by=claims.first, at_=_after())

    books = claims.books()
    assert (books["paid"], books["programme_paid"], books["pair_paid"]) == (3_500, 3_500, 3_500)
    assert (books["captured"], books["committed"], books["budget"], books["pair_captured"]) == (0, 0, 96_500, 0)
    assert claims.claimable() == []
    with pytest.raises(InvalidInput):
        claims.do(paying.claw_back, made.id, ClawBackForm(amount_fen=3_501, **said), by=claims.first, at_=_after())
    claims.do(paying.claw_back, made.id, ClawBackForm(amount_fen=3_500, **said), by=claims.first, at_=_after())
    found = claims.session.get_one(Redemption, made.id, populate_existing=True)
    assert (found.state, found.clawed_fen, claims.books()["budget"]) == (RedemptionState.PAID, 6_000, 100_000)
    kinds = claims.session.scalars(sa.select(RedemptionPayment.kind).order_by(RedemptionPayment.id)).all()
    assert [one.value for one in kinds] == ["paid", "clawed_back", "clawed_back"]
    rows = claims.session.scalars(sa.select(VoucherCapture.amount_fen).order_by(VoucherCapture.id)).all()
    assert list(rows) == [6_000, -2_500, -3_500]


def _after() -> datetime:
    return at_local(NOTICE_OVER, 700)


@pytest.mark.parametrize(
    ("way", "owed"), [pytest.param("advance_then_net", SHARE, id="advanced"), pytest.param("home_pays", 0, id="home")]
)
def test_across_the_border_what_was_advanced_is_owed_and_after_a_claw_back_no_more(
    session: Session, now: datetime, way: str, owed: int
) -> None:
    claims = Claims(session, now, border=SICHUAN, border_way=way)
    charge = claims.used(9)
    claims.invoice()
    made = claims.paid(charge)
    assert (claims.books()["owed"], claims.books()["pair_paid"]) == (owed, SHARE)
    (item,) = claims.items(made)
    assert (item.issuer_province, item.provider_province) == ("51", "50")

    form = ClawBackForm(
        item_id=item.id, amount_fen=SHARE, paid_on=NOTICE_OVER, receipt_number="TK-1", reason="服务未完成"
    )
    claims.do(paying.claw_back, made.id, form, by=claims.first, at_=_after())

    assert (claims.books()["owed"], claims.books()["pair_paid"], claims.books()["pair_captured"]) == (0, 0, 0)


def test_a_provider_claims_what_it_deducted_and_the_firm_does_not(session: Session, now: datetime) -> None:
    claims = Claims(session, now, redeemed_by="provider", reserves_budget="issue", budget_fen=20_000_000)
    charge = claims.used(9)
    assert (charge.gross_fen, charge.voucher_fen, charge.captured_fen) == (14_000, SHARE, 14_000)
    assert claims.invoice().amount_fen == 14_000
    by_firm = claims.form(charge).model_copy(update={"organisation_id": claims.firm.id})
    with pytest.raises(NotFound):
        claims.do(service.request_redemption, by_firm, by=claims.actor(claims.agent))
    with pytest.raises(Forbidden):
        claims.do(service.request_redemption, claims.form(charge), by=claims.actor(claims.agent))

    made = claims.paid(charge)

    books = claims.books()
    assert (made.claimant_id, books["paid"], books["captured"]) == (claims.office.place.id, SHARE, 0)
    assert (books["committed"], books["programme_paid"], books["budget"]) == (9_994_000, SHARE, 10_000_000)


def test_two_officers_review_and_neither_is_of_the_claimant(claims: Claims) -> None:
    charge = claims.used(9)
    claims.invoice()
    made = claims.ask(charge)
    insider = make_user(claims.session, "insider")
    give(claims.session, insider, Role.VOUCHER_OFFICER, ScopeKind.ORGANISATION, claims.authority.id)
    affiliate(claims.session, insider, claims.firm)
    with pytest.raises(service.OwnClaim):
        claims.review(made, claims.actor(insider))
    claims.review(made, claims.first)
    with pytest.raises(service.FourEyes):
        claims.review(made, claims.first)
    with pytest.raises(service.Changed):
        claims.do(service.review, made.id, RedemptionReviewForm(version=1), by=claims.second)
    assert claims.session.get_one(Redemption, made.id, populate_existing=True).state == RedemptionState.REVIEWED

    claims.review(made, claims.second)

    steps = claims.session.scalars(sa.select(RedemptionEvent.step).order_by(RedemptionEvent.id)).all()
    assert [one.value for one in steps] == ["request", "city_review", "province_review"]
    logged = claims.session.scalars(
        sa.select(AuditEntry.action).where(AuditEntry.subject_kind == "redemption").order_by(AuditEntry.id)
    ).all()
    assert list(logged) == ["redemptions.request", "redemptions.city_review", "redemptions.province_review"]


def test_reviews_and_payment_may_take_as_many_working_days_as_the_programme_says(
    session: Session, now: datetime
) -> None:
    claims = Claims(session, now, review_days=3, pay_days=2, notice_days=0)
    charge = claims.used(9)
    claims.invoice()
    today, authority_id = local_date(claims.later), claims.authority.id
    expected = [service.due_on(session, authority_id, days, today) for days in (3, 3, 2)]

    made = claims.ask(charge)
    due = [made.due_on]
    for officer in (claims.first, claims.second):
        claims.review(made, officer)
        due.append(session.get_one(Redemption, made.id, populate_existing=True).due_on)

    assert due == expected
    assert len({service.due_on(session, authority_id, days, today) for days in (2, 3, 5)}) == 3


def test_whoever_works_at_an_instrument_of_the_claimant_reviews_none_of_its_requests(
    session: Session, now: datetime
) -> None:
    claims = Claims(session, now, redeemed_by="provider", reserves_budget="issue", budget_fen=20_000_000)
    charge = claims.used(9)
    claims.invoice()
    made = claims.ask(charge)
    steward = claims.office.steward
    give(session, steward, Role.VOUCHER_OFFICER, ScopeKind.ORGANISATION, claims.authority.id)

    with pytest.raises(service.OwnClaim):
        claims.review(made, claims.actor(steward))

    assert claims.review(made, claims.first).state == RedemptionState.REVIEWED


def test_a_reason_goes_when_the_second_review_approves_all_that_was_claimed(claims: Claims) -> None:
    charge = claims.used(9)
    claims.invoice()
    made = claims.ask(charge)
    (item,) = claims.items(made)
    claims.review(made, claims.first, (item, 5_000))
    whole = {"version": claims.version(made), "items": [{"item_id": item.id, "approved_fen": SHARE}]}

    claims.do(service.review, made.id, RedemptionReviewForm.model_validate(whole), by=claims.second)

    (item,) = claims.items(made)
    assert (item.approved_fen, item.reason) == (SHARE, "")


def test_less_is_approved_with_a_reason_only_never_more_and_never_nothing(claims: Claims) -> None:
    charge = claims.used(9)
    claims.invoice()
    made = claims.ask(charge)
    (item,) = claims.items(made)
    for fen, why, field in ((5_000, "", "reason"), (6_001, "多", "approved"), (0, "无", "items")):
        form = RedemptionReviewForm.model_validate(
            {"version": 1, "items": [{"item_id": item.id, "approved_fen": fen, "reason": why}]}
        )
        with pytest.raises(InvalidInput) as refused:
            claims.do(service.review, made.id, form, by=claims.first)
        assert [one.field.partition("-")[0] for one in refused.value.problems] == [field]
    other = RedemptionReviewForm.model_validate({"version": 1, "items": [{"item_id": item.id + 1, "approved_fen": 1}]})
    with pytest.raises(InvalidInput):
        claims.do(service.review, made.id, other, by=claims.first)

    assert claims.items(made)[0].approved_fen is None


def test_nothing_is_paid_while_the_public_has_its_days_or_a_voucher_is_frozen(claims: Claims) -> None:
    charge = claims.used(9)
    claims.invoice()
    made = claims.ask(charge)
    claims.review(made, claims.first)
    claims.review(made, claims.second)
    form = RedemptionPaymentForm(paid_on=date(2026, 12, 7), receipt_number="HD-1")
    with pytest.raises(service.NotNow):
        claims.do(paying.record_payment, made.id, form, by=claims.first, at_=at_local(date(2026, 12, 7), 1_400))
    for paid_on in (date(2026, 12, 7), date(2026, 12, 10)):
        wrong = form.model_copy(update={"paid_on": paid_on})
        with pytest.raises(InvalidInput):
            claims.do(paying.record_payment, made.id, wrong, by=claims.first, at_=_after())
    claims.session.execute(sa.update(Voucher).values(state=VoucherState.FROZEN))
    claims.session.commit()
    with pytest.raises(paying.VoucherFrozen):
        claims.pay(made)
    claims.session.execute(sa.update(Voucher).values(state=VoucherState.ISSUED))
    claims.session.commit()

    claims.pay(made)

    with pytest.raises(service.NotNow):
        claims.pay(made)
    assert claims.books()["paid"] == SHARE


# By hand: of 200.00 yuan the voucher covers 60.00, of 100.00 it would cover 30.00; 60.00 are never more than the fee.
def test_a_charge_that_is_made_less_keeps_what_stands_in_a_redemption(claims: Claims) -> None:
    charge = claims.used(9)
    claims.invoice()
    claims.paid(charge)

    claims.change(charge, -10_000, at_=_after())

    assert (charge.gross_fen, charge.voucher_fen) == (10_000, 0)
    books = claims.books()
    assert (books["captured"], books["paid"], books["committed"], books["budget"]) == (0, SHARE, 0, 94_000)
    assert claims.claimable() == []
    with pytest.raises(VoucherClaimed):
        claims.change(charge, -4_001, at_=_after())
    claims.change(charge, -4_000, at_=_after())
    assert (claims.books()["paid"], claims.session.get_one(Charge, charge.id).gross_fen) == (SHARE, 6_000)


def test_a_charge_that_is_made_less_after_a_withdrawal_is_claimed_by_its_new_share(claims: Claims) -> None:
    charge = claims.used(9)
    claims.invoice()
    made = claims.ask(charge)
    claims.do(service.withdraw, made.id, "", by=claims.claimant()[1])

    claims.change(charge, -10_000)

    assert (claims.books()["captured"], claims.claimable()) == (3_000, [(charge.id, 3_000, ["not_invoiced"])])
    claims.office.bill()
    assert claims.claimable() == [(charge.id, 3_000, [])]
    assert claims.ask(charge).claimed_fen == 3_000


def test_the_other_authority_and_strangers_do_not_know_of_it(claims: Claims, now: datetime) -> None:
    charge = claims.used(9)
    claims.invoice()
    made = claims.ask(charge)
    other = make_officer(claims.session, make_authority(claims.session, SICHUAN), "other-officer", now=now)
    agent = make_user(claims.session, "other-agent")
    firm = make_organisation(claims.session)
    give(claims.session, agent, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, firm.id)
    for person in (other, claims.actor(agent), claims.actor(claims.office.stranger)):
        with pytest.raises(NotFound):
            queries.redemption_for(claims.session, made.id, person)
        assert queries.redemptions(claims.session, person, queries.Wanted(), limit=9).items == []
        assert queries.queue(claims.session, person, today=local_date(claims.later), limit=9).items == []
        with pytest.raises(NotFound):
            claims.review(made, person)
    with pytest.raises(Forbidden):
        claims.review(made, claims.actor(claims.agent))
    with pytest.raises(Forbidden):
        claims.do(service.withdraw, made.id, "", by=claims.first)
    assert [
        one.id for one in queries.queue(claims.session, claims.first, today=local_date(claims.later), limit=9).items
    ] == [made.id]
    whole = queries.whole_redemption(claims.session, made.id, claims.first, today=local_date(claims.later))
    assert (whole.sight.reviews, whole.sight.claims) == (True, False)


def test_of_the_authority_its_officers_and_auditors_read_and_nobody_else_of_its_house(claims: Claims) -> None:
    charge = claims.used(9)
    claims.invoice()
    made = claims.ask(charge)
    seen = {}
    for role in (Role.INSTITUTION_ADMIN, Role.INSTITUTION_FINANCE, Role.ENTERPRISE_AGENT, Role.AUDITOR):
        user = make_user(claims.session, role.value.replace("_", ""))
        give(claims.session, user, role, ScopeKind.ORGANISATION, claims.authority.id)
        reader = claims.actor(user)
        listed = queries.redemptions(claims.session, reader, queries.Wanted(), limit=9).items
        try:
            queries.redemption_for(claims.session, made.id, reader)
        except NotFound:
            seen[role] = (False, len(listed))
        else:
            seen[role] = (True, len(listed))

    assert seen.pop(Role.AUDITOR) == (True, 1)
    assert set(seen.values()) == {(False, 0)}
    assert queries.redemption_for(claims.session, made.id, claims.actor(claims.agent))[1].claims


def test_each_thing_that_is_off_is_found(claims: Claims) -> None:
    charge = claims.used(9)
    claims.invoice()
    made = claims.paid(charge)
    assert claims.faults() == []
    for values in ({"claimed_fen": 6_001}, {"clawed_fen": 1}):
        claims.session.execute(sa.update(Redemption).where(Redemption.id == made.id).values(**values))
        assert claims.faults() != []
        claims.session.rollback()
    claims.session.execute(sa.update(Redemption).values(state=RedemptionState.NOTICE))
    assert any("has paid 6000 fen, its redemptions 0" in line for line in claims.faults())
    claims.session.rollback()
    assert claims.faults() == []
