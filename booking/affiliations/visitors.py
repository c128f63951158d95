"""Visitors: registered by a host or an admin, confirmed by the admin, gone by themselves."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.audit import Changed
from booking.accounts.permissions import Permission, may
from booking.accounts.sights import Sight, seen_as
from booking.affiliations import queries
from booking.affiliations.forms import VisitChangeForm, VisitForm
from booking.affiliations.missed_hosts import find_again
from booking.affiliations.rules import identity_problems
from booking.core.actors import Actor, Target
from booking.core.clock import local_date
from booking.core.errors import Conflict, Forbidden, InvalidInput, NotFound, Problem
from booking.core.texts import N_
from booking.directory import queries as directory
from booking.notifications.service import announce
from models.accounts import User
from models.affiliations import Visit
from models.vocabulary.affiliations import VISITS_STAND, VisitState

LONGEST_VISIT = timedelta(days=366)
FURTHEST_AHEAD = timedelta(days=366)
KEPT = timedelta(days=180)
KEPT_OF_NOBODY = timedelta(days=30)
"""How long it is kept who would have come to a visit that was refused or called off."""
WHO = {"name": "", "email": "", "phone": "", "identity_number": ""}
"""Everything that says who came."""


def register_visitor(session: Session, organisation_id: int, form: VisitForm, *, actor: Actor, now: datetime) -> Visit:
    """Register somebody from outside; what the admin registers is confirmed. Raises Forbidden or InvalidInput."""
    directory.organisation(session, organisation_id)
    is_admin = _manages(actor, organisation_id)
    today = local_date(now)
    if not is_admin and not queries.belongs(session, actor.id, organisation_id, today):
        raise Forbidden
    host_id = _host_id(session, organisation_id, form, actor=actor, is_admin=is_admin, today=today)
    if problems := _problems(form, host_id, today=today):
        raise InvalidInput(problems)
    visit = Visit(
        **form.model_dump(exclude={"host_email", "email"}),
        email=form.email or "",
        organisation_id=organisation_id,
        host_id=host_id,
        registered_by_id=actor.id,
        state=VisitState.CONFIRMED if is_admin else VisitState.PENDING,
        created_at=now,
        decided_at=now if is_admin else None,
        decided_by_id=actor.id if is_admin else None,
    )
    session.add(visit)
    session.flush()
    after = form.model_dump(mode="json", exclude={*WHO}) | {"organisation_id": organisation_id}
    _note(session, "registered", visit, actor=actor, now=now, after=after)
    _announce(session, "affiliations.visit_confirmed" if is_admin else "affiliations.visit_asked", visit, now=now)
    return visit


def confirm_visit(session: Session, visit_id: int, *, actor: Actor, now: datetime) -> Visit:
    """Confirm a visit that a host registered, also one whose host is back since; raises NotFound or Conflict."""
    visit = managed_visit(session, visit_id, actor)
    _require(visit, VisitState.PENDING)
    if visit.host_missed_on is not None:
        find_again(session, Visit.id == visit.id, actor=actor, now=now)
    if visit.host_missed_on is not None:
        raise Conflict(N_("接待人已离开，请先指定新的接待人。"))
    visit.state, visit.confirmed_starts_on, visit.confirmed_ends_on = VisitState.CONFIRMED, None, None
    _decide(visit, actor=actor, now=now)
    _note(session, "confirmed", visit, actor=actor, now=now)
    _announce(session, "affiliations.visit_confirmed", visit, now=now)
    return visit


def refuse_visit(session: Session, visit_id: int, reason: str, *, actor: Actor, now: datetime) -> Visit:
    """Refuse a visit, or the days it was to have besides those confirmed, with a reason for the host.

    Raises NotFound or Conflict.
    """
    visit = managed_visit(session, visit_id, actor)
    _require(visit, VisitState.PENDING)
    visit.state, visit.reason = VisitState.REFUSED, reason
    if visit.confirmed_starts_on and visit.confirmed_ends_on:
        visit.state = VisitState.CONFIRMED
        visit.starts_on, visit.ends_on = visit.confirmed_starts_on, visit.confirmed_ends_on
        visit.confirmed_starts_on = visit.confirmed_ends_on = None
    _decide(visit, actor=actor, now=now)
    _note(session, "refused", visit, actor=actor, now=now, reason=reason)
    _announce(session, "affiliations.visit_refused", visit, now=now)
    return visit


def change_visit(session: Session, visit_id: int, form: VisitChangeForm, *, actor: Actor, now: datetime) -> Visit:
    """Give a visit other days or another purpose; by the host or the admin.

    Days besides those confirmed wait for the admin again when the host names them; of what the admin changes before
    confirming it nobody has to be told. Raises NotFound, Forbidden, Conflict or InvalidInput.
    """
    visit = _hosted(session, visit_id, actor, now=now)
    is_admin = _manages(actor, visit.organisation_id)
    today, before, confirmed = local_date(now), _told_days(visit), confirmed_days(visit)
    first_day = confirmed[0] if confirmed else visit.starts_on
    problems = _day_problems(form.starts_on, form.ends_on, today=today)
    if first_day <= today and form.starts_on != first_day:
        problems.append(Problem("starts_on", N_("来访已经开始，这一天不能再改。")))
    if problems:
        raise InvalidInput(problems)
    if confirmed and (is_admin or not _is_longer(confirmed, form)):
        visit.state, visit.confirmed_starts_on, visit.confirmed_ends_on = VisitState.CONFIRMED, None, None
    elif confirmed:
        visit.state, (visit.confirmed_starts_on, visit.confirmed_ends_on) = VisitState.PENDING, confirmed
    visit.starts_on, visit.ends_on, visit.purpose = form.starts_on, form.ends_on, form.purpose
    after = _told_days(visit)
    if before == after:
        return visit
    _note(session, "changed", visit, actor=actor, now=now, before=before, after=after)
    if visit.state == VisitState.CONFIRMED:
        _announce(session, "affiliations.visit_changed", visit, now=now, actor_id=actor.id)
    elif not is_admin:
        _announce(session, "affiliations.visit_asked", visit, now=now)
    return visit


def end_visit(session: Session, visit_id: int, *, nobody_came: bool = False, actor: Actor, now: datetime) -> Visit:
    """End a visit before its last day, or call it off; by the host or the admin. Raises NotFound or Conflict.

    Whoever was told that it is confirmed is told, and so is the side that did not do it, as long as its last day is
    not over: one that ends before its first day is called off, or on it when nobody came or was to come.
    """
    visit = _hosted(session, visit_id, actor, now=now)
    confirmed, before, today = confirmed_days(visit), visit.ends_on, local_date(now)
    was_told = confirmed is not None
    visit.starts_on, last_day = confirmed or (visit.starts_on, visit.ends_on)
    visit.state, visit.ends_on = VisitState.ENDED, max(visit.starts_on, min(last_day, today))
    visit.confirmed_starts_on = visit.confirmed_ends_on = None
    visit.nobody_came = today == visit.starts_on and (nobody_came or not was_told)
    _decide(visit, actor=actor, now=now)
    after = {"ends_on": visit.ends_on.isoformat(), "is_off": is_off(visit, today)}
    _note(session, "ended", visit, actor=actor, now=now, before={"ends_on": before.isoformat()}, after=after)
    if before >= today:
        told = {"actor_id": actor.id, "is_off": is_off(visit, today), "was_told": was_told}
        _announce(session, "affiliations.visit_ended", visit, now=now, **told)
    return visit


def identity_number(session: Session, visit_id: int, *, actor: Actor, now: datetime) -> str:
    """The full number of the document, for the institution's admin; each view is in the log. Raises NotFound."""
    visit = managed_visit(session, visit_id, actor)
    after = seen_as(actor, Permission.MANAGE_AFFILIATIONS, Target(visit.organisation_id))
    audit.note(session, Sight.IDENTITY.value, ("visit", visit.id), actor=actor, now=now, after=after)
    return visit.identity_number


def visit_for(session: Session, visit_id: int, actor: Actor, *, now: datetime) -> Visit:
    """The visit, to its host and to who looks after the organisation's people; raises NotFound.

    Host and whoever registered it read it only as long as they belong to the organisation.
    """
    visit = session.get(Visit, visit_id)
    if visit is None:
        raise NotFound
    sees = may(actor, Permission.SEE_AFFILIATIONS, Target(visit.organisation_id))
    is_theirs = actor.id in {visit.host_id, visit.registered_by_id}
    if not sees and not (is_theirs and queries.belongs(session, actor.id, visit.organisation_id, local_date(now))):
        raise NotFound
    return visit


def may_change(session: Session, visit: Visit, actor: Actor, *, now: datetime) -> bool:
    """Whether the visit is the actor's to change and end: its host's while they belong, and the admin's."""
    if _manages(actor, visit.organisation_id):
        return True
    return visit.host_id == actor.id and queries.belongs(session, actor.id, visit.organisation_id, local_date(now))


def end_over_visits(session: Session, now: datetime) -> int:
    """Visits whose last day is over end by themselves; how many.

    Where only days that were asked for are over, those that are confirmed stand again. Half a year later,
    or a month after a visit was refused or called off, nothing says who came or would have.
    """
    today = local_date(now)
    _stand_as_confirmed(session, now)
    over = update(Visit).where(Visit.state.in_(VISITS_STAND), Visit.ends_on < today)
    gone = {
        "state": VisitState.ENDED,
        "decided_at": now,
        "starts_on": func.coalesce(Visit.confirmed_starts_on, Visit.starts_on),
        "ends_on": func.coalesce(Visit.confirmed_ends_on, Visit.ends_on),
        "confirmed_starts_on": None,
        "confirmed_ends_on": None,
    }
    ended = session.scalars(over.values(gone).returning(Visit.id)).all()
    changes = [Changed(visit_id, {}, {"state": VisitState.ENDED.value}) for visit_id in ended]
    audit.note_all(session, "affiliations.visit_ended", "visit", changes, actor=None, now=now)
    old = or_(Visit.ends_on < today - KEPT, Visit.id.in_(_never_made(session, now)))
    session.execute(update(Visit).where(old, Visit.erased_at.is_(None)).values(**WHO, erased_at=now))
    return len(ended)


def _stand_as_confirmed(session: Session, now: datetime) -> None:
    """Give visits their confirmed days back whose other days are over and were never decided."""
    today = local_date(now)
    unanswered = Visit.state.in_(VISITS_STAND), Visit.ends_on < today, Visit.confirmed_ends_on >= today
    for visit in session.scalars(select(Visit).where(*unanswered).order_by(Visit.id).with_for_update()).all():
        before = _told_days(visit)
        visit.starts_on, visit.ends_on = confirmed_days(visit) or (visit.starts_on, visit.ends_on)
        visit.state, visit.confirmed_starts_on, visit.confirmed_ends_on = VisitState.CONFIRMED, None, None
        _note(session, "changed", visit, actor=None, now=now, before=before, after=_told_days(visit))
    session.flush()


def _never_made(session: Session, now: datetime) -> list[int]:
    """Visits that were refused or called off, long enough ago."""
    decided = Visit.state.in_((VisitState.REFUSED, VisitState.ENDED)), Visit.decided_at < now - KEPT_OF_NOBODY
    rows = session.scalars(select(Visit).where(*decided, Visit.erased_at.is_(None)))
    return [one.id for one in rows if one.state == VisitState.REFUSED or _is_called_off(one)]


def _is_called_off(visit: Visit) -> bool:
    """Whether an ended visit was called off."""
    return visit.decided_at is not None and is_off(visit, local_date(visit.decided_at))


def is_off(visit: Visit, day: date) -> bool:
    """Whether a visit that somebody ends on this day is called off: before its first day, or when nobody came on it."""
    return day < visit.starts_on or visit.nobody_came


def confirmed_days(visit: Visit) -> tuple[date, date] | None:
    """The days on which the visitor may come, also while others wait to be confirmed."""
    if visit.state == VisitState.CONFIRMED:
        return visit.starts_on, visit.ends_on
    if visit.confirmed_starts_on is None or visit.confirmed_ends_on is None:
        return None
    return visit.confirmed_starts_on, visit.confirmed_ends_on


def _is_longer(confirmed: tuple[date, date], form: VisitChangeForm) -> bool:
    """Whether a visit would have days that are not confirmed."""
    return form.starts_on < confirmed[0] or form.ends_on > confirmed[1]


def _told_days(visit: Visit) -> dict[str, str]:
    """What the log says of a visit that is changed."""
    return {
        "starts_on": visit.starts_on.isoformat(),
        "ends_on": visit.ends_on.isoformat(),
        "purpose": visit.purpose,
        "state": visit.state.value,
    }


def _manages(actor: Actor, organisation_id: int) -> bool:
    """Whether the actor decides on the organisation's people."""
    return may(actor, Permission.MANAGE_AFFILIATIONS, Target(organisation_id))


def managed_visit(session: Session, visit_id: int, actor: Actor) -> Visit:
    """The visit, locked; raises NotFound for whoever does not manage it."""
    visit = session.scalar(select(Visit).where(Visit.id == visit_id).with_for_update())
    if visit is None or not _manages(actor, visit.organisation_id):
        raise NotFound
    return visit


def _hosted(session: Session, visit_id: int, actor: Actor, *, now: datetime) -> Visit:
    """A visit that is to come or goes on, locked for its host or the admin; raises NotFound, Forbidden or Conflict."""
    visit = visit_for(session, visit_id, actor, now=now)
    if not may_change(session, visit, actor, now=now):
        raise Forbidden
    session.refresh(visit, with_for_update=True)
    _require(visit, *VISITS_STAND)
    return visit


def _host_id(
    session: Session, organisation_id: int, form: VisitForm, *, actor: Actor, is_admin: bool, today: date
) -> int | None:
    """Who is the host: whoever registers, or whom an admin names; None for a stranger to the house."""
    if not is_admin or form.host_email in {None, actor.email}:
        return actor.id
    found = session.scalar(select(User.id).where(User.email == form.host_email, User.deactivated_at.is_(None)))
    return found if found and queries.belongs(session, found, organisation_id, today) else None


def _problems(form: VisitForm, host_id: int | None, *, today: date) -> list[Problem]:
    """Everything that makes the visit impossible."""
    found = identity_problems(form.identity_kind, form.identity_number)
    if not form.email and not form.phone:
        found.append(Problem("email", N_("邮箱和手机至少要有一项。")))
    if host_id is None:
        found.append(Problem("host_email", N_("接待人须是本单位已确认的人员。")))
    return found + _day_problems(form.starts_on, form.ends_on, today=today)


def _day_problems(starts_on: date, ends_on: date, *, today: date) -> list[Problem]:
    """Everything that makes the days of a visit impossible."""
    if ends_on < max(starts_on, today):
        return [Problem("ends_on", N_("不能早于开始的日子，也不能早于今天。"))]
    if ends_on - starts_on > LONGEST_VISIT or starts_on > today + FURTHEST_AHEAD:
        return [Problem("ends_on", N_("来访最长一年，最多提前一年登记。"))]
    return []


def _require(visit: Visit, *states: VisitState) -> None:
    """Refuse a step that the state does not allow."""
    if visit.state not in states:
        raise Conflict(N_("这次来访已经处理过了。"))


def _decide(visit: Visit, *, actor: Actor, now: datetime) -> None:
    """Keep who decided and when."""
    visit.decided_at, visit.decided_by_id = now, actor.id


def _announce(session: Session, name: str, visit: Visit, *, now: datetime, **more: Any) -> None:
    """The event with the visit's id, never with who comes."""
    announce(session, name, {"visit_id": visit.id, **more}, now=now)


def _note(session: Session, fact: str, visit: Visit, **more: Any) -> None:
    """One row of the log about a visit; never who came, because the log is kept for longer."""
    audit.note(session, f"affiliations.visit_{fact}", ("visit", visit.id), **more)
