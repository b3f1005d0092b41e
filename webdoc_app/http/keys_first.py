"""Programs are known by their key before anything else of a request to /api/v1 is read, and are counted by it."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from webdoc_app.domain.errors import Refusal
from webdoc_app.domain.networks import network_of
from webdoc_app.http.answers import refusal_response
from webdoc_app.models import ApiKey
from webdoc_app.services import accounts, limits
from webdoc_app.services.cookies import session_secret
from webdoc_app.services.work import reading

BELOW = "/api/v1/"
OPEN = "/api/v1/openapi.json"
PROGRAM = "webdoc.program"
"""Where the scope of a request says whose it is: an ApiKey, or None where the key is missing or unknown."""


class KeysFirst:
    """Looks the key up, once a request. Wrong keys are counted by address, right ones by key; both without blocking
    the other: whoever shares an address with a guesser goes on working."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(BELOW) or scope["path"] == OPEN:
            await self.app(scope, receive, send)
            return
        program = await program_of(Headers(scope=scope))
        try:
            await _count(program, scope)
        except Refusal as too_many:
            await refusal_response(too_many, scope)(scope, receive, send)
            return
        await self.app({**scope, PROGRAM: program}, receive, send)


async def program_of(headers: Headers) -> ApiKey | None:
    """Whose key the request brings, if anyone's."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    async with reading() as session:
        return await accounts.program_of(session, key.strip())


async def _count(program: ApiKey | None, scope: Scope) -> None:
    """Raises TooMany."""
    if program is None:
        if session_secret(Headers(scope=scope).get("cookie", "")):
            return  # a person, in a browser
        client = scope.get("client")
        await limits.allow(limits.WRONG_KEYS, "key", network_of(client[0] if client else ""))
    elif scope["method"] in ("GET", "HEAD"):
        await limits.allow(limits.PROGRAM_READS, "program", program.id)
    else:
        await limits.allow(limits.PROGRAM_WRITES, "program", program.id)
