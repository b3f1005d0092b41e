"""A scripted SMTP server on loopback: answers as told at each step, drops, delays; keeps what it took."""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

DROP = "drop"


@dataclass
class Script:
    """`mail`, `rcpt`, `data` are answers, or DROP; `foreign` is for senders of another domain; `before` is called with each step's name; `delay` is in seconds."""

    mail: str = ""
    rcpt: str = ""
    data: str = ""
    foreign: str = ""
    delay: float = 0
    before: Callable[[str], None] = lambda _step: None
    taken: list[Message] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)

    async def handle_MAIL(self, server: SMTP, _s: Session, envelope: Envelope, address: str, _o: Any) -> str:  # noqa: N802
        self.before("mail")
        envelope.mail_from = address
        self.senders.append(address)
        is_foreign = not address.endswith("@127.0.0.1")
        return await self._answer(server, self.foreign if self.foreign and is_foreign else self.mail)

    async def handle_RCPT(self, server: SMTP, _s: Session, envelope: Envelope, address: str, _o: Any) -> str:  # noqa: N802
        self.before("rcpt")
        envelope.rcpt_tos.append(address)
        return await self._answer(server, self.rcpt)

    async def handle_DATA(self, server: SMTP, _s: Session, envelope: Envelope) -> str:  # noqa: N802
        self.before("data")
        if self.delay:
            await asyncio.sleep(self.delay)
        if not self.data:
            assert isinstance(envelope.content, bytes)
            self.taken.append(message_from_bytes(envelope.content))
            self.before("taken")
        return await self._answer(server, self.data)

    async def handle_QUIT(self, _server: SMTP, _s: Session, _envelope: Envelope) -> str:  # noqa: N802
        self.before("quit")
        return "221 Bye"

    async def _answer(self, server: SMTP, told: str) -> str:
        if told == DROP:
            assert server.transport is not None
            server.transport.abort()
        return told or "250 OK"


def serve(script: Script, port: int = 0) -> Controller:
    """The server, started; `controller.port` is its port."""
    if not port:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    controller = Controller(script, hostname="127.0.0.1", port=port)
    controller.start()
    return controller
