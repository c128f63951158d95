"""The officers of a province whom its clearing concerns: those of its authority are told of every step."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from booking.accounts.permissions import NEEDED_ROLES, Permission
from booking.programmes.authorities import authorities_of
from models.accounts import Grant, User
from models.vocabulary.accounts import ScopeKind


def officers_of(session: Session, provinces: Collection[str], *, today: date) -> Mapping[str, Sequence[User]]:
    """Those of each province's own authority; nobody stands in for an officer here."""
    offices = authorities_of(session, provinces)
    rows = (
        select(User, Grant.scope_id)
        .join(Grant, Grant.user_id == User.id)
        .where(
            Grant.scope_kind == ScopeKind.ORGANISATION,
            Grant.scope_id.in_(offices.values()),
            Grant.role.in_(NEEDED_ROLES[Permission.CLEAR_MONTHS]),
            Grant.delegated_from_id.is_(None),
            Grant.starts_on <= today,
            or_(Grant.ends_on.is_(None), Grant.ends_on >= today),
            User.deactivated_at.is_(None),
        )
        .order_by(User.id)
    )
    found: dict[int | None, dict[int, User]] = {key: {} for key in offices.values()}
    for person, office_id in session.execute(rows):
        found[office_id][person.id] = person
    return {one: list(found.get(offices.get(one), {}).values()) for one in provinces}
