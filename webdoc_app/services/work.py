"""The transaction every use case runs in, and what it carries: facts, events, news to publish after commit.

    async with work() as w:
        ...change rows through w.session...
        await w.record("document.issued", document, actor, {"number": number})

Leaving the block commits rows, events and outbox together, then publishes; an exception undoes all of it.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.content import canonical_json
from webdoc_app.domain.events import EVENT_TYPES, INTERNAL
from webdoc_app.models import Document, Notification, Webhook, WebhookDelivery
from webdoc_app.models.columns import new_id, parse_time, time_text
from webdoc_app.services import bindings, history
from webdoc_app.services.database import WRITES
from webdoc_app.services.once import insert_once as insert_once
from webdoc_app.services.runtime import SYSTEM as SYSTEM
from webdoc_app.services.runtime import Actor as Actor
from webdoc_app.services.runtime import Change as Change
from webdoc_app.services.runtime import Runtime as Runtime
from webdoc_app.services.runtime import configure as configure
from webdoc_app.services.runtime import now as now
from webdoc_app.services.runtime import runtime as runtime
from webdoc_app.services.runtime import today as today


@dataclass
class Work:
    session: AsyncSession
    at: datetime
    _events: list[dict[str, Any]] = field(default_factory=list)
    _changes: list[Change] = field(default_factory=list)

    def record(
        self,
        type_: str,
        document: Document | None,
        actor: Actor,
        data: dict[str, Any],
        *,
        company_id: str = "",
        event_id: str = "",
    ) -> str:
        """Notes an event for the timeline; it is chained and written when the work commits. Returns its id."""
        if type_ not in EVENT_TYPES:
            raise ValueError(f"unknown event type {type_}")
        row = {
            "company_id": document.company_id if document else company_id,
            "id": event_id or new_id(),
            "document_id": document.id if document else None,
            "type": type_,
            "at": time_text(self.at),
            "actor_kind": actor.kind,
            "actor_id": actor.id,
            "actor_name": actor.name,
            "data": canonical_json(data),
        }
        self._events.append(row)
        return str(row["id"])

    def notify(
        self, type_: str, document: Document, data: dict[str, Any], *, user_id: str | None = None
    ) -> None:
        """News in the merchant's bell, everyone's or one user's, written with the fact itself."""
        self.session.add(
            Notification(
                id=new_id(),
                company_id=document.company_id,
                document_id=document.id,
                user_id=user_id,
                type=type_,
                data=canonical_json(data),
                at=time_text(self.at),
            )
        )

    def publish(self, document: Document, what: str, *, to_client: bool = True) -> None:
        """Tells open pages after the commit. An internal note is told to the company alone."""
        self._changes.append(Change(f"company:{document.company_id}", what, document.id))
        if to_client:
            self._changes.append(Change(f"chain:{document.chain_id}", what, document.id))

    def publish_to(self, topic: str, what: str, document_id: str) -> None:
        """Tells the pages that watch a topic of their own, after the commit."""
        self._changes.append(Change(topic, what, document_id))

    async def _chain_events(self) -> None:
        """Writes the events, with what of record this transaction wrote; rows without one get an event of their own."""
        changes = await history.changes_in(self.session)
        told = [row["company_id"] for row in self._events]
        for company_id in changes.keys() - set(told):
            self.record(history.BOUND_EVENT, None, SYSTEM, {}, company_id=company_id)
        for company_id in dict.fromkeys(row["company_id"] for row in self._events):
            rows = [row for row in self._events if row["company_id"] == company_id]
            written = await history.append(self.session, company_id, rows, changes.get(company_id, {}))
            await _queue_for_webhooks(self.session, company_id, written)


async def _queue_for_webhooks(session: AsyncSession, company_id: str, events: list[dict[str, Any]]) -> None:
    """Each event, once for each address the company has told to be called; the history's own care is nobody's news."""
    events = [event for event in events if event["type"] not in INTERNAL]
    query = select(Webhook.id).where(Webhook.company_id == company_id, col(Webhook.removed_at).is_(None))  # type: ignore[call-overload]
    names = ("id", "company_id", "document_id", "type", "at")
    for hook_id in (await session.execute(query)).scalars().all():
        for event in events:
            told = {name: event[name] for name in names}
            told |= {"actor": event["actor_kind"], "data": json.loads(event["data"])}
            moment = parse_time(event["at"])
            session.add(
                WebhookDelivery(
                    webhook_id=hook_id,
                    seq=event["seq"],
                    type=event["type"],
                    body=canonical_json(told),
                    next_at=moment,
                    created_at=moment,
                )
            )


@asynccontextmanager
async def work() -> AsyncIterator[Work]:
    """One writing transaction. On SQLite it holds the write lock from its first statement."""
    current = runtime()
    is_sqlite = current.engine.dialect.name == "sqlite"
    lock = current.write_lock() if is_sqlite else None
    if lock:
        await lock.acquire()
    try:
        async with current.engine.connect() as connection:
            await connection.execution_options(**{WRITES: True})
            async with AsyncSession(bind=connection, expire_on_commit=False) as session:
                session.sync_session.info[bindings.INFO] = bindings.Bindings()
                unit = Work(session, current.clock())
                yield unit
                await session.flush()
                await unit._chain_events()
                await session.commit()
    finally:
        if lock:
            lock.release()
    if unit._changes:
        await current.publish(list(dict.fromkeys(unit._changes)))


@asynccontextmanager
async def reading() -> AsyncIterator[AsyncSession]:
    """One reading transaction: a consistent view, no lock."""
    async with AsyncSession(runtime().engine, expire_on_commit=False) as session:
        yield session


async def count(session: AsyncSession, statement: Any) -> int:
    return int((await session.execute(select(func.count()).select_from(statement.subquery()))).scalar_one())
