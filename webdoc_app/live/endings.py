"""Says within a process that a session was ended here: what is held for it goes at once instead of soon."""

import asyncio
import weakref

_waiting: "weakref.WeakSet[asyncio.Event]" = weakref.WeakSet()


def session_ended() -> None:
    """Somebody signed out."""
    for event in _waiting:
        event.set()


async def until_session_ended(seconds: float) -> None:
    """Returns once a session was ended in this process, or after this many seconds: others end them too."""
    event = asyncio.Event()
    _waiting.add(event)
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
