"""The stored PDF of a document: rendered once from its frozen content, then only served."""

import hashlib
import json

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.lifecycle import State
from webdoc_app.models import Document, DocumentVersion, Logo, StoredPdf
from webdoc_app.services.documents import find_document
from webdoc_app.services.rendering import Make, Render, render_later, render_now_or_later, rendered
from webdoc_app.services.work import SYSTEM, insert_once, now, reading, runtime, work

PATIENCE_OF_ISSUING = 2.0
"""Seconds. A PDF takes 90 ms: whoever issues a document finds it ready, and waits for nobody else's."""


async def stored_pdf(session: AsyncSession, document: Document) -> StoredPdf | None:
    return await session.get(StoredPdf, (document.id, document.version))


async def ensure_pdf(company_id: str, document_id: str, *, urgent: bool = True) -> bytes | None:
    """The PDF of the version in force, rendered now if no one did yet. None for drafts, or where no renderer runs.

    Rendering takes longer than SQLite's write lock may be held, so it happens outside any transaction; of two
    that render at once the first one stored is the document's PDF. Raises Conflict while it is being prepared.
    """
    async with reading() as session:
        document = await find_document(session, company_id, document_id)
        if document.state == State.DRAFT.value:
            return None
        if stored := await stored_pdf(session, document):
            return stored.data
    if runtime().render_pdf is None:
        return None
    return await rendered(*_order(document), urgent=urgent)


async def render_soon(company_id: str, document_id: str, *, patience: float = 0) -> None:
    """Has the PDF rendered, and waits for it no longer than `patience`, in seconds.

    Should it fail, whoever asks for it first renders it.
    """
    if runtime().render_pdf is None:
        return
    async with reading() as session:
        document = await find_document(session, company_id, document_id)
        if await _is_stored(session, document):
            return
    if patience:
        await render_now_or_later(*_order(document), patience=patience)
    else:
        render_later(*_order(document))


def _order(document: Document) -> tuple[str, str, Make]:
    """What one rendering is called, whose it is, and how it is made."""
    company_id, document_id, version = document.company_id, document.id, document.version

    async def make(render: Render) -> bytes:
        async with reading() as session:
            if stored := await session.get(StoredPdf, (document_id, version)):
                return stored.data  # by somebody who asked between our look and our turn
            frozen = await session.get_one(DocumentVersion, (document_id, version))
            logo = await logo_for(session, await session.get_one(Document, document_id))
        return await _keep(company_id, document_id, version, await render(frozen.content, logo))

    return f"document {document_id} {version}", company_id, make


async def _keep(company_id: str, document_id: str, version: int, data: bytes) -> bytes:
    async with work() as w:
        values = {
            "document_id": document_id,
            "version": version,
            "company_id": company_id,
            "sha256": hashlib.sha256(data).hexdigest(),
            "data": data,
            "created_at": now(),
        }
        if await insert_once(w.session, StoredPdf, values):
            told = {"document_id": document_id, "version": version, "sha256": values["sha256"]}
            w.record("pdf.stored", None, SYSTEM, told, company_id=company_id)
            return data
        return (await w.session.get_one(StoredPdf, (document_id, version))).data


async def _is_stored(session: AsyncSession, document: Document) -> bool:
    query = select(StoredPdf.version).where(
        StoredPdf.document_id == document.id, StoredPdf.version == document.version
    )
    return (await session.exec(query)).first() is not None


async def logo_for(session: AsyncSession, document: Document) -> bytes | None:
    sha256 = json.loads(document.seller or "{}").get("logo_sha256")
    query = select(Logo.data).where(Logo.company_id == document.company_id, Logo.sha256 == (sha256 or ""))
    return (await session.exec(query)).first()
