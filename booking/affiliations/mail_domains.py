"""Mail domains that stand for an organisation: registered, given up, and what a confirmed address makes of somebody."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import audit, mailed
from booking.accounts.audit import Origin
from booking.accounts.permissions import Permission, may, require
from booking.affiliations import house_queries, queries, rules
from booking.affiliations.forms import AffiliationSettingsForm, AskAffiliationForm, MailDomainForm
from booking.affiliations.service import announce_about, ask_affiliation
from booking.affiliations.user_groups import lock_organisation
from booking.core.actors import Actor, Target
from booking.core.clock import local_date
from booking.core.errors import Conflict, InvalidInput, NotFound, Problem, StaleVersion
from booking.core.texts import N_
from booking.directory import queries as directory
from booking.notifications.service import announce
from models.accounts import User
from models.affiliations import Affiliation, AffiliationSettings, MailDomain
from models.vocabulary.accounts import TokenPurpose
from models.vocabulary.affiliations import AffiliationState, ConfirmedBy, MailDomainState

TAKEN = N_("这个域名已由另一个单位登记。如果它属于贵单位，请联系平台管理员核实。")


def add_domain(
    session: Session, organisation_id: int, form: MailDomainForm, *, actor: Actor, now: datetime
) -> tuple[MailDomain, int]:
    """Register a mail domain, which waits to be verified: the domain, and how many people belong by it at once.

    What the platform's administrators register counts at once. Raises InvalidInput for everybody's domains, for one
    that counts already, and where the admin's own address is not of it: nobody claims the people of another house.
    """
    _require(session, organisation_id, actor)
    lock_organisation(session, organisation_id)
    if problems := _problems(session, organisation_id, form.domain, actor):
        raise InvalidInput(problems)
    counts_now = may(actor, Permission.VERIFY_ORGANISATIONS)
    domain = _refused(session, organisation_id, form.domain) or MailDomain(organisation_id=organisation_id)
    domain.domain, domain.includes_subdomains = form.domain, form.includes_subdomains
    domain.created_by_id, domain.created_at, domain.reason = actor.id, now, ""
    domain.state = MailDomainState.CONFIRMED if counts_now else MailDomainState.PENDING
    domain.decided_at, domain.decided_by_id = (now, actor.id) if counts_now else (None, None)
    session.add(domain)
    session.flush()
    after = {"organisation_id": organisation_id, **form.model_dump(), "state": domain.state.value}
    audit.note(session, "affiliations.domain_added", ("mail_domain", domain.id), actor=actor, now=now, after=after)
    if not counts_now:
        announce(session, "affiliations.domain_asked", {"domain_id": domain.id}, now=now)
        return domain, 0
    return domain, take_effect(session, domain, now=now)


def take_effect(session: Session, domain: MailDomain, *, now: datetime) -> int:
    """Confirm everybody with a confirmed address of a domain that counts from now on; how many."""
    return sum(affiliate_by_address(session, user_id, now=now) is not None for user_id in people_of(session, domain))


def people_of(session: Session, domain: MailDomain) -> list[int]:
    """The active people whose confirmed address the domain stands for, or would, and no closer one."""
    ends = [f"@{domain.domain}", *([f".{domain.domain}"] if domain.includes_subdomains else [])]
    found: list[int] = []
    for end in ends:
        confirmed = select(User.id, User.email).where(
            User.email.endswith(end, autoescape=True), User.confirmed_at.is_not(None), User.deactivated_at.is_(None)
        )
        for user_id, email in session.execute(confirmed.order_by(User.id)):
            closest = house_queries.domain_for(session, email)
            if closest is None or closest.id == domain.id or len(closest.domain) < len(domain.domain):
                found.append(user_id)
    return found


def remove_domain(session: Session, domain_id: int, *, actor: Actor, now: datetime) -> None:
    """Give a mail domain up; who belongs by it stays until the end date. Raises NotFound."""
    domain = session.get(MailDomain, domain_id)
    if domain is None or not may(actor, Permission.MANAGE_AFFILIATIONS, Target(domain.organisation_id)):
        raise NotFound
    session.delete(domain)
    session.flush()
    before = {"organisation_id": domain.organisation_id, "domain": domain.domain}
    audit.note(session, "affiliations.domain_removed", ("mail_domain", domain_id), actor=actor, now=now, before=before)


def change_settings(
    session: Session,
    organisation_id: int,
    form: AffiliationSettingsForm,
    *,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> AffiliationSettings:
    """Set for how long a mail address confirms an affiliation; raises StaleVersion.

    How many invitations may be mailed in a day is set by the platform alone; raises InvalidInput.
    """
    _require(session, organisation_id, actor)
    lock_organisation(session, organisation_id)
    settings = house_queries.settings_of(session, organisation_id)
    if expected_version not in {None, settings.version}:
        raise StaleVersion
    before = {name: getattr(settings, name) for name in AffiliationSettingsForm.model_fields}
    after = {**before, **form.model_dump(exclude_unset=True)}
    if _most(before) == _most(after) and not may(actor, Permission.MANAGE_AFFILIATIONS):
        after["invitations_per_day"] = before["invitations_per_day"]
    if before == after:
        return settings
    if _most(before) != _most(after) and not may(actor, Permission.MANAGE_AFFILIATIONS):
        raise InvalidInput([Problem("invitations_per_day", N_("这一项由平台管理员设定。"))])
    for name, value in after.items():
        setattr(settings, name, value)
    settings.version += 1
    session.add(settings)
    session.flush()
    subject = ("organisation", organisation_id)
    audit.note(session, "affiliations.settings_changed", subject, actor=actor, now=now, before=before, after=after)
    return settings


def _most(settings: Mapping[str, Any]) -> int:
    """How many invitations may be mailed in a day."""
    return settings["invitations_per_day"] or rules.INVITATIONS_PER_DAY


def ask(session: Session, form: AskAffiliationForm, *, actor: Actor, now: datetime) -> Affiliation:
    """Ask for an affiliation; whoever's address proves it is confirmed at once. Raises what asking raises."""
    affiliation = ask_affiliation(session, form, actor=actor, now=now)
    domain = house_queries.domain_for(session, actor.email)
    if domain is not None and domain.organisation_id == affiliation.organisation_id:
        affiliate_by_address(session, actor.id, now=now)
    return affiliation


def affiliate_by_address(session: Session, user_id: int, *, now: datetime) -> Affiliation | None:
    """Confirm the person at the organisation that their confirmed address belongs to, until its term is over.

    Whoever was there before and was ended or refused is not taken back by an address alone: None, as for an address of
    no organisation. What they have asked for is confirmed.
    """
    user = session.scalar(select(User).where(User.id == user_id).with_for_update())
    if user is None or user.confirmed_at is None or user.deactivated_at is not None:
        return None
    domain = house_queries.domain_for(session, user.email)
    if domain is None:
        return None
    known = session.scalars(
        select(Affiliation).where(Affiliation.user_id == user_id, Affiliation.organisation_id == domain.organisation_id)
    ).all()
    if any(_settles(one) for one in known):
        return None
    waiting = next((one for one in known if one.state == AffiliationState.PENDING), None)
    affiliation = waiting or Affiliation(user_id=user_id, organisation_id=domain.organisation_id, asked_at=now)
    return _confirm(session, affiliation, now=now)


def ask_renewal(session: Session, *, actor: Actor, now: datetime) -> None:
    """Ask for a mail to one's own address that renews the affiliation it confirmed; raises Conflict without one."""
    if renewable(session, actor.id, actor.email) is None:
        raise Conflict(N_("没有可以用邮箱延长的隶属。"))
    announce(session, "affiliations.renewal_asked", {"user_id": actor.id}, now=now)


def renewable(session: Session, user_id: int, email: str) -> Affiliation | None:
    """The affiliation that a person's address confirmed and may confirm again."""
    domain = house_queries.domain_for(session, email)
    found = queries.open_affiliation(session, user_id, domain.organisation_id) if domain else None
    if found is not None and _may_renew(found):
        return found
    return _expired(session, user_id, domain.organisation_id) if domain and found is None else None


def renew_by_secret(session: Session, secret: str, *, origin: Origin, now: datetime) -> Affiliation:
    """Confirm an affiliation again by the mailed link; raises LinkSpent, or Conflict when nothing can be renewed."""
    user = mailed.redeem(session, secret, TokenPurpose.RENEW_AFFILIATION, now=now)
    affiliation = renewable(session, user.id, user.email)
    if affiliation is None:
        raise Conflict(N_("没有可以用邮箱延长的隶属。"))
    if affiliation.state == AffiliationState.ENDED:
        affiliation = Affiliation(
            user_id=user.id,
            organisation_id=affiliation.organisation_id,
            unit_id=affiliation.unit_id,
            user_group_id=affiliation.user_group_id,
            staff_number=affiliation.staff_number,
            asked_at=now,
        )
    affiliation.agreed_at = affiliation.agreed_at or now
    return _confirm(session, affiliation, origin=origin, now=now)


def _settles(affiliation: Affiliation) -> bool:
    """Whether an affiliation leaves nothing for an address to say: in force, refused, or ended by somebody."""
    is_decided = affiliation.state in {AffiliationState.CONFIRMED, AffiliationState.REFUSED}
    return is_decided or affiliation.ended_by_id is not None


def _may_renew(affiliation: Affiliation) -> bool:
    """Whether it rests on an address, and nobody announced its end."""
    return (
        affiliation.confirmed_by == ConfirmedBy.MAIL_DOMAIN
        and affiliation.state in {AffiliationState.CONFIRMED, AffiliationState.ENDED}
        and affiliation.ended_by_id is None
    )


def _expired(session: Session, user_id: int, organisation_id: int) -> Affiliation | None:
    """The last affiliation there, when an address confirmed it and it ran out by itself."""
    last = session.scalar(
        select(Affiliation)
        .where(Affiliation.user_id == user_id, Affiliation.organisation_id == organisation_id)
        .order_by(Affiliation.id.desc())
        .limit(1)
    )
    return last if last and last.state == AffiliationState.ENDED and _may_renew(last) else None


def _confirm(session: Session, affiliation: Affiliation, *, now: datetime, origin: Origin | None = None) -> Affiliation:
    """Confirm, or confirm again, by an address: for the organisation's term from today."""
    today = local_date(now)
    term = timedelta(days=house_queries.settings_of(session, affiliation.organisation_id).mail_domain_days)
    if affiliation.state != AffiliationState.CONFIRMED:
        affiliation.starts_on = today
    affiliation.state, affiliation.confirmed_by = AffiliationState.CONFIRMED, ConfirmedBy.MAIL_DOMAIN
    affiliation.ends_on, affiliation.decided_at = today + term, now
    affiliation.leaving_told_at = affiliation.reminded_at = None
    affiliation.version = (affiliation.version or 0) + 1
    session.add(affiliation)
    session.flush()
    after = {"organisation_id": affiliation.organisation_id, "ends_on": affiliation.ends_on.isoformat()}
    subject = ("affiliation", affiliation.id)
    audit.note(session, "affiliations.confirmed_by_address", subject, actor=None, origin=origin, now=now, after=after)
    announce_about(session, "affiliations.confirmed", affiliation, now=now)
    return affiliation


def _require(session: Session, organisation_id: int, actor: Actor) -> None:
    """Refuse an unknown organisation and who does not manage its people."""
    directory.organisation(session, organisation_id)
    require(actor, Permission.MANAGE_AFFILIATIONS, Target(organisation_id=organisation_id))


def _problems(session: Session, organisation_id: int, domain: str, actor: Actor) -> list[Problem]:
    """Why the domain cannot be registered by this person; what waits elsewhere is nobody's business."""
    if found := rules.domain_problems(domain):
        return found
    known = session.scalars(select(MailDomain).where(MailDomain.domain == domain)).all()
    own = next((one.state for one in known if one.organisation_id == organisation_id), MailDomainState.REFUSED)
    if own != MailDomainState.REFUSED:
        is_waiting = own == MailDomainState.PENDING
        return [Problem("domain", N_("这个域名已在等待核验。") if is_waiting else N_("这个域名已经登记。"))]
    if any(one.state == MailDomainState.CONFIRMED for one in known):
        return [Problem("domain", TAKEN)]
    if not may(actor, Permission.VERIFY_ORGANISATIONS) and not rules.proves_ownership(domain, actor.email):
        return [Problem("domain", N_("只能登记您自己邮箱所在的域名；其他域名请联系平台管理员登记。"))]
    return []


def _refused(session: Session, organisation_id: int, domain: str) -> MailDomain | None:
    """The same domain as the organisation asked for it before in vain."""
    same = (MailDomain.organisation_id == organisation_id, MailDomain.domain == domain)
    return session.scalar(select(MailDomain).where(*same, MailDomain.state == MailDomainState.REFUSED))
