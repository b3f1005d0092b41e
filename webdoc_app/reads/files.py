"""Files and messages as programs read them: plain values, times UTC."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlmodel import and_, col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.errors import NotFound
from webdoc_app.models import Document, Message, StoredFile
from webdoc_app.models.columns import is_id, time_text
from webdoc_app.services.conversation import Cursor

_COLUMNS = (
    StoredFile.id, StoredFile.message_id, StoredFile.author, StoredFile.visible, StoredFile.name, StoredFile.media_type,
    StoredFile.size, StoredFile.at,
)  # fmt: skip
_NAMES = ("id", "message_id", "author", "visible", "name", "media_type", "size", "at")


async def files_page(
    session: AsyncSession, document: Document, limit: int, after: Cursor | None
) -> list[dict[str, Any]]:
    """Files of a document, those of messages too, without their bytes, oldest first; only those `after` the cursor."""
    query = select(*_COLUMNS).where(StoredFile.document_id == document.id)  # type: ignore[call-overload]
    if after:
        later = and_(StoredFile.at == after.at, col(StoredFile.id) > after.id)
        query = query.where(or_(col(StoredFile.at) > after.at, later))
    rows = await session.exec(query.order_by(col(StoredFile.at), col(StoredFile.id)).limit(limit))
    return [_view(row) for row in rows.all()]


async def file_view(session: AsyncSession, document: Document, file_id: str) -> dict[str, Any]:
    """Raises NotFound."""
    query = select(*_COLUMNS).where(  # type: ignore[call-overload]
        StoredFile.document_id == document.id, StoredFile.id == (file_id if is_id(file_id) else "")
    )
    row = (await session.exec(query)).first()
    if row is None:
        raise NotFound
    return _view(row)


async def message_views(session: AsyncSession, messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Messages with their files."""
    query = select(*_COLUMNS).where(  # type: ignore[call-overload]
        col(StoredFile.message_id).in_([message.id for message in messages])
    )
    files: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in (await session.exec(query.order_by(col(StoredFile.at), col(StoredFile.id)))).all():
        files[row[1]].append(_view(row))
    return [_message(message, files[message.id]) for message in messages]


def _message(message: Message, files: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": message.id,
        "author": message.author,
        "author_name": message.author_name,
        "internal": message.internal,
        "body": message.body,
        "line_id": message.line_id,
        "quote": message.line_quote,
        "files": [{name: file[name] for name in ("id", "name", "media_type", "size")} for file in files],
        "at": time_text(message.at),
    }


def _view(row: Sequence[Any]) -> dict[str, Any]:
    values = dict(zip(_NAMES, row, strict=True))
    return {**values, "at": time_text(values["at"])}
