"""Words of the affiliations: how a person stands with an organisation, and what that makes of them."""

from enum import StrEnum


class AffiliationState(StrEnum):
    """Where an affiliation stands: asked for, in force, refused, over."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    ENDED = "ended"


class ConfirmedBy(StrEnum):
    """What an affiliation rests on."""

    ADMIN = "admin"
    ROSTER = "roster"
    MAIL_DOMAIN = "mail_domain"
    VERIFICATION = "verification"


class UserSide(StrEnum):
    """The national record's user: inside (120) or outside (130) the institution."""

    INSIDE = "inside"
    OUTSIDE = "outside"


class Audience(StrEnum):
    """Who falls into a user group by themselves; nobody falls into an assigned one."""

    ASSIGNED = "assigned"
    MEMBERS = "members"
    ACADEMICS = "academics"
    FIRMS = "firms"
    OTHERS = "others"


class RosterState(StrEnum):
    """Where an uploaded roster stands."""

    DRAFT = "draft"
    APPLIED = "applied"
    DISCARDED = "discarded"


class InvitationState(StrEnum):
    """Where an invitation stands."""

    OPEN = "open"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class IdentityKind(StrEnum):
    """What a visitor proves their identity with."""

    RESIDENT_ID = "resident_id"
    PASSPORT = "passport"
    HONG_KONG_MACAO_PERMIT = "hong_kong_macao_permit"
    TAIWAN_PERMIT = "taiwan_permit"
    PERMANENT_RESIDENCE = "permanent_residence"
    OTHER = "other"


class VisitState(StrEnum):
    """Where a visit stands."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    ENDED = "ended"


VISITS_STAND = (VisitState.PENDING, VisitState.CONFIRMED)
"""Visits that nobody has refused or ended."""


class RegistrationState(StrEnum):
    """Where the registration of an organisation stands."""

    PENDING = "pending"
    VERIFIED = "verified"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class MailDomainState(StrEnum):
    """Where a mail domain stands: it counts for people only when confirmed."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
