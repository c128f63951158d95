"""Which mails follow from what happened to an enquiry: each step tells the other side."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.enquiries.queries import in_full, periods_of
from booking.notifications.letters import Letter
from booking.reservations.deciders import deciders_of
from booking.settings import Settings
from models.accounts import User
from models.enquiries import Enquiry, EnquiryMessage

LONGEST_QUOTE = 1500


def on_asked(session: Session, payload: Mapping[str, Any], *, now: datetime, settings: Settings) -> list[Letter]:
    """To primary steward and deputy, or whoever gets requests: a new question or wish, and until when to answer."""
    return _to_staff(session, payload, "enquiries/asked", now, settings)


def on_added(session: Session, payload: Mapping[str, Any], *, now: datetime, settings: Settings) -> list[Letter]:
    """To the staff: the asker wrote more."""
    return _to_staff(session, payload, "enquiries/added", now, settings)


def on_answered(session: Session, payload: Mapping[str, Any], *, now: datetime, settings: Settings) -> list[Letter]:  # noqa: ARG001
    """To the asker: the staff wrote."""
    return _to_asker(session, payload, "enquiries/answered", settings)


def on_closed(session: Session, payload: Mapping[str, Any], *, now: datetime, settings: Settings) -> list[Letter]:
    """To the other side: the thread has ended."""
    return _to_other(session, payload, "enquiries/closed", now, settings)


def on_reopened(session: Session, payload: Mapping[str, Any], *, now: datetime, settings: Settings) -> list[Letter]:
    """To the other side: it goes on."""
    return _to_other(session, payload, "enquiries/reopened", now, settings)


def on_wish_answered(
    session: Session,
    payload: Mapping[str, Any],
    *,
    now: datetime,  # noqa: ARG001
    settings: Settings,
) -> list[Letter]:
    """To the asker: one of the times, another one, or no."""
    return _to_asker(session, payload, "enquiries/wish_answered", settings)


def on_wish_settled(session: Session, payload: Mapping[str, Any], *, now: datetime, settings: Settings) -> list[Letter]:
    """To the staff: the offered time was taken or declined."""
    return _to_staff(session, payload, "enquiries/wish_settled", now, settings)


def on_overdue(session: Session, payload: Mapping[str, Any], *, now: datetime, settings: Settings) -> list[Letter]:
    """To the staff, once: the answer is overdue, while it is."""
    found = _enquiry(session, payload)
    if found is None or found.due_at is None or found.due_at > now:
        return []
    return _letters(
        session, found, deciders_of(session, found.instrument, now=now).people, "enquiries/overdue", settings
    )


def _to_staff(
    session: Session, payload: Mapping[str, Any], template: str, now: datetime, settings: Settings
) -> list[Letter]:
    """To whoever is written to about the instrument."""
    found = _enquiry(session, payload)
    if found is None:
        return []
    return _letters(session, found, deciders_of(session, found.instrument, now=now).people, template, settings)


def _to_asker(session: Session, payload: Mapping[str, Any], template: str, settings: Settings) -> list[Letter]:
    """To who asked."""
    found = _enquiry(session, payload)
    return [] if found is None else _letters(session, found, [found.asked_by], template, settings)


def _to_other(
    session: Session, payload: Mapping[str, Any], template: str, now: datetime, settings: Settings
) -> list[Letter]:
    """To the side that did not do it."""
    found = _enquiry(session, payload)
    if found is not None and payload.get("actor_id") == found.asked_by_id:
        return _to_staff(session, payload, template, now, settings)
    return _to_asker(session, payload, template, settings)


def _enquiry(session: Session, payload: Mapping[str, Any]) -> Enquiry | None:
    """The enquiry of the event as it is now."""
    return session.scalar(in_full().where(Enquiry.id == payload["enquiry_id"]))


def _letters(
    session: Session, enquiry: Enquiry, people: Iterable[User], template: str, settings: Settings
) -> list[Letter]:
    """The same letter to each person whose account is in use."""
    said = select(EnquiryMessage.text).where(EnquiryMessage.enquiry_id == enquiry.id)
    last = session.scalar(said.order_by(EnquiryMessage.id.desc()).limit(1)) or ""
    periods = periods_of(session, enquiry.id)
    offers = [one for one in periods if one.is_offer]
    values = {
        "instrument_zh": enquiry.instrument.name_zh,
        "instrument_en": enquiry.instrument.name_en,
        "asker": enquiry.asked_by.name,
        "sample": enquiry.sample,
        "purpose": enquiry.purpose,
        "text": last if len(last) <= LONGEST_QUOTE else last[:LONGEST_QUOTE] + "…",
        "due_at": enquiry.due_at,
        "wish_state": enquiry.wish_state.value if enquiry.wish_state else "",
        "wished": [(one.starts_at, one.ends_at) for one in periods if not one.is_offer],
        "offered": (offers[-1].starts_at, offers[-1].ends_at) if offers else None,
        "agreed": (enquiry.agreed_starts_at, enquiry.agreed_ends_at) if enquiry.agreed_starts_at else None,
        "link": f"{settings.address}/enquiries/{enquiry.id}",
    }
    active = [person for person in people if person.deactivated_at is None]
    return [Letter(person.email, person.language, template, values) for person in active]
