"""What became of a document's mails: waiting, handed to the server, in trouble, given up."""

from dataclasses import dataclass

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.locales import translate
from webdoc_app.models import Document, OutboxMail
from webdoc_app.reads.when import at_moment
from webdoc_app.services.work import now
from webdoc_app.settings import settings

MOST = 8
_PRIVATE = ("code", "password")


@dataclass(frozen=True)
class DeliveryRow:
    """`state` is queued, sent, failed (tried in vain, will be again) or dead; `error` is what the server said."""

    id: str
    state: str
    sentence: str
    subject: str
    error: str


async def deliveries_of(session: AsyncSession, document: Document, language: str) -> list[DeliveryRow]:
    """The newest mails about the document, newest first; one-time codes are nobody's business."""
    query = (
        select(OutboxMail)
        .where(OutboxMail.document_id == document.id, col(OutboxMail.purpose).not_in(_PRIVATE))
        .order_by(col(OutboxMail.created_at).desc(), col(OutboxMail.id))
    )
    return [_row(mail, language) for mail in (await session.exec(query.limit(MOST))).all()]


def _row(mail: OutboxMail, language: str) -> DeliveryRow:
    state = "failed" if mail.state == "queued" and mail.last_error else mail.state
    moment = mail.sent_at if state == "sent" else mail.next_at if state == "failed" else mail.created_at
    words = {"to": mail.to_email, "when": at_moment(moment or mail.created_at, now(), language)}
    return DeliveryRow(
        id=mail.id,
        state=state,
        sentence=translate(_sentence(state), language, words),
        subject=mail.subject,
        error=mail.last_error if state in ("failed", "dead") else "",
    )


def _sentence(state: str) -> str:
    if state == "sent":
        return "Envoyé à %(to)s, remis au serveur %(when)s"
    if state == "failed":
        return "Pas encore parti pour %(to)s, nouvel essai %(when)s"
    if state == "dead":
        return "Adresse en erreur : %(to)s"
    if not settings().smtp_url:
        return "En attente pour %(to)s : aucun serveur de courriel n’est réglé"
    return "En route vers %(to)s, écrit %(when)s"
