"""Files of a document: sent with messages by either side, or laid beside it by the merchant, hidden until shown."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.errors import Conflict, Invalid, NotFound, TooLarge
from webdoc_app.integrations.uploads import MAX_BYTES, TOO_LARGE, UNREADABLE, CheckedFile
from webdoc_app.models import Document, Message, StoredFile
from webdoc_app.models.columns import is_id, new_id
from webdoc_app.services.decoding import Sender, decoded
from webdoc_app.services.documents import find_document
from webdoc_app.services.sharing import open_with_token
from webdoc_app.services.work import Actor, Work, reading, work

ROOM = 100_000_000
"""Bytes of files each side may lay into one document."""


@dataclass(frozen=True)
class FileRow:
    """A file without its bytes."""

    id: str
    message_id: str | None
    visible: bool
    name: str
    media_type: str
    size: int


async def checked(data: bytes, name: str, sender: Sender) -> CheckedFile:
    """The file as it may be kept, looked at apart. Raises TooLarge, Invalid on `file`, TooMany."""
    if len(data) > MAX_BYTES:
        raise TooLarge(TOO_LARGE)
    answer, kept = await decoded(
        sender,
        "webdoc_app.integrations.uploads:check_apart",
        data,
        {"name": name},
        Invalid.one("file", UNREADABLE),
    )
    if "refused" in answer:
        raise Invalid.one("file", answer["refused"])
    return CheckedFile(answer["name"], answer["media_type"], kept)


async def keep(
    w: Work, document: Document, file: CheckedFile, author: str, *, message: Message | None, visible: bool
) -> str:
    """Stores a checked file with the change it belongs to; returns its id. Raises Conflict where there is no room."""
    taken = select(func.coalesce(func.sum(StoredFile.size), 0)).where(
        StoredFile.document_id == document.id, StoredFile.author == author
    )
    if int((await w.session.exec(taken)).one()) + len(file.data) > ROOM:
        raise Conflict("Ce document porte déjà 100 Mo de fichiers : il n’en prend pas d’autres.")
    if message:
        await w.session.flush()
    row = StoredFile(
        id=new_id(),
        company_id=document.company_id,
        document_id=document.id,
        message_id=message.id if message else None,
        author=author,
        visible=visible,
        name=file.name,
        media_type=file.media_type,
        size=len(file.data),
        sha256=hashlib.sha256(file.data).hexdigest(),
        data=file.data,
        at=w.at,
    )
    w.session.add(row)
    return row.id


async def add_file(company_id: str, document_id: str, data: bytes, name: str, actor: Actor) -> str:
    """Lays a file beside the document, hidden from the client. Raises NotFound, Invalid, TooLarge, Conflict."""
    async with reading() as session:
        await find_document(session, company_id, document_id)
    return await add_checked(company_id, document_id, await checked(data, name, Sender(company_id)), actor)


async def add_checked(
    company_id: str, document_id: str, file: CheckedFile, actor: Actor, *, visible: bool = False
) -> str:
    """Lays a checked file beside the document, for the client too where `visible`. Raises NotFound, Conflict."""
    async with work() as w:
        document = await find_document(w.session, company_id, document_id)
        id_ = await keep(w, document, file, "merchant", message=None, visible=visible)
        for event in ("file.added", "file.shown") if visible else ("file.added",):
            w.record(event, document, actor, {"file": file.name, "file_id": id_})
        w.publish(document, "file", to_client=visible)
    return id_


async def show_file(company_id: str, file_id: str, actor: Actor, *, visible: bool) -> None:
    """Lets the client have a file laid beside a document, or no longer. Raises NotFound."""
    async with work() as w:
        file, document = await _beside(w, company_id, file_id)
        if file.visible == visible:
            return
        file.visible = visible
        w.session.add(file)
        w.record(
            "file.shown" if visible else "file.hidden",
            document,
            actor,
            {"file": file.name, "file_id": file.id},
        )
        w.publish(document, "file")


async def remove_file(company_id: str, file_id: str, actor: Actor) -> None:
    """Takes away a file laid beside a document. Raises NotFound; a message's file stays with its message."""
    async with work() as w:
        file, document = await _beside(w, company_id, file_id)
        await w.session.delete(file)
        w.record("file.removed", document, actor, {"file": file.name, "file_id": file.id})
        w.publish(document, "file")


async def _beside(w: Work, company_id: str, file_id: str) -> tuple[StoredFile, Document]:
    file = await _found(w.session, file_id)
    if file.company_id != company_id or file.message_id is not None:
        raise NotFound
    return file, await find_document(w.session, company_id, file.document_id)


async def file_with_token(token: str, file_id: str) -> CheckedFile:
    """A file of the document a token opens, if the client may have it. Raises NotFound, LinkGone."""
    async with reading() as session:
        access = await open_with_token(session, token)
        file = await _found(session, file_id)
        if file.document_id != access.document.id or not file.visible:
            raise NotFound
        return CheckedFile(file.name, file.media_type, file.data)


async def file_of(company_id: str, file_id: str) -> CheckedFile:
    """Any file of the company's. Raises NotFound."""
    async with reading() as session:
        file = await _found(session, file_id)
        if file.company_id != company_id:
            raise NotFound
        return CheckedFile(file.name, file.media_type, file.data)


async def _found(session: AsyncSession, file_id: str) -> StoredFile:
    file = await session.get(StoredFile, file_id) if is_id(file_id) else None
    if file is None:
        raise NotFound
    return file


async def files_of(
    session: AsyncSession, document_id: str, message_ids: Sequence[str], *, hidden: bool
) -> list[FileRow]:
    """Files of these messages and those beside the document, oldest first; hidden ones only where asked."""
    columns = (
        StoredFile.id, StoredFile.message_id, StoredFile.visible, StoredFile.name, StoredFile.media_type, StoredFile.size,
    )  # fmt: skip
    query = (
        select(*columns)  # type: ignore[call-overload]
        .where(StoredFile.document_id == document_id)
        .where(or_(col(StoredFile.message_id).is_(None), col(StoredFile.message_id).in_(message_ids)))
        .order_by(col(StoredFile.at), col(StoredFile.id))
    )
    if not hidden:
        query = query.where(col(StoredFile.visible).is_(True))
    return [FileRow(*row) for row in (await session.exec(query)).all()]
