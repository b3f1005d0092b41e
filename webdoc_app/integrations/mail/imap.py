"""A mailbox read over IMAP: unread mails, fetched one by one without marking them, marked read once they are kept."""

import ssl
from contextlib import suppress
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

from imapclient import SEEN, IMAPClient

TIMEOUT_SECONDS = 30
AT_ONCE = 50


class MailboxError(Exception):
    """The mailbox cannot be read now; the message says why, without the password."""


class Mailbox:
    """`imaps://user:password@host:993/INBOX`; `imap://` is for this machine, or with `?starttls=1`. Open it, close it.

    Everything here blocks: call it off the event loop. Raises MailboxError.
    """

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        self._client: IMAPClient | None = None

    def open(self) -> None:
        """Connects; a connection that fails half way is closed."""
        is_tls = self._parts.scheme == "imaps"
        host = self._parts.hostname or "localhost"
        try:
            with _said():
                self._client = IMAPClient(host, self._parts.port, ssl=is_tls, timeout=TIMEOUT_SECONDS)
                if "starttls=1" in self._parts.query:
                    self._client.starttls(ssl.create_default_context())
                self._client.login(unquote(self._parts.username or ""), unquote(self._parts.password or ""))
                self._client.select_folder(unquote(self._parts.path.strip("/")) or "INBOX")
        except MailboxError:
            self.close()
            raise

    def close(self) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        with suppress(Exception):
            client.logout()
        with suppress(Exception):
            client.shutdown()

    def unread(self) -> list[tuple[int, int]]:
        """Number and size in bytes of unread mails, oldest first, fifty at a time."""
        with _said():
            numbers = sorted(self._open.search("UNSEEN"))[:AT_ONCE]
            found: dict[int, Any] = self._open.fetch(numbers, ["RFC822.SIZE"]) if numbers else {}
            return [(number, int(found[number][b"RFC822.SIZE"])) for number in numbers if number in found]

    def raw(self, number: int) -> bytes | None:
        """The mail as it came; None where somebody has taken it away meanwhile."""
        with _said():
            found = self._open.fetch([number], ["BODY.PEEK[]"]).get(number, {})
            return bytes(found[b"BODY[]"]) if found.get(b"BODY[]") else None

    def mark_read(self, number: int) -> None:
        with _said():
            self._open.add_flags([number], [SEEN], silent=True)

    @property
    def _open(self) -> IMAPClient:
        if self._client is None:
            raise MailboxError("not connected")
        return self._client


class _said:  # noqa: N801 - reads as a clause
    """Whatever goes wrong on the way is a MailboxError: the library trips over what servers say in its own ways."""

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception) and not isinstance(error, MailboxError):
            raise MailboxError(f"{type(error).__name__}: {error}"[:200]) from None
