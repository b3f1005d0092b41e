"""How many sockets, how fast and how large: asked of the gate itself, with small limits and no server."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from webdoc_app.core.meters import Meter
from webdoc_app.http import socket_gate
from webdoc_app.http.socket_gate import DROPPED_BEFORE_CLOSING, Limits, SocketGate
from webdoc_app.settings import settings

LARGE = "state.decide"


class Socket:
    """One handshake through the gate, up to an application that keeps all it is told."""

    def __init__(self, gate: SocketGate, address: str = "192.0.2.1", cookie: str = "") -> None:
        self.said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.sent: list[dict[str, Any]] = []
        self.heard: list[str] = []
        scope = {
            "type": "websocket",
            "path": "/_event",
            "client": (address, 1),
            "headers": [(b"cookie", cookie.encode())],
        }
        self.served = asyncio.create_task(gate(scope, self.said.get, self._send))
        scope["test"] = self
        self.answered = asyncio.Event()
        self.takes: asyncio.Event | None = None

    async def _send(self, message: dict[str, Any]) -> None:
        if self.takes:
            await self.takes.wait()
        self.sent.append(message)
        self.answered.set()

    def say(self, text: str, times: int = 1) -> None:
        for _ in range(times):
            self.said.put_nowait({"type": "websocket.receive", "text": text, "bytes": None})

    async def leave(self) -> None:
        self.said.put_nowait({"type": "websocket.disconnect"})
        await self.served


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        scope["test"].heard.append(message["text"])
        if message["text"] == "answer":
            await send({"type": "websocket.send", "text": "answer"})


@pytest.fixture(autouse=True)
def within_limits(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("WEBDOC_LIMITS", "1")
    monkeypatch.setattr(socket_gate, "REFUSED_AFTER_SECONDS", 0)
    settings.cache_clear()
    yield
    settings.cache_clear()


def gate(**limits: Any) -> SocketGate:
    return SocketGate(application, large=(LARGE,), limits=Limits(**limits))  # type: ignore[arg-type]


async def accepted(socket: Socket) -> bool:
    async with asyncio.timeout(5):
        await socket.answered.wait()
    return socket.sent[0]["type"] == "websocket.accept"


async def test_so_many_of_a_network_or_a_session_are_open_and_a_place_left_is_free_again() -> None:
    door = gate(open_of_a_network=2, open_of_a_session=1)
    first, second, third = (Socket(door) for _ in range(3))
    assert [await accepted(each) for each in (first, second, third)] == [True, True, False]
    other = Socket(door, "192.0.2.2")
    assert await accepted(other)
    await first.leave()
    assert await accepted(Socket(door, cookie="webdoc=" + "s" * 43))
    assert not await accepted(Socket(door, "192.0.2.3", cookie="webdoc=" + "s" * 43))
    await other.leave()
    await second.leave()


async def test_the_addresses_of_one_ipv6_household_are_one_network() -> None:
    door = gate(open_of_a_network=1)
    assert await accepted(Socket(door, "2001:db8::1"))
    assert not await accepted(Socket(door, "2001:db8::2"))
    assert await accepted(Socket(door, "2001:db8:0:1::2"))


async def test_so_many_are_opened_a_minute() -> None:
    door = gate(opening=Meter(0.001, 2))
    for wanted in (True, True, False):
        socket = Socket(door)
        assert await accepted(socket) is wanted
        if wanted:
            await socket.leave()


async def test_those_who_open_many_at_once_are_let_in_one_after_the_other() -> None:
    door = gate(opening=Meter(100, 1))
    sockets = [Socket(door) for _ in range(5)]
    assert not any(socket.sent for socket in sockets)
    assert [await accepted(each) for each in sockets] == [True] * 5
    for socket in sockets:
        await socket.leave()


async def test_what_is_above_the_rate_is_dropped_and_who_goes_on_is_hung_up_on() -> None:
    socket = Socket(gate(of_a_socket=Meter(0.001, 5)))
    socket.say("42x", 8)
    await asyncio.sleep(0)
    socket.say("42x", DROPPED_BEFORE_CLOSING)
    await socket.served
    assert socket.heard == ["42x"] * 5
    assert socket.sent[-1]["type"] == "websocket.close"


async def test_a_little_too_fast_is_read_slowly_and_nothing_is_lost() -> None:
    socket = Socket(gate(of_a_socket=Meter(100, 2)))
    socket.say("42x", 6)
    await socket.leave()
    assert socket.heard == ["42x"] * 6


async def test_one_socket_uses_up_its_network_for_all_of_its_sockets_but_the_pulse_goes_on() -> None:
    door = gate(of_a_network=Meter(0.001, 3))
    greedy, neighbour, other = Socket(door), Socket(door), Socket(door, "192.0.2.2")
    greedy.say("42x", 9)
    await greedy.leave()
    for socket in (neighbour, other):
        socket.say("42x")
        socket.say("3")
        await socket.leave()
    assert (greedy.heard, neighbour.heard, other.heard) == (["42x"] * 3, ["3"], ["42x", "3"])


async def test_large_events_are_a_members_or_an_answer_with_a_drawn_signature(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def is_members(line: Any) -> bool:
        return bool(line.secret)

    monkeypatch.setattr(socket_gate.Line, "is_members", is_members)
    client, member = Socket(gate()), Socket(gate(), cookie="webdoc=" + "s" * 43)
    answer = f'42["event",{{"name":"{LARGE}"' + "x" * 70_000
    for socket in (client, member):
        for text in ("x" * 64_001, "x" * 64_000, answer, "x" * 1_000_001):
            socket.say(text)
        await socket.leave()
    assert [len(text) for text in client.heard] == [64_000, len(answer)]
    assert [len(text) for text in member.heard] == [64_001, 64_000, len(answer)]


async def test_what_no_page_sends_at_all_is_not_read() -> None:
    socket = Socket(gate())
    for text in ("40/_event,{}", "40", "40", "40/again", "45", "451-x", "46", "bAAAA", "", "42x"):
        socket.say(text)
    socket.said.put_nowait({"type": "websocket.receive", "text": None, "bytes": b"x"})
    await socket.leave()
    assert socket.heard == ["40/_event,{}", "40", "40", "42x"]


async def test_who_does_not_read_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_gate, "SLOW_READER_SECONDS", 0.01)
    socket = Socket(gate())
    assert await accepted(socket)
    socket.takes = asyncio.Event()
    socket.say("answer")
    with pytest.raises(OSError, match="nobody reads"):
        await socket.served


async def test_without_limits_everything_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBDOC_LIMITS", "0")
    settings.cache_clear()
    socket = Socket(gate(of_a_socket=Meter(0.001, 1), open_of_a_network=0))
    socket.say("42x", 500)
    socket.say("x" * 1_000_001)
    await socket.leave()
    assert len(socket.heard) == 501
