"""Which addresses are called at all, and how a call is signed."""

import hashlib
import hmac
import socket
from typing import Any

import pytest

from webdoc_app.integrations import webhooks
from webdoc_app.integrations.webhooks import NotPosted, resolve, signature


@pytest.mark.parametrize(
    "url",
    [
        "https://10.0.0.1/", "https://192.168.1.1/", "https://172.16.0.1/", "https://169.254.169.254/latest/meta-data",
        "https://0.0.0.0/", "https://100.64.0.1/", "https://[fd00::1]/", "https://[fe80::1]/", "https://[::]/",
        "https://[::ffff:10.0.0.1]/", "https://[64:ff9b::a00:1]/", "https://[2002:a00:1::]/", "https://224.0.0.1/",
        "https://2130706433/", "https://0x7f.1/", "https://127.0.0.1/", "https://[::1]/", "https://localhost/",
        "http://93.184.216.34/", "ftp://93.184.216.34/", "file:///etc/passwd", "https://", "https://a@93.184.216.34/",
        "https://[::93.184.216.34]/", "https://[64:ff9b:1::5db8:d822]/", "https://[2002:5db8:d822::1]/",
        "https://192.88.99.1/", "https://93.184.216.34:25/", "https://93.184.216.34:22/", "https://93.184.216.34:6379/",
        "https://93.184.216.34:80/", "https://nothing.invalid/", "https://93.184.216.34:99999/", "https://[/",
    ],
)  # fmt: skip
async def test_nothing_inside_is_called(url: str) -> None:
    with pytest.raises((NotPosted, ValueError)):
        await resolve(url, loopback=False)


async def test_a_public_address_is_called_by_https_alone() -> None:
    for port in ("", ":443", ":8443", ":9443"):
        assert await resolve(f"https://93.184.216.34{port}/hook", loopback=False) == "93.184.216.34"


async def test_loopback_is_called_where_it_is_allowed_by_http_too() -> None:
    assert await resolve("http://127.0.0.1:9/", loopback=True) == "127.0.0.1"
    with pytest.raises(NotPosted):
        await resolve("http://10.0.0.1/", loopback=True)


async def test_a_name_with_one_private_address_is_refused_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    async def both(*_: Any, **__: Any) -> list[Any]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443)) for ip in ("93.184.216.34", "10.0.0.1")
        ]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", both)
    with pytest.raises(NotPosted):
        await resolve("https://two-faced.example/", loopback=False)
    with pytest.raises(NotPosted):
        await webhooks.post("https://two-faced.example/", "{}", {}, loopback=False)


def test_a_call_is_signed_with_its_moment_once_for_each_secret() -> None:
    marks = [hmac.new(key, b"17.{}", hashlib.sha256).hexdigest() for key in (b"new", b"old")]
    assert signature(["new", "old"], 17, "{}") == f"t=17,v1={marks[0]},v1={marks[1]}"
