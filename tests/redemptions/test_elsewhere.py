"""Redemptions whose vouchers live elsewhere: the same pack, submitted and decided there, the outcome recorded here."""

import io
import zipfile
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from booking.attachments.preparing import Uploaded, prepare
from booking.clearing.verifying import faults as clearing_faults
from booking.core.clock import local_date, utcnow
from booking.core.errors import Forbidden, InvalidInput, NotFound
from booking.ledger.queries import balance_of
from booking.redemptions import elsewhere, paying, queries, sampling, service
from booking.redemptions.forms import (
    ClawBackForm,
    PaidElsewhereForm,
    RedemptionPaymentForm,
    RedemptionRejectionForm,
    RedemptionReviewForm,
    RedemptionSampleForm,
    SubmittedElsewhereForm,
)
from booking.redemptions.service import Changed, NotNow
from models.attachments import Attachment
from models.charges import Charge
from models.redemptions import Redemption
from models.vocabulary.attachments import OwnerKind
from models.vocabulary.redemptions import RedemptionState, RedemptionStep
from models.vouchers import ProgrammeBook, ProvincePair, Voucher
from tests.factories.letters import mailed
from tests.factories.people import sign_in
from tests.factories.pictures import PDF
from tests.redemptions.claims import Claims
from tests.redemptions.test_together import at_once
from tests.redemptions.test_views import LIMITS

TERMS: dict[str, Any] = {"runs_at": "科创通", "reserves_budget": "never", "documents": ["application", "invoice"]}


@pytest.fixture
def claims(session: Session, now: datetime) -> Claims:
    return Claims(session, now, **TERMS)


def asked(claims: Claims, hour: int = 9) -> Redemption:
    """A request for one use."""
    charge = claims.used(hour)
    claims.invoice(number=str(hour))
    return claims.ask(charge)


def _by(claims: Claims) -> dict[str, Any]:
    return {"by": claims.actor(claims.agent)}


def day(claims: Claims) -> date:
    return local_date(claims.later)


def submitted(claims: Claims, hour: int = 9) -> Redemption:
    """One that was handed in there."""
    made = asked(claims, hour)
    form = SubmittedElsewhereForm(submitted_on=day(claims))
    done: Redemption = claims.do(elsewhere.record_submitted, made.id, form, by=claims.actor(claims.agent))
    return done


def outcome(claims: Claims, made: Redemption, fen: int | None = None, **said: Any) -> PaidElsewhereForm:
    (item,) = claims.items(made)
    items = [] if fen is None else [{"item_id": item.id, "approved_fen": fen, "reason": "超出范围"}]
    paid = {"paid_on": day(claims), "receipt_number": "SC-1", "items": items, "version": claims.version(made)}
    return PaidElsewhereForm.model_validate({**paid, **said})


def refusal(claims: Claims, made: Redemption, *, is_final: bool = False) -> RedemptionRejectionForm:
    return RedemptionRejectionForm(version=claims.version(made), reason="材料不全", is_final=is_final)


def amounts(claims: Claims) -> tuple[int, int, int]:
    """What the voucher has free, captured and paid; all books are right, and no budget and no pair knows of it."""
    session = claims.session
    session.expire_all()
    assert [*claims.faults(), *clearing_faults(session)] == []
    book = session.scalars(sa.select(ProgrammeBook)).one()
    assert [balance_of(session, one) for one in (book.budget_id, book.committed_id, book.paid_id)] == [0, 0, 0]
    assert session.scalar(sa.select(sa.func.count(ProvincePair.id))) == 0
    voucher = session.get_one(Voucher, claims.voucher.id)
    credit, captured, paid = (
        balance_of(session, one) for one in (voucher.credit_id, voucher.captured_id, voucher.paid_id)
    )
    return credit, captured, paid


def test_what_was_paid_there_is_paid_by_the_voucher_and_what_was_not_approved_is_gone(claims: Claims) -> None:
    made = submitted(claims)
    credit = amounts(claims)[0]

    claims.do(elsewhere.record_paid, made.id, outcome(claims, made, 5_000), by=claims.actor(claims.agent))

    whole = queries.whole_redemption(claims.session, made.id, claims.actor(claims.agent), today=day(claims))
    assert (made.state, made.approved_fen, made.submitted_on) == (RedemptionState.PAID, 5_000, day(claims))
    assert [one.amount_fen for one in whole.payments] == [5_000]
    assert [one.step.value for one in whole.events] == ["request", "submit", "pay"]
    charge = whole.items[0].charge
    assert (charge.gross_fen, charge.voucher_fen) == (20_000, 0)
    assert amounts(claims) == (credit, 0, 5_000)
    assert claims.claimable() == []


def test_nothing_of_it_waits_for_officers_nothing_is_in_public_and_nobody_gets_a_letter(claims: Claims) -> None:
    made, session = submitted(claims), claims.session
    mailed(session, now=claims.later)

    claims.do(elsewhere.record_paid, made.id, outcome(claims, made), by=claims.actor(claims.agent))

    assert made.due_on is None
    assert queries.queue(session, claims.first, today=local_date(claims.later), limit=9).items == []
    assert queries.notices(session, limit=9).items == []
    assert mailed(session, now=claims.later) == []
    sample = RedemptionSampleForm(
        programme_id=claims.programme.id, paid_from=day(claims), paid_until=day(claims), count=1
    )
    with pytest.raises(InvalidInput):
        claims.do(sampling.draw_sample, sample, by=claims.first)


def back(claims: Claims, made: Redemption, fen: int, **said: Any) -> ClawBackForm:
    (item,) = claims.items(made)
    named = {"item_id": item.id, "amount_fen": fen, "paid_on": day(claims), "receipt_number": "SC-2"}
    return ClawBackForm.model_validate({**named, "reason": "审计后退回", **said})


def test_what_was_given_back_there_is_no_longer_paid_by_the_voucher_and_is_never_claimed_again(claims: Claims) -> None:
    made, by = submitted(claims), _by(claims)
    credit = amounts(claims)[0]
    claims.do(elsewhere.record_paid, made.id, outcome(claims, made, 5_000), **by)
    files = prepare([Uploaded("return.pdf", PDF)], LIMITS), LIMITS
    mailed(claims.session, now=claims.later)

    claims.do(elsewhere.record_clawed_back, made.id, back(claims, made, 2_000), files=files, **by)
    some = amounts(claims)
    open_after = queries.whole_redemption(claims.session, made.id, by["by"], today=day(claims)).steps
    claims.do(elsewhere.record_clawed_back, made.id, back(claims, made, 3_000), **by)

    whole = queries.whole_redemption(claims.session, made.id, claims.actor(claims.agent), today=day(claims))
    assert [(one.kind.value, one.amount_fen) for one in whole.payments] == [
        ("paid", 5_000),
        ("clawed_back", 2_000),
        ("clawed_back", 3_000),
    ]
    assert [one.step.value for one in whole.events] == ["request", "submit", "pay", "claw_back", "claw_back"]
    assert (some, amounts(claims)) == ((credit, 0, 3_000), (credit, 0, 0))
    assert (made.state, made.approved_fen, made.clawed_fen) == (RedemptionState.PAID, 5_000, 5_000)
    assert (open_after, whole.steps) == (frozenset({RedemptionStep.CLAW_BACK}), frozenset())
    assert [one.file_name for one in whole.bank_papers] == ["return.pdf"]
    assert claims.claimable() == []
    assert mailed(claims.session, now=claims.later) == []


def test_no_more_is_given_back_than_was_paid_there_nor_on_an_impossible_day_nor_before(claims: Claims) -> None:
    made, by = submitted(claims), _by(claims)
    with pytest.raises(NotNow):
        claims.do(elsewhere.record_clawed_back, made.id, back(claims, made, 1), **by)
    claims.do(elsewhere.record_paid, made.id, outcome(claims, made, 5_000), **by)
    claims.do(elsewhere.record_clawed_back, made.id, back(claims, made, 4_000), **by)

    for wrong in (
        back(claims, made, 1_001),
        back(claims, made, 1, paid_on=day(claims) - timedelta(days=1)),
        back(claims, made, 1, paid_on=day(claims) + timedelta(days=1)),
    ):
        with pytest.raises(InvalidInput):
            claims.do(elsewhere.record_clawed_back, made.id, wrong, **by)
    with pytest.raises(NotFound):
        claims.do(elsewhere.record_clawed_back, made.id, back(claims, made, 1, item_id=10**6), **by)

    assert amounts(claims)[1:] == (0, 1_000)


def test_of_four_who_record_the_same_return_at_once_one_does(claims: Claims) -> None:
    made = submitted(claims)
    by = claims.actor(claims.agent)
    claims.do(elsewhere.record_paid, made.id, outcome(claims, made, 5_000), by=by)
    form = back(claims, made, 3_000)

    told = at_once([lambda s: elsewhere.record_clawed_back(s, made.id, form, actor=by, now=claims.later)] * 4)

    assert told == ["", *["invalid_input"] * 3]
    claims.session.rollback()
    assert amounts(claims)[1:] == (0, 2_000)


def test_what_was_refused_there_can_be_claimed_again_unless_for_good(claims: Claims) -> None:
    made, by = submitted(claims), _by(claims)
    charge_id = claims.items(made)[0].charge_id
    files = prepare([Uploaded("notice.pdf", PDF)], LIMITS), LIMITS

    claims.do(elsewhere.record_refused, made.id, refusal(claims, made), files=files, **by)
    again = claims.claimable()
    captured = amounts(claims)[1]
    second = claims.ask(claims.session.get_one(Charge, charge_id))
    claims.do(elsewhere.record_submitted, second.id, SubmittedElsewhereForm(submitted_on=day(claims)), **by)
    claims.do(elsewhere.record_refused, second.id, refusal(claims, second, is_final=True), **by)

    assert (made.state, again) == (RedemptionState.REJECTED, [(charge_id, 6_000, [])])
    assert captured == 6_000
    assert amounts(claims)[1:] == (0, 0)
    assert claims.claimable() == []
    kept = sa.select(Attachment.file_name).where(Attachment.owner_id == made.id)
    assert claims.session.scalars(kept.where(Attachment.owner_kind == OwnerKind.REDEMPTION)).all() == ["notice.pdf"]


def test_what_is_recorded_has_its_order_its_days_and_the_version_that_was_read(claims: Claims) -> None:
    made, by = asked(claims), _by(claims)
    today = day(claims)

    with pytest.raises(NotNow):
        claims.do(elsewhere.record_paid, made.id, outcome(claims, made), **by)
    for wrong in (today + timedelta(days=1), today - timedelta(days=1)):
        with pytest.raises(InvalidInput):
            claims.do(elsewhere.record_submitted, made.id, SubmittedElsewhereForm(submitted_on=wrong), **by)
    claims.do(elsewhere.record_submitted, made.id, SubmittedElsewhereForm(submitted_on=today), **by)
    with pytest.raises(NotNow):
        claims.do(service.withdraw, made.id, "", **by)
    for said, refused in (
        ({"version": 1}, Changed),
        ({"paid_on": today - timedelta(days=1)}, InvalidInput),
        ({"paid_on": today + timedelta(days=1)}, InvalidInput),
        ({"items": [{"item_id": 10**6, "approved_fen": 1}]}, InvalidInput),
    ):
        with pytest.raises(refused):
            claims.do(elsewhere.record_paid, made.id, outcome(claims, made, **said), **by)

    assert claims.session.get_one(Redemption, made.id).state == RedemptionState.SUBMITTED
    assert amounts(claims)[1:] == (6_000, 0)


def test_officers_read_it_and_decide_nothing_and_others_find_nothing(claims: Claims) -> None:
    made, session = submitted(claims), claims.session
    other = Claims(session, claims.now, mark="other")
    review = RedemptionReviewForm(version=claims.version(made))
    payment = RedemptionPaymentForm(paid_on=day(claims), receipt_number="HD-1")

    sight = queries.redemption_for(session, made.id, claims.first)[1]
    assert (sight.reads, sight.reviews, sight.records, sight.samples) == (True, False, False, False)
    for work, form in (
        (service.review, review),
        (service.reject, refusal(claims, made)),
        (paying.record_payment, payment),
        (elsewhere.record_paid, outcome(claims, made)),
        (elsewhere.record_refused, refusal(claims, made)),
        (elsewhere.record_clawed_back, back(claims, made, 1)),
        (paying.claw_back, back(claims, made, 1)),
    ):
        with pytest.raises(Forbidden):
            claims.do(work, made.id, form, by=claims.first)
        with pytest.raises(NotFound):
            claims.do(work, made.id, form, by=other.first)
    with pytest.raises(NotFound):
        claims.do(elsewhere.record_paid, made.id, outcome(claims, made), by=other.actor(other.agent))


def test_one_that_is_decided_here_has_no_outcome_elsewhere(session: Session, now: datetime) -> None:
    claims = Claims(session, now)
    charge = claims.used(9)
    claims.invoice()
    made = claims.ask(charge)

    form = SubmittedElsewhereForm(submitted_on=day(claims))
    with pytest.raises(NotFound):
        claims.do(elsewhere.record_submitted, made.id, form, by=claims.actor(claims.agent))


def test_of_four_who_record_the_outcome_at_once_one_does(claims: Claims) -> None:
    made = submitted(claims)
    form, by = outcome(claims, made, 5_000), claims.actor(claims.agent)

    told = at_once([lambda s: elsewhere.record_paid(s, made.id, form, actor=by, now=claims.later)] * 4)

    assert told == ["", *["redemption_not_now"] * 3]
    claims.session.rollback()
    assert amounts(claims)[1:] == (0, 5_000)


def test_the_pack_names_the_system_and_the_number_there(claims: Claims, client: FlaskClient) -> None:
    made = asked(claims)
    sign_in(client, claims.agent)

    answer = client.get(f"/redemptions/{made.id}/pack.zip")

    with zipfile.ZipFile(io.BytesIO(answer.data)) as package:
        assert package.namelist()[:2] == ["00-封面.xlsx", "00-封面.pdf"]
        book = load_workbook(io.BytesIO(package.read("00-封面.xlsx")))
    said = dict(tuple(cell.value for cell in row) for row in book["封面"].iter_rows(min_row=2))
    (row,) = [tuple(cell.value for cell in row) for row in book["明细"].iter_rows(min_row=2)]
    voucher = claims.session.get_one(Voucher, claims.voucher.id)
    assert (said["券所在的系统"], said["状态"]) == ("科创通", "材料准备中")
    assert row[0] == f"{voucher.number}（{voucher.number_there}）"


def test_a_firm_gathers_submits_and_records_on_pages(claims: Claims, client: FlaskClient) -> None:
    charge = claims.used(9)
    claims.invoice()
    sign_in(client, claims.agent)
    address = f"/redemptions/new?organisation={claims.firm.id}"
    ticked = {"programme_id": claims.programme.id, "items": f"{claims.voucher.id}-{charge.id}"}
    opened = client.get(address).text
    client.post(address, data=ticked)
    (made,) = claims.session.scalars(sa.select(Redemption)).all()
    (item,) = claims.items(made)
    at, today = f"/redemptions/{made.id}", local_date(utcnow()).isoformat()

    gathering = client.get(at).text
    wrong = client.post(f"{at}/submitted-elsewhere", data={"submitted_on": "2020-01-01"})
    client.post(f"{at}/submitted-elsewhere", data={"submitted_on": today})
    waiting = client.get(at).text
    said = {"version": claims.version(made), f"approved-{item.id}": "50", f"reason-{item.id}": ""}
    short = client.post(f"{at}/paid-elsewhere", data=said | {"paid_on": today, "receipt_number": "SC-9"})
    reason = {f"reason-{item.id}": "超出范围", "files": (io.BytesIO(PDF), "notice.pdf")}
    done = client.post(f"{at}/paid-elsewhere", data=said | {"paid_on": today, "receipt_number": "SC-9"} | reason)
    shown, listed = client.get(at).text, client.get(f"/vouchers/{claims.voucher.id}").text
    late = client.post(
        f"{at}/refused-elsewhere", data={"version": claims.version(made), "reason": "晚了", "is_final": ""}
    )
    more = client.post(f"{at}/outcome-papers", data={"files": (io.BytesIO(PDF + b"2"), "more.pdf")})

    assert "整理材料包" in opened
    assert ["材料准备中" in gathering, "登记兑付结果" in gathering] == [True, False]
    assert (wrong.status_code, short.status_code, done.status_code, late.status_code) == (422, 422, 303, 409)
    assert "核减须写明原因" in short.text
    assert ["登记兑付结果" in waiting, "初审" in waiting, "登记付款" in waiting] == [True, False, False]
    assert more.status_code == 303
    assert "登记退回" in shown
    given_back = {"item_id": item.id, "amount_fen": "20", "paid_on": today, "receipt_number": "TK-1", "reason": "审计"}
    too_much = client.post(f"{at}/clawed-back-elsewhere", data=given_back | {"amount_fen": "50.01"})
    returned = client.post(f"{at}/clawed-back-elsewhere", data=given_back)
    page = client.get(at).text
    assert (too_much.status_code, returned.status_code) == (422, 303)
    for text in ("已退回那里", "TK-1", "已退回 ¥20.00", "退回款项 · ", "不计入本平台的预算和清算"):
        assert text in page
    for text in ("那里已兑付", "SC-9", "notice.pdf", "¥50.00", "超出范围"):
        assert text in shown
    assert "整理兑付材料" in listed
    claims.session.rollback()
    assert amounts(claims)[1:] == (0, 3_000)


def test_by_api_the_outcome_is_recorded_and_read(claims: Claims, client: FlaskClient) -> None:
    charge = claims.used(9)
    claims.invoice()
    sign_in(client, claims.agent)
    form, today = claims.form(charge).model_dump(mode="json"), local_date(utcnow()).isoformat()

    made = client.post("/api/v1/redemptions", json=form).get_json()
    at = f"/api/v1/redemptions/{made['id']}"
    early = client.post(f"{at}/paid-elsewhere", json={"version": 1, "paid_on": today, "receipt_number": "SC-9"})
    handed_in = client.post(f"{at}/submitted-elsewhere", json={"submitted_on": today}).get_json()
    why = {"version": handed_in["version"], "reason": "材料不全"}
    refused = client.post(f"{at}/refused-elsewhere", json=why).get_json()
    papers = client.post(f"{at}/outcome-papers", data={"files": (io.BytesIO(PDF), "notice.pdf")})

    assert (made["runs_at"], made["state"], made["steps"], made["due_on"]) == ("科创通", "requested", ["submit"], None)
    assert early.status_code == 409
    assert (handed_in["state"], handed_in["submitted_on"], handed_in["steps"]) == (
        "submitted",
        today,
        ["pay", "reject"],
    )
    assert (refused["state"], refused["steps"], refused["events"][-1]["reason"]) == ("rejected", [], "材料不全")
    assert (papers.status_code, len(papers.get_json()["bank_papers"])) == (201, 1)


def test_by_api_what_was_given_back_is_recorded(claims: Claims, client: FlaskClient) -> None:
    charge = claims.used(9)
    claims.invoice()
    sign_in(client, claims.agent)
    asked_for, today = claims.form(charge).model_dump(mode="json"), local_date(utcnow()).isoformat()
    made = client.post("/api/v1/redemptions", json=asked_for).get_json()
    at, item_id = f"/api/v1/redemptions/{made['id']}", made["items"][0]["id"]
    handed_in = client.post(f"{at}/submitted-elsewhere", json={"submitted_on": today}).get_json()
    paid = {"version": handed_in["version"], "paid_on": today, "receipt_number": "SC-9"}
    client.post(f"{at}/paid-elsewhere", json=paid)
    form = {"item_id": item_id, "amount_fen": 2_000, "paid_on": today, "receipt_number": "SC-10", "reason": "审计"}

    answer = client.post(f"{at}/clawed-back-elsewhere", json=form)
    ours = client.post(f"{at}/claw-back", json=form)

    found = answer.get_json()
    assert (answer.status_code, found["clawed_fen"], found["steps"]) == (200, 2_000, ["claw_back"])
    assert [(one["kind"], one["amount_fen"]) for one in found["payments"]] == [("paid", 6_000), ("clawed_back", 2_000)]
    assert ours.status_code == 403
    claims.session.rollback()
    assert amounts(claims)[1:] == (0, 4_000)


def test_its_words_are_those_of_another_system(claims: Claims) -> None:
    made = asked(claims)
    whole = queries.whole_redemption(claims.session, made.id, claims.first, today=day(claims))

    (event,) = whole.events

    assert event.step == RedemptionStep.REQUEST
    assert queries.side_of(whole, event).id == claims.firm.id
    assert whole.steps == frozenset({RedemptionStep.SUBMIT})
