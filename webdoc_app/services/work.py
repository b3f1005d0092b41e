"""The transaction every use case runs in, and what it carries: facts, events, news to publish after commit.

    async with work() as w:
        ...change rows through w.session...
        await w.record("document.issued", document, actor, {"number": number})

Leaving the block commits rows, events and outbox together, then publishes; an exception undoes all of it.
"""

import asyncio
import json
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import func, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.content import canonical_json, event_hash
from webdoc_app.domain.events import EVENT_TYPES
from webdoc_app.locales.formats import paris_day
from webdoc_app.models import Document, Notification, TimelineEvent, TimelineHead, Webhook, WebhookDelivery
from webdoc_app.models.columns import new_id, parse_time, time_text
from webdoc_app.services.database import WRITES


@dataclass(frozen=True)
class Actor:
    """Who did it: a user, a client through a link, an API key, or the system itself."""

    kind: str
    id: str = ""
    name: str = ""


SYSTEM = Actor("system", "", "Webdoc")


@dataclass(frozen=True)
class Change:
    """News for open pages: ids only, each page reads again what it may see."""

    topic: str
    what: str
    document_id: str = ""


async def _publish_nothing(changes: list[Change]) -> None:
    return None


@dataclass
class Runtime:
    """What services need from outside; `wiring` makes the real one, tests make theirs."""

    engine: AsyncEngine
    keys: list[str]
    origin: str
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    publish: Callable[[list[Change]], Awaitable[None]] = _publish_nothing
    render_pdf: Callable[[str, bytes | None], Awaitable[bytes]] | None = None
    payment_apis: Mapping[str, str] = field(default_factory=dict)  # other addresses of the providers
    reply_address: str = ""  # where answers to mails come in; none without it
    authserv: str = ""  # the mail server whose Authentication-Results are believed
    _locks: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock]" = field(
        default_factory=weakref.WeakKeyDictionary
    )

    def write_lock(self) -> asyncio.Lock:
        """SQLite has one writer: tasks of a process queue here instead of polling the file's lock."""
        return self._locks.setdefault(asyncio.get_running_loop(), asyncio.Lock())


_runtime: Runtime | None = None


def configure(runtime: Runtime | None) -> None:
    global _runtime  # noqa: PLW0603 - set once at start by the composition root
    _runtime = runtime


def runtime() -> Runtime:
    if _runtime is None:
        raise RuntimeError("services are not configured: see webdoc_app.wiring")
    return _runtime


def now() -> datetime:
    """The moment, UTC. Time is injected so that tests may travel."""
    return runtime().clock()


def today() -> date:
    return paris_day(now())


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
        for company_id in dict.fromkeys(row["company_id"] for row in self._events):
            rows = [row for row in self._events if row["company_id"] == company_id]
            await _append(self.session, company_id, rows)
            await _queue_for_webhooks(self.session, company_id, rows)


async def _append(session: AsyncSession, company_id: str, rows: list[dict[str, Any]]) -> None:
    head = await _lock_head(session, company_id)
    seq, previous = head
    for row in rows:
        seq += 1
        row |= {"seq": seq, "previous_hash": previous}
        row["hash"] = previous = event_hash(row)
    await session.execute(insert(TimelineEvent), rows)
    await session.execute(
        update(TimelineHead).where(TimelineHead.company_id == company_id).values(seq=seq, hash=previous)  # type: ignore[arg-type]
    )


async def _queue_for_webhooks(session: AsyncSession, company_id: str, events: list[dict[str, Any]]) -> None:
    """Each event, once for each address the company has told to be called."""
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


async def _lock_head(session: AsyncSession, company_id: str) -> tuple[int, str]:
    """The company's last event. Its row is the queue: one writer at a time appends to a chain."""
    query = select(TimelineHead.seq, TimelineHead.hash).where(TimelineHead.company_id == company_id)  # type: ignore[call-overload]
    row = (await session.execute(query.with_for_update())).first()
    if row is None:
        await insert_once(session, TimelineHead, {"company_id": company_id, "seq": 0, "hash": ""})
        row = (await session.execute(query.with_for_update())).one()
    return row[0], row[1]


async def insert_once(session: AsyncSession, table: Any, values: dict[str, Any]) -> bool:
    """INSERT … ON CONFLICT DO NOTHING; whether the row was new. The compare-and-set of things made once."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    # Asked for a row rather than for a count: PostgreSQL's driver may not know how many there were.
    statement = dialect.insert(table).values(**values).on_conflict_do_nothing().returning(literal(1))
    return (await session.execute(statement)).first() is not None


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
                unit = Work(session, current.clock())
                yield unit
                await session.flush()
                if unit._events:
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
