from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts.sights import Sight
from booking.core.clock import local_date, utcnow
from models.accounts import AuditEntry, Grant, User
from models.catalogue import Instrument
from models.vocabulary.accounts import Role, ScopeKind
from tests.factories.instruments import make_instrument
from tests.factories.looking import count, look_again
from tests.factories.people import give, make_user, sign_in

TODAY = local_date(utcnow())


@pytest.fixture
def instrument(session: Session) -> Instrument:
    return make_instrument(session)


@pytest.fixture
def admin(client: FlaskClient, session: Session, instrument: Instrument) -> User:
    user = make_user(session, "admin")
    give(session, user, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, instrument.organisation_id)
    sign_in(client, user)
    return user


def place_of(instrument: Instrument) -> str:
    return f"/grants/organisation/{instrument.organisation_id}"


def test_an_admin_gives_a_role_by_address_and_sees_by_whom(
    client: FlaskClient, session: Session, instrument: Instrument, admin: User
) -> None:
    make_user(session, "newcomer")
    form = {"email": " Newcomer@Example.org", "role": "technician", "ends_on": (TODAY + timedelta(days=9)).isoformat()}
    form["change_reason"] = "接替出国的同事"

    answer = client.post(f"/grants/instrument/{instrument.id}", data=form)
    page = client.get(place_of(instrument)).get_data(as_text=True)
    history = client.get(f"{place_of(instrument)}/history").get_data(as_text=True)

    assert answer.status_code == 303
    assert ("newcomer@example.org" in page, "由 Admin 授予" in page, "Newcomer" in history) == (True, True, True)
    assert '<p class="small preserve-lines">接替出国的同事</p>' in history


def test_an_address_without_an_account_is_named_at_its_field_and_kept(
    client: FlaskClient, session: Session, instrument: Instrument, admin: User
) -> None:
    make_user(session, "unconfirmed", confirmed_at=None)
    give(session, make_user(session, "listed"), Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)

    for name in ("nobody", "unconfirmed"):
        form = {"email": f"{name}@example.org", "role": "technician", "change_reason": "新岗位"}
        answer = client.post(place_of(instrument), data=form)
        page = answer.get_data(as_text=True)

        assert answer.status_code == 422
        assert ("没有使用这个邮箱的账户。" in page, f'value="{name}@example.org"' in page) == (True, True)
        assert ('value="新岗位"' in page, "listed@example.org" in page) == (True, False)
    assert count(session, Grant) == 2


def test_the_form_for_ending_asks_for_a_successor_and_takes_one(
    client: FlaskClient, session: Session, instrument: Instrument, admin: User
) -> None:
    steward, heir = make_user(session, "steward"), make_user(session, "heir")
    grant = give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    form = {"last_day": TODAY.isoformat(), "reason": "退休"}

    page = client.get(f"/grants/{grant.id}/end").get_data(as_text=True)
    refused = client.post(f"/grants/{grant.id}/end", data=form)
    accepted = client.post(f"/grants/{grant.id}/end", data={**form, "successor": heir.email})

    assert (refused.status_code, accepted.status_code) == (409, 303)
    assert "请指定接任者" in refused.get_data(as_text=True)
    assert [steward.email in text for text in (page, refused.get_data(as_text=True))] == [True, False]
    look_again(session)
    looked_at = select(AuditEntry.subject_id).where(AuditEntry.action == Sight.ROLES)
    assert session.scalars(looked_at).all() == [steward.id]
    look_again(session)
    assert grant.ends_on == TODAY
    assert session.scalars(select(Grant.user_id).where(Grant.starts_on == TODAY)).all() == [heir.id]


def test_the_api_names_what_lacks_a_successor(
    client: FlaskClient, session: Session, instrument: Instrument, admin: User
) -> None:
    steward = make_user(session, "steward")
    grant = give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)

    answer = client.post(f"/api/v1/grants/{grant.id}/end", json={})

    assert (answer.status_code, answer.get_json()["code"]) == (409, "successor_needed")
    lacking = answer.get_json()["lacking"]
    assert [(one["grant_id"], one["scope"]["id"]) for one in lacking] == [(grant.id, instrument.id)]


def test_a_filter_finds_people_and_ended_roles(
    client: FlaskClient, session: Session, instrument: Instrument, admin: User
) -> None:
    former = give(session, make_user(session, "former"), Role.TRAINER, ScopeKind.INSTRUMENT, instrument.id)
    former.ends_on = date(2021, 1, 1)
    give(session, make_user(session, "present"), Role.TRAINER, ScopeKind.INSTRUMENT, instrument.id)
    address = f"/api/v1/grants?scope_kind=organisation&scope_id={instrument.organisation_id}"

    def found(query: str) -> list[str]:
        return [one["person"]["name"] for one in client.get(f"{address}{query}").get_json()["items"]]

    assert found("") == ["Present", "Admin"]
    assert found("&role=trainer&with_ended=true") == ["Present", "Former"]
    assert found("&person=PRES") == ["Present"]


def test_why_somebody_may_do_something_names_role_scope_and_inheritance(
    client: FlaskClient, session: Session, instrument: Instrument, admin: User
) -> None:
    address = f"/people/{admin.id}/permissions?scope=instrument:{instrument.id}"

    page = client.get(address).get_data(as_text=True)
    answer = client.get(
        f"/api/v1/people/{admin.id}/permissions?scope_kind=instrument&scope_id={instrument.id}"
    ).get_json()

    assert "继承自单位" in page
    by_permission = {one["permission"]: [grant["role"] for grant in one["grants"]] for one in answer["permissions"]}
    assert (by_permission["edit_record"], by_permission["run_jobs"]) == (["institution_admin"], [])


def test_of_a_person_with_roles_at_two_institutions_an_admin_sees_only_their_own(
    client: FlaskClient, session: Session, instrument: Instrument, admin: User
) -> None:
    elsewhere = make_instrument(session, name_zh="别处的仪器")
    both = make_user(session, "both")
    give(session, both, Role.TRAINER, ScopeKind.INSTRUMENT, instrument.id)
    give(session, both, Role.STEWARD, ScopeKind.INSTRUMENT, elsewhere.id)

    page = client.get(f"/people/{both.id}/permissions").get_data(as_text=True)
    other = client.get(f"/people/{both.id}/permissions?scope=instrument:{elsewhere.id}")

    assert ("别处的仪器" in page, other.status_code) == (False, 404)


def test_one_hands_a_role_on_from_the_account_page(
    client: FlaskClient, session: Session, instrument: Instrument, admin: User
) -> None:
    make_user(session, "deputy")
    grant = session.scalars(select(Grant)).one()
    form = {"email": "deputy@example.org", "starts_on": TODAY.isoformat(), "ends_on": TODAY.isoformat()}

    answer = client.post(f"/grants/{grant.id}/delegate", data=form)
    page = client.get("/account").get_data(as_text=True)

    assert answer.status_code == 303
    assert "已委托给 Deputy" in page
    assert count(session, Grant) == 2


def test_an_account_is_closed_with_successors_named_on_the_page(
    client: FlaskClient, session: Session, instrument: Instrument
) -> None:
    platform, steward, heir = (make_user(session, name) for name in ("platform", "steward", "heir"))
    give(session, platform, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    grant = give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    sign_in(client, platform)

    refused = client.post(f"/people/{steward.id}/deactivate", data={"reason": "离职"})
    named = {"reason": "离职", f"successor_{grant.id}": heir.email}
    accepted = client.post(f"/people/{steward.id}/deactivate", data=named)

    assert (refused.status_code, accepted.status_code) == (409, 303)
    assert f'name="successor_{grant.id}"' in refused.get_data(as_text=True)
    look_again(session)
    assert steward.deactivated_at is not None
