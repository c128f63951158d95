"""Which mails follow from what happened to a reservation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from booking.catalogue.stewards import named_stewards
from booking.core.clock import local_date
from booking.notifications.letters import Letter
from booking.reservations.queries import in_full
from booking.settings import Settings
from models.accounts import Grant, User
from models.catalogue import Instrument
from models.directory import Organisation
from models.reservations import Reservation, Suspension
from models.vocabulary.accounts import Role, ScopeKind


@dataclass(frozen=True, slots=True)
class _Matter:
    """A reservation, who caused the event, and what the letters may name."""

    reservation: Reservation
    actor_id: int | None
    values: dict[str, Any]

    @property
    def is_own_doing(self) -> bool:
        """Whether the holder did it."""
        return self.actor_id == self.reservation.booked_by_id


def on_asked(session: Session, payload: Mapping[str, Any], *, now: datetime, settings: Settings) -> list[Letter]:
    """A request or a wished change: to the stewards, who decide, while it is still undecided."""
    matter = _matter(session, payload, settings)
    if matter is None or matter.reservation.decide_by is None:
        return []
    template = "reservations/move_asked" if matter.reservation.asked_starts_at else "reservations/requested"
    people = stewards_of(session, matter.reservation.instrument, now=now)
    return [Letter(person.email, person.language, template, matter.values) for person in people]


def on_confirmed(session: Session, payload: Mapping[str, Any], *, now: datetime, settings: Settings) -> list[Letter]:  # noqa: ARG001
    """To the holder, whoever confirmed it."""
    return _to_holder(_matter(session, payload, settings), "reservations/confirmed")


def on_rejected(session: Session, payload: Mapping[str, Any], *, now: datetime, settings: Settings) -> list[Letter]:  # noqa: ARG001
    """To the holder, with the reason."""
    return _to_holder(_matter(session, payload, settings), "reservations/rejected")


def on_moved(session: Session, payload: Mapping[str, Any], *, now: datetime, settings: Settings) -> list[Letter]:  # noqa: ARG001
    """To the holder, when a steward moved it or agreed to the change."""
    return _to_holder(_by_others(_matter(session, payload, settings)), "reservations/moved")


def on_move_refused(session: Session, payload: Mapping[str, Any], *, now: datetime, settings: Settings) -> list[Letter]:  # noqa: ARG001
    """To the holder: the wished change was rejected or nobody decided; the old time stays."""
    return _to_holder(_matter(session, payload, settings), "reservations/move_refused")


def on_cancelled(session: Session, payload: Mapping[str, Any], *, now: datetime, settings: Settings) -> list[Letter]:  # noqa: ARG001
    """To the holder, when a steward cancelled it, with the reason."""
    return _to_holder(_by_others(_matter(session, payload, settings)), "reservations/cancelled")


def on_lapsed(session: Session, payload: Mapping[str, Any], *, now: datetime, settings: Settings) -> list[Letter]:  # noqa: ARG001
    """To the holder: nobody decided in time."""
    return _to_holder(_matter(session, payload, settings), "reservations/lapsed")


def on_suspended(session: Session, payload: Mapping[str, Any], *, now: datetime, settings: Settings) -> list[Letter]:  # noqa: ARG001
    """To the person: until when, and why."""
    row = session.execute(
        select(Suspension, User, Organisation, Instrument)
        .join(User, User.id == Suspension.user_id)
        .join(Organisation, Organisation.id == Suspension.organisation_id)
        .join(Instrument, Instrument.id == Suspension.instrument_id, isouter=True)
        .where(Suspension.id == payload["suspension_id"], User.deactivated_at.is_(None))
    ).one_or_none()
    if row is None:
        return []
    suspension, person, organisation, instrument = row
    path = f"instruments/{instrument.id}" if instrument else f"organisations/{organisation.id}"
    values = {
        "name_zh": (instrument or organisation).name_zh,
        "name_en": (instrument or organisation).name_en,
        "is_whole": instrument is None,
        "until": suspension.ends_at,
        "reason": suspension.reason,
        "link": f"{settings.address}/{path}",
    }
    return [Letter(person.email, person.language, "reservations/suspended", values)]


def stewards_of(session: Session, instrument: Instrument, *, now: datetime) -> Sequence[User]:
    """Who is written to about the instrument: its primary steward and deputy, where one is named.

    Else its own stewards, else its unit's, else its institution's, else the admins.
    """
    today = local_date(now)
    if first := named_stewards(session, instrument, today=today):
        return list(first.values())
    scopes = (
        (Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id),
        (Role.STEWARD, ScopeKind.UNIT, instrument.unit_id),
        (Role.STEWARD, ScopeKind.ORGANISATION, instrument.organisation_id),
        (Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, instrument.organisation_id),
    )
    named = [
        and_(Grant.role == role, Grant.scope_kind == kind, Grant.scope_id == scope_id)
        for role, kind, scope_id in scopes
        if scope_id is not None
    ]
    rows = session.execute(
        select(User, Grant.role, Grant.scope_kind)
        .join(Grant, Grant.user_id == User.id)
        .where(
            or_(*named),
            Grant.starts_on <= today,
            or_(Grant.ends_on.is_(None), Grant.ends_on >= today),
            User.deactivated_at.is_(None),
        )
        .order_by(User.id)
    ).all()
    for role, kind, _ in scopes:
        nearest = {user.id: user for user, held, held_kind in rows if (held, held_kind) == (role, kind)}
        if nearest:
            return list(nearest.values())
    return []


def _matter(session: Session, payload: Mapping[str, Any], settings: Settings) -> _Matter | None:
    """The reservation of the event as it is now, or None when it is gone."""
    found = session.scalar(in_full().where(Reservation.id == payload["reservation_id"]))
    if found is None:
        return None
    values = {
        "instrument_zh": found.instrument.name_zh,
        "instrument_en": found.instrument.name_en,
        "organisation_zh": found.instrument.organisation.name_zh,
        "organisation_en": found.instrument.organisation.name_en,
        "holder": found.booked_by.name,
        "purpose": found.purpose,
        "starts_at": found.starts_at,
        "ends_at": found.ends_at,
        "asked_starts_at": found.asked_starts_at,
        "asked_ends_at": found.asked_ends_at,
        "decide_by": found.decide_by,
        "reason": payload.get("reason") or "",
        "link": f"{settings.address}/reservations/{found.id}",
        "instrument_link": f"{settings.address}/instruments/{found.instrument_id}",
    }
    return _Matter(found, payload.get("actor_id"), values)


def _by_others(matter: _Matter | None) -> _Matter | None:
    """The matter unless the holder did it."""
    return None if matter is None or matter.is_own_doing else matter


def _to_holder(matter: _Matter | None, template: str) -> list[Letter]:
    """One letter to who booked it, when the account still is in use."""
    if matter is None or matter.reservation.booked_by.deactivated_at is not None:
        return []
    holder = matter.reservation.booked_by
    return [Letter(holder.email, holder.language, template, matter.values)]
