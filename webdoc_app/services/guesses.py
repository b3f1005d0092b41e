"""Guesses of passwords and codes: slowed where too many were wrong lately, and nobody is locked out.

Wrong ones are counted by network and account together, by account, and by network. Above twenty in a quarter of an
hour, those that share a count come one after the other, three seconds each, in a queue of few places; whoever finds
it full is told to come back. An account's own queue takes one of each network at a time, and a network the account
was signed in from lately does not stand in it: whoever guesses, from one address or from many, does not keep its
owner out.
"""

import asyncio
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from limits import RateLimitItemPerSecond

from webdoc_app.core.turns import FairTurns, NoTurn
from webdoc_app.domain.errors import TooMany
from webdoc_app.services import limits
from webdoc_app.services.passwords import hashing_turn
from webdoc_app.settings import settings

WRONG = RateLimitItemPerSecond(20, 15 * 60)
PAUSE_SECONDS = 3.0
"""What one guess of a queue takes."""


@dataclass(frozen=True)
class Guess:
    """Who guesses what. `is_known`: the account was signed in from this network lately."""

    purpose: str
    account: str
    network: str
    is_known: bool = False


class _Queue:
    """So many at once, one of each owner, and a bound on all who stand in it."""

    def __init__(self, places: int, longest: int) -> None:
        self._turns = FairTurns(places, each=1)
        self._standing, self._longest = 0, longest

    @asynccontextmanager
    async def place(self, owner: str) -> AsyncIterator[None]:
        """Raises NoTurn where too many stand in it."""
        if self._standing >= self._longest:
            raise NoTurn(owner)
        self._standing += 1
        try:
            async with self._turns.turn(owner):
                yield
        finally:
            self._standing -= 1


_SIZES = {"pair": (1, 6), "account": (5, 60), "network": (3, 20)}
"""Places, and the most who stand in the queue, those places included."""

_queues: "weakref.WeakValueDictionary[tuple[int, str, str], _Queue]" = weakref.WeakValueDictionary()
"""By event loop, kind and key, as long as somebody stands in them."""


async def try_guess(guess: Guess, is_right: Callable[[], Awaitable[bool]]) -> bool:
    """Asks `is_right`, at once or slowed, and counts a wrong answer. Raises TooMany where the queue is full."""
    async with hashing_turn(guess.network):
        slow = await _slow_counts(guess)
        if not slow:
            return await _counted(guess, is_right)
    async with AsyncExitStack() as places:
        for kind, key, owner in slow:
            try:
                await places.enter_async_context(_queue(kind, key).place(owner))
            except NoTurn:
                raise TooMany("Trop d’essais en peu de temps. Réessayez dans une minute.") from None
        await asyncio.sleep(PAUSE_SECONDS)
        async with hashing_turn(guess.network):
            return await _counted(guess, is_right)


async def _counted(guess: Guess, is_right: Callable[[], Awaitable[bool]]) -> bool:
    if await is_right():
        return True
    for kind, key, _ in _counts(guess):
        await limits.use(WRONG, "guess", kind, key)
    return False


async def _slow_counts(guess: Guess) -> list[tuple[str, str, str]]:
    """Those of the guess's counts that are full."""
    if not settings().limits:
        return []
    standing_in = [count for count in _counts(guess) if count[0] == "pair" or not guess.is_known]
    return [count for count in standing_in if not await limits.has_room(WRONG, "guess", count[0], count[1])]


def _counts(guess: Guess) -> list[tuple[str, str, str]]:
    """Kind, key, and in whose name one stands in the queue. The order in which places are taken: who holds one of an
    account waits at most for others of its own network."""
    pair = f"{guess.purpose} {guess.network} {guess.account}"
    counts = [("pair", pair, ""), ("account", f"{guess.purpose} {guess.account}", guess.network)]
    if guess.network:
        counts.append(("network", f"{guess.purpose} {guess.network}", guess.account))
    return counts


def _queue(kind: str, key: str) -> _Queue:
    name = (id(asyncio.get_running_loop()), kind, key)
    found = _queues.get(name)
    if found is None:
        found = _queues[name] = _Queue(*_SIZES[kind])
    return found
