"""Rate limits, kept in memory, or in Redis where several processes share the work."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter

from webdoc_app.domain.errors import TooMany
from webdoc_app.domain.networks import network_of
from webdoc_app.settings import settings

UNKNOWN_TOKENS = RateLimitItemPerMinute(600)
FORMS = RateLimitItemPerMinute(300)
PAGE_READS = RateLimitItemPerMinute(3_000)
MESSAGES = RateLimitItemPerMinute(30)
PROGRAM_READS, PROGRAM_WRITES = RateLimitItemPerMinute(6_000), RateLimitItemPerMinute(3_000)
"""Calls of one API key; unknown keys from one network address."""
WRONG_KEYS = RateLimitItemPerMinute(600)
METRICS = RateLimitItemPerMinute(120)
RENEWALS, RENEWALS_TO, RENEWALS_FROM = (RateLimitItemPerHour(most) for most in (3, 6, 30))
"""New links asked for: of one link, to one inbox, from one network address."""
STRANGER_TO, STRANGER_FROM = RateLimitItemPerHour(3), RateLimitItemPerHour(30)
"""Mails of a kind that anyone may ask for: to one inbox, from one network."""
VISITS_OF_A_LINK = RateLimitItemPerHour(10)
"""Devices of one network that count as visitors of one link: more are one program under many names."""
SEEN_ONCE_AN_HOUR = RateLimitItemPerHour(1)
SIGHTS = RateLimitItemPerMinute(60)
"""Times a link's pages may say that they are seen, of one network: each is a write."""
RETURNS = RateLimitItemPerMinute(10)
"""How often coming back makes its provider be asked, for one attempt."""
PAGES_OPENED = RateLimitItemPerHour(300)
"""Payment pages asked for, of one bill."""
BAD_NOTICES, BAD_NOTICES_OF_ALL, BAD_NOTICES_OF_OURS = (
    RateLimitItemPerMinute(most) for most in (20, 60, 120)
)
"""Calls that notices of payment providers caused for nothing: from one network address at one account, at one account
from all, and there from all where they speak of an attempt that is really ours."""
TYPING = RateLimitItemPerSecond(1, 2)
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


async def use(limit: RateLimitItem, *key: str) -> bool:
    """Counts one use. Whether it was within the limit."""
    return await _hit(limit, *key)


async def has_room(limit: RateLimitItem, *key: str) -> bool:
    """Whether one more use would be within the limit."""
    limiters = _limiters()
    try:
        return await limiters.shared.test(limit, *key)
    except limiters.away:
        return await limiters.own.test(limit, *key)


async def allow(limit: RateLimitItemPerMinute, *key: str) -> None:
    """Counts one use. Raises TooMany above the limit."""
    if settings().limits and not await _hit(limit, *key):
        raise too_many()


def too_many() -> TooMany:
    return TooMany("Trop de demandes en peu de temps. Réessayez dans une minute.")


async def allow_pay_page(document_id: str) -> None:
    """Counts one payment page of a bill. Raises TooMany."""
    if settings().limits and not await _hit(PAGES_OPENED, "pay", document_id):
        raise TooMany(
            "Trop de pages de paiement ont été ouvertes pour cette facture. Réessayez dans une heure."
        )


async def may_ask_on_return(attempt_id: str) -> bool:
    """Counts one coming back. False above the limit: the page is shown, the poller asks."""
    return not settings().limits or await _hit(RETURNS, "return", attempt_id)


async def insist_on_notice_room(
    account_id: str, network: str, is_ours: Callable[[], Awaitable[bool]]
) -> None:
    """Whether a notice may cause a call. Where an account has no room left, one about its own attempts still has.

    Raises TooMany.
    """
    if not settings().limits:
        return
    if await has_room(BAD_NOTICES, "notice", account_id, network):
        if await has_room(BAD_NOTICES_OF_ALL, "notice", account_id):
            return
        if await has_room(BAD_NOTICES_OF_OURS, "notice", account_id) and await is_ours():
            return
    raise too_many()


async def note_bad_notice(account_id: str, network: str) -> None:
    """A call was made for nothing."""
    await _hit(BAD_NOTICES, "notice", account_id, network)
    for limit in (BAD_NOTICES_OF_ALL, BAD_NOTICES_OF_OURS):
        await _hit(limit, "notice", account_id)


async def allow_message(link_id: str) -> None:
    await allow(MESSAGES, "message", link_id)


async def allow_form(address: str) -> None:
    """Counts one form sent from an address, over HTTP or over a socket. Raises TooMany above the limit."""
    await allow(FORMS, "POST", network_of(address))


async def is_unknown_too_often(address: str) -> bool:
    """Counts one use of a token that opens nothing. True above the limit, and then it may be refused unheard."""
    return settings().limits and not await _hit(UNKNOWN_TOKENS, "unknown", network_of(address))


async def may_be_seen(link: str, address: str, device: str) -> bool:
    """Whether a page that says it is seen may count as a visit: so many devices of one network, an hour and link.

    A device that was counted within the hour may say so again. `device` tells one from another.
    """
    if not settings().limits:
        return True
    network = network_of(address)
    if not await _hit(SIGHTS, "sights", link, network):
        return False
    if not await has_room(SEEN_ONCE_AN_HOUR, "seen", link, device):
        return True
    if not await _hit(VISITS_OF_A_LINK, "visits", link, network):
        return False
    await _hit(SEEN_ONCE_AN_HOUR, "seen", link, device)
    return True


async def may_renew(link_id: str, inbox: str, address: str) -> bool:
    """Counts one wish for a new link. False above a limit: nothing is sent, and nothing is said of it either."""
    if not settings().limits:
        return True
    keys = [(RENEWALS_FROM, network_of(address)), (RENEWALS, link_id), (RENEWALS_TO, inbox)]
    return all([await _hit(limit, "renewal", key) for limit, key in keys if key])


async def may_mail_stranger(kind: str, inbox: str, network: str) -> bool:
    """Counts one mail that somebody unknown asks for, to a new password or a new account. False above a limit:
    nothing is sent, and nothing is said of it either."""
    if not settings().limits:
        return True
    keys = [(STRANGER_FROM, network), (STRANGER_TO, inbox)]
    return all([await _hit(limit, "stranger", kind, key) for limit, key in keys if key])


async def typing_is_due(*key: str) -> bool:
    """Whether "… is writing" may be told again: once in two seconds for each person and conversation."""
    return await _hit(TYPING, "typing", *key)
