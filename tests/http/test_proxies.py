"""How much of X-Forwarded-* is believed."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from webdoc_app.http.proxies import TrustedProxies


async def who(request: Request) -> JSONResponse:
    assert request.client
    return JSONResponse([request.client.host, request.url.scheme])


async def seen(hops: int, headers: list[tuple[str, str]]) -> list[str]:
    app = TrustedProxies(Starlette(routes=[Route("/", who)]), hops)
    transport = httpx.ASGITransport(app, client=("192.0.2.1", 50000))
    async with httpx.AsyncClient(transport=transport, base_url="http://webdoc.test") as client:
        answer: list[str] = (await client.get("/", headers=headers)).json()
    return answer


FORWARDED = [("X-Forwarded-For", "6.6.6.6, 9.9.9.9, 10.0.0.1"), ("X-Forwarded-Proto", "https")]


@pytest.mark.parametrize(
    ("hops", "expected"),
    [
        (0, ["192.0.2.1", "http"]),
        (1, ["10.0.0.1", "https"]),
        (2, ["9.9.9.9", "https"]),
        (9, ["6.6.6.6", "https"]),
    ],
)
async def test_only_what_trusted_proxies_wrote_is_believed(hops, expected):
    assert await seen(hops, FORWARDED) == expected


async def test_several_headers_are_one_list():
    headers = [("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-For", "9.9.9.9")]

    assert await seen(1, headers) == ["9.9.9.9", "http"]


async def test_a_scheme_of_fantasy_is_ignored():
    assert await seen(1, [("X-Forwarded-Proto", "javascript")]) == ["192.0.2.1", "http"]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("9.9.9.9:4711", "9.9.9.9"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("unknown", "192.0.2.1"),
        ("9.9.9.9\t<script>", "192.0.2.1"),
        ("9" * 8_000, "192.0.2.1"),
    ],
)
async def test_an_address_is_one(entry, expected):
    assert (await seen(1, [("X-Forwarded-For", entry)]))[0] == expected
