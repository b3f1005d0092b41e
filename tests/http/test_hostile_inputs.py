"""What a stranger may send is parsed in time that grows with its length and no faster, whatever the interpreter."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.datastructures import Headers

from webdoc_app.domain import text
from webdoc_app.domain.errors import Invalid
from webdoc_app.domain.money import parse_amount
from webdoc_app.http.answers import preferred_language
from webdoc_app.http.api.app import create_rest
from webdoc_app.http.app import at_the_edge, create_api
from webdoc_app.http.compression import accepted_encodings
from webdoc_app.http.headers import LONGEST_HEADER, tame
from webdoc_app.http.keys_first import KeysFirst
from webdoc_app.http.proxies import TrustedProxies
from webdoc_app.services import keys
from webdoc_app.services.cookies import our_cookies, session_secret

LONG = 120_000
BOUND_SECONDS = 0.5
"""Honest code takes some milliseconds over these, a quadratic parser many seconds."""
SHAPES = {
    "backslashes": "\\" * LONG,
    "quoted backslashes": '"' + "\\" * LONG + '"',
    "octal escapes": '"' + "\\012" * (LONG // 4) + '"',
    "open quotes": '"' * LONG,
    "semicolons": ";" * LONG,
    "commas": "," * LONG,
    "blanks": " " * LONG,
    "equals": "=" * LONG,
    "pairs": "a=b; " * (LONG // 5),
    "weights": "fr;q=0.1," * (LONG // 9),
    "dots": "." * LONG,
    "digits": "9" * LONG,
    "dashes": "a-" * (LONG // 2),
    "at signs": "a@" * (LONG // 2),
    "labels": "a@" + "b." * (LONG // 2),
    "brackets": "[" * LONG,
    "percents": "%41" * (LONG // 3),
    "slashes": "/" * LONG,
    "blanks and a letter": (" " * 300 + "x") * (LONG // 301),
    "colons": ":" * LONG,
    "accents": "é" * (LONG // 2),
}


def _quietly(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    def parsed(value: str) -> None:
        try:
            parse(value)
        except (Invalid, ValueError):
            return

    return parsed


async def _nothing(*_: Any) -> None:
    return None


def _behind_proxies(value: str) -> Any:
    headers = [(b"x-forwarded-for", value.encode()), (b"x-forwarded-proto", value.encode())]
    scope = {"type": "http", "scheme": "http", "headers": headers, "client": ("127.0.0.1", 1)}
    run = TrustedProxies(_nothing, 2)(scope, _nothing, _nothing)
    with pytest.raises(StopIteration):
        run.send(None)


def _tamed(value: str) -> Any:
    raw = value.encode("utf-8")
    return tame(
        [
            (b"cookie", b"webdoc=" + raw),
            (b"cookie", raw),
            (b"content-type", b"multipart/form-data; boundary=" + raw),
        ]
    )


PARSERS: dict[str, Callable[[str], Any]] = {
    "cookies": session_secret,
    "cookies passed on": our_cookies,
    "headers": _tamed,
    "languages": lambda value: preferred_language(Headers({"accept-language": value})),
    "codings": accepted_encodings,
    "proxies": _behind_proxies,
    "e-mail": lambda value: text.clean_email(value, field="email"),
    "line": lambda value: text.clean_line(value, field="name", limit=200),
    "amount": lambda value: parse_amount(value, "EUR", field="amount"),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("parser", PARSERS)
def test_no_parser_takes_long_over_anything(parser: str, shape: str) -> None:
    parse = _quietly(PARSERS[parser])
    began = time.process_time()
    parse(SHAPES[shape])
    assert time.process_time() - began < BOUND_SECONDS


def test_only_our_cookies_in_their_exact_form_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = "webdoc=" + "a" * 43
    assert our_cookies(f"x=1; {ours}; webdoc_other=2; theme=dark") == ours
    for other in (
        "webdoc=short",
        f'{ours}"',
        "webdoc=" + "a" * 44,
        f"{ours[:-1]}\\",
        f"{ours}; " + "x=y; " * 2_000,
    ):
        assert our_cookies(other) == ""
    headers = tame([(b"cookie", b"a=1"), (b"accept", b"*/*"), (b"cookie", ours.encode())])
    assert headers == [(b"accept", b"*/*"), (b"cookie", ours.encode())]


def _client(seen: list[dict[str, Any]]) -> httpx.AsyncClient:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return httpx.AsyncClient(transport=httpx.ASGITransport(app=at_the_edge(app)), base_url="http://test")


async def test_what_stands_behind_gets_no_foreign_cookie_and_no_long_header() -> None:
    seen: list[dict[str, Any]] = []
    async with _client(seen) as client:
        assert (await client.get("/", headers={"cookie": 'a="' + "\\" * 4_000 + '"'})).status_code == 200
        assert (await client.get("/", headers={"cookie": "\\" * LONG})).status_code == 200
        assert all(b"cookie" not in dict(scope["headers"]) for scope in seen)
        refused = await client.get("/", headers={"x-long": "y" * (LONGEST_HEADER + 1)})
        assert (refused.status_code, len(seen)) == (431, 2)


async def test_a_handshake_is_tamed_as_a_request_is() -> None:
    seen: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)

    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    cookie = (b"cookie", b'webdoc="' + b"\\" * LONG + b'"')
    await at_the_edge(app)({"type": "websocket", "path": "/_event", "headers": [cookie]}, _nothing, send)
    assert [dict(scope["headers"]) for scope in seen] == [{}]
    long = (b"x-long", b"y" * (LONGEST_HEADER + 1))
    await at_the_edge(app)({"type": "websocket", "path": "/_event", "headers": [long]}, _nothing, send)
    assert len(seen) == 1
    assert [message["type"] for message in sent] == ["websocket.close"]


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 500_000,
        b'{"a":' * 200_000,
        b'{"kind": ' + b"9" * 1_000_000 + b"}",
        b'{"kind": 1e' + b"9" * 300_000 + b"}",
        b'"' + b"\\u0041" * 150_000 + b'"',
        b"{" + b'"a": 1, ' * 100_000 + b'"a": 1}',
    ],
    ids=[
        "nested lists",
        "nested objects",
        "a long number",
        "a long exponent",
        "escapes",
        "a name again and again",
    ],
)
async def test_no_json_takes_long(rest: Any, body: bytes) -> None:
    began = time.process_time()
    answer = await rest.ours.post("/documents", content=body, headers={"content-type": "application/json"})
    assert 400 <= answer.status_code < 500
    assert time.process_time() - began < 4 * BOUND_SECONDS


@pytest.mark.parametrize("charset", ["punycode", "idna", "utf-7", "unknown"])
async def test_no_form_takes_long(rest: Any, built_pages: None, charset: str) -> None:
    """A form's charset would choose the decoder of its fields."""
    kind = f'multipart/form-data; boundary="x"; charset={charset}'
    part = b'--x\r\ncontent-disposition: form-data; name="email"\r\n\r\n' + b"a-" * 150_000 + b"\r\n--x--\r\n"
    forms = [(kind, part), ("application/x-www-form-urlencoded", b"email=" + b"%" * 300_000)]
    app = at_the_edge(create_api())
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://localhost:3000"
    ) as client:
        for content_type, body in forms:
            began = time.process_time()
            answer = await client.post("/forgot", content=body, headers={"content-type": content_type})
            assert answer.status_code < 500
            assert time.process_time() - began < 4 * BOUND_SECONDS


async def test_no_token_takes_long(rest: Any) -> None:
    for shape in SHAPES.values():
        began = time.process_time()
        assert keys.unsign("link", shape) is None
        assert time.process_time() - began < BOUND_SECONDS


def test_programs_are_known_once_a_request() -> None:
    """`KeysFirst` stands around REST, whose own lookup then asks nothing more."""
    assert KeysFirst in [middleware.cls for middleware in create_api().user_middleware]
    assert create_rest()
