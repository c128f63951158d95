"""The pages of the catalogue, as a browser without script uses them."""

from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.catalogue import queries
from models.accounts import User
from models.catalogue import BookingPolicy, Instrument, OpeningHours, TestItem
from models.directory import Organisation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.catalogue import BookingMode, ContactVisibility, PublishingState
from tests.counting import counting
from tests.factories.instruments import make_instrument
from tests.factories.people import give, make_user, sign_in

TABS = ("edit", "place", "booking", "test-items", "publishing")


@pytest.fixture
def admin(client: FlaskClient, admin_user: User) -> User:
    sign_in(client, admin_user)
    return admin_user


def stored(session: Session, instrument: Instrument) -> Instrument:
    """The record as the database has it now."""
    session.rollback()
    session.expire_all()
    return session.get_one(Instrument, instrument.id)


def test_the_list_shows_ones_own_drafts_and_no_others(
    session: Session, client: FlaskClient, organisation: Organisation, admin: User
) -> None:
    make_instrument(session, organisation, name_zh="本校草稿", publishing_state=PublishingState.DRAFT)
    make_instrument(session, name_zh="他校草稿", publishing_state=PublishingState.DRAFT)

    page = client.get("/catalogue").get_data(as_text=True)

    assert "本校草稿" in page
    assert "还缺 5 项" in page
    assert "他校草稿" not in page


def test_the_list_filters_by_state_and_words(
    session: Session, client: FlaskClient, organisation: Organisation, admin: User
) -> None:
    make_instrument(session, organisation, name_zh="甲 100% 草稿", publishing_state=PublishingState.DRAFT)
    make_instrument(session, organisation, name_zh="乙已发布")

    drafts = client.get("/catalogue?state=draft").get_data(as_text=True)
    percent = client.get("/catalogue?q=100%25").get_data(as_text=True)

    assert ("甲 100% 草稿" in drafts, "乙已发布" in drafts) == (True, False)
    assert ("甲 100% 草稿" in percent, "乙已发布" in percent) == (True, False)
    assert client.get("/catalogue?state=secret").status_code == 422


def test_the_list_takes_as_many_statements_with_one_record_as_with_thirty(
    session: Session, client: FlaskClient, organisation: Organisation, admin: User
) -> None:
    make_instrument(session, organisation)
    client.get("/catalogue")
    with counting() as few:
        client.get("/catalogue")
    for number in range(30):
        make_instrument(session, organisation, name_zh=f"第 {number} 台")
    with counting() as many:
        client.get("/catalogue")

    assert few.texts == many.texts


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_shows_the_record_to_its_people_only(
    session: Session, client: FlaskClient, organisation: Organisation, admin: User, tab: str
) -> None:
    mine = make_instrument(session, organisation, name_zh="本校草稿", publishing_state=PublishingState.DRAFT)
    theirs = make_instrument(session, name_zh="他校草稿", publishing_state=PublishingState.DRAFT)
    public = make_instrument(session, name_zh="他校已发布")

    answers = [client.get(f"/catalogue/{instrument.id}/{tab}") for instrument in (mine, theirs, public)]

    assert [answer.status_code for answer in answers] == [200, 404, 403]
    assert "他校草稿" not in answers[1].get_data(as_text=True)


def test_a_stranger_is_sent_to_sign_in(client: FlaskClient, session: Session) -> None:
    instrument = make_instrument(session)

    answer = client.get(f"/catalogue/{instrument.id}/edit")

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/sign-in")


def test_a_new_record_is_made_once_however_often_the_form_is_sent(
    session: Session, client: FlaskClient, organisation: Organisation, admin: User
) -> None:
    form = {"organisation_id": str(organisation.id), "name_zh": "新仪器", "idempotency_key": "once"}

    first, second = client.post("/catalogue/new", data=form), client.post("/catalogue/new", data=form)

    made = session.scalars(select(Instrument)).one()
    assert first.headers["Location"] == second.headers["Location"] == f"/catalogue/{made.id}/edit"
    assert made.publishing_state == PublishingState.DRAFT


def test_a_new_record_without_a_name_comes_back_filled_in(
    session: Session, client: FlaskClient, organisation: Organisation, admin: User
) -> None:
    form = {"organisation_id": str(organisation.id), "inner_id": "A-<1>", "idempotency_key": "k"}

    answer = client.post("/catalogue/new", data=form)

    assert answer.status_code == 422
    assert "请填写中文或英文名称。" in answer.get_data(as_text=True)
    assert "A-&lt;1&gt;" in answer.get_data(as_text=True)
    assert session.scalar(select(func.count()).select_from(Instrument)) == 0


def test_the_record_is_saved_and_what_was_cleared_is_empty(
    session: Session, client: FlaskClient, organisation: Organisation, admin: User
) -> None:
    draft = make_instrument(session, organisation, publishing_state=PublishingState.DRAFT, manufacturer="旧厂")
    form = {"version": "1", "name_zh": "新名", "original_value_wan": "185.5", "kind": "general", "country": "jp"}

    answer = client.post(f"/catalogue/{draft.id}/edit", data=form)

    found = stored(session, draft)
    assert answer.headers["Location"] == f"/catalogue/{draft.id}/edit"
    assert (found.name_zh, found.original_value_fen, found.country) == ("新名", 185_500_000, "JP")
    assert (found.manufacturer, found.class_code, found.version) == ("", None, 2)


def test_wrong_values_come_back_at_their_fields_and_nothing_is_stored(
    session: Session, client: FlaskClient, organisation: Organisation, admin: User
) -> None:
    draft = make_instrument(session, organisation, publishing_state=PublishingState.DRAFT)
    form = {"version": "1", "name_zh": "新名", "original_value_wan": "1,5", "url": "javascript:alert(1)"}

    answer = client.post(f"/catalogue/{draft.id}/edit", data=form)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'id="problems-original_value_wan"' in page
    assert 'id="problems-url"' in page
    assert 'value="1,5"' in page
    assert stored(session, draft).version == 1


def test_a_stale_form_says_so_and_keeps_what_was_typed(
    session: Session, client: FlaskClient, organisation: Organisation, admin: User
) -> None:
    draft = make_instrument(session, organisation, publishing_state=PublishingState.DRAFT, version=3)

    answer = client.post(f"/catalogue/{draft.id}/edit", data={"version": "2", "name_zh": "我的改名"})

    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "已被他人修改" in page
    assert 'value="我的改名"' in page
    assert 'name="version" value="3"' in page
    assert stored(session, draft).name_zh == "场发射扫描电子显微镜"


def test_place_and_contact_are_saved(
    session: Session, client: FlaskClient, organisation: Organisation, admin: User
) -> None:
    draft = make_instrument(session, organisation, publishing_state=PublishingState.DRAFT)
    form = {"version": "1", "adcode": "500106", "street": "A 楼 101", "phone": "023-68250000", "postcode": "400715"}

    client.post(f"/catalogue/{draft.id}/place", data=form)
    refused = client.post(f"/catalogue/{draft.id}/place", data={"email": "nobody", "latitude": "91"})

    found = stored(session, draft)
    assert (found.adcode, found.street, found.phone, found.postcode) == ("500106", "A 楼 101", "023-68250000", "400715")
    assert refused.status_code == 422


def test_booking_elsewhere_needs_an_address(
    session: Session, client: FlaskClient, organisation: Organisation, admin: User
) -> None:
    instrument = make_instrument(session, organisation, booking_mode=BookingMode.ON_REQUEST)

    refused = client.post(f"/catalogue/{instrument.id}/booking-mode", data={"booking_mode": "elsewhere"})
    form = {"booking_mode": "elsewhere", "booking_url": "https://lab.example.org/book"}
    client.post(f"/catalogue/{instrument.id}/booking-mode", data=form)

    assert (refused.status_code, "请填写机主预约系统的网址。" in refused.get_data(as_text=True)) == (422, True)
    assert stored(session, instrument).booking_url == "https://lab.example.org/book"


def test_policy_hours_and_capacity_are_saved_each_by_itself(
    session: Session, client: FlaskClient, organisation: Organisation, admin: User
) -> None:
    instrument = make_instrument(session, organisation)
    numbers = {"grid_minutes": "15", "shortest_minutes": "15", "longest_minutes": "60", "horizon_days": "30"}

    client.post(f"/catalogue/{instrument.id}/policy", data=numbers | {"allows_assisted": "1"})
    client.post(f"/catalogue/{instrument.id}/opening-hours", data={"opening_hours": "1-5 09:00-18:00"})
    client.post(f"/catalogue/{instrument.id}/lanes", data={"capacity": "3"})
    unclear = client.post(f"/catalogue/{instrument.id}/opening-hours", data={"opening_hours": "周一全天"})

    session.rollback()
    session.expire_all()
    policy = session.get_one(BookingPolicy, instrument.id)
    assert (policy.grid_minutes, policy.allows_self, policy.allows_assisted) == (15, False, True)
    assert session.scalar(select(func.count()).select_from(OpeningHours)) == 5
    assert queries.lanes_of(session, instrument.id)[0].capacity == 3
    assert (unclear.status_code, "周一全天" in unclear.get_data(as_text=True)) == (422, True)


def test_shared_parts_are_made_joined_and_left(
    session: Session, client: FlaskClient, organisation: Organisation, admin: User
) -> None:
    first, second = make_instrument(session, organisation), make_instrument(session, organisation)

    client.post(f"/catalogue/{first.id}/shared-groups", data={"name": "能谱探头", "idempotency_key": "g"})
    (group,) = queries.shared_groups(session, organisation.id)
    client.post(f"/catalogue/{second.id}/shared-groups/join", data={"lane_group_id": str(group.id)})
    client.post(f"/catalogue/{first.id}/shared-groups/{group.id}/leave")

    session.rollback()
    session.expire_all()
    assert [len(queries.lanes_of(session, instrument.id)) for instrument in (first, second)] == [1, 2]


def test_test_items_are_added_changed_moved_and_removed(
    session: Session, client: FlaskClient, organisation: Organisation, admin: User
) -> None:
    instrument = make_instrument(session, organisation)
    address = f"/catalogue/{instrument.id}/test-items"

    for name in ("甲", "乙"):
        client.post(address, data={"name_zh": name, "report_mark": "none", "idempotency_key": name})
    first, second = [item.id for item in queries.test_items_of(session, instrument.id)]
    client.post(f"{address}/{second}/move", data={"places": "-1"})
    client.post(f"{address}/{second}", data={"name_zh": "丙", "report_mark": "cnas"})
    client.post(f"{address}/{first}/remove")
    unnamed = client.post(address, data={"standard": "GB/T 1", "report_mark": "none"})

    session.rollback()
    session.expire_all()
    found = queries.test_items_of(session, instrument.id)
    assert [(item.name_zh, item.report_mark.value) for item in found] == [("丙", "cnas")]
    assert unnamed.status_code == 422
    assert client.get(f"{address}/{second}").status_code == 200
    assert client.get(f"{address}/{first}").status_code == 404


def test_an_incomplete_record_is_not_submitted_and_says_what_is_missing(
    session: Session, client: FlaskClient, organisation: Organisation, admin: User
) -> None:
    draft = make_instrument(session, organisation, publishing_state=PublishingState.DRAFT)

    answer = client.post(f"/catalogue/{draft.id}/submit")

    assert answer.status_code == 422
    assert "收费说明" in answer.get_data(as_text=True)
    assert stored(session, draft).publishing_state == PublishingState.DRAFT


def test_a_steward_sees_no_button_to_withhold_and_cannot_post_it(
    session: Session, client: FlaskClient, organisation: Organisation
) -> None:
    shown = make_instrument(session, organisation)
    steward = make_user(session, "steward")
    give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, shown.id)
    sign_in(client, steward)

    page = client.get(f"/catalogue/{shown.id}/publishing").get_data(as_text=True)
    answer = client.post(f"/catalogue/{shown.id}/withhold", data={"reason": "x"})

    assert "/withhold" not in page
    assert answer.status_code == 403


def test_sharing_and_visibility_are_saved(
    session: Session, client: FlaskClient, organisation: Organisation, admin: User
) -> None:
    instrument = make_instrument(session, organisation, publishing_state=PublishingState.DRAFT)

    client.post(f"/catalogue/{instrument.id}/sharing", data={"running_state": "to_repair", "share_mode": "internal"})
    visible = {"contact_visibility": "signed_in", "hides_position": "1"}
    client.post(f"/catalogue/{instrument.id}/visibility", data=visible)
    refused = client.post(f"/catalogue/{instrument.id}/sharing", data={"running_state": "normal", "share_mode": "none"})

    found = stored(session, instrument)
    assert (found.running_state.value, found.share_mode.value) == ("to_repair", "internal")
    assert (found.contact_visibility, found.hides_position, found.hides_free_time) == (
        ContactVisibility.SIGNED_IN,
        True,
        False,
    )
    assert refused.status_code == 422


def test_every_edit_page_is_there_in_english(
    session: Session, client: FlaskClient, organisation: Organisation, admin: User
) -> None:
    instrument = make_instrument(session, organisation)

    pages = [client.get(f"/catalogue/{instrument.id}/{tab}?lang=en") for tab in TABS]

    assert [page.status_code for page in pages] == [200] * len(TABS)
    assert all('lang="en"' in page.get_data(as_text=True) for page in pages)


def test_unfinished_business_of_other_people_is_refused(
    session: Session, client: FlaskClient, organisation: Organisation, admin: User, now: datetime
) -> None:
    theirs = make_instrument(session, publishing_state=PublishingState.DRAFT)
    posts = ("edit", "place", "booking-mode", "policy", "opening-hours", "lanes", "shared-groups", "test-items")

    answers = [client.post(f"/catalogue/{theirs.id}/{part}", data={"name_zh": "x"}) for part in posts]

    assert [answer.status_code for answer in answers] == [404] * len(posts)
    assert stored(session, theirs).version == 1
    assert session.scalar(select(func.count()).select_from(TestItem)) == 0
