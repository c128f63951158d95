"""Spending by month: each sees what is theirs to see, by the month of use in Shanghai."""

from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from booking.charges import service
from booking.charges.figures import MonthSpent, PersonSpent, Whose, month_starts, spending
from booking.core.clock import local_date
from booking.core.errors import Forbidden
from models.charges import Charge
from models.directory import Organisation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.directory import OrganisationKind
from tests.charges.houses import ALONE, House
from tests.counting import counting
from tests.factories.instruments import make_organisation
from tests.factories.people import give, make_user, sign_in
from tests.samples.benches import LATER, Bench


@pytest.fixture
def house(session: Session, now: datetime) -> House:
    return House(session, now)


def spent(house: House, who: str, whose: Whose, now: datetime) -> tuple[list[MonthSpent], list[PersonSpent]]:
    """The months and the people with charges."""
    house.session.expire_all()
    found = spending(house.session, house.actor(getattr(house, who)), whose, now=now)
    return [one for one in found.months if one.charges], list(found.people)


def test_a_year_of_months_ends_with_this_one() -> None:
    found = month_starts(date(2026, 2, 28))

    assert (found[0], found[-1], len(found)) == (date(2025, 3, 1), date(2026, 2, 1), 12)


def test_each_sees_what_they_used_what_their_accounts_paid_and_staff_all_of_it(house: House, now: datetime) -> None:
    house.confirm(house.book(9))
    house.confirm(house.book(12, hours=1, by=house.lead))
    house.confirm(house.book(15, hours=1, by=house.stranger, paying=ALONE))
    month = local_date(now).replace(day=1)

    assert spent(house, "student", Whose.OWN, now) == (
        [MonthSpent(month, 1, 20_000)],
        [PersonSpent("Student", 1, 20_000)],
    )
    assert spent(house, "lead", Whose.ANSWERED, now) == (
        [MonthSpent(month, 2, 30_000)],
        [PersonSpent("Student", 1, 20_000), PersonSpent("Lead", 1, 10_000)],
    )
    assert spent(house, "steward", Whose.STAFFED, now)[0] == [MonthSpent(month, 3, 40_000)]
    assert spent(house, "student", Whose.ANSWERED, now) == ([], [])
    with pytest.raises(Forbidden):
        spent(house, "student", Whose.STAFFED, now)
    with pytest.raises(Forbidden):
        spent(house, "student", Whose.FIRMS, now)


def test_what_was_let_off_or_is_only_estimated_counts_nothing(house: House, now: datetime) -> None:
    charge = house.confirm(house.book(9))
    house.do(service.waive_charge, charge.id, "停电", by=house.steward, at_=now)

    assert spent(house, "student", Whose.OWN, now) == ([], [])


@pytest.mark.parametrize(
    ("ends_at", "month"),
    [
        pytest.param("2026-10-31T15:59:00+00:00", date(2026, 10, 1), id="a minute before midnight in Shanghai"),
        pytest.param("2026-10-31T16:00:00+00:00", date(2026, 11, 1), id="at midnight"),
    ],
)
def test_a_use_counts_in_the_month_in_which_it_ended(house: House, now: datetime, ends_at: str, month: date) -> None:
    charge: Charge = house.confirm(house.book(9))
    moment = datetime.fromisoformat(ends_at)
    charge.booked_starts_at, charge.booked_ends_at = moment - timedelta(hours=2), moment
    charge.used_starts_at, charge.used_ends_at = moment - timedelta(hours=2), moment
    house.session.commit()

    assert [one.month for one in spent(house, "student", Whose.OWN, now)[0]] == [month]


def test_a_firm_sees_what_its_agents_ordered_and_no_other_firm_does(session: Session, now: datetime) -> None:
    bench = Bench(session, now)
    firm, other = (_firm(session) for _ in range(2))
    for person, place in ((bench.house.student, firm), (bench.house.lead, firm), (bench.house.stranger, other)):
        give(session, person, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, place.id)
    orders = bench.by(bench.house.student)
    order = orders.received(orders.sent(orders.accepted(bench.quoted(orders, organisation_id=firm.id), LATER)))
    bench.run(order, orders)
    orders.reported(order)
    bench.approve(order, by=bench.house.student)

    found = [spent(bench.house, who, Whose.FIRMS, now) for who in ("lead", "stranger")]

    assert [(sum(one.spent_fen for one in months), len(people)) for months, people in found] == [(125_000, 1), (0, 0)]


def _firm(session: Session) -> Organisation:
    return make_organisation(session, kind=OrganisationKind.ENTERPRISE)


def test_the_page_draws_it_and_the_table_and_the_api_say_the_same(house: House, now: datetime, app: Flask) -> None:
    house.confirm(house.book(9))
    steward, student = app.test_client(), app.test_client()
    sign_in(steward, house.steward)
    sign_in(student, house.student)

    page = steward.get("/charges/figures?whose=staffed").get_data(as_text=True)
    answer = steward.get("/api/v1/charges/figures?whose=staffed").get_json()
    table = steward.get("/charges/figures.csv?whose=staffed")
    refused = [
        student.get(f"{path}?whose=staffed").status_code for path in ("/charges/figures", "/charges/figures.csv")
    ]

    assert ("200.00" in page, "Student" in page) == (True, True)
    assert (answer["total_fen"], answer["people"]) == (20_000, [{"name": "Student", "charges": 1, "spent_fen": 20_000}])
    assert table.get_data(as_text=True).splitlines()[-1].endswith("Student,1,200.00")
    assert refused == [403, 403]


def test_it_asks_as_much_for_five_charges_as_for_two(house: House, now: datetime) -> None:
    asked = []
    for hours in ((8, 9), (10, 11, 12)):
        for hour in hours:
            house.confirm(house.book(hour, hours=1, by=make_user(house.session, f"person{hour}"), paying=ALONE))
        with counting() as counted:
            spending(house.session, house.actor(house.steward), Whose.STAFFED, now=now)
        asked.append(len(counted))

    assert asked[0] == asked[1]
