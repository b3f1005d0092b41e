"""Answers by mail: into the conversation where the sender is who the link was given to, held for the merchant else.

What is trusted, and why: docs/decisions/0008-what-a-mail-proves.md.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain import text
from webdoc_app.domain.content import canonical_json
from webdoc_app.domain.errors import Conflict, Invalid, TooLarge
from webdoc_app.domain.lifecycle import State
from webdoc_app.domain.sharing import LinkState
from webdoc_app.integrations.mail.incoming import Incoming, Unreadable, read_mail
from webdoc_app.integrations.uploads import CheckedFile
from webdoc_app.locales import translate
from webdoc_app.models import Customer, Document, IncomingMail, OutboxMail, ShareLink
from webdoc_app.models.columns import is_id, new_id
from webdoc_app.services.bounces import note_report
from webdoc_app.services.conversation import speak
from webdoc_app.services.decoding import Sender
from webdoc_app.services.files import checked
from webdoc_app.services.limits import allow_message
from webdoc_app.services.mail_addresses import Conversation, Sent, is_ours, read_address
from webdoc_app.services.sharing import standing
from webdoc_app.services.work import Actor, Work, insert_once, now, reading, runtime, work

logger = logging.getLogger(__name__)
MOST_HELD = 20
"""Mails of one document that wait for a decision; more would be a flood."""


class Outcome(StrEnum):
    """What became of a mail. `dropped`: it names no conversation, or cannot be read; the log says why."""

    POSTED = "posted"
    HELD = "held"
    AUTOMATIC = "automatic"
    BOUNCED = "bounced"
    AGAIN = "again"
    DROPPED = "dropped"


@dataclass(frozen=True)
class Thread:
    """The conversation a mail answers to. `proven` is whether a signed address named it, with the link's present
    version; else it only knew the Message-ID of a mail we sent."""

    document: Document
    link: ShareLink
    proven: bool


async def take(raw: bytes, recipients: Sequence[str] = ()) -> Outcome:
    """Takes a mail as it came, from a provider or a mailbox; `recipients` are the envelope's. The same mail again changes
    nothing more. Raises TooMany where a conversation is flooded: later it may be taken.
    """
    try:
        mail = await asyncio.to_thread(read_mail, raw, runtime().authserv)
    except Unreadable as why:
        return _dropped(str(why))
    named = [read_address(address) for address in (*recipients, *mail.recipients)]
    sent = next((each for each in named if isinstance(each, Sent)), None)
    if sent or mail.is_report:
        done = await note_report(mail.message, sent.mail_id if sent else "")
        return Outcome.BOUNCED if done else _dropped("a report about no mail of ours")
    if is_ours(mail.sender):
        return _dropped("our own mail")
    conversation = next((each for each in named if isinstance(each, Conversation)), None)
    async with reading() as session:
        if await _is_outgoing(session, mail.message_id):
            return _dropped("our own mail")
        thread = await _thread(session, conversation, mail.answers)
        if thread is None:
            return _dropped("it names no conversation")
        doubt = await _doubt(session, thread, mail)
    if mail.automatic:
        return await _keep(thread, mail, raw, "automatic", mail.automatic)
    return await (_keep(thread, mail, raw, "held", doubt) if doubt else _post(thread, mail))


def _dropped(why: str) -> Outcome:
    """A line of the log without the mail's own words: they are anybody's."""
    logger.warning("a mail that came in was dropped: %s", why)
    return Outcome.DROPPED


async def _is_outgoing(session: AsyncSession, message_id: str) -> bool:
    return await _sent_mail(session, message_id) is not None


async def _sent_mail(session: AsyncSession, message_id: str) -> OutboxMail | None:
    """The mail of the outbox that bears a Message-ID: ours start with the row's id."""
    id_ = message_id.strip("<>").partition("@")[0]
    mail = await session.get(OutboxMail, id_) if is_id(id_) else None
    return mail if mail and mail.message_id == message_id else None


async def _thread(session: AsyncSession, named: Conversation | None, answers: Sequence[str]) -> Thread | None:
    if named:
        link = await session.get(ShareLink, named.link_id)
        document = await _document_of(session, link, named.document_start) if link else None
        if link and document:
            return Thread(document, link, named.version == link.version % 256)
    for message_id in answers[:10]:
        mail = await _sent_mail(session, message_id)
        link = await session.get(ShareLink, mail.link_id) if mail and mail.link_id else None
        document = await session.get(Document, mail.document_id) if mail and mail.document_id else None
        if link and document and document.company_id == link.company_id:
            return Thread(document, link, False)
    return None


async def _document_of(session: AsyncSession, link: ShareLink, start: str) -> Document | None:
    """The document of the link's chain whose id starts so: for one the link opens, as its page does."""
    home = await session.get(Document, link.document_id)
    if home is None:
        return None
    if home.id.startswith(start):
        return home
    query = select(Document).where(
        Document.company_id == link.company_id,
        Document.chain_id == home.chain_id,
        Document.customer_id == home.customer_id,
        Document.state != State.DRAFT.value,
        col(Document.id).startswith(start),
    )
    return (await session.exec(query.limit(1))).first()


async def _doubt(session: AsyncSession, thread: Thread, mail: Incoming) -> str:
    """Why a person must look first; empty where nobody need."""
    if not thread.proven:
        return "unsigned"
    if standing(thread.link, now()) is not LinkState.ACTIVE:
        return "link"
    customer = await session.get(Customer, thread.document.customer_id)
    known = {thread.link.recipient_email.casefold()}
    if thread.link.is_main and customer:
        known.add(customer.email.casefold())
    if mail.sender.casefold() not in known - {""}:
        return "sender"
    return "unproven" if mail.verdict not in ("", "pass") else ""


async def _post(thread: Thread, mail: Incoming) -> Outcome:
    await allow_message(thread.link.id)
    try:
        return await _speak(thread, mail)
    except Conflict as full:  # no room for the files: what was said is said all the same
        return await _speak(thread, mail, full)


async def _speak(thread: Thread, mail: Incoming, full: Conflict | None = None) -> Outcome:
    link, document = thread.link, thread.document
    sender = Sender(document.company_id, link.id)
    words, files = await spoken(mail, document.language, sender, full)
    async with work() as w:
        if not await _is_new(w, thread, mail, state="posted"):
            return Outcome.AGAIN
        client = Actor("client", link.id, link.recipient_name)
        await speak(w, client, document, link.recipient_name or mail.sender, words, files)
    return Outcome.POSTED


async def _keep(thread: Thread, mail: Incoming, raw: bytes, state: str, why: str) -> Outcome:
    await allow_message(thread.link.id)
    async with work() as w:
        waiting = select(func.count()).where(
            IncomingMail.document_id == thread.document.id, col(IncomingMail.state).in_(("held", "automatic"))
        )
        if (await w.session.exec(waiting)).one() >= MOST_HELD:
            return _dropped("too many wait for a decision already")
        kept = {
            "words": cut(mail.words or mail.subject),
            "subject": mail.subject,
            "files": canonical_json([name for name, _ in mail.files]),
            "raw": raw if state == "held" else None,
        }
        if not await _is_new(w, thread, mail, state=state, why=why, **kept):
            return Outcome.AGAIN
        if state == "held":
            told = {"name": mail.sender or mail.sender_name, "number": thread.document.number}
            w.notify("message.held", thread.document, told)
        w.publish(thread.document, "held", to_client=False)
    return Outcome(state)


async def _is_new(w: Work, thread: Thread, mail: Incoming, **values: object) -> bool:
    """Notes the mail; whether it had not come before."""
    row = {
        "id": new_id(),
        "company_id": thread.document.company_id,
        "document_id": thread.document.id,
        "link_id": thread.link.id,
        "digest": mail.digest(f"{thread.document.id} {thread.link.id}"),
        "message_id": mail.message_id,
        "sender": mail.sender,
        "sender_name": mail.sender_name,
        "subject": "",
        "words": "",
        "files": "[]",
        "raw": None,
        "why": "",
        "at": w.at,
        "decided_at": None,
        "decided_by": "",
    }
    return await insert_once(w.session, IncomingMail, row | values)


def cut(words: str) -> str:
    """As long as a message may be."""
    return words if len(words) <= text.MESSAGE else words[: text.MESSAGE - 1].rstrip() + "…"


async def spoken(
    mail: Incoming, language: str, sender: Sender, full: Conflict | None = None
) -> tuple[str, list[CheckedFile]]:
    """What a mail says, as a message is kept, and its files as uploads are checked; refused ones are named in it, all of
    them where there is no room (`full`)."""
    files: list[CheckedFile] = []
    refused: list[str] = []
    for name, data in mail.files:
        try:
            if full:
                raise full
            files.append(await checked(data, name, sender))
        except (Invalid, TooLarge, Conflict) as refusal:
            refused.append(_refused(name, refusal, language))
    words = mail.words or ("" if files else mail.subject)
    notes = "\n".join(refused)
    whole = "\n\n".join(part for part in (words[: text.MESSAGE - len(notes) - 4], notes) if part)
    return text.clean(cut(whole or ("" if files else "…")), field="body", limit=text.MESSAGE), files


def _refused(name: str, refusal: Invalid | TooLarge | Conflict, language: str) -> str:
    fault = refusal.errors[0] if isinstance(refusal, Invalid) else refusal
    why = translate(fault.sentence, language, fault.params)
    shown = "".join(each for each in name if each.isprintable())[:80] or "…"
    return translate("Pièce jointe non reprise (%(name)s) : %(why)s", language, {"name": shown, "why": why})
