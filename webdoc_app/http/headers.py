"""What a request says of itself, made harmless ahead of all routes, of pages and of sockets.

Parsers behind the routes - ours, the frameworks', the interpreter's - are good for headers of a browser's length, and
some of them take time that grows with the square of it. So none gets more: of cookies ours alone, of a form's type its
boundary alone, and no header above 8 KB, which is what nginx takes by default.
"""

import re

from starlette.types import ASGIApp, Receive, Scope, Send

from webdoc_app.domain.errors import Refusal
from webdoc_app.http.answers import refusal_response
from webdoc_app.services.cookies import LONGEST_COOKIES, our_cookies

LONGEST_HEADER = 8_192
# What browsers and libraries draw them from (RFC 2046, 5.1.1).
_BOUNDARY = re.compile(
    r"""boundary=(?:"([0-9A-Za-z'()+_,./:=? -]{1,70})"|([0-9A-Za-z'+_.-]{1,70})(?=[;\s]|$))""", re.I
)
_MULTIPART = b"multipart/"


class HeadersTooLong(Refusal):
    code, status = "headers_too_long", 431


class TameHeaders:
    """Passes on requests and handshakes with the headers they need; too long ones are refused in words."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = tame(scope["headers"])
        tamed = {**scope, "headers": [each for each in headers if len(each[1]) <= LONGEST_HEADER]}
        if len(tamed["headers"]) == len(headers):
            await self.app(tamed, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            refusal = HeadersTooLong("Cette demande porte un en-tête trop long.")
            await refusal_response(refusal, tamed)(tamed, receive, send)


def tame(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The same headers: one of cookies, which holds ours, and of a form's type nothing but its boundary."""
    cookies = [value for name, value in headers if name == b"cookie"]
    kept = [
        (name, _tame_type(value) if name == b"content-type" else value)
        for name, value in headers
        if name != b"cookie"
    ]
    if cookies and sum(map(len, cookies)) <= LONGEST_COOKIES:
        ours = our_cookies(b"; ".join(cookies).decode("latin-1"))
        kept += [(b"cookie", ours.encode("latin-1"))] if ours else []
    return kept


def _tame_type(value: bytes) -> bytes:
    """A form's charset chooses the decoder of its fields, and Python's `punycode` and `idna` are quadratic."""
    kind, _, parameters = value[:LONGEST_HEADER].partition(b";")
    if not kind.strip().lower().startswith(_MULTIPART) or len(value) > LONGEST_HEADER:
        return value
    found = _BOUNDARY.search(parameters.decode("latin-1"))
    boundary = f'; boundary="{found[1] or found[2]}"' if found else ""
    return kind.strip().lower() + boundary.encode()
