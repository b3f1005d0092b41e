"""How much may be sent, by whom, and how slowly: bodies are collected before the application sees them.

Who sends is known first (`gates.py`); a body nobody may send is never read. Those that are read wait for a place, so
that all of them together stay within 200 MB however many come at once, in fair turns of network addresses. A body above
its limit is read to its end without being kept, so that the answer arrives, and refused.
"""

import asyncio
import re

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webdoc_app.core.turns import FairTurns, NoTurn
from webdoc_app.domain.errors import Refusal, TooLarge
from webdoc_app.domain.networks import network_of
from webdoc_app.http.answers import refusal_response
from webdoc_app.http.gates import may_send
from webdoc_app.integrations.mail.incoming import MAX_BYTES
from webdoc_app.settings import settings

JSON_LIMIT, IMPORT_LIMIT, FORM_LIMIT = 2_000_000, 10_000_000, 1_000_000
MULTIPART_OVERHEAD = 64_000
DRAIN_LIMIT = 64_000_000
SILENCE_SECONDS = 30.0
"""Without a byte for so long, whoever sends is gone."""
WHOLE_SECONDS = 900.0
"""The longest body over the slowest phone."""
PLACE_SECONDS = 30.0
"""So long a body waits, unread, for others to make room."""
SMALL = 64_000
LARGE_PLACES, LARGE_EACH, SMALL_PLACES, SMALL_EACH = 16, 6, 600, 200
"""Bodies collected at once, in all and from one address: 16 of 10 MB and 600 of 64 KB."""
WAITING = 300
_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_UPLOADS = re.compile(
    r"/api/v1/(imports|documents/[^/]+/files)|/app/import|/app/logo|/app/documents/[^/]+/(messages|files)"
)
_UPLOADS_OR_FORMS = re.compile(r"(/d|/api/v1/documents)/[^/]+/messages")
"""A message may come alone, as a form, or with a file."""
_ABOUT_THE_BODY = (b"content-type", b"content-length", b"transfer-encoding")


class TooSlow(Refusal):
    code, status = "too_slow", 408


class Busy(Refusal):
    code, status = "busy", 503


class Gone(Exception):
    """Whoever sent went away before the end: half a form is no form."""


class BodyLimit:
    """Collects the body of every writing request before the application sees it; none is above 25 MB."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._large = FairTurns(LARGE_PLACES, each=_each(LARGE_EACH), waiting=WAITING)
        self._small = FairTurns(SMALL_PLACES, each=_each(SMALL_EACH), waiting=WAITING)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in _METHODS:
            await self.app(scope, receive, send)
        elif not await _may_send(scope):
            await self.app(_without_body(scope), _replay(b"", receive), _closing(scope, send))
        else:
            try:
                await self._with_body(scope, receive, send)
            except Refusal as refusal:
                await _refused(refusal, scope)(scope, receive, send)
            except Gone:
                return

    async def _with_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        length, limit = _length(scope), _limit(scope)
        turns = self._small if length <= min(SMALL, limit) else self._large
        turn = turns.turn(_owner(scope))
        try:
            async with asyncio.timeout(PLACE_SECONDS):
                await turn.__aenter__()
        except (TimeoutError, NoTurn):
            raise Busy("Trop de fichiers arrivent en même temps. Réessayez dans un instant.") from None
        try:
            body = await _collect(receive, limit)
            # The place is held until the answer: so long the body lies in memory.
            await self.app(scope, _replay(body, receive), send)
        finally:
            await turn.__aexit__(None, None, None)


async def _may_send(scope: Scope) -> bool:
    """A small form to a link goes to its route, which judges all forms alike and asks for the link anyway."""
    is_small = _length(scope) <= SMALL and not scope["path"].startswith(("/api/", "/app/"))
    return is_small or await may_send(scope)


def _each(most: int) -> int | None:
    return most if settings().limits else None


def _owner(scope: Scope) -> str:
    return network_of(scope["client"][0] if scope.get("client") else "")


def _length(scope: Scope) -> int:
    """Bytes, as the request says; more than any limit where it says that there are some, and not how many."""
    headers = Headers(scope=scope)
    told = headers.get("content-length", "")
    if told.isascii() and told.isdigit() and len(told) < 16:
        return int(told)
    has_none = not told and "transfer-encoding" not in headers and scope["http_version"].startswith("1")
    return 0 if has_none else DRAIN_LIMIT


def _limit(scope: Scope) -> int:
    path = scope["path"]
    if path == "/hooks/mail/inbound":
        return MAX_BYTES + MULTIPART_OVERHEAD
    is_multipart = Headers(scope=scope).get("content-type", "").startswith("multipart/form-data")
    if _UPLOADS.fullmatch(path.rstrip("/")) or (is_multipart and _UPLOADS_OR_FORMS.fullmatch(path)):
        return IMPORT_LIMIT + MULTIPART_OVERHEAD
    return JSON_LIMIT if path.startswith("/api/") else FORM_LIMIT


async def _collect(receive: Receive, limit: int) -> bytes:
    """The whole body. Raises TooLarge where it is longer than `limit`, TooSlow, Gone."""
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(WHOLE_SECONDS):
            while size <= DRAIN_LIMIT:
                async with asyncio.timeout(SILENCE_SECONDS):
                    message = await receive()
                if message["type"] != "http.request":
                    raise Gone
                chunk = message.get("body", b"")
                size += len(chunk)
                if size <= limit:
                    chunks.append(chunk)
                else:
                    chunks.clear()
                if not message.get("more_body"):
                    break
    except TimeoutError:
        raise TooSlow("L’envoi s’est arrêté en chemin. Réessayez.") from None
    if size > limit:
        raise TooLarge("Ce qui a été envoyé est trop volumineux.")
    return b"".join(chunks)


def _refused(refusal: Refusal, scope: Scope) -> Response:
    response = refusal_response(refusal, scope)
    if not isinstance(refusal, TooLarge):
        response.headers["Connection"] = "close"
    if isinstance(refusal, Busy):
        response.headers["Retry-After"] = "5"
    return response


def _without_body(scope: Scope) -> Scope:
    """The request as if nothing came with it: its route says why it may not, in its own order and words."""
    return {**scope, "headers": [each for each in scope["headers"] if each[0] not in _ABOUT_THE_BODY]}


def _closing(scope: Scope, send: Send) -> Send:
    """Where a body is left unread, the connection cannot serve another request."""
    if not _length(scope):
        return send

    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), (b"connection", b"close")]
        await send(message)

    return wrapped


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
