"""A mail domain counts when an operator of its province or the platform has found that it is the organisation's own."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission, reach
from booking.affiliations.mail_domains import take_effect
from booking.affiliations.registrations import is_of_province
from booking.affiliations.user_groups import lock_organisation
from booking.core.actors import Actor
from booking.core.errors import Conflict, Forbidden, NotFound
from booking.core.texts import N_
from booking.notifications.service import announce
from models.affiliations import MailDomain
from models.directory import Organisation
from models.vocabulary.affiliations import MailDomainState


def verify_domain(session: Session, domain_id: int, *, actor: Actor, now: datetime) -> tuple[MailDomain, int]:
    """Let a domain stand for the organisation: its people belong at once; the domain, and how many.

    Raises NotFound, Forbidden for one's own asking, and Conflict for one that was decided or is another's.
    """
    domain = _pending(session, domain_id, actor)
    others = select(MailDomain).where(MailDomain.domain == domain.domain).order_by(MailDomain.id).with_for_update()
    if any(one.state == MailDomainState.CONFIRMED for one in session.scalars(others)):
        raise Conflict(N_("这个域名已由另一个单位登记，须先由平台管理员移除。"))
    _decide(session, "verified", domain, MailDomainState.CONFIRMED, actor=actor, now=now)
    return domain, take_effect(session, domain, now=now)


def refuse_domain(session: Session, domain_id: int, reason: str, *, actor: Actor, now: datetime) -> MailDomain:
    """Refuse a domain with a reason; it may be asked for again. Raises NotFound, Forbidden or Conflict."""
    domain = _pending(session, domain_id, actor)
    domain.reason = reason
    _decide(session, "refused", domain, MailDomainState.REFUSED, actor=actor, now=now, reason=reason)
    return domain


def domain_to_verify(session: Session, domain_id: int, actor: Actor) -> MailDomain:
    """The domain, for who verifies organisations of its province; raises NotFound."""
    found, within = session.get(MailDomain, domain_id), reach(actor, Permission.VERIFY_ORGANISATIONS)
    if found is None or not within:
        raise NotFound
    adcode = session.scalar(select(Organisation.adcode).where(Organisation.id == found.organisation_id))
    if not is_of_province(session, adcode, within):
        raise NotFound
    return found


def _pending(session: Session, domain_id: int, actor: Actor) -> MailDomain:
    """The domain, undecided, under its organisation's lock; who asked for it never verifies it."""
    domain = domain_to_verify(session, domain_id, actor)
    if domain.created_by_id == actor.id:
        raise Forbidden(N_("自己提出的域名须由他人核验。"))
    lock_organisation(session, domain.organisation_id)
    session.refresh(domain, with_for_update=True)
    if domain.state != MailDomainState.PENDING:
        raise Conflict(N_("这个申请已经处理过了。"))
    return domain


def _decide(
    session: Session,
    fact: str,
    domain: MailDomain,
    state: MailDomainState,
    *,
    actor: Actor,
    now: datetime,
    reason: str = "",
) -> None:
    """Keep who decided, when and what; whoever asked is told."""
    domain.state, domain.decided_at, domain.decided_by_id = state, now, actor.id
    session.flush()
    told: dict[str, Any] = {"organisation_id": domain.organisation_id, "domain": domain.domain}
    subject = ("mail_domain", domain.id)
    audit.note(session, f"affiliations.domain_{fact}", subject, actor=actor, now=now, after=told, reason=reason)
    announce(session, "affiliations.domain_decided", {"domain_id": domain.id}, now=now)
