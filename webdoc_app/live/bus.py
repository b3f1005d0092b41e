"""The way news takes from a commit to every process: in memory, or through Redis where there are several."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterable
from typing import NamedTuple, Protocol

logger = logging.getLogger(__name__)

CHANNEL = "webdoc:news"
RECONNECT_SECONDS = 1.0


class News(NamedTuple):
    """`topic` is `company:ID` or `chain:ID`; `what` a word; `document_id` the document it is about."""

    topic: str
    what: str
    document_id: str


class Bus(Protocol):
    async def publish(self, news: Iterable[tuple[str, str, str]]) -> None: ...

    def messages(self) -> AsyncIterator[News]: ...


class MemoryBus:
    """One process: a queue. News published before anyone listens is dropped, like on any bus."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[News]] = set()

    async def publish(self, news: Iterable[tuple[str, str, str]]) -> None:
        for item in news:
            for queue in self._queues:
                queue.put_nowait(News(*item))

    async def messages(self) -> AsyncIterator[News]:
        queue: asyncio.Queue[News] = asyncio.Queue()
        self._queues.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._queues.discard(queue)


class RedisBus:
    """Several processes: Redis pub/sub. A lost connection is taken up again; pages also re-read by themselves."""

    def __init__(self, url: str) -> None:
        from redis.asyncio import Redis

        self._redis = Redis.from_url(url)

    async def publish(self, news: Iterable[tuple[str, str, str]]) -> None:
        from redis.exceptions import RedisError

        try:
            for item in news:
                await self._redis.publish(CHANNEL, json.dumps(list(item)))
        except RedisError:
            # The change itself is committed; open pages learn of it when they next read.
            logger.warning("news could not be published: Redis does not answer")

    async def messages(self) -> AsyncIterator[News]:
        from redis.exceptions import RedisError

        while True:
            try:
                async with self._redis.pubsub() as subscription:
                    await subscription.subscribe(CHANNEL)
                    async for message in subscription.listen():
                        if message["type"] == "message":
                            yield News(*json.loads(message["data"]))
            except RedisError:
                logger.warning("news stopped: Redis does not answer, trying again")
                await asyncio.sleep(RECONNECT_SECONDS)
