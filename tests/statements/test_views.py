"""Statements as people meet them: billing everybody from the page, the paper to print, tables, and the API."""

import io
from datetime import datetime

import pypdfium2
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from booking.statements.forms import BillingTermsForm
from booking.statements.jobs import work_due
from booking.statements.terms import set_terms
from models.statements import Receipt, Statement, StatementDraft
from models.vocabulary.catalogue import PublishingState
from tests.factories.instruments import make_organisation
from tests.factories.looking import count, look_again
from tests.factories.payers import make_payer
from tests.factories.people import sign_in
from tests.statements.office import Office

UNTIL = "2026-11-25"


@pytest.fixture
def office(session: Session, now: datetime) -> Office:
    found = Office(session, now)
    found.instrument.name_zh, found.place.name_zh = "=质谱仪", "西南大学"
    found.payer.name, found.lead.name = "面上项目", "李𠮷堃"
    session.commit()
    return found


def test_finance_bills_everybody_from_the_page_and_records_what_was_received(
    client: FlaskClient, office: Office
) -> None:
    office.used(9, 2)
    office.used(12, by=office.other)
    at = f"/organisations/{office.place.id}/statements"
    sign_in(client, office.finance)

    preview = client.get(f"{at}/to-bill?until_on={UNTIL}").get_data(as_text=True)
    payers = [f"a{office.payer.id}", f"p{office.other.id}"]
    assert all(f'value="{one}" checked' in preview for one in payers)
    assert "¥300.00" in preview
    sent = client.post(f"{at}/to-bill", data={"until_on": UNTIL, "debtors": payers})
    assert (sent.status_code, count(office.session, StatementDraft)) == (303, 2)
    draft_id = office.session.scalars(sa.select(StatementDraft.id).order_by(StatementDraft.id)).first()
    assert "面上项目" in client.get(f"/statement-drafts/{draft_id}").get_data(as_text=True)
    asked = client.post(f"{at}/drafts/issue")
    assert "正在出具" in client.get(asked.location).get_data(as_text=True)
    assert (work_due(), asked.status_code) == (1, 303)
    assert "已全部处理" in client.get(asked.location).get_data(as_text=True)
    look_again(office.session)
    slip_id, bill_id = office.session.scalars(sa.select(Statement.id).order_by(Statement.id)).all()
    listed = client.get(at).get_data(as_text=True)
    assert listed.index("JS2026-00002") < listed.index("JS2026-00001")
    wrong = client.post(
        f"/statements/{slip_id}/receipts", data={"amount_fen": "2,0", "number": "回单1", "received_on": UNTIL}
    )
    assert (wrong.status_code, count(office.session, Receipt)) == (422, 0)
    assert 'value="回单1"' in wrong.get_data(as_text=True)
    paid = {"amount_fen": "50.00", "number": "回单1", "received_on": UNTIL}
    assert client.post(f"/statements/{slip_id}/receipts", data=paid).status_code == 303
    shown = client.get(f"/statements/{slip_id}").get_data(as_text=True)
    assert ("部分付款" in shown, "¥150.00" in shown) == (True, True)
    assert client.get(f"{at}/ageing").get_data(as_text=True).count(">¥150.00<") == 2
    sign_in(client, office.other)
    assert [client.get(f"/statements/{one}").status_code for one in (slip_id, bill_id)] == [404, 200]
    assert office.faults() == []


def test_the_paper_shows_chinese_in_any_viewer_and_the_tables_run_no_formula(
    client: FlaskClient, office: Office
) -> None:
    form = BillingTermsForm(bank_details="户名：西南大学\n账号：6222 0000")
    office.do(set_terms, office.place.id, form, by=office.finance)
    for hour in range(8, 18, 2):
        office.used(hour)
    (slip,) = office.bill()
    sign_in(client, office.lead)

    made = client.get(f"/statements/{slip.id}.pdf")

    assert (made.mimetype, made.headers["Cache-Control"]) == ("application/pdf", "no-store")
    assert made.headers["Content-Disposition"] == 'attachment; filename="JS2026-00001.pdf"'
    assert len(made.data) < 400_000
    paper = pypdfium2.PdfDocument(made.data)
    try:
        page = paper[0]
        text = page.get_textpage().get_text_bounded().replace("\r\n", " ")
        dark = sum(page.render(scale=1).to_pil().convert("L").histogram()[:128])
    finally:
        paper.close()
    for said in (
        "西南大学",
        "大型仪器使用费转账单",
        "JS2026-00001",
        "52170001",
        "测试化验加工费",
        "李〓(U+20BB7)堃",
        "2026-11-24",
    ):
        assert said in text
    for said in ("合计：500.00 元", "伍佰元整", "6222 0000", "项目负责人（签字）", "财务部门（盖章）"):
        assert said in text
    assert dark > 2_000
    csv = client.get(f"/statements/{slip.id}.csv").get_data(as_text=True).splitlines()
    assert (len(csv), csv[1].split(",")[4:]) == (
        6,
        ["'=质谱仪", "李𠮷堃", "使用", "100.00", "0.00", "100.00", "0.00", ""],
    )
    book = load_workbook(io.BytesIO(client.get(f"/api/v1/statements/{slip.id}.xlsx").data))
    assert [cell.value for cell in book.worksheets[0][2]][4:8] == ["=质谱仪", "李𠮷堃", "使用", 100]
    assert book.worksheets[0]["E2"].data_type == "s"
    assert client.get(f"/statements/{slip.id}.exe").status_code == 404
    sign_in(client, office.stranger)
    assert client.get(f"/statements/{slip.id}.pdf").status_code == 404


def test_an_issued_statement_says_the_same_whatever_its_names_become(client: FlaskClient, office: Office) -> None:
    office.used(9)
    (slip,) = office.bill()
    sign_in(client, office.finance)
    at = f"/api/v1/statements/{slip.id}"
    before = client.get(at).get_json(), client.get(f"{at}.csv").data

    office.lead.name, office.instrument.name_zh = "已注销用户 1", "另一台"
    office.instrument.publishing_state = PublishingState.WITHHELD
    office.session.commit()

    assert (client.get(at).get_json(), client.get(f"{at}.csv").data) == before
    item = before[0]["items"][0]
    assert (before[0]["holder"], item["booked_by"], item["instrument"]) == ("李𠮷堃", "李𠮷堃", "=质谱仪")
    page = client.get(f"/statements/{slip.id}").get_data(as_text=True)
    assert ("李𠮷堃" in page, "已注销用户 1" in page) == (True, False)


def test_the_api_does_the_same_once_for_each_key(client: FlaskClient, office: Office) -> None:
    office.used(9, 2)
    at = office.place.id
    sign_in(client, office.finance)
    terms = client.put(f"/api/v1/billing-terms/{at}", json={"term_ends": "07-10 01-20 01-20", "pays_within_days": 10})
    assert (terms.get_json()["term_ends"], terms.headers["ETag"]) == ("01-20 07-10", '"1"')
    assert client.put(f"/api/v1/billing-terms/{at}", json={"term_ends": "02-29"}).status_code == 422
    stale = client.put(f"/api/v1/billing-terms/{at}", json={"cut_off_day": 5}, headers={"If-Match": '"0"'})
    assert stale.status_code == 412
    todo = client.get(f"/api/v1/statement-drafts/to-bill?organisation={at}&until_on={UNTIL}").get_json()["items"]
    assert [(one["code"], one["total_fen"], one["kind"]) for one in todo] == [(f"a{office.payer.id}", 20_000, "grant")]
    made = client.post("/api/v1/statement-drafts", json={"organisation_id": at, "until_on": UNTIL})
    draft = made.get_json()["items"][0]["id"]
    key = {"Idempotency-Key": "issue-1"}

    twice = [client.post(f"/api/v1/statement-drafts/{draft}/issue", headers=key) for _ in range(2)]

    assert [one.status_code for one in twice] == [201, 201]
    assert twice[0].get_json() == twice[1].get_json()
    assert (
        twice[0].get_json()["number"],
        twice[0].get_json()["open_fen"],
        twice[0].get_json()["items"][0]["amount_fen"],
    ) == (
        "JS2026-00001",
        20_000,
        20_000,
    )
    statement, debtor = twice[0].get_json()["id"], twice[0].get_json()["debtor_id"]
    body = {"amount_fen": 25_000, "number": "B1", "received_on": UNTIL}
    paid = [client.post(f"/api/v1/statements/{statement}/receipts", json=body) for _ in range(2)]
    assert [one.get_json()["id"] for one in paid] == [paid[0].get_json()["id"]] * 2
    owed = client.get(f"/api/v1/debtors/{debtor}").get_json()
    assert (owed["open_fen"], owed["credit_fen"]) == (0, 5_000)
    assert client.get(f"/api/v1/statements/{statement}").get_json()["settlements"][0]["amount_fen"] == 20_000
    back = {"amount_fen": 5_000, "number": "R1", "received_on": UNTIL}
    assert client.post(f"/api/v1/debtors/{debtor}/refund", json=back).status_code == 201
    kinds = [one["kind"] for one in client.get(f"/api/v1/debtors/{debtor}/receipts").get_json()["items"]]
    assert kinds == ["refunded", "received"]
    assert client.get(f"/api/v1/ageing/{at}").get_json()["items"] == []
    assert office.faults() == []


def test_the_api_names_the_drafts_that_one_may_not_issue_oneself_and_what_a_draft_is_made_of(
    client: FlaskClient, office: Office
) -> None:
    others, own = office.used(9), office.used(12, by=office.finance)
    office.drafts()
    sign_in(client, office.finance)
    at = office.place.id
    rows = client.get(f"/api/v1/statement-drafts?organisation={at}").get_json()["items"]
    drafts = {one["user_id"]: one["id"] for one in rows}

    told = [client.get(f"/api/v1/statement-drafts/{drafts[who]}").get_json() for who in (None, office.finance.id)]
    issued = client.post("/api/v1/statement-drafts/issue", json={"organisation_id": at}).get_json()

    items = [[(one["charge_id"], one["amount_fen"]) for one in draft["items"]] for draft in told]
    assert items == [[(others.id, 10_000)], [(own.id, 10_000)]]
    assert [(one["may_issue"], one["billed_to_ids"]) for one in told] == [(True, []), (False, [])]
    assert (len(issued["statement_ids"]), issued["own_draft_ids"], issued["left"]) == (
        1,
        [drafts[office.finance.id]],
        1,
    )


def test_the_slip_of_a_grant_from_the_other_province_names_the_rule_that_allows_it(
    client: FlaskClient, office: Office
) -> None:
    campus = make_organisation(office.session, adcode="510700")
    office.payer = make_payer(office.session, campus, office.lead, 100_000, number="51070001")
    office.payer.other_provinces, office.payer.province_rule = "500000", "川渝科研资金跨省使用办法"
    office.session.commit()
    office.used(9)
    (slip,) = office.bill()
    sign_in(client, office.lead)

    page = client.get(f"/statements/{slip.id}").get_data(as_text=True)
    paper = pypdfium2.PdfDocument(client.get(f"/statements/{slip.id}.pdf").data)
    try:
        text = paper[0].get_textpage().get_text_bounded().replace("\r\n", "")
    finally:
        paper.close()

    assert ["川渝科研资金跨省使用办法" in one for one in (page, text)] == [True, True]
