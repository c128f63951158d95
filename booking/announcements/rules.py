"""Who sees an announcement."""

from booking.core.actors import Actor
from models.vocabulary.accounts import Role
from models.vocabulary.announcements import Audience

ADMIN_ROLES = frozenset({Role.INSTITUTION_ADMIN, Role.PLATFORM_ADMIN})
STAFF_ROLES = ADMIN_ROLES | {Role.STEWARD, Role.TECHNICIAN, Role.TRAINER, Role.INSTITUTION_FINANCE}


def concerns(audience: Audience, actor: Actor | None) -> bool:
    """Whether somebody belongs to the audience, wherever they hold their roles."""
    if audience == Audience.EVERYBODY:
        return True
    if actor is None:
        return False
    roles = {grant.role for grant in actor.grants}
    return {
        Audience.SIGNED_IN: True,
        Audience.STAFF: bool(roles & STAFF_ROLES),
        Audience.ADMINS: bool(roles & ADMIN_ROLES),
    }[audience]
