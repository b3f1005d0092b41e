"""Who looks at a document right now. Kept nowhere: a few seconds without a sign, and nobody looks any more."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol

from webdoc_app.live.bus import Bus, MemoryBus

logger = logging.getLogger(__name__)

LASTS_SECONDS = 14.0
"""A page in view gives a sign every 4 s: so three of them may be lost on a bad network."""
SWEEP_SECONDS = 1.0


class Store(Protocol):
    """Signs of life and when they end. A member is one line: company, document and tab."""

    async def put(self, member: str, until: float) -> bool:
        """Whether it is new."""

    async def drop(self, member: str) -> bool:
        """Whether it was there."""

    async def living(self, now: float) -> Iterable[str]: ...

    async def ended(self, now: float) -> Iterable[str]: ...


class MemoryStore:
    """One process."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    async def put(self, member: str, until: float) -> bool:
        is_new = member not in self._until
        self._until[member] = until
        return is_new

    async def drop(self, member: str) -> bool:
        return self._until.pop(member, None) is not None

    async def living(self, now: float) -> Iterable[str]:
        return [member for member, until in self._until.items() if until > now]

    async def ended(self, now: float) -> Iterable[str]:
        return [member for member, until in self._until.items() if until <= now]


class RedisStore:
    """Several processes: one sorted set, members by their end. A Redis that is away shows nobody."""

    KEY = "webdoc:presence"

    def __init__(self, url: str) -> None:
        from redis.asyncio import Redis

        self._redis: Any = Redis.from_url(url, decode_responses=True)

    async def put(self, member: str, until: float) -> bool:
        return bool(await self._ask("zadd", self.KEY, {member: until}))

    async def drop(self, member: str) -> bool:
        return bool(await self._ask("zrem", self.KEY, member))

    async def living(self, now: float) -> Iterable[str]:
        return list(await self._ask("zrangebyscore", self.KEY, f"({now}", "+inf") or [])

    async def ended(self, now: float) -> Iterable[str]:
        return list(await self._ask("zrangebyscore", self.KEY, "-inf", now) or [])

    async def _ask(self, command: str, *arguments: Any) -> Any:
        from redis.exceptions import RedisError

        try:
            return await getattr(self._redis, command)(*arguments)
        except RedisError:
            return None


class Presence:
    """Tells the company's open pages, by the topic `presence:COMPANY`, when somebody comes or goes."""

    def __init__(
        self, store: Store | None = None, bus: Bus | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._mine: dict[str, str] = {}
        self._clock = clock
        self._left: Callable[[str], Awaitable[None]] = _nothing
        self.use(store or MemoryStore(), bus or MemoryBus())

    def use(self, store: Store, bus: Bus) -> None:
        """Called once by each worker at its start."""
        self._store, self._bus = store, bus

    async def sign(self, company_id: str, document_id: str, tab: str) -> None:
        """The tab has the document in view, now and for the next seconds."""
        member = f"{company_id} {document_id} {tab}"
        self._mine[member] = tab
        if await self._store.put(member, self._clock() + LASTS_SECONDS):
            await self._tell(member)

    async def goodbye(self, company_id: str, document_id: str, tab: str) -> None:
        """The tab was closed or hidden."""
        await self._end(f"{company_id} {document_id} {tab}")

    async def looked_at(self, company_id: str) -> set[str]:
        """The company's documents that a client looks at now."""
        living = (member.split(" ") for member in await self._store.living(self._clock()))
        return {document for company, document, *_ in living if company == company_id}

    async def sweep(self, is_connected: Callable[[str], bool]) -> None:
        """Ends what gave no sign for too long, and this process's own tabs whose socket is gone."""
        gone = [member for member, tab in self._mine.items() if not is_connected(tab)]
        for member in [*gone, *await self._store.ended(self._clock())]:
            await self._end(member)

    async def keep(
        self, is_connected: Callable[[str], bool], left: Callable[[str], Awaitable[None]] | None = None
    ) -> None:
        """Sweeps as long as the worker lives. `left` is told of each tab of this process that has gone."""
        self._left = left or self._left
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                await self.sweep(is_connected)
            except asyncio.CancelledError:
                raise
            except Exception:
                logger.exception("who looks at what could not be told, going on")

    async def _end(self, member: str) -> None:
        tab = self._mine.pop(member, None)
        if tab:
            try:
                await self._left(tab)
            except Exception:
                logger.exception("what a tab left behind could not be kept, going on")
        if await self._store.drop(member):
            await self._tell(member)

    async def _tell(self, member: str) -> None:
        company_id, document_id = member.split(" ")[:2]
        await self._bus.publish([(f"presence:{company_id}", "presence", document_id)])


async def _nothing(tab: str) -> None:
    pass


presence = Presence()
