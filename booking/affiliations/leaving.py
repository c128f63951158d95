"""The end of an affiliation: told once, with everything the person holds at the organisation."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.leaving import end_grants_within, require_ending, require_successors
from booking.affiliations.service import announce_about, managed
from booking.affiliations.user_groups import lock_organisation
from booking.affiliations.withdrawing import withdraw_for
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import Conflict, InvalidInput, NotFound, Problem
from booking.core.texts import N_
from booking.notifications.service import announce
from models.affiliations import Affiliation
from models.vocabulary.affiliations import AffiliationState, ConfirmedBy

FURTHEST_AHEAD = timedelta(days=3660)
REMINDED_BEFORE = timedelta(days=30)


def end_affiliation(
    session: Session, affiliation_id: int, last_day: date, reason: str, *, actor: Actor, now: datetime
) -> Affiliation:
    """Let an affiliation and the person's grants within the organisation end on `last_day`, included.

    Raises NotFound, Conflict or InvalidInput, Forbidden when a role there is not the actor's to end, and
    SuccessorNeeded when one would be left to nobody.
    """
    affiliation = managed(session, affiliation_id, actor)
    if affiliation.state != AffiliationState.CONFIRMED:
        raise Conflict(N_("只有已确认的隶属可以结束。"))
    today = local_date(now)
    if not affiliation.starts_on - timedelta(days=1) <= last_day <= today + FURTHEST_AHEAD:
        raise InvalidInput([Problem("last_day", N_("不能早于开始的日子，也不能超过十年之后。"))])
    place, person = affiliation.organisation_id, affiliation.user_id
    require_ending(session, place, person, last_day=last_day, actor=actor)
    require_successors(session, place, person, last_day=last_day, actor=actor)
    let_end(session, affiliation, last_day, reason, actor=actor, now=now, keeps_last=False)
    return affiliation


def leave_organisation(session: Session, affiliation_id: int, *, actor: Actor, now: datetime) -> Affiliation:
    """End one's own affiliation today, with the roles within the organisation; its administrators are told.

    Raises NotFound, Conflict, and SuccessorNeeded when a role there would be left to nobody.
    """
    place = select(Affiliation.organisation_id)
    place = place.where(Affiliation.id == affiliation_id, Affiliation.user_id == actor.id)
    organisation_id = session.scalar(place)
    if organisation_id is None:
        raise NotFound
    lock_organisation(session, organisation_id)
    statement = select(Affiliation).where(Affiliation.id == affiliation_id).with_for_update()
    affiliation = session.scalars(statement.execution_options(populate_existing=True)).one()
    today = local_date(now)
    if affiliation.state != AffiliationState.CONFIRMED or _is_last_day(affiliation, today):
        raise Conflict(N_("这个隶属已经结束，或今天是最后一天。"))
    require_successors(session, organisation_id, actor.id, last_day=today, actor=actor)
    let_end(session, affiliation, today, "", actor=actor, now=now, keeps_last=False)
    _announce(session, "affiliations.left", affiliation, today, now=now)
    return affiliation


def _is_last_day(affiliation: Affiliation, today: date) -> bool:
    """Whether nothing is left to end."""
    return affiliation.ends_on is not None and affiliation.ends_on <= today


def let_end(
    session: Session,
    affiliation: Affiliation,
    last_day: date,
    reason: str,
    *,
    actor: Actor | None,
    now: datetime,
    keeps_last: bool = True,
) -> None:
    """The end of a confirmed affiliation with its grants, its row in the log and its event, told at once.

    It stays in force through the last day; one that never began, or is over, has ended. What still invites the
    person is void. A role that nobody else holds is kept until there is a successor, unless the caller has asked for
    one.
    """
    before = {"ends_on": affiliation.ends_on.isoformat() if affiliation.ends_on else None}
    affiliation.ends_on = max(last_day, affiliation.starts_on)
    affiliation.reason, affiliation.leaving_told_at = reason, now
    affiliation.ended_by_id = actor.id if actor else None
    affiliation.version += 1
    if last_day < local_date(now):
        affiliation.state = AffiliationState.ENDED
    outcome = end_grants_within(
        session,
        affiliation.organisation_id,
        [affiliation.user_id],
        last_day=last_day,
        actor=actor,
        now=now,
        reason=reason,
        keeps_last=keeps_last,
    )
    session.flush()
    withdraw_for(session, [affiliation], actor=actor, now=now, reason=reason)
    counts = {"grants_ended": outcome.ended, "grants_kept": outcome.kept}
    after = {"ends_on": last_day.isoformat(), **counts, "user_id": affiliation.user_id}
    subject = ("affiliation", affiliation.id)
    audit.note(session, "affiliations.ended", subject, actor=actor, now=now, before=before, after=after, reason=reason)
    announce_end(session, affiliation, last_day, now=now)


def announce_end(session: Session, affiliation: Affiliation, last_day: date, *, now: datetime) -> None:
    """The event `affiliations.ended`: who leaves which organisation, and on which last day; `over` if that is past."""
    _announce(session, "affiliations.ended", affiliation, last_day, now=now)
    if affiliation.state == AffiliationState.ENDED:
        _announce(session, "affiliations.over", affiliation, last_day, now=now)


def _announce(session: Session, event: str, affiliation: Affiliation, last_day: date, *, now: datetime) -> None:
    """An event about the end: before it, or when it has come."""
    payload = {
        "affiliation_id": affiliation.id,
        "user_id": affiliation.user_id,
        "organisation_id": affiliation.organisation_id,
        "last_day": last_day.isoformat(),
    }
    announce(session, event, payload, now=now)


def due_to_end(session: Session, *, now: datetime) -> Sequence[int]:
    """The confirmed affiliations whose last day is over."""
    over = (Affiliation.state == AffiliationState.CONFIRMED, Affiliation.ends_on < local_date(now))
    return session.scalars(select(Affiliation.id).where(*over).order_by(Affiliation.ends_on, Affiliation.id)).all()


def end_over(session: Session, affiliation_id: int, /, *, now: datetime) -> bool:
    """End an affiliation whose last day is over, with grants given meanwhile; the person is told unless it was before.

    The event `affiliations.over` says that it has come, whoever was told of it when.
    """
    place = select(Affiliation.organisation_id).where(Affiliation.id == affiliation_id)
    lock_organisation(session, session.scalars(place).one())
    statement = select(Affiliation).where(Affiliation.id == affiliation_id).with_for_update()
    affiliation = session.scalars(statement).one()
    last_day = affiliation.ends_on
    is_due = affiliation.state == AffiliationState.CONFIRMED and last_day is not None and last_day < local_date(now)
    if not is_due or last_day is None:
        return False
    if affiliation.leaving_told_at is None:
        let_end(session, affiliation, last_day, affiliation.reason, actor=None, now=now)
        return True
    _announce(session, "affiliations.over", affiliation, last_day, now=now)
    affiliation.state = AffiliationState.ENDED
    affiliation.version += 1
    end_grants_within(
        session, affiliation.organisation_id, [affiliation.user_id], last_day=last_day, actor=None, now=now
    )
    return True


def due_to_remind(session: Session, *, now: datetime) -> Sequence[int]:
    """The affiliations that end within thirty days, of which nobody was told; those by address not before half-time."""
    today = local_date(now)
    soon = (
        Affiliation.state == AffiliationState.CONFIRMED,
        Affiliation.ends_on.between(today, today + REMINDED_BEFORE),
        Affiliation.leaving_told_at.is_(None),
        Affiliation.reminded_at.is_(None),
    )
    found = session.scalars(select(Affiliation).where(*soon).order_by(Affiliation.id))
    return [one.id for one in found if _is_past_half(one, today)]


def _is_past_half(affiliation: Affiliation, today: date) -> bool:
    """Whether half of the term is over that an address gave; every other affiliation has none."""
    by_address = affiliation.confirmed_by == ConfirmedBy.MAIL_DOMAIN
    if not by_address or affiliation.decided_at is None or affiliation.ends_on is None:
        return True
    return (affiliation.ends_on - today) * 2 <= affiliation.ends_on - local_date(affiliation.decided_at)


def remind(session: Session, affiliation_id: int, /, *, now: datetime) -> bool:
    """Tell somebody once that their affiliation is about to end."""
    statement = select(Affiliation).where(Affiliation.id == affiliation_id).with_for_update()
    affiliation = session.scalars(statement).one()
    if affiliation.reminded_at is not None or affiliation.state != AffiliationState.CONFIRMED:
        return False
    affiliation.reminded_at = now
    announce_about(session, "affiliations.ending_soon", affiliation, now=now)
    return True
