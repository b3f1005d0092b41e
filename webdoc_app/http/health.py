"""Is it up, and how much does it carry."""

from fastapi import APIRouter
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy import text
from sqlmodel import func, select
from starlette.responses import JSONResponse, Response

from webdoc_app.models import Document, IncomingMail, OutboxMail, TimelineEvent
from webdoc_app.services.work import reading
from webdoc_app.settings import settings

router = APIRouter(include_in_schema=False)


@router.get("/health")
async def health() -> Response:
    """200, or 503 with what is down."""
    down = [name for name, check in (("database", _database), ("redis", _redis)) if not await check()]
    return JSONResponse({"status": "down" if down else "ok", "down": down}, 503 if down else 200)


async def _database() -> bool:
    try:
        async with reading() as session:
            await session.execute(text("SELECT 1"))
    except Exception:  # noqa: BLE001 - whatever the driver raises, the answer is that it is down
        return False
    return True


async def _redis() -> bool:
    if not settings().redis_url:
        return True
    from redis.asyncio import Redis

    try:
        async with Redis.from_url(settings().redis_url or "", socket_timeout=2) as redis:
            return bool(await redis.execute_command("PING"))
    except Exception:  # noqa: BLE001
        return False


@router.get("/metrics")
async def metrics() -> Response:
    """Prometheus text: counts read from the database, so that every worker tells the same."""
    registry = CollectorRegistry()
    documents = Gauge("webdoc_documents", "Documents by kind and state", ["kind", "state"], registry=registry)
    mails = Gauge("webdoc_outbox_mails", "Mails of the outbox by state", ["state"], registry=registry)
    answers = Gauge(
        "webdoc_incoming_mails", "Answers by mail, by what became of them", ["state"], registry=registry
    )
    events = Gauge("webdoc_events", "Events of all timelines", registry=registry)
    async with reading() as session:
        by_kind = select(Document.kind, Document.state, func.count()).group_by(Document.kind, Document.state)
        for kind, state, number in (await session.exec(by_kind)).all():
            documents.labels(kind, state).set(number)
        by_state = select(OutboxMail.state, func.count()).group_by(OutboxMail.state)
        for state, number in (await session.exec(by_state)).all():
            mails.labels(state).set(number)
        by_fate = select(IncomingMail.state, func.count()).group_by(IncomingMail.state)
        for state, number in (await session.exec(by_fate)).all():
            answers.labels(state).set(number)
        events.set((await session.exec(select(func.count()).select_from(TimelineEvent))).one())
    return Response(generate_latest(registry), media_type="text/plain; version=0.0.4; charset=utf-8")
