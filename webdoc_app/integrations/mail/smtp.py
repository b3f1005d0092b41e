"""Mails over SMTP with the `emails` package, one message and one recipient at a time."""

import asyncio
import smtplib
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from emails.backend.smtp.backend import SMTPBackend
from emails.backend.smtp.client import SMTPClientWithResponse, SMTPClientWithResponse_SSL
from emails.message import Message

TIMEOUT_SECONDS = 30
WHOLE_SECONDS = 75
"""A server that answers each step just in time is given up too: before the outbox lets another worker try."""
_ACCEPTED = 250


_ACCOUNT_REFUSED = frozenset({530, 534, 535, 538})
"""Not this mail is refused but whoever sends it: mended by the operator, so worth waiting."""


class NotSent(Exception):
    """The server did not take the mail; the message says why, `for_good` that it never will."""

    def __init__(self, why: str, *, for_good: bool = False) -> None:
        super().__init__(why)
        self.for_good = for_good


class _Backend(SMTPBackend):
    """One try a call - the package's own second one after a lost connection might deliver twice - and an end to it."""

    watched: smtplib.SMTP | None = None

    def retry_on_disconnect(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func

    def cut(self) -> None:
        """Ends the connection from another thread."""
        connection = getattr(self.watched, "sock", None)
        if connection is not None:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Watched:
    def _get_socket(self, *arguments: Any) -> socket.socket:
        if backend := getattr(
            self, "parent", None
        ):  # the package's TLS client connects before it knows its own
            backend.watched = self
        return super()._get_socket(*arguments)  # type: ignore[misc, no-any-return]


class _Client(_Watched, SMTPClientWithResponse):
    pass


class _TlsClient(_Watched, SMTPClientWithResponse_SSL):
    pass


_Backend.connection_cls, _Backend.connection_ssl_cls = _Client, _TlsClient


@dataclass(frozen=True)
class Letter:
    """A mail as it goes out. `message_id` is stable: a second delivery is the same mail.

    `files` are (name, bytes, media type); `bounce_to` is the envelope's sender, where failures are told.
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
    headers: Mapping[str, str] = field(default_factory=dict)
    bounce_to: str = ""


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
        message = self._message_of(letter)
        answer = self._send(message, letter.bounce_to or self._sender)
        if letter.bounce_to and getattr(answer, "last_command", None) == "mail" and _is_for_good(answer):
            # A server that speaks for its own senders alone; nothing was taken yet, so nothing is sent twice.
            answer = self._send(message, self._sender)
        if answer is None or answer.status_code != _ACCEPTED:
            raise NotSent(_reason(answer), for_good=_is_for_good(answer))

    def _message_of(self, letter: Letter) -> Message:
        message = Message(
            message_id=letter.message_id,
            subject=_one_line(letter.subject),
            mail_from=(_one_line(letter.from_name), self._sender),
            mail_to=(_one_line(letter.to_name), _one_line(letter.to_email)),
            reply_to=(_one_line(letter.from_name), _one_line(letter.reply_to)) if letter.reply_to else None,
            text=letter.text,
            html=letter.html,
            headers={name: _one_line(value) for name, value in letter.headers.items()},
        )
        for name, data, media_type in letter.files:
            message.attach(filename=name, data=data, mime_type=media_type)
        return message

    def _send(self, message: Message, sender: str) -> Any:
        """The server's answer, or None. Raises NotSent where the connection is lost."""
        backend = _Backend(**self._server, fail_silently=True)
        end = threading.Timer(WHOLE_SECONDS, backend.cut)
        end.daemon = True
        end.start()
        try:
            return message.send(smtp=backend, mail_from=sender)
        except (OSError, smtplib.SMTPException) as lost:
            raise NotSent(f"{type(lost).__name__}: {lost}"[:300]) from lost
        finally:
            end.cancel()
            backend.close()


def _one_line(value: str) -> str:
    """Of a header nothing begins another one: some Pythons write line ends as they come (CVE-2024-6923)."""
    return (
        " ".join(value.split())
        if any(end in value for end in "\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
        else value
    )


def _is_for_good(answer: object) -> bool:
    """Whether the server refuses this mail, its sender or its recipient, and not just now (RFC 5321, 4.2.1)."""
    code = getattr(answer, "status_code", None) or 0
    said_to = getattr(answer, "last_command", None)
    return said_to in ("mail", "rcpt", "data") and 500 <= code < 600 and code not in _ACCOUNT_REFUSED


def _reason(answer: object) -> str:
    error = getattr(answer, "error", None)
    return str(error or getattr(answer, "status_text", "") or "no answer")[:300]
