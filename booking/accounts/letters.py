"""Which mails follow from what happened to an account.

A secret link is made here, with the mail itself, so that no event and no log ever holds it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import queries
from booking.accounts.addresses import is_taken
from booking.accounts.mailed import GOOD_FOR, write_secret
from booking.notifications.letters import Letter
from booking.settings import Settings
from models.accounts import User
from models.vocabulary.accounts import TokenPurpose


def on_confirmation_asked(
    session: Session, payload: Mapping[str, Any], *, now: datetime, settings: Settings
) -> list[Letter]:
    """To a new account the link that confirms it; to a confirmed one that it exists; to a stranger nothing."""
    user = queries.user_by_email(session, payload["email"])
    if user is None:
        return []
    if user.confirmed_at is not None:
        return [Letter(user.email, user.language, "accounts/account_exists", _links(settings, "sign-in", "forgot"))]
    if user.password_hash is None:
        link = _link(session, user, TokenPurpose.RESET_PASSWORD, now=now, settings=settings)
        return [Letter(user.email, user.language, "accounts/choose_password", link)]
    link = _link(session, user, TokenPurpose.CONFIRM_ADDRESS, now=now, settings=settings)
    return [Letter(user.email, user.language, "accounts/confirm_address", link)]


def on_reset_asked(session: Session, payload: Mapping[str, Any], *, now: datetime, settings: Settings) -> list[Letter]:
    """To an account the link for a new password; to a stranger nothing."""
    user = queries.user_by_email(session, payload["email"])
    if user is None:
        return []
    link = _link(session, user, TokenPurpose.RESET_PASSWORD, now=now, settings=settings)
    return [Letter(user.email, user.language, "accounts/reset_password", link)]


def on_password_changed(
    session: Session, payload: Mapping[str, Any], *, now: datetime, settings: Settings
) -> list[Letter]:
    """To the owner that the password was changed, and what to do when it was somebody else."""
    user = session.scalar(select(User).where(User.id == payload["user_id"], User.deactivated_at.is_(None)))
    if user is None:
        return []
    values = {"changed_at": now, **_links(settings, "forgot")}
    return [Letter(user.email, user.language, "accounts/password_changed", values)]


def on_address_change_asked(
    session: Session, payload: Mapping[str, Any], *, now: datetime, settings: Settings
) -> list[Letter]:
    """To the new address the link, or that it has an account already; to the old one that somebody asked."""
    user = session.scalar(select(User).where(User.id == payload["user_id"], User.deactivated_at.is_(None)))
    new = payload["email"]
    if user is None or user.email == new:
        return []
    told = Letter(user.email, user.language, "accounts/address_leaving", _links(settings, "forgot"))
    if is_taken(session, new):
        return [Letter(new, user.language, "accounts/address_taken", _links(settings, "sign-in")), told]
    link = _link(session, user, TokenPurpose.CHANGE_ADDRESS, now=now, settings=settings, new_email=new)
    return [Letter(new, user.language, "accounts/new_address", {**link, "new_email": new}), told]


def on_address_changed(
    session: Session, payload: Mapping[str, Any], *, now: datetime, settings: Settings
) -> list[Letter]:
    """To the old address that the account has left it."""
    user = session.get_one(User, payload["user_id"])
    values = {"changed_at": now, **_links(settings, "privacy")}
    return [Letter(payload["old_email"], user.language, "accounts/address_changed", values)]


PATHS = {
    TokenPurpose.CONFIRM_ADDRESS: "confirm",
    TokenPurpose.RESET_PASSWORD: "reset",
    TokenPurpose.CHANGE_ADDRESS: "address",
}


def _link(
    session: Session,
    user: User,
    purpose: TokenPurpose,
    *,
    now: datetime,
    settings: Settings,
    new_email: str | None = None,
) -> dict[str, Any]:
    """The values of a letter with a link that works once."""
    secret = write_secret(session, user.id, purpose, now=now, new_email=new_email)
    hours = int(GOOD_FOR[purpose].total_seconds() // 3600)
    return {"link": f"{settings.address}/{PATHS[purpose]}/{secret}", "hours": hours, "email": user.email}


def _links(settings: Settings, *paths: str) -> dict[str, str]:
    """Addresses of pages that need no secret, as `<path>_link`."""
    return {f"{path.replace('-', '_')}_link": f"{settings.address}/{path}" for path in paths}
