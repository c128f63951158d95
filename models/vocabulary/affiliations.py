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
