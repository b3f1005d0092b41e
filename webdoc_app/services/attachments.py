"""What goes along with a mail: named in its row, fetched when it leaves."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from webdoc_app.domain.errors import Conflict, TooMany
from webdoc_app.models import Document, OutboxMail, StoredPdf
from webdoc_app.services.pdfs import ensure_pdf
from webdoc_app.services.receipts import receipt_of
from webdoc_app.services.work import reading


@dataclass(frozen=True)
class Attachment:
    filename: str
    data: bytes
    media_type: str = "application/pdf"


class NotReady(Exception):
    """A file the mail announces is not there yet: the mail is tried again later."""


async def attachments_of(mail: OutboxMail) -> list[Attachment]:
    """The files of a mail, in their order. Raises NotReady.

    An entry is `{"kind": "document", "document_id", "version"}`: the frozen PDF of that version; or
    `{"kind": "receipt", "document_id", "payment_id"}`: the payment on paper.
    """
    return [await _file_of(entry) for entry in json.loads(mail.attachments)]


async def _file_of(entry: Mapping[str, Any]) -> Attachment:
    if entry["kind"] == "document":
        return await _document_pdf(entry["document_id"], entry["version"])
    try:
        return Attachment(*await receipt_of(entry["document_id"], entry["payment_id"], urgent=False))
    except (Conflict, TooMany) as refused:
        raise NotReady(refused.sentence) from refused


async def _document_pdf(document_id: str, version: int) -> Attachment:
    async with reading() as session:
        document = await session.get_one(Document, document_id)
        stored = await session.get(StoredPdf, (document_id, version))
    data = stored.data if stored else None
    if data is None and document.version == version:
        try:
            data = await ensure_pdf(document.company_id, document_id, urgent=False)
        except (Conflict, TooMany) as refused:
            raise NotReady(refused.sentence) from refused
    if data is None:
        raise NotReady(f"the PDF of {document.number}, version {version}, is not rendered")
    return Attachment(pdf_name(document.number), data)


def pdf_name(number: str | None) -> str:
    """A file name of plain letters for a document's PDF."""
    return (re.sub(r"[^A-Za-z0-9._-]+", "-", number or "document").strip("-") or "document") + ".pdf"
