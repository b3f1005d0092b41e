"""Posting to addresses that other people chose: https to the public network alone, never where a name leads inside."""

import asyncio
import hashlib
import hmac
import ipaddress
import socket
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import httpx

from webdoc_app.domain.public_networks import is_public

TIMEOUT_SECONDS = 10.0
WHOLE_SECONDS = 45.0
NOT_CALLED = frozenset(
    {1433, 1521, 2049, 2375, 2376, 3306, 3389, 5432, 5672, 5900, 5984, 6379, 6667, 9200, 9300, 11211, 27017}
)
"""Ports of databases, queues and consoles, beside all below 1024 but 443: nobody receives webhooks there."""


class NotPosted(Exception):
    """The other side did not take it; `status` is its answer's, if there was one."""

    def __init__(self, why: str, status: int | None = None) -> None:
        super().__init__(why)
        self.status = status


def signature(secrets: Sequence[str], moment: int, body: str) -> str:
    """`t=1700000000,v1=…`: HMAC-SHA256 of `t.body`, once for each secret in force."""
    told = f"{moment}.{body}".encode()
    marks = [hmac.new(secret.encode(), told, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={moment}", *(f"v1={mark}" for mark in marks)])


async def resolve(url: str, *, loopback: bool) -> str:
    """The one network address to talk to. Raises NotPosted where the address is none of the public network.

    With `loopback` this very machine is allowed too, and plain http to it. A name with any private address among its
    own is refused as a whole.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise NotPosted("only https:// addresses are called")
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        found = await asyncio.get_running_loop().getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError, UnicodeError) as unknown:
        raise NotPosted("the name of this address leads nowhere") from unknown
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    if loopback and addresses and all(address.is_loopback for address in addresses):
        return str(addresses[0])
    if not addresses or not all(is_public(address) for address in addresses):
        raise NotPosted("this address is not of the public network")
    if parts.scheme != "https":
        raise NotPosted("only https:// addresses are called")
    if (port < 1024 and port != 443) or port in NOT_CALLED:
        raise NotPosted("this port is another protocol's")
    return str(addresses[0])


async def post(url: str, body: str, headers: Mapping[str, str], *, loopback: bool) -> int:
    """The status of a 2xx answer. Raises NotPosted for any other outcome; redirects are not followed.

    The address is resolved once and that very one is called: a name cannot lead elsewhere in between.
    """
    try:
        async with asyncio.timeout(WHOLE_SECONDS):
            return await _post(url, body, headers, await resolve(url, loopback=loopback))
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as failed:
        raise NotPosted(f"{type(failed).__name__}: {failed}"[:300]) from failed


async def _post(url: str, body: str, headers: Mapping[str, str], address: str) -> int:
    parts = httpx.URL(url)
    host = parts.host if parts.port is None else f"{parts.host}:{parts.port}"
    sent = {**headers, "Host": host, "Content-Type": "application/json", "User-Agent": "webdoc-webhooks"}
    async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False, follow_redirects=False) as client:
        request = client.build_request(
            "POST",
            parts.copy_with(host=address),
            content=body.encode(),
            headers=sent,
            extensions={"sni_hostname": parts.host},
        )
        answer = await client.send(request, stream=True)  # whatever else it says is not read
        await answer.aclose()
    if not answer.is_success:
        raise NotPosted(f"HTTP {answer.status_code}", answer.status_code)
    return answer.status_code
