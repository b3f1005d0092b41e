"""Wiring of Reflex only: the application, its pages, and what answers ahead of them."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import reflex as rx
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from webdoc_app.cashier import watch_payments, watch_payouts
from webdoc_app.core.errands import all_run
from webdoc_app.domain.errors import NotFound
from webdoc_app.http.answers import preferred_language, refusal_page
from webdoc_app.http.app import create_api
from webdoc_app.http.assets import HashedAssets
from webdoc_app.http.fair_share import FairShare
from webdoc_app.http.proxies import TrustedProxies
from webdoc_app.http.shell import built_pages
from webdoc_app.http.socket_gate import SocketGate
from webdoc_app.integrations.payments import connections
from webdoc_app.integrations.pdf import PdfRenderer
from webdoc_app.live.bus import Bus, MemoryBus, RedisBus
from webdoc_app.live.presence import MemoryStore, RedisStore, presence
from webdoc_app.mailroom import fetch_mails
from webdoc_app.postman import call_webhooks, carry_mails, tell_people
from webdoc_app.reads.pdf_pages import pdf_page
from webdoc_app.schedule import keep_anchored, keep_schedule, keep_tidy
from webdoc_app.services import decoding, rendering
from webdoc_app.services.hits import all_written
from webdoc_app.services.work import Change, runtime
from webdoc_app.settings import settings
from webdoc_app.ui.dashboard import all_pages
from webdoc_app.ui.dashboard.bell import Bell
from webdoc_app.ui.door import guard_door
from webdoc_app.ui.failures import (
    failed_page,
    keep_tokens_out_of_the_log,
    log_handler_failure,
    log_page_failure,
)
from webdoc_app.ui.refresh import connected, fan_out
from webdoc_app.ui.tabs.binding import bind_tabs
from webdoc_app.ui.tabs.ending import keep_tabs
from webdoc_app.ui.webdoc import looking
from webdoc_app.ui.webdoc import page as client_page
from webdoc_app.ui.webdoc.state import WebdocState
from webdoc_app.wiring import wire

PAGES = (all_pages, client_page)
"""Importing these modules registers every page."""

CLIENT_PATHS = ("/d", "/fr/d", "/en/d")


def no_shell_for_clients(app: ASGIApp) -> ASGIApp:
    """What is below a client's link and no route of ours does not exist, whatever the pages say."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "").rstrip("/")
        if scope["type"] == "http" and any(f"{path}/".startswith(f"{below}/") for below in CLIENT_PATHS):
            language = preferred_language(Headers(scope=scope))
            return await refusal_page(NotFound(), language)(scope, receive, send)
        return await app(scope, receive, send)

    return guarded


api = create_api()
api.mount("/assets", HashedAssets(built_pages()))

app = rx.App(
    # The first stands innermost, around Reflex's own routes and the built pages.
    api_transformer=[
        no_shell_for_clients,
        api,
        FairShare,
        lambda asgi: SocketGate(asgi, large=(f"{WebdocState.get_full_name()}.decide",)),
        lambda asgi: TrustedProxies(asgi, settings().trusted_proxies),
    ],
    # No toasts and no overlays of the framework: they speak English, weigh on every page, and what
    # the server sends to them is evaluated, which the client page's policy forbids.
    toaster=None,
    app_wraps={(55, "ErrorBoundary"): lambda _stateful: failed_page()},
    backend_exception_handler=log_handler_failure,
    frontend_exception_handler=log_page_failure,
    # One stylesheet, ours: the one inlined with a document must look the same as the one that follows.
    reset_style=False,
    html_lang="fr",
    stylesheets=["/theme.css", "/sheet.css", "/app.css"],
)

guard_door(app)
tabs = bind_tabs(app)
keep_tokens_out_of_the_log()


@asynccontextmanager
async def services() -> AsyncIterator[None]:
    """One per worker: engine, renderer and bus live as long as it serves."""
    ours = settings()
    bus: Bus = RedisBus(ours.redis_url) if ours.redis_url else MemoryBus()
    presence.use(RedisStore(ours.redis_url) if ours.redis_url else MemoryStore(), bus)
    renderer = PdfRenderer(pdf_page)

    async def publish(changes: list[Change]) -> None:
        await bus.publish((change.topic, change.what, change.document_id) for change in changes)

    wire(ours, publish=publish, render_pdf=renderer.render)
    tasks = [asyncio.create_task(fan_out(app, bus)), asyncio.create_task(keep_schedule())]
    tasks += [
        asyncio.create_task(keep_tabs(tabs, Bell.refresh)),
        asyncio.create_task(keep_tidy()),
        asyncio.create_task(keep_anchored()),
        asyncio.create_task(presence.keep(connected(app), looking.save)),
    ]
    tasks += [asyncio.create_task(watch_payments()), asyncio.create_task(watch_payouts())]
    tasks += [asyncio.create_task(tell_people()), asyncio.create_task(call_webhooks())]
    if ours.smtp_url:
        tasks.append(asyncio.create_task(carry_mails(ours.smtp_url)))
    if ours.imap_url:
        tasks.append(asyncio.create_task(fetch_mails(ours.imap_url)))
    # Modules, pages and tables stay for the life of the process: no collection need walk through them again, which
    # would hold every open page up for a tenth of a second and more.
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await all_written()
        await all_run()
        await rendering.stop()
        renderer.close()
        decoding.close()
        await connections.close()
        await runtime().engine.dispose()


app.register_lifespan_task(services)
