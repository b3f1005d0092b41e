"""News to pages: each open page of this process that watches a topic gets one event, and reads again."""

import asyncio
import logging
import weakref
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import reflex as rx
from reflex.event import Event

from webdoc_app.live.bus import Bus, News
from webdoc_app.live.watchers import watchers

logger = logging.getLogger(__name__)
_turns: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock]" = weakref.WeakKeyDictionary()


def watch(state: rx.State, place: str, topics: list[str], handler: Callable[[str, str], Any]) -> None:
    """The tab of this state calls `handler(what, document_id)` - a State's event handler - at news of the topics."""

    def tell(news: News) -> Event:
        return Event.from_event_type(handler(news.what, news.document_id))[0]

    watchers.watch(state.router.session.client_token, place, topics, tell)


@asynccontextmanager
async def in_turn() -> AsyncIterator[None]:
    """Open pages read one after the other at the same news: reading is work of this process, and done all at once
    each would be as late as the last."""
    loop = asyncio.get_running_loop()
    async with _turns.setdefault(loop, asyncio.Lock()):
        yield


async def fan_out(app: rx.App, bus: Bus) -> None:
    """Runs in every worker as long as it lives: hands news to the tabs that watch."""
    while True:
        try:
            async for news in bus.messages():
                await _hand_out(app, news)
        except asyncio.CancelledError:
            raise
        except Exception:
            logger.exception("handing out news failed, going on")
            await asyncio.sleep(1)


def connected(app: rx.App) -> Callable[[str], bool]:
    """Whether a tab has its socket at this process."""

    def is_connected(tab: str) -> bool:
        sockets = app.event_namespace._token_manager
        record = sockets.token_to_socket.get(tab)
        return record is not None and record.instance_id == sockets.instance_id

    return is_connected


async def _hand_out(app: rx.App, news: News) -> None:
    is_connected = connected(app)
    for tab, tell in watchers.told_of(news):
        if not is_connected(tab):
            watchers.forget(tab)
            continue
        await app.event_processor.enqueue(tab, tell(news))
