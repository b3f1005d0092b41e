"""What became of a document's mails: waiting, handed to the server, arrived, in trouble, given up, come back."""

from dataclasses import dataclass

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.locales import translate
from webdoc_app.models import Document, OutboxMail
from webdoc_app.reads.outbox import error_of
from webdoc_app.reads.when import at_moment
from webdoc_app.services.bounces import COMPLAINT
from webdoc_app.services.work import now
from webdoc_app.settings import settings

MOST = 8
_PRIVATE = ("code", "password")


@dataclass(frozen=True)
class DeliveryRow:
    """`state` is queued, failed (tried in vain, will be again), dead, sent, delayed, delivered, bounced or unwanted;
    `error` is what the server said."""

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
    state = _state(mail)
    moments = {
        "failed": mail.next_at, "queued": mail.created_at, "dead": mail.created_at, "delivered": mail.delivered_at,
    }  # fmt: skip
    moment = moments.get(state, mail.sent_at) or mail.created_at
    words = {"to": mail.to_email, "when": at_moment(moment, now(), language)}
    return DeliveryRow(
        id=mail.id,
        state=state,
        sentence=translate(_sentence(state), language, words),
        subject=mail.subject,
        error=error_of(mail, language) if state in ("failed", "dead", "delayed", "bounced") else "",
    )


def _state(mail: OutboxMail) -> str:
    if mail.state == "sent" and mail.last_error:
        return "unwanted" if mail.last_error == COMPLAINT else "delayed"
    if mail.state == "sent" and mail.delivered_at:
        return "delivered"
    return "failed" if mail.state == "queued" and mail.last_error else mail.state


_SENTENCES = {
    "sent": "Envoyé à %(to)s, remis au serveur %(when)s",
    "failed": "Pas encore parti pour %(to)s, nouvel essai %(when)s",
    "dead": "Adresse en erreur : %(to)s",
    "bounced": "Adresse en erreur : %(to)s, le courriel est revenu",
    "delayed": "Envoyé à %(to)s %(when)s, mais son serveur tarde à le prendre",
    "delivered": "Arrivé chez %(to)s %(when)s",
    "unwanted": "%(to)s a classé ce courriel comme indésirable : plus de relances à cette adresse",
}


def _sentence(state: str) -> str:
    if state in _SENTENCES:
        return _SENTENCES[state]
    if not settings().smtp_url:
        return "En attente pour %(to)s : aucun serveur de courriel n’est réglé"
    return "En route vers %(to)s, écrit %(when)s"
