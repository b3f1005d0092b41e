"""A flood from one address, until it is ended: `python -m tests.faults.floods KIND ORIGIN PATH ADDRESS`.

Says "flooding" once it runs. It stands in a process of its own, so that it takes no time from who measures.
"""

import asyncio
import base64
import io
import json
import os
import secrets
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from urllib.parse import urlsplit

from tests.faults.strangers import HYDRATE, REPORT, WEBDOC, event

Act = Callable[["Stranger"], Awaitable[None]]
FORM = "Content-Type: application/x-www-form-urlencoded"


class Stranger:
    def __init__(self, origin: str, path: str, address: str) -> None:
        self.origin, self.path, self.address = origin, path, address
        self.port = urlsplit(origin).port

    async def dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port, local_addr=(self.address, 0))

    async def ask(self, line: str, *headers: str, body: bytes = b"") -> bytes:
        """One request on a connection of its own; the answer's first bytes."""
        reader, writer = await self.dial()
        try:
            head = [f"{line} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", "Connection: close", *headers]
            if body:
                head.append(f"Content-Length: {len(body)}")
            writer.write("\r\n".join([*head, "", ""]).encode() + body)
            answer = await reader.read(65_536)
            while await reader.read(65_536):
                pass
            return answer
        finally:
            writer.close()

    async def socket(self, agent: str = "flood") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """An open tab's socket. Raises ConnectionError where it is refused."""
        reader, writer = await self.dial()
        head = [
            f"GET /_event/?EIO=4&transport=websocket&token={secrets.token_hex(16)} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}", "Upgrade: websocket", "Connection: Upgrade",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}", "Sec-WebSocket-Version: 13",
            f"Origin: {self.origin}", f"User-Agent: {agent}", "", "",
        ]  # fmt: skip
        writer.write("\r\n".join(head).encode())
        if b" 101 " not in await reader.readline():
            writer.close()
            raise ConnectionError
        while (await reader.readline()).strip():
            pass
        writer.write(frame("40/_event," + json.dumps({"event": event(HYDRATE, {}, self.path)})))
        return reader, writer

    async def call(self, handler: str, payload: object, agent: str = "flood", times: int = 10_000) -> None:
        """One tab that calls a handler as fast as it is read."""
        reader, writer = await self.socket(agent)
        reading = asyncio.create_task(_drain(reader))
        said = frame("42/_event," + json.dumps(["event", event(handler, payload, self.path)]))
        try:
            for _ in range(times):
                writer.write(said)
                await writer.drain()
        finally:
            reading.cancel()
            writer.close()


async def _drain(reader: asyncio.StreamReader) -> None:
    while await reader.read(65_536):
        pass


def frame(text: str) -> bytes:
    """A text frame, masked with nothing."""
    data = text.encode()
    if len(data) < 126:
        return bytes([0x81, 0x80 | len(data), 0, 0, 0, 0]) + data
    return bytes([0x81, 0x80 | 126]) + len(data).to_bytes(2, "big") + bytes(4) + data


def picture() -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (4_000, 4_000)).save(out, "PNG")
    return out.getvalue()


async def upload(stranger: Stranger, png: bytes) -> None:
    page = (await stranger.ask(f"GET {stranger.path}")).decode(errors="replace")
    nonce = page.partition("/messages")[2].partition('name="nonce" value="')[2].partition('"')[0]
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="nonce"\r\n\r\n{nonce}\r\n'.encode(),
        b'--x\r\nContent-Disposition: form-data; name="body"\r\n\r\nx\r\n',
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n',
        png, b"\r\n--x--\r\n",
    ]  # fmt: skip
    how = "Content-Type: multipart/form-data; boundary=x"
    await stranger.ask(f"POST {stranger.path}/messages", how, body=b"".join(parts))


async def half_a_body(stranger: Stranger) -> None:
    reader, writer = await stranger.dial()
    try:
        head = "POST /api/v1/imports HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n"
        writer.write(head.encode() + b"x" * 500_000)
        await writer.drain()
        await asyncio.wait_for(reader.read(), 20)
    finally:
        writer.close()


async def visit(stranger: Stranger) -> None:
    await stranger.call(
        f"{WEBDOC}.confirm_opening",
        {"trusted": True, "driven": False},
        f"Mozilla/5.0 {secrets.token_hex(4)}",
        1,
    )


async def stay(stranger: Stranger) -> None:
    reader, _ = await stranger.socket()
    await _drain(reader)


def kinds() -> dict[str, tuple[int, Act]]:
    """What each flood does, and how many of it at once."""
    png = picture()
    return {
        "reads": (40, lambda s: s.ask(f"GET {s.path}")),
        "unknown": (40, lambda s: s.ask(f"GET /d/{secrets.token_urlsafe(40)}")),
        "forms": (
            40,
            lambda s: s.ask(f"POST {s.path}/decision", FORM, body=b"decision=accept&version=1&name=x"),
        ),
        "wrong-keys": (
            40,
            lambda s: s.ask("GET /api/v1/documents", f"Authorization: Bearer {secrets.token_hex(20)}"),
        ),
        "logins": (
            20,
            lambda s: s.ask("POST /login", FORM, body=b"email=a%40example.org&password=motdepasse1"),
        ),
        "mails": (20, lambda s: s.ask("POST /forgot", FORM, body=b"email=a%40example.org")),
        "uploads": (10, lambda s: upload(s, png)),
        "cookies": (20, lambda s: s.ask(f"GET {s.path}", 'Cookie: webdoc="' + "\\" * 8_000)),
        "bodies": (40, half_a_body),
        "sockets": (40, lambda s: s.call(f"{WEBDOC}.show_older", {}, times=1)),
        "events": (50, lambda s: s.call(f"{WEBDOC}.choose_options", {"options": []})),
        "reports": (20, lambda s: s.call(REPORT, {"info": "x\n" * 900, "component_stack": ""})),
        "openings": (20, visit),
        "idle": (1_500, stay),
    }  # type: ignore[dict-item]


async def flood(kind: str, stranger: Stranger) -> None:
    at_once, act = kinds()[kind]

    async def again_and_again() -> None:
        while True:
            with suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
                await act(stranger)
            await asyncio.sleep(0.001)

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(again_and_again())
        print("flooding", flush=True)


if __name__ == "__main__":
    asyncio.run(flood(sys.argv[1], Stranger(*sys.argv[2:5])))
