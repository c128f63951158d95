"""Why something of the catalogue or a role was changed stays in the log, whether said on a page or by the API."""

from collections.abc import Mapping
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.accounts import AuditEntry
from models.catalogue import TestItem
from models.directory import Unit
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.catalogue import PublishingState
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.looking import look_again
from tests.factories.people import give, make_user, sign_in

LONG = "长" * 201
AT_DRAFT = {"scope_kind": "instrument", "scope_id": "{draft}"}
ENTRY = {"name_zh": "示例大学", "name_en": "Renamed", "kind": "university", "country": "CN", "adcode": "500109"}
BY_API: tuple[tuple[str, str, Mapping[str, Any], str], ...] = (
    ("PATCH", "/instruments/{draft}", {"model": "X-1"}, "catalogue.record_edited"),
    ("PATCH", "/instruments/{published}", {"fees_zh": "面议"}, "catalogue.change_held_for_review"),
    ("POST", "/instruments/{draft}/inherit", {"fields": ["contact"]}, "catalogue.record_edited"),
    ("PUT", "/instruments/{draft}/policy", {"horizon_days": 30}, "catalogue.policy_edited"),
    ("PUT", "/instruments/{draft}/opening-hours", {"opening_hours": "1 09:00-10:00"}, "catalogue.opening_hours_edited"),
    ("PUT", "/instruments/{draft}/stewards", {"primary_id": "{steward}"}, "catalogue.stewards_named"),
    ("POST", "/instruments/{draft}/test-items", {"name_zh": "断口"}, "catalogue.test_item_added"),
    ("PUT", "/instruments/{draft}/test-items/{item}", {"name_zh": "形貌"}, "catalogue.test_item_edited"),
    ("DELETE", "/instruments/{draft}/test-items/{item}", {}, "catalogue.test_item_removed"),
    ("PUT", "/units/{unit}", {"name_zh": "测试中心"}, "directory.unit_renamed"),
    ("PUT", "/units/{unit}/settings", {"horizon_days": 20}, "catalogue.shared_settings_edited"),
    ("PUT", "/organisations/{organisation}/settings", {"horizon_days": 40}, "catalogue.shared_settings_edited"),
    ("PUT", "/organisations/{organisation}", ENTRY, "directory.organisation_edited"),
    ("POST", "/instrument-edits", {"instrument_ids": ["{draft}"], "phone": "023-1"}, "catalogue.record_edited"),
    ("POST", "/grants", {"email": "steward@example.org", "role": "technician", **AT_DRAFT}, "accounts.grant_given"),
)
BY_PAGE: tuple[tuple[str, Mapping[str, str], str], ...] = (
    ("/catalogue/{draft}/edit", {"name_zh": "新名"}, "catalogue.record_edited"),
    ("/catalogue/{draft}/place", {"street": "天生路 2 号"}, "catalogue.record_edited"),
    ("/catalogue/{draft}/booking-mode", {"booking_mode": "none"}, "catalogue.record_edited"),
    ("/catalogue/{draft}/policy", {"allows_self": "1"}, "catalogue.policy_edited"),
    ("/catalogue/{draft}/opening-hours", {"inherits_opening_hours": "1"}, "catalogue.opening_hours_edited"),
    ("/catalogue/{draft}/sharing", {"running_state": "to_repair", "share_mode": "external"}, "catalogue.record_edited"),
    ("/catalogue/{draft}/visibility", {"hides_position": "1"}, "catalogue.record_edited"),
    ("/catalogue/{draft}/stewards", {"primary_id": "{steward}"}, "catalogue.stewards_named"),
    ("/catalogue/{draft}/test-items", {"name_zh": "断口"}, "catalogue.test_item_added"),
    ("/catalogue/{draft}/test-items/{item}", {"name_zh": "形貌"}, "catalogue.test_item_edited"),
    ("/catalogue/{draft}/test-items/{item}/remove", {}, "catalogue.test_item_removed"),
    ("/units/{unit}/edit", {"name_zh": "测试中心"}, "directory.unit_renamed"),
    ("/units/{unit}/settings", {"horizon_days": "20"}, "catalogue.shared_settings_edited"),
    ("/organisations/{organisation}/settings", {"horizon_days": "40"}, "catalogue.shared_settings_edited"),
    ("/organisations/{organisation}/edit", ENTRY, "directory.organisation_edited"),
    ("/catalogue/bulk", {"id": "{draft}", "phone": "023-1"}, "catalogue.record_edited"),
)


@pytest.fixture
def names(session: Session, client: FlaskClient) -> dict[str, int]:
    """A draft with a test item, its unit and a steward, run by who has signed in."""
    organisation = make_organisation(session, name_zh="示例大学")
    unit = Unit(organisation_id=organisation.id, name_zh="分析中心")
    session.add(unit)
    draft = make_instrument(session, organisation, publishing_state=PublishingState.DRAFT)
    published = make_instrument(session, organisation)
    item = TestItem(instrument_id=draft.id, position=1, name_zh="显微")
    session.add(item)
    admin, steward = make_user(session, "admin"), make_user(session, "steward")
    give(session, admin, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, organisation.id)
    give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, draft.id)
    sign_in(client, admin)
    return {
        "organisation": organisation.id,
        "unit": unit.id,
        "draft": draft.id,
        "published": published.id,
        "item": item.id,
        "steward": steward.id,
    }


def filled(value: Any, names: Mapping[str, int]) -> Any:
    if isinstance(value, list):
        return [filled(one, names) for one in value]
    return value.format(**names) if isinstance(value, str) else value


def logged(session: Session) -> list[tuple[str, str]]:
    look_again(session)
    found = session.execute(select(AuditEntry.action, AuditEntry.reason).order_by(AuditEntry.id))
    return [(action, reason) for action, reason in found]


def test_changes_by_the_api_keep_their_reasons_in_the_log(
    session: Session, client: FlaskClient, names: dict[str, int]
) -> None:
    expected = []
    for number, (method, path, fields, action) in enumerate(BY_API):
        reason = f"第 {number} 个原因"
        body = {name: filled(value, names) for name, value in fields.items()} | {"change_reason": reason}
        sent: dict[str, Any] = {"query_string": body} if method == "DELETE" else {"json": body}

        answer = client.open(f"/api/v1{filled(path, names)}", method=method, **sent)

        assert (path, answer.status_code // 100) == (path, 2)
        expected.append((action, reason))

    assert logged(session) == expected


def test_changes_on_the_pages_keep_their_reasons_and_refusals_what_was_typed(
    session: Session, client: FlaskClient, names: dict[str, int]
) -> None:
    expected = []
    for number, (path, fields, action) in enumerate(BY_PAGE):
        reason = f"第 {number} 个原因"
        form = {name: filled(value, names) for name, value in fields.items()}
        refused = client.post(filled(path, names), data=form | {"change_reason": LONG})
        page = refused.get_data(as_text=True)
        answer = client.post(filled(path, names), data=form | {"change_reason": reason})

        assert (path, refused.status_code, answer.status_code in {200, 303}) == (path, 422, True)
        assert (path, page.count(f'value="{LONG}"'), page.count('id="problems-change_reason"')) == (path, 1, 1)
        expected.append((action, reason))

    assert logged(session) == expected
