"""Does what is due, in every worker; each task is claimed by one of them."""

import asyncio
import logging

from webdoc_app.services.reminders import run_due_tasks

logger = logging.getLogger(__name__)
PAUSE_SECONDS = 10.0


async def keep_schedule() -> None:
    """Runs as long as the worker lives. What was due while none ran is done at the next start."""
    while True:
        try:
            done = await run_due_tasks()
        except asyncio.CancelledError:
            raise
        except Exception:
            logger.exception("a due task could not be done, going on")
            done = 0
        if not done:
            await asyncio.sleep(PAUSE_SECONDS)
