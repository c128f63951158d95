"""What a finance office takes away: lists as tables, and the statements of a term as one file."""

import io
from datetime import datetime

import pypdfium2
import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from booking.core.errors import InvalidInput
from booking.statements import batches
from booking.statements.batches import BatchWanted, batch_of
from booking.web.extensions import db
from booking.web.one_export import one_export
from models.vocabulary.statements import StatementKind
from tests.counting import counting
from tests.factories.people import sign_in
from tests.statements.office import Office

UNTIL = "2026-11-25"


@pytest.fixture
def office(session: Session, now: datetime) -> Office:
    found = Office(session, now)
    found.place.name_zh, found.payer.name = "西南大学", "=面上项目"
    session.commit()
    return found


@pytest.fixture
def billed(office: Office) -> Office:
    """A slip of two uses and a bill of one, and one use that is to be billed."""
    office.used(9, 2)
    office.used(12)
    office.used(14, by=office.other)
    office.bill()
    office.used(16)
    return office


def test_the_slips_of_a_term_are_one_file_in_which_each_begins_on_a_page(client: FlaskClient, billed: Office) -> None:
    at = f"/organisations/{billed.place.id}/statements/export"
    sign_in(client, billed.finance)

    every = client.get(f"{at}?format=pdf")
    slips = client.get(f"{at}?format=pdf&kind=transfer_slip&since=2026-01-01&until=2026-12-31")

    assert (every.mimetype, every.headers["Cache-Control"]) == ("application/pdf", "no-store")
    assert [text.count("JS2026-") for text in texts_of(every.data)] == [2, 2]
    (slip,) = texts_of(slips.data)
    assert ("大型仪器使用费转账单" in slip, "合计：300.00 元" in slip, "项目负责人（签字）" in slip) == (
        True,
        True,
        True,
    )
    assert client.get(f"{at}?kind=taken").status_code == 422
    assert client.get(f"{at}?since=2027-01-01").status_code == 422
    sign_in(client, billed.steward)
    assert client.get(at).status_code == 403


def texts_of(pdf: bytes) -> list[str]:
    """What stands on each page."""
    paper = pypdfium2.PdfDocument(pdf)
    try:
        return [page.get_textpage().get_text_bounded().replace("\r\n", " ") for page in paper]
    finally:
        paper.close()


def test_lists_are_taken_away_as_tables_that_add_up_and_run_no_formula(client: FlaskClient, billed: Office) -> None:
    place = billed.place.id
    sign_in(client, billed.finance)

    items = load_workbook(io.BytesIO(client.get(f"/api/v1/statements/export?organisation={place}&format=xlsx").data))
    ageing = client.get(f"/organisations/{place}/statements/ageing.csv").get_data(as_text=True).splitlines()
    to_bill = client.get(f"/api/v1/statement-drafts/to-bill.csv?organisation={place}&until_on={UNTIL}")
    book = load_workbook(io.BytesIO(client.get(f"/organisations/{place}/statements/to-bill.xlsx").data))

    assert [row[7].value for row in items.worksheets[0].iter_rows(min_row=2)] == [200, 100, 100]
    assert [line.split(",")[0] for line in ageing[1:]] == ["'=面上项目", "Other"]
    assert [line.split(",")[8] for line in ageing[1:]] == ["300.00", "100.00"]
    assert to_bill.get_data(as_text=True).splitlines()[1].split(",")[-3:] == [UNTIL, "1", "100.00"]
    assert book.worksheets[0]["A1"].value == "付款人"
    assert client.get(f"/api/v1/ageing/{place}.exe").status_code == 404
    sign_in(client, billed.stranger)
    assert client.get(f"/api/v1/ageing/{place}.csv").status_code == 403


def test_only_one_file_is_made_for_a_person_at_a_time(client: FlaskClient, billed: Office) -> None:
    at = f"/organisations/{billed.place.id}/statements"
    sign_in(client, billed.finance)

    with one_export(db.engine, f"user {billed.finance.id}"):
        answers = [client.get(f"{at}/{one}").status_code for one in ("export", "ageing.csv", "receipts.xlsx")]

    assert answers == [429, 429, 429]
    assert client.get(f"{at}/export").status_code == 200


def test_more_than_a_file_holds_is_refused_before_anything_is_made(
    billed: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, most in (("MOST_PAPERS", 1), ("MOST_PRINTED", 2)):
        with monkeypatch.context() as patched:
            patched.setattr(batches, name, most)
            with pytest.raises(InvalidInput):
                batch_of(billed.session, billed.place.id, BatchWanted(), is_printed=True)
            slips = BatchWanted(StatementKind.TRANSFER_SLIP)
            assert len(batch_of(billed.session, billed.place.id, slips, is_printed=True)) == 1


def test_a_batch_takes_as_many_statements_however_many_papers_it_has(billed: Office) -> None:
    counts = []
    for wanted in (BatchWanted(StatementKind.TRANSFER_SLIP), BatchWanted()):
        with counting() as statements:
            found = batch_of(billed.session, billed.place.id, wanted, is_printed=True)
        counts.append((len(found), len(statements)))

    assert counts == [(1, 4), (2, 4)]
