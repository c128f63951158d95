"""The page of an organisation, its closing days and its entry."""

from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.clock import local_date, utcnow
from models.accounts import User
from models.directory import CalendarDay, Organisation, Unit
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.directory import DayKind
from tests.counting import counting
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.people import give, make_user, sign_in


@pytest.fixture
def organisation(session: Session) -> Organisation:
    return make_organisation(session, name_zh="示例大学", website="https://example.org")


@pytest.fixture
def admin(session: Session, client: FlaskClient, organisation: Organisation) -> User:
    user = make_user(session, "admin")
    give(session, user, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, organisation.id)
    sign_in(client, user)
    return user


def tomorrow() -> date:
    """The day after today in Shanghai, which the pages take for the present."""
    return local_date(utcnow()) + timedelta(days=1)


def test_everybody_sees_what_is_published_and_nothing_else(
    session: Session, client: FlaskClient, organisation: Organisation
) -> None:
    make_instrument(session, organisation, name_zh="已发布仪器")
    make_instrument(session, organisation, name_zh="草稿仪器", publishing_state=PublishingState.DRAFT)
    make_instrument(session, organisation, name_zh="不公开仪器", publishing_state=PublishingState.WITHHELD)

    page = client.get(f"/organisations/{organisation.id}").get_data(as_text=True)

    assert "已发布的仪器（1 台）" in page
    assert [name in page for name in ("已发布仪器", "草稿仪器", "不公开仪器")] == [True, False, False]
    assert "北碚区" in page
    assert "closing-days" not in page


def test_the_page_of_an_unknown_organisation_is_not_found(client: FlaskClient) -> None:
    assert client.get("/organisations/4711").status_code == 404


def test_the_page_takes_as_many_statements_with_one_instrument_as_with_forty(
    session: Session, client: FlaskClient, organisation: Organisation
) -> None:
    make_instrument(session, organisation)
    with counting() as few:
        client.get(f"/organisations/{organisation.id}")
    for _number in range(40):
        make_instrument(session, organisation)
    with counting() as many:
        client.get(f"/organisations/{organisation.id}")

    assert few.texts == many.texts


def test_an_administrator_adds_and_removes_a_closing_day(
    session: Session, client: FlaskClient, organisation: Organisation, admin: User
) -> None:
    address = f"/organisations/{organisation.id}/closing-days"

    answer = client.post(address, data={"first_day": tomorrow().isoformat(), "name_zh": "停电检修"})
    listed = client.get(address).get_data(as_text=True)
    day = session.scalars(select(CalendarDay)).one()
    client.post(f"{address}/{day.id}/remove")

    session.rollback()
    assert answer.status_code == 303
    assert "停电检修" in listed
    assert session.scalars(select(CalendarDay)).all() == []


def test_national_days_are_shown_and_cannot_be_removed_here(
    session: Session, client: FlaskClient, organisation: Organisation, admin: User
) -> None:
    national = CalendarDay(day=tomorrow(), kind=DayKind.PUBLIC_HOLIDAY, name_zh="国庆节", is_confirmed=False)
    session.add(national)
    session.commit()

    page = client.get(f"/organisations/{organisation.id}/closing-days").get_data(as_text=True)
    answer = client.post(f"/organisations/{organisation.id}/closing-days/{national.id}/remove")

    assert "尚未公布，暂按推算" in page
    assert f"/{national.id}/remove" not in page
    assert answer.status_code == 404
    assert len(session.scalars(select(CalendarDay)).all()) == 1


def test_a_wrong_closure_comes_back_filled_in(
    session: Session, client: FlaskClient, organisation: Organisation, admin: User
) -> None:
    form = {"first_day": tomorrow().isoformat(), "last_day": "2020-01-01", "name_zh": "校庆"}

    answer = client.post(f"/organisations/{organisation.id}/closing-days", data=form)

    assert answer.status_code == 422
    assert 'value="校庆"' in answer.get_data(as_text=True)
    assert session.scalars(select(CalendarDay)).all() == []


def test_others_neither_see_nor_change_the_closing_days_page(session: Session, client: FlaskClient) -> None:
    organisation = make_organisation(session)
    researcher = make_user(session)
    sign_in(client, researcher)
    form = {"first_day": tomorrow().isoformat(), "name_zh": "停电"}

    answers = [
        client.get(f"/organisations/{organisation.id}/closing-days"),
        client.post(f"/organisations/{organisation.id}/closing-days", data=form),
        client.get(f"/organisations/{organisation.id}/edit"),
        client.post(f"/organisations/{organisation.id}/units", data={"name_zh": "学院"}),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4
    assert session.scalars(select(CalendarDay)).all() == []


@pytest.mark.parametrize(("role", "changes_all"), [(Role.INSTITUTION_ADMIN, False), (Role.PLATFORM_ADMIN, True)])
def test_the_entry_is_edited_and_what_was_verified_only_by_the_platform(
    session: Session, client: FlaskClient, organisation: Organisation, role: Role, *, changes_all: bool
) -> None:
    editor = make_user(session, "editor")
    scope = (ScopeKind.PLATFORM, None) if changes_all else (ScopeKind.ORGANISATION, organisation.id)
    give(session, editor, role, *scope)
    sign_in(client, editor)
    form = {"version": "1", "name_zh": "示例大学", "kind": "university", "country": "CN", "adcode": "500109"}
    address, number = f"/organisations/{organisation.id}/edit", {"uscc": "91110000600037341L"}

    shown = client.get(address).text
    wrong = client.post(address, data=form | {"uscc": "911100006000373410"})
    right = client.post(address, data=form | (number if changes_all else {}) | {"name_en": "Early"})
    stale = client.post(address, data=form | {"name_en": "Late"})

    session.rollback()
    session.expire_all()
    found = session.get_one(Organisation, organisation.id)
    assert ("请联系平台管理员" in shown, 'id="field-uscc"' in shown) == (not changes_all, changes_all)
    assert (wrong.status_code, "problems-uscc" in wrong.text) == (422, changes_all)
    assert right.headers["Location"] == address.removesuffix("/edit")
    assert (stale.status_code, 'value="Late"' in stale.text) == (409, True)
    assert (found.name_en, found.uscc) == ("Early", number["uscc"] if changes_all else None)


def test_units_are_added_by_the_institution(
    session: Session, client: FlaskClient, organisation: Organisation, admin: User
) -> None:
    address = f"/organisations/{organisation.id}/units"

    client.post(address, data={"name_zh": "材料学院"})
    again = client.post(address, data={"name_zh": "材料学院"})

    assert (again.status_code, "这个部门已经登记。" in again.get_data(as_text=True)) == (422, True)
    assert session.scalars(select(Unit.name_zh)).all() == ["材料学院"]


ENTRY = {"name_zh": "新示例研究院", "kind": "research_institute", "country": "CN", "adcode": "500109"}


def test_anybody_finds_organisations_by_words_and_province_and_sees_how_much_they_have_published(
    session: Session, client: FlaskClient, organisation: Organisation
) -> None:
    make_instrument(session, organisation)
    make_instrument(session, organisation, publishing_state=PublishingState.DRAFT)
    other = make_organisation(session, name_zh="蓉城研究所", name_en="Rongcheng Institute 100%", adcode="510704")

    def found(**query: str) -> list[int]:
        page = client.get("/organisations", query_string=query)
        assert page.status_code == 200
        return [one for one in (organisation.id, other.id) if f'href="/organisations/{one}"' in page.text]

    assert found() == [organisation.id, other.id]
    assert found(q="RONGCHENG inst") == [other.id]
    assert found(q="100%") == [other.id]
    assert found(q="_") == []
    assert found(province="500000") == [organisation.id]
    assert found(q="蓉城", province="500000") == []
    assert 'class="number">1<' in client.get("/organisations", query_string={"q": "示例大学"}).text


def test_a_province_that_is_none_is_named_at_its_field(client: FlaskClient) -> None:
    page = client.get("/organisations?province=chongqing&q=kept")

    assert page.status_code == 422
    assert 'href="#field-province"' in page.text
    assert 'value="kept"' in page.text


def test_the_api_lists_organisations_page_by_page(session: Session, client: FlaskClient) -> None:
    made = [make_organisation(session).id for _ in range(3)]

    first = client.get("/api/v1/organisations?limit=2").get_json()
    second = client.get(f"/api/v1/organisations?limit=2&cursor={first['next_cursor']}").get_json()

    assert [one["id"] for page in (first, second) for one in page["items"]] == made
    assert second["next_cursor"] is None


def test_the_platform_adds_an_organisation_once_however_often_the_form_is_sent(
    session: Session, client: FlaskClient
) -> None:
    platform = make_user(session, "platform")
    give(session, platform, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    sign_in(client, platform)

    answers = [client.post("/organisations/new", data={**ENTRY, "idempotency_key": "key"}) for _ in range(2)]

    made = session.scalars(select(Organisation).where(Organisation.name_zh == ENTRY["name_zh"])).all()
    assert [(answer.status_code, answer.location) for answer in answers] == [(303, f"/organisations/{made[0].id}")] * 2
    assert len(made) == 1
    assert 'href="/organisations/new"' in client.get("/organisations").text


@pytest.mark.parametrize(
    ("typed", "field"),
    [({"name_zh": "示例大学"}, "name_zh"), ({"adcode": ""}, "adcode"), ({"uscc": "123"}, "uscc")],
)
def test_a_new_organisation_with_a_mistake_comes_back_with_what_was_typed(
    session: Session, client: FlaskClient, organisation: Organisation, typed: dict[str, str], field: str
) -> None:
    platform = make_user(session, "platform")
    give(session, platform, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    sign_in(client, platform)

    page = client.post("/organisations/new", data={**ENTRY, "website": "https://kept.example", **typed})

    assert page.status_code == 422
    assert f'href="#field-{field}"' in page.text
    assert 'value="https://kept.example"' in page.text
    assert session.scalars(select(Organisation)).all() == [organisation]


def test_an_institutions_admin_adds_no_organisation(session: Session, client: FlaskClient, admin: User) -> None:
    answers = [client.get("/organisations/new"), client.post("/organisations/new", data=ENTRY)]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert "/organisations/new" not in client.get("/organisations").text
