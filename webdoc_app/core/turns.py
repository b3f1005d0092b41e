"""Fair turns: what is scarce is shared out owner by owner, whoever asked most.

A renderer, calls to other machines, passwords to compare: there are so many places, and those who wait get them in
turn, one of each owner, however many another owner has waiting. Urgent work, what a person waits for, goes first.
Turns belong to one process and one event loop.
"""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class NoTurn(Exception):
    """So many of this owner's wait already that one more is refused."""


class FairTurns:
    """`places` at once, of one owner at most `each`; of one owner at most `waiting` in the queue."""

    def __init__(self, places: int, *, each: int | None = None, waiting: int | None = None) -> None:
        self._places = places
        self._each = each or places
        self._waiting = waiting
        self._held: Counter[str] = Counter()
        # The urgent queue and the other one: owner -> those who wait, the owner whose turn is next in front.
        self._queues: tuple[OrderedDict[str, deque[asyncio.Future[None]]], ...] = (
            OrderedDict(),
            OrderedDict(),
        )

    @asynccontextmanager
    async def turn(self, owner: str, *, urgent: bool = False) -> AsyncIterator[None]:
        """Holds a place. Raises NoTurn where too many of the owner's wait."""
        await self._take(owner, urgent)
        try:
            yield
        finally:
            self._give_back(owner)

    @asynccontextmanager
    async def brief_turn(self, owner: str, *, longest: float, urgent: bool = False) -> AsyncIterator[None]:
        """As `turn`, but the place is free again after `longest` seconds, whoever is still at work then."""
        await self._take(owner, urgent)
        held = [owner]
        timer = asyncio.get_running_loop().call_later(longest, self._give_back_once, held)
        try:
            yield
        finally:
            timer.cancel()
            self._give_back_once(held)

    def _give_back_once(self, held: list[str]) -> None:
        if held:
            self._give_back(held.pop())

    def waiting(self, owner: str) -> int:
        """How many of the owner's wait."""
        return sum(len(queue.get(owner, ())) for queue in self._queues)

    async def _take(self, owner: str, urgent: bool) -> None:
        if self._is_free(owner) and not self.waiting(owner):
            self._held[owner] += 1
            return
        if self._waiting is not None and self.waiting(owner) >= self._waiting:
            raise NoTurn(owner)
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queues[0 if urgent else 1].setdefault(owner, deque()).append(called)
        try:
            await called
        except asyncio.CancelledError:
            self._leave(owner, called)
            raise

    def _is_free(self, owner: str) -> bool:
        return self._held.total() < self._places and self._held[owner] < self._each

    def _leave(self, owner: str, called: asyncio.Future[None]) -> None:
        """Whoever gives up waiting frees what was called out at that very moment."""
        if called.done() and not called.cancelled():
            self._give_back(owner)
            return
        for queue in self._queues:
            if called in queue.get(owner, ()):
                queue[owner].remove(called)
                if not queue[owner]:
                    del queue[owner]

    def _give_back(self, owner: str) -> None:
        self._held[owner] -= 1
        if not self._held[owner]:
            del self._held[owner]
        while (called := self._next()) is not None:
            called.set_result(None)

    def _next(self) -> asyncio.Future[None] | None:
        """Whose turn it is; their place counts as held from here."""
        for queue in self._queues:
            for owner in list(queue):
                # Whoever has just given up, and has not run since, is passed over.
                while queue[owner] and queue[owner][0].done():
                    queue[owner].popleft()
                called = queue[owner].popleft() if queue[owner] and self._is_free(owner) else None
                if not queue[owner]:
                    del queue[owner]
                if called:
                    # The next one of this owner comes after one of everybody else.
                    if owner in queue:
                        queue.move_to_end(owner)
                    self._held[owner] += 1
                    return called
        return None
