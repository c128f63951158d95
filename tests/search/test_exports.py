"""Exports: what a reader may see, as tables that come back unchanged, and as PIDINST."""

import csv
import io
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import jsonschema
import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.catalogue import listing
from booking.catalogue.importing import Fate, import_instruments
from booking.web.extensions import db
from booking.web.one_export import one_export, slot_of
from models.accounts import User
from models.catalogue import Instrument, TestItem
from models.directory import Organisation, Unit
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.catalogue import (
    Acquisition,
    ContactVisibility,
    InstrumentKind,
    PublishingState,
    ReportMark,
    RunningState,
    ShareMode,
)
from tests.counting import counting
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.people import give, make_user, sign_in

SCHEMA = json.loads((Path(__file__).parent / "data" / "pidinst-schema-1_0.schema.json").read_text(encoding="utf-8"))
FULL: dict[str, Any] = {
    "inner_id": "007",
    "name_zh": "=HYPERLINK(扫描电镜)",
    "original_value_fen": 472_350_000,
    "acquisition": Acquisition.BOUGHT,
    "kind": InstrumentKind.GENERAL,
    "running_state": RunningState.OCCASIONAL_FAULT,
    "share_mode": ShareMode.INTERNAL,
    "accepted_on": date(2012, 5, 10),
    "in_use_since": date(2012, 5, 26),
    "functions_zh": "形貌观察，\n“能谱”分析；=1+1",
    "contact_name": "张三",
    "phone": "+86 23 6825",
    "email": "zhang@example.org",
    "contact_visibility": ContactVisibility.SIGNED_IN,
    "street": "天生路 2 号",
    "latitude": 29.8201,
    "longitude": -106.4,
    "hides_position": True,
    "customs_declaration": "8001",
    "yearly_running_hours": 1800,
    "country": "JP",
}


@pytest.fixture
def owner(session: Session) -> Organisation:
    return make_organisation(session, name_zh="示例大学", name_en="Example University")


@pytest.fixture
def published(session: Session, owner: Organisation, now: datetime) -> Instrument:
    unit = Unit(organisation_id=owner.id, name_zh="分析中心", name_en="Centre")
    session.add(unit)
    session.flush()
    hours = ((1, 540, 1080), (6, 540, 720))
    policy = {"grid_minutes": 15, "allows_assisted": False, "needs_approval": True}
    made = make_instrument(session, owner, unit_id=unit.id, capacity=2, hours=hours, policy=policy, **FULL)
    make_instrument(session, owner, inner_id="D-1", name_zh="草稿", publishing_state=PublishingState.DRAFT)
    listing.refresh(session, [made.id])
    session.commit()
    return made


@pytest.fixture
def steward(session: Session, owner: Organisation) -> User:
    user = make_user(session, "steward")
    give(session, user, Role.STEWARD, ScopeKind.ORGANISATION, owner.id)
    return user


def exported(client: FlaskClient, query: str) -> bytes:
    """What the page sends."""
    answer = client.get(f"/instruments/export?{query}")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data()


def table(data: bytes) -> list[dict[str, str]]:
    """The rows of a CSV file by column."""
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_a_stranger_gets_what_is_published_without_what_the_owner_hides(
    client: FlaskClient, published: Instrument
) -> None:
    rows = table(exported(client, "format=csv&lang=zh"))

    assert len(rows) == 1
    found = rows[0]
    assert (found["所内编号"], found["原值（万元）"], found["单位名称"]) == ("007", "472.35", "示例大学")
    hidden = ("联系人", "电话", "电子邮箱", "安放地址", "纬度", "经度", "进口报关单编号", "验收日期")
    assert {found[name] for name in hidden} == {""}


def test_no_cell_is_a_formula(client: FlaskClient, published: Instrument, steward: User) -> None:
    sign_in(client, steward)

    found = table(exported(client, "format=csv&lang=zh"))[0]
    book = openpyxl.load_workbook(io.BytesIO(exported(client, "format=xlsx&lang=zh")))

    assert (found["仪器名称"], found["电话"], found["经度"]) == ("'=HYPERLINK(扫描电镜)", "'+86 23 6825", "-106.4")
    assert {cell.data_type for row in book.active.iter_rows() for cell in row} <= {"s", "n"}
    assert "=HYPERLINK(扫描电镜)" in [cell.value for cell in book.active[2]]


@pytest.mark.parametrize("query", ["format=csv&lang=zh", "format=csv&lang=en", "format=xlsx", "format=national"])
def test_what_is_exported_is_imported_without_a_change(
    session: Session, client: FlaskClient, published: Instrument, steward: User, query: str
) -> None:
    sign_in(client, steward)
    data = exported(client, f"mine=1&{query}")

    report = import_instruments(session, data, actor=None, now=published.updated_at)

    assert [outcome.fate for outcome in report.outcomes] == [Fate.UNCHANGED, Fate.UNCHANGED]
    assert [note for outcome in report.outcomes for note in outcome.notes] == []


def test_test_items_have_a_sheet_and_a_table_of_their_own_without_what_waits_or_is_not_public(
    client: FlaskClient, session: Session, published: Instrument, steward: User
) -> None:
    draft = session.scalars(select(Instrument).where(Instrument.inner_id == "D-1")).one()
    first = {"name_zh": "形貌观察", "name_en": "Morphology", "standard": "GB/T 16594", "range_zh": "=1 nm"}
    rest = {"price_zh": "300 元", "turnaround_days": 5, "report_mark": ReportMark.CMA}
    session.add(TestItem(instrument_id=published.id, position=2, name_zh="能谱"))
    session.add(TestItem(instrument_id=published.id, position=1, **first, **rest))
    session.add(TestItem(instrument_id=published.id, position=3, name_zh="等待审查", is_held=True))
    session.add(TestItem(instrument_id=draft.id, position=1, name_zh="草稿检测"))
    session.commit()

    public = table(exported(client, "format=test_items&lang=zh"))
    english = table(exported(client, "format=test_items&lang=en"))
    sign_in(client, steward)
    book = openpyxl.load_workbook(io.BytesIO(exported(client, "format=xlsx&mine=1&lang=zh")))

    assert [row["检测项目"] for row in public] == ["形貌观察", "能谱"]
    assert tuple(public[0].values()) == (
        *("007", "示例大学", "'=HYPERLINK(扫描电镜)", "形貌观察", "Morphology", "GB/T 16594"),
        *("'=1 nm", "", "300 元", "", "5", "CMA"),
    )
    assert (english[0]["name_zh"], english[0]["report_mark"], english[1]["turnaround_days"]) == ("形貌观察", "cma", "")
    assert book.sheetnames == ["instruments", "test_items"]
    assert sorted(row[3] for row in book["test_items"].iter_rows(min_row=2, values_only=True)) == [
        "形貌观察",
        "能谱",
        "草稿检测",
    ]


def test_national_tables_have_codes(client: FlaskClient, published: Instrument) -> None:
    book = openpyxl.load_workbook(io.BytesIO(exported(client, "format=national&lang=en")))
    header, row = ([cell.value for cell in line] for line in book.active.iter_rows())
    found = dict(zip(header, row, strict=True))

    assert (found["仪器来源"], found["仪器类别"], found["原值（万元）"]) == ("1", "2", "472.35")
    assert "机位数" not in found


def test_pidinst_documents_of_all_that_was_found(
    client: FlaskClient, session: Session, owner: Organisation, published: Instrument
) -> None:
    second = make_instrument(session, owner, inner_id="M-2", name_zh="另一台扫描电镜")
    hidden = make_instrument(session, owner, name_zh="没有公开的扫描电镜", publishing_state=PublishingState.DRAFT)
    listing.refresh(session, [second.id, hidden.id])
    session.commit()

    found = json.loads(exported(client, "format=pidinst&q=扫描电镜"))
    none = json.loads(exported(client, "format=pidinst&q=没有这个"))

    paths = [f"/instruments/{one.id}/pidinst.json" for one in (published, second)]
    singles = [client.get(path).get_json(force=True) for path in paths]
    assert (sorted(found, key=str), none) == (sorted(singles, key=str), [])
    for one in found:
        jsonschema.validate(one, SCHEMA, format_checker=jsonschema.FormatChecker())


def test_the_number_of_statements_grows_by_a_few_for_some_hundred_records(
    session: Session, client: FlaskClient, owner: Organisation, published: Instrument, now: datetime
) -> None:
    with counting() as few:
        exported(client, "format=csv")
    ids = [make_instrument(session, owner, inner_id=f"M-{number}").id for number in range(40)]
    listing.refresh(session, ids)
    session.commit()
    exported(client, "format=csv")

    with counting() as many:
        rows = table(exported(client, "format=csv&lang=en"))

    assert len(rows) == 41
    assert len(many) <= len(few) + 1


def test_only_people_who_run_something_export_their_own(client: FlaskClient, session: Session) -> None:
    stranger = client.get("/api/v1/instruments/export?mine=1")
    sign_in(client, make_user(session))
    person = client.get("/api/v1/instruments/export?mine=1")

    assert (stranger.status_code, person.status_code) == (401, 403)
    assert session.scalars(select(Instrument)).all() == []


def test_one_export_at_a_time_for_each_address_and_each_person(
    app: Flask, client: FlaskClient, published: Instrument, steward: User
) -> None:
    path = "/instruments/export?format=csv"

    with one_export(db.engine, "127.0.0.1"):
        refused, by_api = client.get(path), client.get(f"/api/v1{path}")
        elsewhere = client.get(path, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    again = client.get(path)
    sign_in(client, steward)
    with one_export(db.engine, f"user {steward.id}"):
        twice = client.get(path)

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "15")
    assert (by_api.status_code, by_api.get_json()["code"]) == (429, "export_runs")
    assert [one.status_code for one in (elsewhere, again, twice)] == [200, 200, 429]
    assert len({slot_of(f"user {number}", "postgresql") for number in range(100)}) > 98
    assert "Disallow: /instruments/export" in client.get("/robots.txt").text.splitlines()
