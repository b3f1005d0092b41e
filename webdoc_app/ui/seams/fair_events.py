"""Events of pages take turns, network by network, with the requests; and of one tab only so many wait."""

from typing import Any

import reflex as rx

from webdoc_app.core.shares import share_of
from webdoc_app.core.turns import NoTurn
from webdoc_app.settings import settings
from webdoc_app.ui.seams.tabs import tabs

MOST_WAITING = 100
"""Events of one tab: it handles them one after the other."""


def take_turns(app: rx.App) -> None:
    """Puts the turn around the handling of every event, what the server tells a page included."""
    processor: Any = app.event_processor
    execute = processor._execute_event
    if getattr(execute, "takes_turns", False):
        return

    async def in_turn(*, entry: Any, registered_handler: Any) -> None:
        tab = tabs.find(entry.ctx.token)
        try:
            async with share_of(tab.network if tab else ""):
                await execute(entry=entry, registered_handler=registered_handler)
        except NoTurn:
            return

    in_turn.takes_turns = True
    processor._execute_event = in_turn


def has_room(app: rx.App, name: str) -> bool:
    """Whether one more event of the tab may wait."""
    processor: Any = app.event_processor
    return not settings().limits or len(processor._token_queues.get(name, ())) < MOST_WAITING
