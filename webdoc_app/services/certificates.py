"""Certificates of answers, as JSON and as PDF: made once from what is frozen, then only served."""

import base64
import hashlib
import json
from collections.abc import AsyncIterator, Iterator

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.certificates import Fact, certificate_text, content_facts, root_of, seal_pdf
from webdoc_app.domain.errors import Conflict, NotFound
from webdoc_app.models import Certificate, DecisionRow, Document, DocumentVersion, TimelineEvent
from webdoc_app.models.columns import time_text
from webdoc_app.services.documents import find_document
from webdoc_app.services.pdfs import logo_for
from webdoc_app.services.rendering import NOT_READY, Render, rendered
from webdoc_app.services.seals import seal
from webdoc_app.services.work import insert_once, now, reading, runtime, work

DECISIONS = ("decision.accepted", "decision.refused", "decision.held", "decision.reopened")
TOLD = ("document.issued", "document.imported", "document.revised", *DECISIONS)
"""Events a certificate holds. Messages, notes and what was sent to others are none of its business."""


async def certificate(company_id: str, document_id: str, format_: str) -> bytes:
    """The proof of the document's latest answer: `format_` is json or pdf.

    Raises NotFound where nothing was answered yet, Conflict where no PDF can be rendered now.
    """
    async with reading() as session:
        document = await find_document(session, company_id, document_id)
        event = await _latest_event(session, document)
        if event is None:
            raise NotFound("Aucune réponse n’a encore été donnée à ce document.")
        if stored := await session.get(Certificate, (event.id, format_)):
            return stored.data
        facts = [fact async for fact in _facts(session, document, event)]
        logo = await logo_for(session, document)
    text = certificate_text(facts, seal(root_of(facts)))
    if format_ == "json":
        return await _keep(company_id, event.id, format_, text.encode())
    if runtime().render_pdf is None:
        raise Conflict(NOT_READY)

    async def make(render: Render) -> bytes:
        async with reading() as session:
            if stored := await session.get(Certificate, (event.id, format_)):
                return stored.data  # by somebody who asked between our look and our turn
        source = json.dumps({"certificate": text, "language": document.language})
        return await _keep(company_id, event.id, format_, seal_pdf(await render(source, logo), seal))

    return await rendered(f"certificate {event.id}", company_id, make)


async def _keep(company_id: str, event_id: str, format_: str, data: bytes) -> bytes:
    """Of two made at once, the first one stored is the certificate."""
    values = {
        "event_id": event_id,
        "format": format_,
        "company_id": company_id,
        "sha256": hashlib.sha256(data).hexdigest(),
        "data": data,
        "created_at": now(),
    }
    async with work() as w:
        if await insert_once(w.session, Certificate, values):
            return data
        return (await w.session.get_one(Certificate, (event_id, format_))).data


async def has_answer(session: AsyncSession, document: Document) -> bool:
    """Whether an answer was ever given: then it can be proved."""
    query = select(DecisionRow.id).where(DecisionRow.document_id == document.id).limit(1)
    return (await session.exec(query)).first() is not None


async def _latest_event(session: AsyncSession, document: Document) -> TimelineEvent | None:
    events = await _events(session, document, DECISIONS)
    return events[-1] if events else None


async def _events(session: AsyncSession, document: Document, types: tuple[str, ...]) -> list[TimelineEvent]:
    query = select(TimelineEvent).where(
        TimelineEvent.company_id == document.company_id,
        TimelineEvent.document_id == document.id,
        col(TimelineEvent.type).in_(types),
    )
    return list((await session.exec(query.order_by(col(TimelineEvent.seq)))).all())


async def _facts(session: AsyncSession, document: Document, latest: TimelineEvent) -> AsyncIterator[Fact]:
    decision = await session.get_one(DecisionRow, json.loads(latest.data)["decision_id"])
    version = await session.get_one(DocumentVersion, (document.id, decision.version))
    yield Fact("standing", "reopened" if latest.type == "decision.reopened" else "in force")
    for fact in _decision_facts(decision):
        yield fact
    for name, value in json.loads(decision.evidence).items():
        yield Fact(f"evidence.{name}", value)
    for fact in content_facts(json.loads(version.content)):
        yield fact
    for place, event in enumerate(await _events(session, document, TOLD)):
        if event.seq <= latest.seq:
            # What an event binds besides is part of its hash; who signed it is checked with a key nobody else has.
            unbound = {"mac"} if event.bound else {"mac", "bound"}
            yield Fact(f"events.{place}", event.model_dump(exclude=unbound))


def _decision_facts(row: DecisionRow) -> Iterator[Fact]:
    values = {
        "id": row.id,
        "document_id": row.document_id,
        "version": row.version,
        "answer": row.decision,
        "name": row.name,
        "quality": row.quality,
        "reason": row.reason,
        "until": row.until.isoformat() if row.until else None,
        "options": json.loads(row.options),
        "amount_minor": row.amount_minor,
        "currency": row.currency,
        "at": time_text(row.at),
        "address": row.address,
        "user_agent": row.user_agent,
        "link_id": row.link_id,
        "nonce": row.nonce,
        "recorded_by": row.recorded_by,
        "content_sha256": row.content_sha256,
        "signature_sha256": row.signature_sha256,
        "signature": base64.b64encode(row.signature).decode() if row.signature else None,
    }
    return (Fact(f"decision.{name}", value) for name, value in values.items())
