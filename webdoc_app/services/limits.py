"""Rate limits, kept in memory, or in Redis where several processes share the work."""

import asyncio

from limits import RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter

from webdoc_app.domain.errors import TooMany
from webdoc_app.settings import settings

UNKNOWN_TOKENS = RateLimitItemPerMinute(600)
FORMS = RateLimitItemPerMinute(300)
PAGE_READS = RateLimitItemPerMinute(3_000)
MESSAGES = RateLimitItemPerMinute(30)
FAILED_LOGINS = RateLimitItemPerSecond(20, 15 * 60)
LOGIN_DELAY = 3.0
"""Seconds a login waits after too many failures: slows guessing, locks nobody out."""

_limiters: dict[int, FixedWindowRateLimiter] = {}


def _limiter() -> FixedWindowRateLimiter:
    loop = id(asyncio.get_running_loop())
    if loop not in _limiters:
        url = settings().redis_url
        storage = RedisStorage(f"async+{url}", implementation="redispy") if url else MemoryStorage()
        _limiters[loop] = FixedWindowRateLimiter(storage)
    return _limiters[loop]


async def allow(limit: RateLimitItemPerMinute, *key: str) -> None:
    """Counts one use. Raises TooMany above the limit."""
    if settings().limits and not await _limiter().hit(limit, *key):
        raise TooMany("Trop de demandes en peu de temps. Réessayez dans une minute.")


async def allow_message(link_id: str) -> None:
    await allow(MESSAGES, "message", link_id)


async def delay_after_failures(*key: str) -> None:
    """Waits before a login is tried where too many failed lately."""
    if settings().limits and not await _limiter().test(FAILED_LOGINS, *key):
        await asyncio.sleep(LOGIN_DELAY)


async def note_failed_login(*key: str) -> None:
    await _limiter().hit(FAILED_LOGINS, *key)
