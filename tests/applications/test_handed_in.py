"""What officers read while a firm changes an application, and verifications that were taken back."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.applications import queries, register, service
from booking.applications.forms import ApplicationForm, WithdrawVerificationForm
from booking.applications.handed_in import wanted_then
from booking.applications.steps import withdraw_application
from booking.applications.withdrawing import AlreadyWithdrawn, OwnFirm, withdraw_verification
from booking.core.errors import Forbidden, NotFound
from models.accounts import AuditEntry
from models.applications import VerifiedDocument, VerifiedDocumentWithdrawal, VoucherApplication
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.programmes import ProgrammeDocument
from tests.counting import counting
from tests.factories.applications import LIMITS, WANTED, Office, a_file, make_agent, user_of
from tests.factories.letters import mailed
from tests.factories.people import actor_for, give, make_user, sign_in
from tests.factories.programmes import make_officer

LICENCE = ProgrammeDocument.BUSINESS_LICENCE
WRONG = WithdrawVerificationForm(reason="执照已注销")


def changed(office: Office) -> VoucherApplication:
    """Sent back, then changed by the firm: amount, words, and the licence."""
    found = office.returned(office.submitted())
    form = ApplicationForm(amount_fen=WANTED + 7, statement="改成别的用途")
    service.edit_application(office.session, found.id, form, actor=office.agent, now=office.now)
    service.hand_in_paper(
        office.session, found.id, LICENCE, a_file("新执照.jpg"), LIMITS, actor=office.agent, now=office.now
    )
    office.session.commit()
    return found


def test_while_a_firm_changes_it_officers_read_what_was_handed_in_last(
    client: FlaskClient, session: Session, office: Office
) -> None:
    found = changed(office)
    firms = queries.whole_application(session, found.id, office.agent, today=office.today)
    officers = queries.whole_application(session, found.id, office.second, today=office.today)
    old, new = officers.papers[LICENCE].attachment, firms.papers[LICENCE].attachment
    sign_in(client, user_of(session, office.second))
    address = f"/applications/{found.id}"

    page = client.get(address).text
    answer = client.get(f"/api/v1/voucher-applications/{found.id}").get_json()
    (listed,) = client.get("/api/v1/voucher-applications").get_json()["items"]
    rows = client.get("/applications?show=all").text

    assert (firms.wanted_fen, firms.statement, firms.is_as_handed_in) == (WANTED + 7, "改成别的用途", False)
    assert (officers.wanted_fen, officers.statement) == (WANTED, "测试新材料的显微结构")
    assert (old.file_name, new.file_name) == ("材料.jpg", "新执照.jpg")
    assert ("改成别的用途" in page, "新执照" in page, "上次提交的内容" in page) == (False, False, True)
    assert (answer["amount_fen"], answer["statement"], answer["as_handed_in"]) == (WANTED, "测试新材料的显微结构", True)
    assert listed["amount_fen"] == WANTED
    assert ("50,000.00" in rows, "50,000.07" in rows) == (True, False)
    assert queries.file_for(session, found.id, LICENCE, office.second).id == old.id
    assert queries.file_for(session, found.id, LICENCE, office.agent).id == new.id


def test_what_is_withdrawn_while_it_was_changed_stays_as_it_was_handed_in(session: Session, office: Office) -> None:
    found = changed(office)
    withdraw_application(session, found.id, actor=office.agent, now=office.now)

    whole = queries.whole_application(session, found.id, office.first, today=office.today)

    assert (whole.wanted_fen, whole.is_as_handed_in) == (WANTED, True)
    assert wanted_then(session, [found], office.first) == {found.id: WANTED}
    assert wanted_then(session, [found], office.agent) == {}


def test_once_it_is_handed_in_again_officers_read_the_new(session: Session, office: Office) -> None:
    found = office.submitted(changed(office))

    whole = queries.whole_application(session, found.id, office.first, today=office.today)

    assert (whole.wanted_fen, whole.statement, whole.is_as_handed_in) == (WANTED + 7, "改成别的用途", False)
    assert whole.papers[LICENCE].attachment.file_name == "新执照.jpg"


def test_many_in_a_list_take_one_statement(session: Session, office: Office) -> None:
    found = changed(office)
    counts = []
    for rows in ([found], [found] * 5):
        with counting() as statements:
            wanted_then(session, rows, office.second)
        counts.append(len(statements))

    assert counts == [1, 1]


def verified(office: Office) -> VerifiedDocument:
    """The licence, verified by the district's officer; the application waits for the second review."""
    office.passed()
    office.session.commit()
    rows = select(VerifiedDocument).where(VerifiedDocument.document == LICENCE)
    return office.session.scalars(rows).one()


def test_a_verification_that_is_taken_back_counts_no_more_and_is_done_again(session: Session, office: Office) -> None:
    document = verified(office)
    found = session.get_one(VoucherApplication, document.application_id)
    mailed(session, now=office.now)
    colleague = make_officer(session, office.district, "colleague", now=office.now)

    withdraw_verification(session, document.id, WRONG, actor=colleague, now=office.now)
    session.commit()
    told = mailed(session, now=office.now)
    session.expire_all()

    usable = register.usable(session, office.authority, office.firm.id, today=office.today)
    whole = queries.whole_application(session, found.id, office.second, today=office.today)
    assert [one.document for one in usable] == [ProgrammeDocument.ENTERPRISE_KIND]
    assert whole.unverified == [LICENCE]
    assert [(one.recipient, one.values["reason"]) for one in told] == [("agent@example.org", "执照已注销")]
    office.issued(found, expires_on=office.days())
    again = register.usable(session, office.authority, office.firm.id, today=office.today)
    assert {one.document for one in again} == {LICENCE, ProgrammeDocument.ENTERPRISE_KIND}
    assert document.id not in {one.id for one in again}


def test_only_the_authority_that_verified_it_takes_it_back_and_once(session: Session, office: Office) -> None:
    document = verified(office)
    stranger = make_agent(session, office.authority, "stranger", now=office.now)
    own = make_user(session, "own")
    give(session, own, Role.VOUCHER_OFFICER, ScopeKind.ORGANISATION, office.district.id)
    give(session, own, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, office.firm.id)
    session.commit()

    for actor, refusal in (
        (office.second, Forbidden),
        (office.agent, Forbidden),
        (stranger, NotFound),
        (actor_for(session, own, now=office.now), OwnFirm),
    ):
        with pytest.raises(refusal):
            withdraw_verification(session, document.id, WRONG, actor=actor, now=office.now)
        session.rollback()
    withdraw_verification(session, document.id, WRONG, actor=office.first, now=office.now)
    with pytest.raises(AlreadyWithdrawn):
        withdraw_verification(session, document.id, WRONG, actor=office.first, now=office.now)

    assert len(session.scalars(select(VerifiedDocumentWithdrawal)).all()) == 1
    entry = session.scalars(
        select(AuditEntry).where(AuditEntry.action == "applications.verification_withdrawn").order_by(AuditEntry.id)
    ).one()
    assert (entry.reason, entry.subject_id) == ("执照已注销", document.application_id)


def test_on_the_page_an_officer_gives_the_reason_that_firm_and_officers_read(
    client: FlaskClient, session: Session, office: Office
) -> None:
    document = verified(office)
    sign_in(client, user_of(session, office.first))
    address = f"/verified-documents/{document.id}/withdraw"

    listed = client.get("/verified-documents").text
    empty = client.post(address, data={"reason": " "})
    done = client.post(address, data={"reason": "执照已注销"})
    again = client.post(address, data={"reason": "执照已注销"})
    api = client.post(f"/api/v1{address}", json={"reason": "又一次"})
    sign_in(client, user_of(session, office.agent))
    shown = client.get("/verified-documents").text

    assert f'href="{address}"' in listed
    assert [one.status_code for one in (empty, done, again, api)] == [422, 303, 409, 409]
    assert 'href="#field-reason"' in empty.text
    assert ("核验已撤销" in shown, "执照已注销" in shown, f'href="{address}"' in shown) == (True, True, False)
