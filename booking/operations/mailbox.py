"""Who may read the mailbox page, and that a look at a mail is kept."""

from collections.abc import Sequence
from datetime import datetime

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission, may, require
from booking.accounts.sights import Sight, note_sight, note_sights
from booking.core.actors import Actor, Target
from booking.notifications import service
from booking.operations.loopback import comes_from_here
from booking.settings import Settings
from models.accounts import User
from models.notifications import Mail

HOLDS_DEMO = "HOLDS_DEMO"


def is_open_to(actor: Actor | None) -> bool:
    """Whether the person asking may read it: with the permission, or anybody at the machine of a demo."""
    is_demo_without_server = current_app.config.get(HOLDS_DEMO, False) and not has_server()
    return may(actor, Permission.SEE_MAILBOX) or (is_demo_without_server and comes_from_here())


def require_reader(actor: Actor | None) -> None:
    """Raises NotSignedIn or Forbidden unless it is open to who asks."""
    if not is_open_to(actor):
        require(actor, Permission.SEE_MAILBOX)


def has_server() -> bool:
    """Whether mails leave the house by SMTP, so that what they say is not shown here."""
    settings: Settings = current_app.config["SETTINGS"]
    return bool(settings.smtp_url)


def note_listing(session: Session, mails: Sequence[Mail], *, actor: Actor, now: datetime) -> None:
    """Log for each whose mails stand in a list, where they have an account, that somebody looked; once a day."""
    addresses = {one.recipient for one in mails}
    people = session.scalars(select(User.id).where(User.email.in_(addresses))).all()
    note_sights(session, Sight.MAILS, ("user", people), Permission.SEE_MAILBOX, Target(), actor=actor, now=now)


def retry_mail(session: Session, mail_id: int, *, actor: Actor, now: datetime) -> None:
    """Queue a mail that was set aside once more, and log who did; raises NotFound."""
    service.try_again(session, mail_id, now=now)
    audit.note(session, "operations.mail_retried", ("mail", mail_id), actor=actor, now=now)


def retry_event(session: Session, event_id: int, *, actor: Actor, now: datetime) -> None:
    """Take up an event that was set aside once more, and log who did; raises NotFound."""
    service.handle_again(session, event_id, now=now)
    audit.note(session, "operations.event_retried", ("event", event_id), actor=actor, now=now)


def note_looking(session: Session, mail_id: int, *, actor: Actor, now: datetime) -> None:
    """Log for whoever a mail went to, where they have an account, that somebody looked at it."""
    recipient = select(Mail.recipient).where(Mail.id == mail_id).scalar_subquery()
    person = session.scalar(select(User.id).where(User.email == recipient))
    if person is not None:
        note_sight(session, Sight.MAIL, person, Permission.SEE_MAILBOX, actor=actor, now=now)
