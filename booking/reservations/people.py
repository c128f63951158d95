"""Operator and participants: named by the holder, linked to accounts without saying whether there is one."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from booking.reservations.wishes import Details, Named
from models.accounts import User
from models.reservations import Reservation, ReservationPerson
from models.vocabulary.reservations import PersonRole


def write_people(session: Session, reservation_id: int, details: Details) -> list[int]:
    """Store the named people in one statement; the ids of accounts that have such an address."""
    named = [(PersonRole.OPERATOR, details.operator)] if details.operator else []
    named += [(PersonRole.PARTICIPANT, person) for person in details.participants]
    if not named:
        return []
    rows = [_row(reservation_id, role, person) for role, person in named]
    linked = session.scalars(insert(ReservationPerson).values(rows).returning(ReservationPerson.user_id))
    return [user_id for user_id in linked if user_id is not None]


def replace_people(session: Session, reservation_id: int, details: Details) -> list[int]:
    """Put other people in the place of those named so far; the accounts linked now."""
    session.execute(delete(ReservationPerson).where(ReservationPerson.reservation_id == reservation_id))
    return write_people(session, reservation_id, details)


def details_of(reservation: Reservation) -> Details:
    """What a reservation says besides its time; its people must be loaded."""
    by_role: dict[PersonRole, list[Named]] = {role: [] for role in PersonRole}
    for person in reservation.people:
        by_role[person.role].append(Named(person.name, person.email))
    return Details(
        purpose=reservation.purpose,
        direction=reservation.direction,
        project_name=reservation.project_name,
        project_number=reservation.project_number,
        sample_count=reservation.sample_count,
        operator=next(iter(by_role[PersonRole.OPERATOR]), None),
        participants=tuple(by_role[PersonRole.PARTICIPANT]),
    )


def said(details: Details) -> dict[str, object]:
    """The details as history keeps them: it can never be changed, so it says how many were named, but not who."""
    named = {"operator": details.operator is not None, "participants": len(details.participants)}
    return {**asdict(details), **named}


def linked_to(people: Iterable[ReservationPerson]) -> list[int]:
    """The accounts among named people."""
    return [person.user_id for person in people if person.user_id is not None]


def _row(reservation_id: int, role: PersonRole, person: Named) -> dict[str, Any]:
    """One row, linked by the database itself to the confirmed account with this address."""
    address = person.email.strip().lower()
    account = select(User.id).where(
        User.email == address, User.confirmed_at.is_not(None), User.deactivated_at.is_(None)
    )
    return {
        "reservation_id": reservation_id,
        "role": role,
        "name": person.name,
        "email": address,
        "user_id": account.scalar_subquery() if address else None,
    }
