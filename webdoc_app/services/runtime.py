"""What services need from outside, and the moment: configured once by the composition root, or by a test."""

import asyncio
import weakref
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from webdoc_app.locales.formats import paris_day


@dataclass(frozen=True)
class Actor:
    """Who did it: a user, a client through a link, an API key, or the system itself."""

    kind: str
    id: str = ""
    name: str = ""


SYSTEM = Actor("system", "", "Webdoc")


@dataclass(frozen=True)
class Change:
    """News for open pages: ids only, each page reads again what it may see."""

    topic: str
    what: str
    document_id: str = ""


async def _publish_nothing(changes: list[Change]) -> None:
    return None


@dataclass
class Runtime:
    """What services need from outside; `wiring` makes the real one, tests make theirs."""

    engine: AsyncEngine
    keys: list[str]
    origin: str
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    publish: Callable[[list[Change]], Awaitable[None]] = _publish_nothing
    render_pdf: Callable[[str, bytes | None], Awaitable[bytes]] | None = None
    payment_apis: Mapping[str, str] = field(default_factory=dict)  # other addresses of the providers
    reply_address: str = ""  # where answers to mails come in; none without it
    authserv: str = ""  # the mail server whose Authentication-Results are believed
    data_dir: Path | None = None  # where anchors of the history are kept; none without it
    keyring: Any = field(default=None, init=False, repr=False)  # services/history_keys.Keyring, once read
    _locks: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock]" = field(
        default_factory=weakref.WeakKeyDictionary
    )

    def write_lock(self) -> asyncio.Lock:
        """SQLite has one writer: tasks of a process queue here instead of polling the file's lock."""
        return self._locks.setdefault(asyncio.get_running_loop(), asyncio.Lock())


_runtime: Runtime | None = None


def configure(runtime: Runtime | None) -> None:
    global _runtime  # noqa: PLW0603 - set once at start by the composition root
    _runtime = runtime


def runtime() -> Runtime:
    if _runtime is None:
        raise RuntimeError("services are not configured: see webdoc_app.wiring")
    return _runtime


def now() -> datetime:
    """The moment, UTC. Time is injected so that tests may travel."""
    return runtime().clock()


def today() -> date:
    return paris_day(now())
