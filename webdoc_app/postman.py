"""Carries the outbox to the world, in every worker; each mail is claimed by one of them."""

import asyncio
import logging

from webdoc_app.integrations.mail.smtp import Letter, SmtpPostman
from webdoc_app.models import OutboxMail
from webdoc_app.services.attachments import attachments_of
from webdoc_app.services.outbox import deliver_due

logger = logging.getLogger(__name__)
PAUSE_SECONDS = 1.0


async def carry_mails(smtp_url: str) -> None:
    """Runs as long as the worker lives."""
    postman = SmtpPostman(smtp_url)

    async def deliver(mail: OutboxMail) -> None:
        await postman.deliver(await letter_of(mail))

    while True:
        try:
            tried = await deliver_due(deliver)
        except asyncio.CancelledError:
            raise
        except Exception:
            logger.exception("the outbox could not be carried, going on")
            tried = 0
        if not tried:
            await asyncio.sleep(PAUSE_SECONDS)


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
        files=tuple((file.filename, file.data, file.media_type) for file in files),
    )
