"""Open tabs: who is behind each, and what is left of one that has gone.

The framework keeps a tab's state for an hour after its last event. A merchant's may come back to it; of everybody
else ten minutes are kept, so long does a phone sleep in a pocket, and of one network only so many tabs.
"""

import asyncio
from collections import OrderedDict, defaultdict
from dataclasses import dataclass
from typing import Any

import reflex as rx
from reflex.istate.manager.memory import StateManagerMemory
from reflex.istate.manager.redis import StateManagerRedis
from reflex.state import State

from webdoc_app.domain.networks import network_of
from webdoc_app.live.watchers import watchers
from webdoc_app.services.socket_lines import LINE, Line
from webdoc_app.settings import settings

KEPT_SECONDS = 600
KEPT_OF_A_NETWORK = 200
OPEN_OF_A_LINK = 300
"""Pages of one link that are told of news at once; the document itself is read by any number."""


@dataclass(frozen=True)
class Tab:
    """Where a tab's socket comes from."""

    address: str
    agent: str
    line: Line

    @property
    def network(self) -> str:
        return self.line.network


class Tabs:
    """The tabs whose sockets are with this process, by the framework's name for them."""

    def __init__(self) -> None:
        self._app: rx.App | None = None
        self._open: dict[str, Tab] = {}
        self._link_of: dict[str, str] = {}
        self._of_link: defaultdict[str, set[str]] = defaultdict(set)
        self._left: defaultdict[str, OrderedDict[str, asyncio.TimerHandle]] = defaultdict(OrderedDict)
        self._tasks: set[asyncio.Task[None]] = set()

    def use(self, app: rx.App) -> None:
        """Called once, when the door is put in."""
        self._app = app

    def find(self, name: str) -> Tab | None:
        return self._open.get(name)

    def came(self, name: str, tab: Tab) -> None:
        """A socket is the tab's now."""
        self._open[name] = tab
        if timer := self._left[tab.network].pop(name, None):
            timer.cancel()
        if not self._left[tab.network]:
            del self._left[tab.network]

    def went(self, name: str) -> None:
        """The tab's socket is gone; the tab may come back with another."""
        tab = self._open.pop(name, None)
        self.leave_link(name)
        watchers.forget(name)
        if tab:
            task = asyncio.create_task(self._keep_for_a_while(name, tab))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def join_link(self, name: str, link: str) -> bool:
        """The tab shows this link's page from now on. False where too many do: it is told no news then."""
        if self._link_of.get(name) == link:
            return True
        self.leave_link(name)
        if settings().limits and len(self._of_link.get(link, ())) >= OPEN_OF_A_LINK:
            return False
        self._link_of[name] = link
        self._of_link[link].add(name)
        return True

    def leave_link(self, name: str) -> None:
        link = self._link_of.pop(name, None)
        if link is not None:
            self._of_link[link].discard(name)
            if not self._of_link[link]:
                del self._of_link[link]

    async def _keep_for_a_while(self, name: str, tab: Tab) -> None:
        if await tab.line.is_members() or name in self._open:
            return
        await self._expire_in_redis(name)
        left = self._left[tab.network]
        timer = asyncio.get_running_loop().call_later(KEPT_SECONDS, self._drop, name, tab.network)
        left[name] = timer
        if len(left) > KEPT_OF_A_NETWORK and settings().limits:
            self._drop(next(iter(left)), tab.network)

    def _drop(self, name: str, network: str) -> None:
        """Empties what is kept of a tab that has not come back."""
        left = self._left.get(network, OrderedDict())
        if timer := left.pop(name, None):
            timer.cancel()
        if not left:
            self._left.pop(network, None)
        manager = self._app.state_manager if self._app else None
        if name in self._open or not isinstance(manager, StateManagerMemory):
            return
        kept, lock = manager._token_expires_at.get(name), manager._states_locks.get(name)
        if kept and not (lock and lock.locked()):
            manager._purge_token(kept[1])

    async def _expire_in_redis(self, name: str) -> None:
        manager = self._app.state_manager if self._app else None
        if not isinstance(manager, StateManagerRedis):
            return
        from redis.exceptions import RedisError

        pipeline = manager.redis.pipeline(transaction=False)
        for state in _all_states():
            pipeline.expire(f"{name}_{state.get_full_name()}", KEPT_SECONDS)
        try:
            await pipeline.execute()
        except RedisError:
            # It expires within the hour, as everything there does.
            return


tabs = Tabs()


def _all_states() -> list[type[Any]]:
    states, found = [State], []
    while states:
        found.append(states.pop())
        states += found[-1].get_substates()
    return found


def tab_of(environ: dict[str, Any]) -> Tab:
    """The tab behind a socket's handshake, as the trusted proxies tell it."""
    scope = environ.get("asgi.scope", {})
    address = (scope.get("client") or ("",))[0]
    line = scope.get(LINE) or Line(network_of(address))
    return Tab(address, environ.get("HTTP_USER_AGENT", "")[:500], line)
