"""How a programme's budget burns down: what was free, committed and paid at the end of each day."""

from datetime import date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.clearing.budgets import BudgetDay, budget_of
from booking.clearing.views.budget import chart
from booking.core.errors import NotFound
from booking.ledger.rules import Move
from booking.ledger.service import post_entry
from booking.vouchers.opening import locked_book
from models.accounts import User
from models.programmes import Programme
from models.vouchers import ProgrammeBook
from tests.clearing.across import Across, on
from tests.counting import counting
from tests.factories.people import sign_in
from tests.factories.programmes import make_programme

TODAY = date(2026, 11, 23)


@pytest.fixture
def across(session: Session, now: datetime) -> Across:
    return Across(session, now)


@pytest.fixture
def programme(across: Across) -> Programme:
    return make_programme(across.session, across.cq, across.officers["50"], now=across.now, budget_fen=1_000_000)


def moved(session: Session, programme: Programme, now: datetime) -> ProgrammeBook:
    """1 March: 10,000.00 set aside; 10 March: 4,000.00 for vouchers; 31 May at 23:59 and 1 June at 0:00: paid."""
    book = locked_book(session, programme.id, now=now)
    steps = (
        (on(3, 1), Move(book.source_id, book.budget_id, 1_000_000)),
        (on(3, 10), Move(book.budget_id, book.committed_id, 400_000)),
        (on(5, 31, 23) + timedelta(minutes=59), Move(book.committed_id, book.paid_id, 123_456)),
        (on(6, 1, 0), Move(book.committed_id, book.paid_id, 44)),
        (on(6, 1, 9), Move(book.committed_id, book.budget_id, 100)),
    )
    for number, (at, move) in enumerate(steps):
        post_entry(session, f"budget:{number}", "test", [move], now=at)
    session.commit()
    return book


def test_each_day_ends_with_what_the_transfers_until_then_add_up_to(
    across: Across, programme: Programme, session: Session, now: datetime
) -> None:
    moved(session, programme, now)

    found = budget_of(session, programme.id, across.officers["50"], today=TODAY)

    by_day = {one.day: one for one in found.days}
    assert (found.first, found.last, found.days[-1].day) == (date(2026, 1, 1), date(2027, 3, 31), TODAY)
    assert by_day[date(2026, 2, 28)] == BudgetDay(date(2026, 2, 28), 0, 0, 0)
    assert by_day[date(2026, 3, 1)] == BudgetDay(date(2026, 3, 1), 1_000_000, 0, 0)
    assert by_day[date(2026, 5, 31)] == BudgetDay(date(2026, 5, 31), 600_000, 276_544, 123_456)
    assert by_day[date(2026, 6, 1)] == BudgetDay(date(2026, 6, 1), 600_100, 276_400, 123_500)
    assert (found.latest, found.total_fen) == (BudgetDay(TODAY, 600_100, 276_400, 123_500), 1_000_000)
    assert [one.day.month for one in found.months] == list(range(3, 12))


def test_the_chart_goes_to_the_end_of_the_year_beside_an_even_use(
    across: Across, programme: Programme, session: Session, now: datetime
) -> None:
    moved(session, programme, now)

    drawn = chart(budget_of(session, programme.id, across.officers["50"], today=TODAY))

    free, _committed, paid, even = drawn.series
    assert (drawn.labels[0], drawn.labels[-1], len(drawn.labels)) == ("2026-01-01", "2027-03-31", 455)
    assert (free.values[326], free.values[327], paid.values[326]) == (6_001, None, 1_235)
    assert (even.values[0], even.values[227], even.values[-1], even.is_guide) == (10_000, 5_000, 0, True)


def test_officers_of_the_authority_see_it_and_the_others_do_not(
    client: FlaskClient, across: Across, programme: Programme, session: Session, now: datetime
) -> None:
    moved(session, programme, now)
    page, api = (f"{start}/voucher-programmes/{programme.id}/budget" for start in ("", "/api/v1"))

    with pytest.raises(NotFound):
        budget_of(session, programme.id, across.officers["51"], today=TODAY)
    sign_in(client, session.get_one(User, across.officers["50"].id))
    shown, said = client.get(page), client.get(api).get_json()
    link = client.get(f"/voucher-programmes/{programme.id}").text
    sign_in(client, session.get_one(User, across.officers["51"].id))
    refused = client.get(page).status_code, client.get(api).status_code

    assert ("¥6,001.00" in shown.text, 'data-chart="stacked"' in shown.text) == (True, True)
    assert [said[name] for name in ("free_fen", "committed_fen", "paid_fen")] == [600_100, 276_400, 123_500]
    assert f"{page}" in link
    assert refused == (404, 404)


def test_a_budget_that_nobody_used_or_named_says_so(
    client: FlaskClient, across: Across, programme: Programme, session: Session
) -> None:
    officer = across.officers["50"]
    unlimited = make_programme(session, across.cq, officer, now=across.now, name_zh="没有预算")
    sign_in(client, session.get_one(User, officer.id))

    pages = [client.get(f"/voucher-programmes/{one.id}/budget").text for one in (programme, unlimited)]

    assert ["预算还没有动用" in one for one in pages] == [True, False]
    assert ["没有公布总预算" in one for one in pages] == [False, True]


def test_however_often_it_moved_it_costs_as_many_statements(
    across: Across, programme: Programme, session: Session, now: datetime
) -> None:
    book, costs = moved(session, programme, now), []
    for number in range(2):
        post_entry(
            session, f"more:{number}", "test", [Move(book.budget_id, book.committed_id, 1)], now=on(7, number + 1)
        )
        session.commit()
        session.expire_all()
        with counting() as statements:
            budget_of(session, programme.id, across.officers["50"], today=TODAY)
        costs.append(len(statements))

    assert costs[0] == costs[1]
