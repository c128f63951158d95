"""What the people of a firm are billed in its name: its agents read statement and invoice, and nobody else's."""

from datetime import datetime

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.invoices import service as invoices
from booking.statements import service
from models.accounts import User
from models.directory import Organisation
from models.statements import Statement
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.directory import OrganisationKind
from tests.factories.affiliations import affiliate
from tests.factories.instruments import make_organisation
from tests.factories.people import give, make_user, sign_in
from tests.invoices.test_invoices import said
from tests.statements.office import Office


def firm_with_agent(session: Session, name: str) -> tuple[Organisation, User]:
    """An enterprise and somebody who acts for it."""
    firm = make_organisation(session, kind=OrganisationKind.ENTERPRISE, name_zh=f"{name}有限公司")
    agent = make_user(session, name)
    give(session, agent, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, firm.id)
    return firm, agent


def billed(office: Office, hour: int, to: int) -> Statement:
    """One use of the colleague's, on a statement of its own."""
    office.used(hour, by=office.other)
    (draft_id,) = office.drafts()
    made: Statement = office.do(service.issue_statement, draft_id, billed_to=to, by=office.finance, at_=office.later)
    return made


def test_a_firm_s_agents_read_what_its_people_were_billed_in_its_name_with_the_invoice(
    client: FlaskClient, session: Session, now: datetime
) -> None:
    office = Office(session, now)
    (firm, agent), (other_firm, rival) = firm_with_agent(session, "acme"), firm_with_agent(session, "rival")
    for place in (firm, other_firm):
        affiliate(session, office.other, place)
    ours, private, theirs = (billed(office, hour, to) for hour, to in ((9, firm.id), (10, 0), (11, other_firm.id)))
    ids = [one.id for one in (ours, private, theirs)]
    made = [
        office.do(
            invoices.record_invoice, one.debtor_id, said(one, 5_000, str(one.id)), by=office.finance, at_=office.later
        )
        for one in (ours, private, theirs)
    ]
    invoice_ids = [one.id for one in made]
    seen = []
    for person in (agent, rival, office.stranger):
        sign_in(client, person)
        pages = [client.get(f"/statements/{one}").status_code for one in ids]
        papers = [client.get(f"/statements/{one}/invoices").status_code for one in ids]
        bills = [client.get(f"/invoices/{one}").status_code for one in invoice_ids]
        seen.append((pages, papers, bills))
    sign_in(client, agent)
    listed = client.get("/statements/billed").get_data(as_text=True)
    api = client.get(f"/api/v1/statements?billed_to={firm.id}").get_json()["items"]
    covering = client.get(f"/api/v1/invoices?statement={ours.id}").get_json()["items"]

    mine, not_mine = [200, 404, 404], [404, 404, 404]
    assert seen == [([*mine],) * 3, ([404, 404, 200],) * 3, (not_mine,) * 3]
    assert [f'href="/statements/{one}"' in listed for one in ids] == [True, False, False]
    assert ([one["id"] for one in api], [one["id"] for one in covering]) == ([ours.id], [invoice_ids[0]])
    assert client.get(f"/api/v1/statements?billed_to={other_firm.id}").status_code == 403
    assert client.get("/api/v1/invoices").status_code == 422
    assert [client.get(f"/debtors/{ours.debtor_id}").status_code, client.get("/statements/billed").status_code] == [
        404,
        200,
    ]
