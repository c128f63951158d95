"""Teams: a lead, deputies and dated members; who asks to join, and who was invited."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.base import Base
from models.directory import Organisation
from models.vocabulary.teams import JoinState


class Team(Base):
    """People who work together at an organisation; the lead answers for it and is a member too.

    While `successor_id` is set, that member has been asked to take the lead over and has not answered.
    """

    __tablename__ = "teams"
    __table_args__ = (UniqueConstraint("organisation_id", "name_zh"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    name_zh: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120), default="")
    lead_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    successor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    organisation: Mapped[Organisation] = relationship(lazy="raise")


class TeamMember(Base):
    """A person belongs to a team from one local day to another, both included; no end means until further notice.

    Of one person's rows in a team at most one has no end; their days do not overlap.
    """

    __tablename__ = "team_members"
    __table_args__ = (
        CheckConstraint("ends_on IS NULL OR starts_on <= ends_on", name="days_in_order"),
        Index(
            "uq_team_members_open",
            "team_id",
            "user_id",
            unique=True,
            sqlite_where=text("ends_on IS NULL"),
            postgresql_where=text("ends_on IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    is_deputy: Mapped[bool] = mapped_column(default=False)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    team: Mapped[Team] = relationship(lazy="raise")
    user: Mapped[User] = relationship(foreign_keys=[user_id], lazy="raise")


class TeamRequest(Base):
    """Somebody asks to join; the lead or a deputy decides, with a reason for a no."""

    __tablename__ = "team_requests"
    __table_args__ = (
        Index(
            "uq_team_requests_waiting",
            "team_id",
            "user_id",
            unique=True,
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    state: Mapped[JoinState] = mapped_column(default=JoinState.WAITING)
    message: Mapped[str] = mapped_column(String(600), default="")
    reason: Mapped[str] = mapped_column(String(600), default="")
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    team: Mapped[Team] = relationship(lazy="raise")
    user: Mapped[User] = relationship(foreign_keys=[user_id], lazy="raise")


class TeamInvitation(Base):
    """A link into a team, mailed to one address; only the SHA-256 of its secret is stored, once it was mailed.

    Whoever was invited by `staff_number` is shown by it: who invites does not learn the address.
    """

    __tablename__ = "team_invitations"

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"), index=True)
    email: Mapped[str] = mapped_column(String(254))
    staff_number: Mapped[str] = mapped_column(String(40), default="")
    secret_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    created_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    team: Mapped[Team] = relationship(lazy="raise")
