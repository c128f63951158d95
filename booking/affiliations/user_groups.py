"""The user groups of an institution: its own rows, made from the defaults as soon as they are needed."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission, may, require
from booking.affiliations import group_reading, rules
from booking.affiliations.forms import UserGroupForm
from booking.core.actors import Actor, Target
from booking.core.errors import Conflict, InvalidInput, NotFound, Problem, StaleVersion
from booking.core.texts import N_
from booking.directory import queries as directory
from models.affiliations import Affiliation, Invitation, UserGroup
from models.directory import Organisation
from models.pricing import PricePolicy, ReservationQuote
from models.vocabulary.affiliations import Audience, InvitationState


def seed_groups(session: Session, organisation_id: int) -> list[UserGroup]:
    """The stored user groups of an organisation; while it has none the defaults are stored, once."""
    lock_organisation(session, organisation_id)
    if stored := group_reading.stored_groups(session, organisation_id):
        return stored
    made = [
        UserGroup(
            organisation_id=organisation_id,
            name_zh=group.name_zh,
            name_en=group.name_en,
            side=group.side,
            audience=group.audience,
            position=group.position,
        )
        for group in group_reading.groups_of(session, organisation_id)
    ]
    session.add_all(made)
    session.flush()
    return made


def lock_organisation(session: Session, organisation_id: int) -> None:
    """Let one change of the organisation's people and groups happen at a time; others may still name it."""
    locked = select(Organisation.id).where(Organisation.id == organisation_id).with_for_update(key_share=True)
    if session.scalar(locked) is None:
        raise NotFound


def add_group(session: Session, organisation_id: int, form: UserGroupForm, *, actor: Actor, now: datetime) -> UserGroup:
    """A new user group; it takes an audience from the group that had it. Raises InvalidInput."""
    _require(session, organisation_id, actor)
    standing = seed_groups(session, organisation_id)
    _check(standing, form, itself=None)
    _free_audience(session, standing, form.audience, itself=None)
    group = UserGroup(organisation_id=organisation_id, **form.model_dump())
    session.add(group)
    session.flush()
    after = {"organisation_id": organisation_id, **form.model_dump(mode="json")}
    audit.note(session, "affiliations.group_added", ("user_group", group.id), actor=actor, now=now, after=after)
    return group


def edit_group(
    session: Session,
    group_id: int,
    form: UserGroupForm,
    *,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> UserGroup:
    """Change a user group; raises NotFound, InvalidInput or StaleVersion."""
    group, standing = _locked(session, group_id, actor)
    if expected_version not in {None, group.version}:
        raise StaleVersion
    _check(standing, form, itself=group)
    before = _described(group)
    after = {name: value for name, value in form.model_dump().items() if value != before[name]}
    if not after:
        return group
    _free_audience(session, standing, form.audience, itself=group)
    for name, value in after.items():
        setattr(group, name, value)
    group.version += 1
    session.flush()
    before = {name: before[name] for name in after}
    subject = ("user_group", group.id)
    audit.note(session, "affiliations.group_edited", subject, actor=actor, now=now, before=before, after=after)
    return group


def remove_group(session: Session, group_id: int, *, actor: Actor, now: datetime) -> None:
    """Remove a user group that nobody is in or invited to, and that has no prices; raises NotFound or Conflict."""
    group, _standing = _locked(session, group_id, actor)
    if group.audience in rules.KEPT_AUDIENCES:
        raise Conflict(N_("每个人都要属于某个类别，这个类别不能移除，可以先把它的适用范围交给另一个类别。"))
    count = session.scalar(select(func.count()).where(Affiliation.user_group_id == group_id))
    if count:
        raise Conflict(N_("还有 %(count)s 人属于这个类别，请先为他们改换类别。"), count=count)
    _require_unpriced(session, group_id)
    _free_invitations(session, group_id)
    before = _described(group)
    session.delete(group)
    session.flush()
    audit.note(session, "affiliations.group_removed", ("user_group", group_id), actor=actor, now=now, before=before)


def _require_unpriced(session: Session, group_id: int) -> None:
    """Refuse a group that had prices or was quoted one: both stay in the books."""
    prices = select(PricePolicy.id).where(PricePolicy.user_group_id == group_id)
    quotes = select(ReservationQuote.id).where(ReservationQuote.user_group_id == group_id)
    if session.scalar(prices.limit(1)) or session.scalar(quotes.limit(1)):
        raise Conflict(N_("这个类别有过收费标准，历史须保留，不能移除；可以改名。"))


def _free_invitations(session: Session, group_id: int) -> None:
    """Refuse while an open invitation promises the group; settled ones no longer name it."""
    inside = Invitation.user_group_id == group_id
    count = session.scalar(select(func.count()).where(inside, Invitation.state == InvitationState.OPEN))
    if count:
        raise Conflict(N_("还有 %(count)s 个有效的邀请属于这个类别，请先撤回，或等对方接受后改换类别。"), count=count)
    session.execute(update(Invitation).where(inside).values(user_group_id=None))


def _require(session: Session, organisation_id: int, actor: Actor) -> None:
    """Refuse an unknown organisation and who does not manage its people."""
    directory.organisation(session, organisation_id)
    require(actor, Permission.MANAGE_AFFILIATIONS, Target(organisation_id=organisation_id))


def _locked(session: Session, group_id: int, actor: Actor) -> tuple[UserGroup, list[UserGroup]]:
    """The group and all of its organisation's, under the lock; raises NotFound for strangers."""
    organisation_id = session.scalar(select(UserGroup.organisation_id).where(UserGroup.id == group_id))
    if organisation_id is None or not may(actor, Permission.MANAGE_AFFILIATIONS, Target(organisation_id)):
        raise NotFound
    standing = seed_groups(session, organisation_id)
    group = next((found for found in standing if found.id == group_id), None)
    if group is None:
        raise NotFound
    return group, standing


def _check(standing: list[UserGroup], form: UserGroupForm, *, itself: UserGroup | None) -> None:
    """Refuse a name twice, and giving up an audience that somebody must have."""
    problems = []
    if any(group.name_zh == form.name_zh for group in standing if group is not itself):
        problems.append(Problem("name_zh", N_("已有同名的用户类别。")))
    if itself and itself.audience in rules.KEPT_AUDIENCES and form.audience != itself.audience:
        problems.append(Problem("audience", N_("请改为把另一个类别设为适用于这些人，这个类别就会让出来。")))
    if problems:
        raise InvalidInput(problems)


def _free_audience(
    session: Session, standing: list[UserGroup], audience: Audience, *, itself: UserGroup | None
) -> None:
    """The group that had the audience becomes one that is assigned."""
    for group in standing:
        if audience != Audience.ASSIGNED and group.audience == audience and group is not itself:
            group.audience = Audience.ASSIGNED
            group.version += 1
            session.flush()


def _described(group: UserGroup) -> dict[str, Any]:
    """The group as the log keeps it."""
    return {name: getattr(group, name) for name in ("organisation_id", *UserGroupForm.model_fields)}
