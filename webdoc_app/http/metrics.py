"""What the server carries, for Prometheus: for the operator alone, and cheap however often it is asked for."""

import asyncio
import hmac
import ipaddress
import time
from typing import NamedTuple

from fastapi import APIRouter, Request
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlmodel import col, func, select
from starlette.responses import Response

from webdoc_app.domain.errors import Forbidden, Refusal
from webdoc_app.http.answers import refusal_response
from webdoc_app.http.visitors import address_of
from webdoc_app.models import Document, IncomingMail, OutboxMail
from webdoc_app.models.timeline import TimelineHead
from webdoc_app.services import limits
from webdoc_app.services.work import Runtime, reading, runtime
from webdoc_app.settings import settings

router = APIRouter(include_in_schema=False)
KEPT_SECONDS = 5.0
"""Counting a million documents takes most of a second: whoever asks again gets the same count so long."""
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


class _Count(NamedTuple):
    of: Runtime
    at: float
    text: bytes


_last: _Count | None = None
_counting: dict[int, asyncio.Lock] = {}


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Prometheus text: counts read from the database, so that every worker tells the same."""
    try:
        _insist_operator(request)
        await limits.allow(limits.METRICS, "metrics", address_of(request))
    except Refusal as refusal:
        return refusal_response(refusal, request.scope)
    return Response(await _counted(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _insist_operator(request: Request) -> None:
    """With WEBDOC_METRICS_TOKEN its bearer; else whoever is on this very machine, not through a proxy. Raises Forbidden."""
    ours = settings().metrics_token.get_secret_value()
    if ours:
        given = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        may = hmac.compare_digest(given.encode("utf-8", "replace"), ours.encode())
    else:
        may = _is_here(address_of(request)) and not any(name in request.headers for name in _FORWARDED)
    if not may:
        raise Forbidden("Ces chiffres sont réservés à la personne qui fait marcher ce serveur.")


def _is_here(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (mapped or found).is_loopback


async def _counted() -> bytes:
    """One count at a time, shared by all who ask meanwhile."""
    global _last  # noqa: PLW0603 - one count for all who ask
    async with _counting.setdefault(id(asyncio.get_running_loop()), asyncio.Lock()):
        if _last is None or _last.of is not runtime() or time.monotonic() - _last.at > KEPT_SECONDS:
            _last = _Count(runtime(), time.monotonic(), await _count())
        return _last.text


async def _count() -> bytes:
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
        # Each company's events are numbered without a gap: its last number is their count.
        events.set((await session.exec(select(func.sum(col(TimelineHead.seq))))).one() or 0)
    return generate_latest(registry)
