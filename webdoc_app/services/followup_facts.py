"""What is known of documents when it comes to following them up: read together, a few queries for many."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlalchemy.orm import aliased
from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.documents import Kind
from webdoc_app.domain.followups import Facts, Scenario
from webdoc_app.domain.lifecycle import State
from webdoc_app.domain.sharing import LinkState
from webdoc_app.models import (
    Company,
    Customer,
    DecisionRow,
    Document,
    DocumentVersion,
    Followup,
    Message,
    OutboxMail,
    ShareLink,
)
from webdoc_app.models.outbox import UNREACHED
from webdoc_app.reads.status import balance_of
from webdoc_app.services.sharing import standing
from webdoc_app.services.unsubscribing import stopped_among

MANUAL = "#"
"""Sent again by hand for what it had been sent for already: `v1#2`."""


@dataclass(frozen=True)
class Reader:
    """Somebody a reminder can go to, by a link that opens."""

    link: ShareLink
    to: str


@dataclass(frozen=True)
class Target:
    """A document to follow up and who would read it, the main recipient first; none where nobody can be written to.

    `holder` is the link a hold was asked through.
    """

    document: Document
    company: Company
    readers: tuple[Reader, ...]
    holder: str | None
    facts: Facts
    followups: tuple[Followup, ...]

    def readers_of(self, scenario: Scenario) -> tuple[Reader, ...]:
        """Everybody; the end of a hold concerns whoever asked for it."""
        if scenario is Scenario.ON_HOLD:
            holders = tuple(reader for reader in self.readers if reader.link.id == self.holder)
            return holders or self.readers[:1]
        return self.readers


async def targets_of(
    session: AsyncSession, company: Company, documents: Sequence[Document], now: datetime
) -> dict[str, Target]:
    """One company's documents by id, with all that reminders depend on."""
    ids = [document.id for document in documents]
    links = await _links(session, ids)
    emails = await _emails(session, documents)
    followups = await _followups(session, ids)
    messages = await last_messages(session, ids)
    versions = await _version_moments(session, documents)
    unreached = await _unreached(session, ids)
    holds = await _holds(session, [d.id for d in documents if d.state == State.ON_HOLD.value])
    readers = {d.id: _readers(links.get(d.id, ()), emails.get(d.customer_id, ""), now) for d in documents}
    addresses = {reader.to for known in readers.values() for reader in known}
    stopped = await stopped_among(session, company.id, addresses)
    found = {}
    for document in documents:
        known = readers[document.id]
        willing = tuple(reader for reader in known if reader.to.lower() not in stopped)
        reached = tuple(reader for reader in willing if not unreached.concerns(reader))
        hold = holds.get(document.id)
        done = tuple(followups.get(document.id, ()))
        author, said_at = messages.get(document.id, ("", None))
        facts = Facts(
            kind=Kind(document.kind),
            state=State(document.state),
            version=document.version,
            version_at=versions.get(document.id) or document.issued_at,
            sent_at=document.sent_at,
            opened_at=document.opened_at,
            last_visit_at=document.last_visit_at,
            touched_at=document.updated_at,
            valid_until=document.valid_until,
            due_date=document.due_date,
            due_minor=balance_of(document).due,
            paying_minor=document.processing_minor,
            became=document.became,
            held_until=hold.until if hold else None,
            last_message_at=said_at,
            last_message_by_client=author == "client",
            last_reminder_at=max((row.at for row in done if row.state == "sent"), default=None),
            paused=document.followups_paused,
            has_address=bool(known),
            unsubscribed=bool(known) and not willing,
            bad_address=bool(willing) and not reached,
            tracked=company.tracking,
            done=frozenset((row.scenario, row.occurrence.partition(MANUAL)[0]) for row in done),
            sent=frozenset((row.scenario, row.occurrence) for row in done if row.state == "sent"),
        )
        found[document.id] = Target(
            document, company, reached or willing, hold.link_id if hold else None, facts, done
        )
    return found


def _readers(links: Sequence[ShareLink], customer_email: str, now: datetime) -> tuple[Reader, ...]:
    """Whose link opens and whose address is known, each address once; the main recipient has the customer's."""
    found: dict[str, Reader] = {}
    for link in links:
        to = link.recipient_email or (customer_email if link.is_main else "")
        if to and standing(link, now) is LinkState.ACTIVE:
            found.setdefault(to.casefold(), Reader(link, to))
    return tuple(found.values())


async def last_messages(session: AsyncSession, ids: Sequence[str]) -> dict[str, tuple[str, datetime]]:
    """Who wrote last in the conversation of each document, and when; notes are no part of it."""
    newest = (
        select(col(Message.document_id), func.max(Message.at).label("at"))
        .where(col(Message.document_id).in_(ids), col(Message.internal).is_(False))
        .group_by(col(Message.document_id))
        .subquery()
    )
    query = (
        select(Message.document_id, Message.author, Message.at)
        .join(newest, (col(Message.document_id) == newest.c.document_id) & (col(Message.at) == newest.c.at))
        .where(col(Message.internal).is_(False))
        .order_by(col(Message.author))
    )
    return {id_: (author, at) for id_, author, at in (await session.exec(query)).all()}


async def _links(session: AsyncSession, ids: Sequence[str]) -> dict[str, list[ShareLink]]:
    """Main recipients first, then in the order they were made."""
    query = select(ShareLink).where(col(ShareLink.document_id).in_(ids))
    order = (col(ShareLink.is_main).desc(), col(ShareLink.created_at), col(ShareLink.id))
    found: dict[str, list[ShareLink]] = {}
    for link in (await session.exec(query.order_by(*order))).all():
        found.setdefault(link.document_id, []).append(link)
    return found


async def _emails(session: AsyncSession, documents: Sequence[Document]) -> dict[str, str]:
    ids = {document.customer_id for document in documents}
    query = select(Customer.id, Customer.email).where(col(Customer.id).in_(ids))
    return dict((await session.exec(query)).all())


async def _followups(session: AsyncSession, ids: Sequence[str]) -> dict[str, list[Followup]]:
    query = select(Followup).where(col(Followup.document_id).in_(ids)).order_by(col(Followup.at))
    found: dict[str, list[Followup]] = {}
    for row in (await session.exec(query)).all():
        found.setdefault(row.document_id, []).append(row)
    return found


@dataclass(frozen=True)
class _Unreached:
    """Whose last mail was given up or came back: links, and (document, address) of mails that brought none."""

    links: frozenset[str]
    addresses: frozenset[tuple[str, str]]

    def concerns(self, reader: Reader) -> bool:
        return reader.link.id in self.links or (reader.link.document_id, reader.to) in self.addresses


async def _unreached(session: AsyncSession, ids: Sequence[str]) -> _Unreached:
    query = select(OutboxMail.document_id, OutboxMail.link_id, OutboxMail.to_email).where(
        col(OutboxMail.document_id).in_(ids), col(OutboxMail.state).in_(UNREACHED), ~reached_later()
    )
    rows = (await session.exec(query)).all()
    links = frozenset(link_id for _, link_id, _ in rows if link_id)
    return _Unreached(links, frozenset((str(id_), to) for id_, link_id, to in rows if not link_id))


def reached_later() -> ColumnElement[bool]:
    """Whether a mail that reached nobody was followed by another of its document to the same recipient that may."""
    later = aliased(OutboxMail)
    same_recipient = or_(
        col(later.link_id) == col(OutboxMail.link_id), col(later.to_email) == col(OutboxMail.to_email)
    )
    return (
        select(later.id)
        .where(
            col(later.document_id) == col(OutboxMail.document_id),
            same_recipient,
            col(later.state).not_in(UNREACHED),
            col(later.created_at) > col(OutboxMail.created_at),
        )
        .exists()
    )


async def _version_moments(session: AsyncSession, documents: Sequence[Document]) -> dict[str, datetime]:
    revised = [document.id for document in documents if document.version > 1]
    if not revised:
        return {}
    query = select(DocumentVersion.document_id, func.max(DocumentVersion.created_at)).where(
        col(DocumentVersion.document_id).in_(revised)
    )
    return dict((await session.exec(query.group_by(col(DocumentVersion.document_id)))).all())


async def _holds(session: AsyncSession, ids: Sequence[str]) -> dict[str, DecisionRow]:
    if not ids:
        return {}
    query = select(DecisionRow).where(col(DecisionRow.document_id).in_(ids)).order_by(col(DecisionRow.at))
    return {row.document_id: row for row in (await session.exec(query)).all()}
