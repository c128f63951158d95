"""Every amount of what is owed leads to the transfers that it is made of, on pages and in the API."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urljoin

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.statements import receipts, transfers
from booking.statements.ages import sum_of_age
from booking.statements.rules import Age, Moved
from models.statements import Debtor, Statement
from tests.counting import counting
from tests.factories.links import Shown, amounts_of
from tests.factories.people import sign_in
from tests.statements.office import Office

NOT_PAID, TOO_MUCH = "未付", "多收，未用"


@pytest.fixture
def office(session: Session, now: datetime) -> Office:
    return Office(session, now)


@pytest.fixture
def paid(office: Office) -> tuple[Statement, Statement]:
    """Slips of 200 and of 100 of the lead's, 30 let off later, for which 290 came in; and a bill that nobody paid."""
    charge = office.used(9, 2)
    (first,) = office.bill()
    office.used(13)
    (second,) = office.bill()
    wrong = office.receive(first, 4_000, "B0")
    office.do(receipts.correct_receipt, wrong.id, "录错", by=office.finance, at_=office.later)
    office.receive(first, 15_000, "B1")
    office.receive(first, 10_000, "B2")
    office.changed(charge, -3_000)
    office.bill()
    office.receive(second, 4_000, "B3")
    office.used(15, by=office.other)
    office.bill()
    office.session.expire_all()
    return first, second


def page_of(client: FlaskClient, url: str) -> list[Shown]:
    answer = client.get(url.partition("#")[0])
    assert answer.status_code == 200, url
    return amounts_of(answer.get_data(as_text=True))


def behind(client: FlaskClient, at: str, shown: Shown) -> list[Shown]:
    """The amounts to which the link of an amount leads."""
    url = urljoin(at, shown.url)
    anchor = url.partition("#")[2]
    return [one for one in page_of(client, url) if anchor in {"", *one.inside} and one.part != "tfoot"]


def adds_up(shown: Shown, found: Iterable[Shown]) -> bool:
    """Whether an amount is one of those that it leads to, or the sum of a column of them, or what two columns leave."""
    rows = list(found)
    columns = {one.column for one in rows}
    sums = {sum(one.fen for one in rows if one.column == column) for column in columns}
    moved = [one.fen for one in rows if any(name.startswith("entry-") for name in one.inside)]
    unpaid, credited = (sum(one.fen for one in rows if one.column == name) for name in (NOT_PAID, TOO_MUCH))
    singly = {sign * one.fen for one in rows for sign in (1, -1)}
    return shown.fen in sums | singly | {sum(moved), unpaid - credited}


def test_every_amount_of_what_is_owed_leads_to_what_it_is_made_of(
    client: FlaskClient, office: Office, paid: tuple[Statement, Statement]
) -> None:
    first, second = paid
    place = f"/organisations/{office.place.id}/statements"
    pages = {
        office.finance: (
            f"/statements/{first.id}",
            f"/statements/{second.id}",
            f"/debtors/{first.debtor_id}",
            f"/debtors/{first.debtor_id}?age=not_due",
            f"{place}?show=all",
            f"{place}/ageing",
        ),
        office.lead: (f"/statements/{first.id}", f"/debtors/{first.debtor_id}", "/statements", "/charges"),
        office.steward: ("/charges/staffed?show=all",),
    }
    lost = []
    for person, urls in pages.items():
        sign_in(client, person)
        for at in urls:
            outside = [one for one in page_of(client, at) if "transfers" not in one.inside]
            assert outside, at
            lost += [(at, one) for one in outside if not one.url or not adds_up(one, behind(client, at, one))]

    assert lost == []


def test_what_is_owed_and_credited_is_what_its_transfers_add_up_to(
    client: FlaskClient, office: Office, paid: tuple[Statement, Statement]
) -> None:
    first, second = paid
    debtor = office.session.get_one(Debtor, first.debtor_id)
    sign_in(client, office.finance)
    at = f"/api/v1/debtors/{debtor.id}"
    owed = client.get(at).get_json()
    rows, cursor = [], ""
    while cursor is not None:
        answer = client.get(f"{at}/transfers?limit=3&cursor={cursor}").get_json()
        rows += answer["items"]
        cursor = answer["next_cursor"]

    assert [sum(one[name] for one in rows) for name in ("open_fen", "credit_fen")] == [0, 2_000]
    assert (owed["open_fen"], owed["credit_fen"]) == (0, 2_000)
    assert len({one["entry_id"] for one in rows}) == len(rows)
    assert {one["moved"] for one in rows} == set(Moved) - {Moved.REFUNDED}
    for statement in (first, second):
        parts = client.get(f"/api/v1/statements/{statement.id}/transfers").get_json()["items"]
        told = client.get(f"/api/v1/statements/{statement.id}").get_json()
        assert sum(one["amount_fen"] for one in parts) == told["open_fen"]
        assert parts[-1]["entry_id"] == told["entry_id"]
    assert office.faults() == []


def test_members_and_strangers_read_no_transfers(
    client: FlaskClient, office: Office, paid: tuple[Statement, Statement]
) -> None:
    urls = [f"/debtors/{paid[0].debtor_id}/transfers", f"/statements/{paid[0].id}/transfers"]
    answers = {}
    for person in (office.lead, office.finance, office.other, office.stranger, office.steward):
        sign_in(client, person)
        answers[person.name] = [client.get(f"/api/v1{one}").status_code for one in urls]

    assert answers == {
        "Lead": [200, 200],
        "Finance": [200, 200],
        "Other": [404, 404],
        "Stranger": [404, 404],
        "Steward": [404, 404],
    }


def test_a_charge_leads_to_the_statements_that_it_stands_on(client: FlaskClient, office: Office) -> None:
    charge = office.used(9, by=office.other)
    (statement,) = office.bill()
    office.used(12)
    office.bill()
    at = f"/statements?charge={charge.id}"
    found = {}
    for person in (office.other, office.finance, office.lead, office.steward):
        sign_in(client, person)
        page = client.get(f"/charges/{charge.id}")
        items = client.get(f"/api/v1{at}").get_json()["items"]
        found[person.name] = [one["id"] for one in items], f'href="{at}"' in page.get_data(as_text=True)
        shown = client.get(at).get_data(as_text=True)
        assert ("JS2026-00001" in shown, "JS2026-00002" in shown) == (bool(items), False)

    assert found == {
        "Other": ([statement.id], True),
        "Finance": ([statement.id], True),
        "Lead": ([], False),
        "Steward": ([], False),
    }


def test_an_age_of_the_list_shows_the_statements_that_it_is_made_of(office: Office) -> None:
    office.used(9)
    (first,) = office.bill()
    office.used(12)
    office.bill()
    due = first.due_on
    assert due is not None
    for late, age in ((0, Age.NOT_DUE), (1, Age.TO_30), (30, Age.TO_30), (31, Age.TO_60), (91, Age.OVER_90)):
        today = due + timedelta(days=late)
        sums = {one: sum_of_age(office.session, office.place.id, one, today=today) for one in Age}
        assert sums == {one: 20_000 if one == age else 0 for one in Age}
    assert sum_of_age(office.session, office.place.id, Age.NOT_DUE, today=due, debtor_id=first.debtor_id + 1) == 0


def test_transfers_take_as_many_statements_however_many_there_are(
    office: Office, paid: tuple[Statement, Statement]
) -> None:
    debtor = office.session.get_one(Debtor, paid[0].debtor_id)
    counts = []
    for limit in (2, 50):
        with counting() as statements:
            found = transfers.lines_of(office.session, debtor, limit=limit)
        counts.append((len(found.items), len(statements)))

    assert [one[0] for one in counts] == [2, 15]
    assert counts[0][1] == counts[1][1] <= 5
