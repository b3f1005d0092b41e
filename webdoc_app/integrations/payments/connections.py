"""HTTP clients kept open, one of each kind an event loop: a new one costs more than a call."""

import asyncio
import weakref
from typing import Any

import httpx

TIMEOUT_SECONDS = 20.0

_kept: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, Any]]" = weakref.WeakKeyDictionary()


def http_client() -> httpx.AsyncClient:
    """Follows no redirects: a provider's answer never sends us, and our keys, anywhere else."""
    ours = _ours()
    if "httpx" not in ours:
        ours["httpx"] = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False)
    client: httpx.AsyncClient = ours["httpx"]
    return client


def stripe_client() -> Any:
    """The connection every StripeClient shares."""
    ours = _ours()
    if "stripe" not in ours:
        import stripe

        ours["stripe"] = stripe.HTTPXClient(timeout=TIMEOUT_SECONDS)
    return ours["stripe"]


async def close() -> None:
    """At the end of a worker's life."""
    ours = _ours()
    if "httpx" in ours:
        await ours["httpx"].aclose()
    if "stripe" in ours:
        await ours["stripe"].close_async()
    ours.clear()


def _ours() -> dict[str, Any]:
    return _kept.setdefault(asyncio.get_running_loop(), {})
