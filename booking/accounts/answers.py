"""What the API of accounts answers."""

from datetime import date, datetime
from typing import Any, Self

from pydantic import BaseModel

from booking.accounts.queries import NamedGrant
from models.accounts import AccessToken
from models.vocabulary.accounts import Language, Role, ScopeKind, TokenScope


class ScopeAnswer(BaseModel):
    """Where a grant holds; the platform has neither id nor name."""

    kind: ScopeKind
    id: int | None
    name: str
    name_en: str


class GrantAnswer(BaseModel):
    """A role of the caller's, from one local day to another, both included."""

    id: int
    role: Role
    scope: ScopeAnswer
    starts_on: date
    ends_on: date | None

    @classmethod
    def of(cls, grant: NamedGrant) -> Self:
        """The grant as the API shows it."""
        scope = ScopeAnswer(
            kind=grant.scope_kind, id=grant.scope_id, name=grant.scope_name_zh, name_en=grant.scope_name_en
        )
        return cls(id=grant.id, role=grant.role, scope=scope, starts_on=grant.starts_on, ends_on=grant.ends_on)


class MeAnswer(BaseModel):
    """The caller."""

    id: int
    email: str
    name: str
    language: Language
    scopes: list[TokenScope]
    grants: list[GrantAnswer]


class TokenAnswer(BaseModel):
    """A personal access token without its secret."""

    id: int
    name: str
    scopes: list[TokenScope]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None

    @classmethod
    def of(cls, token: AccessToken) -> Self:
        """The token as the API shows it."""
        return cls(
            id=token.id,
            name=token.name,
            scopes=scopes_of(token.may_write),
            created_at=token.created_at,
            expires_at=token.expires_at,
            last_used_at=token.last_used_at,
        )


class MadeTokenAnswer(TokenAnswer):
    """A new token; the secret is shown once, and null when the request was a repeat."""

    secret: str | None


class TokensAnswer(BaseModel):
    """Some of the caller's tokens, the newest first."""

    items: list[TokenAnswer]
    next_cursor: str | None


class AuditEntryAnswer(BaseModel):
    """One row of the audit log; `before` and `after` hold what changed."""

    id: int
    occurred_at: datetime
    actor_name: str
    actor_email: str
    address: str
    request_id: str
    action: str
    subject_kind: str
    subject_id: int | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str


class AuditEntriesAnswer(BaseModel):
    """Some entries of the audit log, the newest first."""

    items: list[AuditEntryAnswer]
    next_cursor: str | None


def scopes_of(may_write: bool) -> list[TokenScope]:
    """What somebody with this right to write may do."""
    return [TokenScope.READ, TokenScope.WRITE] if may_write else [TokenScope.READ]
