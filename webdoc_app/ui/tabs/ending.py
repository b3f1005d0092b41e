"""When a session ends, so does all that the server holds for its tabs: open ones and those already left."""

import asyncio
import logging
import time
from typing import Any

from redis.exceptions import RedisError
from reflex.event import Event
from reflex.istate.manager.token import BaseStateToken
from reflex.state import BaseState, State
from reflex_base.event.context import EventContext
from sqlalchemy.exc import SQLAlchemyError

from webdoc_app.live.endings import until_session_ended
from webdoc_app.services.session_ends import ended_among
from webdoc_app.services.work import reading
from webdoc_app.ui.tabs.binding import Tabs
from webdoc_app.ui.tabs.emptying import empty
from webdoc_app.ui.tabs.places import Here

Check = Any
"""A handler for those signed in only, called as `check(what, document_id)` where a session is over."""

logger = logging.getLogger(__name__)

SECONDS = 5.0
"""Sessions are also ended by other processes: a command, another worker."""
REMEMBERED_SECONDS = 3_600.0
"""As long as the framework keeps the state of a tab that has gone."""
LOGIN = "/login"


async def end_tab(state: BaseState, away: str = LOGIN) -> None:
    """Within an event of the tab: nothing stays in it, and its page is left for `away`."""
    root, tab = state._get_root_state(), EventContext.get()
    await empty(tab.state_manager, root, tab.token, everything=True)
    here = await root.get_state(Here)
    here.object, here.away = "", away


async def keep_tabs(tabs: Tabs, check: Check) -> None:
    """Runs in every worker as long as it lives."""
    while True:
        await until_session_ended(SECONDS)
        try:
            await sweep(tabs, check)
        except asyncio.CancelledError:
            raise
        except (SQLAlchemyError, RedisError, OSError) as error:
            # The database is away, say: as soon as it is back this is made up for.
            logger.warning(
                "what ended sessions left could not be emptied, going on: %s", type(error).__name__
            )
        except Exception:
            logger.exception("what ended sessions left could not be emptied, going on")


async def sweep(tabs: Tabs, check: Check) -> None:
    """Empties the tabs of sessions that are over."""
    sessions = {connection.session for connection in tabs.connections.values()} - {""}
    async with reading() as session:
        ended = await ended_among(session, sessions)
    for token, connection in list(tabs.connections.items()):
        if connection.session in ended:
            await _end(tabs, token, check)
        elif not tabs.is_connected(token) and connection.since < time.monotonic() - REMEMBERED_SECONDS:
            tabs.connections.pop(token, None)


async def _end(tabs: Tabs, token: str, check: Check) -> None:
    tabs.connections.pop(token, None)
    if tabs.is_connected(token):
        # In its turn among the tab's own events: the browser is told, and goes to the door.
        await tabs.app.event_processor.enqueue(token, Event.from_event_type(check("session", ""))[0])
        return
    async with tabs.manager.modify_state(BaseStateToken(ident=token, cls=State)) as root:
        await tabs.wipe(root, token)
