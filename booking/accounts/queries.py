"""Reading accounts, their grants and tokens."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVarTuple

from sqlalchemy import ColumnElement, Date, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from booking.core.actors import Actor, HeldGrant, Target
from booking.core.clock import local_date
from booking.core.pages import Page, decode_cursor, page_of, row_id
from models.accounts import AccessToken, Grant, User
from models.base import Base, UtcDateTime
from models.catalogue import Instrument
from models.directory import Organisation, Unit
from models.vocabulary.accounts import Role, ScopeKind

Columns = TypeVarTuple("Columns")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What is needed to check a password and to open a session."""

    user_id: int
    email: str
    password_hash: str | None
    credential_version: int
    is_confirmed: bool


@dataclass(frozen=True, slots=True)
class NamedGrant:
    """A grant with the name of its scope in both languages (empty for the platform)."""

    id: int
    role: Role
    scope_kind: ScopeKind
    scope_id: int | None
    scope_name_zh: str
    scope_name_en: str
    starts_on: date
    ends_on: date | None


def actor_by_session(session: Session, user_id: int, credential_version: int, *, now: datetime) -> Actor | None:
    """The person a session cookie names, when the password is still the same and the account active."""
    values = {"user_id": user_id, "version": credential_version, "today": local_date(now)}
    rows = session.execute(_PERSON_BY_SESSION, values).all()
    return Actor(user_id, rows[0].email, rows[0].name, rows[0].language, _held(rows)) if rows else None


@dataclass(frozen=True, slots=True)
class TokenUse:
    """A personal access token, and when its use was last noted."""

    id: int
    last_used_at: datetime | None


def actor_by_token(session: Session, secret_hash: str, *, now: datetime) -> tuple[Actor, TokenUse] | None:
    """The owner of a personal access token in force, with the token; one statement, built once."""
    values = {"secret_hash": secret_hash, "now": now, "today": local_date(now)}
    rows = session.connection().execute(_OWNER_BY_TOKEN, values).all()
    if not rows:
        return None
    first = rows[0]
    actor = Actor(first.user_id, first.email, first.name, first.language, _held(rows), first.may_write)
    return actor, TokenUse(first.token_id, first.last_used_at)


def _held(rows: Sequence[Any]) -> tuple[HeldGrant, ...]:
    """The grants in force of one account from the rows that it was read in."""
    return tuple(
        HeldGrant(row.role, row.scope_kind, row.scope_id, row.delegated_from_id is not None)
        for row in rows
        if row.role is not None
    )


def actor_of(session: Session, email: str, *, now: datetime) -> Actor | None:
    """The active account with this address, as an actor; for commands and jobs."""
    statement = _with_grants(select(User, Grant), local_date(now)).where(
        User.email == email.strip().lower(), User.deactivated_at.is_(None)
    )
    return _actor([(row[0], row[1]) for row in session.execute(statement)])


def credentials_of(session: Session, email: str) -> Credentials | None:
    """The credentials of the active account with this address."""
    row = session.execute(
        select(User.id, User.email, User.password_hash, User.credential_version, User.confirmed_at).where(
            User.email == email, User.deactivated_at.is_(None)
        )
    ).one_or_none()
    return Credentials(row.id, row.email, row.password_hash, row[3], row.confirmed_at is not None) if row else None


def user_by_email(session: Session, email: str) -> User | None:
    """The active account with this address."""
    return session.scalar(select(User).where(User.email == email, User.deactivated_at.is_(None)))


def grants_of(session: Session, user_id: int, today: date) -> list[NamedGrant]:
    """The account's grants that hold today or later, with the names of their scopes, the oldest first."""
    rows = session.execute(
        select(
            Grant,
            func.coalesce(Organisation.name_zh, Unit.name_zh, Instrument.name_zh, ""),
            func.coalesce(Organisation.name_en, Unit.name_en, Instrument.name_en, ""),
        )
        .outerjoin(Organisation, _names(ScopeKind.ORGANISATION, Organisation.id))
        .outerjoin(Unit, _names(ScopeKind.UNIT, Unit.id))
        .outerjoin(Instrument, _names(ScopeKind.INSTRUMENT, Instrument.id))
        .where(Grant.user_id == user_id, or_(Grant.ends_on.is_(None), Grant.ends_on >= today))
        .order_by(Grant.starts_on, Grant.id)
    )
    return [NamedGrant(g.id, g.role, g.scope_kind, g.scope_id, zh, en, g.starts_on, g.ends_on) for g, zh, en in rows]


def tokens_of(session: Session, user_id: int, *, limit: int, cursor: str = "") -> Page[AccessToken]:
    """The account's tokens that were not revoked, the newest first."""
    statement = select(AccessToken).where(AccessToken.user_id == user_id, AccessToken.revoked_at.is_(None))
    if cursor:
        statement = statement.where(AccessToken.id < decode_cursor(cursor, row_id)[0])
    rows = session.scalars(statement.order_by(AccessToken.id.desc()).limit(limit + 1)).all()
    return page_of(rows, limit, lambda token: (token.id,))


def target_of(session: Session, kind: ScopeKind, scope_id: int | None) -> Target | None:
    """Where a grant's scope stands, or None when there is no such scope."""
    if kind == ScopeKind.PLATFORM or scope_id is None:
        return Target() if kind == ScopeKind.PLATFORM and scope_id is None else None
    if kind == ScopeKind.ORGANISATION:
        found = session.scalar(select(Organisation.id).where(Organisation.id == scope_id))
        return Target(found) if found else None
    if kind == ScopeKind.UNIT:
        owner = session.scalar(select(Unit.organisation_id).where(Unit.id == scope_id))
        return Target(owner, scope_id) if owner else None
    columns = select(Instrument.organisation_id, Instrument.unit_id).where(Instrument.id == scope_id)
    row = session.execute(columns).one_or_none()
    return Target(row.organisation_id, row.unit_id, scope_id) if row else None


def targets_within(
    session: Session, organisation_id: int, scopes: Collection[tuple[ScopeKind, int | None]]
) -> dict[tuple[ScopeKind, int | None], Target]:
    """Where scopes of one organisation stand; one statement at most, however many."""
    targets: dict[tuple[ScopeKind, int | None], Target] = {}
    for kind, scope_id in scopes:
        unit_id = scope_id if kind == ScopeKind.UNIT else None
        targets[kind, scope_id] = Target(organisation_id, unit_id)
    ids = [scope_id for kind, scope_id in scopes if kind == ScopeKind.INSTRUMENT]
    columns = select(Instrument.id, Instrument.unit_id).where(Instrument.id.in_(ids))
    for row in session.execute(columns) if ids else ():
        targets[ScopeKind.INSTRUMENT, row.id] = Target(organisation_id, row.unit_id, row.id)
    return targets


def owner_of_unit(session: Session, unit_id: int) -> int | None:
    """Whose unit it is, None once it was removed; locked, so that it is not removed while something is put there."""
    standing = select(Unit.organisation_id).where(Unit.id == unit_id, Unit.removed_at.is_(None))
    return session.scalar(standing.with_for_update(read=True, key_share=True))


def units_of(session: Session, organisation_id: int) -> Sequence[Unit]:
    """The units of an organisation by name, without those that were removed."""
    standing = Unit.organisation_id == organisation_id, Unit.removed_at.is_(None)
    return session.scalars(select(Unit).where(*standing).order_by(Unit.name_zh)).all()


def scope_names(session: Session, kind: ScopeKind, scope_id: int | None) -> tuple[str, str]:
    """What a scope is called in both languages; nothing for the platform."""
    tables: dict[ScopeKind, type[Base]] = {
        ScopeKind.ORGANISATION: Organisation,
        ScopeKind.UNIT: Unit,
        ScopeKind.INSTRUMENT: Instrument,
    }
    if kind not in tables:
        return "", ""
    columns = tables[kind].__table__.c
    row = session.execute(select(columns.name_zh, columns.name_en).where(columns.id == scope_id)).one_or_none()
    return (row[0], row[1]) if row else ("", "")


def organisation_id_of(session: Session, name: str) -> int | None:
    """The organisation with this name in either language."""
    same = or_(Organisation.name_zh == name, Organisation.name_en == name)
    return session.scalar(select(Organisation.id).where(same).order_by(Organisation.id).limit(1))


def _names(kind: ScopeKind, identifier: ColumnElement[int] | InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Whether a grant's scope is this row."""
    return and_(Grant.scope_kind == kind, Grant.scope_id == identifier)


def _with_grants(statement: Select[*Columns], today: date) -> Select[*Columns]:
    """The statement with each account's grants in force on `today`, outer joined."""
    in_force = and_(
        Grant.user_id == User.id, Grant.starts_on <= today, or_(Grant.ends_on.is_(None), Grant.ends_on >= today)
    )
    return statement.select_from(User).outerjoin(Grant, in_force)


_tokens, _users, _grants = (Base.metadata.tables[name] for name in ("access_tokens", "users", "grants"))

_TODAY = bindparam("today", type_=Date())
_IN_FORCE = and_(
    _grants.c.user_id == _users.c.id,
    _grants.c.starts_on <= _TODAY,
    or_(_grants.c.ends_on.is_(None), _grants.c.ends_on >= _TODAY),
)
_OF_GRANTS = (_grants.c.role, _grants.c.scope_kind, _grants.c.scope_id, _grants.c.delegated_from_id)

# Every request of somebody who is signed in runs one of these: plain columns, and built only once.
_PERSON_BY_SESSION = (
    select(_users.c.email, _users.c.name, _users.c.language, *_OF_GRANTS)
    .select_from(_users)
    .outerjoin(_grants, _IN_FORCE)
    .where(
        _users.c.id == bindparam("user_id"),
        _users.c.credential_version == bindparam("version"),
        _users.c.deactivated_at.is_(None),
    )
)
_OWNER_BY_TOKEN = (
    select(
        _users.c.id.label("user_id"),
        _users.c.email,
        _users.c.name,
        _users.c.language,
        _tokens.c.id.label("token_id"),
        _tokens.c.may_write,
        _tokens.c.last_used_at,
        *_OF_GRANTS,
    )
    .select_from(_tokens)
    .join(_users, _users.c.id == _tokens.c.user_id)
    .outerjoin(_grants, _IN_FORCE)
    .where(
        _tokens.c.secret_hash == bindparam("secret_hash"),
        _tokens.c.revoked_at.is_(None),
        _tokens.c.expires_at > bindparam("now", type_=UtcDateTime()),
        _users.c.deactivated_at.is_(None),
    )
)


def held(grant: Grant) -> HeldGrant:
    """A grant as permissions are decided by it."""
    return HeldGrant(grant.role, grant.scope_kind, grant.scope_id, grant.delegated_from_id is not None)


def _actor(rows: Sequence[tuple[User, Grant | None]]) -> Actor | None:
    """One actor from the rows of one account, or None when there are none."""
    if not rows:
        return None
    user = rows[0][0]
    grants = tuple(held(g) for _, g in rows if g is not None)
    return Actor(user.id, user.email, user.name, user.language, grants)
