"""Applications by the HTTP API: the same as the pages, every reason at once, a constant number of statements."""

import io
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts.audit_reach import within
from booking.applications import service, steps
from booking.applications.forms import ApplicationForm
from booking.core.actors import Reach
from models.accounts import AuditEntry
from models.applications import VoucherApplication
from models.directory import Organisation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.directory import OrganisationKind
from tests.contracts.test_counts import counted
from tests.factories.applications import CODES, WANTED, Office, make_agent, make_office, user_of
from tests.factories.instruments import make_organisation
from tests.factories.people import give, sign_in
from tests.factories.pictures import PDF
from tests.factories.programmes import make_programme

ALL = "/api/v1/voucher-applications"
FEW, MANY = 2, 5


def test_what_is_sent_by_who_is_not_of_the_firm_is_not_even_looked_at(
    client: FlaskClient, session: Session, office: Office
) -> None:
    found = office.submitted()
    session.commit()
    sign_in(client, user_of(session, office.first))

    sent = {"document": "nothing"}

    assert client.post(f"{ALL}/{found.id}/documents", data=sent).status_code == 403


def test_an_application_goes_from_draft_to_voucher_by_the_api(
    client: FlaskClient, session: Session, office: Office
) -> None:
    sign_in(client, user_of(session, office.agent))
    asked = f"programme={office.programme.id}&organisation={office.firm.id}&amount_fen={WANTED}"
    may = client.get(f"{ALL}/eligibility?{asked}").get_json()
    body = office.form().model_dump()
    made = client.post(ALL, json=body, headers={"Idempotency-Key": "a"})
    same = client.post(ALL, json=body, headers={"Idempotency-Key": "a"})
    one = f"{ALL}/{made.get_json()['id']}"
    lacking = client.post(f"{one}/submit")
    for document in made.get_json()["lacking"]:
        sent = {"document": document, "files": (io.BytesIO(PDF), f"{document}.pdf")}
        client.post(f"{one}/documents", data=sent)
    submitted = client.post(f"{one}/submit").get_json()
    sign_in(client, user_of(session, office.first))
    queue = client.get(f"{ALL}?to_review=1").get_json()["items"]
    until = (office.today + timedelta(days=100)).isoformat()
    days = {"business_licence": until, "enterprise_kind": until}
    passed = client.post(f"{one}/review", json={"version": submitted["version"], "expires_on": days})
    late = client.post(f"{one}/refuse", json={"version": submitted["version"], "reason": "不符"})
    sign_in(client, user_of(session, office.second))
    issued = client.post(f"{one}/issue", json={"version": passed.get_json()["version"]}).get_json()
    sign_in(client, user_of(session, office.agent))
    read = client.get(one).get_json()

    assert (may["allowed"], may["refusals"], may["documents"]) == (True, [], made.get_json()["lacking"])
    assert (made.status_code, same.get_json()["id"]) == (201, made.get_json()["id"])
    assert [one["field"] for one in lacking.get_json()["problems"]] == [f"document.{d}" for d in may["documents"]]
    assert [one["id"] for one in queue] == [made.get_json()["id"]]
    assert (late.status_code, late.get_json()["code"]) == (409, "application_changed")
    assert (issued["state"], issued["voucher"]["face_fen"], issued["granted_fen"]) == ("issued", WANTED, WANTED)
    assert [row["actor"] for row in read["history"] if row["office"]] == ["", ""]
    assert [row["actor"] for row in issued["history"] if row["office"]] == ["First", "Second"]


def test_what_a_firm_thought_of_asking_for_stays_its_own(client: FlaskClient, session: Session, office: Office) -> None:
    given_up = office.drafted(statement="没有提交的内容")
    steps.withdraw_application(session, given_up.id, actor=office.agent, now=office.now)
    found = office.drafted(amount_fen=WANTED - 1, statement="初稿的内容")
    form = ApplicationForm(amount_fen=WANTED, statement="定稿的内容")
    service.edit_application(session, found.id, form, actor=office.agent, now=office.now)
    office.submitted(office.handed_in(found))
    session.commit()

    told = {}
    for name, who in (("first", office.first), ("second", office.second), ("agent", office.agent)):
        sign_in(client, user_of(session, who))
        told[name] = [str(row["facts"]) for row in client.get(f"{ALL}/{found.id}").get_json()["history"]]
    logged = [
        session.execute(
            select(AuditEntry.subject_id, AuditEntry.after).where(
                AuditEntry.subject_kind == "voucher_application", within(Reach(organisation_ids=frozenset({place.id})))
            )
        ).all()
        for place in (office.authority, office.district)
    ]

    assert all("初稿的内容" not in "".join(told[one]) for one in ("first", "second"))
    assert "初稿的内容" in "".join(told["agent"])
    assert all("定稿的内容" in rows[-1] for rows in told.values())
    assert all("初稿的内容" not in str(rows) for rows in logged)
    assert [{row.subject_id for row in rows} for rows in logged] == [{found.id}] * 2


def test_who_acts_for_one_firm_names_no_firm_and_says_what_for_before_it_is_submitted(
    client: FlaskClient, session: Session, office: Office
) -> None:
    sign_in(client, user_of(session, office.agent))
    asked = {"programme_id": office.programme.id, "amount_fen": WANTED}
    made = client.post(ALL, json=asked)
    session.rollback()
    office.handed_in(session.get_one(VoucherApplication, made.get_json()["id"]))
    session.commit()
    early = client.post(f"{ALL}/{made.get_json()['id']}/submit")
    client.put(f"{ALL}/{made.get_json()['id']}", json={"amount_fen": WANTED, "statement": "测试强度"})
    submitted = client.post(f"{ALL}/{made.get_json()['id']}/submit")
    give(session, user_of(session, office.agent), Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, other_firm(session).id)
    unclear = client.post(ALL, json=asked)

    named = [made.get_json()[name] for name in ("organisation_id", "amount_fen", "statement", "state")]
    assert named == [office.firm.id, WANTED, "", "draft"]
    assert (early.status_code, [one["field"] for one in early.get_json()["problems"]]) == (422, ["statement"])
    assert (submitted.status_code, submitted.get_json()["state"]) == (200, "district_review")
    assert (unclear.status_code, [one["field"] for one in unclear.get_json()["problems"]]) == (422, ["organisation_id"])


def other_firm(session: Session) -> Organisation:
    return make_organisation(session, kind=OrganisationKind.ENTERPRISE, uscc=CODES[1])


def test_every_reason_against_is_told_at_once(client: FlaskClient, session: Session, office: Office) -> None:
    office.firm.uscc, office.firm.kind = None, OrganisationKind.RESEARCH_INSTITUTE
    session.commit()
    sign_in(client, user_of(session, office.agent))

    refused = client.post(ALL, json=office.form().model_dump())

    assert refused.status_code == 422
    assert refused.get_json()["code"] == "not_eligible"
    assert [one["code"] for one in refused.get_json()["refusals"]] == ["not_an_enterprise", "uscc_missing"]


def test_what_is_left_of_a_budget_is_told_with_the_refusal(client: FlaskClient, session: Session, now: Any) -> None:
    office = make_office(session, now, budget_fen=WANTED + 1, documents=[])
    other = make_organisation(
        session, name_zh="另一公司", kind=OrganisationKind.ENTERPRISE, uscc=CODES[1], adcode=office.firm.adcode
    )
    theirs = Office(**{**office.__dict__, "firm": other, "agent": make_agent(session, other, "other", now=now)})
    first, second = office.passed(), theirs.passed()
    session.commit()
    sign_in(client, user_of(session, office.second))

    issued = client.post(f"{ALL}/{first.id}/issue", json={"version": first.version})
    refused = client.post(f"{ALL}/{second.id}/issue", json={"version": second.version})

    assert issued.status_code == 200
    assert (refused.status_code, refused.get_json()["code"], refused.get_json()["left_fen"]) == (409, "budget_spent", 1)


def test_lists_and_one_in_full_take_no_more_statements_with_more_rows(
    client: FlaskClient, session: Session, office: Office
) -> None:
    found = office.passed()
    one = f"/applications/{found.id}"
    shared = [
        "/applications?show=open",
        "/verified-documents",
        one,
        f"{ALL}",
        f"/api/v1/voucher{one.replace('/', '-', 1)}",
    ]
    people = {
        user_of(session, office.agent): [*shared, f"/applications/new?programme={office.programme.id}", "/home"],
        user_of(session, office.first): ["/applications?show=to_review", *shared, "/home"],
    }

    counts = []
    for first, last in ((0, FEW), (FEW, MANY)):
        for turn in range(first, last):
            programme = make_programme(
                session,
                office.authority,
                office.second,
                now=office.now,
                name_zh=f"第{turn}项",
                documents=["application"],
            )
            office.submitted(office.handed_in(office.drafted(programme_id=programme.id)))
        counts.append(counted(client, session, people))

    assert counts[0] == counts[1]
