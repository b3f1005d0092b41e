"""Errands: work done after the answer has left, so that nobody learns from an answer's time what there was to do.

An errand lost with its process changes nothing a person relies on: they ask again.
"""

import asyncio
import logging
import random
import weakref
from collections.abc import Coroutine
from typing import Any

logger = logging.getLogger(__name__)
MOST_WAITING = 1_000
LONGEST_PAUSE_SECONDS = 0.25

_by_loop: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, set[asyncio.Task[None]]]" = (
    weakref.WeakKeyDictionary()
)


def run_later(errand: Coroutine[Any, Any, None]) -> None:
    """Runs it a moment from now, not always the same one: whoever asks again at once learns nothing either.

    Under a flood it is dropped.
    """
    tasks = _by_loop.setdefault(asyncio.get_running_loop(), set())
    if len(tasks) >= MOST_WAITING:
        errand.close()
        return
    task = asyncio.create_task(_run(errand))
    tasks.add(task)
    task.add_done_callback(tasks.discard)


async def all_run() -> None:
    """Waits until what was handed over so far is done: at the end of a process, and in tests."""
    while tasks := _by_loop.get(asyncio.get_running_loop()):
        await asyncio.gather(*tasks)


async def _run(errand: Coroutine[Any, Any, None]) -> None:
    try:
        await asyncio.sleep(random.uniform(0, LONGEST_PAUSE_SECONDS))
    except BaseException:
        errand.close()
        raise
    try:
        await errand
    except Exception:
        logger.exception("an errand could not be run")
