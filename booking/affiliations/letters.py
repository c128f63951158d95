"""Which mails follow from what happened to an affiliation, and what a confirmed address leads to."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from booking.accounts.grant_queries import admins_of
from booking.accounts.mailed import GOOD_FOR, write_secret
from booking.affiliations import house_queries, queries
from booking.affiliations.invitations import accept_by_address
from booking.affiliations.invitations import write_secret as write_secret_of
from booking.affiliations.labels import CONFIRMED_BY
from booking.affiliations.mail_domains import affiliate_by_address
from booking.affiliations.rules import OWNS_INSTRUMENTS, role_of_registrant
from booking.core.clock import local_date
from booking.core.errors import NotFound
from booking.notifications.letters import Letter, News
from models.accounts import User
from models.affiliations import Invitation, MailDomain, OrganisationRegistration
from models.directory import Organisation
from models.vocabulary.accounts import Language, Role, TokenPurpose
from models.vocabulary.affiliations import AffiliationState, InvitationState, MailDomainState, RegistrationState


def on_address_confirmed(news: News) -> list[Letter]:
    """Whoever was invited, or whose address belongs to an organisation, is confirmed; that event has its own letter."""
    accept_by_address(news.session, news.payload["user_id"], now=news.now)
    affiliate_by_address(news.session, news.payload["user_id"], now=news.now)
    return []


def on_invited(news: News) -> list[Letter]:
    """To the invited address the link that confirms, while the invitation is open."""
    invitation = news.session.get(Invitation, news.payload["invitation_id"])
    if invitation is None or invitation.state != InvitationState.OPEN or not invitation.email:
        return []
    organisation = news.session.get_one(Organisation, invitation.organisation_id)
    invitation.sent_at = news.now
    values = {
        "person": invitation.name,
        "email": invitation.email,
        "organisation_zh": organisation.name_zh,
        "organisation_en": organisation.name_en,
        "by_address": organisation.kind in OWNS_INSTRUMENTS,
        "expires_at": invitation.expires_at,
        "link": news.link(f"invited/{write_secret_of(invitation)}"),
    }
    return [Letter(invitation.email, Language.CHINESE, "affiliations/invited", values)]


def on_asked(news: News) -> list[Letter]:
    """To those who decide, while nobody has."""
    row = _row(news)
    if row is None or row.affiliation.state != AffiliationState.PENDING:
        return []
    people = house_queries.managers_of(news.session, row.organisation.id, local_date(news.now))
    link = news.link(f"affiliations/{row.affiliation.id}")
    return to_each(people, "affiliations/asked", {**_values(row), "link": link})


def on_confirmed(news: News) -> list[Letter]:
    """To the person: what the affiliation rests on, and until when it holds."""
    return _to_person(news, "affiliations/confirmed")


def on_refused(news: News) -> list[Letter]:
    """To the person, with the reason."""
    return _to_person(news, "affiliations/refused")


def on_ended(news: News) -> list[Letter]:
    """To the person: the last day, and what ends with it."""
    last_day = date.fromisoformat(news.payload["last_day"])
    return _to_person(news, "affiliations/ended", last_day=last_day)


def on_left(news: News) -> list[Letter]:
    """To those who look after the organisation's people: somebody has left of their own accord."""
    row = _row(news)
    if row is None:
        return []
    managers = house_queries.managers_of(news.session, row.organisation.id, local_date(news.now))
    people = [one for one in managers if one.id != row.person.id]
    last_day = date.fromisoformat(news.payload["last_day"])
    link = news.link(f"affiliations/{row.affiliation.id}")
    return to_each(people, "affiliations/left", {**_values(row), "last_day": last_day, "link": link})


def on_ending_soon(news: News) -> list[Letter]:
    """To the person: when it ends, and how to have it renewed."""
    return _to_person(news, "affiliations/ending_soon")


def on_renewal_asked(news: News) -> list[Letter]:
    """To the person's own address the link that confirms the affiliation again."""
    user = news.session.scalar(select(User).where(User.id == news.payload["user_id"], User.deactivated_at.is_(None)))
    if user is None:
        return []
    secret = write_secret(news.session, user.id, TokenPurpose.RENEW_AFFILIATION, now=news.now)
    hours = int(GOOD_FOR[TokenPurpose.RENEW_AFFILIATION].total_seconds() // 3600)
    values = {"link": news.link(f"account/affiliations/renew/{secret}"), "hours": hours}
    return to_each([user], "affiliations/renew", values)


def _to_person(news: News, template: str, **more: Any) -> list[Letter]:
    """One letter to whom the affiliation concerns, while they have an account."""
    row = _row(news)
    if row is None or row.person.deactivated_at is not None:
        return []
    return to_each([row.person], template, {**_values(row), "link": news.link("account/affiliations"), **more})


def _row(news: News) -> queries.Row | None:
    """What the event is about, if it is still there."""
    try:
        return queries.row(news.session, news.payload["affiliation_id"])
    except NotFound:
        return None


def _values(row: queries.Row) -> dict[str, Any]:
    """What the letters may name."""
    affiliation = row.affiliation
    return {
        "person": row.person.name,
        "email": row.person.email,
        "organisation_zh": row.organisation.name_zh,
        "organisation_en": row.organisation.name_en,
        "unit_zh": row.unit.name_zh if row.unit else "",
        "unit_en": row.unit.name_en if row.unit else "",
        "staff_number": affiliation.staff_number,
        "message": affiliation.message,
        "reason": affiliation.reason,
        "ends_on": affiliation.ends_on,
        "confirmed_by": CONFIRMED_BY[affiliation.confirmed_by] if affiliation.confirmed_by else "",
    }


def to_each(people: Sequence[User], template: str, values: dict[str, Any]) -> list[Letter]:
    """The same letter to each in their language."""
    return [Letter(person.email, person.language, template, values) for person in people]


def on_registration_asked(news: News) -> list[Letter]:
    """To those who may verify it: of a known organisation the platform and its own province's operators."""
    registration = news.session.get(OrganisationRegistration, news.payload["registration_id"])
    if registration is None or registration.state != RegistrationState.PENDING:
        return []
    province = None if registration.organisation_id is None else (registration.adcode or "")[:2]
    people = house_queries.verifiers(news.session, local_date(news.now), province=province)
    able = [one for one in people if one.id != registration.registrant_id]
    return to_each(able, "affiliations/registration_asked", _registration_values(news, registration))


def on_registration_decided(news: News) -> list[Letter]:
    """To the registrant: verified, or refused with the reason; of a known one that is verified the platform hears."""
    registration = news.session.get(OrganisationRegistration, news.payload["registration_id"])
    if registration is None:
        return []
    registrant = news.session.get_one(User, registration.registrant_id)
    values = _registration_values(news, registration)
    letters = to_each([registrant], "affiliations/registration_decided", values)
    return letters + _to_platform(news, registration, values) if news.payload.get("was_known") else letters


def _to_platform(news: News, registration: OrganisationRegistration, values: dict[str, Any]) -> list[Letter]:
    """To the platform's administrators, unless one of them verified it: who acts for a known organisation now."""
    admins = admins_of(news.session, None, local_date(news.now))
    if registration.decided_by_id in {one.id for one in admins}:
        return []
    verifier = news.session.get_one(User, registration.decided_by_id)
    told = {"verifier": verifier.name, "checked": registration.checked}
    told["roles_link"] = news.link(f"grants/organisation/{registration.organisation_id}")
    return to_each(admins, "affiliations/known_verified", values | told)


def on_domain_asked(news: News) -> list[Letter]:
    """To those who verify organisations of its province."""
    domain = news.session.get(MailDomain, news.payload["domain_id"])
    if domain is None or domain.state != MailDomainState.PENDING:
        return []
    adcode = news.session.get_one(Organisation, domain.organisation_id).adcode
    people = house_queries.verifiers(news.session, local_date(news.now), province=(adcode or "")[:2])
    return to_each(people, "affiliations/domain_asked", _domain_values(news, domain, f"mail-domains/{domain.id}"))


def on_domain_decided(news: News) -> list[Letter]:
    """To whoever registered the domain: verified, or refused with the reason."""
    domain = news.session.get(MailDomain, news.payload["domain_id"])
    if domain is None or domain.state == MailDomainState.PENDING:
        return []
    asker = news.session.get_one(User, domain.created_by_id)
    values = _domain_values(news, domain, f"organisations/{domain.organisation_id}/mail-domains")
    return to_each([asker], "affiliations/domain_decided", values)


def _domain_values(news: News, domain: MailDomain, path: str) -> dict[str, Any]:
    """What the letters of a mail domain may name."""
    organisation = news.session.get_one(Organisation, domain.organisation_id)
    return {
        "domain": domain.domain,
        "organisation_zh": organisation.name_zh,
        "organisation_en": organisation.name_en,
        "person": news.session.get_one(User, domain.created_by_id).name,
        "is_verified": domain.state == MailDomainState.CONFIRMED,
        "reason": domain.reason,
        "link": news.link(path),
    }


def _registration_values(news: News, registration: OrganisationRegistration) -> dict[str, Any]:
    """What the letters of a registration may name."""
    registrant = news.session.get_one(User, registration.registrant_id)
    return {
        "name_zh": registration.name_zh,
        "name_en": registration.name_en,
        "person": registrant.name,
        "email": registrant.email,
        "is_verified": registration.state == RegistrationState.VERIFIED,
        "is_known": registration.state == RegistrationState.PENDING and registration.organisation_id is not None,
        "is_admin": role_of_registrant(registration.kind) == Role.INSTITUTION_ADMIN,
        "reason": registration.reason,
        "link": news.link(f"registrations/{registration.id}"),
    }
