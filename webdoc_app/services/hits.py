"""Pages and PDFs that were asked for, kept without making anyone wait.

A database may have one writer at a time: what merely fetches is written after it was answered, and what comes while
a write is under way is written with the next one. A fetch lost with its process changes nothing a person relies on.
"""

import asyncio
import logging
import weakref

from webdoc_app.domain.tracking import Act, OpeningClass
from webdoc_app.services.sharing import Access
from webdoc_app.services.tracking import Visitor, class_of_asking, note_fetches, note_hit

logger = logging.getLogger(__name__)
MOST_WAITING = 1_000
"""Devices, and links, that may wait at once. Under a flood further fetches are counted and not told apart, and where
too many links are asked for at once, not even that: they say nothing of a client."""


async def note_request(access: Access, visitor: Visitor, method: str) -> None:
    """Keeps that a page or a PDF was asked for. Machines and owners are told apart, and written, at once."""
    if not access.company.tracking:
        return
    act = Act.HEAD if method == "HEAD" else Act.FETCH
    if class_of_asking(access, visitor, act) is OpeningClass.FETCHED:
        _waiting_here().add(access, visitor)
    else:
        await note_hit(access, visitor, act)


async def all_written() -> None:
    """Waits until what was asked for so far is kept: at the end of a process, and in tests."""
    task = _waiting_here().task
    if task:
        await task


class _Waiting:
    """Fetches not yet written, those of one device and link together, and the task that writes them.

    `beyond` says of those that found no room how many there were for each link.
    """

    def __init__(self) -> None:
        self.fetches: dict[tuple[str, str, Visitor], tuple[Access, Visitor, int]] = {}
        self.beyond: dict[tuple[str, str], tuple[Access, int]] = {}
        self.task: asyncio.Task[None] | None = None

    def add(self, access: Access, visitor: Visitor) -> None:
        place = (access.link.id, access.document.id)
        key = (*place, visitor)
        if key in self.fetches or len(self.fetches) < MOST_WAITING:
            views = self.fetches[key][2] if key in self.fetches else 0
            self.fetches[key] = (access, visitor, views + 1)
        elif place in self.beyond or len(self.beyond) < MOST_WAITING:
            self.beyond[place] = (access, self.beyond[place][1] + 1 if place in self.beyond else 1)
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self._write())

    async def _write(self) -> None:
        while self.fetches:
            batch, beyond = list(self.fetches.values()), list(self.beyond.values())
            self.fetches.clear()
            self.beyond.clear()
            try:
                await note_fetches(batch, beyond)
            except Exception:
                logger.exception("%d fetches could not be kept", len(batch))


_by_loop: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Waiting]" = weakref.WeakKeyDictionary()


def _waiting_here() -> _Waiting:
    return _by_loop.setdefault(asyncio.get_running_loop(), _Waiting())
