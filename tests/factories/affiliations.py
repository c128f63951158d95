"""Affiliations for tests."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy.orm import Session

from models.accounts import User
from models.affiliations import Affiliation
from models.directory import Organisation
from models.vocabulary.affiliations import AffiliationState, ConfirmedBy

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def affiliate(session: Session, user: User, organisation: Organisation, **columns: Any) -> Affiliation:
    """The user confirmed at the organisation since 2020, committed."""
    values: dict[str, Any] = {
        "user_id": user.id,
        "organisation_id": organisation.id,
        "state": AffiliationState.CONFIRMED,
        "confirmed_by": ConfirmedBy.ADMIN,
        "starts_on": date(2020, 1, 1),
        "asked_at": LONG_AGO,
        "agreed_at": LONG_AGO,
        "decided_at": LONG_AGO,
    }
    affiliation = Affiliation(**(values | columns))
    session.add(affiliation)
    session.commit()
    return affiliation
