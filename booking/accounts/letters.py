"""Which mails follow from what happened to an account.

A secret link is made here, with the mail itself, so that no event and no log ever holds it.
"""

from typing import Any

from sqlalchemy import select

from booking.accounts import queries
from booking.accounts.addresses import is_taken
from booking.accounts.grant_queries import admins_of
from booking.accounts.mailed import GOOD_FOR, write_secret
from booking.core.clock import local_date
from booking.notifications.letters import Letter, News
from models.accounts import User
from models.vocabulary.accounts import TokenPurpose


def on_confirmation_asked(news: News) -> list[Letter]:
    """To a new account the link that confirms it; to a confirmed one that it exists; to a stranger nothing."""
    user = queries.user_by_email(news.session, news.payload["email"])
    if user is None:
        return []
    if user.confirmed_at is not None:
        return [Letter(user.email, user.language, "accounts/account_exists", _links(news, "sign-in", "forgot"))]
    if user.password_hash is None:
        link = _link(news, user, TokenPurpose.RESET_PASSWORD)
        return [Letter(user.email, user.language, "accounts/choose_password", link)]
    link = _link(news, user, TokenPurpose.CONFIRM_ADDRESS)
    return [Letter(user.email, user.language, "accounts/confirm_address", link)]


def on_reset_asked(news: News) -> list[Letter]:
    """To an account the link for a new password; to a stranger nothing."""
    user = queries.user_by_email(news.session, news.payload["email"])
    if user is None:
        return []
    link = _link(news, user, TokenPurpose.RESET_PASSWORD)
    return [Letter(user.email, user.language, "accounts/reset_password", link)]


def on_password_changed(news: News) -> list[Letter]:
    """To the owner that the password was changed, and what to do when it was somebody else."""
    user = news.session.scalar(select(User).where(User.id == news.payload["user_id"], User.deactivated_at.is_(None)))
    if user is None:
        return []
    values = {"changed_at": news.now, **_links(news, "forgot")}
    return [Letter(user.email, user.language, "accounts/password_changed", values)]


def on_address_change_asked(news: News) -> list[Letter]:
    """To the new address the link, or that it has an account already; to the old one that somebody asked."""
    user = news.session.scalar(select(User).where(User.id == news.payload["user_id"], User.deactivated_at.is_(None)))
    new = news.payload["email"]
    if user is None or user.email == new:
        return []
    told = Letter(user.email, user.language, "accounts/address_leaving", _links(news, "forgot"))
    if is_taken(news.session, new):
        return [Letter(new, user.language, "accounts/address_taken", _links(news, "sign-in")), told]
    link = _link(news, user, TokenPurpose.CHANGE_ADDRESS, new_email=new)
    return [Letter(new, user.language, "accounts/new_address", {**link, "new_email": new}), told]


def on_address_move_asked(news: News) -> list[Letter]:
    """To the new address the link; to the old one and the platform's other administrators that somebody asked."""
    user = news.session.scalar(select(User).where(User.id == news.payload["user_id"], User.deactivated_at.is_(None)))
    new, asker_id = news.payload["email"], news.payload["actor_id"]
    if user is None or is_taken(news.session, new):
        return []
    link = _link(news, user, TokenPurpose.MOVE_ADDRESS, new_email=new) | _links(news, "forgot") | {"new_email": new}
    letters = [
        Letter(new, user.language, "accounts/address_moving", link),
        Letter(user.email, user.language, "accounts/address_moving_away", _links(news, "forgot", "privacy")),
    ]
    asker = news.session.get_one(User, asker_id)
    values = {"asker": asker.name, "name": user.name, "old": user.email, "new": new}
    told = admins_of(news.session, None, local_date(news.now), other_than=asker_id)
    page = {"link": news.link(f"users/{user.id}")}
    return letters + [
        Letter(admin.email, admin.language, "accounts/address_move_told", values | page)
        for admin in told
        if admin.id != user.id
    ]


def on_address_changed(news: News) -> list[Letter]:
    """To the old address that the account has left it."""
    user = news.session.get_one(User, news.payload["user_id"])
    values = {"changed_at": news.now, **_links(news, "privacy")}
    return [Letter(news.payload["old_email"], user.language, "accounts/address_changed", values)]


PATHS = {
    TokenPurpose.CONFIRM_ADDRESS: "confirm",
    TokenPurpose.RESET_PASSWORD: "reset",
    TokenPurpose.CHANGE_ADDRESS: "address",
    TokenPurpose.MOVE_ADDRESS: "address",
}


def _link(news: News, user: User, purpose: TokenPurpose, *, new_email: str | None = None) -> dict[str, Any]:
    """The values of a letter with a link that works once."""
    secret = write_secret(news.session, user.id, purpose, now=news.now, new_email=new_email)
    hours = int(GOOD_FOR[purpose].total_seconds() // 3600)
    return {"link": news.link(f"{PATHS[purpose]}/{secret}"), "hours": hours, "email": user.email}


def _links(news: News, *paths: str) -> dict[str, str]:
    """Addresses of pages that need no secret, as `<path>_link`."""
    return {f"{path.replace('-', '_')}_link": news.link(f"{path}") for path in paths}
