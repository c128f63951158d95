"""The pages of accounts: which address shows which page."""

from flask import Blueprint, Response

from booking.accounts.views import (
    account,
    addresses,
    audit,
    ending_grants,
    grants,
    people,
    registration,
    resets,
    sign_in,
    tokens,
    users,
)

bp = Blueprint("accounts", __name__)

READ, SEND, BOTH = ["GET"], ["POST"], ["GET", "POST"]

bp.add_url_rule("/register", "register", registration.register, methods=BOTH)
bp.add_url_rule("/register/sent", "registration_sent", registration.registration_sent, methods=READ)
bp.add_url_rule("/confirm", "resend", registration.resend, methods=BOTH)
bp.add_url_rule("/confirm/<secret>", "confirm", registration.confirm, methods=BOTH)
bp.add_url_rule("/sign-in", "sign_in", sign_in.sign_in, methods=BOTH)
bp.add_url_rule("/sign-out", "sign_out", sign_in.sign_out, methods=SEND)
bp.add_url_rule("/forgot", "forgot", resets.forgot, methods=BOTH)
bp.add_url_rule("/forgot/sent", "reset_sent", resets.reset_sent, methods=READ)
bp.add_url_rule("/reset/<secret>", "reset", resets.reset, methods=BOTH)
bp.add_url_rule("/account", "show", account.show, methods=READ)
bp.add_url_rule("/account", "change_profile", account.change_profile, methods=SEND)
bp.add_url_rule("/account/password", "change_password", account.change_password, methods=SEND)
bp.add_url_rule("/account/address", "ask_address", addresses.ask, methods=BOTH)
bp.add_url_rule("/address/<secret>", "change_address", addresses.change, methods=BOTH)
bp.add_url_rule("/account/tokens", "tokens", tokens.tokens, methods=READ)
bp.add_url_rule("/account/tokens", "make_token", tokens.make_token, methods=SEND)
bp.add_url_rule("/account/tokens/<int:token_id>/revoke", "revoke_token", tokens.revoke_token, methods=SEND)
bp.add_url_rule("/audit", "audit", audit.audit, methods=READ)
bp.add_url_rule("/audit.csv", "audit_table", audit.audit_table, methods=READ)
bp.add_url_rule("/users", "users", users.users, methods=READ)
bp.add_url_rule("/users/<int:user_id>", "user", users.user, methods=READ)
bp.add_url_rule("/users/<int:user_id>/confirmation", "send_confirmation", users.send_confirmation, methods=SEND)
bp.add_url_rule("/users/<int:user_id>/sign-out", "end_sessions", users.end_sessions, methods=SEND)
bp.add_url_rule("/users/<int:user_id>/address", "move_address", users.move_address, methods=BOTH)

SCOPE = "/grants/<any(organisation, unit, instrument):kind>/<int:scope_id>"

bp.add_url_rule("/grants", "grants_at_platform", grants.at_platform, methods=READ)
bp.add_url_rule("/grants", "give_at_platform", grants.give_at_platform, methods=SEND)
bp.add_url_rule("/grants/history", "grant_history_at_platform", grants.history_at_platform, methods=READ)
bp.add_url_rule(SCOPE, "grants_at_scope", grants.at_scope, methods=READ)
bp.add_url_rule(SCOPE, "give_at_scope", grants.give_at_scope, methods=SEND)
bp.add_url_rule(f"{SCOPE}/history", "grant_history_at_scope", grants.history_at_scope, methods=READ)
bp.add_url_rule("/grants/<int:grant_id>/end", "end_grant", ending_grants.end, methods=BOTH)
bp.add_url_rule("/grants/<int:grant_id>/keep", "keep_grant", ending_grants.keep, methods=SEND)
bp.add_url_rule("/grants/<int:grant_id>/delegate", "delegate_grant", ending_grants.delegate, methods=BOTH)
bp.add_url_rule("/people/<int:user_id>/permissions", "person_permissions", people.permissions, methods=READ)


@bp.after_request
def keep_private(response: Response) -> Response:
    """Nothing of these pages stays in a cache: they show addresses, secrets and forms of one person."""
    response.headers["Cache-Control"] = "no-store"
    return response
