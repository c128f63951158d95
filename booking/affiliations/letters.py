"""Which mails follow from what happened to an affiliation, and what a confirmed address leads to."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts.mailed import GOOD_FOR, write_secret
from booking.affiliations import queries
from booking.affiliations.invitations import accept_by_address
from booking.affiliations.invitations import write_secret as write_secret_of
from booking.affiliations.labels import CONFIRMED_BY
from booking.affiliations.mail_domains import affiliate_by_address
from booking.core.clock import local_date
from booking.core.errors import NotFound
from booking.notifications.letters import Letter
from booking.settings import Settings
from models.accounts import User
from models.affiliations import Invitation, OrganisationRegistration, Visit
from models.directory import Organisation
from models.vocabulary.accounts import Language, TokenPurpose
from models.vocabulary.affiliations import AffiliationState, InvitationState, RegistrationState, VisitState


def on_address_confirmed(
    session: Session,
    payload: Mapping[str, Any],
    *,
    now: datetime,
    settings: Settings,  # noqa: ARG001
) -> list[Letter]:
    """Whoever was invited, or whose address belongs to an organisation, is confirmed; that event has its own letter."""
    accept_by_address(session, payload["user_id"], now=now)
    affiliate_by_address(session, payload["user_id"], now=now)
    return []


def on_invited(session: Session, payload: Mapping[str, Any], *, now: datetime, settings: Settings) -> list[Letter]:
    """To the invited address the link that confirms, while the invitation is open."""
    invitation = session.get(Invitation, payload["invitation_id"])
    if invitation is None or invitation.state != InvitationState.OPEN or not invitation.email:
        return []
    organisation = session.get_one(Organisation, invitation.organisation_id)
    invitation.sent_at = now
    values = {
        "person": invitation.name,
        "email": invitation.email,
        "organisation_zh": organisation.name_zh,
        "organisation_en": organisation.name_en,
        "expires_at": invitation.expires_at,
        "link": f"{settings.address}/invited/{write_secret_of(invitation)}",
    }
    return [Letter(invitation.email, Language.CHINESE, "affiliations/invited", values)]


def on_asked(session: Session, payload: Mapping[str, Any], *, now: datetime, settings: Settings) -> list[Letter]:
    """To those who decide, while nobody has."""
    row = _row(session, payload)
    if row is None or row.affiliation.state != AffiliationState.PENDING:
        return []
    people = queries.managers_of(session, row.organisation.id, local_date(now))
    link = f"{settings.address}/affiliations/{row.affiliation.id}"
    return _letters(people, "affiliations/asked", {**_values(row), "link": link})


def on_confirmed(session: Session, payload: Mapping[str, Any], *, now: datetime, settings: Settings) -> list[Letter]:  # noqa: ARG001
    """To the person: what the affiliation rests on, and until when it holds."""
    return _to_person(session, payload, "affiliations/confirmed", settings)


def on_refused(session: Session, payload: Mapping[str, Any], *, now: datetime, settings: Settings) -> list[Letter]:  # noqa: ARG001
    """To the person, with the reason."""
    return _to_person(session, payload, "affiliations/refused", settings)


def on_ended(session: Session, payload: Mapping[str, Any], *, now: datetime, settings: Settings) -> list[Letter]:  # noqa: ARG001
    """To the person: the last day, and what ends with it."""
    last_day = date.fromisoformat(payload["last_day"])
    return _to_person(session, payload, "affiliations/ended", settings, last_day=last_day)


def on_ending_soon(session: Session, payload: Mapping[str, Any], *, now: datetime, settings: Settings) -> list[Letter]:  # noqa: ARG001
    """To the person: when it ends, and how to have it renewed."""
    return _to_person(session, payload, "affiliations/ending_soon", settings)


def on_renewal_asked(
    session: Session, payload: Mapping[str, Any], *, now: datetime, settings: Settings
) -> list[Letter]:
    """To the person's own address the link that confirms the affiliation again."""
    user = session.scalar(select(User).where(User.id == payload["user_id"], User.deactivated_at.is_(None)))
    if user is None:
        return []
    secret = write_secret(session, user.id, TokenPurpose.RENEW_AFFILIATION, now=now)
    hours = int(GOOD_FOR[TokenPurpose.RENEW_AFFILIATION].total_seconds() // 3600)
    values = {"link": f"{settings.address}/account/affiliations/renew/{secret}", "hours": hours}
    return _letters([user], "affiliations/renew", values)


def _to_person(
    session: Session, payload: Mapping[str, Any], template: str, settings: Settings, **more: Any
) -> list[Letter]:
    """One letter to whom the affiliation concerns, while they have an account."""
    row = _row(session, payload)
    if row is None or row.person.deactivated_at is not None:
        return []
    return _letters(
        [row.person], template, {**_values(row), "link": f"{settings.address}/account/affiliations", **more}
    )


def _row(session: Session, payload: Mapping[str, Any]) -> queries.Row | None:
    """What the event is about, if it is still there."""
    try:
        return queries.row(session, payload["affiliation_id"])
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


def on_visit_asked(session: Session, payload: Mapping[str, Any], *, now: datetime, settings: Settings) -> list[Letter]:
    """To those who decide, while nobody has."""
    visit = session.get(Visit, payload["visit_id"])
    if visit is None or visit.state != VisitState.PENDING:
        return []
    people = queries.managers_of(session, visit.organisation_id, local_date(now))
    return _letters(people, "affiliations/visit_asked", _visit_values(session, visit, settings))


def on_visit_confirmed(
    session: Session,
    payload: Mapping[str, Any],
    *,
    now: datetime,  # noqa: ARG001
    settings: Settings,
) -> list[Letter]:
    """To the visitor, where there is an address, and to the host."""
    visit = session.get(Visit, payload["visit_id"])
    if visit is None or visit.state != VisitState.CONFIRMED:
        return []
    values, host = _visit_values(session, visit, settings), session.get_one(User, visit.host_id)
    letters = _letters([host], "affiliations/visit_confirmed", values)
    if visit.email:
        letters.insert(0, Letter(visit.email, Language.CHINESE, "affiliations/visit_confirmed", values))
    return letters


def on_visit_refused(
    session: Session,
    payload: Mapping[str, Any],
    *,
    now: datetime,  # noqa: ARG001
    settings: Settings,
) -> list[Letter]:
    """To the host, with the reason."""
    visit = session.get(Visit, payload["visit_id"])
    if visit is None:
        return []
    host = session.get_one(User, visit.host_id)
    return _letters([host], "affiliations/visit_refused", _visit_values(session, visit, settings))


def on_registration_asked(
    session: Session, payload: Mapping[str, Any], *, now: datetime, settings: Settings
) -> list[Letter]:
    """To those who verify organisations."""
    registration = session.get(OrganisationRegistration, payload["registration_id"])
    if registration is None or registration.state != RegistrationState.PENDING:
        return []
    values = _registration_values(session, registration, settings)
    return _letters(queries.verifiers(session, local_date(now)), "affiliations/registration_asked", values)


def on_registration_decided(
    session: Session,
    payload: Mapping[str, Any],
    *,
    now: datetime,  # noqa: ARG001
    settings: Settings,
) -> list[Letter]:
    """To the registrant: verified, or refused with the reason."""
    registration = session.get(OrganisationRegistration, payload["registration_id"])
    if registration is None:
        return []
    registrant = session.get_one(User, registration.registrant_id)
    values = _registration_values(session, registration, settings)
    return _letters([registrant], "affiliations/registration_decided", values)


def _visit_values(session: Session, visit: Visit, settings: Settings) -> dict[str, Any]:
    """What the letters of a visit may name; never the identity document."""
    organisation = session.get_one(Organisation, visit.organisation_id)
    return {
        "visitor": visit.name,
        "host": session.get_one(User, visit.host_id).name,
        "organisation_zh": organisation.name_zh,
        "organisation_en": organisation.name_en,
        "starts_on": visit.starts_on,
        "ends_on": visit.ends_on,
        "purpose": visit.purpose,
        "reason": visit.reason,
        "link": f"{settings.address}/visits/{visit.id}",
    }


def _registration_values(
    session: Session, registration: OrganisationRegistration, settings: Settings
) -> dict[str, Any]:
    """What the letters of a registration may name."""
    registrant = session.get_one(User, registration.registrant_id)
    return {
        "name_zh": registration.name_zh,
        "name_en": registration.name_en,
        "person": registrant.name,
        "email": registrant.email,
        "is_verified": registration.state == RegistrationState.VERIFIED,
        "reason": registration.reason,
        "link": f"{settings.address}/registrations/{registration.id}",
    }
