"""Somebody leaves an institution: what they have there, and ending it all together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from booking.accounts import grant_queries
from booking.accounts.ending import Departure, end_grants
from booking.accounts.grant_queries import ShownGrant
from booking.accounts.grants import account_id
from booking.accounts.leaving import held_until, require_ending
from booking.accounts.permissions import Permission, may, require
from booking.accounts.rules import GIVEN_BY_THE_PLATFORM, normal_address
from booking.accounts.sights import Sight, note_sight
from booking.affiliations.leaving import let_end
from booking.affiliations.queries import open_affiliation
from booking.affiliations.user_groups import lock_organisation
from booking.core.actors import Actor, Target
from booking.core.clock import local_date
from booking.core.errors import InvalidInput, NotFound, Problem
from booking.core.texts import N_
from booking.directory.queries import organisation
from booking.reservations.coming import PER_PAGE, Coming, coming_bookings
from booking.teams import service as teams
from booking.teams.queries import memberships_at
from models.accounts import Grant, User
from models.affiliations import Affiliation
from models.catalogue import Instrument
from models.directory import Organisation
from models.reservations import Reservation
from models.teams import TeamMember
from models.vocabulary.affiliations import AffiliationState


@dataclass(frozen=True, slots=True)
class Leaving:
    """What somebody has at an institution: belonging, roles, teams, and bookings to come that concern it."""

    organisation: Organisation
    person: User
    affiliation: Affiliation | None
    grants: list[ShownGrant]
    memberships: Sequence[TeamMember]
    coming: Coming


def leaving_of(
    session: Session,
    organisation_id: int,
    user_id: int,
    *,
    limit: int = PER_PAGE,
    cursor: str = "",
    actor: Actor,
    now: datetime,
) -> Leaving:
    """Everything the person has here, for who may hand it over; raises Forbidden, or NotFound when that is nothing."""
    place = organisation(session, organisation_id)
    require(actor, Permission.HAND_OVER, Target(organisation_id))
    person = session.get(User, user_id)
    if person is None:
        raise NotFound
    grants = grant_queries.grants_within(session, user_id, organisation_id, today=local_date(now))
    coming = coming_bookings(session, organisation_id, user_id, limit=limit, cursor=cursor, now=now)
    memberships = memberships_at(session, organisation_id, user_id, today=local_date(now))
    affiliation = _confirmed(session, organisation_id, user_id)
    if not (affiliation or grants or coming.count or memberships or _is_known(session, organisation_id, user_id)):
        raise NotFound
    return Leaving(place, person, affiliation, grants, memberships, coming)


def note_looking(session: Session, organisation_id: int, user_id: int, *, actor: Actor, now: datetime) -> None:
    """Log for the person that the actor, who may, looked at everything they have here."""
    place = Target(organisation_id)
    note_sight(session, Sight.LEAVING, user_id, Permission.HAND_OVER, place, actor=actor, now=now)


def person_leaving(session: Session, organisation_id: int, email: str, *, actor: Actor, now: datetime) -> int:
    """The id of the person with this address who has something here; raises InvalidInput, the same for strangers."""
    organisation(session, organisation_id)
    require(actor, Permission.HAND_OVER, Target(organisation_id))
    person = session.scalar(select(User.id).where(User.email == normal_address(email)))
    try:
        return leaving_of(session, organisation_id, person or 0, actor=actor, now=now).person.id
    except NotFound as unknown:
        raise InvalidInput([Problem("email", N_("这个邮箱的账户在本单位没有角色，也没有预约。"))]) from unknown


def end_everything(
    session: Session,
    organisation_id: int,
    user_id: int,
    departure: Departure,
    leads: Mapping[int, str],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """End the affiliation, all roles and memberships that somebody has at the institution on one last day, in one step.

    Raises SuccessorNeeded with every role that would be left to nobody, InvalidInput at `lead_<team id>` for each
    team that the person leads and for which nobody takes over, and Forbidden for roles that are not the actor's to end.
    What only the platform gives ends with the affiliation alone.
    """
    leaving = leaving_of(session, organisation_id, user_id, actor=actor, now=now)
    lock_organisation(session, organisation_id)
    require_ending(session, organisation_id, user_id, last_day=departure.last_day, actor=actor)
    later = _to_end(leaving, departure.last_day, actor=actor)
    end_grants(session, later, departure, actor=actor, now=now)
    _pass_teams_on(session, leaving, leads, actor=actor, now=now)
    for member in leaving.memberships:
        if member.ends_on is None or member.ends_on > departure.last_day:
            teams.leave(session, member, departure.last_day, departure.reason, actor=actor, now=now)
    _end_affiliation(session, organisation_id, user_id, departure, actor=actor, now=now)


def may_end(session: Session, leaving: Leaving, *, actor: Actor, now: datetime) -> bool:
    """Whether the roles here are the actor's to end: who stands in for an administrator ends nobody's but their own."""
    place, person = leaving.organisation.id, leaving.person.id
    return not held_until(session, place, [person], beyond=local_date(now), actor=actor)


def _to_end(leaving: Leaving, last_day: date, *, actor: Actor) -> list[Grant]:
    """The roles that would hold beyond the day, without those of somebody else that only the platform gives."""
    later = [one.grant for one in leaving.grants if one.grant.ends_on is None or one.grant.ends_on > last_day]
    gives_every_role = leaving.person.id == actor.id or may(actor, Permission.GIVE_GRANTS)
    return [grant for grant in later if gives_every_role or grant.role not in GIVEN_BY_THE_PLATFORM]


def _end_affiliation(
    session: Session, organisation_id: int, user_id: int, departure: Departure, *, actor: Actor, now: datetime
) -> None:
    """Let the confirmed affiliation end on the last day, unless it ends earlier; raises InvalidInput for the past."""
    affiliation = _confirmed(session, organisation_id, user_id)
    if affiliation is None or (affiliation.ends_on is not None and affiliation.ends_on <= departure.last_day):
        return
    if departure.last_day < local_date(now) - timedelta(days=1):
        raise InvalidInput([Problem("last_day", N_("最后一天不能早于昨天。"))])
    let_end(session, affiliation, departure.last_day, departure.reason, actor=actor, now=now, keeps_last=False)


def _pass_teams_on(
    session: Session, leaving: Leaving, leads: Mapping[int, str], *, actor: Actor, now: datetime
) -> None:
    """Give each team that the person leads its named new lead; raises InvalidInput for those without one."""
    problems = []
    for member in leaving.memberships:
        if member.team.lead_id != leaving.person.id:
            continue
        field = f"lead_{member.team_id}"
        try:
            heir = account_id(session, leads.get(member.team_id, ""), field)
        except InvalidInput as unknown:
            problems += unknown.problems if leads.get(member.team_id) else [Problem(field, N_("请填写新的负责人。"))]
            continue
        if heir == leaving.person.id:
            problems.append(Problem(field, N_("请填写另一个人的邮箱。")))
            continue
        try:
            teams.appoint_lead(session, member.team_id, heir, actor=actor, now=now)
        except InvalidInput as gone:
            problems += [replace(problem, field=field) for problem in gone.problems]
    if problems:
        raise InvalidInput(problems)


def _confirmed(session: Session, organisation_id: int, user_id: int) -> Affiliation | None:
    """The person's confirmed affiliation with the institution."""
    found = open_affiliation(session, user_id, organisation_id)
    return found if found is not None and found.state == AffiliationState.CONFIRMED else None


def _is_known(session: Session, organisation_id: int, user_id: int) -> bool:
    """Whether the person ever had a role or a booking here."""
    booked = (
        exists()
        .where(Reservation.booked_by_id == user_id, Reservation.instrument_id == Instrument.id)
        .where(Instrument.organisation_id == organisation_id)
    )
    held = exists().where(Grant.user_id == user_id, grant_queries.within_organisation(organisation_id))
    return bool(session.scalar(select(booked | held)))
