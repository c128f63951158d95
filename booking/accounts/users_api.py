"""The accounts of everybody in the HTTP API, for those who look after them."""

from datetime import datetime
from typing import Self

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from pydantic import BaseModel

from booking.accounts import addresses, user_care, user_queries
from booking.accounts.answers import GrantAnswer
from booking.accounts.forms import MoveAddressForm, UsersQuery
from booking.accounts.looking import note_accounts
from booking.accounts.permissions import Permission, require
from booking.accounts.user_queries import Account
from booking.core.clock import utcnow
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import read_json, read_query
from booking.web.signed_in import require_actor
from models.accounts import User
from models.vocabulary.accounts import AccountState, Language

bp = Blueprint("users_api", __name__, url_prefix="/api/v1")

TAG = "accounts"


class UserAnswer(BaseModel):
    """An account."""

    id: int
    email: str
    name: str
    language: Language
    state: AccountState
    created_at: datetime
    confirmed_at: datetime | None
    deactivated_at: datetime | None

    @classmethod
    def of(cls, user: User) -> Self:
        """The account as the API shows it."""
        state = user_queries.state_of(user)
        names = cls.model_fields.keys() - {"state"}
        return cls(state=state, **{name: getattr(user, name) for name in names if hasattr(user, name)})


class UsersAnswer(BaseModel):
    """Some accounts, the newest first."""

    items: list[UserAnswer]
    next_cursor: str | None


class UserDetailAnswer(UserAnswer):
    """An account with its owner's grants that hold today or later, and signs of use."""

    last_sign_in_at: datetime | None = None
    tokens_in_force: int = 0
    grants: list[GrantAnswer] = []


@bp.get("/users")
@documented(tag=TAG, answers={200: UsersAnswer}, query=UsersQuery, refusals=(400, 401, 403, 422))
def list_users() -> ResponseReturnValue:
    """Every account, the newest first, narrowed by words of address or name and by state; looks are logged."""
    asking = require(require_actor(), Permission.SEE_USERS)
    page = user_queries.users(reading(), read_query(UsersQuery))
    transaction(note_accounts, [user.id for user in page.items], actor=asking, now=utcnow())
    answer = UsersAnswer(items=[UserAnswer.of(user) for user in page.items], next_cursor=page.next_cursor)
    return jsonify(answer.model_dump(mode="json"))


@bp.get("/users/<int:user_id>")
@documented(tag=TAG, answers={200: UserDetailAnswer}, refusals=(401, 403, 404))
def show_user(user_id: int) -> ResponseReturnValue:
    """One person's account; that it was looked at is logged."""
    asking, now = require(require_actor(), Permission.SEE_USERS), utcnow()
    user_queries.account(reading(), user_id, now=now)
    transaction(user_care.note_reading, user_id, actor=asking, now=now)
    return _answer(user_id, now)


@bp.post("/users/<int:user_id>/send-confirmation")
@documented(tag=TAG, answers={200: UserDetailAnswer}, refusals=(401, 403, 404, 422))
def send_confirmation(user_id: int) -> ResponseReturnValue:
    """Send the confirming mail once more."""
    now = utcnow()
    transaction(user_care.send_confirmation, user_id, actor=require_actor(), now=now)
    return _answer(user_id, now)


@bp.post("/users/<int:user_id>/end-sessions")
@documented(tag=TAG, answers={200: UserDetailAnswer}, refusals=(401, 403, 404))
def end_sessions(user_id: int) -> ResponseReturnValue:
    """Sign the person out of every browser; access tokens stay."""
    now = utcnow()
    transaction(user_care.end_sessions, user_id, actor=require_actor(), now=now)
    return _answer(user_id, now)


@bp.post("/users/<int:user_id>/move-address")
@documented(
    tag=TAG, body=MoveAddressForm, answers={200: UserDetailAnswer}, refusals=(400, 401, 403, 404, 409, 415, 422)
)
def move_address(user_id: int) -> ResponseReturnValue:
    """Send the link to another address for somebody who lost the mailbox; until it is opened the address stays."""
    asking, now = require(require_actor(), Permission.MOVE_ADDRESSES), utcnow()
    transaction(addresses.ask_move, user_id, read_json(MoveAddressForm), actor=asking, now=now)
    return _answer(user_id, now)


def _answer(user_id: int, now: datetime) -> ResponseReturnValue:
    """The account as it stands."""
    found: Account = user_queries.account(reading(), user_id, now=now)
    answer = UserDetailAnswer(
        **UserAnswer.of(found.user).model_dump(),
        last_sign_in_at=found.last_sign_in_at,
        tokens_in_force=found.tokens_in_force,
        grants=[GrantAnswer.of(grant) for grant in found.grants],
    )
    return jsonify(answer.model_dump(mode="json"))
