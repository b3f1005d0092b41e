"""What is not said and still seen in a conversation: how far the other side has read, and that it is writing.

Both are told on a topic of the conversation's own: lists and bells have nothing to do with them.
"""

from datetime import datetime

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.errors import NotFound
from webdoc_app.models import Message, ReadMark
from webdoc_app.models.columns import is_id
from webdoc_app.services.documents import find_document
from webdoc_app.services.limits import typing_is_due
from webdoc_app.services.sharing import open_with_token
from webdoc_app.services.tracking import Visitor
from webdoc_app.services.work import Change, reading, runtime, work

READ, CLIENT_TYPES, MERCHANT_TYPES = "read", "typing.client", "typing.merchant"


def talk_topic(document_id: str) -> str:
    return f"talk:{document_id}"


async def mark_read_with_token(token: str, message_id: str, visitor: Visitor) -> None:
    """The client has the merchant's message before its eyes. The merchant looking at its own link has read nothing.

    Raises NotFound, LinkGone.
    """
    async with reading() as session:
        access = await open_with_token(session, token)
        message = await _message(session, access.document.id, message_id, author="merchant")
    if not visitor.owns(access.document):
        await _move(message, "client", access.link.id)


async def mark_read(company_id: str, document_id: str, message_id: str, user_id: str) -> None:
    """A user has the client's message before their eyes. Raises NotFound."""
    async with reading() as session:
        await find_document(session, company_id, document_id)
        message = await _message(session, document_id, message_id, author="client")
    await _move(message, "merchant", user_id)


async def _message(session: AsyncSession, document_id: str, message_id: str, *, author: str) -> Message:
    message = await session.get(Message, message_id) if is_id(message_id) else None
    if message is None or message.document_id != document_id or message.author != author or message.internal:
        raise NotFound
    return message


async def _move(message: Message, side: str, reader_id: str) -> None:
    key = (message.document_id, side, reader_id)
    async with reading() as session:
        before = await session.get(ReadMark, key)
    if before is not None and before.message_at >= message.at:
        return
    async with work() as w:
        mark = await w.session.get(ReadMark, key, with_for_update=True)
        if mark is not None and mark.message_at >= message.at:
            return
        mark = mark or ReadMark(
            document_id=message.document_id,
            side=side,
            reader_id=reader_id,
            company_id=message.company_id,
            message_at=message.at,
            at=w.at,
        )
        mark.message_at, mark.at = message.at, w.at
        w.session.add(mark)
        w.publish_to(talk_topic(message.document_id), READ, message.document_id)


async def read_at(
    session: AsyncSession, document_id: str, side: str, message_at: datetime
) -> datetime | None:
    """When the first reader of that side had read the message of that moment; None while nobody has."""
    query = select(func.min(ReadMark.at)).where(
        ReadMark.document_id == document_id, ReadMark.side == side, col(ReadMark.message_at) >= message_at
    )
    return (await session.exec(query)).one()


async def hint_typing_with_token(token: str, visitor: Visitor) -> None:
    """The client is writing: open merchant pages say so for a moment; nothing is kept. Raises NotFound, LinkGone."""
    async with reading() as session:
        access = await open_with_token(session, token)
    if not visitor.owns(access.document) and await typing_is_due(access.link.id, access.document.id):
        await _tell(access.document.id, CLIENT_TYPES)


async def hint_typing(company_id: str, document_id: str, user_id: str) -> None:
    """A user is writing to the client - never called for a note. Raises NotFound."""
    async with reading() as session:
        await find_document(session, company_id, document_id)
    if await typing_is_due(user_id, document_id):
        await _tell(document_id, MERCHANT_TYPES)


async def _tell(document_id: str, what: str) -> None:
    await runtime().publish([Change(talk_topic(document_id), what, document_id)])
