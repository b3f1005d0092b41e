"""No more reminders: an address of its own in each of them, that stops them all for whoever it was sent to.

The address opens no document, is good as long as the link's row is there, and takes back what it did (RFC 8058).
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.errors import NotFound
from webdoc_app.models import Company, Document, ReminderStop, ShareLink
from webdoc_app.services import keys
from webdoc_app.services.work import Actor, Work, insert_once, reading, runtime, work

_PURPOSE = "unsubscribe"


@dataclass(frozen=True)
class Subscription:
    """Who gets the reminders of whom, and whether they were stopped."""

    link: ShareLink
    document: Document
    company: Company
    email: str
    is_stopped: bool


def unsubscribe_url(link_id: str, email: str) -> str:
    return f"{runtime().origin}/unsubscribe/{keys.sign(_PURPOSE, [link_id, email.lower()])}"


async def subscription_of(token: str) -> Subscription:
    """Raises NotFound for a token that is not ours."""
    async with reading() as session:
        return await _open(session, token)


async def set_stopped(token: str, stopped: bool) -> Subscription:
    """Stops the reminders, or lets them come again; asking twice does it once. Raises NotFound."""
    async with work() as w:
        found = await _open(w.session, token)
        company_id, email, link = found.company.id, found.email, found.link
        client = Actor("client", link.id, link.recipient_name)
        if stopped:
            await stop_reminders(w, found.document, link.id, email, client)
        else:
            where = (col(ReminderStop.company_id) == company_id, col(ReminderStop.email) == email)
            gone = await w.session.execute(delete(ReminderStop).where(*where))
            if gone.rowcount:  # type: ignore[attr-defined]
                _tell(w, "reminder.resumed", found.document, link.id, email, client)
        return Subscription(link, found.document, found.company, email, stopped)


async def stop_reminders(w: Work, document: Document, link_id: str, email: str, actor: Actor) -> None:
    """No more reminders of the document's company to an address; doing it twice does it once."""
    lower = email.lower()
    values = {"company_id": document.company_id, "email": lower, "link_id": link_id, "at": w.at}
    if await insert_once(w.session, ReminderStop, values):
        _tell(w, "reminder.stopped", document, link_id, lower, actor)


def _tell(w: Work, event: str, document: Document, link_id: str, email: str, actor: Actor) -> None:
    w.record(event, document, actor, {"link_id": link_id, "to": email})
    w.publish(document, "followup", to_client=False)


async def stopped_among(session: AsyncSession, company_id: str, emails: Collection[str]) -> set[str]:
    """Those of the addresses, in lower case, that want no more reminders of this company."""
    query = select(ReminderStop.email).where(
        ReminderStop.company_id == company_id,
        col(ReminderStop.email).in_({email.lower() for email in emails}),
    )
    return set((await session.exec(query)).all())


async def _open(session: AsyncSession, token: str) -> Subscription:
    payload: Any = keys.unsign(_PURPOSE, token) if len(token) <= 1_000 else None
    match payload:
        case [str(link_id), str(email)]:
            link = await session.get(ShareLink, link_id)
        case _:
            raise NotFound
    if link is None:
        raise NotFound
    company = await session.get_one(Company, link.company_id)
    document = await session.get_one(Document, link.document_id)
    stopped = email in await stopped_among(session, company.id, [email])
    return Subscription(link, document, company, email, stopped)
