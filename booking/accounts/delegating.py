"""Standing in: who holds a role gives it, at the same scope and for a while, to somebody else."""

from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from booking.accounts.grants import NewGrant, account_id, store
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import InvalidInput, NotFound, Problem
from booking.core.texts import N_
from booking.notifications.service import announce
from models.accounts import Grant

LONGEST_ABSENCE = timedelta(days=366)


def delegate_grant(
    session: Session, grant_id: int, email: str, first_day: date, last_day: date, *, actor: Actor, now: datetime
) -> Grant:
    """Let the account with this address stand in for the actor's grant; it ends by itself.

    Raises NotFound for a grant that is not the actor's own or is over, InvalidInput with every problem.
    """
    today = local_date(now)
    in_force = or_(Grant.ends_on.is_(None), Grant.ends_on >= today)
    own = (Grant.id == grant_id, Grant.user_id == actor.id, Grant.delegated_from_id.is_(None), in_force)
    grant = session.scalar(select(Grant).where(*own).with_for_update())
    if grant is None:
        raise NotFound
    if problems := _problems(grant, first_day, last_day, today):
        raise InvalidInput(problems)
    person = account_id(session, email)
    if person == actor.id:
        raise InvalidInput([Problem("email", N_("请填写另一个人的邮箱。"))])
    wanted = NewGrant(person, grant.role, grant.scope_kind, grant.scope_id, first_day, last_day)
    made = store(session, wanted, delegated_from_id=grant.id, actor=actor, now=now)
    announce(session, "accounts.grant_given", {"grant_id": made.id, "actor_id": actor.id}, now=now)
    return made


def _problems(grant: Grant, first_day: date, last_day: date, today: date) -> list[Problem]:
    """What is wrong with the days of an absence."""
    found = []
    if first_day < max(today, grant.starts_on):
        found.append(Problem("starts_on", N_("不能早于今天，也不能早于您自己任职的第一天。")))
    if last_day < first_day:
        found.append(Problem("ends_on", N_("结束日期不能早于开始日期。")))
    elif last_day - first_day > LONGEST_ABSENCE:
        found.append(Problem("ends_on", N_("一次最多委托 %(days)s 天。"), {"days": LONGEST_ABSENCE.days}))
    if grant.ends_on is not None and last_day > grant.ends_on:
        found.append(Problem("ends_on", N_("不能晚于您自己任职的最后一天。")))
    return found
