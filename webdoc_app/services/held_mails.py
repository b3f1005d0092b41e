"""Answers by mail that wait for a person: from another address, through a closed link, without a signed address."""

import asyncio

from sqlalchemy import update
from sqlmodel import col

from webdoc_app.domain import text
from webdoc_app.domain.errors import Conflict, NotFound
from webdoc_app.integrations.mail.incoming import Incoming, Unreadable, read_mail
from webdoc_app.models import Document, IncomingMail
from webdoc_app.models.columns import is_id
from webdoc_app.services.conversation import speak
from webdoc_app.services.decoding import Sender
from webdoc_app.services.documents import find_document
from webdoc_app.services.incoming import spoken
from webdoc_app.services.work import Actor, Work, reading, work


async def accept_mail(company_id: str, mail_id: str, actor: Actor) -> None:
    """The mail becomes a message of the client's side, under the address it came from. Doing it twice posts once.

    Raises NotFound; Conflict where it was already put away, or its files have no room.
    """
    async with reading() as session:
        row = await session.get(IncomingMail, mail_id) if is_id(mail_id) else None
        if row is None or row.company_id != company_id:
            raise NotFound("Ce courriel n’existe pas.")
        if row.state == "accepted":
            return
        document = await find_document(session, company_id, row.document_id)
    words, files = await spoken(await _read(row), document.language, Sender(company_id))
    async with work() as w:
        document = await find_document(w.session, company_id, row.document_id)
        if not await _decide(w, row, "accepted", actor):
            return
        name = row.sender_name or row.sender
        if row.sender and row.sender != name:
            name = f"{name} ({row.sender})"
        await speak(w, actor, document, name[: text.NAME] or "?", words, files, link_id=row.link_id)


async def discard_mail(company_id: str, mail_id: str, actor: Actor) -> None:
    """Puts a held mail or an automatic answer away; nothing of what it said is kept. Raises NotFound, Conflict."""
    async with work() as w:
        row = await w.session.get(IncomingMail, mail_id) if is_id(mail_id) else None
        if row is None or row.company_id != company_id:
            raise NotFound("Ce courriel n’existe pas.")
        if await _decide(w, row, "discarded", actor):
            w.publish(await w.session.get_one(Document, row.document_id), "held", to_client=False)


async def _decide(w: Work, row: IncomingMail, state: str, actor: Actor) -> bool:
    """Of two who decide at once one does. False where the same was decided before; Conflict for the other thing."""
    decided = await w.session.execute(
        update(IncomingMail)
        .where(col(IncomingMail.id) == row.id, col(IncomingMail.state).in_(("held", "automatic")))
        .values(
            state=state, decided_at=w.at, decided_by=actor.name, raw=None, words="", subject="", files="[]"
        )
    )
    if decided.rowcount:  # type: ignore[attr-defined]
        return True
    await w.session.refresh(await w.session.get_one(IncomingMail, row.id))
    now = await w.session.get_one(IncomingMail, row.id)
    if now.state != state:
        raise Conflict("Une décision a déjà été prise pour ce courriel.")
    return False


async def _read(row: IncomingMail) -> Incoming:
    if row.raw is None:
        raise Conflict("Une décision a déjà été prise pour ce courriel.")
    try:
        return await asyncio.to_thread(read_mail, row.raw)
    except Unreadable:
        raise Conflict("Ce courriel ne se lit pas.") from None
