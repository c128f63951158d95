"""Importing tables: every row accounted for, repeatable, nothing lost in silence."""

import csv
import io
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.catalogue import queries
from booking.catalogue.import_cells import calendar_day, functions, half_hours, short_name
from booking.catalogue.import_reading import read_table
from booking.catalogue.importing import Fate, Report, import_instruments
from booking.core.errors import Forbidden, InvalidInput, Unreadable
from booking.core.table_writing import write_xlsx
from booking.settings import ROOT
from models.accounts import AuditEntry
from models.catalogue import BookingPolicy, Instrument
from models.directory import Organisation, Unit
from models.vocabulary.catalogue import BookingMode, PublishingState, RunningState
from tests.counting import counting
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.people import actor_for, make_user

DEMO = ROOT / "booking" / "demo" / "data"
ROW = {
    "inner_id": "A-1",
    "institution": "示例大学",
    "name_zh": "透射电镜",
    "class_code": "010101",
    "original_value_wan": "472.35",
    "source": "1",
    "kind": "通用",
    "running_state": "normal",
    "opens": "1-5 09:00-18:00",
    "grid_minutes": "60",
    "shortest_minutes": "60",
    "modes": "self",
    "lanes": "2",
    "is_sample": "yes",
    "unit": "分析测试中心",
    "in_use_since": "2012/5/26",
}


@pytest.fixture(autouse=True)
def organisation(session: Session) -> Organisation:
    return make_organisation(session, name_zh="示例大学", name_en="Example University")


def table(*rows: dict[str, str]) -> bytes:
    """A CSV file of the rows, with the columns of the first."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def fates(report: Report) -> list[str]:
    """What became of each row."""
    return [outcome.fate.value for outcome in report.outcomes]


def columns(report: Report, row: int = 0) -> list[str]:
    """The columns that the problems of one row name."""
    return [problem.field for problem in report.outcomes[row].problems]


def test_a_row_becomes_a_draft_on_request_with_timetable_and_lanes(session: Session, now: datetime) -> None:
    report = import_instruments(session, table(ROW), actor=None, now=now)

    made = session.scalars(select(Instrument)).one()
    assert (fates(report), report.units_created) == (["created"], 1)
    assert (made.publishing_state, made.booking_mode) == (PublishingState.DRAFT, BookingMode.ON_REQUEST)
    assert (made.original_value_fen, made.kind, str(made.in_use_since)) == (472_350_000, "general", "2012-05-26")
    policy = session.get_one(BookingPolicy, made.id)
    assert (policy.grid_minutes, policy.allows_self, policy.allows_assisted) == (60, True, False)
    assert len(queries.hours_of(session, made.id)) == 5
    assert [lanes.capacity for lanes in queries.lanes_of(session, made.id)] == [2]
    entry = session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.actor_id, entry.reason) == ("catalogue.record_imported", None, "command line")


def test_a_second_run_changes_nothing_and_a_changed_cell_updates(session: Session, now: datetime) -> None:
    import_instruments(session, table(ROW), actor=None, now=now)

    again = import_instruments(session, table(ROW), actor=None, now=now)
    changed = import_instruments(session, table(ROW | {"name_zh": "新名", "opens": ""}), actor=None, now=now)

    made = session.scalars(select(Instrument)).one()
    assert (fates(again), fates(changed)) == (["unchanged"], ["updated"])
    assert (made.name_zh, made.version) == ("新名", 2)
    assert len(queries.hours_of(session, made.id)) == 5


def test_a_dry_run_says_the_same_and_stores_nothing(session: Session, now: datetime) -> None:
    report = import_instruments(session, table(ROW, ROW | {"inner_id": ""}), actor=None, now=now, dry_run=True)

    assert fates(report) == ["created", "refused"]
    assert session.scalar(select(func.count()).select_from(Instrument)) == 0
    assert session.scalar(select(func.count()).select_from(Unit)) == 0


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        pytest.param({"inner_id": ""}, ["inner_id"], id="no number"),
        pytest.param({"institution": "没有这所大学"}, ["institution"], id="unknown institution"),
        pytest.param({"name_zh": ""}, ["name_zh"], id="no name"),
        pytest.param({"name_zh": "长" * 301}, ["name_zh"], id="name too long"),
        pytest.param({"class_code": "010199x"}, ["class_code"], id="broken class code"),
        pytest.param({"class_code": "999999"}, ["class_code"], id="unknown class code"),
        pytest.param({"original_value_wan": "1,5"}, ["original_value_wan"], id="a comma for a point"),
        pytest.param({"source": "9"}, ["source"], id="unknown national code"),
        pytest.param({"in_use_since": "2012-02-30"}, ["in_use_since"], id="no such day"),
        pytest.param({"opens": "daily"}, ["opens"], id="unclear hours"),
        pytest.param({"modes": "alone"}, ["modes"], id="unknown mode"),
        pytest.param({"grid_minutes": "25"}, ["grid_minutes"], id="no such grid"),
        pytest.param({"lanes": "0"}, ["lanes"], id="no lane at all"),
        pytest.param({"running_state": "broken", "lanes": "x"}, ["running_state", "lanes"], id="two at once"),
    ],
)
def test_a_row_that_cannot_be_taken_is_refused_at_its_columns(
    session: Session, now: datetime, cells: dict[str, str], expected: list[str]
) -> None:
    good = ROW | {"inner_id": "B-2"}

    report = import_instruments(session, table(ROW | cells, good), actor=None, now=now)

    assert fates(report) == ["refused", "created"]
    assert columns(report) == expected
    assert session.scalars(select(Instrument.inner_id)).all() == ["B-2"]


def test_wrong_bytes_refuse_their_row_and_name_the_column(session: Session, now: datetime) -> None:
    data = table(ROW, ROW | {"inner_id": "B-2", "name_zh": "XX"}).replace(b"XX", "电镜".encode("gbk"))

    report = import_instruments(session, data, actor=None, now=now)

    assert (fates(report), columns(report, 1)) == (["created", "refused"], ["name_zh"])
    assert [outcome.number for outcome in report.outcomes] == [2, 3]


def test_a_byte_order_mark_and_chinese_headers_are_understood(session: Session, now: datetime) -> None:
    text = "所内编号,单位名称,仪器名称,原值（万元）,仪器类别,启用日期\nA-1,示例大学,透射电镜,50,1,2012年5月26日\n"

    report = import_instruments(session, b"\xef\xbb\xbf" + text.encode(), actor=None, now=now)

    made = session.scalars(select(Instrument)).one()
    assert (fates(report), made.kind, made.original_value_fen) == (["created"], "special", 50_000_000)


def test_ragged_rows_repeated_rows_and_open_quotes_are_accounted_for(session: Session, now: datetime) -> None:
    head = "inner_id,institution,name_zh\n"
    rows = 'A-1,示例大学,甲\nA-2,示例大学\n\nA-1,Example University,乙\nA-3,示例大学,"丙\nA-4,示例大学,丁\n'

    report = import_instruments(session, (head + rows).encode(), actor=None, now=now)

    assert fates(report) == ["created", "refused", "refused", "refused"]
    assert columns(report, 2) == ["inner_id"]
    assert report.outcomes[2].problems[0].values == {"number": 2}
    assert session.scalars(select(Instrument.name_zh)).all() == ["甲"]


def test_a_workbook_says_the_same_as_a_table_of_text(session: Session, now: datetime) -> None:
    book = io.BytesIO()
    write_xlsx(book, [("仪器", [list(ROW), list(ROW.values())])])

    first = import_instruments(session, table(ROW), actor=None, now=now)
    again = import_instruments(session, book.getvalue(), actor=None, now=now)

    assert (fates(first), fates(again)) == (["created"], ["unchanged"])


def test_a_column_nobody_reads_is_mentioned(session: Session, now: datetime) -> None:
    report = import_instruments(session, table(ROW | {"colour": "red"}), actor=None, now=now)

    assert [note.field for note in report.notes] == ["colour"]


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        pytest.param(b"", Unreadable, id="empty"),
        pytest.param(b"inner_id,institution,\xff", Unreadable, id="no text"),
        pytest.param(b"a,b\n1,2\n", InvalidInput, id="no known columns"),
        pytest.param(b"inner_id,institution,inner_id\n", InvalidInput, id="a column twice"),
    ],
)
def test_what_is_no_table_of_instruments_is_refused_whole(
    session: Session, now: datetime, data: bytes, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        import_instruments(session, data, actor=None, now=now)


@given(st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_any_bytes_below_a_header_are_rows_with_a_fate(data: bytes) -> None:
    found = read_table(b"inner_id,institution,name_zh\n" + data)

    assert all((row.values is None) == bool(row.problems) for row in found.rows)


def test_a_refused_row_leaves_no_organisation_behind_and_owners_are_made_when_asked(
    session: Session, now: datetime
) -> None:
    abroad = {"source": "x", "source_id": "1", "owner": "Photon Factory", "licence": "public domain", "name": "BL-1"}
    row = abroad | {"location": "Japan", "status": "Operational", "description": "", "class_code_guess": ""}
    nowhere = row | {"owner": "Somewhere in China", "location": "China", "source_id": "2"}

    refused = import_instruments(session, table(row, nowhere), actor=None, now=now)
    made = import_instruments(
        session, table(row, nowhere), actor=None, now=now, creates_owners=True, published_because="public data"
    )

    owners = session.execute(select(Organisation.name_zh, Organisation.country).order_by(Organisation.id)).all()
    assert (fates(refused), fates(made)) == (["refused", "refused"], ["created", "refused"])
    assert [tuple(owner) for owner in owners] == [("示例大学", "CN"), ("Photon Factory", "JP")]
    assert session.scalars(select(Instrument.publishing_state)).all() == [PublishingState.PUBLISHED]


def test_publishing_leaves_incomplete_records_as_drafts_and_says_why(session: Session, now: datetime) -> None:
    report = import_instruments(session, table(ROW), actor=None, now=now, published_because="public data")

    assert session.scalars(select(Instrument.publishing_state)).all() == [PublishingState.DRAFT]
    assert "fees_zh" in [note.field for note in report.outcomes[0].notes]


def test_the_real_tables_come_in_whole_and_again_without_a_change(session: Session, now: datetime) -> None:
    real, tools = (DEMO / name for name in ("real_instruments.csv", "nist_nemo_demo_tools.csv"))
    options: dict[str, Any] = {"creates_owners": True, "published_because": "public data"}

    first = import_instruments(session, real.read_bytes(), actor=None, now=now, **options)
    second = import_instruments(session, tools.read_bytes(), actor=None, now=now, **options)
    again = [import_instruments(session, path.read_bytes(), actor=None, now=now, **options) for path in (real, tools)]

    assert len(first.outcomes) == 467
    assert {problem.field for outcome in first.outcomes for problem in outcome.problems} == {"owner"}
    assert (first.count(Fate.CREATED), first.count(Fate.REFUSED)) == (458, 9)
    assert second.count(Fate.UPDATED) == len(second.outcomes) == 137
    assert [report.count(Fate.UNCHANGED) for report in again] == [458, 137]


def test_a_tools_policy_becomes_ours_as_well_as_it_can(session: Session, now: datetime) -> None:
    path = DEMO / "nist_nemo_demo_tools.csv"

    report = import_instruments(session, path.read_bytes(), actor=None, now=now, creates_owners=True)

    zeiss = session.scalars(select(Instrument).where(Instrument.inner_id == "186")).one()
    sinter = session.scalars(select(Instrument).where(Instrument.inner_id == "177")).one()
    policy = session.get_one(BookingPolicy, zeiss.id)
    outcome = next(found for found in report.outcomes if found.label == zeiss.name_en)
    assert (policy.horizon_days, policy.shortest_minutes, policy.longest_minutes) == (14, 30, 180)
    hours = queries.hours_of(session, zeiss.id)
    assert {(item.opens_minute, item.closes_minute) for item in hours} == {(480, 1080)}
    assert [item.weekday for item in hours] == [1, 2, 3, 4, 5]
    assert sinter.running_state == RunningState.TO_REPAIR
    assert "_maximum_reservations_per_day" in [note.field for note in outcome.notes]


def test_only_who_may_import_imports(session: Session, now: datetime) -> None:
    actor = actor_for(session, make_user(session), now=now)

    with pytest.raises(Forbidden):
        import_instruments(session, table(ROW), actor=actor, now=now)

    assert session.scalar(select(func.count()).select_from(Instrument)) == 0


def test_the_number_of_statements_hardly_grows_with_the_rows(session: Session, now: datetime) -> None:
    def of(count: int, start: int) -> bytes:
        return table(*(ROW | {"inner_id": f"A-{number}"} for number in range(start, start + count)))

    with counting() as few:
        import_instruments(session, of(5, 0), actor=None, now=now)
    with counting() as many:
        import_instruments(session, of(100, 1000), actor=None, now=now)

    assert len(many) <= len(few) + 5


def test_other_institutions_records_with_the_same_number_are_left_alone(session: Session, now: datetime) -> None:
    theirs = make_instrument(session, inner_id="A-1", name_zh="他校的")

    import_instruments(session, table(ROW), actor=None, now=now)

    assert session.get_one(Instrument, theirs.id).name_zh == "他校的"
    assert session.scalar(select(func.count()).select_from(Instrument)) == 2


def test_the_command_ends_with_one_when_a_row_is_refused(app: Flask, session: Session, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_bytes(table(ROW))
    bad.write_bytes(table(ROW, ROW | {"inner_id": "B", "class_code": "999999"}))
    runner = app.test_cli_runner()

    dry = runner.invoke(args=["import", "instruments", str(good), "--dry-run"])
    done = runner.invoke(args=["import", "instruments", str(good)])
    refused = runner.invoke(args=["import", "instruments", str(bad)])

    assert [run.exit_code for run in (dry, done, refused)] == [0, 0, 1]
    assert "class_code" in refused.stderr
    assert "B" not in done.stdout
    assert session.scalars(select(Instrument.inner_id)).all() == ["A-1"]


def test_long_names_are_cut_at_a_word_and_kept_whole_in_the_functions() -> None:
    name = "Ultra " * 30

    cut = short_name(name)

    assert not isinstance(cut, str)
    assert (len(cut.text) <= 100, cut.text.endswith("Ultra…")) == (True, True)
    assert str(functions("For films.", name)).startswith(name.strip())


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2012.5.6", "2012-05-06"), ("20120506", "2012-05-06"), ("2012年5月6日", "2012-05-06"), ("soon", "soon")],
)
def test_days_are_understood_as_people_write_them(text: str, expected: str) -> None:
    assert calendar_day(text) == expected


def test_minutes_off_the_half_hour_are_rounded_down_with_a_note() -> None:
    rounded = half_hours("1000")

    assert half_hours("240") == "240"
    assert not isinstance(rounded, str)
    assert rounded.text == "990"
