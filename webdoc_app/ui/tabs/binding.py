"""Binds the state of a tab to the session that filled it and to what its address names.

Reflex keeps a tab's state for an hour under a token that the browser chooses, sends all of it at each connection
before any handler of ours runs, and lets it outlive any change of address. So every event, the framework's own
included, first passes here, with the tab's lock held:

- the state of another session is emptied whole before anything is sent, that of another address but for what
  belongs to the person (`stays`);
- an event of a connection that is over does nothing once another session has the tab, and what it says about
  another address reaches no screen.
"""

import sys
import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import reflex as rx
from reflex.istate.manager import StateManager
from reflex.istate.manager.memory import StateManagerMemory
from reflex.istate.manager.token import BaseStateToken
from reflex.state import BaseState, State, StateUpdate
from reflex.utils.token_manager import RedisTokenManager
from reflex_base.constants import CompileVars, RouteVar
from reflex_base.event import Event
from reflex_base.event.context import EventContext

from webdoc_app.ui.refresh import connected
from webdoc_app.ui.tabs.emptying import empty
from webdoc_app.ui.tabs.places import (
    FILLED_BY,
    Here,
    RouterData,
    object_of,
    place_of,
    same_session,
    session_of,
)


class LateEvent(Exception):
    """An event of a session that no longer has the tab: it is dropped."""


@dataclass(frozen=True)
class Connection:
    """A tab's newest connection to this process: its socket, and the session and place it began with."""

    sid: str
    session: str
    place: str
    since: float = field(default_factory=time.monotonic)


class Tabs:
    """The tabs of one process."""

    def __init__(self, app: rx.App) -> None:
        self.app = app
        self.connections: dict[str, Connection] = {}

    @property
    def manager(self) -> StateManager:
        return self.app.state_manager

    def is_connected(self, token: str) -> bool:
        return connected(self.app)(token)

    async def claim(self, token: str, told: RouterData) -> None:
        """A connection is about to get the tab: the state of another session goes first.

        Whatever handler still runs for that session has ended by then: it holds the tab's lock, and its last words
        find no socket.
        """
        known = await self._peek(token)
        if not known or same_session(known, told):
            return
        async with self.manager.modify_state(BaseStateToken(ident=token, cls=State)) as root:
            if root.router_data and not same_session(root.router_data, told):
                await self.wipe(root, token, next_session=session_of(told))

    async def wipe(self, root: BaseState, token: str, *, next_session: str | None = None) -> None:
        """Leaves nothing in a state, and tells no browser: nobody who may see it has it."""
        await empty(self.manager, root, token, everything=True)
        root.router_data = {} if next_session is None else {FILLED_BY: next_session}
        for name, kept in type(root).__fields__.items():
            if name.startswith("rx_router"):
                setattr(root, name, kept.default_value())
        root._clean()

    async def before_event(self, root: BaseState, token: str, event: Event | None = None) -> None:
        """Empties what the event must not see. Raises LateEvent."""
        told = _told()
        if not told:
            return  # news: they are about what the tab shows
        before: RouterData = root.router_data
        if RouteVar.HEADERS not in told:
            told = {**before, **told}
        if self._is_late(token, told, before):
            raise LateEvent
        if await self._emptied(root, token, told, event):
            here = await root.get_state(Here)
            for name, value in (("object", object_of(told)), ("away", "")):
                if getattr(here, name) != value:
                    setattr(here, name, value)

    async def _emptied(self, root: BaseState, token: str, told: RouterData, event: Event | None) -> bool:
        """Whether the page begins anew with this event: the state was of nothing, or of something else."""
        before: RouterData = root.router_data
        begins = _is_connection(event)
        if before and not same_session(before, told):
            await self.wipe(root, token)
        elif FILLED_BY in before:
            root.router_data = {}
        elif before and _differ(place_of(before), place_of(told), by_query=begins):
            await empty(self.manager, root, token, everything=False)
            if RouteVar.ORIGIN not in told:
                # No page of ours says nothing of its address: the one before must not stand in for it.
                root.router_data = {}
        else:
            return begins or not before
        return True

    def is_of_before(self, token: str) -> bool:
        """Whether what is about to be sent was found by an event of an earlier connection, for another address."""
        told, now = _told(), self.connections.get(token)
        if not told or now is None or told.get(RouteVar.SESSION_ID) == now.sid:
            return False
        return session_of(told) != now.session or place_of(told) != now.place

    def _is_late(self, token: str, told: RouterData, before: RouterData) -> bool:
        record = self.app.event_namespace._token_manager.token_to_socket.get(token)
        if record is not None and record.sid == told.get(RouteVar.SESSION_ID):
            return False
        if before and not same_session(before, told):
            return True
        now = self.connections.get(token)
        return record is not None and now is not None and now.session != session_of(told)

    async def _peek(self, token: str) -> RouterData:
        """What the tab's state says of the event it saw last; nothing where there is no state."""
        manager = self.manager
        if isinstance(manager, StateManagerMemory):
            kept = manager.states.get(token)
            return dict(kept.router_data) if kept is not None else {}
        root = await manager.get_state(BaseStateToken(ident=token, cls=Here))
        return dict(root.router_data)


def bind_tabs(app: rx.App) -> Tabs:
    """Puts the binding in front of connections, events and what is sent."""
    tabs = Tabs(app)
    _bind_connections(app, tabs)
    _bind_sending(app, tabs)
    _bind_states(app, tabs)
    return tabs


_connecting: ContextVar[RouterData] = ContextVar("connecting")


def _bind_connections(app: rx.App, tabs: Tabs) -> None:
    namespace = app.event_namespace
    connect, link = namespace.on_connect, namespace.link_token_to_sid

    async def on_connect(sid: str, environ: dict[str, Any], auth: Any = None) -> Any:
        _connecting.set(_told_at_connection(namespace._build_static_router_data(sid, environ), auth))
        return await connect(sid, environ, auth)

    async def link_token_to_sid(sid: str, token: str, *, update_state: bool = True) -> None:
        told = _connecting.get({})
        now = Connection(sid, session_of(told), place_of(told))
        # A tab in use is nobody else's to empty: its twin is given another token.
        if not await namespace._token_manager.is_token_connected(token):
            await tabs.claim(token, told)
            tabs.connections[token] = now
        await link(sid, token, update_state=update_state)
        tabs.connections[namespace.sid_to_token.get(sid, token)] = now

    namespace.on_connect = on_connect  # type: ignore[method-assign]
    namespace.link_token_to_sid = link_token_to_sid  # type: ignore[method-assign]


def _told_at_connection(static: dict[str, Any], auth: Any) -> RouterData:
    boot = auth.get("event") if isinstance(auth, dict) else None
    said = boot.get("router_data") if isinstance(boot, dict) else None
    address = said.get(RouteVar.ORIGIN) if isinstance(said, dict) else None
    return {**static, RouteVar.ORIGIN: address if isinstance(address, str) else ""}


def _bind_sending(app: rx.App, tabs: Tabs) -> None:
    namespace = app.event_namespace
    send = namespace.emit_update

    async def emit_update(update: StateUpdate, token: str) -> None:
        manager = namespace._token_manager
        if tabs.is_of_before(token):
            return
        if token not in manager.token_to_socket and not isinstance(manager, RedisTokenManager):
            return  # The tab has gone; the framework would write its token into the log.
        await send(update, token)

    namespace.emit_update = emit_update  # type: ignore[method-assign]


def _bind_states(app: rx.App, tabs: Tabs) -> None:
    manager = app.state_manager
    open_state = manager.modify_state_with_links

    def modify_state_with_links(token: Any, *arguments: Any, **context: Any) -> "_Bound":
        opened = open_state(token, *arguments, **context)
        return _Bound(tabs, opened, token.ident, context.get("event"))

    manager.modify_state_with_links = modify_state_with_links  # type: ignore[method-assign,assignment]


class _Bound:
    """A tab's state, locked, and emptied of what the event must not see."""

    def __init__(self, tabs: Tabs, opened: Any, token: str, event: Event | None) -> None:
        self._tabs, self._opened, self._token, self._event = tabs, opened, token, event

    async def __aenter__(self) -> BaseState:
        root: BaseState = await self._opened.__aenter__()
        try:
            await self._tabs.before_event(root, self._token, self._event)
        except BaseException:
            await self._opened.__aexit__(*sys.exc_info())
            raise
        return root

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Any:
        return await self._opened.__aexit__(kind, error, trace)


def _differ(one: str, other: str, *, by_query: bool) -> bool:
    """Whether two places are of different pages. A list that is shown already empties itself: see `by_query`."""
    return one != other if by_query else one.partition("?")[0] != other.partition("?")[0]


def _is_connection(event: Event | None) -> bool:
    """Whether this is what a page sends when it connects."""
    return event is not None and event.name.endswith(CompileVars.HYDRATE_AND_LOAD)


def _told() -> Mapping[str, Any]:
    """What came along with the event that is being handled; nothing outside of one, nor with news."""
    try:
        return EventContext.get().router_data
    except LookupError:
        return {}
