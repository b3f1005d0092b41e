"""Rate limits, kept in memory, or in Redis where several processes share the work."""

import asyncio
from typing import NamedTuple

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter

from webdoc_app.domain.errors import TooMany
from webdoc_app.settings import settings

UNKNOWN_TOKENS = RateLimitItemPerMinute(600)
FORMS = RateLimitItemPerMinute(300)
PAGE_READS = RateLimitItemPerMinute(3_000)
MESSAGES = RateLimitItemPerMinute(30)
PROGRAM_READS, PROGRAM_WRITES = RateLimitItemPerMinute(6_000), RateLimitItemPerMinute(3_000)
"""Calls of one API key; unknown keys from one network address."""
WRONG_KEYS = RateLimitItemPerMinute(120)
METRICS = RateLimitItemPerMinute(120)
RENEWALS, RENEWALS_TO, RENEWALS_FROM = (RateLimitItemPerHour(most) for most in (3, 6, 30))
"""New links asked for: of one link, to one inbox, from one network address."""
TYPING = RateLimitItemPerSecond(1, 2)
FAILED_LOGINS = RateLimitItemPerSecond(20, 15 * 60)
LOGIN_DELAY = 3.0
"""Seconds a login waits after too many failures: slows guessing, locks nobody out."""

REDIS_PATIENCE_SECONDS = 2


class _Limiters(NamedTuple):
    """`own` counts in this process alone: always where there is no Redis, and while Redis does not answer."""

    shared: FixedWindowRateLimiter
    own: FixedWindowRateLimiter
    away: tuple[type[Exception], ...]


_by_loop: dict[int, _Limiters] = {}


def _limiters() -> _Limiters:
    loop = id(asyncio.get_running_loop())
    if loop not in _by_loop:
        own = FixedWindowRateLimiter(MemoryStorage())
        url = settings().redis_url
        _by_loop[loop] = _shared_limiters(url, own) if url else _Limiters(own, own, ())
    return _by_loop[loop]


def _shared_limiters(redis_url: str, own: FixedWindowRateLimiter) -> _Limiters:
    from redis.exceptions import RedisError

    storage = RedisStorage(
        f"async+{redis_url}",
        implementation="redispy",
        socket_timeout=REDIS_PATIENCE_SECONDS,
        socket_connect_timeout=REDIS_PATIENCE_SECONDS,
    )
    return _Limiters(FixedWindowRateLimiter(storage), own, (RedisError,))


async def _hit(limit: RateLimitItem, *key: str) -> bool:
    """Counts one use; False above the limit. A Redis that is away refuses nobody, and lets nobody flood."""
    limiters = _limiters()
    try:
        return await limiters.shared.hit(limit, *key)
    except limiters.away:
        return await limiters.own.hit(limit, *key)


async def _has_room(limit: RateLimitItem, *key: str) -> bool:
    limiters = _limiters()
    try:
        return await limiters.shared.test(limit, *key)
    except limiters.away:
        return await limiters.own.test(limit, *key)


async def allow(limit: RateLimitItemPerMinute, *key: str) -> None:
    """Counts one use. Raises TooMany above the limit."""
    if settings().limits and not await _hit(limit, *key):
        raise TooMany("Trop de demandes en peu de temps. Réessayez dans une minute.")


async def allow_message(link_id: str) -> None:
    await allow(MESSAGES, "message", link_id)


async def may_renew(link_id: str, inbox: str, address: str) -> bool:
    """Counts one wish for a new link. False above a limit: nothing is sent, and nothing is said of it either."""
    if not settings().limits:
        return True
    keys = [(RENEWALS_FROM, address), (RENEWALS, link_id), (RENEWALS_TO, inbox)]
    return all([await _hit(limit, "renewal", key) for limit, key in keys if key])


async def typing_is_due(*key: str) -> bool:
    """Whether "… is writing" may be told again: once in two seconds for each person and conversation."""
    return await _hit(TYPING, "typing", *key)


async def delay_after_failures(*key: str) -> None:
    """Waits before a login is tried where too many failed lately."""
    if settings().limits and not await _has_room(FAILED_LOGINS, *key):
        await asyncio.sleep(LOGIN_DELAY)


async def note_failed_login(*key: str) -> None:
    await _hit(FAILED_LOGINS, *key)
