"""Looking at people of an organisation, one or a list of them, is kept for them to read."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission
from booking.accounts.sights import Sight, note_sight, note_sights, seen_as
from booking.affiliations import queries
from booking.affiliations.roster_plans import Fate, Plan, Planned
from booking.core.actors import Actor, Target
from models.affiliations import Roster, Visit


def note_looking(session: Session, affiliation_id: int, *, actor: Actor, now: datetime) -> None:
    """Log that the actor, who may, looked at somebody's affiliation; raises NotFound."""
    row = queries.row(session, affiliation_id)
    place = Target(row.organisation.id)
    note_sight(session, Sight.AFFILIATION, row.person.id, Permission.SEE_AFFILIATIONS, place, actor=actor, now=now)


def note_people(
    session: Session, organisation_id: int, user_ids: Iterable[int], *, actor: Actor, now: datetime
) -> None:
    """Log that the actor, who may, looked at a list of these people of an organisation."""
    place = Target(organisation_id)
    note_sights(session, Sight.PEOPLE, ("user", user_ids), Permission.SEE_AFFILIATIONS, place, actor=actor, now=now)


def note_invited(
    session: Session, organisation_id: int, invitation_ids: Iterable[int], *, actor: Actor, now: datetime
) -> None:
    """Log that the actor, who may, looked at a list of these invitations of an organisation."""
    invited, place = ("invitation", invitation_ids), Target(organisation_id)
    note_sights(session, Sight.INVITED, invited, Permission.SEE_AFFILIATIONS, place, actor=actor, now=now)


def note_visitors(
    session: Session, organisation_id: int, visits: Iterable[Visit], *, actor: Actor, now: datetime
) -> None:
    """Log that the actor looked at these visitors; who is their host, or registered them, knows them already."""
    ids = [visit.id for visit in visits if actor.id not in {visit.host_id, visit.registered_by_id}]
    place = Target(organisation_id)
    note_sights(session, Sight.VISITOR, ("visit", ids), Permission.SEE_AFFILIATIONS, place, actor=actor, now=now)


def note_refused_rows(
    session: Session, roster: Roster, plan: Plan | None, count: int, *, actor: Actor, now: datetime
) -> None:
    """Log that the actor took the refused rows of a roster away, and at whom of them that is a look."""
    after = {**seen_as(actor, Permission.SEE_AFFILIATIONS, Target(roster.organisation_id)), "rows": count}
    audit.note(session, "affiliations.refused_rows_taken", ("roster", roster.id), actor=actor, now=now, after=after)
    people = [row.user_id for row in plan.of(Fate.REFUSED) if row.user_id is not None] if plan else []
    note_people(session, roster.organisation_id, people, actor=actor, now=now)


def note_roster(
    session: Session, organisation_id: int, plan: Plan, rows: Iterable[Planned], *, actor: Actor, now: datetime
) -> None:
    """Log that the actor looked at the preview of a roster: whom these rows mean, and everybody missing from it."""
    people = [row.user_id for row in rows if row.user_id is not None]
    missing = [one.affiliation.user_id for one in plan.leavers]
    invited = [one.id for one in plan.uninvited]
    note_people(session, organisation_id, [*people, *missing], actor=actor, now=now)
    note_invited(session, organisation_id, invited, actor=actor, now=now)
