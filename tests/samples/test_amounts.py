"""Amounts of the page of a sample order lead to what they are made of, for whoever may read that."""

from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from models.samples import SampleOrder
from models.vocabulary.accounts import Role, ScopeKind
from tests.factories.links import Shown, amounts_of
from tests.factories.people import give, make_user, sign_in
from tests.samples.benches import QUOTE, USUAL, Bench


@pytest.fixture
def bench(session: Session, now: datetime) -> Bench:
    return Bench(session, now)


def test_what_is_held_for_an_order_and_what_it_cost_lead_to_what_they_are_made_of(bench: Bench, app: Flask) -> None:
    house, order = bench.house, bench.orders.accepted(bench.quoted(), USUAL)
    technician = make_user(bench.session, "technician")
    give(bench.session, technician, Role.TECHNICIAN, ScopeKind.INSTRUMENT, house.instrument.id)
    bench.session.commit()
    student, lead, hand = app.test_client(), app.test_client(), app.test_client()
    for client, person in ((student, house.student), (lead, house.lead), (hand, technician)):
        sign_in(client, person)

    (held,) = in_card(student, order)
    behind = linked(lead, held)
    bench.orders.received(bench.orders.sent(order))
    bench.run(order, bench.orders)
    bench.orders.reported(order)
    charge = bench.approve(order)
    (cost,) = in_card(student, order)

    assert charge is not None
    assert (held.fen, held.url) == (QUOTE, f"/payer-accounts/{house.payer.id}#held")
    assert (cost.fen, cost.url) == (QUOTE, f"/charges/{charge.id}#lines")
    assert QUOTE in behind
    assert QUOTE in linked(student, cost)
    assert [(one.fen, one.url) for one in in_card(hand, order)] == [(QUOTE, "")]


def in_card(client: FlaskClient, order: SampleOrder) -> list[Shown]:
    """The amounts of the card of what an order costs."""
    page = client.get(f"/sample-orders/{order.id}").get_data(as_text=True)
    return [one for one in amounts_of(page) if "charge" in one.inside]


def linked(client: FlaskClient, shown: Shown) -> list[int]:
    """The amounts to which the link of an amount leads."""
    url, _sharp, anchor = shown.url.partition("#")
    page = client.get(url).get_data(as_text=True)
    return [one.fen for one in amounts_of(page) if anchor in one.inside]
