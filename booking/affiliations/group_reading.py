"""Which user groups an organisation has, and in which of them somebody is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from sqlalchemy import Date, Integer, Select, and_, bindparam, select
from sqlalchemy.orm import Session

from booking.affiliations import rules
from booking.affiliations.queries import in_force
from booking.affiliations.rules import Group, Membership
from booking.core.errors import NotFound
from models.affiliations import Affiliation, UserGroup
from models.directory import Organisation
from models.vocabulary.directory import OrganisationKind


@dataclass(frozen=True, slots=True)
class Belonging:
    """The user groups that some organisations have stored, each in their order, and where somebody belongs today."""

    groups: Mapping[int, Sequence[Group]]
    held: Sequence[Membership]

    def group_at(self, organisation_id: int) -> Group | None:
        """In which of an organisation's stored groups they are; None where it has none."""
        groups = self.groups.get(organisation_id)
        return rules.group_among(groups, self.held, organisation_id) if groups else None


def stored_groups(session: Session, organisation_id: int) -> list[UserGroup]:
    """The user groups an organisation has stored, in their order."""
    statement = select(UserGroup).where(UserGroup.organisation_id == organisation_id)
    return list(session.scalars(statement.order_by(UserGroup.position, UserGroup.id)))


def groups_of(session: Session, organisation_id: int) -> list[Group]:
    """The user groups of an organisation in their order: its own, or the defaults while it has none."""
    if stored := stored_groups(session, organisation_id):
        return [as_group(found) for found in stored]
    kind = session.scalar(select(Organisation.kind).where(Organisation.id == organisation_id))
    return list(rules.default_groups(kind)) if kind else []


def group_of(session: Session, user_id: int, organisation_id: int, today: date) -> Group:
    """In which of the organisation's user groups somebody is today; raises NotFound for no organisation."""
    groups = groups_of(session, organisation_id)
    if not groups:
        raise NotFound
    return rules.group_among(groups, memberships_of(session, user_id, today), organisation_id)


def belonging(session: Session, user_id: int | None, organisation_ids: Sequence[int], today: date) -> Belonging:
    """What decides in which groups of several organisations somebody is, or nobody known; one statement.

    Each group is read beside each membership: both are few.
    """
    rows = session.execute(_belonging(), {"user_id": user_id, "owners": organisation_ids, "today": today}).all()
    groups: dict[int, list[Group]] = {}
    for stored in dict.fromkeys(row[0] for row in rows):
        groups.setdefault(stored.organisation_id, []).append(as_group(stored))
    held = dict.fromkeys(Membership(*row[1:]) for row in rows if row[1] is not None)
    return Belonging(groups, list(held))


@lru_cache(maxsize=1)
def _belonging() -> Select[UserGroup, int, int | None, OrganisationKind]:
    """The statement, built once: bookings with a price or a limit ask it."""
    is_theirs = and_(
        Affiliation.user_id == bindparam("user_id", type_=Integer()), in_force(bindparam("today", type_=Date()))
    )
    return (
        select(UserGroup, Affiliation.organisation_id, Affiliation.user_group_id, Organisation.kind)
        .select_from(UserGroup)
        .outerjoin(Affiliation, is_theirs)
        .outerjoin(Organisation, Organisation.id == Affiliation.organisation_id)
        .where(UserGroup.organisation_id.in_(bindparam("owners", type_=Integer(), expanding=True)))
        .order_by(UserGroup.position, UserGroup.id, Affiliation.id)
    )


def groups_by_owner(session: Session, organisation_ids: Sequence[int]) -> dict[int, list[Group]]:
    """The stored user groups of several organisations, each in their order; one statement."""
    statement = select(UserGroup).where(UserGroup.organisation_id.in_(organisation_ids))
    stored: dict[int, list[Group]] = {}
    for found in session.scalars(statement.order_by(UserGroup.position, UserGroup.id)):
        stored.setdefault(found.organisation_id, []).append(as_group(found))
    return stored


def memberships_of(session: Session, user_id: int, today: date) -> list[Membership]:
    """Where somebody belongs today."""
    held = session.execute(
        select(Affiliation.organisation_id, Affiliation.user_group_id, Organisation.kind)
        .join(Organisation, Organisation.id == Affiliation.organisation_id)
        .where(Affiliation.user_id == user_id, in_force(today))
    )
    return [Membership(*found) for found in held]


def as_group(stored: UserGroup) -> Group:
    """A stored user group as a value."""
    names = (stored.name_zh, stored.name_en)
    return Group(stored.id, *names, stored.side, stored.audience, stored.position, stored.horizon_days)
