"""An address that leads nowhere: the built pages say so in the framework's words, we in ours."""

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webdoc_app.http.answers import STATIC_POLICY, preferred_language
from webdoc_app.http.visitors import signed_in
from webdoc_app.templates import render


class MissingPages:
    """Puts a page in words in the place of the built 404 page; every other answer passes as it is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        is_missing = False

        async def watched(message: Message) -> None:
            nonlocal is_missing
            if message["type"] == "http.response.start":
                is_missing = _is_built_404(message)
            if not is_missing:
                await send(message)

        await self.app(scope, receive, watched)
        if is_missing:
            await (await _page(Request(scope)))(scope, receive, send)


def _is_built_404(start: Message) -> bool:
    """Our own refusals are written anew each time; only files have an etag."""
    headers = Headers(raw=start["headers"])
    return start["status"] == 404 and "etag" in headers and headers["content-type"].startswith("text/html")


async def _page(request: Request) -> HTMLResponse:
    member = await signed_in(request)
    language = member.language if member else preferred_language(request.headers)
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": STATIC_POLICY,
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex, nofollow",
    }
    return HTMLResponse(render("missing.html", language, home="/app"), 404, headers=headers)
