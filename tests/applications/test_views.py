"""The pages of applications: a firm applies, two officers review, the voucher is shown and printed."""

import io
import re
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.clock import local_date
from booking.programmes.forms import VersionForm
from booking.programmes.service import write_version
from models.applications import VoucherApplication
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.applications import ApplicationState as State
from models.vouchers import Voucher
from tests.contracts.test_order_forms import text_of
from tests.factories.applications import Office, user_of
from tests.factories.people import give, make_user, sign_in
from tests.factories.pictures import PDF
from tests.factories.programmes import SICHUAN, TERMS, make_authority, make_officer


def the_one(session: Session) -> VoucherApplication:
    session.rollback()
    return session.scalars(select(VoucherApplication).order_by(VoucherApplication.id.desc())).first()  # type: ignore[return-value]


def hand_in(client: FlaskClient, found: VoucherApplication, document: str) -> int:
    sent = {"document": document, "files": (io.BytesIO(PDF), f"{document}.pdf")}
    return client.post(f"/applications/{found.id}/documents", data=sent).status_code


def test_a_firm_applies_two_officers_review_and_the_voucher_is_shown_on_pages(
    client: FlaskClient, session: Session, office: Office
) -> None:
    sign_in(client, user_of(session, office.agent))
    opened = client.get(f"/applications/new?programme={office.programme.id}").text
    said = {"programme_id": office.programme.id, "organisation_id": office.firm.id}
    wrong = client.post("/applications/new", data={**said, "amount_fen": "五万", "statement": "做实验"})
    client.post("/applications/new", data={**said, "amount_fen": "50,000.00", "statement": "做实验"})
    found = the_one(session)
    at = f"/applications/{found.id}"
    early = client.post(f"{at}/submit")
    papers = [hand_in(client, found, one) for one in ("application", "business_licence", "enterprise_kind")]
    client.post(f"{at}/submit")
    found = the_one(session)
    sign_in(client, user_of(session, office.first))
    queue, shown = client.get("/applications").text, client.get(at).text
    until = (office.today + timedelta(days=300)).isoformat()
    days = {"expires_on.business_licence": until, "expires_on.enterprise_kind": until}
    half = client.post(f"{at}/review", data={"version": found.version, "expires_on.business_licence": until})
    client.post(f"{at}/review", data={"version": found.version, **days, "remark": "齐全"})
    found = the_one(session)
    sign_in(client, user_of(session, office.second))
    issued = client.post(f"{at}/issue", data={"version": found.version, "granted_fen": "40000", "reason": "核减"})
    found = the_one(session)
    voucher = session.get_one(Voucher, found.voucher_id)
    sign_in(client, user_of(session, office.agent))
    page, whole = client.get(f"{at}/voucher").text, client.get(at).text
    paper = client.get(f"{at}/voucher.pdf")
    its_own, listed = client.get(f"/vouchers/{voucher.id}").text, client.get("/vouchers").text
    told = client.get(f"/api/v1/vouchers/{voucher.id}").get_json()

    assert "符合申请条件" in opened
    assert (wrong.status_code, early.status_code, papers, half.status_code) == (422, 422, [303] * 3, 422)
    assert "做实验" in wrong.text
    assert "北碚示例公司" in queue
    assert "通过，转省市审核" in shown
    assert (issued.status_code, found.state, voucher.face_fen) == (303, State.ISSUED, 4_000_000)
    assert all(text in page for text in (voucher.number, "¥40,000.00", "12月31日", "3月31日"))
    assert ("核减" in whole, "Second" in whole, "示例区科技局" in whole) == (True, False, True)
    assert "齐全" not in whole
    assert [f'href="{one}"' in its_own for one in (at, f"{at}/voucher.pdf")] == [True, True]
    assert [f'href="{one}"' in listed for one in ("/applications", "/applications/new")] == [True, True]
    assert told["application_id"] == found.id
    text = text_of(paper.data)
    assert office.firm.uscc is not None
    deadlines = (voucher.use_by.isoformat(), voucher.redeem_by.isoformat())
    assert all(one in text for one in (voucher.number, *deadlines, "肆万元整", office.firm.uscc))
    assert paper.mimetype == "application/pdf"


def test_an_amount_that_was_cleared_grants_nothing(client: FlaskClient, session: Session, office: Office) -> None:
    found = office.passed()
    session.commit()
    sign_in(client, user_of(session, office.second))

    refused = client.post(f"/applications/{found.id}/issue", data={"version": found.version, "granted_fen": " "})

    assert (refused.status_code, "请填写核发金额" in refused.text) == (422, True)
    assert the_one(session).state == State.PROVINCE_REVIEW


def test_what_is_sent_back_and_refused_says_why_and_begins_again_with_its_content(
    client: FlaskClient, session: Session, office: Office
) -> None:
    found = office.submitted(statement="原来的内容")
    session.commit()
    at = f"/applications/{found.id}"
    sign_in(client, user_of(session, office.first))
    empty = client.post(f"{at}/return", data={"version": found.version, "return_reason": " "})
    said = {"version": found.version, "lacking": "business_licence", "return_reason": "看不清"}
    client.post(f"{at}/return", data=said)
    stale = client.post(f"{at}/refuse", data={"version": found.version - 1, "refuse_reason": "不符"})
    sign_in(client, user_of(session, office.agent))
    shown = client.get(at).text
    home = client.get("/home").text
    client.post(f"{at}/submit")
    found = the_one(session)
    sign_in(client, user_of(session, office.first))
    client.post(f"{at}/refuse", data={"version": found.version, "refuse_reason": "与研发无关"})
    sign_in(client, user_of(session, office.agent))
    refused = client.get(at).text
    again = client.post(f"{at}/again")

    assert (empty.status_code, stale.status_code) == (422, 409)
    assert "看不清" in shown
    assert "退回补正的创新券申请" in home
    assert "与研发无关" in refused
    assert again.status_code == 303
    assert "原来的内容" in client.get(again.location).text


def test_why_a_firm_may_not_apply_is_said_before_it_writes_anything(
    client: FlaskClient, session: Session, office: Office
) -> None:
    office.firm.uscc, office.firm.adcode = None, SICHUAN
    session.commit()
    sign_in(client, user_of(session, office.agent))

    page = client.get(f"/applications/new?programme={office.programme.id}").text

    assert "企业没有核验过的统一社会信用代码" in page
    assert "企业不在这项政策的地区" in page
    assert 'name="statement"' not in page


def test_officers_of_the_other_province_find_neither_page_nor_file(
    client: FlaskClient, session: Session, office: Office
) -> None:
    found = office.issued()
    session.commit()
    at = f"/applications/{found.id}"
    their = make_officer(session, make_authority(session, SICHUAN, name_zh="对方"), "theirs", now=office.now)
    auditor = make_user(session, "auditor")
    give(session, auditor, Role.AUDITOR, ScopeKind.PLATFORM)
    paths = [at, f"{at}/documents/business_licence", f"{at}/voucher", f"{at}/voucher.pdf"]

    answers = {}
    for who in (user_of(session, their), auditor, user_of(session, office.second)):
        sign_in(client, who)
        answers[who.name] = [client.get(path).status_code for path in paths]
    sign_in(client, user_of(session, their))

    assert list(answers.values()) == [[404] * 4, [200] * 4, [200] * 4]
    assert "北碚示例公司" not in client.get("/applications").text + client.get("/verified-documents").text


def test_the_register_of_papers_is_read_by_the_firm_and_who_verified_or_uses_them(
    client: FlaskClient, session: Session, office: Office
) -> None:
    office.passed()
    session.commit()
    sign_in(client, user_of(session, office.first))

    page = client.get("/verified-documents").text
    files = re.findall(r"/verified-documents/\d+/file", page)

    assert "北碚示例公司" in page
    assert [client.get(one).status_code for one in files] == [200, 200]


def test_an_application_waits_with_its_reason_while_the_budget_is_short(
    client: FlaskClient, session: Session, office: Office
) -> None:
    found = office.passed()
    kept = {name: value for name, value in TERMS.items() if name not in {"use_by", "redeem_by"}}
    said = {**kept, "documents": [], "reserves_budget": "issue", "budget_fen": 1_000}
    form = VersionForm(**said, valid_from=local_date(office.now), use_by=office.today, redeem_by=office.today)
    write_version(session, office.programme.id, form, actor=office.second, now=office.now)
    session.commit()
    at = f"/applications/{found.id}"

    sign_in(client, user_of(session, office.second))
    refused = client.post(f"{at}/issue", data={"version": found.version})
    sign_in(client, user_of(session, office.agent))
    shown = client.get(at).text

    assert refused.status_code == 409
    assert "预算已不足" in refused.text
    assert "政策预算还剩 ¥10.00" in shown
    assert the_one(session).state == State.PROVINCE_REVIEW
