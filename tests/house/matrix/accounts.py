"""Who may call what: accounts."""

from tests.house.asking import NO_ONE, SIGN_IN, Line
from tests.house.matrix.writing import ADMINS, HOLDER, change, drop, page, post, read, sent, step
from tests.house.worlds import ALL_SEEING, EVERYBODY, PEOPLE, PLATFORM, THEIR_ADMIN

SIGN_IN_FORM = {"email": "forgetful@example.org", "password": "{password}"}
NEW_PASSWORD = "three other words here"
PASSWORDS = {"current_password": "{password}", "password": NEW_PASSWORD}
NEW_ADDRESS = {"new_email": "moved@example.org", "current_password": "{password}"}
ACCOUNT = {"name": "Newcomer", "email": "newcomer@example.org", "password": NEW_PASSWORD, "agrees": "1"}
MOVING = {"new_email": "moved@example.org", "reason": "单位来函"}
TOKEN = {"name": "script", "scopes": ["read"], "days": 30}
TOKEN_FORM = {"name": "script", "scopes": "read", "days": "30"}

AUDITORS = ADMINS | THEIR_ADMIN | ALL_SEEING

ACCOUNTS = (
    page("/register"),
    sent("/register", EVERYBODY, ACCOUNT, is_open=True, is_slow=True),
    page("/register/sent"),
    page("/confirm"),
    sent("/confirm", EVERYBODY, {"email": "unconfirmed@example.org"}, is_open=True),
    page("/confirm/{confirm_secret}"),
    sent("/confirm/{confirm_secret}", EVERYBODY, ok=SIGN_IN, is_open=True),
    page("/confirm/unknown", NO_ONE, other=410, nobody=410),
    page("/sign-in", PEOPLE, ok=303, nobody=200),
    sent("/sign-in", EVERYBODY, SIGN_IN_FORM, is_open=True, is_slow=True),
    sent("/sign-out", EVERYBODY, is_open=True),
    page("/forgot"),
    sent("/forgot", EVERYBODY, {"email": "forgetful@example.org"}, is_open=True),
    page("/forgot/sent"),
    page("/reset/{reset_secret}"),
    sent("/reset/{reset_secret}", EVERYBODY, {"password": NEW_PASSWORD}, ok=SIGN_IN, is_open=True, is_slow=True),
    page("/account", PEOPLE),
    sent("/account", PEOPLE, {"name": "Anders", "language": "en"}),
    sent("/account/password", PEOPLE, PASSWORDS, is_slow=True),
    page("/account/address", PEOPLE),
    sent("/account/address", PEOPLE, NEW_ADDRESS, is_slow=True),
    page("/address/{address_secret}"),
    sent("/address/{address_secret}", EVERYBODY, is_open=True),
    page("/address/unknown", NO_ONE, other=410, nobody=410),
    page("/account/tokens", PEOPLE),
    sent("/account/tokens", PEOPLE, TOKEN_FORM, ok=200),
    sent("/account/tokens/{holder_token}/revoke", HOLDER),
    read("/me"),
    change("/me", PEOPLE, {"name": "Anders", "language": "en"}),
    step("/me/change-password", PEOPLE, PASSWORDS, ok=204, is_slow=True),
    read("/tokens"),
    post("/tokens", PEOPLE - {"writer"}, TOKEN, other=403),
    drop("/tokens/{holder_token}", HOLDER),
    page("/audit", AUDITORS, other=403),
    page("/audit?subject_kind=instrument&since=2026-01-01", AUDITORS, other=403),
    page("/audit.csv", AUDITORS, other=403),
    page("/users", PLATFORM, other=403),
    page("/users?q=holder&state=confirmed", PLATFORM, other=403),
    page("/users/{holder_id}", PLATFORM, other=403),
    page("/users/{absent}", NO_ONE, other=403, unknown=PLATFORM),
    sent("/users/{holder_id}/confirmation", PLATFORM, other=403),
    sent("/users/{holder_id}/sign-out", PLATFORM, other=403),
    page("/users/{holder_id}/address", PLATFORM, other=403),
    sent("/users/{holder_id}/address", PLATFORM, MOVING, other=403),
    step("/users/{holder_id}/move-address", PLATFORM, MOVING, other=403),
    read("/users", PLATFORM, other=403),
    read("/users/{holder_id}", PLATFORM, other=403),
    Line("POST /api/v1/users/{unconfirmed_id}/send-confirmation", PLATFORM, other=403),
    Line("POST /api/v1/users/{holder_id}/end-sessions", PLATFORM, other=403),
    read("/audit-entries", AUDITORS, other=403),
)
