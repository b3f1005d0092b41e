"""The conversation of a document, from both sides, and the notes that stay inside."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import and_, col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain import text
from webdoc_app.domain.errors import Conflict
from webdoc_app.domain.lifecycle import State
from webdoc_app.models import Document, Message
from webdoc_app.models.columns import new_id
from webdoc_app.services.documents import find_document
from webdoc_app.services.limits import allow_message
from webdoc_app.services.nonces import read_nonce, spend, spent
from webdoc_app.services.sharing import open_with_token
from webdoc_app.services.tracking import Visitor, note_engagement
from webdoc_app.services.work import Actor, work

PURPOSE = "message"


async def post_message_with_token(token: str, body: str, nonce: str, visitor: Visitor) -> None:
    """The client writes. The same form sent twice posts once.

    Raises NotFound, LinkGone, Invalid on `body`, Forbidden for a nonce of another form, Conflict for a nonce that
    already brought another message, TooMany.
    """
    async with work() as w:
        access = await open_with_token(w.session, token)
        document = access.document
        clean_body = text.clean(body, field="body", limit=text.MESSAGE, required=True)
        id_ = read_nonce(nonce, document.id, PURPOSE)
        outcome = hashlib.sha256(clean_body.encode()).hexdigest()
        if (before := await spent(w, id_)) is not None:
            if before == outcome:
                return
            raise Conflict("Un autre message a déjà été envoyé avec ce formulaire.")
        await allow_message(access.link.id)
        spend(w, id_, document, PURPOSE, outcome)
        name = access.link.recipient_name
        message = Message(
            id=new_id(),
            company_id=document.company_id,
            document_id=document.id,
            author="client",
            author_name=name,
            link_id=access.link.id,
            body=clean_body,
            at=w.at,
        )
        w.session.add(message)
        w.record("message.posted", document, access.client, {"message_id": message.id, "name": name})
        w.notify("message.posted", document, {"name": name, "number": document.number})
        w.publish(document, "message")
        await note_engagement(w, access, document, visitor)


async def post_message(
    company_id: str, document_id: str, body: str, actor: Actor, *, internal: bool = False
) -> str:
    """The merchant writes: a message to the client, or a note that never leaves the company. Returns its id."""
    clean_body = text.clean(body, field="body", limit=text.MESSAGE, required=True)
    async with work() as w:
        document = await find_document(w.session, company_id, document_id)
        if document.state == State.DRAFT.value and not internal:
            raise Conflict("Ce document est encore un brouillon : le client ne peut pas vous lire.")
        message = Message(
            id=new_id(),
            company_id=company_id,
            document_id=document_id,
            author="merchant",
            author_name=actor.name,
            user_id=actor.id if actor.kind == "user" else None,
            internal=internal,
            body=clean_body,
            at=w.at,
        )
        w.session.add(message)
        event = "note.posted" if internal else "message.posted"
        w.record(event, document, actor, {"message_id": message.id, "name": actor.name})
        w.publish(document, "note" if internal else "message", to_client=not internal)
    return message.id


@dataclass(frozen=True)
class Cursor:
    """A place in the thread: messages strictly older than this are the next page."""

    at: datetime
    id: str


async def messages_of(
    session: AsyncSession,
    document: Document,
    *,
    internal: bool,
    limit: int = 50,
    before: Cursor | None = None,
) -> list[Message]:
    """The newest messages, oldest of them first. Notes only where `internal` asks for them."""
    query = select(Message).where(
        Message.document_id == document.id, Message.company_id == document.company_id
    )
    if not internal:
        query = query.where(col(Message.internal).is_(False))
    if before:
        query = query.where(
            or_(col(Message.at) < before.at, and_(col(Message.at) == before.at, col(Message.id) < before.id))
        )
    rows = await session.exec(query.order_by(col(Message.at).desc(), col(Message.id).desc()).limit(limit))
    return list(reversed(rows.all()))
