"""Carries the outbox to the world, in every worker; each mail is claimed by one of them."""

import asyncio
import logging
from collections.abc import Mapping
from time import monotonic
from urllib.parse import quote

from webdoc_app.integrations.mail.smtp import Letter, NotSent, SmtpPostman
from webdoc_app.integrations.webhooks import post
from webdoc_app.models import OutboxMail
from webdoc_app.services.attachments import attachments_of
from webdoc_app.services.mail_addresses import bounce_address
from webdoc_app.services.notices import mail_due_news
from webdoc_app.services.outbox import Deliver, Undeliverable, deliver_due
from webdoc_app.services.unsubscribing import unsubscribe_url
from webdoc_app.services.webhooks_out import Calls, loopback_allowed

logger = logging.getLogger(__name__)
PAUSE_SECONDS = 1.0
NEWS_PAUSE_SECONDS = 2.0


async def carry_mails(smtp_url: str) -> None:
    """Runs as long as the worker lives."""
    postman = SmtpPostman(smtp_url)

    while True:
        try:
            tried = await deliver_due(delivering(postman))
        except asyncio.CancelledError:
            raise
        except Exception:
            logger.exception("the outbox could not be carried, going on")
            tried = 0
        if not tried:
            await asyncio.sleep(PAUSE_SECONDS)


async def tell_people() -> None:
    """Runs as long as the worker lives: news by mail, to whoever of the company wants them."""
    while True:
        try:
            await mail_due_news()
        except asyncio.CancelledError:
            raise
        except Exception:
            logger.exception("news could not be mailed, going on")
        await asyncio.sleep(NEWS_PAUSE_SECONDS)


async def call_webhooks() -> None:
    """Runs as long as the worker lives: events to the addresses companies have named."""

    async def call(url: str, body: str, headers: dict[str, str]) -> int:
        return await post(url, body, headers, loopback=loopback_allowed())

    calls = Calls(call)
    try:
        while True:
            began, tried = monotonic(), 0
            try:
                await calls.start_due()
                tried = await calls.progress(PAUSE_SECONDS)
            except asyncio.CancelledError:
                raise
            except Exception:
                logger.exception("webhooks could not be called, going on")
            # What was tried may have more behind it; else what is due is looked for again in a moment.
            await asyncio.sleep(0 if tried else max(0.0, PAUSE_SECONDS - (monotonic() - began)))
    finally:
        await calls.stop()


def delivering(postman: SmtpPostman) -> Deliver:
    """Hands a mail of the outbox to the server; what the server refuses for good is undeliverable."""

    async def deliver(mail: OutboxMail) -> None:
        try:
            await postman.deliver(await letter_of(mail))
        except NotSent as refused:
            if refused.for_good:
                raise Undeliverable(str(refused)) from refused
            raise

    return deliver


async def letter_of(mail: OutboxMail) -> Letter:
    files = await attachments_of(mail)
    return Letter(
        message_id=mail.message_id,
        from_name=mail.from_name,
        to_name=mail.to_name,
        to_email=mail.to_email,
        reply_to=mail.reply_to,
        subject=mail.subject,
        text=mail.text_body,
        html=mail.html_body,
        headers=_headers_of(mail),
        bounce_to=bounce_address(mail.id),
        files=tuple((file.filename, file.data, file.media_type) for file in files),
    )


REMINDERS = ("return", "reminder", "followup")
"""Purposes of mails nobody asked for at that moment."""
BY_HAND = ("document",)
"""Purposes of mails a person has written."""


def _headers_of(mail: OutboxMail) -> Mapping[str, str]:
    """That no answering machine should answer (RFC 3834), and how to have no more reminders: at an address of its own
    (RFC 8058), by a mail to the company (RFC 2369).

    One click is offered where the address is https, as the RFC asks.
    """
    headers = {} if mail.purpose in BY_HAND else {"Auto-Submitted": "auto-generated"}
    if mail.purpose not in REMINDERS:
        return headers
    ways = [unsubscribe_url(mail.link_id, mail.to_email)] if mail.link_id else []
    is_secure = any(way.startswith("https://") for way in ways)
    if mail.reply_to:
        # In the thread, where the address leads there, it must say what it is.
        ways.append(f"mailto:{quote(mail.reply_to, safe='@+')}?subject={quote(f'STOP · {mail.subject}')}")
    if ways:
        headers["List-Unsubscribe"] = ", ".join(f"<{way}>" for way in ways)
    return {**headers, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"} if is_secure else headers
