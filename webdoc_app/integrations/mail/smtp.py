"""Mails over SMTP with the `emails` package, one message and one recipient at a time."""

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from emails.backend.smtp.backend import SMTPBackend
from emails.message import Message

TIMEOUT_SECONDS = 30
_ACCEPTED = 250


class NotSent(Exception):
    """The server did not take the mail; the message says why."""


@dataclass(frozen=True)
class Letter:
    """A mail as it goes out. `message_id` is stable: a second delivery is the same mail.

    `files` are (name, bytes, media type).
    """

    message_id: str
    from_name: str
    to_name: str
    to_email: str
    reply_to: str
    subject: str
    text: str
    html: str
    files: tuple[tuple[str, bytes, str], ...] = ()


class SmtpPostman:
    """Delivers to `smtp://user:pass@host:port` (`smtps://`, `?starttls=1`).

    The sender's address is the account's where it is one, else `webdoc@` the server's host: a company's own
    address is where answers go, not what the server may speak for.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        is_tls = parts.scheme == "smtps"
        self._server: dict[str, Any] = {
            "host": parts.hostname or "localhost",
            "port": parts.port or (465 if is_tls else 25),
            "ssl": is_tls,
            "tls": parse_qs(parts.query).get("starttls") == ["1"],
            "timeout": TIMEOUT_SECONDS,
        }
        user = unquote(parts.username or "")
        if user:
            self._server |= {"user": user, "password": unquote(parts.password or "")}
        self._sender = user if "@" in user else f"webdoc@{parts.hostname or 'localhost'}"

    async def deliver(self, letter: Letter) -> None:
        """Raises NotSent."""
        await asyncio.to_thread(self._deliver, letter)

    def _deliver(self, letter: Letter) -> None:
        message = Message(
            message_id=letter.message_id,
            subject=letter.subject,
            mail_from=(letter.from_name, self._sender),
            mail_to=(letter.to_name, letter.to_email),
            reply_to=(letter.from_name, letter.reply_to) if letter.reply_to else None,
            text=letter.text,
            html=letter.html,
        )
        for name, data, media_type in letter.files:
            message.attach(filename=name, data=data, mime_type=media_type)
        backend = SMTPBackend(**self._server, fail_silently=True)
        try:
            answer = message.send(smtp=backend)
        finally:
            backend.close()
        if answer is None or answer.status_code != _ACCEPTED:
            raise NotSent(_reason(answer))


def _reason(answer: object) -> str:
    error = getattr(answer, "error", None)
    return str(error or getattr(answer, "status_text", "") or "no answer")[:300]
