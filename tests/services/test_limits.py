"""Rate limits hold over several processes through Redis, and go on by themselves while it is away."""

import pytest
from limits import RateLimitItemPerMinute

from tests.redis_server import redis_server
from webdoc_app.domain.errors import TooMany
from webdoc_app.services import limits
from webdoc_app.settings import settings

THREE = RateLimitItemPerMinute(3)


@pytest.fixture
async def redis(monkeypatch):
    with redis_server() as server:
        monkeypatch.setenv("WEBDOC_REDIS_URL", server.url)
        settings.cache_clear()
        monkeypatch.setattr(limits, "_by_loop", {})
        yield server
        await forget()
        settings.cache_clear()


async def forget() -> None:
    """What another process would start from."""
    for limiters in limits._by_loop.values():
        await limiters.shared.storage.bridge.storage.aclose()
    limits._by_loop.clear()


async def uses(*key: str) -> int:
    """How many uses are allowed before the first that is refused."""
    for count in range(10):
        try:
            await limits.allow(THREE, *key)
        except TooMany:
            return count
    return 10


@pytest.mark.redis
async def test_another_process_counts_on(redis):
    await limits.allow(THREE, "someone")
    await forget()

    assert await uses("someone") == 2
    assert await uses("someone else") == 3


@pytest.mark.redis
async def test_redis_away_refuses_nobody_and_lets_nobody_flood(redis):
    assert await uses("someone") == 3
    redis.stop()
    assert await uses("someone") == 3
    assert await uses("someone") == 0
    assert await limits.has_room(THREE, "someone new")
    assert await limits.use(THREE, "someone new")
    redis.start()
    assert await uses("someone") == 3
