"""From an uploaded register to records and back."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from booking.catalogue.attachments import add_attachments
from booking.catalogue.import_undoing import GONE
from booking.core.errors import Forbidden, InvalidInput, NotFound, Unreadable
from booking.core.period import Period
from booking.core.table_files import Limits
from booking.imports import applying, queries, service, staging
from booking.imports import items as items_import
from booking.imports.applying import forget_old
from booking.imports.rules import IS_EXAMPLE, LEASE, READ_CHUNK, NoSuchStep, NotTheLast
from booking.reservations.service import request_reservation
from booking.reservations.wishes import Wish
from booking.web.extensions import db, transaction
from models.accounts import AuditEntry, User
from models.attachments import Attachment
from models.catalogue import BookingPolicy, Instrument, Lane, LaneGroup
from models.directory import Organisation, Unit
from models.imports import Import, ImportedRow, ImportFile
from models.publishing import ReviewRound
from models.reservations import Reservation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.attachments import Visibility
from models.vocabulary.catalogue import BookingMode, PublishingState
from models.vocabulary.imports import ImportKind, ImportState
from models.vocabulary.publishing import RoundState
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.looking import count, look_again
from tests.factories.people import actor_for, give, make_user, sign_in
from tests.factories.samples import LIMITS as FILE_LIMITS
from tests.factories.samples import pdf
from tests.imports.importing import HEADER, Importer, csv_of, row, with_own_number

MakeImporter = Callable[..., Importer]


@pytest.fixture
def organisation(session: Session) -> Organisation:
    return make_organisation(session, name_zh="示例大学", name_en="Example University")


@pytest.fixture
def importer_of(session: Session, now: datetime) -> MakeImporter:
    def make(*owners: Organisation, name: str = "admin") -> Importer:
        user = make_user(session, name)
        for owner in owners:
            give(session, user, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, owner.id)
        return Importer(session, actor_for(session, user, now=now), now)

    return make


@pytest.fixture
def importer(importer_of: MakeImporter, organisation: Organisation) -> Importer:
    return importer_of(organisation)


def names(session: Session) -> dict[str | None, str]:
    look_again(session)
    return dict(session.execute(select(Instrument.inner_id, Instrument.name_zh)).all())


def test_a_register_becomes_drafts_and_a_second_time_changes_nothing(
    session: Session, importer: Importer, organisation: Organisation
) -> None:
    register = csv_of([row(1, unit="分析中心"), row(2, "光谱仪"), row(3, "天平", value="十万")])

    first = importer.dry_run(register)
    before = count(session, Instrument)
    importer.apply(first)
    again = importer.dry_run(register)

    assert (before, importer.see(first).mapping) == (0, ["inner_id", "name_zh", "model", "original_value_wan", "unit"])
    assert importer.see(first).state == ImportState.APPLIED
    assert importer.counts(first) == (2, 0, 0, 1)
    assert importer.counts(again) == (0, 0, 2, 1)
    assert importer.reasons(first) == {4: ["original_value_wan"]}
    made = session.scalars(select(Instrument).order_by(Instrument.id)).all()
    assert [(found.inner_id, found.name_zh, found.original_value_fen) for found in made] == [
        ("A-1", "电镜", 50_000_000),
        ("A-2", "光谱仪", 50_000_000),
    ]
    assert {(found.publishing_state, found.booking_mode, found.organisation_id) for found in made} == {
        (PublishingState.DRAFT, BookingMode.ON_REQUEST, organisation.id)
    }
    assert (count(session, Lane), count(session, BookingPolicy)) == (2, 2)
    assert session.scalars(select(Unit.name_zh)).all() == ["分析中心"]


def test_what_changes_is_told_field_by_field_and_noted_in_the_audit_log(session: Session, importer: Importer) -> None:
    importer.apply(importer.dry_run(csv_of([row(1)])))

    changed = importer.dry_run(csv_of([row(1, "新名", value="51.5")]))
    importer.apply(changed)

    told = importer.rows(changed)[0].changes
    assert told == {"name_zh": ["电镜", "新名"], "original_value_fen": [50_000_000, 51_500_000]}
    assert (importer.counts(changed), names(session)) == ((0, 1, 0, 0), {"A-1": "新名"})
    entry = session.scalars(
        select(AuditEntry).where(AuditEntry.action == "catalogue.record_imported").order_by(AuditEntry.id.desc())
    ).first()
    assert entry is not None
    assert (entry.actor_id, entry.before, entry.after) == (
        importer.actor.id,
        {"name_zh": "电镜", "original_value_fen": 50_000_000},
        {"name_zh": "新名", "original_value_fen": 51_500_000},
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_dirty_register_in_any_encoding_is_accounted_for_row_by_row(
    session: Session, importer: Importer, encoding: str
) -> None:
    register = csv_of([row(1), row(1, "重复"), ["", "无编号", "", "", ""], ["A-4", "", "", "", ""]], encoding=encoding)
    register += b"A-5,\xff\xff,x,1,\r\nA-6,short\r\n"

    done = importer.dry_run(register)
    importer.apply(done)

    assert importer.counts(done) == (1, 0, 0, 5)
    assert importer.reasons(done) == {
        3: ["inner_id"],
        4: ["inner_id"],
        5: ["name_zh"],
        6: ["name_zh"],
        7: [""],
    }
    assert importer.rows(done)[1].problems[0]["values"] == {"number": 2}
    assert names(session) == {"A-1": "电镜"}


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\x00\xff", ",".join(f"c{n}" for n in range(10_000)).encode()])
def test_what_is_no_table_is_refused_at_once(session: Session, importer: Importer, content: bytes) -> None:
    with pytest.raises(Unreadable):
        importer.upload(content)

    assert count(session, Import) == 0


def test_a_header_alone_has_no_rows_and_columns_said_twice_are_refused(session: Session, importer: Importer) -> None:
    alone = importer.dry_run(csv_of([]))
    twice = importer.upload(csv_of([["1", "2", "a"]], header=("资产编号", "资产编号", "名称")))
    importer.work()

    assert (importer.see(alone).state, importer.counts(alone)) == (ImportState.COMPARED, (0, 0, 0, 0))
    assert importer.see(twice).mapping == ["inner_id", "", "name_zh"]
    with pytest.raises(InvalidInput) as refused:
        importer.map(twice, ["inner_id", "inner_id", ""])
    assert [problem.field for problem in refused.value.problems] == ["column-1"]
    with pytest.raises(InvalidInput):
        importer.map(twice, ["", "", "name_zh"])
    assert importer.see(twice).state == ImportState.MAPPING


def test_columns_said_once_are_remembered_for_the_same_header(
    session: Session, importer: Importer, importer_of: MakeImporter, organisation: Organisation
) -> None:
    register = csv_of([["7", "x", "甲"]], header=("Nr", "Bemerkung", "Bezeichnung"))
    other = make_organisation(session)
    several, another = (importer_of(organisation, other, name=name) for name in ("several", "another"))
    said, guessed = ["inner_id", "institution", "name_zh"], ["", "", ""]

    importer.dry_run(register, mapping=["inner_id", "", "name_zh"])
    several.dry_run(register, mapping=said)

    assert importer.see(importer.upload(register)).mapping == ["inner_id", "", "name_zh"]
    assert several.see(several.upload(register)).mapping == said
    assert another.see(another.upload(register)).mapping == guessed


def test_nobody_writes_into_another_institution_or_learns_of_its_numbers(
    session: Session, importer_of: MakeImporter, organisation: Organisation
) -> None:
    theirs = make_instrument(session, make_organisation(session, name_zh="他校"), inner_id="A-1", name_zh="他校的")
    two = importer_of(organisation, make_organisation(session, name_zh="第二大学"), name="two")
    register = csv_of(
        [["A-1", "甲", "示例大学"], ["A-1", "乙", "他校"], ["A-9", "丙", "他校"], ["A-2", "丁", "没有的学校"]],
        header=("资产编号", "名称", "单位"),
    )

    several = two.dry_run(register)
    two.apply(several)
    one = two.dry_run(register, organisation.id)

    assert two.counts(several) == (1, 0, 0, 3)
    assert [r.changes or r.instrument_id for r in two.rows(several)[1:]] == [None, None, None]
    assert {tuple(p["message"] for p in row.problems) for row in two.rows(several)[1:3]} == {
        ("这次导入不能写入这个单位。",)
    }
    assert two.see(several).unknown_owners == ["没有的学校"]
    assert two.counts(one) == (0, 0, 1, 3)
    assert session.get_one(Instrument, theirs.id).name_zh == "他校的"


def test_an_auditor_reads_the_imports_of_what_they_audit_and_changes_none(
    session: Session, importer_of: MakeImporter, organisation: Organisation, now: datetime, client: FlaskClient
) -> None:
    elsewhere, importer = make_organisation(session), importer_of(organisation)
    everywhere = importer_of(organisation, elsewhere, name="both")
    ours, theirs = importer.dry_run(csv_of([row(1)])), everywhere.dry_run(csv_of([row(2)]), elsewhere.id)
    several = everywhere.upload(csv_of([row(3)]))
    user = make_user(session, "auditor")
    give(session, user, Role.AUDITOR, ScopeKind.ORGANISATION, organisation.id)
    auditor = actor_for(session, user, now=now)
    sign_in(client, user)

    shown = [one.found.id for one in queries.history(session, auditor, limit=9)]
    pages = [client.get(path).text for path in ("/imports", f"/imports/{ours}")]

    assert shown == [ours]
    assert [[word in page for word in ('type="file"', "/apply", "A-1")] for page in pages] == [
        [False, False, False],
        [False, False, True],
    ]
    for hidden in (theirs, several):
        with pytest.raises(NotFound):
            queries.import_for(session, hidden, auditor)
    with pytest.raises(Forbidden):
        transaction(service.apply_import, ours, actor=auditor, now=now)
    assert importer.see(ours).state == ImportState.COMPARED


@pytest.mark.parametrize("engine_app", ["postgresql"], indirect=True, scope="session")
def test_what_an_import_writes_is_booked_while_it_writes(
    session: Session, importer: Importer, organisation: Organisation, now: datetime
) -> None:
    opened = {"closes_on_holidays": False}
    instrument = make_instrument(session, organisation, inner_id="A-1", policy=opened)
    booker = actor_for(session, make_user(session, "booker"), now=now)
    instruments = importer.dry_run(csv_of([row(1, value="60")]))
    items = importer.upload(csv_of([["A-1", "拉伸"]], ("仪器编号", "检测项目")), kind=ImportKind.TEST_ITEMS)
    importer.work()
    importer.map(items)
    importer.work()

    for days, (import_id, way) in enumerate(((instruments, applying), (items, items_import)), start=1):
        transaction(service.apply_import, import_id, actor=importer.actor, now=now)
        work = way.ready_to_apply(session, import_id, actor=importer.actor, now=now)
        leased = staging.lease(session, import_id, now=now)
        assert leased is not None
        work(session, leased)
        session.flush()
        with Session(db.engine) as other:
            other.execute(text("SET LOCAL lock_timeout = '1s'"))
            start = now + timedelta(days=days, hours=1)
            wish = Wish(instrument.id, Period(start, start + timedelta(hours=1)))
            request_reservation(other, wish, actor=booker, now=now)
            other.commit()
        session.commit()

    assert count(session, Reservation) == 2
    assert [importer.counts(one)[:2] for one in (instruments, items)] == [(0, 1), (1, 0)]


def test_an_unknown_institution_may_stand_for_a_unit_of_ones_own(
    session: Session, importer: Importer, organisation: Organisation
) -> None:
    session.add(Unit(organisation_id=organisation.id, name_zh="分析中心"))
    session.commit()
    other = make_organisation(session)
    done = importer.dry_run(csv_of([["A-1", "甲", "示大分析"]], header=("资产编号", "名称", "单位")))

    with pytest.raises(InvalidInput):
        importer.map(done, steads=[{"name": "示大分析", "organisation_id": other.id}])
    importer.map(done, steads=[{"name": "示大分析", "organisation_id": organisation.id, "unit": "分析中心"}])
    importer.work()
    importer.apply(done)

    look_again(session)
    made = session.scalars(select(Instrument)).one()
    assert (made.organisation_id, made.unit_id) == (organisation.id, session.scalars(select(Unit.id)).one())


def test_others_neither_see_nor_move_an_import(
    session: Session, importer: Importer, importer_of: MakeImporter, organisation: Organisation, now: datetime
) -> None:
    done = importer.dry_run(csv_of([row(1)]))
    stranger = importer_of(make_organisation(session), name="stranger")
    nobody = Importer(session, actor_for(session, make_user(session, "nobody"), now=now), now)

    for step in (stranger.apply, stranger.undo, stranger.map):
        with pytest.raises(NotFound):
            step(done)
    with pytest.raises(Forbidden):
        nobody.upload(csv_of([row(2)]))
    with pytest.raises(InvalidInput):
        stranger.upload(csv_of([row(2)]), organisation.id)

    look_again(session)
    assert queries.history(session, stranger.actor, limit=9) == []
    assert (importer.see(done).state, count(session, Instrument)) == (ImportState.COMPARED, 0)


def test_a_right_that_ended_before_the_work_was_done_writes_nothing(session: Session, importer: Importer) -> None:
    done = importer.dry_run(csv_of([row(1)]))
    transaction(service.apply_import, done, actor=importer.actor, now=importer.now)
    session.get_one(User, importer.actor.id).deactivated_at = importer.now
    session.commit()

    importer.work()

    assert (importer.counts(done), count(session, Instrument)) == ((0, 0, 0, 1), 0)


def test_a_second_click_applies_nothing_twice_and_steps_keep_their_order(session: Session, importer: Importer) -> None:
    done = importer.dry_run(csv_of([row(1)]))

    transaction(service.apply_import, done, actor=importer.actor, now=importer.now)
    importer.apply(done)
    importer.apply(done)

    assert count(session, Instrument) == 1
    with pytest.raises(NoSuchStep):
        importer.map(done)


def test_a_record_that_changed_after_the_dry_run_is_left_alone(session: Session, importer: Importer) -> None:
    importer.apply(importer.dry_run(csv_of([row(1), row(2)])))
    stale = importer.dry_run(csv_of([row(1, "甲"), row(2, "乙"), row(3, "丙")]))
    make_instrument(session, session.scalars(select(Organisation)).one(), inner_id="A-3", name_zh="抢先")
    changed = session.scalars(select(Instrument).where(Instrument.inner_id == "A-1")).one()
    changed.version += 1
    session.commit()

    importer.apply(stale)

    assert importer.counts(stale) == (0, 1, 0, 2)
    assert names(session) == {"A-1": "电镜", "A-2": "乙", "A-3": "抢先"}


def test_work_that_was_cut_off_goes_on_where_it_was_committed(session: Session, importer: Importer) -> None:
    register = csv_of([row(number) for number in range(1, 2501)])
    import_id = importer.upload(register)
    leased = transaction(staging.lease, import_id, now=importer.now)
    assert leased is not None
    table = service.opened(service.Upload("x.csv", register), Limits())
    rows = staging.ready_to_read(import_id, next(staging.chunks_after(table.rows, 0)), session.get_bind().dialect)
    transaction(staging.store_read, leased, rows, now=importer.now)

    importer.work()
    held, read = importer.see(import_id).state, importer.see(import_id).rows_read
    importer.now += LEASE + timedelta(seconds=1)
    importer.work()

    assert (held, read) == (ImportState.READING, READ_CHUNK)
    assert importer.see(import_id).state == ImportState.MAPPING
    assert [found.number for found in importer.rows(import_id)] == list(range(2, 2502))
    with pytest.raises(staging.LeaseLost):
        transaction(staging.finish_reading, leased)


def test_progress_rises_and_a_reload_amid_a_dry_run_or_the_writing_loses_nothing(
    session: Session, client: FlaskClient, importer: Importer
) -> None:
    import_id = importer.upload(csv_of([row(number) for number in (1, 2, 3)]))
    importer.work()
    importer.map(import_id)
    sign_in(client, session.get_one(User, importer.actor.id))
    session.rollback()

    def reloaded(done: int) -> list[bool]:
        """What two looks at the page and one at the progress alone say."""
        paths = (f"/imports/{import_id}?lang=zh",) * 2 + (f"/imports/{import_id}/progress",)
        pages = [client.get(path).get_data(as_text=True) for path in paths]
        return [f"已比较 {done} 行，共 3 行。" in page for page in pages]

    leased = transaction(staging.lease, import_id, now=importer.now)
    assert leased is not None
    seen = []
    for done in (1, 2):
        compared = staging.compare(session, import_id, applying.reach_of(importer.actor), at_once=1)
        session.rollback()
        leased = transaction(staging.store_compared, leased, compared, now=importer.now)
        seen.append(reloaded(done))
    importer.work()
    held = importer.see(import_id).rows_compared
    importer.now += LEASE + timedelta(seconds=1)
    importer.work()
    dry = importer.counts(import_id)
    transaction(service.apply_import, import_id, actor=importer.actor, now=importer.now)
    transaction(staging.lease, import_id, now=importer.now)
    amid = [client.get(f"/imports/{import_id}?lang=zh").status_code for _ in range(2)]
    importer.work()
    waiting = importer.see(import_id).state
    importer.now += LEASE + timedelta(seconds=1)
    importer.work()

    assert (seen, held, dry) == ([[True] * 3] * 2, 2, (3, 0, 0, 0))
    assert (amid, waiting, importer.see(import_id).state) == ([200, 200], ImportState.APPLYING, ImportState.APPLIED)
    assert (importer.counts(import_id), count(session, Instrument)) == ((3, 0, 0, 0), 3)


def test_the_example_of_each_template_is_refused_until_it_is_made_a_record_and_then_imported_once(
    session: Session, client: FlaskClient, importer: Importer
) -> None:
    sign_in(client, session.get_one(User, importer.actor.id))
    session.rollback()
    templates = [
        (kind, client.get(f"/imports/template.{kind}?lang={language}").get_data())
        for kind in ("xlsx", "csv")
        for language in ("zh", "en")
    ]

    untouched, counts = [], []
    for kind, content in templates:
        refused = importer.dry_run(content)
        untouched.append((importer.counts(refused), importer.rows(refused)[0].problems[0]["message"]))
        import_id = importer.dry_run(with_own_number(content, kind))
        importer.apply(import_id)
        counts.append(importer.counts(import_id))

    assert untouched == [((0, 0, 0, 1), IS_EXAMPLE.message)] * 4
    assert counts == [(1, 0, 0, 0)] + [(0, 0, 1, 0)] * 3


def test_an_import_is_undone_record_by_record(session: Session, importer: Importer) -> None:
    importer.apply(importer.dry_run(csv_of([row(1), row(2)])))
    changed = [row(1, "改一", unit="新部门"), row(2, "改二")]
    last = importer.dry_run(csv_of([*changed, *(row(n, f"新{n}") for n in range(3, 7))]))
    importer.apply(last)
    look_again(session)
    by_name = {found.name_zh: found for found in session.scalars(select(Instrument))}
    for name in ("改二", "新4"):
        by_name[name].version += 1
    give(session, make_user(session, "s"), Role.STEWARD, ScopeKind.INSTRUMENT, by_name["新5"].id)
    filed = by_name["新6"].id
    transaction(add_attachments, filed, pdf(), Visibility.STAFF, FILE_LIMITS, actor=importer.actor, now=importer.now)

    importer.undo(last)

    found = importer.see(last)
    assert (found.state, found.kept_count) == (ImportState.UNDONE, 4)
    assert names(session) == {"A-1": "电镜", "A-2": "改二", "A-4": "新4", "A-5": "新5", "A-6": "新6"}
    assert {row.number for row in importer.rows(last) if row.is_kept} == {3, 5, 6, 7}
    assert session.scalars(select(Attachment.owner_id)).all() == [filed]
    assert session.scalar(select(func.count()).select_from(LaneGroup)) == 5
    assert session.scalars(select(Unit.name_zh)).all() == []
    assert session.scalars(select(Instrument.unit_id).where(Instrument.inner_id == "A-1")).one() is None


def test_a_removed_unit_is_back_when_a_table_or_an_undo_puts_a_record_there(
    session: Session, importer: Importer, organisation: Organisation
) -> None:
    importer.apply(importer.dry_run(csv_of([row(1, unit="甲室")])))
    last = importer.dry_run(csv_of([row(1, unit="乙室")]))
    importer.apply(last)
    look_again(session)
    session.scalars(select(Unit).where(Unit.name_zh == "甲室")).one().removed_at = importer.now
    session.add(Unit(organisation_id=organisation.id, name_zh="丙室", removed_at=importer.now))
    session.commit()

    importer.undo(last)
    importer.apply(importer.dry_run(csv_of([row(2, unit="丙室")])))

    look_again(session)
    standing = session.execute(select(Unit.name_zh, Unit.removed_at).order_by(Unit.id)).all()
    assert standing == [("甲室", None), ("丙室", None)]
    log = select(AuditEntry.after).where(AuditEntry.action == "directory.unit_added").order_by(AuditEntry.id)
    assert [(entry or {})["name_zh"] for entry in session.scalars(log)] == ["甲室", "丙室"]


def test_an_undo_takes_imported_texts_out_of_the_rounds_that_they_waited_in(
    session: Session, importer: Importer, organisation: Organisation
) -> None:
    states = {"A-1": PublishingState.PUBLISHED, "A-2": PublishingState.PUBLISHED, "A-3": PublishingState.IN_REVIEW}
    made = [
        make_instrument(session, organisation, inner_id=number, publishing_state=state, functions_zh="旧")
        for number, state in states.items()
    ]
    times = {"opened_at": importer.now, "changed_at": importer.now}
    waits = {"services_zh": "送样"}
    session.add(ReviewRound(instrument_id=made[1].id, is_update=True, proposed=waits, **times))
    session.add(ReviewRound(instrument_id=made[2].id, is_update=False, **times))
    session.commit()
    last = importer.dry_run(csv_of([[number, "新"] for number in states], header=("资产编号", "主要功能")))
    importer.apply(last)
    look_again(session)
    held = list(session.scalars(select(ReviewRound.proposed).order_by(ReviewRound.instrument_id)))

    importer.undo(last)

    look_again(session)
    assert held == [{"functions_zh": "新"}, waits | {"functions_zh": "新"}, {}]
    assert session.scalars(select(Instrument.functions_zh)).all() == ["旧", "旧", "旧"]
    rounds = session.scalars(select(ReviewRound).order_by(ReviewRound.instrument_id)).all()
    assert [(found.state, found.version, found.proposed) for found in rounds] == [
        (RoundState.WITHDRAWN, 1, {}),
        (RoundState.OPEN, 3, waits),
        (RoundState.OPEN, 3, {}),
    ]


def test_an_undo_leaves_alone_what_has_the_number_of_a_record_that_went(
    session: Session, importer: Importer, organisation: Organisation
) -> None:
    last = importer.dry_run(csv_of([row(1), row(2)]))
    importer.apply(last)
    look_again(session)
    for gone in session.scalars(select(Instrument)):
        gone.organisation_id = make_organisation(session).id
    make_instrument(session, organisation, inner_id="A-1", name_zh="另一台")

    importer.undo(last)

    assert (importer.see(last).kept_count, count(session, Instrument)) == (2, 3)
    assert [found.problems[0]["message"] for found in importer.rows(last)] == [GONE.message] * 2


def test_only_the_last_import_is_undone(session: Session, importer: Importer) -> None:
    first = importer.dry_run(csv_of([row(1)]))
    importer.apply(first)
    importer.now += timedelta(minutes=1)
    importer.apply(importer.dry_run(csv_of([row(2)])))

    with pytest.raises(NotTheLast):
        importer.undo(first)

    assert count(session, Instrument) == 2


def test_rows_are_forgotten_after_ninety_days_and_counts_stay(session: Session, importer: Importer) -> None:
    done = importer.dry_run(csv_of([row(1)]))
    importer.apply(done)

    early = transaction(forget_old, now=importer.now + timedelta(days=89))
    late = transaction(forget_old, now=importer.now + timedelta(days=91))

    assert (early, late, importer.counts(done)) == (0, 1, (1, 0, 0, 0))
    assert (count(session, ImportedRow), count(session, ImportFile), count(session, Instrument)) == (0, 0, 1)


def test_the_guess_knows_what_people_call_things(importer: Importer) -> None:
    assert importer.see(importer.upload(csv_of([], header=HEADER))).mapping == [
        "inner_id",
        "name_zh",
        "model",
        "original_value_wan",
        "unit",
    ]
