"""Does what is due, in every worker; each task is claimed by one of them."""

import asyncio
import logging
from time import monotonic

from webdoc_app.services.followups import run_due_followups
from webdoc_app.services.history_care import keep_heads, mail_due_anchors
from webdoc_app.services.openings import truncate_openings
from webdoc_app.services.reminders import run_due_tasks

logger = logging.getLogger(__name__)
PAUSE_SECONDS = 10.0
ROUND_SECONDS = 60.0
"""Between two rounds over the documents to follow up."""
TIDY_SECONDS = 24 * 3_600.0


async def keep_schedule() -> None:
    """Runs as long as the worker lives. What was due while none ran is done at the next start."""
    next_round = monotonic()
    while True:
        try:
            done = await run_due_tasks()
            if monotonic() >= next_round:
                next_round = monotonic() + ROUND_SECONDS
                await run_due_followups()
        except asyncio.CancelledError:
            raise
        except Exception:
            logger.exception("a due task could not be done, going on")
            done = 0
        if not done:
            await asyncio.sleep(PAUSE_SECONDS)


async def keep_tidy() -> None:
    """Once a day, and at each start: what was kept long enough is truncated. Doing it twice changes nothing more."""
    while True:
        started = monotonic()
        try:
            while await truncate_openings():
                pass
        except asyncio.CancelledError:
            raise
        except Exception:
            logger.exception("old openings could not be truncated, trying again tomorrow")
        await asyncio.sleep(TIDY_SECONDS - (monotonic() - started))


async def keep_anchored() -> None:
    """Once a day, and at each start: the end of every history is anchored, and once a month mailed to its owner."""
    while True:
        for task, words in ((keep_heads, "anchored"), (mail_due_anchors, "mailed")):
            try:
                await task()
            except asyncio.CancelledError:
                raise
            except Exception:
                logger.exception("the ends of the histories could not be %s, trying again tomorrow", words)
        await asyncio.sleep(TIDY_SECONDS)
