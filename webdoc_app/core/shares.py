"""The process's time, shared out between networks: however much one asks for, another's request comes next.

Python runs one step at a time. Of a network that asks for more than the process can do, only a few requests and
events are under way at once; the others wait, and whoever comes from elsewhere is served between them.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from webdoc_app.core.turns import FairTurns
from webdoc_app.settings import settings

PLACES = 8
OF_ONE_NETWORK = 2
"""Enough to use the whole process: while one waits for the database, the other computes."""
WAITING_OF_ONE_NETWORK = 4_000
"""Above the requests a minute that are never refused: this bounds memory, the rate limits bound use."""
LONGEST_SECONDS = 1.0
"""Who takes longer waits for something else than this process: a renderer, another machine, a slow reader."""

_turns = FairTurns(PLACES, each=OF_ONE_NETWORK, waiting=WAITING_OF_ONE_NETWORK)


@asynccontextmanager
async def share_of(network: str) -> AsyncIterator[None]:
    """Holds one of the network's places, for a second at most. Raises NoTurn where too many of it wait."""
    if not settings().limits:
        yield
        return
    async with _turns.brief_turn(network, longest=LONGEST_SECONDS):
        yield
