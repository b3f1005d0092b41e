"""The stored PDF of a document: rendered once from its frozen content, then only served."""

import asyncio
import hashlib
import json
import logging

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.lifecycle import State
from webdoc_app.models import Document, DocumentVersion, Logo, StoredPdf
from webdoc_app.services.documents import find_document
from webdoc_app.services.work import SYSTEM, insert_once, now, reading, runtime, work

logger = logging.getLogger(__name__)


async def stored_pdf(session: AsyncSession, document: Document) -> StoredPdf | None:
    return await session.get(StoredPdf, (document.id, document.version))


async def ensure_pdf(company_id: str, document_id: str) -> bytes | None:
    """The PDF of the version in force, rendered now if no one did yet. None for drafts, or where no renderer runs.

    Rendering takes longer than SQLite's write lock may be held, so it happens outside any transaction; of two
    that render at once the first one stored is the document's PDF.
    """
    async with reading() as session:
        document = await find_document(session, company_id, document_id)
        if document.state == State.DRAFT.value:
            return None
        if stored := await stored_pdf(session, document):
            return stored.data
        version = await session.get_one(DocumentVersion, (document.id, document.version))
        logo = await logo_for(session, document)
    render = runtime().render_pdf
    if render is None:
        return None
    data = await render(version.content, logo)
    async with work() as w:
        values = {
            "document_id": document.id,
            "version": document.version,
            "company_id": company_id,
            "sha256": hashlib.sha256(data).hexdigest(),
            "data": data,
            "created_at": now(),
        }
        if await insert_once(w.session, StoredPdf, values):
            told = {"document_id": document.id, "version": document.version, "sha256": values["sha256"]}
            w.record("pdf.stored", None, SYSTEM, told, company_id=company_id)
            return data
        return (await w.session.get_one(StoredPdf, (document.id, document.version))).data


def render_soon(company_id: str, document_id: str) -> None:
    """Has the PDF rendered without making anyone wait; should that fail, whoever asks for it first renders it."""
    if runtime().render_pdf is None:
        return
    task = asyncio.create_task(_render(company_id, document_id))
    _rendering.add(task)
    task.add_done_callback(_rendering.discard)


_rendering: set[asyncio.Task[None]] = set()


async def _render(company_id: str, document_id: str) -> None:
    try:
        await ensure_pdf(company_id, document_id)
    except Exception:
        logger.exception("the PDF of document %s could not be rendered yet", document_id)


async def logo_for(session: AsyncSession, document: Document) -> bytes | None:
    sha256 = json.loads(document.seller or "{}").get("logo_sha256")
    query = select(Logo.data).where(Logo.company_id == document.company_id, Logo.sha256 == (sha256 or ""))
    return (await session.exec(query)).first()
