"""Posting: every due event becomes mails, every due mail goes out."""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

import structlog
from flask import current_app

from booking.core.clock import utcnow
from booking.notifications import delivery, handling
from booking.notifications.messages import message_of
from booking.notifications.rendering import compose
from booking.notifications.smtp import MailboxCarrier, SmtpCarrier
from booking.reactions import letters_by
from booking.settings import Settings
from booking.web.extensions import transaction

log = structlog.get_logger()

Clock = Callable[[], datetime]


def post_due(clock: Clock = utcnow) -> int:
    """Handle every due event and send every due mail; how many went out."""
    settings: Settings = current_app.config["SETTINGS"]
    handle_events(settings, clock)
    return deliver_mails(carrier_of(settings), settings, clock)


def handle_events(settings: Settings, clock: Clock) -> None:
    """Turn due events into mails, one transaction each."""
    desk = handling.Desk(
        letters_of=letters_by(settings),
        compose=lambda letter: compose(letter, settings.address),
        domain=settings.mail_from.rpartition("@")[2].rstrip(">"),
    )
    while transaction(handling.handle_next, desk, now=clock()):
        pass


def deliver_mails(carrier: delivery.Carrier, settings: Settings, clock: Clock) -> int:
    """Send due mails until none is left or the server cannot be reached; how many went out."""
    sent = 0
    try:
        while leased := transaction(delivery.lease_next, now=clock()):
            try:
                sent += _deliver(carrier, leased, settings, clock)
            except delivery.Unreachable as failed:
                transaction(delivery.put_back, leased, failed, now=clock())
                log.warning("mail server unreachable", error=str(failed))
                break
    finally:
        carrier.close()
    return sent


def _deliver(carrier: delivery.Carrier, leased: delivery.Leased, settings: Settings, clock: Clock) -> int:
    """Send one mail and write down what came of it; 1 when it went out."""
    try:
        carrier.send(message_of(leased, settings.mail_from))
    except (delivery.RefusedForNow, delivery.RefusedForGood) as failed:
        for_good = isinstance(failed, delivery.RefusedForGood)
        transaction(delivery.note_failure, leased, failed, for_good=for_good, now=clock())
        log.warning("mail not delivered", mail_id=leased.id, attempts=leased.attempts, for_good=for_good)
        return 0
    transaction(delivery.note_sent, leased, keep_body=carrier.keeps_bodies, now=clock())
    log.info("mail delivered", mail_id=leased.id, attempts=leased.attempts)
    return 1


def carrier_of(settings: Settings) -> delivery.Carrier:
    """The SMTP server of the settings, else the mailbox page."""
    if settings.smtp_url:
        return SmtpCarrier(settings.smtp_url, urlsplit(settings.address).hostname or "localhost")
    return MailboxCarrier()
