"""Who is asking, behind reverse proxies: only as many of them are believed as the operator says."""

import ipaddress
import re

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send


class TrustedProxies:
    """Take a client's address and scheme from `X-Forwarded-*`, as the outermost of `hops` proxies saw them.

    A proxy appends to what it received, so the entry `hops` from the right is the first one that a
    trusted proxy wrote; whatever stands left of it may be invented by the client.
    """

    def __init__(self, app: ASGIApp, hops: int) -> None:
        self.app = app
        self.hops = hops

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.hops and scope["type"] in ("http", "websocket"):
            headers = Headers(scope=scope)
            client = _address(self._written_by_trusted(headers, "x-forwarded-for") or "")
            if client:
                scope["client"] = (client, 0)
            if scheme := self._written_by_trusted(headers, "x-forwarded-proto"):
                scope["scheme"] = self._scheme(scheme, scope)
        await self.app(scope, receive, send)

    def _written_by_trusted(self, headers: Headers, name: str) -> str | None:
        entries = [entry.strip() for value in headers.getlist(name) for entry in value.split(",")]
        entries = [entry for entry in entries if entry]
        # Many proxies overwrite the scheme instead of appending to it.
        return entries[-min(self.hops, len(entries))] if entries else None

    def _scheme(self, scheme: str, scope: Scope) -> str:
        if scheme not in ("http", "https"):
            return str(scope["scheme"])
        return scheme.replace("http", "ws") if scope["type"] == "websocket" else scheme


def _address(entry: str) -> str:
    """The network address of an entry, without its port; an empty text where it is none (`unknown`, a name)."""
    bare = (
        re.sub(r"^\[([^\]]*)\](:\d{1,5})?$|^([0-9.]+):\d{1,5}$", r"\1\3", entry) if len(entry) < 100 else ""
    )
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return ""
