"""HTTP clients kept open, one of each kind an event loop: a new one costs more than a call."""

import asyncio
import weakref
from collections.abc import Callable
from typing import Any

import httpx

TIMEOUT_SECONDS = 20.0

_kept: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, Any]]" = weakref.WeakKeyDictionary()


def http_client() -> httpx.AsyncClient:
    """Follows no redirects: a provider's answer never sends us, and our keys, anywhere else."""
    client: httpx.AsyncClient = kept(
        "httpx",
        lambda: httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False),
    )
    return client


def stripe_client() -> Any:
    """The connection every StripeClient shares."""
    import stripe

    return kept("stripe", lambda: stripe.HTTPXClient(timeout=TIMEOUT_SECONDS))


def kept(name: str, make: Callable[[], Any]) -> Any:
    """One of a name for this event loop, made at the first call."""
    ours = _ours()
    if name not in ours:
        ours[name] = make()
    return ours[name]


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
