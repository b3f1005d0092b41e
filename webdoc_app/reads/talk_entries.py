"""What happened to a document, told inside its conversation: answers, payments, new versions. Plain facts, both sides."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.models import Document, TimelineEvent
from webdoc_app.models.columns import parse_time, time_text
from webdoc_app.reads.history import sentence_of

TYPES = (
    "document.revised",
    "decision.accepted",
    "decision.refused",
    "decision.held",
    "decision.reopened",
    "payment.recorded",
    "payment.settled",
    "payment.refunded",
    "payment.refund_failed",
)
"""Nothing here tells a client what its own page does not say."""
MOST = 100


@dataclass(frozen=True)
class Entry:
    id: str
    sentence: str
    at: datetime


async def entries_of(
    session: AsyncSession, document: Document, language: str, since: datetime | None
) -> list[Entry]:
    """The newest entries from `since` on (all without it), oldest of them first."""
    query = select(TimelineEvent).where(
        TimelineEvent.document_id == document.id, col(TimelineEvent.type).in_(TYPES)
    )
    if since:
        query = query.where(TimelineEvent.at >= time_text(since))
    events = (await session.exec(query.order_by(col(TimelineEvent.seq).desc()).limit(MOST))).all()
    return [
        Entry(
            event.id,
            sentence_of(event.type, json.loads(event.data), document.currency, language),
            parse_time(event.at),
        )
        for event in reversed(events)
    ]
