"""What the use of an instrument is to a voucher: said on the page, by the API and in tables, shown and kept."""

import csv
import io
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.catalogue import exporting
from booking.catalogue.importing import Fate, import_instruments
from booking.core.actors import Actor
from models.accounts import AuditEntry, User
from models.catalogue import Instrument
from models.directory import Organisation
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.programmes import ServiceType
from tests.factories.instruments import make_instrument
from tests.factories.looking import look_again
from tests.factories.people import make_user, sign_in


def table(*rows: dict[str, str]) -> bytes:
    """A CSV file of the rows, with the columns of the first."""
    written = io.StringIO()
    writer = csv.DictWriter(written, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue().encode()


def type_of(session: Session, instrument: Instrument) -> ServiceType:
    look_again(session)
    return session.get_one(Instrument, instrument.id).service_type


def history_of(session: Session, instrument: Instrument) -> list[tuple[object, object]]:
    """The types before and after each change that the log knows."""
    entries = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject_kind == "instrument", AuditEntry.subject_id == instrument.id)
        .order_by(AuditEntry.id)
    )
    return [
        ((one.before or {}).get("service_type"), one.after["service_type"])
        for one in entries
        if one.after and "service_type" in one.after
    ]


def test_an_instrument_is_shared_until_its_record_says_something_else(
    session: Session, client: FlaskClient, organisation: Organisation, admin_user: User
) -> None:
    line = make_instrument(session, organisation, name_zh="中试线", publishing_state=PublishingState.DRAFT)
    before = line.service_type
    sign_in(client, admin_user)

    saved = client.post(
        f"/catalogue/{line.id}/edit", data={"version": "1", "name_zh": "中试线", "service_type": "pilot_scale"}
    )

    assert (saved.status_code, before) == (303, ServiceType.INSTRUMENT_SHARING)
    assert type_of(session, line) == ServiceType.PILOT_SCALE
    assert history_of(session, line) == [("instrument_sharing", "pilot_scale")]
    form = client.get(f"/catalogue/{line.id}/edit").text
    assert '<option value="pilot_scale" selected>中试熟化</option>' in form


def test_a_word_that_is_no_service_type_is_refused_at_its_field(
    session: Session, client: FlaskClient, organisation: Organisation, admin_user: User
) -> None:
    line = make_instrument(session, organisation)
    sign_in(client, admin_user)

    typed = client.post(f"/catalogue/{line.id}/edit", data={"version": "1", "name_zh": "x", "service_type": "painting"})
    sent = client.patch(f"/api/v1/instruments/{line.id}", json={"service_type": "painting"})

    assert (typed.status_code, sent.status_code) == (422, 422)
    assert [one["field"] for one in sent.get_json()["problems"]] == ["service_type"]
    assert type_of(session, line) == ServiceType.INSTRUMENT_SHARING


def test_the_api_says_and_changes_it_for_who_edits_the_record_alone(
    session: Session, client: FlaskClient, organisation: Organisation, admin_user: User
) -> None:
    line = make_instrument(session, organisation)
    address = f"/api/v1/instruments/{line.id}"
    sign_in(client, make_user(session, "stranger"))
    refused = client.patch(address, json={"service_type": "computing"})
    sign_in(client, admin_user)
    changed = client.patch(address, json={"service_type": "computing"})
    kept = client.patch(address, json={"model": "X-1"})

    assert refused.status_code == 403
    assert (changed.get_json()["service_type"], kept.get_json()["service_type"]) == ("computing", "computing")
    assert client.get(address).get_json()["service_type"] == "computing"
    assert history_of(session, line) == [("instrument_sharing", "computing")]


@pytest.mark.parametrize(
    ("language", "expected"),
    [pytest.param("zh", "高性能算力", id="zh"), pytest.param("en", "Computing", id="en")],
)
def test_the_page_of_an_instrument_says_it_among_its_facts(
    session: Session, client: FlaskClient, organisation: Organisation, language: str, expected: str
) -> None:
    cluster = make_instrument(session, organisation, service_type=ServiceType.COMPUTING)
    session.commit()

    page = client.get(f"/instruments/{cluster.id}?lang={language}").text

    assert expected in page


@pytest.mark.parametrize("said", ["共享实验室", "shared_laboratory"])
@pytest.mark.parametrize("column", ["服务类型", "service_type"])
def test_a_table_says_it_in_either_way_and_a_blank_cell_leaves_it(
    session: Session, organisation: Organisation, now: datetime, column: str, said: str
) -> None:
    row = {"inner_id": "A-1", "institution": organisation.name_zh, "name_zh": "开放实验室", column: said}

    import_instruments(session, table(row), actor=None, now=now)
    again = import_instruments(session, table({**row, column: ""}), actor=None, now=now)

    found = session.scalars(select(Instrument)).one()
    assert found.service_type == ServiceType.SHARED_LABORATORY
    assert [one.fate for one in again.outcomes] == [Fate.UNCHANGED]


def test_a_row_with_another_word_is_refused_at_its_column(
    session: Session, organisation: Organisation, now: datetime
) -> None:
    row = {"inner_id": "A-1", "institution": organisation.name_zh, "name_zh": "中试线", "服务类型": "绘画"}

    report = import_instruments(session, table(row), actor=None, now=now)

    assert [(one.fate, [problem.field for problem in one.problems]) for one in report.outcomes] == [
        (Fate.REFUSED, ["service_type"])
    ]
    assert session.scalars(select(Instrument)).all() == []


@pytest.mark.parametrize(
    ("english", "expected"), [(False, ("服务类型", "中试熟化")), (True, ("service_type", "pilot_scale"))]
)
def test_our_own_tables_have_it_and_the_national_one_does_not(
    session: Session, organisation: Organisation, admin: Actor, english: bool, expected: tuple[str, str]
) -> None:
    line = make_instrument(session, organisation, service_type=ServiceType.PILOT_SCALE)
    session.commit()

    header, row = exporting.rows_of(session, [line.id], admin, national=False, english=english)
    national, _row = exporting.rows_of(session, [line.id], admin, national=True, english=english)

    assert row[header.index(expected[0])] == expected[1]
    assert expected[0] not in national


def test_the_database_knows_no_other_types(session: Session, organisation: Organisation) -> None:
    line = make_instrument(session, organisation)

    with pytest.raises(IntegrityError):
        session.execute(text(f"UPDATE instruments SET service_type = 'painting' WHERE id = {line.id}"))
