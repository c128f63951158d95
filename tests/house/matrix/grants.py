"""Who may call what: roles, what they let somebody do, and closing accounts."""

from tests.house.asking import NO_ONE, Line
from tests.house.matrix.writing import ADMINS, AUDITOR, HOLDER, THEIR_ADMINS, page, post, read, sent, step
from tests.house.worlds import ALL_SEEING, PLATFORM, THEIR_ADMIN

SEERS = ADMINS | AUDITOR
THEIR_SEERS = THEIR_ADMIN | ALL_SEEING
STEWARD, AGENT = frozenset({"steward"}), frozenset({"agent"})
ROLE = {"email": "{holder_email}", "role": "technician"}
NAMING = {"email": "{agent_email}", "role": "enterprise_agent"}
AUDITING = {"email": "{holder_email}", "role": "auditor"}
AT_OUR_PLACE = {**ROLE, "scope_kind": "organisation", "scope_id": "{organisation}"}
OVER = {"last_day": "{later_day}"}
ABSENCE = {"email": "{holder_email}", "starts_on": "{later_day}", "ends_on": "{later_day}"}
AT_UNIT = "scope_kind=unit&scope_id={unit}"

LEAVING = "/organisations/{organisation}/people/{holder_id}"
ALL_HERE = {"reservation_ids": ["{reservation}", "{request}"], "email": "{researcher_email}", "reason": "毕业"}
CANCELLED = {"reservation_ids": ["{reservation}"], "reason": "毕业"}
HERE_FORM = {"reservation_ids": "{reservation}", "email": "{researcher_email}", "reason": "毕业"}

CANCEL_FORM = HERE_FORM | {"step": "cancel", "is_sure": "1"}

GRANTS = (
    page("/grants", ALL_SEEING),
    sent("/grants", PLATFORM, AUDITING, forbidden=AUDITOR),
    page("/grants/history", ALL_SEEING),
    page("/grants/organisation/{organisation}", SEERS),
    page("/grants/unit/{their_unit}", THEIR_SEERS),
    page("/grants/instrument/{draft}?with_ended=1", SEERS),
    page("/grants/organisation/{organisation}/history", SEERS),
    sent("/grants/organisation/{organisation}", ADMINS, ROLE, forbidden=AUDITOR),
    page("/grants/organisation/{firm}", AGENT | ALL_SEEING),
    sent("/grants/organisation/{firm}", AGENT | PLATFORM, NAMING, forbidden=AUDITOR),
    sent("/grants/instrument/{their_draft}", THEIR_ADMINS, ROLE, forbidden=AUDITOR),
    page("/grants/{grant}/end", ADMINS, forbidden=AUDITOR),
    sent("/grants/{grant}/end", ADMINS, OVER, forbidden=AUDITOR),
    page("/grants/{steward_grant}/end", ADMINS | STEWARD, forbidden=AUDITOR),
    sent("/grants/{grant}/keep", NO_ONE, other=404, forbidden=AUDITOR, conflict=ADMINS),
    page("/grants/{steward_grant}/delegate", STEWARD),
    sent("/grants/{steward_grant}/delegate", STEWARD, ABSENCE),
    page("/people/{steward_id}/permissions", SEERS | STEWARD),
    page("/people/{their_second_id}/permissions?scope=unit:{their_unit}", THEIR_SEERS),
    page("/people/{second_id}/permissions?scope=unit:{their_unit}", ALL_SEEING),
    page("/people/{holder_id}/deactivate", PLATFORM, other=403),
    sent("/people/{holder_id}/deactivate", PLATFORM, {"reason": "离职"}, other=403),
    sent("/people/{closed_id}/reactivate", PLATFORM, {"reason": "回来"}, other=403),
    read("/grants?scope_kind=organisation&scope_id={organisation}", SEERS),
    read(f"/grants?{AT_UNIT}", SEERS),
    post("/grants", ADMINS, AT_OUR_PLACE, other=403),
    step("/grants/{their_grant}/end", THEIR_ADMINS, OVER, forbidden=AUDITOR),
    Line("POST /api/v1/grants/{their_grant}/keep", NO_ONE, forbidden=AUDITOR, conflict=THEIR_ADMINS),
    post("/grants/{steward_grant}/delegate", STEWARD, ABSENCE),
    read(f"/grants/history?{AT_UNIT}", SEERS),
    read(f"/people/{{second_id}}/permissions?{AT_UNIT}", SEERS),
    page("/people/{holder_id}/bookings", PLATFORM | HOLDER, other=403),
    sent("/people/{holder_id}/bookings", PLATFORM | HOLDER, CANCEL_FORM, other=403),
    read("/people/{holder_id}/bookings", PLATFORM | HOLDER, other=403),
    step("/people/{holder_id}/hand-over-bookings", PLATFORM | HOLDER, ALL_HERE, other=403),
    step("/people/{holder_id}/cancel-bookings", PLATFORM | HOLDER, CANCELLED, other=403),
    step("/people/{holder_id}/deactivate", PLATFORM, {"reason": "离职"}, other=403),
    step("/people/{closed_id}/reactivate", PLATFORM, {"reason": "回来"}, other=403),
)

LEAVINGS = (
    page("/organisations/{organisation}/leaving", ADMINS, other=403),
    sent("/organisations/{organisation}/leaving", ADMINS, {"email": "{holder_email}"}, other=403),
    page(f"{LEAVING}/leaving", ADMINS, other=403),
    page("/organisations/{organisation}/people/{their_holder_id}/leaving", frozenset(), other=403, unknown=ADMINS),
    sent(f"{LEAVING}/leaving/bookings", ADMINS, HERE_FORM, other=403),
    sent("/organisations/{organisation}/people/{second_id}/leaving/end", ADMINS, {"reason": "离职"}, other=403),
    read(f"{LEAVING}/leaving", ADMINS, other=403),
    read("/organisations/{their_organisation}/people/{their_holder_id}/leaving", THEIR_ADMINS, other=403),
    step(f"{LEAVING}/hand-over-bookings", ADMINS, ALL_HERE, other=403),
    step(f"{LEAVING}/cancel-bookings", ADMINS, CANCELLED, other=403),
    step("/organisations/{organisation}/people/{second_id}/end", ADMINS, {"reason": "离职"}, other=403),
)
