"""The pages of redemptions and their pack: claiming, reviewing, public notices, samples; statements are counted."""

import io
import zipfile
from datetime import date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from booking.attachments.preparing import Uploaded, prepare
from booking.attachments.rules import Limits
from booking.core.clock import at_local, local_date
from booking.core.errors import InvalidInput
from booking.invoices.service import attach_files
from booking.notifications.letters import Letter, News
from booking.notifications.rendering import compose
from booking.redemptions import documents, paying, queries, sampling, service
from booking.redemptions.claimable import claimable, sums_of
from booking.redemptions.forms import ClawBackForm, RedemptionRejectionForm, RedemptionSampleForm
from booking.redemptions.letters import on_changed
from booking.settings import Settings
from models.accounts import User
from models.notifications import Event
from models.redemptions import Redemption, RedemptionSample
from models.vocabulary.accounts import Language
from models.vocabulary.programmes import ProgrammeDocument
from tests.counting import counting
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
    claims: Claims, client: FlaskClient
) -> None:
    charge = claims.used(9)
    invoice = claims.invoice(number="25502000000001")
    bill = prepare([Uploaded("bill.pdf", PDF)], LIMITS, is_invoice=True)
    claims.office.do(attach_files, invoice.id, bill, LIMITS, by=claims.office.finance, at_=claims.later)
    made = claims.ask(charge)
    form = prepare([Uploaded("表.pdf", PDF + b"1"), Uploaded("b.pdf", PDF)], LIMITS)
    by: dict[str, Any] = {"by": claims.actor(claims.agent)}
    claims.do(documents.add_documents, made.id, ProgrammeDocument.APPLICATION, form, LIMITS, **by)
    sign_in(client, claims.agent)

    answer = client.get(f"/redemptions/{made.id}/pack")

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
        ("01", "申请表", "01-申请表-1.pdf"),
        ("01", "申请表", "01-申请表-2.pdf"),
        ("02", "服务合同", "（缺）"),
        ("03", "发票", "03-发票-1.pdf"),
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
        turn = "city_review" if officer is claims.first else "province_review"
        said = {"step": turn, f"approved-{item.id}": "55.5", f"reason-{item.id}": ""}
        refused = client.post(f"/redemptions/{made.id}/review", data=said)
        assert refused.status_code == (422 if officer is claims.first else 303)
        if officer is claims.first:
            assert "55.5" in refused.text
            assert "核减须写明原因" in refused.text
            done = client.post(f"/redemptions/{made.id}/review", data=said | {f"reason-{item.id}": "超范围"})
            assert done.status_code == 303
            late = client.post(f"/redemptions/{made.id}/review", data=said)
            alone = client.post(f"/redemptions/{made.id}/review", data=said | {"step": "province_review"})
            assert (late.status_code, alone.status_code) == (409, 403)

    client.post("/sign-out")
    notice = client.get("/redemptions/notices").text
    assert claims.firm.name_zh in notice
    assert "¥55.50" in notice
    assert client.get("/api/v1/redemption-notices").get_json()["items"][0]["approved_fen"] == 5_550


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
            queries.queue(session, claims.first, limit=9)
        with counting() as one:
            whole = queries.whole_redemption(session, made.id, agent, today=today)
            documents.papers_of(session, whole)
        counts.append((len(before), len(lists), len(one)))

    assert counts[0] == counts[1]


def test_the_same_seed_draws_the_same_sample_again(claims: Claims) -> None:
    charges = [claims.used(hour, 1) for hour in (9, 11, 13, 15)]
    claims.invoice()
    ids = [claims.paid(one).id for one in charges]
    said = {"programme_id": claims.programme.id, "paid_from": NOTICE_OVER, "paid_until": NOTICE_OVER, "seed": "2026"}
    at_: dict[str, Any] = {"by": claims.first, "at_": claims.later.replace(month=12, day=20)}

    first = claims.do(sampling.draw_sample, RedemptionSampleForm(count=2, **said), **at_)
    again = claims.do(sampling.draw_sample, RedemptionSampleForm(share=5_000, **said), **at_)

    assert (first.population, first.drawn) == (ids, again.drawn)
    assert len(first.drawn) == 2
    made = claims.do(sampling.draw_sample, RedemptionSampleForm(count=1, **(said | {"seed": ""})), **at_)
    assert len(made.seed) == 16
    early = said | {"paid_until": date(2026, 12, 8), "paid_from": date(2026, 12, 1)}
    for wrong in (
        RedemptionSampleForm(count=1, share=1, **said),
        RedemptionSampleForm(**said),
        RedemptionSampleForm(count=1, **early),
    ):
        with pytest.raises(InvalidInput):
            claims.do(sampling.draw_sample, wrong, **at_)
    assert claims.session.scalar(sa.select(sa.func.count(RedemptionSample.id))) == 3


def test_the_claimant_is_told_of_every_step_of_the_authority(claims: Claims) -> None:
    charge = claims.used(9)
    claims.invoice()
    made = claims.ask(charge)
    claims.review(made, claims.first)
    claims.do(service.reject, made.id, RedemptionRejectionForm(reason="材料不全"), by=claims.first)
    rows = sa.select(Event).where(Event.name == "redemptions.changed").order_by(Event.id)

    letters = [
        on_changed(News(claims.session, event.payload, claims.later, Settings()))
        for event in claims.session.scalars(rows)
    ]

    told = [[(one.recipient, one.values["step"], one.values["reason"]) for one in some] for some in letters]
    agent = claims.agent.email
    assert told == [[], [(agent, "city_review", "")], [(agent, "reject", "材料不全")]]


def test_each_letter_reads_in_both_languages(claims: Claims) -> None:
    charges = [claims.used(9), claims.used(13)]
    claims.invoice()
    refused, made = (claims.ask(one) for one in charges)
    claims.do(service.reject, refused.id, RedemptionRejectionForm(reason="不符", is_final=True), by=claims.first)
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
