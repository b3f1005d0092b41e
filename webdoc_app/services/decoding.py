"""What strangers send is decoded apart: in child processes with bounded memory and time, in fair turns.

Companies take turns; within a company its links and its own people do, so whoever sends much waits for themselves.
"""

import asyncio
import atexit
import logging
import weakref
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from webdoc_app.core.apart import Apart, Bounds, Died, Failed
from webdoc_app.core.turns import FairTurns, NoTurn
from webdoc_app.domain.errors import Invalid, TooMany
from webdoc_app.settings import settings

logger = logging.getLogger(__name__)

PICTURE_APART = "webdoc_app.integrations.pictures:picture_apart"
PLACES = 2
BOUNDS = Bounds(memory=640 * 2**20, processor_seconds=20)
"""Enough for a picture of 64 million points as telephones write it; about 200 MB of it are programs."""
DEADLINE_SECONDS = 60.0
"""Longer than the processor's bound: on a busy machine a file waits for its share."""
MOST_WAITING = 6
"""Files of one link, or of one company's people, that wait; each is held in memory."""


@dataclass(frozen=True)
class Sender:
    """Whose file it is: a client's, by the link; else the company's own people or programs."""

    company_id: str
    link_id: str = ""


class _Turns:
    def __init__(self) -> None:
        self.of_companies = FairTurns(PLACES, each=1)
        self._within: weakref.WeakValueDictionary[str, FairTurns] = weakref.WeakValueDictionary()

    def within(self, company_id: str) -> FairTurns:
        turns = self._within.get(company_id)
        if turns is None:
            turns = FairTurns(1, waiting=MOST_WAITING if settings().limits else None)
            self._within[company_id] = turns
        return turns


_turns: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Turns]" = weakref.WeakKeyDictionary()
_children: list[Apart] = []


async def decoded(
    sender: Sender, job: str, data: bytes, arguments: Mapping[str, Any], unreadable: Invalid
) -> tuple[Any, bytes]:
    """What a function of `integrations` (`module:name`) makes of the data, in a child.

    Raises `unreadable` where the child died of the file, TooMany where too many of the sender's wait.
    """
    async with _turn(sender):
        try:
            return await _apart().run(job, data, arguments, seconds=DEADLINE_SECONDS)
        except (Died, Failed) as why:
            # Only what kind of end it was: a message may quote the file.
            logger.warning(
                "a file could not be read: %s %s", type(why).__name__, str(why).partition(":")[0][:60]
            )
            raise unreadable from why


def close() -> None:
    """Ends the children; the next file starts new ones."""
    while _children:
        _children.pop().close()


def _apart() -> Apart:
    if not _children:
        _children.append(Apart(PLACES, BOUNDS))
        atexit.register(close)
    return _children[0]


@asynccontextmanager
async def _turn(sender: Sender) -> AsyncIterator[None]:
    turns = _turns.setdefault(asyncio.get_running_loop(), _Turns())
    within = turns.within(sender.company_id)
    try:
        async with within.turn(sender.link_id), turns.of_companies.turn(sender.company_id):
            yield
    except NoTurn:
        raise TooMany("Beaucoup de fichiers arrivent à la fois. Réessayez dans un instant.") from None
