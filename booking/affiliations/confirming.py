"""Confirming many people at once: each for itself, and every one accounted for."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, require
from booking.affiliations.forms import AffiliationDetailsForm, ConfirmManyForm
from booking.affiliations.service import confirm_affiliation
from booking.core.actors import Actor, Target
from booking.core.errors import NotFound, Refused
from models.accounts import User
from models.affiliations import Affiliation


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one request: confirmed, or why not; without a name it is none of this organisation."""

    affiliation_id: int
    name: str = ""
    refused: Refused | None = None


def confirm_many(
    session: Session, organisation_id: int, form: ConfirmManyForm, *, actor: Actor, now: datetime
) -> list[Outcome]:
    """Confirm what these people asked for, with the same group and last day where named; the rest as each asked.

    One that cannot be confirmed hinders no other. Raises Forbidden.
    """
    require(actor, Permission.MANAGE_AFFILIATIONS, Target(organisation_id))
    ids = list(dict.fromkeys(form.affiliation_ids))
    people = select(Affiliation.id, User.name).join(User, User.id == Affiliation.user_id)
    here = people.where(Affiliation.organisation_id == organisation_id, Affiliation.id.in_(ids))
    names = {found.id: found.name for found in session.execute(here)}
    shared = {"user_group_id": form.user_group_id, "ends_on": form.ends_on}
    details = AffiliationDetailsForm(**{name: value for name, value in shared.items() if value is not None})
    return [_confirm(session, Outcome(one, names.get(one, "")), details, actor=actor, now=now) for one in ids]


def _confirm(
    session: Session, outcome: Outcome, details: AffiliationDetailsForm, *, actor: Actor, now: datetime
) -> Outcome:
    """One of them in a savepoint."""
    if not outcome.name:
        return replace(outcome, refused=NotFound())
    savepoint = session.begin_nested()
    try:
        confirm_affiliation(session, outcome.affiliation_id, details, actor=actor, now=now)
    except Refused as refused:
        savepoint.rollback()
        return replace(outcome, refused=refused)
    savepoint.commit()
    return outcome
