"""A worker that follows up, in a process of its own: beside another one, or killed in the middle."""

import asyncio
import os
import signal
from datetime import datetime
from typing import Any

from sqlalchemy import event

from webdoc_app.services import database
from webdoc_app.services.followups import run_due_followups
from webdoc_app.services.work import Change, Runtime, configure

WAIT_SECONDS = 60


def _die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def _die_later(changes: list[Change]) -> None:
    _die()


def follow_up(url: str, now: datetime, barrier: Any = None, killed: str = "") -> None:
    """`killed` "before" the commit of the first reminder, or right "after" it."""
    runtime = Runtime(database.async_engine(url), ["k" * 32], "http://localhost:3000", clock=lambda: now)
    if killed == "after":
        runtime.publish = _die_later
    if killed == "before":
        event.listen(runtime.engine.sync_engine, "commit", _die)
    configure(runtime)

    async def run() -> None:
        if barrier:
            await asyncio.to_thread(barrier.wait, WAIT_SECONDS)
        await run_due_followups()
        await runtime.engine.dispose()

    asyncio.run(run())
