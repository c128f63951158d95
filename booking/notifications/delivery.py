"""From the outbox to the world: a mail is leased, sent, and settled, each in a transaction of its own.

Nothing is locked while a mail server is talked to. A process that dies in between leaves the lease to
run out, and the mail goes out again under the same Message-ID.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Protocol

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.notifications.rules import FIRST_WAIT, wait_after
from models.notifications import Mail
from models.vocabulary.notifications import MailState

LEASE = timedelta(minutes=5)
LONGEST_ERROR = 500


class Unreachable(Exception):  # noqa: N818 - a fact
    """The mail server cannot be talked to; no mail's fault."""


class RefusedForNow(Exception):  # noqa: N818 - a fact
    """The mail may go through another time."""


class RefusedForGood(Exception):  # noqa: N818 - a fact
    """This mail will never go through."""


class Carrier(Protocol):
    """Takes mails out of the house."""

    keeps_bodies: bool

    def send(self, message: EmailMessage) -> None:
        """Hand over one message; raises Unreachable, RefusedForNow or RefusedForGood."""

    def close(self) -> None:
        """End what was opened."""


@dataclass(frozen=True, slots=True)
class Leased:
    """A mail that is ours to send until the lease ends; `attempts` counts this one."""

    id: int
    message_id: str
    recipient: str
    subject: str
    text: str
    html: str
    created_at: datetime
    attempts: int
    until: datetime


def lease_next(session: Session, *, now: datetime) -> Leased | None:
    """The oldest due mail, kept from everybody else for five minutes; None when nothing is due."""
    mail = session.scalar(
        select(Mail)
        .where(Mail.state == MailState.QUEUED, Mail.next_attempt_at <= now)
        .order_by(Mail.next_attempt_at, Mail.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if mail is None:
        return None
    mail.attempts += 1
    mail.next_attempt_at = until = now + LEASE
    names = ("id", "message_id", "recipient", "subject", "text", "html", "created_at", "attempts")
    return Leased(**{name: getattr(mail, name) for name in names}, until=until)


def note_sent(session: Session, leased: Leased, *, keep_body: bool, now: datetime) -> None:
    """It went out; what it said is erased when it left the house, because of the links in it."""
    values = {} if keep_body else {"text": "", "html": ""}
    _settle(session, leased, state=MailState.SENT, sent_at=now, last_error="", **values)


def note_failure(session: Session, leased: Leased, failed: Exception, *, for_good: bool, now: datetime) -> None:
    """It did not go out: the next try waits longer, the last one sets it aside."""
    wait = None if for_good else wait_after(leased.attempts)
    error = str(failed)[:LONGEST_ERROR]
    if wait is None:
        _settle(session, leased, state=MailState.SET_ASIDE, last_error=error)
    else:
        _settle(session, leased, next_attempt_at=now + wait, last_error=error)


def put_back(session: Session, leased: Leased, failed: Exception, *, now: datetime) -> None:
    """It was not tried at all; in a minute, and without counting."""
    error = str(failed)[:LONGEST_ERROR]
    _settle(session, leased, attempts=leased.attempts - 1, next_attempt_at=now + FIRST_WAIT, last_error=error)


def _settle(session: Session, leased: Leased, **values: object) -> None:
    """Write the outcome, unless the lease ran out and somebody else has the mail now."""
    ours = (Mail.id == leased.id, Mail.state == MailState.QUEUED, Mail.next_attempt_at == leased.until)
    session.execute(update(Mail).where(*ours).values(**values))
