"""Wiring of Reflex only: the application, its pages, and what answers ahead of them."""

import reflex as rx
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from webdoc_app.http.app import create_api
from webdoc_app.http.assets import HashedAssets
from webdoc_app.http.proxies import TrustedProxies
from webdoc_app.http.shell import built_pages
from webdoc_app.settings import settings
from webdoc_app.ui.failures import failed_page, log_handler_failure, log_page_failure

CLIENT_PATHS = ("/d", "/fr/d", "/en/d")


def no_shell_for_clients(app: ASGIApp) -> ASGIApp:
    """What is below a client's link and no route of ours does not exist, whatever the pages say."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "").rstrip("/")
        if scope["type"] == "http" and any(f"{path}/".startswith(f"{below}/") for below in CLIENT_PATHS):
            return await PlainTextResponse("404", status_code=404)(scope, receive, send)
        return await app(scope, receive, send)

    return guarded


api = create_api()
api.mount("/assets", HashedAssets(built_pages()))

app = rx.App(
    # The first stands innermost, around Reflex's own routes and the built pages.
    api_transformer=[
        no_shell_for_clients,
        api,
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
)
