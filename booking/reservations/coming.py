"""Somebody's bookings still to come: all of them, or those that concern an institution that looks after its people."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, require
from booking.accounts.sights import Sight, note_sight
from booking.affiliations.queries import in_force
from booking.affiliations.rules import Days, days_alone
from booking.core.actors import Actor, Target
from booking.core.clock import at_local, local_date
from booking.core.errors import NotFound
from booking.core.pages import Page
from booking.directory.queries import organisation
from booking.reservations.queries import Filter, When, page_within
from booking.teams.queries import in_force as is_member
from models.accounts import User
from models.affiliations import Affiliation
from models.catalogue import Instrument
from models.reservations import Reservation
from models.teams import TeamMember
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.reservations import HOLDING_TIME

PER_PAGE = 100


@dataclass(frozen=True, slots=True)
class Coming:
    """One page of bookings still to come, the soonest first, and how many there are in all."""

    count: int
    page: Page[Reservation]

    @property
    def bookings(self) -> Sequence[Reservation]:
        """Those of this page."""
        return self.page.items


@dataclass(frozen=True, slots=True)
class Chosen:
    """A booking that is to be passed on, and whether its instrument is the institution's that looks after it."""

    id: int
    instrument_id: int
    instrument_name: str
    is_here: bool


def coming_bookings(
    session: Session,
    organisation_id: int | None,
    user_id: int,
    *,
    limit: int = PER_PAGE,
    cursor: str = "",
    now: datetime,
) -> Coming:
    """What somebody has booked and is still to come; without an institution everything."""
    within = _concerning(session, organisation_id, user_id)
    counted = select(func.count()).select_from(Reservation).join(Reservation.instrument).where(within, *_ahead(now))
    wanted = Filter(when=When.UPCOMING)
    page = page_within(session, within, wanted, limit=limit, cursor=cursor or None, now=now)
    return Coming(session.scalar(counted) or 0, page)


def chosen_bookings(
    session: Session, organisation_id: int | None, user_id: int, reservation_ids: Collection[int], *, now: datetime
) -> list[Chosen]:
    """Those of the bookings that are among the same, in the order in which their lanes are locked."""
    within = _concerning(session, organisation_id, user_id)
    name = func.coalesce(func.nullif(Instrument.name_zh, ""), Instrument.name_en).label("name")
    columns = select(Reservation.id, Reservation.instrument_id, name, Instrument.organisation_id)
    chosen = columns.join(Reservation.instrument).where(within, *_ahead(now), Reservation.id.in_(set(reservation_ids)))
    rows = session.execute(chosen.order_by(Reservation.instrument_id, Reservation.id))
    return [Chosen(row.id, row.instrument_id, row.name, organisation_id in {None, row.organisation_id}) for row in rows]


def require_settling(session: Session, organisation_id: int | None, user_id: int, *, actor: Actor) -> User:
    """The person whose bookings the actor may settle: oneself, or by right at the institution, or everywhere.

    Raises NotFound or Forbidden.
    """
    if organisation_id is not None:
        organisation(session, organisation_id)
        require(actor, Permission.HAND_OVER, Target(organisation_id))
    elif actor.id != user_id:
        require(actor, Permission.HAND_OVER)
    person = session.get(User, user_id)
    if person is None:
        raise NotFound
    return person


def note_settling(session: Session, user_id: int, *, actor: Actor, now: datetime) -> None:
    """Log for the person that the actor, who may, looked at all they have booked."""
    note_sight(session, Sight.LEAVING, user_id, Permission.HAND_OVER, actor=actor, now=now)


def are_colleagues(session: Session, user_id: int, other_id: int, today: date) -> bool:
    """Whether two people belong to one institution, or to one team, today."""
    houses = select(Affiliation.organisation_id).where(Affiliation.user_id == user_id, in_force(today)).correlate(None)
    teams = select(TeamMember.team_id).where(TeamMember.user_id == user_id, is_member(today)).correlate(None)
    in_house = exists().where(Affiliation.user_id == other_id, in_force(today), Affiliation.organisation_id.in_(houses))
    in_team = exists().where(TeamMember.user_id == other_id, is_member(today), TeamMember.team_id.in_(teams))
    return bool(session.scalar(select(in_house | in_team)))


def _ahead(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Whether a booking still holds time to come."""
    return Reservation.ends_at > now, Reservation.state.in_(HOLDING_TIME)


def _concerning(session: Session, organisation_id: int | None, user_id: int) -> ColumnElement[bool]:
    """What the person booked, as far as it concerns the institution.

    That is everything on its instruments, and on public instruments of others what was made on a day on which the
    person belonged to this institution alone: nobody sees what somebody booked for another house.
    """
    own = Reservation.booked_by_id == user_id
    if organisation_id is None:
        return own
    made = [_made_during(days) for days in _days_as_its_own(session, organisation_id, user_id)]
    elsewhere = and_(or_(false(), *made), Instrument.publishing_state == PublishingState.PUBLISHED)
    return and_(own, or_(Instrument.organisation_id == organisation_id, elsewhere))


def _days_as_its_own(session: Session, organisation_id: int, user_id: int) -> list[Days]:
    """On which days the person belonged to this institution, of their own will, and to no other."""
    confirmed = (Affiliation.user_id == user_id, Affiliation.confirmed_by.is_not(None))
    rows = session.scalars(select(Affiliation).where(*confirmed).order_by(Affiliation.id)).all()
    here = [
        (max(row.starts_on, local_date(row.agreed_at)), row.ends_on)
        for row in rows
        if row.organisation_id == organisation_id and row.agreed_at is not None
    ]
    others = [(row.starts_on, row.ends_on) for row in rows if row.organisation_id != organisation_id]
    return days_alone(here, others)


def _made_during(days: Days) -> ColumnElement[bool]:
    """Booked on one of these days."""
    first, last = days
    since = Reservation.created_at >= at_local(first)
    return since if last is None else and_(since, Reservation.created_at < at_local(last + timedelta(days=1)))
