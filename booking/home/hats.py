"""Several roles: the one that a person acts in puts menu and home page in order, and permits nothing."""

from collections.abc import Collection, Sequence

from booking.core.actors import Actor
from booking.home.cards import Hat
from models.vocabulary.accounts import Role

HATS = {
    Role.RESEARCHER: Hat.RESEARCHER,
    Role.LEAD: Hat.RESEARCHER,
    Role.STEWARD: Hat.STEWARD,
    Role.TECHNICIAN: Hat.STEWARD,
    Role.TRAINER: Hat.STEWARD,
    Role.REVIEWER: Hat.INSTITUTION,
    Role.INSTITUTION_FINANCE: Hat.INSTITUTION,
    Role.INSTITUTION_ADMIN: Hat.INSTITUTION,
    Role.ENTERPRISE_AGENT: Hat.INSTITUTION,
    Role.VOUCHER_OFFICER: Hat.PLATFORM,
    Role.OPERATOR: Hat.PLATFORM,
    Role.AUDITOR: Hat.AUDIT,
    Role.PLATFORM_ADMIN: Hat.PLATFORM,
}

_OWN = ("reservations.mine", "home.index", "enquiries.index", "directory.index")
_STAFF = ("reservations.board", "catalogue.index", "enquiries.waiting", "home.index")
FIRST: dict[Role, tuple[str, ...]] = {
    Role.RESEARCHER: _OWN,
    Role.LEAD: _OWN,
    Role.STEWARD: _STAFF,
    Role.TECHNICIAN: _STAFF,
    Role.TRAINER: ("catalogue.arrivals", "home.index"),
    Role.REVIEWER: ("catalogue.reviews", "catalogue.index", "home.index"),
    Role.INSTITUTION_ADMIN: ("catalogue.index", "directory.index", "accounts.audit", "home.index"),
    Role.INSTITUTION_FINANCE: ("statements.places", "charges.staffed", "redemptions.index", "home.index"),
    Role.ENTERPRISE_AGENT: ("home.index", "reservations.mine", "vouchers.index", "applications.index"),
    Role.VOUCHER_OFFICER: (
        "applications.index",
        "redemptions.queue",
        "vouchers.index",
        "redemptions.notices",
        "clearing.index",
        "home.index",
    ),
    Role.OPERATOR: ("affiliations.registrations", "directory.index", "home.index"),
    Role.AUDITOR: ("accounts.audit", "statements.places", "charges.staffed", "catalogue.report_dates", "home.index"),
    Role.PLATFORM_ADMIN: ("directory.index", "accounts.users", "operations.jobs", "accounts.audit"),
}
"""The pages that stand first in the menu, after the search; of officers before it, for it is none of their work."""


def roles_of(actor: Actor | None) -> list[Role]:
    """Everything that the person is, each role once, in the order of the roles."""
    held = {grant.role for grant in actor.grants} if actor else set()
    return [role for role in Role if role in held]


def worn_of(kept: object, roles: Collection[Role]) -> Role | None:
    """The role kept in the session when the person still has it beside another one; None means all of them."""
    return next((role for role in roles if role == kept), None) if len(roles) > 1 else None


def hats_in_order(worn: Role | None) -> Sequence[Hat]:
    """The parts of the home page, that of the role first."""
    first = HATS[worn] if worn else None
    return sorted(Hat, key=lambda hat: hat != first)


def whose_menu(worn: Role | None, roles: Sequence[Role]) -> Role | None:
    """The role whose pages stand first in the menu: the chosen one, else the only one that the person has."""
    return worn or (roles[0] if len(roles) == 1 else None)


def menu_place(endpoint: str, worn: Role | None) -> int:
    """Where a page stands in the menu: the search and those of the role first, then all others as they are."""
    own = FIRST.get(worn, ()) if worn else ()
    order = (*own, "search.index") if worn == Role.VOUCHER_OFFICER else ("search.index", *own)
    return order.index(endpoint) if endpoint in order else len(order)
