"""People, what they may do, how they prove who they are, and the log of what they did."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.vocabulary.accounts import Language, Role, ScopeKind, TokenPurpose


class User(Base):
    """A person with an account; the address is stored in lower case and identifies it.

    `credential_version` rises with every password change and ends all sessions made before.
    """

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    password_hash: Mapped[str | None]
    language: Mapped[Language] = mapped_column(default=Language.CHINESE)
    credential_version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    deactivated_at: Mapped[datetime | None]
    grants: Mapped[list["Grant"]] = relationship(back_populates="user", foreign_keys="Grant.user_id", lazy="raise")


class Grant(Base):
    """A role within a scope from one local day to another, both included; no end means until further notice.

    With `delegated_from_id` it stands in for another grant during an absence: it has an end within that one's
    days, and gives no right to give grants. With `due_to_end_on` its holder has left and it should have ended on that
    day: it holds on only until somebody else holds the role.
    """

    __tablename__ = "grants"
    __table_args__ = (
        CheckConstraint("ends_on IS NULL OR starts_on <= ends_on", name="days_in_order"),
        CheckConstraint("(scope_kind = 'platform') = (scope_id IS NULL)", name="scope_named"),
        CheckConstraint("delegated_from_id IS NULL OR ends_on IS NOT NULL", name="delegated_for_a_while"),
        Index("ix_grants_scope", "scope_kind", "scope_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    role: Mapped[Role]
    scope_kind: Mapped[ScopeKind]
    scope_id: Mapped[int | None]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    granted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    delegated_from_id: Mapped[int | None] = mapped_column(ForeignKey("grants.id"), index=True)
    due_to_end_on: Mapped[date | None]
    created_at: Mapped[datetime]
    user: Mapped[User] = relationship(back_populates="grants", foreign_keys=[user_id], lazy="raise")


class MailedToken(Base):
    """A secret sent by mail that does one thing once; only its SHA-256 is stored.

    `new_email` is the address that a link to change to it was sent to.
    """

    __tablename__ = "mailed_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    purpose: Mapped[TokenPurpose]
    new_email: Mapped[str | None] = mapped_column(String(254))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class AccessToken(Base):
    """A personal access token for the API; only its SHA-256 is stored, `last_used_at` at most hourly."""

    __tablename__ = "access_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    may_write: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class FailedSignIn(Base):
    """One failed attempt, counted per account name and per network address."""

    __tablename__ = "failed_sign_ins"
    __table_args__ = (
        Index("ix_failed_sign_ins_account_key", "account_key", "occurred_at"),
        Index("ix_failed_sign_ins_address", "address", "occurred_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_key: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(45))
    occurred_at: Mapped[datetime]


class AskedMail(Base):
    """One mail that somebody asked for without signing in, counted so that no mailbox can be flooded."""

    __tablename__ = "asked_mails"
    __table_args__ = (
        Index("ix_asked_mails_account_key", "account_key", "occurred_at"),
        Index("ix_asked_mails_address", "address", "occurred_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_key: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(45))
    occurred_at: Mapped[datetime]


class AuditEntry(Base):
    """Who did what, when, from where and why; append-only, the database refuses changes."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_subject", "subject_kind", "subject_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    occurred_at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    address: Mapped[str] = mapped_column(String(45), default="")
    request_id: Mapped[str] = mapped_column(String(64), default="")
    action: Mapped[str] = mapped_column(String(80))
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int | None]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(default="")
