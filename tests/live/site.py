"""A running server with two companies in it, and a browser's tab without the browser: its socket and frames."""

import json
import queue
import secrets
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import socketio

SOCKET = "/_event"
HYDRATE = "reflex___state____state.hydrate_and_load"
WEBDOC = "reflex___state____state.webdoc_app___ui___webdoc___state____webdoc_state"
LINE = {"description": "Meuble", "unit_price": "100.00"}
PATIENCE = 20.0
"""Seconds until a frame that must come is given up."""


@dataclass(frozen=True)
class Company:
    """One company on the site: a program of it, and the cookie of someone signed in."""

    name: str
    rest: httpx.Client
    cookie: str

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        answer = self.rest.post(path, json=body)
        assert answer.status_code in (200, 201), answer.text
        return dict(answer.json())

    def issue(self, kind: str = "quote", **fields: Any) -> dict[str, Any]:
        """An issued document of this company; its customer's name holds the company's own."""
        customer = {"name": f"Client de {self.name}", "email": "client@example.org"}
        draft = self.post("/documents", **{"kind": kind, "customer": customer, "lines": [LINE], **fields})
        issued = self.post(f"/documents/{draft['id']}/issue")
        # On a busy machine the PDF comes after the answer: from here on nothing of it is under way.
        self.rest.get(f"/documents/{issued['id']}/pdf")
        return issued


@dataclass(frozen=True)
class LogMark:
    """A place in the server's log."""

    log: Path
    place: int

    def since(self) -> str:
        return self.log.read_bytes()[self.place :].decode("utf-8", "replace")


@dataclass(frozen=True)
class Site:
    origin: str
    database: Path
    log: Path
    browser: httpx.Client
    ours: Company
    theirs: Company

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.database, timeout=20)) as connection:
            return connection.execute(statement).fetchall()

    def counts(self) -> dict[str, int]:
        """How many rows each table has."""
        tables = self.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {name: int(self.rows(f"SELECT count(*) FROM {name}")[0][0]) for (name,) in tables}

    def mark_log(self) -> "LogMark":
        return LogMark(self.log, self.log.stat().st_size)


def state_of(module: str, name: str) -> str:
    """The published name of a merchant's state: `settings_state`, `settings_page`."""
    return f"reflex___state____state.webdoc_app___ui___dashboard___{module}____{name}"


class _Escaped:
    """JSON in plain ASCII: half a character goes over the wire as a browser would send it."""

    loads = staticmethod(json.loads)

    @staticmethod
    def dumps(value: Any, **_: Any) -> str:
        return json.dumps(value)


@dataclass
class Tab:
    """One open page, as the server sees it: an address, a cookie or none, and every byte it was sent."""

    site: Site
    path: str
    cookie: str = ""
    page_origin: str = ""
    token: str = field(default_factory=lambda: secrets.token_hex(16))
    frames: list[str] = field(default_factory=list)
    _news: "queue.Queue[str]" = field(default_factory=queue.Queue)

    def __enter__(self) -> "Tab":
        origin = {"origin": self.page_origin or self.site.origin}
        self.socket = socketio.Client(reconnection=False, json=_Escaped, websocket_extra_options=origin)
        self.socket.on("*", self._received, namespace=SOCKET)
        self.socket.connect(
            f"{self.site.origin}?token={self.token}",
            headers={"Cookie": self.cookie} if self.cookie else {},
            transports=["websocket"],
            namespaces=[SOCKET],
            socketio_path=SOCKET,
            auth={"event": self._event(HYDRATE, {})},
            wait_timeout=10,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.disconnect()

    def send(self, handler: str, payload: Any) -> None:
        self.socket.emit("event", self._event(handler, payload), namespace=SOCKET)

    def settle(self) -> str:
        """All that came until everything sent so far was handled, and what that called in its turn."""
        return self._until_handled() + self._until_handled()

    def until(self, text: str) -> str:
        """All that came until a frame that holds this text."""
        seen: list[str] = []
        while not seen or text not in seen[-1]:
            seen.append(self._news.get(timeout=PATIENCE))
        return "\n".join(seen)

    def _until_handled(self) -> str:
        """Events of a tab are handled in turn: a form that is refused says so with the nonce it came with."""
        mark = secrets.token_hex(8)
        self.send(f"{WEBDOC}.send_message", {"form": {"nonce": mark, "body": "x"}})
        return self.until(mark)

    def until_live(self) -> str:
        """All that came until what the page shows was read."""
        return self.until('"is_hydrated_rx_state_": true')

    def _received(self, name: str, *arguments: Any) -> None:
        frame = json.dumps([name, *arguments], ensure_ascii=False)
        self.frames.append(frame)
        self._news.put(frame)

    def _event(self, handler: str, payload: Any) -> dict[str, Any]:
        path = self.path.partition("?")[0]
        return {
            "name": handler,
            "payload": payload,
            "router_data": {"pathname": path, "asPath": self.path, "query": {}},
        }
