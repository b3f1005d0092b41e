"""The built pages: the framework's files behind addresses without endings, each with the policy of its own scripts."""

import functools
import posixpath
import re
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webdoc_app.http.shell import built_pages, page_policy, scripts_of

_FILES = re.compile(r"(?!/(assets|api|d|fr/d|en/d)/).*\.(html|json|map)(\.(br|gz))?/?", re.DOTALL)
"""What the build leaves beside its pages. Nobody is led there, and a page would come without its address's rules."""
_NOWHERE = "/nowhere/at/all"
ANY_ROUTE = "404.html"
"""The framework serves this one at every address that holds a variable."""


class BuiltPages:
    """Around the built pages: no file by its own name, no redirect to a trailing slash, a policy on each page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        await self.app({**scope, "path": _in_the_build(path)}, receive, _with_policy(path, send))


def _in_the_build(path: str) -> str:
    """A page lies in a folder, and the framework would redirect to it, with the request's word for our host."""
    if _FILES.fullmatch(path) or (_is_odd(path) and _is_page(posixpath.normpath(path))):
        return _NOWHERE
    page = path.rstrip("/")
    return f"{page}/" if page in policies() else path


def _is_odd(path: str) -> bool:
    """`//app`, `/x/../app`: the framework would find a page there, past the rules of its address."""
    return any(part in ("", ".", "..") for part in path.split("/")[1:-1])


def _is_page(path: str) -> bool:
    path = f"/{path.lstrip('/')}"
    return path in policies() or path.startswith(("/app/", "/en/app/"))


def _with_policy(path: str, send: Send) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if _is_built(headers):
                found = policies()
                headers["content-security-policy"] = found.get(path.rstrip("/"), found[ANY_ROUTE])
                headers["cache-control"] = "no-store"
        await send(message)

    return wrapped


def _is_built(headers: MutableHeaders) -> bool:
    """Our own pages are written anew each time and bring their policy; only files have an etag."""
    return "etag" in headers and headers.get("content-type", "").startswith("text/html")


@functools.cache
def policies() -> dict[str, str]:
    """The policy of each built page by its address without the last slash, and of those with a variable in it."""
    client = built_pages() / "build/client"
    found = {_address(page, client): _policy(page) for page in sorted(client.rglob("index.html"))}
    fallback = client / ANY_ROUTE
    return found | {ANY_ROUTE: _policy(fallback) if fallback.exists() else page_policy(())}


def _address(page: Path, client: Path) -> str:
    folder = page.parent.relative_to(client).as_posix()
    return "" if folder == "." else f"/{folder}"


def _policy(page: Path) -> str:
    return f"{page_policy(scripts_of(page.read_text()))}; object-src 'none'"
