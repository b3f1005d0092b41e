"""What a decision keeps so that it can be proved: who answered what, to which content, with which words, and how.

The record is canonical JSON in the decision's row and in its event. Times are UTC texts, amounts minor units.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.models import (
    Company,
    DecisionCode,
    Document,
    Opening,
    OutboxMail,
    ShareLink,
    StoredPdf,
    TimelineEvent,
)
from webdoc_app.models.columns import time_text
from webdoc_app.services.codes import masked
from webdoc_app.services.wording import terms_of

_TIMEZONE = re.compile(r"[A-Za-z0-9_+\-/]{1,64}")
MAX_SENDINGS = 20


@dataclass(frozen=True)
class Circumstances:
    """How an answer came. `recorder` is the user who noted it; `wording` is the text that was shown."""

    wording: str
    language: str
    timezone: str = ""
    link: ShareLink | None = None
    code: DecisionCode | None = None
    recorder: str = ""


async def evidence_of_answer(
    session: AsyncSession, document: Document, company: Company, how: Circumstances
) -> dict[str, Any]:
    """The record of an answer given now."""
    pdf = await session.get(StoredPdf, (document.id, document.version))
    return {
        "format": 1,
        "company": {"id": company.id, "name": company.name, "siren": company.siren},
        "document": {
            "number": document.number,
            "kind": document.kind,
            "version": document.version,
            "content_sha256": document.content_sha256,
            "pdf_sha256": pdf.sha256 if pdf else None,
        },
        "channel": "recorded" if how.recorder else "web",
        "recorder": how.recorder,
        "wording": how.wording,
        "wording_sha256": _sha256(how.wording),
        "terms_sha256": _sha256(terms_of(document)) if terms_of(document) else None,
        "language": how.language,
        "timezone": how.timezone if _TIMEZONE.fullmatch(how.timezone) else "",
        "link": await _link(session, document, how.link) if how.link else None,
        "views": await _views(session, document),
        "code": await _code(session, how.code) if how.code else None,
    }


async def _link(session: AsyncSession, document: Document, link: ShareLink) -> dict[str, Any]:
    """Who the link was given to, and when and how it was sent."""
    query = select(TimelineEvent).where(
        TimelineEvent.company_id == document.company_id,
        TimelineEvent.document_id == document.id,
        col(TimelineEvent.type).in_(("document.sent", "link.renewed")),
    )
    sendings = (await session.exec(query.order_by(col(TimelineEvent.seq).desc()).limit(MAX_SENDINGS))).all()
    data = [(event.at, json.loads(event.data)) for event in reversed(sendings)]
    return {
        "id": link.id,
        "version": link.version,
        "recipient": link.recipient_name,
        "email": link.recipient_email,
        "sent": [
            {"at": at, "to": sent.get("to"), "message_id": sent.get("message_id")}
            for at, sent in data
            if sent.get("link_id") == link.id
        ],
    }


async def _views(session: AsyncSession, document: Document) -> dict[str, Any]:
    """The client's visits before the answer."""
    query = select(func.count(), func.min(Opening.first_at), func.max(Opening.last_at)).where(
        Opening.document_id == document.id, col(Opening.counts)
    )
    count, first, last = (await session.exec(query)).one()
    return {
        "visits": count,
        "first_at": time_text(first) if first else None,
        "last_at": time_text(last) if last else None,
    }


async def _code(session: AsyncSession, code: DecisionCode) -> dict[str, Any]:
    """`readable_by_issuer`: no mail carried it, so it stood in the outbox for the merchant to hand on, and proves no
    inbox. Once a mail server has been tried the outbox shows it to nobody."""
    query = select(OutboxMail.attempts).where(
        OutboxMail.document_id == code.document_id,
        OutboxMail.link_id == code.link_id,
        OutboxMail.purpose == "code",
        OutboxMail.created_at == code.sent_at,
    )
    attempts = (await session.exec(query)).first()
    return {
        "channel": "email",
        "to": masked(code.email),
        "sent_at": time_text(code.sent_at),
        "verified_at": time_text(code.verified_at) if code.verified_at else None,
        "attempts": code.attempts,
        "readable_by_issuer": not attempts,
    }


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
