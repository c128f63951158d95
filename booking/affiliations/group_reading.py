"""Which user groups an organisation has, and in which of them somebody is."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.affiliations import rules
from booking.affiliations.queries import in_force
from booking.affiliations.rules import Group, Membership
from booking.core.errors import NotFound
from models.affiliations import Affiliation, UserGroup
from models.directory import Organisation


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


def groups_of_person(session: Session, user_id: int, organisation_ids: Sequence[int], today: date) -> dict[int, Group]:
    """The same for several organisations that have stored their groups; two statements however many."""
    stored = groups_by_owner(session, organisation_ids)
    held = memberships_of(session, user_id, today)
    return {number: rules.group_among(groups, held, number) for number, groups in stored.items()}


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
