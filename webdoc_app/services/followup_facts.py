"""What is known of documents when it comes to following them up: read together, a few queries for many."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import aliased
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.documents import Kind
from webdoc_app.domain.followups import Facts
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
class Target:
    """A document to follow up and who would read it; `to` is empty where nobody can be written to."""

    document: Document
    company: Company
    link: ShareLink | None
    to: str
    facts: Facts
    followups: tuple[Followup, ...]


async def targets_of(
    session: AsyncSession, company: Company, documents: Sequence[Document], now: datetime
) -> dict[str, Target]:
    """One company's documents by id, with all that reminders depend on."""
    ids = [document.id for document in documents]
    links = await _main_links(session, ids)
    emails = await _emails(session, documents)
    followups = await _followups(session, ids)
    messages = await last_messages(session, ids)
    versions = await _version_moments(session, documents)
    unreached = await _unreached(session, ids)
    holds = await _holds(session, [d.id for d in documents if d.state == State.ON_HOLD.value])
    to = {d.id: _address(links.get(d.id), emails.get(d.customer_id, ""), now) for d in documents}
    stopped = await stopped_among(session, company.id, set(to.values()) - {""})
    found = {}
    for document in documents:
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
            became=document.became,
            held_until=getattr(holds.get(document.id), "until", None),
            last_message_at=said_at,
            last_message_by_client=author == "client",
            last_reminder_at=max((row.at for row in done if row.state == "sent"), default=None),
            paused=document.followups_paused,
            has_address=bool(to[document.id]),
            unsubscribed=to[document.id].lower() in stopped,
            bad_address=document.id in unreached,
            tracked=company.tracking,
            done=frozenset((row.scenario, row.occurrence.partition(MANUAL)[0]) for row in done),
            sent=frozenset((row.scenario, row.occurrence) for row in done if row.state == "sent"),
        )
        found[document.id] = Target(document, company, links.get(document.id), to[document.id], facts, done)
    return found


def _address(link: ShareLink | None, customer_email: str, now: datetime) -> str:
    """Where a reminder would go; nowhere where its link does not open."""
    is_open = link is not None and standing(link, now) is LinkState.ACTIVE
    return (link.recipient_email or customer_email) if link and is_open else ""


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


async def _main_links(session: AsyncSession, ids: Sequence[str]) -> dict[str, ShareLink]:
    query = select(ShareLink).where(col(ShareLink.document_id).in_(ids))
    rows = (
        await session.exec(query.order_by(col(ShareLink.is_main), col(ShareLink.created_at).desc()))
    ).all()
    return {row.document_id: row for row in rows}


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


async def _unreached(session: AsyncSession, ids: Sequence[str]) -> set[str]:
    """Documents whose last mail was given up, or came back."""
    later = aliased(OutboxMail)
    since = select(later.id).where(
        col(later.document_id) == col(OutboxMail.document_id),
        col(later.state).not_in(UNREACHED),
        col(later.created_at) > col(OutboxMail.created_at),
    )
    query = select(OutboxMail.document_id).where(
        col(OutboxMail.document_id).in_(ids), col(OutboxMail.state).in_(UNREACHED), ~since.exists()
    )
    return {str(id_) for id_ in (await session.exec(query)).all()}


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
