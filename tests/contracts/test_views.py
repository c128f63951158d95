"""The pages of contracts: a clerk drafts and sends, the agent signs, both read the same."""

import io
import re
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.clock import local_date
from models.accounts import User
from models.contracts import Contract, ContractText
from models.directory import Organisation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.contracts import ContractState
from tests.factories.contracts import USCC, make_firm
from tests.factories.instruments import make_organisation
from tests.factories.people import give, make_user, sign_in
from tests.factories.pictures import PDF


@pytest.fixture
def place(session: Session) -> Organisation:
    return make_organisation(session)


@pytest.fixture
def clerk(session: Session, place: Organisation) -> User:
    user = make_user(session, "finance")
    give(session, user, Role.INSTITUTION_FINANCE, ScopeKind.ORGANISATION, place.id)
    return user


@pytest.fixture
def agent(session: Session) -> User:
    user = make_user(session, "agent")
    give(session, user, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, make_firm(session).id)
    return user


def signing(side: str, day: datetime, *, version: str = "2") -> dict[str, object]:
    said = {"sides": side, "kind": "scan", "signed_on": local_date(day).isoformat(), "version": version}
    return {**said, "files": (io.BytesIO(PDF), "签字.pdf")}


def test_a_contract_is_drafted_sent_and_signed_by_both_on_pages(
    client: FlaskClient, session: Session, clerk: User, agent: User, now: datetime
) -> None:
    place = session.scalars(select(Organisation).order_by(Organisation.id)).first()
    assert place is not None
    today = local_date(now)
    form = {"party": USCC, "title": "年度框架", "scope": "framework", "amount_fen": "80000.50"}
    form |= {"starts_on": today.isoformat(), "ends_on": (today + timedelta(days=300)).isoformat()}

    sign_in(client, clerk)
    wrong = client.post(f"/organisations/{place.id}/contracts/new", data={**form, "party": "无此单位"})
    made = client.post(f"/organisations/{place.id}/contracts/new", data=form)
    session.rollback()
    contract = session.scalars(select(Contract)).one()
    client.post(f"/contracts/{contract.id}/send", data={"reason": "请签"})
    client.post(f"/contracts/{contract.id}/sign", data=signing("owner", now))
    sign_in(client, agent)
    listed, shown = client.get("/contracts").text, client.get(f"/contracts/{contract.id}").text
    printed = client.get(f"/contracts/{contract.id}/print").text
    client.post(f"/contracts/{contract.id}/sign", data=signing("party", now))

    session.rollback()
    assert (wrong.status_code, made.status_code, made.location) == (422, 303, f"/contracts/{contract.id}")
    assert "名录里没有这个单位" in wrong.text
    assert 'value="80000.50"' in wrong.text
    assert (contract.state, contract.amount_fen) == (ContractState.SIGNED, 8_000_050)
    assert ["年度框架" in page for page in (listed, shown, printed)] == [True, True, True]
    assert re.findall(r"<h3>(\d)\. ", printed) == ["1", "2", "3", "4", "5", "6"]


def test_the_text_is_read_by_everybody_and_written_by_finance(
    client: FlaskClient, session: Session, place: Organisation, clerk: User, agent: User
) -> None:
    address = f"/organisations/{place.id}/contract-text"
    sign_in(client, clerk)
    fields = dict(re.findall(r'<textarea[^>]* name="(\w+)"[^>]*>([^<]*)</textarea>', client.get(address).text))
    fields = {name: text.strip() for name, text in fields.items() if name.endswith(("_zh", "_en"))}

    refused = client.post(address, data={**fields, "breach_en": ""})
    kept = client.post(address, data={**fields, "breach_en": "Pay what is due."})
    sign_in(client, agent)
    read = client.get(address).text
    forbidden = client.post(address, data=fields)

    assert (refused.status_code, kept.status_code, forbidden.status_code) == (422, 303, 403)
    assert "六项内容都要有中文和英文" in refused.text
    session.rollback()
    kept_text = session.scalars(select(ContractText)).one()
    assert (kept_text.number, kept_text.clauses["breach"]["en"]) == (1, "Pay what is due.")
    assert fields["breach_zh"] in read
