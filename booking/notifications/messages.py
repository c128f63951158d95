"""A mail of the outbox as a message of RFC 5322."""

from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from booking.notifications.delivery import Leased, RefusedForGood


def message_of(leased: Leased, sender: str) -> EmailMessage:
    """The message with text and, if there is one, HTML; raises RefusedForGood for an impossible address.

    The library refuses line ends in headers, and an address is parsed, never pasted.
    """
    message = EmailMessage(policy=SMTP.clone(max_line_length=900))
    try:
        message["Message-ID"] = leased.message_id
        message["Date"] = format_datetime(leased.created_at)
        message["From"] = _address(sender)
        message["To"] = Address(addr_spec=leased.recipient)
        message["Subject"] = leased.subject
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
    except (ValueError, IndexError, MessageError) as wrong:
        raise RefusedForGood(f"not a possible message: {wrong}") from wrong
    message.set_content(leased.text, cte="base64" if not leased.text.isascii() else None)
    if leased.html:
        message.add_alternative(leased.html, subtype="html", cte="base64")
    return message


def _address(text: str) -> Address:
    """`Name <address>` or a bare address."""
    name, spec = parseaddr(text)
    return Address(display_name=name, addr_spec=spec)
