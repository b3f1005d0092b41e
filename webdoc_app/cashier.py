"""Asks about payments nobody told of, and about payouts, in every worker; each is asked about by one of them."""

import asyncio
import logging

from webdoc_app.services.payouts import read_due_payouts
from webdoc_app.services.settling_due import begin_due

logger = logging.getLogger(__name__)
PAUSE_SECONDS = 5.0
PAYOUTS_PAUSE_SECONDS = 60.0


async def watch_payments() -> None:
    """Runs as long as the worker lives."""
    asked: set[asyncio.Task[bool]] = set()
    try:
        while True:
            try:
                asked |= set(await begin_due())
            except asyncio.CancelledError:
                raise
            except Exception:
                logger.exception("payments could not be asked about, going on")
            if asked:
                # Whoever does not answer is not waited for: the others' time comes meanwhile.
                _, asked = await asyncio.wait(
                    asked, timeout=PAUSE_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
            else:
                await asyncio.sleep(PAUSE_SECONDS)
    finally:
        for task in asked:
            task.cancel()


async def watch_payouts() -> None:
    """Runs as long as the worker lives."""
    while True:
        try:
            await read_due_payouts()
        except asyncio.CancelledError:
            raise
        except Exception:
            logger.exception("payouts could not be read, going on")
        await asyncio.sleep(PAYOUTS_PAUSE_SECONDS)
