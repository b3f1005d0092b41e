"""What PayPal's SDK does not know: calls of our own, with a token that is kept while it lives."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from webdoc_app.integrations.payments.connections import http_client, kept
from webdoc_app.integrations.payments.contract import BadCredentials, Unreachable

_EARLY_SECONDS = 60
"""A token is replaced so long before PayPal says that it ends."""


@dataclass
class _Token:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    text: str = ""
    until: float = 0.0


async def call(
    keys: Mapping[str, str],
    url: str,
    *,
    content: bytes | None = None,
    params: Mapping[str, str] | None = None,
) -> httpx.Response:
    """GET, or POST of JSON bytes as they are; `url` is one of PayPal's API.

    Any answer below 500 is returned. A token that was taken back is replaced once. Raises BadCredentials, Unreachable.
    """
    base = url.split("/v", 1)[0]
    try:
        answer = await _send(await _token(keys, base), url, content, params)
        if answer.status_code == 401:
            answer = await _send(await _token(keys, base, not_this=answer), url, content, params)
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as failed:
        raise Unreachable(f"paypal: {type(failed).__name__}") from None
    if answer.status_code == 401:
        raise BadCredentials("paypal: 401")
    if answer.status_code >= 500 or answer.status_code == 429:
        raise Unreachable(f"paypal: {answer.status_code}")
    return answer


async def _send(
    token: str, url: str, content: bytes | None, params: Mapping[str, str] | None
) -> httpx.Response:
    return await http_client().request(
        "GET" if content is None else "POST",
        url,
        content=content,
        params=params,
        headers={"content-type": "application/json", "authorization": f"Bearer {token}"},
    )


async def _token(keys: Mapping[str, str], base: str, not_this: httpx.Response | None = None) -> str:
    """Many who need one at once ask for one."""
    known: _Token = kept(f"paypal {base} {keys['client_id']} {keys['client_secret']}", _Token)
    refused = not_this.request.headers["authorization"].removeprefix("Bearer ") if not_this else ""
    async with known.lock:
        if known.until <= time.monotonic() or known.text == refused:
            answer = await http_client().post(
                f"{base}/v1/oauth2/token",
                data={"grant_type": "client_credentials"},
                auth=(keys["client_id"], keys["client_secret"]),
            )
            if answer.status_code == 401:
                raise BadCredentials("paypal: 401")
            told = answer.raise_for_status().json()
            known.text = str(told["access_token"])
            known.until = time.monotonic() + max(float(told["expires_in"]) - _EARLY_SECONDS, 0)
        return known.text
