"""What the API of affiliations answers."""

from datetime import date, datetime
from typing import Any, Self

from pydantic import BaseModel

from booking.affiliations.queries import Row
from booking.affiliations.rules import Group
from models.affiliations import MailDomain
from models.vocabulary.affiliations import AffiliationState, Audience, ConfirmedBy, MailDomainState, UserSide


class AffiliationNameAnswer(BaseModel):
    """Something with a name in both languages."""

    id: int
    name: str
    name_en: str


class AffiliatedPersonAnswer(BaseModel):
    """A person."""

    id: int
    name: str
    email: str


class AffiliationAnswer(BaseModel):
    """A person at an organisation."""

    id: int
    state: AffiliationState
    person: AffiliatedPersonAnswer
    organisation: AffiliationNameAnswer
    unit: AffiliationNameAnswer | None
    user_group: AffiliationNameAnswer | None
    staff_number: str
    starts_on: date
    ends_on: date | None
    confirmed_by: ConfirmedBy | None
    message: str
    reason: str
    asked_at: datetime
    decided_at: datetime | None
    version: int

    @classmethod
    def of(cls, row: Row) -> Self:
        """The affiliation as the API shows it."""
        found = row.affiliation
        return cls(
            id=found.id,
            state=found.state,
            person=AffiliatedPersonAnswer(id=row.person.id, name=row.person.name, email=row.person.email),
            organisation=named(row.organisation),
            unit=named(row.unit) if row.unit else None,
            user_group=named(row.group) if row.group else None,
            staff_number=found.staff_number,
            starts_on=found.starts_on,
            ends_on=found.ends_on,
            confirmed_by=found.confirmed_by,
            message=found.message,
            reason=found.reason,
            asked_at=found.asked_at,
            decided_at=found.decided_at,
            version=found.version,
        )


class AffiliationDetailAnswer(AffiliationAnswer):
    """A person at an organisation, with how many of their bookings lie ahead on its instruments."""

    future_bookings: int


class AffiliationsAnswer(BaseModel):
    """Some affiliations, the newest first."""

    items: list[AffiliationAnswer]
    next_cursor: str | None


class UserGroupAnswer(BaseModel):
    """A user group of an institution; without an id it is a default that is not stored yet."""

    id: int | None
    name_zh: str
    name_en: str
    side: UserSide
    national_code: int
    audience: Audience
    position: int
    horizon_days: int | None

    @classmethod
    def of(cls, group: Group) -> Self:
        """The group as the API shows it."""
        return cls(**{name: getattr(group, name) for name in cls.model_fields})


class UserGroupsAnswer(BaseModel):
    """The user groups of an institution, in their order."""

    items: list[UserGroupAnswer]
    next_cursor: None = None


class MailDomainAnswer(BaseModel):
    """A mail domain of an organisation, which stands for it once it is confirmed."""

    id: int
    organisation_id: int
    domain: str
    includes_subdomains: bool
    state: MailDomainState
    reason: str
    created_at: datetime
    decided_at: datetime | None

    @classmethod
    def of(cls, domain: MailDomain) -> Self:
        """The domain as the API shows it."""
        return cls(**{name: getattr(domain, name) for name in MailDomainAnswer.model_fields})


class MadeMailDomainAnswer(MailDomainAnswer):
    """A domain just registered or verified, and how many people belong by it at once."""

    people_confirmed: int


class MailDomainsAnswer(BaseModel):
    """Mail domains: of an organisation by name, or those that wait to be verified, the oldest first."""

    items: list[MailDomainAnswer]
    next_cursor: str | None = None


class AffiliationSettingsAnswer(BaseModel):
    """How an organisation deals with affiliations."""

    mail_domain_days: int
    invitations_per_day: int
    version: int


class RenewedAnswer(BaseModel):
    """Until when an affiliation holds now."""

    affiliation_id: int
    ends_on: date | None


def named(row: Any) -> AffiliationNameAnswer:
    """A row with a name in both languages."""
    return AffiliationNameAnswer(id=row.id, name=row.name_zh, name_en=row.name_en)
