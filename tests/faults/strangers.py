"""Clients of a running server at addresses of their own on loopback, who send what no page would."""

import json
import secrets
import socket
from typing import Any
from urllib.parse import urlsplit

import httpx
import websocket

STATE = "reflex___state____state"
HYDRATE = f"{STATE}.hydrate_and_load"
REPORT = f"{STATE}.reflex___state____frontend_event_exception_state.handle_frontend_exception"
WEBDOC = f"{STATE}.webdoc_app___ui___webdoc___state____webdoc_state"
PATIENCE = 20.0


class Wire:
    """A socket below the protocol: what is sent is written here, letter by letter."""

    def __init__(
        self, origin: str, address: str, *, agent: str = "wire", cookie: str = "", query: str | None = None
    ) -> None:
        port = urlsplit(origin).port
        plain = socket.create_connection(("127.0.0.1", port), PATIENCE, source_address=(address, 0))
        named = f"token={secrets.token_hex(16)}" if query is None else query
        self.ws = websocket.create_connection(
            f"ws://127.0.0.1:{port}/_event/?EIO=4&transport=websocket&{named}",
            socket=plain,
            origin=origin,
            header={"User-Agent": agent} | ({"Cookie": cookie} if cookie else {}),
        )

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self.ws.shutdown()

    def open_page(self, path: str) -> "Wire":
        """What a page says first."""
        self.ws.send("40/_event," + json.dumps({"event": event(HYDRATE, {}, path)}))
        return self

    def say(self, name: str, *data: Any) -> None:
        """A message by any name: a page says "event"."""
        self.ws.send("42/_event," + json.dumps([name, *data]))

    def call(self, handler: str, payload: Any, path: str) -> None:
        self.say("event", event(handler, payload, path))

    def until(self, text: str) -> str:
        """What comes, up to a frame that holds the text."""
        seen = ""
        while text not in seen:
            frame = self.ws.recv()
            if not frame:
                raise ConnectionError(f"closed after: {seen[-500:]}")
            if frame == "2":
                self.ws.send("3")
            seen += frame if isinstance(frame, str) else frame.decode()
        return seen


def event(handler: str, payload: Any, path: str) -> dict[str, Any]:
    return {
        "name": handler,
        "payload": payload,
        "router_data": {"pathname": path, "asPath": path, "query": {}},
    }


def browser_at(address: str, **headers: str) -> httpx.Client:
    """A client whose requests come from this address of loopback."""
    transport = httpx.HTTPTransport(local_address=address)
    return httpx.Client(transport=transport, timeout=60, headers=headers)
