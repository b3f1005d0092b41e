"""Does what is due, in every worker; each task is claimed by one of them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from time import monotonic

from webdoc_app.services.crowds import drop_unproven, fold_machines
from webdoc_app.services.followups import run_due_followups
from webdoc_app.services.history_care import keep_heads, mail_due_anchors
from webdoc_app.services.openings import truncate_openings
from webdoc_app.services.purging import (
    forget_answers,
    forget_codes,
    forget_nonces,
    forget_sessions,
    spend_old_mails,
)
from webdoc_app.services.reminders import run_due_tasks
from webdoc_app.services.webhooks_out import drop_old_deliveries

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


TIDYING: tuple[Callable[[], Awaitable[int]], ...] = (
    truncate_openings,
    fold_machines,
    drop_unproven,
    drop_old_deliveries,
    spend_old_mails,
    forget_answers,
    forget_sessions,
    forget_codes,
    forget_nonces,
)
"""What is not kept for ever: each does one batch in a transaction of its own and says how much it did, 0 at the end."""


async def keep_tidy() -> None:
    """Once a day, and at each start. Doing it twice, or in two workers at once, changes nothing more."""
    while True:
        started = monotonic()
        await tidy_up()
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


async def tidy_up() -> None:
    """Batch by batch, so that whoever writes meanwhile waits for one batch at most. One that fails stops no other."""
    for tidy in TIDYING:
        try:
            while await tidy():
                pass
        except Exception:
            logger.exception("%s could not be done, trying again tomorrow", tidy.__name__)
