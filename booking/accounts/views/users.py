"""The pages of those who look after accounts: a list to search, and one person's."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.accounts import addresses, user_care, user_queries
from booking.accounts.forms import MoveAddressForm, MoveAddressPage, UsersQuery
from booking.accounts.labels import ACCOUNT_STATE_LOOKS, ACCOUNT_STATES, LANGUAGES, ROLES, SCOPE_KINDS
from booking.accounts.looking import note_accounts
from booking.accounts.permissions import Permission, may, require
from booking.accounts.views.again import again
from booking.core.actors import Actor
from booking.core.clock import utcnow
from booking.core.errors import Conflict, InvalidInput
from booking.core.pages import Page
from booking.web.errors import problems_of, sentence_of
from booking.web.extensions import reading, transaction
from booking.web.reading import read_form, read_query
from booking.web.signed_in import actor
from models.accounts import User


def users() -> ResponseReturnValue:
    """Every account, the newest first, narrowed by words and state; looks are logged."""
    asking = require(actor(), Permission.SEE_USERS)
    try:
        wanted, problems = read_query(UsersQuery), {}
    except InvalidInput as invalid:
        wanted, problems = UsersQuery(), problems_of(invalid)
    found = _found(wanted, asking) if not problems else Page([], None)
    filters = wanted.model_dump(mode="json", include={"q", "state"}, exclude_defaults=True)
    return render_template(
        "accounts/users.html",
        people=[(user, user_queries.state_of(user)) for user in found.items],
        next_url=url_for(".users", cursor=found.next_cursor, **filters) if found.next_cursor else None,
        wanted=wanted,
        filters=filters,
        problems=problems,
        states=[(state.value, _(label)) for state, label in ACCOUNT_STATES.items()],
        state_labels=ACCOUNT_STATES,
        state_looks=ACCOUNT_STATE_LOOKS,
    ), 422 if problems else 200


def _found(wanted: UsersQuery, asking: Actor) -> Page[User]:
    """A page of accounts: a logged look at each of them."""
    found = user_queries.users(reading(), wanted)
    transaction(note_accounts, [user.id for user in found.items], actor=asking, now=utcnow())
    return found


def user(user_id: int) -> ResponseReturnValue:
    """One person's account; that it was looked at is logged."""
    asking, now = require(actor(), Permission.SEE_USERS), utcnow()
    user_queries.account(reading(), user_id, now=now)
    transaction(user_care.note_reading, user_id, actor=asking, now=now)
    return render_template(
        "accounts/user.html",
        account=user_queries.account(reading(), user_id, now=now),
        state_labels=ACCOUNT_STATES,
        state_looks=ACCOUNT_STATE_LOOKS,
        role_names=ROLES,
        scope_names=SCOPE_KINDS,
        languages=LANGUAGES,
        may_erase=may(asking, Permission.ERASE_PEOPLE) and user_id != asking.id,
        may_move=may(asking, Permission.MOVE_ADDRESSES) and user_id != asking.id,
    )


def send_confirmation(user_id: int) -> ResponseReturnValue:
    """Send the confirming mail once more."""
    asking = require(actor(), Permission.CARE_FOR_USERS)
    try:
        transaction(user_care.send_confirmation, user_id, actor=asking, now=utcnow())
        flash(_("确认邮件已排队，几秒后寄出。"), "right")
    except user_care.NothingToConfirm as refused:
        flash(sentence_of(refused), "wrong")
    return redirect(url_for(".user", user_id=user_id), code=303)


def end_sessions(user_id: int) -> ResponseReturnValue:
    """Sign the person out of every browser."""
    asking = require(actor(), Permission.CARE_FOR_USERS)
    transaction(user_care.end_sessions, user_id, actor=asking, now=utcnow())
    flash(_("此人已在所有浏览器中退出登录。"), "right")
    return redirect(url_for(".user", user_id=user_id), code=303)


def move_address(user_id: int) -> ResponseReturnValue:
    """Ask for another address in the place of somebody who lost the mailbox; a logged look at the account."""
    asking, now = require(actor(), Permission.MOVE_ADDRESSES), utcnow()
    person = user_queries.account(reading(), user_id, now=now).user
    if request.method == "GET":
        transaction(user_care.note_reading, user_id, actor=asking, now=now)
        return render_template("accounts/move_address.html", form={}, problems={}, person=person)
    try:
        form = MoveAddressForm(**read_form(MoveAddressPage).model_dump())
        transaction(addresses.ask_move, user_id, form, actor=asking, now=now)
    except (InvalidInput, Conflict) as refused:
        return again("accounts/move_address.html", refused, person=person)
    flash(_("确认邮件已发往 %(email)s。打开其中的链接之前，邮箱不变。", email=form.new_email))
    return redirect(url_for(".user", user_id=user_id), code=303)
