"""What the command line does with accounts; whoever may run commands may do all of it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from booking.accounts import grants, queries, tokens
from booking.accounts.grants import NewGrant
from booking.accounts.registration import add_account
from booking.accounts.rules import normal_address
from booking.accounts.tokens import NewToken
from booking.core.clock import local_date
from booking.core.errors import InvalidInput, NotFound, Problem, Refused
from booking.core.texts import N_
from models.vocabulary.accounts import Language, Role, ScopeKind


class AddressTaken(Refused):
    """There is an account with this address already."""

    status = 409
    code = "address_taken"
    sentence = N_("%(email)s 已有账户。")


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account as wanted, with its first role if there is one."""

    email: str
    name: str
    password_hash: str
    role: Role | None = None
    scope: str = ""


def create_user(session: Session, wanted: NewAccount, *, now: datetime) -> int:
    """Make a confirmed account and give it its role; its id. Raises AddressTaken or InvalidInput."""
    user_id = add_account(
        session, wanted.email, wanted.name, wanted.password_hash, language=Language.CHINESE, now=now, confirmed_at=now
    )
    if user_id is None:
        raise AddressTaken(email=wanted.email)
    if wanted.role is not None:
        kind, scope_id = scope_named(session, wanted.scope or ScopeKind.PLATFORM)
        grant = NewGrant(user_id, wanted.role, kind, scope_id, starts_on=local_date(now))
        grants.appoint(session, grant, now=now)
    return user_id


def make_token(session: Session, email: str, wanted: NewToken, *, now: datetime) -> str:
    """Make a personal access token for an account; its secret. Raises NotFound."""
    actor = queries.actor_of(session, normal_address(email), now=now)
    if actor is None:
        raise NotFound(N_("没有邮箱为 %(email)s 的账户。"), email=email)
    return tokens.make_token(session, wanted, actor=actor, now=now)[1]


def scope_named(session: Session, text: str) -> tuple[ScopeKind, int | None]:
    """What `platform`, `organisation:ID or name`, `unit:ID` or `instrument:ID` means; raises InvalidInput."""
    kind, _, place = text.partition(":")
    if kind not in set(ScopeKind) or (kind == ScopeKind.PLATFORM) != (not place):
        raise InvalidInput(
            [Problem("scope", N_("范围应为 platform、organisation:编号或名称、unit:编号 或 instrument:编号。"))]
        )
    if kind == ScopeKind.ORGANISATION and not place.isdecimal():
        return ScopeKind.ORGANISATION, queries.organisation_id_of(session, place.strip()) or 0
    identifier = int(place) if place.isdecimal() and len(place) < 10 else 0
    return ScopeKind(kind), identifier if place else None
