"""Sockets within limits: how many a network or a session holds open, and how much comes over them.

Nothing is read here: what is above a limit is dropped before anything is spent on it. A little above, a socket is
read more slowly; far above, what comes is dropped; and who goes on then is hung up on, as by a network that fails,
so that a real page comes back by itself, later and later. What was typed stays in the page.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webdoc_app.core.meters import Meter
from webdoc_app.core.shares import share_of
from webdoc_app.core.turns import NoTurn
from webdoc_app.domain.networks import network_of
from webdoc_app.services.cookies import session_secret
from webdoc_app.services.socket_lines import LINE, Line
from webdoc_app.settings import settings

logger = logging.getLogger(__name__)

PATH = "/_event"

OPEN_OF_A_NETWORK = 1_000
"""A company of two hundred people behind one address, five pages each."""
OPEN_OF_A_SESSION = 200
OPENING_PATIENCE_SECONDS = 20.0
"""All of that company's pages come back at once after a restart; each one read anew is milliseconds of the process."""
CLIENT_EVENT_BYTES = 64_000
MERCHANT_EVENT_BYTES = 1_000_000
"""A document of a thousand lines, as it is typed. The transport takes no more either."""
PATIENCE_SECONDS = 2.0
"""What would have to wait longer is dropped."""
DROPPED_BEFORE_CLOSING = 200
DROPPED_FOR_SIZE = 20
"""What one that is too large counts for."""
SLOW_READER_SECONDS = 30
REFUSED_AFTER_SECONDS = 1.0
"""Who tries again at once tries a thousand times a second otherwise."""
PONG = "3"
"""The transport's answer to its own question, whether anybody is there."""
CONNECT = "40"
MOST_CONNECTS = 3
BINARY = ("b", "45", "46")
"""No page sends any; the library would collect as many parts as are announced."""


@dataclass
class Limits:
    """What flows over the sockets of this process: a page in view sends one event every four seconds."""

    opening: Meter = field(default_factory=lambda: Meter(40, 200))
    of_a_socket: Meter = field(default_factory=lambda: Meter(20, 120))
    of_a_session: Meter = field(default_factory=lambda: Meter(60, 600))
    of_a_network: Meter = field(default_factory=lambda: Meter(150, 1_000))
    bytes_of_a_network: Meter = field(default_factory=lambda: Meter(500_000, 16_000_000))
    open_of_a_network: int = OPEN_OF_A_NETWORK
    open_of_a_session: int = OPEN_OF_A_SESSION


class SocketGate:
    """Stands behind the proxies' word on who asks. `large`: names of handlers a client may send more to."""

    def __init__(self, app: ASGIApp, *, large: tuple[str, ...] = (), limits: Limits | None = None) -> None:
        self.app = app
        self.limits = limits or Limits()
        self._large = large
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket" or not scope["path"].startswith(PATH):
            await self.app(scope, receive, send)
            return
        line = scope[LINE] = _line_of(scope)
        if not settings().limits:
            await self.app(scope, receive, send)
            return
        async with self._counted(line) as is_welcome:
            if not (is_welcome and await self._let_in(line, scope, receive, send)):
                await asyncio.sleep(REFUSED_AFTER_SECONDS)
                await _hang_up(send)

    async def _let_in(self, line: Line, scope: Scope, receive: Receive, send: Send) -> bool:
        """Serves the socket. False where its network has too many waiting to be let in.

        The turn is held until the socket is accepted: a thousand opened at once are let in one after the other.
        """
        async with AsyncExitStack() as turn:
            try:
                await turn.enter_async_context(share_of(line.network))
            except NoTurn:
                return False

            async def sent(message: Message) -> None:
                await to_who_reads(message)
                await turn.aclose()

            to_who_reads = _to_who_reads(line, send)
            await self.app(scope, self._within_limits(line, receive, send), sent)
        return True

    @asynccontextmanager
    async def _counted(self, line: Line) -> AsyncIterator[bool]:
        owners = {f"network {line.network}": self.limits.open_of_a_network}
        if line.secret:
            owners[f"session {line.secret}"] = self.limits.open_of_a_session
        if any(self._open[owner] >= most for owner, most in owners.items()):
            yield False
            return
        wait = self.limits.opening.take(line.network, patience=OPENING_PATIENCE_SECONDS)
        if wait is None:
            yield False
            return
        self._open.update(owners.keys())
        try:
            await asyncio.sleep(wait)
            yield True
        finally:
            for owner in owners:
                self._open[owner] -= 1
                if not self._open[owner]:
                    del self._open[owner]

    def _within_limits(self, line: Line, receive: Receive, send: Send) -> Receive:
        async def received() -> Message:
            while not line.is_closed:
                message = await receive()
                if message["type"] != "websocket.receive" or await self._may_pass(line, message):
                    return message
                if line.dropped >= DROPPED_BEFORE_CLOSING:
                    line.is_closed = True
                    await _hang_up(send)
                # What lies there to be read may be thousands: others go on in between.
                await asyncio.sleep(0)
            return {"type": "websocket.disconnect", "code": 1008}

        return received

    async def _may_pass(self, line: Line, message: Message) -> bool:
        said = message.get("text")
        if not said or said.startswith(BINARY) or not _may_connect(line, said):
            line.dropped += 1
            return False
        if len(said) > CLIENT_EVENT_BYTES and not await self._may_be_large(line, said):
            line.dropped += DROPPED_FOR_SIZE
            return False
        for wait in self._waits(line, said):
            if wait is None:
                line.dropped += 1
                return False
            if wait:
                await asyncio.sleep(wait)
        if said == PONG or await _has_had_its_turn(line):
            return True
        line.dropped += 1
        return False

    def _waits(self, line: Line, said: str) -> list[float | None]:
        """How long each meter wants it to wait, up to the first that will not have it."""
        limits = self.limits
        meters = [(limits.of_a_socket, str(id(line)), 1)]
        if said != PONG:
            meters += [
                (limits.of_a_network, line.network, 1),
                (limits.bytes_of_a_network, line.network, len(said)),
            ]
            if line.secret:
                meters.append((limits.of_a_session, line.secret, 1))
        waits: list[float | None] = []
        for meter, key, amount in meters:
            waits.append(meter.take(key, amount, patience=PATIENCE_SECONDS))
            if waits[-1] is None:
                break
        return waits

    async def _may_be_large(self, line: Line, said: str) -> bool:
        if len(said) > MERCHANT_EVENT_BYTES:
            return False
        return any(f'"{name}"' in said[:300] for name in self._large) or await line.is_members()


async def _has_had_its_turn(line: Line) -> bool:
    """Whether the network's turn has come: nothing more of it is read while the events it has sent are under way."""
    try:
        async with share_of(line.network):
            return True
    except NoTurn:
        return False


def _may_connect(line: Line, said: str) -> bool:
    """A page connects once; each time more would be one more tab on the same socket."""
    line.connects += said.startswith(CONNECT)
    return line.connects <= MOST_CONNECTS or not said.startswith(CONNECT)


def _line_of(scope: Scope) -> Line:
    address = (scope.get("client") or ("",))[0]
    return Line(network_of(address), session_secret(Headers(scope=scope).get("cookie", ""))[:100])


def _to_who_reads(line: Line, send: Send) -> Send:
    """Whoever does not take what is sent for long is hung up on: it would be kept here meanwhile."""

    async def sent(message: Message) -> None:
        try:
            async with asyncio.timeout(SLOW_READER_SECONDS):
                await send(message)
        except TimeoutError:
            line.is_closed = True
            raise OSError("nobody reads at the other end") from None

    return sent


async def _hang_up(send: Send) -> None:
    try:
        await send({"type": "websocket.close", "code": 1008})
    except (OSError, RuntimeError):
        logger.debug("the socket was gone already")
