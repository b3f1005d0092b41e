"""The outbox as its company reads it: mails that wait, left or failed, with their text."""

from dataclasses import dataclass

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.locales import translate
from webdoc_app.models import OutboxMail
from webdoc_app.reads.when import at_moment, when
from webdoc_app.services.outbox import QUOTA_REACHED
from webdoc_app.services.work import now
from webdoc_app.settings import settings

STATES = {"queued": "À envoyer", "sent": "Envoyé", "dead": "Abandonné", "bounced": "Revenu"}


@dataclass(frozen=True)
class MailRow:
    """`text` is empty where the mail is for somebody else's eyes alone."""

    id: str
    recipient: str
    subject: str
    text: str
    state: str
    state_label: str
    at: str
    error: str
    document_id: str


async def mails_of(
    session: AsyncSession, company_id: str, reader_email: str, language: str, *, page: int = 1, size: int = 25
) -> tuple[list[MailRow], bool]:
    """A page of mails, newest first, and whether there are more."""
    query = (
        select(OutboxMail)
        .where(OutboxMail.company_id == company_id)
        .order_by(col(OutboxMail.created_at).desc(), col(OutboxMail.id).desc())
        .offset((page - 1) * size)
        .limit(size + 1)
    )
    mails = (await session.exec(query)).all()
    return [_row(mail, reader_email, language) for mail in mails[:size]], len(mails) > size


def _row(mail: OutboxMail, reader_email: str, language: str) -> MailRow:
    return MailRow(
        id=mail.id,
        recipient=f"{mail.to_name} · {mail.to_email}" if mail.to_name else mail.to_email,
        subject=mail.subject,
        text="" if _is_private(mail, reader_email) else mail.text_body,
        state=mail.state,
        state_label=translate(STATES.get(mail.state, mail.state), language),
        at=when(mail.sent_at or mail.created_at, now(), language),
        error=error_of(mail, language),
        document_id=mail.document_id or "",
    )


def error_of(mail: OutboxMail, language: str) -> str:
    """Why it has not left, in words where the reason is ours, else as the server said it."""
    if mail.last_error == QUOTA_REACHED and mail.state == "queued":
        return translate(
            "Vous avez envoyé beaucoup de courriels : celui-ci attend son tour et partira de lui-même %(when)s.",
            language,
            {"when": at_moment(mail.next_at, now(), language)},
        )
    return mail.last_error


def _is_private(mail: OutboxMail, reader_email: str) -> bool:
    """A link to choose a password opens its owner's account; a code proves that the client's inbox was read.

    Where no mail leaves, nobody else could bring the client the code: the proof of the answer says so then.
    """
    if mail.to_email == reader_email:
        return False
    return mail.purpose == "password" or (
        mail.purpose == "code" and (bool(settings().smtp_url) or mail.attempts > 0)
    )
