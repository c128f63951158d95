"""From a table of test items to the items of records, and back."""

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from booking.core.errors import InvalidInput
from booking.imports import applying, service, staging
from booking.imports import items as items_import
from booking.imports.rules import LEASE
from booking.web.extensions import transaction
from models.accounts import AuditEntry, Grant, User
from models.catalogue import Instrument, TestItem
from models.directory import Organisation
from models.publishing import ReviewRound
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.imports import ImportKind, ImportState, RowFate
from models.vocabulary.publishing import RoundState
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.looking import look_again
from tests.factories.people import actor_for, give, make_user, sign_in
from tests.imports.importing import Importer, csv_of, with_own_number

HEADER = ("仪器编号", "检测项目", "检测标准", "收费", "报告周期", "资质")


@pytest.fixture
def organisation(session: Session) -> Organisation:
    return make_organisation(session, name_zh="示例大学")


@pytest.fixture
def importer(session: Session, organisation: Organisation, now: datetime) -> Importer:
    user = make_user(session, "admin")
    give(session, user, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, organisation.id)
    return Importer(session, actor_for(session, user, now=now), now)


@pytest.fixture
def records(session: Session, organisation: Organisation) -> tuple[Instrument, Instrument]:
    """A draft and a public record, each with an item."""
    draft = make_instrument(session, organisation, inner_id="D-1", publishing_state=PublishingState.DRAFT)
    public = make_instrument(session, organisation, inner_id="P-1")
    for one in (draft, public):
        session.add(
            TestItem(instrument_id=one.id, position=1, name_zh="形貌观察", standard="GB/T 1", price_zh="100 元")
        )
    session.commit()
    return draft, public


def compared(importer: Importer, content: bytes) -> int:
    """An import of test items whose rows all have a fate."""
    import_id = importer.upload(content, kind=ImportKind.TEST_ITEMS)
    importer.work()
    importer.map(import_id)
    importer.work()
    return import_id


def items(session: Session, record: Instrument) -> list[tuple[str, str, str, bool, str | None]]:
    """Name, standard, price, whether it waits, and the price that waits."""
    look_again(session)
    found = session.scalars(select(TestItem).where(TestItem.instrument_id == record.id).order_by(TestItem.position))
    return [
        (one.name_zh, one.standard, one.price_zh, one.is_held, (one.proposed or {}).get("price_zh")) for one in found
    ]


def rounds(session: Session) -> list[tuple[int, RoundState]]:
    look_again(session)
    return [(number, state) for number, state in session.execute(select(ReviewRound.instrument_id, ReviewRound.state))]


def test_items_are_added_and_changed_those_of_public_records_wait_and_all_of_it_is_taken_back(
    session: Session, importer: Importer, records: tuple[Instrument, Instrument]
) -> None:
    draft, public = records
    rows = [
        [number, name, standard, price, days, mark]
        for number in ("D-1", "P-1")
        for name, standard, price, days, mark in (
            ("形貌观察", "", "200 元", "", ""),
            ("能谱分析", "GB/T 2", "300 元", "5", "CMA + CNAS"),
        )
    ]
    register = csv_of(rows, HEADER)
    standing = [items(session, one) for one in records]

    first = compared(importer, register)
    dry = [items(session, one) for one in records]
    importer.apply(first)
    written = [items(session, one) for one in records]
    opened = rounds(session)
    again = compared(importer, register)
    importer.undo(first)

    assert importer.see(first).mapping == [
        "inner_id",
        "name_zh",
        "standard",
        "price_zh",
        "turnaround_days",
        "report_mark",
    ]
    assert (dry, importer.counts(first), importer.counts(again)) == (standing, (2, 2, 0, 0), (0, 0, 4, 0))
    assert written[0] == [
        ("形貌观察", "GB/T 1", "200 元", False, None),
        ("能谱分析", "GB/T 2", "300 元", False, None),
    ]
    assert written[1] == [
        ("形貌观察", "GB/T 1", "100 元", False, "200 元"),
        ("能谱分析", "GB/T 2", "300 元", True, None),
    ]
    assert opened == [(public.id, RoundState.OPEN)]
    assert (importer.see(first).state, importer.see(first).kept_count) == (ImportState.UNDONE, 0)
    assert [items(session, one) for one in records] == standing
    assert rounds(session) == [(public.id, RoundState.WITHDRAWN)]
    assert session.get_one(Instrument, draft.id).version == 3
    actions = select(AuditEntry.action).where(
        AuditEntry.subject_kind == "instrument", AuditEntry.subject_id == draft.id
    )
    assert session.scalars(actions.order_by(AuditEntry.id)).all()[:2] == [
        "catalogue.test_item_edited",
        "catalogue.test_item_added",
    ]


def test_rows_that_cannot_be_taken_are_refused_at_their_columns(
    session: Session, importer: Importer, records: tuple[Instrument, Instrument]
) -> None:
    theirs = make_instrument(session, make_organisation(session), inner_id="X-1")
    draft = records[0]
    session.add(TestItem(instrument_id=draft.id, position=2, name_zh="形貌观察", standard="GB/T 9"))
    session.commit()
    rows = [
        ["X-1", "别家的", "", "", "", ""],
        ["D-1", "", "GB/T 3", "", "", ""],
        ["D-1", "拉伸", "", "", "五天", "ISO"],
        ["D-1", "硬度", "GB/T 4", "", "", ""],
        ["D-1", "硬度", "GB/T 4", "1 元", "", ""],
        ["D-1", "形貌观察", "", "1 元", "", ""],
    ]

    import_id = compared(importer, csv_of(rows, HEADER))
    session.add(TestItem(instrument_id=draft.id, position=3, name_zh="硬度", standard="GB/T 4"))
    session.commit()
    importer.apply(import_id)

    assert importer.counts(import_id) == (0, 0, 0, 6)
    reasons = importer.reasons(import_id)
    assert {number: sorted(fields) for number, fields in reasons.items()} == {
        2: ["inner_id"],
        3: ["name_zh"],
        4: ["report_mark", "turnaround_days"],
        5: [""],
        6: ["name_zh"],
        7: ["standard"],
    }
    assert items(session, theirs) == []
    assert len(items(session, draft)) == 3


def test_the_template_becomes_an_item_once_it_names_a_record_and_the_export_is_read_as_it_is(
    session: Session, client: FlaskClient, importer: Importer, organisation: Organisation
) -> None:
    record = make_instrument(session, organisation, inner_id="A-1")
    make_instrument(session, organisation, inner_id="2026-0001")
    sign_in(client, session.get_one(User, importer.actor.id))
    session.rollback()
    templates = [
        (kind, client.get(f"/imports/template.{kind}?content=test_items&lang={lang}").get_data())
        for kind in ("csv", "xlsx")
        for lang in ("zh", "en")
    ]

    counts = [importer.counts(compared(importer, templates[0][1]))]
    for kind, template in templates:
        import_id = compared(importer, with_own_number(template, kind))
        importer.apply(import_id)
        counts.append(importer.counts(import_id))
    session.execute(update(TestItem).values(is_held=False))
    session.commit()
    for lang in ("zh", "en"):
        exported = client.get(f"/instruments/export?format=test_items&mine=1&lang={lang}").get_data()
        counts.append(importer.counts(compared(importer, exported)))
    page = client.get("/imports?lang=zh").get_data(as_text=True)

    assert counts == [(0, 0, 0, 1), (1, 0, 0, 0)] + [(0, 0, 1, 0)] * 5
    assert [row[:3] for row in items(session, record)] == [("微观形貌观察", "GB/T 16594", "300 元/样")]
    assert "检测项目模板 XLSX" in page


def test_a_field_of_records_is_none_of_test_items(importer: Importer, records: tuple[Instrument, Instrument]) -> None:
    import_id = importer.upload(csv_of([["D-1", "形貌观察", "", "", "", ""]], HEADER), kind=ImportKind.TEST_ITEMS)
    importer.work()

    with pytest.raises(InvalidInput) as refused:
        importer.map(import_id, ["inner_id", "model", "", "", "", ""])

    assert {problem.field for problem in refused.value.problems} == {"column-1", "mapping"}


@pytest.mark.parametrize("standards", [("", "GB/T 1"), ("GB/T 1", "")])
def test_two_rows_that_mean_one_item_are_one_change_and_a_refusal_also_far_apart(
    session: Session, importer: Importer, records: tuple[Instrument, Instrument], standards: tuple[str, str]
) -> None:
    first, second = standards
    rows = [["D-1", "形貌观察", first, "200 元", "", ""], ["D-1", "形貌观察", second, "", "5", ""]]
    both = [["D-1", "拉伸", "", "", "", ""], ["D-1", "拉伸", "", "9 元", "", ""]]
    import_id = importer.upload(csv_of([*rows, *both], HEADER), kind=ImportKind.TEST_ITEMS)
    importer.work()
    importer.map(import_id)
    leased = transaction(staging.lease, import_id, now=importer.now)
    while leased is not None:
        part = items_import.compare(session, import_id, applying.reach_of(importer.actor), at_once=1)
        session.rollback()
        if not part.rows:
            transaction(staging.finish_comparing, leased)
            break
        leased = transaction(staging.store_compared, leased, part, now=importer.now)

    importer.apply(import_id)

    assert importer.counts(import_id) == (1, 1, 0, 2)
    assert importer.reasons(import_id) == {3: ["name_zh"], 5: ["name_zh"]}
    assert items(session, records[0]) == [
        ("形貌观察", "GB/T 1", "200 元", False, None),
        ("拉伸", "", "", False, None),
    ]


def test_what_changed_or_ended_meanwhile_is_left_alone_and_says_so(
    session: Session, importer: Importer, records: tuple[Instrument, Instrument]
) -> None:
    draft, public = records
    register = csv_of([[number, "形貌观察", "", "200 元", "", ""] for number in ("D-1", "P-1")], HEADER)
    import_id = compared(importer, register)
    ready = items_import.ready_to_apply(session, import_id, actor=importer.actor, now=importer.now)
    session.rollback()
    transaction(service.apply_import, import_id, actor=importer.actor, now=importer.now)
    session.execute(update(TestItem).where(TestItem.instrument_id == draft.id).values(range_zh="新"))
    session.commit()
    leased = transaction(staging.lease, import_id, now=importer.now)
    assert leased is not None
    transaction(ready, leased)
    session.rollback()
    session.execute(update(TestItem).where(TestItem.instrument_id == public.id).values(proposed=None, price_zh="7 元"))
    session.commit()
    applied = importer.counts(import_id)
    importer.undo(import_id)
    later = compared(importer, register)
    session.execute(delete(Grant))
    session.commit()
    transaction(service.apply_import, later, actor=importer.actor, now=importer.now)
    importer.work()

    assert (applied, importer.see(import_id).kept_count) == ((0, 1, 0, 1), 1)
    assert importer.rows(import_id)[1].problems[0]["message"] == items_import.CHANGED.message
    assert (importer.counts(later), [row.fate for row in importer.rows(later)]) == ((0, 0, 0, 2), [RowFate.REFUSED] * 2)
    assert [price for record in records for _, _, price, _, _ in items(session, record)] == ["100 元", "7 元"]


def test_two_imports_at_once_write_each_item_once_and_one_cut_off_goes_on_later(
    session: Session, importer: Importer, records: tuple[Instrument, Instrument]
) -> None:
    def ready(import_id: int) -> applying.Work:
        """What writes the items, once it is leased."""
        found = items_import.ready_to_apply(session, import_id, actor=importer.actor, now=importer.now)
        session.rollback()
        return found

    def leased(import_id: int) -> staging.Leased:
        """The import, taken for writing."""
        transaction(service.apply_import, import_id, actor=importer.actor, now=importer.now)
        found = transaction(staging.lease, import_id, now=importer.now)
        assert found is not None
        return found

    tables = [
        csv_of([[number, "能谱分析", "GB/T 2", price, "", ""] for number in ("D-1", "P-1")], HEADER)
        for price in ("300 元", "400 元")
    ]
    both = [compared(importer, tables[0]) for _ in range(2)]
    works = [(ready(one), leased(one)) for one in both]
    for work, lease in works:
        transaction(work, lease)
    later = compared(importer, tables[1])
    late, cut_off = ready(later), leased(later)
    importer.work()
    waiting = importer.see(later).state
    importer.now += LEASE + timedelta(seconds=1)
    importer.work()

    assert [importer.counts(one) for one in (*both, later)] == [(2, 0, 0, 0), (0, 0, 0, 2), (0, 2, 0, 0)]
    assert (waiting, importer.see(later).state) == (ImportState.APPLYING, ImportState.APPLIED)
    with pytest.raises(staging.LeaseLost):
        transaction(late, cut_off)
    assert [[one[0] for one in items(session, record)] for record in records] == [["形貌观察", "能谱分析"]] * 2
