"""Confirming many people at once: each for itself, and every one accounted for."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, require
from booking.affiliations.forms import AffiliationDetailsForm, ConfirmManyForm
from booking.affiliations.looking import note_people
from booking.affiliations.service import confirm_affiliation
from booking.core.actors import Actor, Target
from booking.core.errors import NotFound, Refused
from models.accounts import User
from models.affiliations import Affiliation
from models.vocabulary.affiliations import AffiliationState, ConfirmedBy


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

    One that cannot be confirmed hinders no other; one that the actor has confirmed already stays so. The look at all
    of them is logged. Raises Forbidden.
    """
    require(actor, Permission.MANAGE_AFFILIATIONS, Target(organisation_id))
    ids = list(dict.fromkeys(form.affiliation_ids))
    people = select(Affiliation.id, User.name, User.id.label("user_id"), _settled_by(actor)).join(
        User, User.id == Affiliation.user_id
    )
    here = people.where(Affiliation.organisation_id == organisation_id, Affiliation.id.in_(ids))
    known = {found.id: found for found in session.execute(here)}
    note_people(session, organisation_id, [one.user_id for one in known.values()], actor=actor, now=now)
    shared = {"user_group_id": form.user_group_id, "ends_on": form.ends_on}
    details = AffiliationDetailsForm(**{name: value for name, value in shared.items() if value is not None})
    outcomes = [Outcome(one, known[one].name if one in known else "") for one in ids]
    settled = {one.id for one in known.values() if one.is_settled}
    return [
        one if one.affiliation_id in settled else _confirm(session, one, details, actor=actor, now=now)
        for one in outcomes
    ]


def _settled_by(actor: Actor) -> ColumnElement[bool]:
    """Whether the actor has confirmed it already, so that a page sent twice says what became of the first."""
    is_confirmed = Affiliation.state == AffiliationState.CONFIRMED
    own = and_(Affiliation.confirmed_by == ConfirmedBy.ADMIN, Affiliation.decided_by_id == actor.id)
    return and_(is_confirmed, own).label("is_settled")


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
