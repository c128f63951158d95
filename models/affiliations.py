"""Who belongs to which organisation, from when to when, and in which user group."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.vocabulary.affiliations import (
    AffiliationState,
    Audience,
    ConfirmedBy,
    IdentityKind,
    InvitationState,
    MailDomainState,
    RegistrationState,
    RosterState,
    UserSide,
    VisitState,
)
from models.vocabulary.directory import OrganisationKind

_OPEN = text("state IN ('pending', 'confirmed')")
_OPEN_TO_ADDRESS = text("state = 'open' AND email <> ''")
_FOR_SOMEBODY = text("audience <> 'assigned'")
_CONFIRMED = text("state = 'confirmed'")


class Affiliation(Base):
    """A person belongs to an organisation from one local day to another, both included; no end means until told.

    A person has at most one open affiliation with an organisation. `agreed_at` is when the person asked for it, renewed
    it or opened an invitation; without it a roster or an address alone speaks. `leaving_told_at` is when its last day
    was announced, so that nobody is told twice.
    """

    __tablename__ = "affiliations"
    __table_args__ = (
        Index(
            "uq_affiliations_open",
            "user_id",
            "organisation_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index("ix_affiliations_organisation_id", "organisation_id", "state"),
        Index("ix_affiliations_staff_number", "organisation_id", "staff_number"),
        CheckConstraint("ends_on IS NULL OR starts_on <= ends_on", name="days_in_order"),
        CheckConstraint("(state = 'pending') = (decided_at IS NULL)", name="decided"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    user_group_id: Mapped[int | None] = mapped_column(ForeignKey("user_groups.id"), index=True)
    state: Mapped[AffiliationState]
    staff_number: Mapped[str] = mapped_column(String(40), default="")
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    confirmed_by: Mapped[ConfirmedBy | None]
    message: Mapped[str] = mapped_column(String(300), default="")
    reason: Mapped[str] = mapped_column(String(300), default="")
    asked_at: Mapped[datetime]
    agreed_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    leaving_told_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    version: Mapped[int] = mapped_column(default=1)


class UserGroup(Base):
    """An institution's own row of users, which decides price and horizon; at most one for each audience.

    `horizon_days` is how far ahead its people may book the institution's instruments; without it an instrument's own
    limit holds alone.
    """

    __tablename__ = "user_groups"
    __table_args__ = (
        UniqueConstraint("organisation_id", "name_zh"),
        Index(
            "uq_user_groups_audience",
            "organisation_id",
            "audience",
            unique=True,
            sqlite_where=_FOR_SOMEBODY,
            postgresql_where=_FOR_SOMEBODY,
        ),
        CheckConstraint("horizon_days BETWEEN 1 AND 730", name="horizon_days"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    name_zh: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(80), default="")
    side: Mapped[UserSide]
    audience: Mapped[Audience] = mapped_column(default=Audience.ASSIGNED)
    position: Mapped[int]
    horizon_days: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1)


class MailDomain(Base):
    """Whoever has a confirmed address of a confirmed domain belongs to the organisation; each of those has one owner.

    What an organisation registers waits until somebody who verifies organisations has looked at it.
    """

    __tablename__ = "mail_domains"
    __table_args__ = (
        UniqueConstraint("organisation_id", "domain"),
        Index(
            "uq_mail_domains_confirmed",
            "domain",
            unique=True,
            sqlite_where=_CONFIRMED,
            postgresql_where=_CONFIRMED,
        ),
        CheckConstraint("(state = 'pending') = (decided_at IS NULL)", name="decided"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    domain: Mapped[str] = mapped_column(String(253))
    includes_subdomains: Mapped[bool] = mapped_column(default=False)
    state: Mapped[MailDomainState] = mapped_column(default=MailDomainState.PENDING)
    reason: Mapped[str] = mapped_column(String(300), default="")
    created_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class AffiliationSettings(Base):
    """How an organisation deals with affiliations; without a row the defaults hold.

    `invitations_per_day` is what the platform allows it when the usual number of mails is too small.
    """

    __tablename__ = "affiliation_settings"
    __table_args__ = (CheckConstraint("mail_domain_days BETWEEN 1 AND 3660", name="mail_domain_days"),)

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), primary_key=True, autoincrement=False)
    mail_domain_days: Mapped[int] = mapped_column(default=365)
    invitations_per_day: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1)


class Roster(Base):
    """A list of an organisation's people as it was uploaded; its text is kept only until it is applied or discarded.

    Of an applied one the refused rows stay for a month, with their header, to be corrected and uploaded again.
    """

    __tablename__ = "rosters"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    content: Mapped[str]
    is_complete: Mapped[bool] = mapped_column(default=False)
    state: Mapped[RosterState] = mapped_column(default=RosterState.DRAFT)
    outcome: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    refused_rows: Mapped[list[list[str]] | None] = mapped_column(JSON(none_as_null=True))
    created_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class Invitation(Base):
    """Somebody on a roster without an account: a link confirms the affiliation; only the link's SHA-256 is stored.

    Whoever has no address is handed the link, or a code to type, by the organisation. Half a year after nobody took it
    up, nothing says who was invited: `erased_at` says when.
    """

    __tablename__ = "invitations"
    __table_args__ = (
        Index(
            "uq_invitations_open",
            "organisation_id",
            "email",
            unique=True,
            sqlite_where=_OPEN_TO_ADDRESS,
            postgresql_where=_OPEN_TO_ADDRESS,
        ),
        Index("ix_invitations_email", "email"),
        CheckConstraint("erased_at IS NOT NULL OR email <> '' OR phone <> '' OR staff_number <> ''", name="known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    email: Mapped[str] = mapped_column(String(254), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    staff_number: Mapped[str] = mapped_column(String(40), default="")
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    user_group_id: Mapped[int | None] = mapped_column(ForeignKey("user_groups.id"), index=True)
    ends_on: Mapped[date | None]
    state: Mapped[InvitationState] = mapped_column(default=InvitationState.OPEN)
    secret_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    created_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    accepted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    erased_at: Mapped[datetime | None]


class Visit(Base):
    """Somebody from outside is at an organisation from one local day to another, both included, with a host.

    The number of the identity document is sensitive: it is shown masked, and each full view is in the audit log. Half a
    year after the visit, or a month after it was refused or called off, the number goes, with the name, the address and
    the telephone: `erased_at` says when. While a confirmed visit waits to be confirmed for more days, the days that are
    confirmed stand beside. `host_missed_on` is the day from which nobody receives the visitor any more, until another
    host is named. `nobody_came` makes one that was ended on its first day called off; in doubt somebody was there.
    """

    __tablename__ = "visits"
    __table_args__ = (
        Index("ix_visits_organisation_id", "organisation_id", "state"),
        CheckConstraint("starts_on <= ends_on", name="days_in_order"),
        CheckConstraint("erased_at IS NOT NULL OR email <> '' OR phone <> ''", name="reachable"),
        CheckConstraint("(confirmed_starts_on IS NULL) = (confirmed_ends_on IS NULL)", name="confirmed_whole"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    name: Mapped[str] = mapped_column(String(80))
    email: Mapped[str] = mapped_column(String(254), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    identity_kind: Mapped[IdentityKind]
    identity_number: Mapped[str] = mapped_column(String(40))
    host_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    host_missed_on: Mapped[date | None]
    registered_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    purpose: Mapped[str] = mapped_column(String(300))
    state: Mapped[VisitState]
    reason: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    erased_at: Mapped[datetime | None]
    confirmed_starts_on: Mapped[date | None]
    confirmed_ends_on: Mapped[date | None]
    nobody_came: Mapped[bool] = mapped_column(default=False)


class OrganisationRegistration(Base):
    """An organisation that somebody wants to act for; it is none until it is verified, so nobody else meets it."""

    __tablename__ = "organisation_registrations"

    id: Mapped[int] = mapped_column(primary_key=True)
    registrant_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200), default="")
    kind: Mapped[OrganisationKind]
    country: Mapped[str] = mapped_column(String(2))
    adcode: Mapped[str | None] = mapped_column(ForeignKey("places.adcode"))
    uscc: Mapped[str | None] = mapped_column(String(18))
    website: Mapped[str] = mapped_column(String(200), default="")
    message: Mapped[str] = mapped_column(String(300), default="")
    state: Mapped[RegistrationState] = mapped_column(default=RegistrationState.PENDING, index=True)
    reason: Mapped[str] = mapped_column(String(300), default="")
    checked: Mapped[str] = mapped_column(String(300), default="")
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    version: Mapped[int] = mapped_column(default=1)
