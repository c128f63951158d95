"""The last changes of roles, from the log: who got or lost which role where, and who did it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select, true
from sqlalchemy.orm import Session, aliased

from booking.accounts.audit_reach import within
from booking.core.actors import Reach
from models.accounts import AuditEntry, User
from models.catalogue import Instrument
from models.directory import Organisation, Unit
from models.vocabulary.accounts import ScopeKind


@dataclass(frozen=True, slots=True)
class GrantChange:
    """One entry of the log about a role, with the names that it tells of; no scope's name means the platform."""

    grant_id: int | None
    action: str
    role: str
    holder: str
    scope_name_zh: str
    scope_name_en: str
    actor: str
    occurred_at: datetime


def latest_changes(session: Session, reach: Reach, *, limit: int) -> list[GrantChange]:
    """The last changes of roles that the log within reach has, the newest first; one statement."""
    # Aliases, because the condition of what is within reach asks for the same tables in statements of its own.
    actor, holder = aliased(User), aliased(User)
    owner, unit, instrument = aliased(Organisation), aliased(Unit), aliased(Instrument)
    kind, place = _word("scope_kind"), _number("scope_id")
    # A record that went to another institution, or has the number of a deleted one, is not named.
    is_known = true() if reach.everywhere else instrument.organisation_id.in_(reach.organisation_ids)
    named = and_(instrument.created_at <= AuditEntry.occurred_at, is_known)
    statement = (
        select(
            AuditEntry.subject_id,
            AuditEntry.action,
            func.coalesce(_word("role"), ""),
            func.coalesce(holder.name, ""),
            func.coalesce(owner.name_zh, unit.name_zh, instrument.name_zh, ""),
            func.coalesce(owner.name_en, unit.name_en, instrument.name_en, ""),
            func.coalesce(actor.name, ""),
            AuditEntry.occurred_at,
        )
        .outerjoin(actor, actor.id == AuditEntry.actor_id)
        .outerjoin(holder, holder.id == _number("user_id"))
        .outerjoin(owner, and_(kind == ScopeKind.ORGANISATION.value, owner.id == place))
        .outerjoin(unit, and_(kind == ScopeKind.UNIT.value, unit.id == place))
        .outerjoin(instrument, and_(kind == ScopeKind.INSTRUMENT.value, instrument.id == place, named))
        .where(AuditEntry.action.startswith("accounts.grant_", autoescape=True), within(reach))
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    )
    return [GrantChange(*row) for row in session.execute(statement)]


def _word(name: str) -> ColumnElement[str]:
    """What the entry says afterwards, else before."""
    return func.coalesce(AuditEntry.after[name].as_string(), AuditEntry.before[name].as_string())


def _number(name: str) -> ColumnElement[int]:
    """The same of a number."""
    return func.coalesce(AuditEntry.after[name].as_integer(), AuditEntry.before[name].as_integer())
