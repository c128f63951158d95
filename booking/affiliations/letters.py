"""Which mails follow from what happened to an affiliation, and what a confirmed address leads to."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from booking.accounts.mailed import GOOD_FOR, write_secret
from booking.affiliations import queries
from booking.affiliations.hosting import last_day_of, miss_hosts, standing
from booking.affiliations.invitations import accept_by_address
from booking.affiliations.invitations import write_secret as write_secret_of
from booking.affiliations.labels import CONFIRMED_BY
from booking.affiliations.mail_domains import affiliate_by_address
from booking.affiliations.rules import OWNS_INSTRUMENTS, role_of_registrant
from booking.core.clock import local_date
from booking.core.errors import NotFound
from booking.notifications.letters import Letter, News
from models.accounts import User
from models.affiliations import Invitation, MailDomain, OrganisationRegistration, Visit
from models.directory import Organisation
from models.vocabulary.accounts import Language, Role, TokenPurpose
from models.vocabulary.affiliations import (
    VISITS_STAND,
    AffiliationState,
    InvitationState,
    MailDomainState,
    RegistrationState,
    VisitState,
)


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
    people = queries.managers_of(news.session, row.organisation.id, local_date(news.now))
    link = news.link(f"affiliations/{row.affiliation.id}")
    return _letters(people, "affiliations/asked", {**_values(row), "link": link})


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
    managers = queries.managers_of(news.session, row.organisation.id, local_date(news.now))
    people = [one for one in managers if one.id != row.person.id]
    last_day = date.fromisoformat(news.payload["last_day"])
    link = news.link(f"affiliations/{row.affiliation.id}")
    return _letters(people, "affiliations/left", {**_values(row), "last_day": last_day, "link": link})


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
    return _letters([user], "affiliations/renew", values)


def _to_person(news: News, template: str, **more: Any) -> list[Letter]:
    """One letter to whom the affiliation concerns, while they have an account."""
    row = _row(news)
    if row is None or row.person.deactivated_at is not None:
        return []
    return _letters([row.person], template, {**_values(row), "link": news.link("account/affiliations"), **more})


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


def _letters(people: Sequence[User], template: str, values: dict[str, Any]) -> list[Letter]:
    """The same letter to each in their language."""
    return [Letter(person.email, person.language, template, values) for person in people]


def on_visit_asked(news: News) -> list[Letter]:
    """To those who decide, while nobody has."""
    visit = news.session.get(Visit, news.payload["visit_id"])
    if visit is None or visit.state != VisitState.PENDING:
        return []
    people = queries.managers_of(news.session, visit.organisation_id, local_date(news.now))
    return _letters(people, "affiliations/visit_asked", _visit_values(news, visit))


def on_visit_confirmed(news: News) -> list[Letter]:
    """To the visitor, where there is an address, and to the host."""
    visit = news.session.get(Visit, news.payload["visit_id"])
    if visit is None or visit.state != VisitState.CONFIRMED:
        return []
    values, host = _visit_values(news, visit), news.session.get_one(User, visit.host_id)
    letters = _letters([host], "affiliations/visit_confirmed", values)
    if visit.email:
        letters.insert(0, Letter(visit.email, Language.CHINESE, "affiliations/visit_confirmed", values))
    return letters


def on_visit_changed(news: News) -> list[Letter]:
    """To the visitor, where there is an address, and to host and admins, not to who changed it: the days that hold."""
    visit = news.session.get(Visit, news.payload["visit_id"])
    if visit is None or visit.state != VisitState.CONFIRMED:
        return []
    return _to_all_of_visit(news, visit, "affiliations/visit_changed")


def on_visit_ended(news: News) -> list[Letter]:
    """To the visitor who had been told to come, to host and admins, not to who did it: ended early or called off."""
    visit = news.session.get(Visit, news.payload["visit_id"])
    if visit is None:
        return []
    is_off, was_told = news.payload["is_off"], news.payload["was_told"]
    return _to_all_of_visit(news, visit, "affiliations/visit_ended", tells_visitor=was_told, is_off=is_off)


def _to_all_of_visit(
    news: News, visit: Visit, template: str, *, tells_visitor: bool = True, **more: Any
) -> list[Letter]:
    """The same letter to visitor, host and admins, each once, without whoever caused it."""
    values = {**_visit_values(news, visit), **more}
    admins = queries.managers_of(news.session, visit.organisation_id, local_date(news.now))
    hosts = [] if visit.host_missed_on else [news.session.get_one(User, visit.host_id)]
    people = {one.id: one for one in (*hosts, *admins)}
    letters = _letters([one for one in people.values() if one.id != news.payload["actor_id"]], template, values)
    if visit.email and tells_visitor:
        letters.insert(0, Letter(visit.email, Language.CHINESE, template, values))
    return letters


def on_visit_refused(news: News) -> list[Letter]:
    """To the host, with the reason."""
    visit = news.session.get(Visit, news.payload["visit_id"])
    if visit is None:
        return []
    host = news.session.get_one(User, visit.host_id)
    return _letters([host], "affiliations/visit_refused", _visit_values(news, visit))


def on_over(news: News) -> list[Letter]:
    """Visits to whoever has left lack a host from now on; that event has its own letter."""
    miss_hosts(news.session, host_id=news.payload["user_id"], now=news.now)
    return []


def on_visits_without_host(news: News) -> list[Letter]:
    """To those who decide on visitors, one letter for all visits of a host who left, while any lacks a host."""
    ids, today = news.payload["visit_ids"], local_date(news.now)
    waiting = select(Visit).where(Visit.id.in_(ids), standing(today), Visit.host_missed_on.is_not(None))
    visits = news.session.scalars(waiting.order_by(Visit.id)).all()
    if not visits:
        return []
    place = news.payload["organisation_id"]
    organisation = news.session.get_one(Organisation, place)
    values = {
        "person": news.session.get_one(User, news.payload["host_id"]).name,
        "visitors": [visit.name for visit in visits],
        "organisation_zh": organisation.name_zh,
        "organisation_en": organisation.name_en,
        "last_day": max(last_day_of(visit) for visit in visits),
        "link": news.link(f"organisations/{place}/visitors?without_host=1"),
    }
    people = queries.managers_of(news.session, place, today)
    return _letters(people, "affiliations/visits_without_host", values)


def on_visit_host_named(news: News) -> list[Letter]:
    """To the new host, to the one before who has not left, and to the visitor of a confirmed visit."""
    visit = news.session.get(Visit, news.payload["visit_id"])
    if visit is None or visit.state not in VISITS_STAND:
        return []
    values, host = _visit_values(news, visit), news.session.get_one(User, visit.host_id)
    former = news.session.get(User, news.payload["former_host_id"]) if news.payload.get("former_host_id") else None
    hosts = [one for one in (host, former) if one is not None and one.deactivated_at is None]
    letters = _letters(hosts, "affiliations/visit_host_named", values)
    if visit.email and visit.state == VisitState.CONFIRMED:
        letters.append(Letter(visit.email, Language.CHINESE, "affiliations/visit_host_named", values))
    return letters


def on_registration_asked(news: News) -> list[Letter]:
    """To those who verify organisations."""
    registration = news.session.get(OrganisationRegistration, news.payload["registration_id"])
    if registration is None or registration.state != RegistrationState.PENDING:
        return []
    values = _registration_values(news, registration)
    return _letters(queries.verifiers(news.session, local_date(news.now)), "affiliations/registration_asked", values)


def on_registration_decided(news: News) -> list[Letter]:
    """To the registrant: verified, or refused with the reason."""
    registration = news.session.get(OrganisationRegistration, news.payload["registration_id"])
    if registration is None:
        return []
    registrant = news.session.get_one(User, registration.registrant_id)
    values = _registration_values(news, registration)
    return _letters([registrant], "affiliations/registration_decided", values)


def on_domain_asked(news: News) -> list[Letter]:
    """To those who verify organisations."""
    domain = news.session.get(MailDomain, news.payload["domain_id"])
    if domain is None or domain.state != MailDomainState.PENDING:
        return []
    people = queries.verifiers(news.session, local_date(news.now))
    return _letters(people, "affiliations/domain_asked", _domain_values(news, domain, f"mail-domains/{domain.id}"))


def on_domain_decided(news: News) -> list[Letter]:
    """To whoever registered the domain: verified, or refused with the reason."""
    domain = news.session.get(MailDomain, news.payload["domain_id"])
    if domain is None or domain.state == MailDomainState.PENDING:
        return []
    asker = news.session.get_one(User, domain.created_by_id)
    values = _domain_values(news, domain, f"organisations/{domain.organisation_id}/mail-domains")
    return _letters([asker], "affiliations/domain_decided", values)


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


def _visit_values(news: News, visit: Visit) -> dict[str, Any]:
    """What the letters of a visit may name; never the identity document."""
    organisation = news.session.get_one(Organisation, visit.organisation_id)
    return {
        "visitor": visit.name,
        "host": news.session.get_one(User, visit.host_id).name,
        "organisation_zh": organisation.name_zh,
        "organisation_en": organisation.name_en,
        "starts_on": visit.starts_on,
        "ends_on": visit.ends_on,
        "confirmed_until": visit.confirmed_ends_on,
        "is_confirmed": visit.state == VisitState.CONFIRMED,
        "purpose": visit.purpose,
        "reason": visit.reason,
        "link": news.link(f"visits/{visit.id}"),
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
