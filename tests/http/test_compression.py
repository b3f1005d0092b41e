"""Pages on their way: compressed as the browser takes them, and never otherwise."""

import gzip

import brotli
import pytest
from starlette.requests import Request

from webdoc_app.http.compression import compressed_html

PAGE = "<p>Montant dû : 12,00 €</p>" * 100


def answer(accepted: str | None, query: bytes = b""):
    headers = [(b"accept-encoding", accepted.encode())] if accepted is not None else []
    request = Request({"type": "http", "headers": headers, "query_string": query})
    return compressed_html(request, PAGE, {"Cache-Control": "no-store"})


@pytest.mark.parametrize(
    ("accepted", "coding", "unpack"),
    [
        ("gzip, deflate, br", "br", brotli.decompress),
        ("br;q=0, GZIP", "gzip", gzip.decompress),
        ("gzip;q=0.0, br;q=0.2", "br", brotli.decompress),
        ("identity", None, bytes),
        ("br;q=0", None, bytes),
        (None, None, bytes),
    ],
)
def test_the_page_comes_as_it_is_accepted(accepted, coding, unpack):
    page = answer(accepted)

    assert page.headers.get("content-encoding") == coding
    assert unpack(page.body).decode() == PAGE
    assert page.headers["content-length"] == str(len(page.body))
    assert page.headers["vary"] == "Accept-Encoding"
    assert page.headers["cache-control"] == "no-store"


def test_what_a_request_says_stands_in_no_compressed_page():
    """Its length would tell how near a guess comes to a secret beside it."""
    page = answer("br, gzip", b"line=2")
    assert "content-encoding" not in page.headers
    assert page.body.decode() == PAGE
