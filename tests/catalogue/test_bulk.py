"""Changing many records at once: previewed row by row, all or nothing for each."""

from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.catalogue import bulk
from booking.catalogue.bulk_forms import BulkChange
from booking.catalogue.inheritance import INHERITABLE, Level, names_in, written
from booking.core.actors import Actor
from booking.core.clock import utcnow
from booking.core.errors import InvalidInput, NotFound, StaleVersion
from models.accounts import AuditEntry, User
from models.catalogue import BookingPolicy, Instrument
from models.custody import Stewardship
from models.directory import Organisation, Unit
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.catalogue import PublishingState, RunningState
from models.vocabulary.custody import StewardRank
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.letters import mailed
from tests.factories.people import give, make_user, sign_in
from tests.reservations.acting import act

API = "/api/v1/instrument-edits"


def change(**values: Any) -> BulkChange:
    return BulkChange.model_validate(values)


def test_each_record_is_changed_wholly_or_not_at_all(
    session: Session, organisation: Organisation, admin: Actor, now: datetime
) -> None:
    fits = make_instrument(session, organisation)
    short = make_instrument(session, organisation, policy={"longest_minutes": 60})
    wanted = change(running_state="to_repair", shortest_minutes=120)

    rows = act(session, bulk.edit_many, [fits.id, short.id], wanted, actor=admin, now=now)

    assert [sorted(one.name for one in row.differences) for row in rows] == [["running_state", "shortest_minutes"], []]
    assert isinstance(rows[1].refused, InvalidInput)
    session.expire_all()
    states = {row.id: row.running_state for row in session.scalars(select(Instrument))}
    assert states == {fits.id: RunningState.TO_REPAIR, short.id: RunningState.NORMAL}
    assert session.get_one(BookingPolicy, short.id).shortest_minutes == 30


def test_a_dry_run_says_the_same_and_stores_nothing(
    session: Session, organisation: Organisation, admin: Actor, now: datetime
) -> None:
    instruments = [make_instrument(session, organisation) for _ in range(2)]
    ids, wanted = (
        [one.id for one in instruments],
        change(horizon_days=9, phone="023-1", opening_hours="1-5 08:00-12:00"),
    )

    tried = act(session, bulk.edit_many, ids, wanted, dry_run=True, actor=admin, now=now)
    session.expire_all()
    standing = {one.id: one.version for one in session.scalars(select(Instrument))}
    noted = session.scalar(select(func.count()).select_from(AuditEntry))
    done = act(session, bulk.edit_many, ids, wanted, versions=standing, actor=admin, now=now)

    assert (standing, noted) == (dict.fromkeys(ids, 1), 0)
    assert [row.differences for row in tried] == [row.differences for row in done]
    assert {one.name: one.after for one in done[0].differences} == {
        "contact": {"contact_name": "", "phone": "023-1", "email": "", "postcode": ""},
        "opening_hours": "1-5 08:00-12:00",
        "horizon_days": 9,
    }


def test_records_inherit_again_and_what_is_set_is_their_own(
    session: Session, organisation: Organisation, admin: Actor, now: datetime
) -> None:
    instrument = make_instrument(session, organisation, inherits=written(INHERITABLE), policy={"horizon_days": 7})
    wanted = change(grid_minutes=15, inherit=["horizon_days", "opening_hours"])
    own = make_instrument(session, organisation, policy={"horizon_days": 7})

    rows = act(session, bulk.edit_many, [instrument.id, own.id], wanted, actor=admin, now=now)

    levels = {one.name: (one.before, one.level_before, one.after, one.level_after) for one in rows[1].differences}
    assert levels["horizon_days"] == (7, Level.INSTRUMENT, 60, Level.DEFAULT)
    session.expire_all()
    found = [names_in(session.get_one(Instrument, one.id).inherits) for one in (instrument, own)]
    assert found == [{*INHERITABLE} - {"grid_minutes"}, {"horizon_days", "opening_hours"}]


def test_stewards_are_named_on_many_records_and_told_in_one_letter_each(
    monkeypatch: pytest.MonkeyPatch,
    session: Session,
    client: FlaskClient,
    organisation: Organisation,
    admin_user: User,
    *,
    now: datetime,
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    records = [make_instrument(session, organisation) for _ in range(3)]
    anna, bo = make_user(session, "Anna"), make_user(session, "Bo")
    for one in records[:2]:
        give(session, anna, Role.STEWARD, ScopeKind.INSTRUMENT, one.id)
    give(session, bo, Role.STEWARD, ScopeKind.ORGANISATION, organisation.id)
    sign_in(client, admin_user)
    wanted = {"instrument_ids": [one.id for one in records], "primary_id": anna.id, "deputy_id": bo.id}

    tried = client.post(API, json={**wanted, "dry_run": True}).get_json()
    quiet = mailed(session, now=now)
    done = client.post(API, json=wanted).get_json()
    told = {
        (one.recipient, len(one.values["primary"]), len(one.values["deputy"])) for one in mailed(session, now=utcnow())
    }
    swapped = client.post(API, json={"instrument_ids": [records[0].id], "primary_id": bo.id}).get_json()
    sign_in(client, bo)
    steward = client.post(API, json=wanted).get_json()
    chosen = client.get(f"/catalogue/bulk?id={records[0].id}").get_data(as_text=True)

    assert (tried["changed"], tried["refused"], quiet) == (2, 1, [])
    assert (done["changed"], done["refused"], steward["refused"]) == (2, 1, 3)
    assert done["rows"][2]["refused"][0]["field"] == "primary_id"
    assert told == {(anna.email, 2, 0), (bo.email, 0, 2)}
    assert "primary_id" not in chosen
    assert {one["field"]: (one["before"], one["after"]) for one in swapped["rows"][0]["changes"]} == {
        "primary_id": (anna.id, bo.id),
        "deputy_id": (bo.id, None),
    }
    session.rollback()
    rows = select(Stewardship.instrument_id, Stewardship.rank, Stewardship.user_id).order_by(Stewardship.instrument_id)
    assert {tuple(row) for row in session.execute(rows)} == {
        (records[0].id, StewardRank.PRIMARY, bo.id),
        (records[1].id, StewardRank.PRIMARY, anna.id),
        (records[1].id, StewardRank.DEPUTY, bo.id),
    }


def test_another_institutions_records_and_those_that_moved_on_are_refused(
    session: Session, organisation: Organisation, admin: Actor, now: datetime
) -> None:
    secret: dict[str, Any] = {"name_zh": "保密仪器", "publishing_state": PublishingState.DRAFT}
    theirs = make_instrument(session, make_organisation(session), **secret)
    mine = make_instrument(session, organisation)

    rows = act(
        session,
        bulk.edit_many,
        [theirs.id, mine.id],
        change(horizon_days=9),
        versions={mine.id: 7},
        actor=admin,
        now=now,
    )

    assert [type(row.refused) for row in rows] == [NotFound, StaleVersion]
    assert rows[0].name_zh == ""
    assert set(session.scalars(select(BookingPolicy.horizon_days))) == {60}


@pytest.mark.parametrize(
    ("wanted", "fields"),
    [
        pytest.param({}, [""], id="nothing"),
        pytest.param({"horizon_days": 3, "inherit": ["horizon_days"]}, ["horizon_days"], id="set and inherited"),
        pytest.param({"phone": "1", "inherit": ["contact"]}, ["contact"], id="contact set and inherited"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(wanted: dict[str, Any], fields: list[str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        bulk.check(change(**wanted))

    assert [problem.field for problem in refused.value.problems] == fields


def test_the_pages_choose_preview_and_apply(
    session: Session, client: FlaskClient, organisation: Organisation, admin_user: User
) -> None:
    unit = Unit(organisation_id=organisation.id, name_zh="分析测试中心")
    session.add(unit)
    session.commit()
    first, second = (make_instrument(session, organisation, name_zh=name) for name in ("甲镜", "乙镜"))
    other = make_instrument(session, make_organisation(session), name_zh="外校仪器")
    sign_in(client, admin_user)
    fields = {"unit_id": str(unit.id), "needs_approval": "true", "id": [f"{first.id}:1", f"{second.id}:1"]}
    fields["change_reason"] = "部门合并"

    listed = client.get("/catalogue").get_data(as_text=True)
    chosen = client.get(f"/catalogue/bulk?all=1&id={other.id}").get_data(as_text=True)
    nothing = client.post("/catalogue/bulk/preview", data={"id": fields["id"]})
    preview = client.post("/catalogue/bulk/preview", data=fields).get_data(as_text=True)
    session.rollback()
    standing = session.scalars(select(Instrument.unit_id).order_by(Instrument.id)).all()
    report = client.post("/catalogue/bulk", data=fields).get_data(as_text=True)
    again = client.post("/catalogue/bulk", data=fields).get_data(as_text=True)

    assert f'name="id" value="{first.id}"' in listed
    assert ["甲镜" in chosen, "乙镜" in chosen, "外校仪器" in chosen] == [True, True, False]
    assert (nothing.status_code, "请至少选择一项" in nothing.get_data(as_text=True)) == (422, True)
    assert standing == [None] * 3
    assert "2 台会修改，0 台不能修改" in preview
    assert preview.count("分析测试中心") == 2
    assert 'name="change_reason" value="部门合并"' in preview
    assert "已修改 2 台，0 台没有修改" in report
    assert "已修改 0 台，2 台没有修改" in again
    session.rollback()
    assert session.scalars(select(Instrument.unit_id).order_by(Instrument.id)).all() == [unit.id, unit.id, None]


def test_the_api_edits_all_that_fit_a_filter(
    session: Session, client: FlaskClient, organisation: Organisation, admin_user: User
) -> None:
    drafts = [make_instrument(session, organisation, publishing_state=PublishingState.DRAFT) for _ in range(2)]
    make_instrument(session, organisation)
    sign_in(client, admin_user)

    tried = client.post(API, json={"filter": {"state": "draft"}, "horizon_days": 9, "dry_run": True}).get_json()
    done = client.post(API, json={"filter": {"state": "draft"}, "horizon_days": 9}).get_json()
    wrong = client.post(API, json={"instrument_ids": [drafts[0].id], "horizon_days": 0})

    assert (tried["dry_run"], tried["changed"], done["changed"], done["refused"]) == (True, 2, 2, 0)
    assert sorted(row["instrument_id"] for row in done["rows"]) == [draft.id for draft in drafts]
    assert done["rows"][0]["changes"] == [
        {"field": "horizon_days", "before": 60, "after": 9, "level_before": "instrument", "level_after": "instrument"}
    ]
    assert wrong.status_code == 422
