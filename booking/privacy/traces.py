"""Where somebody's name and address stand, and how each trace is taken away; one function for each feature's tables."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import escape
from sqlalchemy import ColumnElement, Select, Text, case, cast, delete, func, null, or_, select, update
from sqlalchemy.orm import Session

from booking.accounts.rules import account_key
from booking.core.clock import local_date
from booking.privacy import rules
from booking.reservations.changes import revise
from models.accounts import AccessToken, AskedMail, FailedSignIn, MailedToken
from models.affiliations import Affiliation, Invitation, Roster, Visit
from models.calendars import Feed, FeedBody, FeedFragment
from models.custody import Stewardship
from models.idempotency import IdempotentRequest
from models.notifications import Event, Mail
from models.payers import PayerMember
from models.privacy import Consent
from models.reservations import Reservation, ReservationPerson
from models.samples import SampleOrder
from models.teams import Team, TeamInvitation, TeamMember, TeamRequest
from models.vocabulary.affiliations import AffiliationState, InvitationState

SHORTEST_NAME = 2
"""A shorter one is no name that could be found in a text without spoiling others."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who is erased, as they were called until now."""

    id: int
    name: str
    email: str

    @property
    def words(self) -> dict[str, str]:
        """What is looked for in texts, and what is put there instead; the address first, which may hold the name."""
        found = {self.email: rules.email_of(self.id)}
        if len(self.name) >= SHORTEST_NAME:
            found |= {self.name: rules.name_of(self.id), str(escape(self.name)): rules.name_of(self.id)}
        return found


def erase_credentials(session: Session, person: Person) -> None:
    """Tokens, mailed links, counted attempts and kept answers go."""
    for table in (AccessToken, MailedToken, IdempotentRequest):
        session.execute(delete(table).where(table.user_id == person.id))
    for counted in (FailedSignIn, AskedMail):
        session.execute(delete(counted).where(counted.account_key == account_key(person.email)))
    session.execute(update(Consent).where(Consent.user_id == person.id).values(address=""))
    session.execute(delete(IdempotentRequest).where(_mentions(IdempotentRequest.answer, person)))


def end_affiliations(session: Session, person: Person, *, now: datetime) -> None:
    """Affiliations and memberships end; staff numbers and messages go, and so do invitations' names."""
    today = local_date(now)
    for table in (Stewardship, PayerMember):
        session.execute(delete(table).where(table.user_id == person.id))
    theirs = Affiliation.user_id == person.id
    open_ones = Affiliation.state.in_([AffiliationState.PENDING, AffiliationState.CONFIRMED])
    last_day = _earlier(func.coalesce(Affiliation.ends_on, today), today)
    ended: dict[str, Any] = {
        "state": AffiliationState.ENDED,
        "decided_at": func.coalesce(Affiliation.decided_at, now),
        "ends_on": last_day,
        "starts_on": _earlier(Affiliation.starts_on, last_day),
        "version": Affiliation.version + 1,
    }
    session.execute(update(Affiliation).where(theirs, open_ones).values(ended))
    session.execute(update(Affiliation).where(theirs).values(staff_number="", message="", reason=""))
    _leave_teams(session, person, now=now)
    _erase_invitations(session, person, now=now)


def _leave_teams(session: Session, person: Person, *, now: datetime) -> None:
    """Memberships end today, requests are taken back, and nobody waits for the person to take a lead over."""
    today = local_date(now)
    longer = or_(TeamMember.ends_on.is_(None), TeamMember.ends_on > today)
    session.execute(delete(TeamMember).where(TeamMember.user_id == person.id, TeamMember.starts_on > today))
    session.execute(update(TeamMember).where(TeamMember.user_id == person.id, longer).values(ends_on=today))
    session.execute(delete(TeamRequest).where(TeamRequest.user_id == person.id))
    session.execute(delete(TeamInvitation).where(TeamInvitation.email == person.email))
    session.execute(update(Team).where(Team.successor_id == person.id).values(successor_id=None))


def _earlier(first: Any, second: Any) -> Any:
    """The earlier of two days, on either engine."""
    return case((first < second, first), else_=second)


def _erase_invitations(session: Session, person: Person, *, now: datetime) -> None:
    """Visits and invitations of the person name nobody; open invitations are withdrawn."""
    theirs = or_(Invitation.accepted_by_id == person.id, Invitation.email == person.email)
    is_open = Invitation.state == InvitationState.OPEN
    session.execute(update(Invitation).where(theirs, is_open).values(state=InvitationState.WITHDRAWN, closed_at=now))
    gone = {"name": rules.name_of(person.id), "email": "", "phone": "", "identity_number": "", "erased_at": now}
    session.execute(update(Visit).where(Visit.email == person.email).values(gone))
    nobody = {"name": rules.name_of(person.id), "email": rules.email_of(person.id), "phone": "", "staff_number": ""}
    session.execute(update(Invitation).where(theirs).values(**nobody, secret_hash=None))
    session.execute(update(Roster).where(_mentions(Roster.refused_rows, person)).values(refused_rows=null()))


def rename_in_reservations(session: Session, person: Person, *, now: datetime) -> None:
    """Whoever operates or takes part is called by the pseudonym, also in calendars, which are rendered anew."""
    named = or_(ReservationPerson.user_id == person.id, ReservationPerson.email == person.email)
    joined = select(ReservationPerson.reservation_id).where(named)
    concerned = or_(Reservation.booked_by_id == person.id, Reservation.id.in_(joined))
    rows = session.execute(select(Reservation.id, Reservation.instrument_id, Reservation.booked_by_id).where(concerned))
    found = rows.all()
    ids = select(Reservation.id).where(concerned)
    others = session.scalars(select(ReservationPerson.user_id).where(ReservationPerson.reservation_id.in_(ids))).all()
    people = {row.booked_by_id for row in found} | {number for number in others if number is not None}
    session.execute(delete(FeedFragment).where(FeedFragment.reservation_id.in_(ids)))
    feeds = _feeds(person, people, {row.instrument_id for row in found})
    session.execute(delete(FeedBody).where(FeedBody.feed_id.in_(feeds)))
    session.execute(delete(Feed).where(Feed.user_id == person.id))
    session.execute(update(ReservationPerson).where(named).values(name=rules.name_of(person.id), email=""))
    scopes = [f"mine:{number}" for number in people] + [f"instrument:{row.instrument_id}" for row in found]
    if scopes:
        revise(session, dict.fromkeys(scopes), now=now)


def erase_return_addresses(session: Session, person: Person) -> None:
    """Nothing is sent back to the person any more; the address of a firm is not theirs."""
    own = (SampleOrder.requested_by_id == person.id, SampleOrder.organisation_id.is_(None))
    named = update(SampleOrder).where(*own, SampleOrder.return_address != "")
    session.execute(named.values(return_address=rules.name_of(person.id)))


def _feeds(person: Person, people: set[int], instrument_ids: set[int]) -> Select[int]:
    """Feeds whose rendered text may name the person, and all of the person's own."""
    named = or_(Feed.user_id.in_({*people, person.id}), Feed.instrument_id.in_(instrument_ids))
    return select(Feed.id).where(named)


def erase_post(session: Session, person: Person) -> None:
    """Mails to the person go, those to others call them by the pseudonym; events that name the person go."""
    session.execute(delete(Mail).where(Mail.recipient == person.email))
    for word, instead in person.words.items():
        columns = (Mail.subject, Mail.text, Mail.html)
        there = or_(*(column.contains(word, autoescape=True) for column in columns))
        values = {column.key: func.replace(column, word, instead) for column in columns}
        session.execute(update(Mail).where(there).values(values))
    naming = select(Event.id).where(_mentions(Event.payload, person))
    session.execute(update(Mail).where(Mail.event_id.in_(naming)).values(event_id=None))
    session.execute(delete(Event).where(Event.id.in_(naming)))


def _mentions(column: Any, person: Person) -> ColumnElement[bool]:
    """Whether a JSON value holds one of the words, in either way JSON may write it."""
    text = cast(column, Text)
    return or_(*(text.contains(word, autoescape=True) for word in _written(person)))


def _written(person: Person) -> Iterator[str]:
    for word in person.words:
        yield word
        yield json.dumps(word)[1:-1]
