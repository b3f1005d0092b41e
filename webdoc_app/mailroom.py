"""Fetches mails from the mailbox answers come to; every worker stands ready, one does it."""

import asyncio
import logging
from datetime import timedelta

from webdoc_app.domain.errors import TooMany
from webdoc_app.integrations.mail.imap import Mailbox, MailboxError
from webdoc_app.integrations.mail.incoming import MAX_BYTES
from webdoc_app.models.columns import new_id
from webdoc_app.services.claims import claim
from webdoc_app.services.incoming import take

logger = logging.getLogger(__name__)
PAUSE_SECONDS = 15.0
LEASE = timedelta(minutes=3)
"""Longer than one mail takes; a worker that died is replaced after it."""


async def fetch_mails(imap_url: str) -> None:
    """Runs as long as the worker lives."""
    worker = new_id()
    while True:
        try:
            if await claim("mailbox", worker, LEASE):
                await fetch_once(imap_url, worker)
        except asyncio.CancelledError:
            raise
        except MailboxError as error:
            logger.warning("the mailbox could not be read: %s", error)
        except Exception:
            logger.exception("mails could not be fetched, going on")
        await asyncio.sleep(PAUSE_SECONDS)


async def fetch_once(imap_url: str, worker: str) -> int:
    """Takes what is unread. Each mail is marked read after it was kept: a worker killed in between takes it again, and it
    is known. Returns how many. Raises MailboxError."""
    taken = 0
    mailbox = Mailbox(imap_url)
    await asyncio.to_thread(mailbox.open)
    try:
        for number, size in await asyncio.to_thread(mailbox.unread):
            if not await claim("mailbox", worker, LEASE):
                break
            taken += await _take(mailbox, number, size)
    finally:
        await asyncio.to_thread(mailbox.close)
    return taken


async def _take(mailbox: Mailbox, number: int, size: int) -> bool:
    if size > MAX_BYTES:
        logger.warning("a mail of %s bytes in the mailbox is too large, and left there", size)
    elif raw := await asyncio.to_thread(mailbox.raw, number):
        try:
            await take(raw)
        except TooMany:
            return False  # stays unread: taken when the flood is over
    await asyncio.to_thread(mailbox.mark_read, number)
    return True
