"""The receipts of an institution: for statements and into payer accounts, narrowed, added up and taken away."""

import io
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.payers import amounts
from booking.payers.forms import PayerReceiptForm
from booking.statements import receipts
from booking.statements.cash_book import CashWanted, cash_at, every_row, sums_at
from booking.statements.rules import Came
from models.payers import PayerAccount
from models.vocabulary.payers import PayerKind
from tests.counting import counting
from tests.factories.instruments import make_organisation
from tests.factories.payers import make_payer
from tests.factories.people import sign_in
from tests.statements.office import Office

DAY = timedelta(days=1)


@pytest.fixture
def office(session: Session, now: datetime) -> Office:
    """Of 200 owed 150 came by B1; 80 by B2, all of it wrong; 300 were paid in by T1, 100 of that back by T2."""
    found = Office(session, now)
    found.used(9, 2)
    (statement,) = found.bill()
    wrong = found.receive(statement, 8_000, "B2")
    found.do(receipts.correct_receipt, wrong.id, "录错", by=found.finance, at_=found.later)
    found.receive(statement, 15_000, "B1")
    make_payer(session, found.place, found.other, 0, kind=PayerKind.PREPAID, number="P-9", name="预付")
    paid(found, amounts.top_up, 30_000, "T1", now.date())
    paid(found, amounts.refund, 10_000, "T2", now.date() - DAY)
    return found


def prepaid(office: Office) -> PayerAccount:
    return office.session.scalars(select(PayerAccount).where(PayerAccount.number == "P-9")).one()


def paid(office: Office, work: Any, fen: int, number: str, day: date) -> Any:
    form = PayerReceiptForm(amount_fen=fen, receipt_number=number, receipt_on=day)
    return office.do(work, prepaid(office).id, form, by=office.finance)


def told(office: Office, **wanted: Any) -> list[tuple[str, str, int]]:
    """Number, kind and amount of each row, the earliest paper first; sums and pages say the same."""
    asked = CashWanted(**wanted)
    rows = [(one.number, str(one.came), one.amount_fen) for one in every_row(office.session, office.place.id, asked)]
    sums = sums_at(office.session, office.place.id, asked)
    assert sum(one.amount_fen for one in sums) == sum(row[2] for row in rows)
    assert sum(one.count for one in sums) == len(rows)
    paged: list[tuple[str, str, int]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = cash_at(office.session, office.place.id, asked, limit=2, cursor=cursor)
        paged += [(one.number, str(one.came), one.amount_fen) for one in page.items]
        cursor = page.next_cursor
    assert paged == rows[::-1]
    return rows


def test_the_book_has_every_paper_once_with_what_took_it_back(office: Office) -> None:
    assert told(office) == [
        ("T2", "paid_back", -10_000),
        ("T1", "topped_up", 30_000),
        ("B2", "received", 8_000),
        ("B2", "corrected", -8_000),
        ("B1", "received", 15_000),
    ]


def test_the_book_is_narrowed_by_days_payer_number_and_kind(office: Office) -> None:
    today = office.now.date()

    assert [row[0] for row in told(office, until=today - DAY)] == ["T2"]
    assert [row[0] for row in told(office, since=today, until=today)] == ["T1"]
    assert [row[0] for row in told(office, since=today + DAY)] == ["B2", "B2", "B1"]
    assert [row[0] for row in told(office, payer="预付")] == ["T2", "T1"]
    assert [row[0] for row in told(office, payer="p-9")] == ["T2", "T1"]
    assert [row[0] for row in told(office, payer="Lead")] == ["B2", "B2", "B1"]
    assert told(office, payer="%") == []
    assert [row[1] for row in told(office, number="b2")] == ["received", "corrected"]
    assert told(office, came=Came.TOPPED_UP) == [("T1", "topped_up", 30_000)]


def test_a_top_up_that_was_wrong_is_taken_back_under_its_own_number(office: Office) -> None:
    made = paid(office, amounts.top_up, 500, "T3", office.now.date()).movement
    office.do(amounts.correct, prepaid(office).id, made.id, "录错", by=office.finance)

    assert told(office, number="T3") == [("T3", "topped_up", 500), ("T3", "taken_back", -500)]


def test_the_book_of_another_institution_is_its_own(office: Office) -> None:
    other = make_organisation(office.session)

    assert list(every_row(office.session, other.id, CashWanted())) == []


def test_finance_finds_a_paper_and_takes_the_book_away(client: FlaskClient, office: Office) -> None:
    at = f"/organisations/{office.place.id}/statements/receipts"
    sign_in(client, office.finance)

    page = client.get(f"{at}?number=b1&kind=received").get_data(as_text=True)
    wrong = client.get(f"{at}?since=tomorrow&number=b1")
    csv = client.get(f"{at}.csv?payer=Lead").get_data(as_text=True).splitlines()
    book = load_workbook(io.BytesIO(client.get(f"/api/v1/receipts.xlsx?organisation={office.place.id}").data))
    answer = client.get(f"/api/v1/receipts?organisation={office.place.id}&limit=1").get_json()

    assert ("B1" in page, "¥150.00" in page, "B2" in page) == (True, True, False)
    assert (wrong.status_code, 'value="b1"' in wrong.get_data(as_text=True)) == (422, True)
    assert [line.split(",")[1:4] for line in csv[1:]] == [
        ["B2", "结算单收款", "80.00"],
        ["B2", "更正收款或退款", "-80.00"],
        ["B1", "结算单收款", "150.00"],
    ]
    assert sum(row[3].value for row in book.worksheets[0].iter_rows(min_row=2)) == 350
    assert (answer["items"][0]["number"], answer["total_fen"]) == ("B1", 35_000)
    assert client.get(f"{at}.exe").status_code == 404
    sign_in(client, office.steward)
    assert [client.get(one).status_code for one in (at, f"{at}.csv")] == [403, 403]


def test_the_book_takes_as_many_statements_however_many_papers_it_has(office: Office) -> None:
    counts = []
    for limit in (2, 5):
        with counting() as statements:
            found = cash_at(office.session, office.place.id, CashWanted(), limit=limit)
        counts.append((len(found.items), len(statements)))

    assert counts == [(2, 1), (5, 1)]
