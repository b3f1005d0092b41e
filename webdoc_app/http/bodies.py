"""How much may be sent: a body above its limit is read to its end, so that the answer arrives, and refused."""

import re

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webdoc_app.domain.errors import TooLarge
from webdoc_app.http.answers import refusal_response
from webdoc_app.integrations.mail.incoming import MAX_BYTES

JSON_LIMIT, IMPORT_LIMIT, FORM_LIMIT = 2_000_000, 10_000_000, 1_000_000
MULTIPART_OVERHEAD = 64_000
DRAIN_LIMIT = 64_000_000
_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_UPLOADS = re.compile(
    r"/api/v1/(imports|documents/[^/]+/files)|/app/import|/app/logo|/app/documents/[^/]+/(messages|files)"
)
_UPLOADS_OR_FORMS = re.compile(r"(/d|/api/v1/documents)/[^/]+/messages")
"""A message may come alone, as a form, or with a file."""


class BodyLimit:
    """Collects the body of every writing request before the application sees it; none is above 20 MB."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in _METHODS:
            await self.app(scope, receive, send)
            return
        body = await _collect(receive, _limit(scope))
        if body is None:
            await self._too_large(scope)(scope, receive, send)
            return
        await self.app(scope, _replay(body, receive), send)

    def _too_large(self, scope: Scope) -> Response:
        return refusal_response(TooLarge("Ce qui a été envoyé est trop volumineux."), scope)


def _limit(scope: Scope) -> int:
    path = scope["path"]
    if path == "/hooks/mail/inbound":
        return MAX_BYTES + MULTIPART_OVERHEAD
    is_multipart = Headers(scope=scope).get("content-type", "").startswith("multipart/form-data")
    if _UPLOADS.fullmatch(path.rstrip("/")) or (is_multipart and _UPLOADS_OR_FORMS.fullmatch(path)):
        return IMPORT_LIMIT + MULTIPART_OVERHEAD
    return JSON_LIMIT if path.startswith("/api/") else FORM_LIMIT


async def _collect(receive: Receive, limit: int) -> bytes | None:
    """The whole body, or None where it is longer than `limit`."""
    chunks: list[bytes] = []
    size = 0
    while size <= DRAIN_LIMIT:
        message = await receive()
        if message["type"] != "http.request":
            break
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
        if not message.get("more_body"):
            break
    return b"".join(chunks) if size <= limit else None


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
