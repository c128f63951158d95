"""Whoever acts for a firm reads what its orders are charged, and does nothing with it; other firms learn nothing."""

from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from booking.charges.queries import Wanted, own_charges
from booking.core.clock import local_date
from booking.reservations.wishes import Paying
from models.accounts import User
from models.charges import Charge
from models.directory import Organisation
from models.samples import SampleOrder
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.directory import OrganisationKind
from tests.counting import counting
from tests.factories.instruments import make_organisation
from tests.factories.people import give, make_user, sign_in
from tests.samples.benches import LATER, QUOTE, USUAL, Bench

STEPS: dict[str, dict[str, Any]] = {
    "accept": {},
    "dispute": {"reason": "太贵"},
    "messages": {"text": "请看"},
    "resolve": {"reason": "无误"},
    "adjust": {"change_fen": -100, "reason": "协商"},
    "waive": {"reason": "停电"},
    "cancel": {"reason": "记错"},
    "take-rest": {},
    "on-paper": {"reason": "收现"},
}


class Firms(Bench):
    """A student and a colleague act for one firm, a rival for another."""

    def __init__(self, session: Session, now: datetime) -> None:
        super().__init__(session, now)
        self.firm, other = (make_organisation(session, kind=OrganisationKind.ENTERPRISE) for _ in range(2))
        self.colleague, self.rival = (make_user(session, name) for name in ("colleague", "rival"))
        for person, firm in ((self.house.student, self.firm), (self.colleague, self.firm), (self.rival, other)):
            give(session, person, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, firm.id)
        session.commit()
        self.orders = self.by(self.house.student)

    def charged(self, firm: Organisation | None, paying: Paying = LATER) -> Charge:
        """The charge of an order of the student's, for a firm or alone, whose results were accepted."""
        asked: dict[str, Any] = {"organisation_id": firm.id} if firm else {}
        accepted: SampleOrder = self.orders.accepted(self.quoted(**asked), paying)
        order = self.orders.received(self.orders.sent(accepted))
        self.run(order, self.orders)
        self.orders.reported(order)
        charge = self.approve(order)
        assert charge is not None
        return charge

    def listed(self, person: User) -> list[int]:
        self.session.expire_all()
        today = local_date(self.now)
        found = own_charges(self.session, self.house.actor(person), Wanted(), today=today, limit=9)
        return [one.charge.id for one in found.items]


@pytest.fixture
def firms(session: Session, now: datetime) -> Firms:
    return Firms(session, now)


def test_a_firms_agents_read_the_charge_of_its_order_and_a_rival_does_not(firms: Firms, app: Flask) -> None:
    charge = firms.charged(firms.firm, USUAL)
    told: dict[str, Any] = {}
    read: dict[str, Any] = {}
    for person in (firms.colleague, firms.rival):
        client = app.test_client()
        sign_in(client, person)
        page, listed, table = (client.get(path) for path in (f"/charges/{charge.id}", "/charges", "/charges.csv"))
        shown = page.get_data(as_text=True).partition("<main")[2].partition("</main>")[0]
        read[person.name] = client.get(f"/api/v1/charges/{charge.id}").get_json()
        told[person.name] = (
            (page.status_code, "1,250.00" in shown, "<form" in shown),
            ("1,250.00" in listed.get_data(as_text=True), "1250.00" in table.get_data(as_text=True)),
            [one["id"] for one in client.get("/api/v1/charges?mine=1").get_json()["items"]],
        )

    assert told == {
        "Colleague": ((200, True, False), (True, True), [charge.id]),
        "Rival": ((404, False, False), (False, False), []),
    }
    found = {name: read["Colleague"][name] for name in ("gross_fen", "steps", "payer_account_id", "entries")}
    assert found == {"gross_fen": QUOTE, "steps": [], "payer_account_id": None, "entries": []}
    assert read["Rival"]["status"] == 404


def test_a_firms_order_leads_its_agents_to_the_charge_and_back(firms: Firms, app: Flask) -> None:
    charge = firms.charged(firms.firm)
    client = app.test_client()
    sign_in(client, firms.colleague)

    order = client.get(f"/sample-orders/{charge.sample_order_id}").get_data(as_text=True)
    page = client.get(f"/charges/{charge.id}").get_data(as_text=True)

    assert f'href="/charges/{charge.id}"' in order
    assert f'href="/sample-orders/{charge.sample_order_id}"' in page


def test_who_only_acts_for_the_firm_takes_no_step_with_its_charge(firms: Firms, app: Flask) -> None:
    charge = firms.charged(firms.firm, USUAL)
    before = (charge.state, charge.version, charge.gross_fen)
    answers = {}
    for person in (firms.colleague, firms.rival):
        client = app.test_client()
        sign_in(client, person)
        answers[person.name] = {
            client.post(f"/api/v1/charges/{charge.id}/{step}", json=body).status_code for step, body in STEPS.items()
        }

    firms.session.rollback()
    firms.session.refresh(charge)
    assert answers == {"Colleague": {403}, "Rival": {404}}
    assert (charge.state, charge.version, charge.gross_fen) == before


def test_what_somebody_ordered_alone_is_nothing_to_their_firm(firms: Firms, app: Flask) -> None:
    charge = firms.charged(None)
    client = app.test_client()
    sign_in(client, firms.colleague)

    answers = [client.get(f"{start}/charges/{charge.id}").status_code for start in ("", "/api/v1")]

    assert answers == [404, 404]
    assert (firms.listed(firms.colleague), firms.listed(firms.house.student)) == ([], [charge.id])


def test_a_longer_list_of_a_firm_takes_no_more_statements(firms: Firms) -> None:
    asked: list[int] = []
    made: list[int] = []
    for _ in range(3):
        made.append(firms.charged(firms.firm).id)
        actor = firms.house.actor(firms.colleague)
        firms.session.expire_all()
        with counting() as counted:
            found = own_charges(firms.session, actor, Wanted(), today=local_date(firms.now), limit=9)
        assert [(one.sight.for_firm, one.knows) for one in found.items] == [(True, True)] * len(made)
        asked.append(len(counted))

    assert asked == [asked[0]] * 3
