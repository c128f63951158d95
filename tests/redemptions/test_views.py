"""The pages of redemptions and their pack: claiming, reviewing, public notices, samples; statements are counted."""

import html
import io
import re
import zipfile
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from booking.attachments.preparing import FilesRefused, Uploaded, prepare
from booking.attachments.queries import Owner
from booking.attachments.rules import Limits
from booking.attachments.service import add_attachments
from booking.core.clock import at_local, local_date
from booking.core.errors import InvalidInput
from booking.core.forms import read
from booking.invoices.service import attach_files
from booking.notifications.letters import Letter, News
from booking.notifications.rendering import compose
from booking.redemptions import documents, paying, queries, sampling, service
from booking.redemptions.claimable import claimable
from booking.redemptions.forms import (
    ClawBackForm,
    RedemptionPaymentForm,
    RedemptionRejectionForm,
    RedemptionReviewForm,
    RedemptionSampleForm,
)
from booking.redemptions.letters import TEMPLATE, on_changed
from booking.redemptions.rules import drawn
from booking.redemptions.sums import sums_of
from booking.settings import Settings
from models.accounts import User
from models.charges import Charge
from models.contracts import Contract, ContractSignature, ContractText, UseAgreement
from models.directory import Organisation
from models.notifications import Event
from models.redemptions import Redemption, RedemptionSample
from models.vocabulary.accounts import Language
from models.vocabulary.attachments import OwnerKind, Visibility
from models.vocabulary.contracts import ContractScope, ContractSide, ContractState, Need, SignatureKind
from models.vocabulary.programmes import ProgrammeDocument
from tests.counting import counting
from tests.factories.instruments import make_organisation
from tests.factories.letters import SETTINGS, mailed
from tests.factories.people import sign_in
from tests.redemptions.claims import NOTICE_OVER, Claims

PDF = b"%PDF-1.7\n%%EOF"
LIMITS = Limits(photo_bytes=1_000, document_bytes=1_000, quota_bytes=100_000, most_files=20)


@pytest.fixture
def claims(session: Session, now: datetime) -> Claims:
    return Claims(session, now, documents=["application", "contract", "invoice"])


def user(claims: Claims, actor_id: int) -> User:
    return claims.session.get_one(User, actor_id)


def test_the_pack_is_in_the_order_of_the_list_behind_a_cover_that_names_what_is_missing(
    session: Session, now: datetime, client: FlaskClient
) -> None:
    claims = Claims(session, now, documents=["application", "contract", "invoice", "bank_receipt"])
    charge = claims.used(9)
    invoice = claims.invoice(number="25502000000001")
    bill = prepare([Uploaded("bill.pdf", PDF)], LIMITS, is_invoice=True)
    claims.office.do(attach_files, invoice.id, bill, LIMITS, by=claims.office.finance, at_=claims.later)
    made = claims.ask(charge)
    form = prepare([Uploaded("表.pdf", PDF + b"1"), Uploaded("b.pdf", PDF)], LIMITS)
    by: dict[str, Any] = {"by": claims.actor(claims.agent)}
    claims.do(documents.add_documents, made.id, ProgrammeDocument.APPLICATION, form, LIMITS, **by)
    sign_in(client, claims.agent)

    answer = client.get(f"/redemptions/{made.id}/pack.zip")

    assert answer.headers["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as package:
        assert package.namelist() == [
            "00-封面.xlsx",
            "00-封面.pdf",
            "01-申请表-1.pdf",
            "01-申请表-2.pdf",
            "03-发票-1.pdf",
        ]
        assert package.read("01-申请表-1.pdf") == PDF + b"1"
        assert package.read("00-封面.pdf").startswith(b"%PDF-")
        book = load_workbook(io.BytesIO(package.read("00-封面.xlsx")))
    listed = [tuple(cell.value for cell in row) for row in book["材料清单"].iter_rows(min_row=2)]
    assert listed == [
        ("01", "申请表", "01-申请表-1.pdf", "申请单位上传"),
        ("01", "申请表", "01-申请表-2.pdf", "申请单位上传"),
        ("02", "服务合同", "（缺）", None),
        ("03", "发票", "03-发票-1.pdf", "开票登记"),
        ("04", "银行入账单", "（缺）", None),
    ]
    (row,) = [tuple(cell.value for cell in row) for row in book["明细"].iter_rows(min_row=2)]
    assert (row[0], row[5], float(row[7]), float(row[8])) == (claims.voucher.number, "25502000000001", 200.0, 60.0)


def test_a_firm_claims_and_two_officers_bring_it_into_public_on_pages(claims: Claims, client: FlaskClient) -> None:
    charge = claims.used(9)
    claims.invoice()
    address = f"/redemptions/new?organisation={claims.firm.id}"
    ticked = {"programme_id": claims.programme.id, "items": f"{claims.voucher.id}-{charge.id}", "note": "请审核"}
    sign_in(client, claims.agent)
    assert f'value="{claims.voucher.id}-{charge.id}"' in client.get(address).text
    assert client.post(address, data={"programme_id": claims.programme.id}).status_code == 422
    assert client.post(address, data=ticked).status_code == 303
    (made,) = claims.session.scalars(sa.select(Redemption)).all()
    (item,) = claims.items(made)
    shown = client.get(f"/redemptions/{made.id}").text
    assert "还缺这些材料" in shown
    assert "复审通过，开始公示" not in shown

    for officer in (claims.first, claims.second):
        sign_in(client, user(claims, officer.id))
        assert f"/redemptions/{made.id}" in client.get("/redemptions/queue").text
        said = {"version": claims.version(made), f"approved-{item.id}": "55.5", f"reason-{item.id}": ""}
        refused = client.post(f"/redemptions/{made.id}/review", data=said)
        assert refused.status_code == (422 if officer is claims.first else 303)
        if officer is claims.first:
            assert "55.5" in refused.text
            assert "核减须写明原因" in refused.text
            done = client.post(f"/redemptions/{made.id}/review", data=said | {f"reason-{item.id}": "超范围"})
            assert done.status_code == 303
            late = client.post(f"/redemptions/{made.id}/review", data=said)
            alone = client.post(f"/redemptions/{made.id}/review", data=said | {"version": claims.version(made)})
            assert (late.status_code, alone.status_code) == (409, 403)

    client.post("/sign-out")
    notice = client.get("/redemptions/notices").text
    assert claims.firm.name_zh in notice
    assert "¥55.50" in notice
    assert client.get("/api/v1/redemption-notices").get_json()["items"][0]["approved_fen"] == 5_550


def contracted(claims: Claims, charge: Charge, party: Organisation) -> None:
    """A signed contract of a party on which a use rests, with its file."""
    session, place, now = claims.session, claims.office.place, claims.later
    text = ContractText(organisation_id=place.id, number=party.id, clauses={}, made_at=now)
    session.add(text)
    session.flush()
    contract = Contract(
        number=f"HT-{party.id}",
        organisation_id=place.id,
        party_id=party.id,
        party_name=party.name_zh,
        scope=ContractScope.FRAMEWORK,
        title="框架合同",
        starts_on=now.date(),
        ends_on=now.date(),
        text_id=text.id,
        state=ContractState.SIGNED,
        sent_at=now,
        signed_at=now,
        created_at=now,
        changed_at=now,
    )
    session.add(contract)
    session.flush()
    by, owner = claims.actor(claims.office.finance), Owner(OwnerKind.CONTRACT, contract.id, place.id)
    files = prepare([Uploaded(f"{party.id}.pdf", PDF)], LIMITS)
    (file,) = add_attachments(session, owner, files, Visibility.STAFF, LIMITS, actor=by, now=now)
    said = {"kind": SignatureKind.SCAN, "signed_on": now.date(), "made_by_id": by.id, "made_at": now}
    sides = {"side": ContractSide.PARTY, "handed_in_by": ContractSide.PARTY}
    session.add(ContractSignature(contract_id=contract.id, attachment_id=file.id, **sides, **said))
    use = {"organisation_id": place.id, "user_id": charge.user_id, "reservation_id": charge.reservation_id}
    session.add(UseAgreement(need=Need.CONTRACT, contract_id=contract.id, created_at=now, **use))
    session.commit()


def test_a_firm_is_handed_its_own_contracts_and_invoices_and_none_of_others(claims: Claims) -> None:
    other = make_organisation(claims.session, name_zh="另一所大学")
    charges, office = [], claims.office
    for hour, party in ((9, other), (13, claims.firm)):
        charges.append(claims.used(hour))
        contracted(claims, charges[-1], party)
        invoice = claims.invoice(number=str(hour), title=party.name_zh)
        bill = prepare([Uploaded(f"bill-{party.id}.pdf", PDF)], LIMITS, is_invoice=True)
        office.do(attach_files, invoice.id, bill, LIMITS, by=office.finance, at_=claims.later)
    made, today = claims.ask(*charges), local_date(claims.later)

    for reader in (claims.actor(claims.agent), claims.first):
        whole = queries.whole_redemption(claims.session, made.id, reader, today=today)
        found = {one.kind: [file.file_name for file in one.files] for one in documents.papers_of(claims.session, whole)}

        assert found[ProgrammeDocument.CONTRACT] == [f"{claims.firm.id}.pdf"]
        assert found[ProgrammeDocument.INVOICE] == [f"bill-{claims.firm.id}.pdf"]


def test_a_decision_on_papers_that_were_exchanged_meanwhile_comes_too_late(claims: Claims, client: FlaskClient) -> None:
    charge = claims.used(9)
    claims.invoice()
    made = claims.ask(charge)
    by: dict[str, Any] = {"by": claims.actor(claims.agent)}
    kind, (first, second) = (
        ProgrammeDocument.APPLICATION,
        (prepare([Uploaded(name, PDF)], LIMITS) for name in ("a.pdf", "b.pdf")),
    )
    claims.do(documents.add_documents, made.id, kind, first, LIMITS, **by)
    read = claims.version(made)
    (paper,) = queries.documents_of(claims.session, made.id)
    claims.do(documents.remove_document, made.id, paper.attachment_id, **by)
    claims.do(documents.add_documents, made.id, kind, second, LIMITS, **by)

    for work, form in (
        (service.review, RedemptionReviewForm(version=read)),
        (service.reject, RedemptionRejectionForm(version=read, reason="不符")),
    ):
        with pytest.raises(service.Changed):
            claims.do(work, made.id, form, by=claims.first)
    sign_in(client, user(claims, claims.first.id))
    api = f"/api/v1/redemptions/{made.id}"
    unread, stale = (client.post(f"{api}/review", json=said) for said in ({}, {"version": read}))
    page = client.post(f"/redemptions/{made.id}/reject", data={"version": read, "reason": "不符"})
    now_read = client.get(api).get_json()["version"]
    seen = client.post(f"{api}/review", json={"version": now_read})

    assert (unread.status_code, stale.status_code, stale.get_json()["code"]) == (422, 409, "redemption_changed")
    assert (page.status_code, "请核对现在的内容" in page.text) == (409, True)
    assert (seen.status_code, seen.get_json()["state"]) == (200, "reviewed")


def test_what_was_refused_says_why_and_leads_its_claimant_to_claim_again(claims: Claims, client: FlaskClient) -> None:
    charge = claims.used(9)
    claims.invoice()
    again, final = f"/redemptions/new?organisation={claims.firm.id}", "不能再次申请"
    pages = {}
    for is_final in (False, True):
        made = claims.ask(charge)
        claims.reject(made, claims.first, "缺少合同", is_final=is_final)
        sign_in(client, claims.agent)
        pages[is_final] = client.get(f"/redemptions/{made.id}").text
    sign_in(client, user(claims, claims.first.id))
    officers = client.get(f"/redemptions/{made.id}").text

    assert ["申请被驳回" in one and "缺少合同" in one for one in (*pages.values(), officers)] == [True, True, True]
    assert ["还缺这些材料" in one for one in pages.values()] == [False, False]
    assert [(again in pages[one], final in pages[one]) for one in (False, True)] == [(True, False), (False, True)]
    assert (again in officers, final in officers) == (False, False)


def test_forms_that_are_refused_come_back_as_they_were_filled_in(claims: Claims, client: FlaskClient) -> None:
    charges = claims.used(9), claims.used(13)
    claims.invoice()
    made = claims.ask(charges[0])
    address, boxes = f"/redemptions/new?organisation={claims.firm.id}", re.compile(r'name="items"[^>]*?( checked)?>')
    sign_in(client, claims.agent)
    before = boxes.findall(client.get(address).text)
    after = boxes.findall(client.post(address, data={"programme_id": claims.programme.id}).text)
    sign_in(client, user(claims, claims.first.id))
    said = {"version": claims.version(made) + 1, "reason": "缺少盖章", "is_final": "1"}
    refused = client.post(f"/redemptions/{made.id}/reject", data=said).text

    assert ([one.strip() for one in before], [one.strip() for one in after]) == (["checked"], [""])
    assert ('value="缺少盖章"' in refused, bool(re.search(r'name="is_final"[^>]* checked', refused))) == (True, True)


def test_a_claimant_leaves_room_for_the_papers_of_the_bank(claims: Claims) -> None:
    charge = claims.used(9)
    claims.invoice()
    made = claims.ask(charge)
    few = replace(LIMITS, most_files=6)
    kind, by = ProgrammeDocument.APPLICATION, claims.actor(claims.agent)
    files = [prepare([Uploaded(f"{n}.pdf", PDF + str(n).encode())], LIMITS) for n in range(6)]
    for one in files[:5]:
        claims.do(documents.add_documents, made.id, kind, one, few, by=by)
    with pytest.raises(FilesRefused):
        claims.do(documents.add_documents, made.id, kind, files[5], few, by=by)
    claims.review(made, claims.first)
    claims.review(made, claims.second)
    form = RedemptionPaymentForm(paid_on=NOTICE_OVER, receipt_number="HD-1")
    paid_at = at_local(NOTICE_OVER, 600)
    claims.do(paying.record_payment, made.id, form, files=(files[5], few), by=claims.second, at_=paid_at)

    assert claims.session.get_one(Redemption, made.id).state == "paid"


def test_an_amount_that_was_cleared_approves_nothing(claims: Claims, client: FlaskClient) -> None:
    charge = claims.used(9)
    claims.invoice()
    made = claims.ask(charge)
    (item,) = claims.items(made)
    sign_in(client, user(claims, claims.first.id))

    said = {"version": claims.version(made), f"approved-{item.id}": " ", f"reason-{item.id}": "超出范围"}
    refused = client.post(f"/redemptions/{made.id}/review", data=said)

    assert refused.status_code == 422
    assert f'href="#field-approved-{item.id}"' in refused.text
    assert "超出范围" in refused.text
    assert claims.items(made)[0].approved_fen is None


def test_the_page_of_a_new_request_is_read_in_the_other_language_too(claims: Claims, client: FlaskClient) -> None:
    sign_in(client, claims.agent)

    shown = client.get(f"/redemptions/new?organisation={claims.firm.id}&lang=en")

    assert (shown.status_code, 'lang="en"' in shown.text) == (200, True)


def test_of_more_than_a_page_holds_what_came_first_is_claimed_first(
    claims: Claims, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    charges = [claims.used(9, 1), claims.used(11, 1)]
    claims.invoice()
    sign_in(client, claims.agent)
    address = f"/redemptions/new?organisation={claims.firm.id}"
    whole = client.get(address).text

    monkeypatch.setattr("booking.redemptions.views.claims.PER_PAGE", 1)
    some = client.get(address).text
    more = re.findall(r'href="([^"]*cursor=[^"]*)"', some)
    rest = client.get(html.unescape(more[0])).text
    api = f"/api/v1/redemptions/claimable?organisation={claims.firm.id}&limit=1"
    first = client.get(api).get_json()
    second = client.get(f"{api}&cursor={first['next_cursor']}").get_json()

    values = [f'value="{claims.voucher.id}-{one.id}"' for one in charges]
    shown = [[value in page for value in values] for page in (whole, some, rest)]
    assert shown == [[True, True], [True, False], [False, True]]
    assert ("后面的金额" in some, "后面的金额" in rest, "从头看起" in rest) == (True, False, True)
    assert [one["items"][0]["charge_id"] for one in (first, second)] == [one.id for one in charges]
    assert second["next_cursor"] is None
    assert client.get(f"{api}&cursor=x").status_code == 400


def test_names_of_officers_are_not_told_to_the_claimant_nor_the_other_way_round(
    claims: Claims, client: FlaskClient
) -> None:
    charge = claims.used(9)
    claims.invoice()
    made = claims.ask(charge)
    claims.review(made, claims.first)
    reviewer, agent = user(claims, claims.first.id), claims.agent
    for person, own, other in ((agent, agent.name, reviewer.name), (reviewer, reviewer.name, agent.name)):
        sign_in(client, person)
        history = client.get(f"/redemptions/{made.id}").text.partition('class="timeline"')[2]
        told = [one["by"] for one in client.get(f"/api/v1/redemptions/{made.id}").get_json()["events"]]
        assert own in history
        assert other not in history
        assert (own in told, other in told) == (True, False)


def test_lists_take_the_same_number_of_statements_for_five_as_for_two(claims: Claims) -> None:
    today, counts = local_date(claims.later), []
    charges = [claims.used(hour, 1, day=day) for day in (1, 2) for hour in (9, 11, 13)]
    claims.invoice()
    session, agent = claims.session, claims.actor(claims.agent)
    for some in (charges[:2], charges[2:5]):
        with counting() as before:
            claimable(session, claims.firm.id, today=today)
        made = claims.ask(*some)
        claims.ask(*charges[5:]) if len(some) > 2 else None
        session.expunge_all()
        with counting() as lists:
            sums_of(session, [claims.firm.id])
            queries.redemptions(session, agent, queries.Wanted(), limit=9)
            queries.queue(session, claims.first, today=local_date(claims.later), limit=9)
        with counting() as one:
            whole = queries.whole_redemption(session, made.id, agent, today=today)
            documents.papers_of(session, whole)
        counts.append((len(before), len(lists), len(one)))

    assert counts[0] == counts[1]


def test_nobody_chooses_the_seed_and_anybody_draws_the_same_again(claims: Claims) -> None:
    charges = [claims.used(hour, 1) for hour in (9, 11, 13, 15)]
    claims.invoice()
    ids = [claims.paid(one).id for one in charges]
    said = {"programme_id": claims.programme.id, "paid_from": NOTICE_OVER, "paid_until": NOTICE_OVER}
    at_: dict[str, Any] = {"by": claims.first, "at_": claims.later.replace(month=12, day=20)}

    first = claims.do(sampling.draw_sample, RedemptionSampleForm(count=2, **said), **at_)
    again = claims.do(sampling.draw_sample, RedemptionSampleForm(share=5_000, **said), **at_)

    assert first.population == again.population == ids
    assert [len(one.drawn) for one in (first, again)] == [2, 2]
    assert [drawn(ids, 2, one.seed) for one in (first, again)] == [first.drawn, again.drawn]
    assert (first.seed == again.seed, len(first.seed)) == (False, 16)
    with pytest.raises(InvalidInput):
        read(RedemptionSampleForm, {**said, "count": 1, "seed": "2026"})
    early = said | {"paid_until": date(2026, 12, 8), "paid_from": date(2026, 12, 1)}
    for wrong in (
        RedemptionSampleForm(count=1, share=1, **said),
        RedemptionSampleForm(**said),
        RedemptionSampleForm(count=1, **early),
    ):
        with pytest.raises(InvalidInput):
            claims.do(sampling.draw_sample, wrong, **at_)
    assert claims.session.scalar(sa.select(sa.func.count(RedemptionSample.id))) == 2


def test_the_claimant_is_told_of_every_step_of_the_authority(claims: Claims) -> None:
    charge = claims.used(9)
    claims.invoice()
    made = claims.ask(charge)
    claims.review(made, claims.first)
    claims.reject(made, claims.first)
    rows = sa.select(Event).where(Event.name == "redemptions.changed").order_by(Event.id)

    letters = [
        on_changed(News(claims.session, event.payload, claims.later, Settings()))
        for event in claims.session.scalars(rows)
    ]

    told = [
        [(one.recipient, one.values["step"], one.values["reason"]) for one in some if one.template == TEMPLATE]
        for some in letters
    ]
    agent = claims.agent.email
    assert told == [[], [(agent, "city_review", "")], [(agent, "reject", "材料不全")]]


def test_each_letter_reads_in_both_languages(claims: Claims) -> None:
    charges = [claims.used(9), claims.used(13)]
    claims.invoice()
    refused, made = (claims.ask(one) for one in charges)
    claims.reject(refused, claims.first, "不符", is_final=True)
    (item,) = claims.items(made)
    claims.review(made, claims.first, (item, 5_000))
    claims.review(made, claims.second)
    claims.pay(made)
    back = {"item_id": item.id, "amount_fen": 100, "paid_on": NOTICE_OVER, "receipt_number": "TK", "reason": "退回"}
    when = at_local(NOTICE_OVER, 700)
    claims.do(paying.claw_back, made.id, ClawBackForm.model_validate(back), by=claims.first, at_=when)

    letters = [one for one in mailed(claims.session, now=when) if one.template == "redemptions/changed"]
    composed = [compose(one, SETTINGS.address) for one in letters]
    english = [
        compose(Letter(one.recipient, Language.ENGLISH, one.template, one.values), SETTINGS.address) for one in letters
    ]

    assert [one.subject.partition("：")[0] for one in composed] == [
        "兑付申请被驳回",
        "兑付申请初审通过",
        "兑付申请复审通过，开始公示",
        "已兑付",
        "兑付款被追回",
    ]
    assert all("核减的差额由企业承担。" in one.text for one in composed[1:])
    assert "The firm bears what is not approved." in english[2].text
    assert "It is refused for good" in english[0].text
    assert all(f"/redemptions/{one}" in letter.text for one, letter in zip([refused.id], english, strict=False))
