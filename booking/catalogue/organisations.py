"""Editing an owner, which also changes what the search says of its instruments."""

from datetime import datetime

from sqlalchemy.orm import Session

from booking.catalogue import listing
from booking.core.actors import Actor
from booking.directory import service
from booking.directory.forms import OrganisationForm
from models.directory import Organisation


def update_organisation(
    session: Session,
    organisation_id: int,
    form: OrganisationForm,
    *,
    reason: str = "",
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> Organisation:
    """Set every column of an organisation and list its instruments again; raises what the directory raises."""
    organisation = service.update_organisation(
        session, organisation_id, form, reason=reason, actor=actor, now=now, expected_version=expected_version
    )
    listing.refresh_of_organisation(session, organisation_id)
    return organisation
