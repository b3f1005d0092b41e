"""The webhooks of a company and what became of the newest events for each."""

from dataclasses import dataclass

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.locales import translate
from webdoc_app.models import Webhook, WebhookDelivery
from webdoc_app.reads.when import when
from webdoc_app.services.work import now

ATTEMPTS_SHOWN = 5
_STATES = {"queued": "À envoyer", "sent": "Envoyé", "dead": "Abandonné"}


@dataclass(frozen=True)
class AttemptRow:
    id: str
    type: str
    state: str
    words: str


@dataclass(frozen=True)
class WebhookRow:
    id: str
    url: str
    attempts: tuple[AttemptRow, ...]


async def webhooks_of(session: AsyncSession, company_id: str, language: str) -> list[WebhookRow]:
    """Oldest first, each with its newest deliveries."""
    query = select(Webhook).where(Webhook.company_id == company_id, col(Webhook.removed_at).is_(None))
    hooks = (await session.exec(query.order_by(col(Webhook.created_at), col(Webhook.id)))).all()
    return [WebhookRow(hook.id, hook.url, await _attempts(session, hook.id, language)) for hook in hooks]


async def _attempts(session: AsyncSession, webhook_id: str, language: str) -> tuple[AttemptRow, ...]:
    query = (
        select(WebhookDelivery)
        .where(WebhookDelivery.webhook_id == webhook_id)
        .order_by(col(WebhookDelivery.created_at).desc(), col(WebhookDelivery.id))
    )
    rows = (await session.exec(query.limit(ATTEMPTS_SHOWN))).all()
    return tuple(AttemptRow(row.id, row.type, row.state, _words(row, language)) for row in rows)


def _words(row: WebhookDelivery, language: str) -> str:
    """`Envoyé · 10:12 · 200`, `À envoyer · 10:12 · HTTP 500 · essais : 3`."""
    moment = when(row.sent_at or row.created_at, now(), language)
    facts = [translate(_STATES[row.state], language), moment, row.last_error or str(row.status or "")]
    if row.attempts > 1:
        facts.append(translate("essais : %(count)s", language, {"count": row.attempts}))
    return " · ".join(fact for fact in facts if fact)
