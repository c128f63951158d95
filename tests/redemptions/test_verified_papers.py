"""Papers of a firm that an authority has verified are in the pack without being handed in again."""

import io
import zipfile
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from booking.attachments.preparing import Uploaded, prepare
from booking.attachments.queries import Owner
from booking.attachments.service import add_attachments
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import NotFound
from booking.recognitions.forms import RecognitionForm
from booking.recognitions.service import recognise
from booking.redemptions import documents, queries
from models.accounts import User
from models.applications import VerifiedDocument, VerifiedDocumentWithdrawal, VoucherApplication
from models.directory import Organisation
from models.redemptions import Redemption
from models.vocabulary.attachments import OwnerKind, Visibility
from models.vocabulary.programmes import ProgrammeDocument
from models.vocabulary.recognitions import RecognitionKind
from tests.counting import counting
from tests.factories.instruments import make_organisation
from tests.factories.people import sign_in
from tests.factories.programmes import SICHUAN, make_authority
from tests.redemptions.claims import Claims
from tests.redemptions.test_views import LIMITS, PDF

LICENCE, KIND = ProgrammeDocument.BUSINESS_LICENCE, ProgrammeDocument.ENTERPRISE_KIND
LISTED = ["business_licence", "enterprise_kind", "invoice"]


@pytest.fixture
def claims(session: Session, now: datetime) -> Claims:
    return Claims(session, now, documents=LISTED)


def verified(
    claims: Claims,
    kind: ProgrammeDocument = LICENCE,
    *,
    firm: Organisation | None = None,
    authority: Organisation | None = None,
    until: date = date(2027, 12, 31),
    since: date | None = None,
) -> VerifiedDocument:
    """A paper of an application, verified by an authority."""
    session, firm = claims.session, firm or claims.firm
    application = VoucherApplication(
        programme_id=claims.programme.id,
        organisation_id=firm.id,
        wanted_fen=1,
        statement="研发",
        state="withdrawn",
        created_by_id=claims.agent.id,
        created_at=claims.now,
        changed_at=claims.now,
    )
    session.add(application)
    session.flush()
    owner = Owner(OwnerKind.VOUCHER_APPLICATION, application.id, firm.id)
    content = PDF + f"{kind}{application.id}".encode()
    files = prepare([Uploaded("paper.pdf", content)], LIMITS)
    (file,) = add_attachments(
        session, owner, files, Visibility.STAFF, LIMITS, actor=claims.actor(claims.agent), now=claims.now
    )
    made = VerifiedDocument(
        organisation_id=firm.id,
        document=kind,
        attachment_id=file.id,
        authority_id=(authority or claims.authority).id,
        application_id=application.id,
        verified_by_id=claims.first.id,
        verified_on=since or local_date(claims.now),
        expires_on=until,
        created_at=claims.now,
    )
    session.add(made)
    session.commit()
    return made


def listed(claims: Claims, made: Redemption, actor: Actor) -> dict[ProgrammeDocument, documents.ListedPaper]:
    claims.session.expire_all()
    whole = queries.whole_redemption(claims.session, made.id, actor, today=local_date(claims.later))
    return {one.kind: one for one in documents.papers_of(claims.session, whole)}


def asked(claims: Claims) -> Redemption:
    charge = claims.used(9)
    claims.invoice()
    return claims.ask(charge)


def test_a_verified_paper_is_in_the_pack_with_its_origin_on_the_cover(claims: Claims, client: FlaskClient) -> None:
    kept = verified(claims)
    made = asked(claims)
    sign_in(client, claims.agent)

    page = client.get(f"/redemptions/{made.id}").text
    answer = client.get(f"/redemptions/{made.id}/pack.zip")
    (licence, kind, _invoice) = client.get(f"/api/v1/redemptions/{made.id}").get_json()["documents"]
    file = client.get(licence["files"][0]["url"])

    with zipfile.ZipFile(io.BytesIO(answer.data)) as package:
        assert package.namelist()[2:] == ["01-营业执照-1.pdf"]
        assert package.read("01-营业执照-1.pdf") == PDF + f"{LICENCE}{kept.application_id}".encode()
        book = load_workbook(io.BytesIO(package.read("00-封面.xlsx")))
    rows = [tuple(cell.value for cell in row) for row in book["材料清单"].iter_rows(min_row=2)]
    assert rows[0][2] == "01-营业执照-1.pdf"
    assert ("核验" in rows[0][3], "2027-12-31" in rows[0][3], rows[1][2]) == (True, True, "（缺）")
    assert ("2027-12-31" in page, f"/redemptions/{made.id}/files/{kept.attachment_id}" in page) == (True, True)
    assert (licence["count"], licence["verified"][0]["attachment_id"]) == (1, kept.attachment_id)
    assert (kind["count"], kind["verified"]) == (0, [])
    assert file.data == PDF + f"{LICENCE}{kept.application_id}".encode()


def test_only_what_held_when_it_was_asked_and_was_not_taken_back_is_used(claims: Claims) -> None:
    day = local_date(claims.later)
    verified(claims, until=day - timedelta(days=1))
    verified(claims, KIND, since=day + timedelta(days=1))
    over = asked(claims)
    verified(claims, until=day)
    wrong = verified(claims, until=day + timedelta(days=90))

    before = listed(claims, over, claims.first)[LICENCE].verified
    claims.session.add(
        VerifiedDocumentWithdrawal(
            document_id=wrong.id, withdrawn_by_id=claims.first.id, reason="错", created_at=claims.later
        )
    )
    claims.session.commit()
    after = listed(claims, over, claims.first)

    assert [one.expires_on for one in before.values()] == [day + timedelta(days=90)]
    assert [one.expires_on for one in after[LICENCE].verified.values()] == [day]
    assert (after[KIND].files, after[KIND].is_missing) == ([], True)


def test_what_the_other_province_verified_counts_only_where_it_is_recognised_and_papers_of_others_never(
    claims: Claims,
) -> None:
    elsewhere = make_authority(claims.session, SICHUAN, name_zh="四川省厅", name_en="Sichuan")
    kept = verified(claims, authority=elsewhere)
    other = make_organisation(claims.session, kind="enterprise", adcode="500109")
    verified(claims, KIND, firm=other)

    made = asked(claims)
    before = listed(claims, made, claims.first)
    form = RecognitionForm(
        organisation_id=claims.authority.id,
        kind=RecognitionKind.DOCUMENT,
        province="510000",
        document=LICENCE,
        starts_on=date(2026, 1, 1),
        notice="互认通知",
    )
    claims.do(recognise, form, by=claims.first)
    after = listed(claims, made, claims.first)

    assert [before[LICENCE].files, before[KIND].files] == [[], []]
    assert [[one.id for one in after[LICENCE].files], after[KIND].files] == [[kept.attachment_id], []]
    assert [one.authority.name_zh for one in after[LICENCE].verified.values()] == ["四川省厅"]


def test_where_the_provider_claims_only_the_authority_is_given_the_firms_papers(
    session: Session, now: datetime, client: FlaskClient
) -> None:
    claims = Claims(session, now, documents=LISTED, redeemed_by="provider", bears_difference="provider")
    kept = verified(claims)
    made = asked(claims)
    officer, finance = listed(claims, made, claims.first), listed(claims, made, claims.claimant()[1])
    sign_in(client, claims.office.finance)

    page = client.get(f"/redemptions/{made.id}").text
    pack = client.get(f"/redemptions/{made.id}/pack.zip")
    file = client.get(f"/redemptions/{made.id}/files/{kept.attachment_id}")
    answer = client.get(f"/api/v1/redemptions/{made.id}").get_json()["documents"][0]
    sign_in(client, session.get_one(User, claims.first.id))
    theirs = client.get(f"/redemptions/{made.id}/files/{kept.attachment_id}")

    assert [one.id for one in officer[LICENCE].files] == [kept.attachment_id]
    assert (finance[LICENCE].files, finance[LICENCE].is_missing) == ([], False)
    assert ("主管部门存有" in page, file.status_code, theirs.status_code) == (True, 404, 200)
    assert (answer["files"], answer["count"], answer["verified"][0]["attachment_id"]) == ([], 1, None)
    with zipfile.ZipFile(io.BytesIO(pack.data)) as package:
        assert [one for one in package.namelist() if "营业执照" in one] == []
        book = load_workbook(io.BytesIO(package.read("00-封面.xlsx")))
    row: Any = next(book["材料清单"].iter_rows(min_row=2, values_only=True))
    assert row[2] == "（主管部门存有）"


def test_nobody_reads_another_file_of_an_application_through_a_redemption(claims: Claims) -> None:
    kept, made = verified(claims), asked(claims)
    other = verified(claims, firm=make_organisation(claims.session, kind="enterprise", adcode="500109"))

    assert documents.file_for(claims.session, made.id, kept.attachment_id, claims.first).id == kept.attachment_id
    with pytest.raises(NotFound):
        documents.file_for(claims.session, made.id, other.attachment_id, claims.first)


def test_papers_of_more_kinds_take_as_many_statements(claims: Claims) -> None:
    made, counts = asked(claims), []
    for kind in (LICENCE, KIND):
        verified(claims, kind)
        whole = queries.whole_redemption(claims.session, made.id, claims.first, today=local_date(claims.later))
        with counting() as statements:
            documents.papers_of(claims.session, whole)
        counts.append(len(statements))

    assert counts[0] == counts[1]
