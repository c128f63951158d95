"""Asking for an affiliation and deciding on it: asked, confirmed or refused, changed."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.leaving import NOT_YOURS_TO_END, held_until
from booking.accounts.permissions import Permission, may
from booking.accounts.queries import owner_of_unit
from booking.accounts.standing_in import refuse_oneself
from booking.affiliations import queries
from booking.affiliations.forms import AffiliationDetailsForm, AskAffiliationForm
from booking.affiliations.user_groups import lock_organisation, seed_groups
from booking.affiliations.withdrawing import withdraw_for
from booking.core.actors import Actor, Target
from booking.core.clock import local_date
from booking.core.errors import Conflict, InvalidInput, NotFound, Problem, StaleVersion
from booking.core.texts import N_
from booking.notifications.service import announce
from models.accounts import User
from models.affiliations import Affiliation, UserGroup
from models.directory import Organisation
from models.vocabulary.affiliations import AffiliationState, ConfirmedBy

MOST_WAITING = 10


class AlreadyOpen(Conflict):
    """A person has at most one open affiliation with an organisation."""

    code = "affiliation_open"
    sentence = N_("您已提出过申请，或已属于这个单位。")


def ask_affiliation(session: Session, form: AskAffiliationForm, *, actor: Actor, now: datetime) -> Affiliation:
    """Say that one belongs to an organisation, for its admin to confirm; raises InvalidInput or AlreadyOpen."""
    session.execute(select(User.id).where(User.id == actor.id).with_for_update())
    if problems := _ask_problems(session, form, actor):
        raise InvalidInput(problems)
    if queries.open_affiliation(session, actor.id, form.organisation_id):
        raise AlreadyOpen
    affiliation = Affiliation(
        user_id=actor.id,
        **form.model_dump(),
        state=AffiliationState.PENDING,
        starts_on=local_date(now),
        asked_at=now,
        agreed_at=now,
    )
    session.add(affiliation)
    session.flush()
    after = form.model_dump(mode="json")
    _note(session, "asked", affiliation, actor=actor, now=now, after=after)
    announce_about(session, "affiliations.asked", affiliation, now=now)
    return affiliation


def withdraw_asking(session: Session, affiliation_id: int, *, actor: Actor, now: datetime) -> Affiliation:
    """Take back what one asked for, while nobody has decided; raises NotFound or Conflict."""
    affiliation = _locked(session, affiliation_id)
    if affiliation.user_id != actor.id:
        raise NotFound
    _require_pending(affiliation)
    affiliation.state = AffiliationState.ENDED
    _decide(affiliation, actor=actor, now=now)
    _note(session, "withdrawn", affiliation, actor=actor, now=now)
    return affiliation


def confirm_affiliation(
    session: Session, affiliation_id: int, form: AffiliationDetailsForm, *, actor: Actor, now: datetime
) -> Affiliation:
    """Confirm what somebody asked for, with corrections; raises NotFound, Conflict or InvalidInput."""
    affiliation = _of_another(session, affiliation_id, actor)
    _require_pending(affiliation)
    seed_groups(session, affiliation.organisation_id)
    if "staff_number" not in form.model_fields_set:
        form = form.model_copy(update={"staff_number": affiliation.staff_number})
    _apply(session, affiliation, form, actor=actor, today=local_date(now))
    affiliation.state, affiliation.confirmed_by = AffiliationState.CONFIRMED, ConfirmedBy.ADMIN
    affiliation.starts_on = local_date(now)
    _decide(affiliation, actor=actor, now=now)
    session.flush()
    _note(session, "confirmed", affiliation, actor=actor, now=now, after=described(affiliation))
    announce_about(session, "affiliations.confirmed", affiliation, now=now)
    return affiliation


def refuse_affiliation(
    session: Session, affiliation_id: int, reason: str, *, actor: Actor, now: datetime
) -> Affiliation:
    """Refuse what somebody asked for, with a reason; they may ask again. Raises NotFound or Conflict."""
    affiliation = managed(session, affiliation_id, actor)
    _require_pending(affiliation)
    affiliation.state, affiliation.reason = AffiliationState.REFUSED, reason
    _decide(affiliation, actor=actor, now=now)
    _note(session, "refused", affiliation, actor=actor, now=now, reason=reason)
    announce_about(session, "affiliations.refused", affiliation, now=now)
    return affiliation


def change_affiliation(
    session: Session,
    affiliation_id: int,
    form: AffiliationDetailsForm,
    *,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> Affiliation:
    """Change unit, user group, staff number or end of an affiliation; what the form does not name stays.

    With an earlier end, what still invites the person is void.
    Raises NotFound, Conflict, InvalidInput or StaleVersion.
    """
    affiliation = _of_another(session, affiliation_id, actor)
    if expected_version not in {None, affiliation.version}:
        raise StaleVersion
    if affiliation.state != AffiliationState.CONFIRMED:
        raise Conflict(N_("只有已确认的隶属可以修改。"))
    before = described(affiliation)
    _apply(session, affiliation, form, actor=actor, today=local_date(now))
    after = {name: value for name, value in described(affiliation).items() if value != before[name]}
    if not after:
        return affiliation
    if "ends_on" in after:
        _set_own_end(affiliation)
    affiliation.version += 1
    session.flush()
    if after.get("ends_on") and (before["ends_on"] is None or after["ends_on"] < before["ends_on"]):
        withdraw_for(session, [affiliation], actor=actor, now=now)
    was = {name: before[name] for name in after}
    _note(session, "changed", affiliation, actor=actor, now=now, before=was, after=after)
    return affiliation


def managed(session: Session, affiliation_id: int, actor: Actor) -> Affiliation:
    """The affiliation, locked with its organisation; raises NotFound for whoever does not manage it."""
    organisation_id = session.scalar(select(Affiliation.organisation_id).where(Affiliation.id == affiliation_id))
    if organisation_id is None or not may(actor, Permission.MANAGE_AFFILIATIONS, Target(organisation_id)):
        raise NotFound
    lock_organisation(session, organisation_id)
    return _locked(session, affiliation_id)


def _of_another(session: Session, affiliation_id: int, actor: Actor) -> Affiliation:
    """The managed affiliation; raises NotForOneself where somebody who only stands in would give themselves more."""
    affiliation = managed(session, affiliation_id, actor)
    target = Target(affiliation.organisation_id)
    refuse_oneself(actor, Permission.MANAGE_AFFILIATIONS, target, affiliation.user_id)
    return affiliation


def announce_about(session: Session, name: str, affiliation: Affiliation, *, now: datetime) -> None:
    """The event with whom and where it concerns."""
    payload = {
        "affiliation_id": affiliation.id,
        "user_id": affiliation.user_id,
        "organisation_id": affiliation.organisation_id,
    }
    announce(session, name, payload, now=now)


def described(affiliation: Affiliation) -> dict[str, Any]:
    """What an organisation knows of an affiliation, as the log keeps it."""
    return {
        "user_id": affiliation.user_id,
        "organisation_id": affiliation.organisation_id,
        "unit_id": affiliation.unit_id,
        "user_group_id": affiliation.user_group_id,
        "staff_number": affiliation.staff_number,
        "ends_on": affiliation.ends_on.isoformat() if affiliation.ends_on else None,
    }


def detail_problems(
    session: Session, affiliation: Affiliation, form: AffiliationDetailsForm, *, actor: Actor, today: date
) -> list[Problem]:
    """Everything in the details that does not fit the organisation or its other people."""
    found = _unit_problems(session, affiliation.organisation_id, form.unit_id)
    group = session.get(UserGroup, form.user_group_id) if form.user_group_id else None
    if form.user_group_id and (group is None or group.organisation_id != affiliation.organisation_id):
        found.append(Problem("user_group_id", N_("这个单位没有这个用户类别。")))
    taken = select(Affiliation.id).where(
        Affiliation.organisation_id == affiliation.organisation_id,
        Affiliation.staff_number == form.staff_number,
        Affiliation.state == AffiliationState.CONFIRMED,
        Affiliation.id != affiliation.id,
    )
    if form.staff_number and session.scalar(taken.limit(1)) is not None:
        found.append(Problem("staff_number", N_("这个工号已属于另一个人。")))
    if form.ends_on is not None and form.ends_on < today and form.ends_on != affiliation.ends_on:
        found.append(Problem("ends_on", N_("不能早于今天。")))
    return found + _end_problems(session, affiliation, form.ends_on, actor)


def _end_problems(session: Session, affiliation: Affiliation, ends_on: date | None, actor: Actor) -> list[Problem]:
    """A problem when an end that comes earlier would take a role with it that is not the actor's to end."""
    if ends_on is None or (affiliation.ends_on is not None and affiliation.ends_on <= ends_on):
        return []
    place, person = affiliation.organisation_id, affiliation.user_id
    is_held = held_until(session, place, [person], beyond=ends_on, actor=actor)
    return [Problem("ends_on", NOT_YOURS_TO_END)] if is_held else []


def _apply(
    session: Session, affiliation: Affiliation, form: AffiliationDetailsForm, *, actor: Actor, today: date
) -> None:
    """Set what the form names; raises InvalidInput."""
    if problems := detail_problems(session, affiliation, form, actor=actor, today=today):
        raise InvalidInput(problems)
    for name in form.model_fields_set:
        setattr(affiliation, name, getattr(form, name))


def _set_own_end(affiliation: Affiliation) -> None:
    """The organisation itself has set the end: what was told of another is void, and no address moves it any more."""
    affiliation.leaving_told_at = affiliation.reminded_at = affiliation.ended_by_id = None
    if affiliation.confirmed_by == ConfirmedBy.MAIL_DOMAIN:
        affiliation.confirmed_by = ConfirmedBy.ADMIN


def _ask_problems(session: Session, form: AskAffiliationForm, actor: Actor) -> list[Problem]:
    """Everything that makes the asking impossible."""
    if session.scalar(select(Organisation.id).where(Organisation.id == form.organisation_id)) is None:
        return [Problem("organisation_id", N_("没有这个单位。"))]
    waiting = select(func.count()).where(Affiliation.user_id == actor.id, Affiliation.state == AffiliationState.PENDING)
    if (session.scalar(waiting) or 0) >= MOST_WAITING:
        return [Problem("organisation_id", N_("最多可同时有 %(most)s 个申请等待确认。"), {"most": MOST_WAITING})]
    return _unit_problems(session, form.organisation_id, form.unit_id)


def _unit_problems(session: Session, organisation_id: int, unit_id: int | None) -> list[Problem]:
    """A problem when the unit is not, or no longer, the organisation's."""
    if unit_id and owner_of_unit(session, unit_id) != organisation_id:
        return [Problem("unit_id", N_("这个单位没有这个部门。"))]
    return []


def _locked(session: Session, affiliation_id: int) -> Affiliation:
    """The affiliation as it stands now, locked; raises NotFound."""
    statement = select(Affiliation).where(Affiliation.id == affiliation_id).with_for_update()
    found = session.scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise NotFound
    return found


def _require_pending(affiliation: Affiliation) -> None:
    """Refuse to decide twice."""
    if affiliation.state != AffiliationState.PENDING:
        raise Conflict(N_("这个申请已经处理过了。"))


def _decide(affiliation: Affiliation, *, actor: Actor, now: datetime) -> None:
    """Keep who decided and when."""
    affiliation.decided_at, affiliation.decided_by_id = now, actor.id
    affiliation.version += 1


def _note(session: Session, fact: str, affiliation: Affiliation, **more: Any) -> None:
    """One row of the log about an affiliation."""
    audit.note(session, f"affiliations.{fact}", ("affiliation", affiliation.id), **more)
