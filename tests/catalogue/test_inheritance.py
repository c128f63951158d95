"""What is set once on an institution or a unit, and which instruments follow it."""

from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.catalogue import service, sharing, timetable
from booking.catalogue.forms import NewInstrument
from booking.catalogue.inheritance import (
    DEFAULTS,
    INHERITABLE,
    POLICY,
    POLICY_DEFAULTS,
    Above,
    Level,
    Settings,
    names_in,
    policy_in_effect,
    resolved,
    written,
)
from booking.catalogue.rules import read_hours
from booking.catalogue.sharing_forms import SettingsForm
from booking.catalogue.timetable_forms import PolicyForm
from booking.core.actors import Actor
from booking.core.errors import Forbidden, InvalidInput, StaleVersion
from booking.directory.forms import UnitForm
from booking.reservations.refusals import ReservationRefused
from booking.reservations.rules import Terms
from models.accounts import AuditEntry
from models.catalogue import Instrument, SharedSettings
from models.directory import Organisation, Unit
from models.listings import InstrumentListing
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.catalogue import PublishingState
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.people import actor_for, give, make_user, sign_in
from tests.reservations.acting import act, at, book, codes

EVERYTHING = written(INHERITABLE)
CONTACT: dict[str, Any] = {"contact_name": "分析测试中心", "phone": "023-68250000", "email": "centre@example.org"}
API = "/api/v1"


@pytest.fixture
def unit(session: Session, organisation: Organisation) -> Unit:
    unit = Unit(organisation_id=organisation.id, name_zh="分析测试中心", name_en="Analysis Centre")
    session.add(unit)
    session.commit()
    return unit


def actor_with(session: Session, role: Role, kind: ScopeKind, scope_id: int, now: datetime) -> Actor:
    user = make_user(session, f"{role}{kind}{scope_id}")
    give(session, user, role, kind, scope_id)
    return actor_for(session, user, now=now)


@pytest.fixture
def admin(session: Session, organisation: Organisation, now: datetime) -> Actor:
    return actor_with(session, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, organisation.id, now)


@pytest.fixture
def unit_steward(session: Session, unit: Unit, now: datetime) -> Actor:
    return actor_with(session, Role.STEWARD, ScopeKind.UNIT, unit.id, now)


numbers = st.dictionaries(st.sampled_from(POLICY), st.integers(1, 900), max_size=6)
names = st.frozensets(st.sampled_from(POLICY))


@given(st.fixed_dictionaries(dict.fromkeys(POLICY, st.integers(1, 900))), names, numbers, numbers)
def test_a_value_is_its_own_unless_inherited_and_then_the_nearest_that_is_set(
    own: dict[str, int], inherited: frozenset[str], unit: dict[str, int], owner: dict[str, int]
) -> None:
    above = Above(Settings.of(unit), Settings.of(owner))

    found = policy_in_effect(own, inherited, above)

    for name in POLICY:
        if name not in inherited:
            expected: tuple[Any, Level] = (own[name], Level.INSTRUMENT)
        elif name in unit:
            expected = (unit[name], Level.UNIT)
        elif name in owner:
            expected = (owner[name], Level.ORGANISATION)
        else:
            expected = (DEFAULTS[name], Level.DEFAULT)
        assert resolved(name, own[name], inherited, above) == expected
        assert found[name] == expected[0]


@given(names)
def test_what_is_inherited_is_written_and_read_again(inherited: frozenset[str]) -> None:
    assert names_in(written(inherited)) == inherited


def test_the_defaults_are_the_same_everywhere() -> None:
    assert PolicyForm().model_dump() == POLICY_DEFAULTS
    assert {name: getattr(Terms(), name) for name in POLICY if name != "slots"} == {
        name: value for name, value in POLICY_DEFAULTS.items() if name != "slots"
    }


def test_bookings_follow_what_the_unit_sets_and_an_instrument_keeps_what_is_its_own(
    session: Session, organisation: Organisation, unit: Unit, unit_steward: Actor, *, now: datetime
) -> None:
    following = make_instrument(session, organisation, unit_id=unit.id, inherits=EVERYTHING, hours=())
    stubborn = make_instrument(session, organisation, unit_id=unit.id)
    form = SettingsForm(opening_hours="1-7 09:00-12:00", grid_minutes=60, shortest_minutes=60, longest_minutes=120)

    act(session, sharing.edit_settings, (organisation.id, unit.id), form, actor=unit_steward, now=now)

    with pytest.raises(ReservationRefused) as refused:
        book(session, following, at(11, 90), unit_steward, now)
    assert codes(refused.value) == ["off_grid", "closed"]
    book(session, following, at(10, 120), unit_steward, now)
    book(session, stubborn, at(20, 30), unit_steward, now)
    listed = dict(session.execute(select(InstrumentListing.instrument_id, InstrumentListing.opening_hours)).all())
    assert listed == {following.id: "1:540-720 2:540-720 3:540-720 4:540-720 5:540-720 6:540-720 7:540-720"}


def test_the_unit_comes_before_the_institution_and_both_before_the_default(
    session: Session, organisation: Organisation, unit: Unit, admin: Actor, client: FlaskClient, *, now: datetime
) -> None:
    instrument = make_instrument(session, organisation, unit_id=unit.id, inherits=EVERYTHING, hours=())
    wide = SettingsForm(horizon_days=14, notice_minutes=120, **CONTACT)
    act(session, sharing.edit_settings, (organisation.id, None), wide, actor=admin, now=now)
    narrow = SettingsForm(horizon_days=7, opening_hours="1-5 08:00-18:00")
    act(session, sharing.edit_settings, (organisation.id, unit.id), narrow, actor=admin, now=now)

    record = client.get(f"{API}/instruments/{instrument.id}").get_json()
    page = client.get(f"/instruments/{instrument.id}").get_data(as_text=True)

    shown = {name: (found["value"], found["from"]["level"]) for name, found in record["effective"].items()}
    assert shown["horizon_days"] == (7, "unit")
    assert shown["notice_minutes"] == (120, "organisation")
    assert shown["grid_minutes"] == (30, "default")
    assert shown["opening_hours"] == ("1-5 08:00-18:00", "unit")
    assert record["policy"]["horizon_days"] == 7
    assert record["contact"]["phone"] == CONTACT["phone"]
    assert "来自 分析测试中心" in page
    assert CONTACT["phone"] in page


def test_a_contact_that_is_for_signed_in_people_stays_so_when_inherited(
    session: Session, organisation: Organisation, admin: Actor, client: FlaskClient, now: datetime
) -> None:
    instrument = make_instrument(session, organisation, inherits=EVERYTHING)
    form = SettingsForm(**CONTACT, contact_visibility="signed_in")
    act(session, sharing.edit_settings, (organisation.id, None), form, actor=admin, now=now)

    answers = [
        client.get(f"{API}/instruments/{instrument.id}"),
        client.get(f"/instruments/{instrument.id}"),
        client.get(f"{API}/instruments/{instrument.id}", headers={"Accept": "application/vnd.pidinst+json"}),
    ]

    assert [CONTACT["phone"] in answer.get_data(as_text=True) for answer in answers] == [False] * 3
    assert [CONTACT["email"] in answer.get_data(as_text=True) for answer in answers] == [False] * 3


def test_a_new_record_inherits_and_an_old_one_can_again(
    session: Session, organisation: Organisation, admin: Actor, now: datetime
) -> None:
    new = NewInstrument(organisation_id=organisation.id, name_zh="新仪器", phone="023-1")
    made = act(session, service.create_instrument, new, actor=admin, now=now)
    old = make_instrument(session, organisation)

    act(session, service.inherit_again, old.id, ["opening_hours", "contact"], actor=admin, now=now)
    act(session, timetable.edit_policy, made.id, PolicyForm(), inherit=["horizon_days"], actor=admin, now=now)
    act(session, timetable.edit_opening_hours, old.id, read_hours("1 09:00-10:00"), actor=admin, now=now)

    session.expire_all()
    assert names_in(session.get_one(Instrument, old.id).inherits) == {"contact"}
    assert names_in(session.get_one(Instrument, made.id).inherits) == {
        "horizon_days",
        "opening_hours",
        "contact_visibility",
    }


def test_what_would_not_fit_an_instrument_below_is_refused_and_not_stored(
    session: Session, organisation: Organisation, admin: Actor, now: datetime
) -> None:
    make_instrument(
        session, organisation, inherits="shortest_minutes", policy={"longest_minutes": 60}, name_zh="快速离心机"
    )
    filled: dict[str, Any] = {
        "functions_zh": "形貌",
        "user_rules_zh": "须预约",
        "fees_zh": "按机时",
        "adcode": "500109",
    }
    make_instrument(session, organisation, inherits="contact", **filled)
    act(session, sharing.edit_settings, (organisation.id, None), SettingsForm(**CONTACT), actor=admin, now=now)

    with pytest.raises(InvalidInput) as refused:
        act(
            session,
            sharing.edit_settings,
            (organisation.id, None),
            SettingsForm(shortest_minutes=90),
            actor=admin,
            now=now,
        )

    assert {problem.field for problem in refused.value.problems} == {"longest_minutes", "contact_name", "phone"}
    assert session.scalars(select(SharedSettings.policy)).all() == [{}]


@pytest.mark.parametrize("level", ["unit", "organisation", "other unit"])
def test_a_unit_level_steward_edits_only_the_unit(
    session: Session, organisation: Organisation, unit: Unit, unit_steward: Actor, *, now: datetime, level: str
) -> None:
    other = Unit(organisation_id=organisation.id, name_zh="他系")
    session.add(other)
    session.commit()
    place = {
        "unit": (organisation.id, unit.id),
        "organisation": (organisation.id, None),
        "other unit": (organisation.id, other.id),
    }[level]

    def edit() -> None:
        act(session, sharing.edit_settings, place, SettingsForm(horizon_days=5), actor=unit_steward, now=now)

    if level == "unit":
        edit()
    else:
        with pytest.raises(Forbidden):
            edit()

    assert session.scalar(select(func.count()).select_from(SharedSettings)) == (1 if level == "unit" else 0)


def test_an_admin_of_another_institution_edits_neither_level(
    session: Session, organisation: Organisation, unit: Unit, now: datetime
) -> None:
    other = actor_with(session, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, make_organisation(session).id, now)

    for place in ((organisation.id, None), (organisation.id, unit.id)):
        with pytest.raises(Forbidden):
            act(session, sharing.edit_settings, place, SettingsForm(horizon_days=5), actor=other, now=now)
    with pytest.raises(Forbidden):
        act(session, sharing.rename_unit, unit.id, UnitForm(name_zh="夺来的中心"), actor=other, now=now)

    assert session.scalar(select(func.count()).select_from(SharedSettings)) == 0


def test_a_unit_is_renamed_once_per_version_and_listed_again(
    session: Session, organisation: Organisation, unit: Unit, unit_steward: Actor, client: FlaskClient, *, now: datetime
) -> None:
    instrument = make_instrument(session, organisation, unit_id=unit.id)
    form = UnitForm(name_zh="极低温中心")

    act(session, sharing.rename_unit, unit.id, form, actor=unit_steward, now=now, expected_version=1)
    with pytest.raises(StaleVersion):
        act(session, sharing.rename_unit, unit.id, form, actor=unit_steward, now=now, expected_version=1)

    found = client.get(f"{API}/instruments?q=极低温").get_json()
    assert [item["id"] for item in found["items"]] == [instrument.id]
    actions = session.scalars(select(AuditEntry.action)).all()
    assert actions == ["directory.unit_renamed"]


def test_the_pages_of_unit_and_institution_set_and_show_again(
    session: Session, organisation: Organisation, unit: Unit, client: FlaskClient
) -> None:
    user = make_user(session, "boss")
    give(session, user, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, organisation.id)
    steward = make_user(session, "keeper")
    give(session, steward, Role.STEWARD, ScopeKind.UNIT, unit.id)
    sign_in(client, user)
    draft = make_instrument(
        session, organisation, unit_id=unit.id, inherits=EVERYTHING, publishing_state=PublishingState.DRAFT
    )
    address = f"/units/{unit.id}"

    page = client.get(f"{address}/edit").get_data(as_text=True)
    wrong = client.post(f"{address}/settings", data={"version": "0", "horizon_days": "0", "phone": "023-77"})
    right = client.post(f"{address}/settings", data={"version": "0", "horizon_days": "9", "needs_approval": "true"})
    stale = client.post(f"{address}/settings", data={"version": "0", "horizon_days": "8"})
    whole = client.post(f"/organisations/{organisation.id}/settings", data={"version": "0", "notice_minutes": "60"})
    form = client.get(f"/catalogue/{draft.id}/booking").get_data(as_text=True)
    client.post(f"/catalogue/{draft.id}/policy", data={"allows_self": "1", "inherits_horizon_days": "1"})

    assert "Keeper" in page
    assert (wrong.status_code, 'value="023-77"' in wrong.get_data(as_text=True)) == (422, True)
    assert (right.status_code, stale.status_code, whole.status_code) == (303, 409, 303)
    assert "9（来自 分析测试中心）" in form
    assert "60（来自 示例大学" in form
    session.expire_all()
    names = names_in(session.get_one(Instrument, draft.id).inherits)
    assert names == {"horizon_days", "opening_hours", "contact", "contact_visibility"}
    stored = session.scalars(select(SharedSettings.policy).order_by(SharedSettings.id)).all()
    assert stored == [{"horizon_days": 9, "needs_approval": True}, {"notice_minutes": 60}]
