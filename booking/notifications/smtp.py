"""Handing mails to an SMTP server (RFC 5321), one connection for as long as there are mails."""

import smtplib
import ssl
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from booking.notifications.delivery import RefusedForGood, RefusedForNow, Unreachable

SECONDS = 15
DEFAULT_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class SmtpCarrier:
    """A mail server; connects with the first mail and again after a lost connection."""

    keeps_bodies = False

    def __init__(self, url: str, hello_name: str) -> None:
        self._server = urlsplit(url)
        self._hello_name = hello_name
        self._connection: smtplib.SMTP | None = None

    def send(self, message: EmailMessage) -> None:
        """Hand over one message; raises Unreachable, RefusedForNow or RefusedForGood."""
        connection = self._connected()
        try:
            connection.send_message(message)
        except smtplib.SMTPServerDisconnected as lost:
            self._connection = None
            raise RefusedForNow(f"the server hung up: {lost}") from lost
        except smtplib.SMTPRecipientsRefused as refused:
            code, reply = next(iter(refused.recipients.values()))
            raise _refusal(code, reply) from refused
        except smtplib.SMTPSenderRefused as refused:
            raise RefusedForNow(_said(refused.smtp_code, refused.smtp_error)) from refused
        except smtplib.SMTPResponseException as refused:
            raise _refusal(refused.smtp_code, refused.smtp_error) from refused
        except smtplib.SMTPNotSupportedError as impossible:
            raise RefusedForGood(str(impossible)) from impossible
        except OSError as lost:
            self.close()
            raise RefusedForNow(f"the connection broke: {lost}") from lost

    def close(self) -> None:
        """Say good-bye, if anybody still listens."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.quit()
            except (OSError, smtplib.SMTPException):
                connection.close()

    def _connected(self) -> smtplib.SMTP:
        """The open connection, or a new one; raises Unreachable."""
        if self._connection is None:
            try:
                self._connection = self._connect()
            except (OSError, smtplib.SMTPException) as failed:
                raise Unreachable(f"{self._server.hostname}: {failed}") from failed
        return self._connection

    def _connect(self) -> smtplib.SMTP:
        """Connect, encrypt and sign in as the URL says."""
        host, scheme = self._server.hostname or "", self._server.scheme
        port = self._server.port or DEFAULT_PORTS[scheme]
        if scheme == "smtps":
            context = ssl.create_default_context()
            connection: smtplib.SMTP = smtplib.SMTP_SSL(host, port, self._hello_name, timeout=SECONDS, context=context)
        else:
            connection = smtplib.SMTP(host, port, self._hello_name, timeout=SECONDS)
        try:
            if scheme == "smtp+starttls":
                connection.starttls(context=ssl.create_default_context())
            if self._server.username:
                connection.login(unquote(self._server.username), unquote(self._server.password or ""))
        except (OSError, smtplib.SMTPException):
            connection.close()
            raise
        return connection


class MailboxCarrier:
    """Without a mail server: mails count as sent and stay readable on the mailbox page."""

    keeps_bodies = True

    def send(self, message: EmailMessage) -> None:
        """Nothing leaves the house."""

    def close(self) -> None:
        """Nothing is open."""


def _refusal(code: int, reply: bytes | str) -> RefusedForGood | RefusedForNow:
    """5yz is for good, anything else may change (RFC 5321 §4.2.1)."""
    return (RefusedForGood if 500 <= code < 600 else RefusedForNow)(_said(code, reply))


def _said(code: int, reply: bytes | str) -> str:
    """The server's answer as one line."""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return f"{code} {' '.join(text.split())}"
