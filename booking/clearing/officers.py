"""The officers of a province whom its clearing concerns: who is told, and whose home page says what waits."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from booking.accounts.permissions import NEEDED_ROLES, Permission
from booking.core.places import PROVINCE_DIGITS, province_of
from models.accounts import Grant, User
from models.directory import Organisation
from models.programmes import Programme
from models.vocabulary.accounts import ScopeKind
from models.vocabulary.directory import OrganisationKind


def officers_of(session: Session, provinces: Collection[str], *, today: date) -> Mapping[str, Sequence[User]]:
    """Those of each province's authorities that have programmes; where none has, of every authority; one statement.

    Nobody stands in for an officer here.
    """
    has_programmes = exists().where(Programme.organisation_id == Organisation.id)
    rows = (
        select(User, Organisation.adcode, has_programmes)
        .join(Grant, Grant.user_id == User.id)
        .join(Organisation, Organisation.id == Grant.scope_id)
        .where(
            Grant.scope_kind == ScopeKind.ORGANISATION,
            Grant.role.in_(NEEDED_ROLES[Permission.CLEAR_MONTHS]),
            Grant.delegated_from_id.is_(None),
            Grant.starts_on <= today,
            or_(Grant.ends_on.is_(None), Grant.ends_on >= today),
            User.deactivated_at.is_(None),
            Organisation.kind == OrganisationKind.AUTHORITY,
            func.substr(Organisation.adcode, 1, PROVINCE_DIGITS).in_(provinces),
        )
        .order_by(User.id)
    )
    found: dict[str, dict[bool, dict[int, User]]] = {one: {True: {}, False: {}} for one in provinces}
    for person, adcode, issues in session.execute(rows):
        found[province_of(adcode)][bool(issues)][person.id] = person
    return {one: list((of[True] or of[False]).values()) for one, of in found.items()}
