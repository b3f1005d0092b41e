"""The conversation of a document, from both sides, and the notes that stay inside."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import and_, col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain import text
from webdoc_app.domain.errors import Conflict, Invalid
from webdoc_app.domain.lifecycle import State
from webdoc_app.domain.sharing import LinkState
from webdoc_app.integrations.uploads import CheckedFile
from webdoc_app.locales import translate
from webdoc_app.models import Company, Customer, Document, Message
from webdoc_app.models.columns import new_id
from webdoc_app.services.documents import find_document
from webdoc_app.services.files import keep
from webdoc_app.services.limits import allow_message
from webdoc_app.services.line_quotes import LineQuote, quote_of
from webdoc_app.services.mails import queue_message_mail
from webdoc_app.services.mentions import colleagues_of, mentioned
from webdoc_app.services.nonces import read_nonce, spend, spent
from webdoc_app.services.sharing import main_link, open_with_token, standing
from webdoc_app.services.tracking import Visitor, note_engagement
from webdoc_app.services.work import Actor, Work, work

PURPOSE = "message"


async def post_message_with_token(
    token: str,
    body: str,
    nonce: str,
    visitor: Visitor,
    given_name: str = "",
    file: CheckedFile | None = None,
    line: str = "",
) -> None:
    """The client writes. The same form sent twice posts once. `given_name` is how a visitor wants to be called;
    with a `file` the words may be missing; `line` is the number of the line it is about.

    Raises NotFound, LinkGone, Invalid on `body`, `name` and `line`, Forbidden for a nonce of another form, Conflict for a nonce that
    already brought another message, TooMany.
    """
    async with work() as w:
        access = await open_with_token(w.session, token)
        document = access.document
        clean_body = text.clean(body, field="body", limit=text.MESSAGE, required=file is None)
        given = text.clean_line(given_name, field="name", limit=text.NAME)
        id_ = read_nonce(nonce, document.id, PURPOSE)
        outcome = hashlib.sha256(clean_body.encode() + (file.data if file else b"")).hexdigest()
        if (before := await spent(w, id_)) is not None:
            if before == outcome:
                return
            raise Conflict("Un autre message a déjà été envoyé avec ce formulaire.")
        quote = await quote_of(w.session, document, line)
        await allow_message(access.link.id)
        spend(w, id_, document, PURPOSE, outcome)
        name = given or access.link.recipient_name
        await speak(w, access.client, document, name, clean_body, [file] if file else [], quote=quote)
        await note_engagement(w, access, document, visitor)


async def speak(
    w: Work,
    actor: Actor,
    document: Document,
    name: str,
    body: str,
    files: Sequence[CheckedFile],
    *,
    link_id: str | None = None,
    quote: LineQuote | None = None,
) -> str:
    """A message of the client's, with the news of it; returns its id. `actor` is who brought it: the client through a
    link, unless `link_id` says through which one and somebody else accepted it. Raises Conflict without room for
    the files."""
    message = Message(
        id=new_id(),
        company_id=document.company_id,
        document_id=document.id,
        author="client",
        author_name=name,
        link_id=actor.id if actor.kind == "client" else link_id,
        body=body,
        **_about(quote),
        at=w.at,
    )
    w.session.add(message)
    for file in files:
        await keep(w, document, file, "client", message=message, visible=True)
    w.record("message.posted", document, actor, {"message_id": message.id, "name": name})
    if actor.kind == "client":
        w.notify("message.posted", document, {"name": name, "number": document.number})
    w.publish(document, "message")
    return message.id


async def post_message(
    company_id: str,
    document_id: str,
    body: str,
    actor: Actor,
    *,
    internal: bool = False,
    notify: bool = False,
    file: CheckedFile | None = None,
    key: str = "",
    line: str = "",
) -> str:
    """The merchant writes: a message to the client, or a note that never leaves the company. Returns its id.

    `notify` also tells the client by mail; of a note it tells nobody. With a `file` the words may be missing; the
    same `key` again posts nothing more and returns an empty id. `line` is the one it is about, by id or number.
    Raises Invalid on `body`, `line_id` or `line` and, where the customer has no address, on `notify`; Conflict for a message on a draft, or a mail through a closed link.
    """
    clean_body = text.clean(body, field="body", limit=text.MESSAGE, required=file is None)
    async with work() as w:
        document = await find_document(w.session, company_id, document_id)
        if key and not await _is_first(w, document, key):
            return ""
        if document.state == State.DRAFT.value and not internal:
            raise Conflict("Ce document est encore un brouillon : le client ne peut pas vous lire.")
        quote = await quote_of(w.session, document, line)
        message = Message(
            id=new_id(),
            company_id=company_id,
            document_id=document_id,
            author="merchant",
            author_name=actor.name,
            user_id=actor.id if actor.kind == "user" else None,
            internal=internal,
            body=clean_body,
            **_about(quote),
            at=w.at,
        )
        w.session.add(message)
        if file:
            await keep(w, document, file, "merchant", message=message, visible=not internal)
        event = "note.posted" if internal else "message.posted"
        w.record(event, document, actor, {"message_id": message.id, "name": actor.name})
        if internal:
            await _tell_mentioned(w, document, clean_body, actor)
        if notify and not internal:
            waits = translate("Un fichier vous attend dans la conversation.", document.language)
            words = clean_body or waits
            await _mail_message(w, document, f"> {quote.text}\n\n{words}" if quote else words)
        w.publish(document, "note" if internal else "message", to_client=not internal)
    return message.id


def _about(quote: LineQuote | None) -> dict[str, Any]:
    return {"line_id": quote.line_id, "line_quote": quote.text} if quote else {}


async def _is_first(w: Work, document: Document, key: str) -> bool:
    """Whether a form with this key is acted on for the first time; it is not again."""
    id_ = hashlib.sha256(f"{document.id} {key}".encode()).hexdigest()
    if await spent(w, id_) is not None:
        return False
    spend(w, id_, document, "form", "")
    return True


async def _tell_mentioned(w: Work, document: Document, body: str, actor: Actor) -> None:
    """A bell for each colleague the note names; its words stay in the note."""
    if "@" not in body:
        return
    for user in mentioned(body, await colleagues_of(w.session, document.company_id)):
        if user.id != actor.id:
            w.notify("note.mentioned", document, {"name": actor.name}, user_id=user.id)


async def _mail_message(w: Work, document: Document, body: str) -> None:
    customer = await w.session.get_one(Customer, document.customer_id)
    if not customer.email:
        raise Invalid.one("notify", "Ce client n’a pas d’adresse électronique.")
    link = await main_link(w.session, document.id)
    if link is None or standing(link, w.at) is not LinkState.ACTIVE:
        raise Conflict("Le lien de ce document est désactivé. Remplacez-le avant d’envoyer.")
    company = await w.session.get_one(Company, document.company_id)
    await queue_message_mail(w, document, company, link, to=customer.email, message=body)


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
    found = await _newest(session, document, False, limit, before)
    if internal:
        # One after the other: each is the end of an index, both at once would sort the whole thread.
        notes = await _newest(session, document, True, limit, before)
        found = sorted([*found, *notes], key=lambda each: (each.at, each.id), reverse=True)[:limit]
    return list(reversed(found))


async def _newest(
    session: AsyncSession, document: Document, notes: bool, limit: int, before: Cursor | None
) -> Sequence[Message]:
    # By the document alone: with the company beside it SQLite, which keeps no statistics here, looks through all
    # messages of the company.
    query = select(Message).where(Message.document_id == document.id, col(Message.internal).is_(notes))
    if before:
        query = query.where(
            or_(col(Message.at) < before.at, and_(col(Message.at) == before.at, col(Message.id) < before.id))
        )
    newest_first = query.order_by(col(Message.at).desc(), col(Message.id).desc())
    return (await session.exec(newest_first.limit(limit))).all()
