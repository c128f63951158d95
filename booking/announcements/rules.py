"""Who sees an announcement."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from models.vocabulary.accounts import Role
from models.vocabulary.announcements import Audience

PROVINCE_DIGITS = 2
ADMIN_ROLES = frozenset({Role.INSTITUTION_ADMIN, Role.PLATFORM_ADMIN})
STAFF_ROLES = frozenset(Role) - {Role.RESEARCHER, Role.LEAD, Role.ENTERPRISE_AGENT}
"""Everybody at work for an institution, an authority, a centre or the platform."""


@dataclass(frozen=True, slots=True)
class Aim:
    """Whom an announcement is for: an audience, everywhere or at one organisation or in one province."""

    audience: Audience
    organisation_id: int | None = None
    province: str | None = None

    @property
    def is_everywhere(self) -> bool:
        """Whether no place narrows it."""
        return self.organisation_id is None and self.province is None


@dataclass(frozen=True, slots=True)
class Tie:
    """What ties a person to an organisation: a role there, or belonging there; none named is the whole platform."""

    organisation_id: int | None
    adcode: str | None = None
    role: Role | None = None


def concerns(audience: Audience, roles: Collection[Role | None], *, is_signed_in: bool) -> bool:
    """Whether somebody with these roles belongs to the audience."""
    return {
        Audience.EVERYBODY: True,
        Audience.SIGNED_IN: is_signed_in,
        Audience.STAFF: bool(STAFF_ROLES & set(roles)),
        Audience.ADMINS: bool(ADMIN_ROLES & set(roles)),
    }[audience]


def reaches(aim: Aim, ties: Iterable[Tie]) -> bool:
    """Whether an announcement for one place reaches somebody tied to organisations so; roles elsewhere do not count."""
    here = [tie.role for tie in ties if _is_at(aim, tie)]
    return bool(here) and concerns(aim.audience, here, is_signed_in=True)


def _is_at(aim: Aim, tie: Tie) -> bool:
    """Whether the tie is to the place; who acts for the whole platform is everywhere."""
    if tie.organisation_id is None:
        return True
    if aim.organisation_id is not None:
        return tie.organisation_id == aim.organisation_id
    return (tie.adcode or "")[:PROVINCE_DIGITS] == (aim.province or "")[:PROVINCE_DIGITS]
