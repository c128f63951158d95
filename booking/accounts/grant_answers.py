"""What the API of grants answers."""

from datetime import date, datetime
from typing import Any, Self

from pydantic import BaseModel

from booking.accounts.answers import ScopeAnswer
from booking.accounts.grant_queries import Reason, ShownGrant
from booking.accounts.permissions import Permission
from booking.accounts.succession import Lack
from models.accounts import AuditEntry, User
from models.vocabulary.accounts import Role


class PersonAnswer(BaseModel):
    """A person."""

    id: int
    name: str
    email: str


class HeldGrantAnswer(BaseModel):
    """Who has which role where, from one local day to another, both included, and who gave it.

    With `due_to_end_on` the person has left and the role waits for a successor.
    """

    id: int
    person: PersonAnswer
    role: Role
    scope: ScopeAnswer
    starts_on: date
    ends_on: date | None
    given_by: str
    delegated_by: str
    due_to_end_on: date | None

    @classmethod
    def of(cls, shown: ShownGrant) -> Self:
        """The grant as the API shows it."""
        grant = shown.grant
        scope = ScopeAnswer(
            kind=grant.scope_kind, id=grant.scope_id, name=shown.scope_name_zh, name_en=shown.scope_name_en
        )
        return cls(
            id=grant.id,
            person=PersonAnswer(id=grant.user_id, name=shown.user_name, email=shown.user_email),
            role=grant.role,
            scope=scope,
            starts_on=grant.starts_on,
            ends_on=grant.ends_on,
            given_by=shown.given_by,
            delegated_by=shown.delegated_by,
            due_to_end_on=grant.due_to_end_on,
        )


class GrantsAnswer(BaseModel):
    """Some grants, the newest first."""

    items: list[HeldGrantAnswer]
    next_cursor: str | None


class LackAnswer(BaseModel):
    """A role that would be left to nobody."""

    grant_id: int
    role: Role
    scope: ScopeAnswer

    @classmethod
    def of(cls, lack: Lack) -> Self:
        """The lack as the API shows it."""
        scope = ScopeAnswer(kind=lack.scope_kind, id=lack.scope_id, name=lack.scope_name_zh, name_en=lack.scope_name_en)
        return cls(grant_id=lack.grant_id, role=lack.role, scope=scope)


class LoggedGrantAnswer(BaseModel):
    """One thing that happened to a grant, with the grant before and after."""

    occurred_at: datetime
    action: str
    actor: str
    person: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str

    @classmethod
    def of(cls, told: tuple[AuditEntry, str, str]) -> Self:
        """A row of the log as the API shows it."""
        entry, actor, person = told
        return cls(
            occurred_at=entry.occurred_at,
            action=entry.action,
            actor=actor,
            person=person,
            before=entry.before,
            after=entry.after,
            reason=entry.reason,
        )


class GrantHistoryAnswer(BaseModel):
    """What was logged of grants at a scope and within it, the latest first."""

    items: list[LoggedGrantAnswer]
    next_cursor: None


class ReasonAnswer(BaseModel):
    """A permission, and the grants that give it."""

    permission: Permission
    grants: list[HeldGrantAnswer]


class PermissionsAnswer(BaseModel):
    """What somebody may do at a scope, and why."""

    person: PersonAnswer
    scope: ScopeAnswer
    permissions: list[ReasonAnswer]


class AccountAnswer(BaseModel):
    """An account, and since when it is closed."""

    id: int
    name: str
    email: str
    deactivated_at: datetime | None


def person_answer(user: User) -> PersonAnswer:
    """A person as the API shows them."""
    return PersonAnswer(id=user.id, name=user.name, email=user.email)


def reason_answer(reason: Reason) -> ReasonAnswer:
    """A permission with its reasons as the API shows it."""
    return ReasonAnswer(permission=reason.permission, grants=[HeldGrantAnswer.of(one) for one in reason.grants])
