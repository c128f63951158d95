"""A real SMTP server on loopback that can refuse."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class PostOffice:
    """What arrived, and what to answer: by recipient, one answer after the other, then 250."""

    address: tuple[str, int]
    arrived: list[EmailMessage] = field(default_factory=list)
    answers: dict[str, list[str]] = field(default_factory=dict)
    seconds_per_mail: float = 0.0

    @property
    def url(self) -> str:
        """How settings name it."""
        host, port = self.address
        return f"smtp://{host}:{port}"

    @property
    def recipients(self) -> list[str]:
        """To whom the arrived messages are, in order."""
        return [str(message["To"]) for message in self.arrived]

    async def handle_RCPT(  # noqa: N802 - the name the server looks for
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        """Accept a recipient unless an answer was laid ready."""
        if waiting := self.answers.get(address):
            return waiting.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - as above
        """Keep the message, after a while."""
        await asyncio.sleep(self.seconds_per_mail)
        self.arrived.append(BytesParser(policy=SMTP).parsebytes(envelope.content))
        return "250 OK"


@contextmanager
def post_office() -> Iterator[PostOffice]:
    """The server until the block ends."""
    office = PostOffice(("127.0.0.1", free_port()))
    controller = Controller(office, hostname="127.0.0.1", port=office.address[1])
    controller.start()
    try:
        yield office
    finally:
        controller.stop()


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
