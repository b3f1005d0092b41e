"""Addresses in messages: what becomes a link, and what never does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webdoc_app.domain.plain_links import pieces_of


def links(text: str) -> list[str]:
    return [piece.href for piece in pieces_of(text) if piece.href]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Voir https://example.org/a?b=1&c=2.", ["https://example.org/a?b=1&c=2"]),
        ("(http://example.org/a_(b))", ["http://example.org/a_(b)"]),
        ("HTTPS://EXAMPLE.ORG, merci", ["HTTPS://EXAMPLE.ORG"]),
        ("https://a.example\nhttps://b.example", ["https://a.example", "https://b.example"]),
        ("javascript:alert(1) data:text/html,x ftp://a.example //a.example www.a.example", []),
        ("xhttps://a.example", []),
        ("javascript:https://a.example", ["https://a.example"]),
        ("https://banque.example@evil.example/", []),
        ("https://", []),
        ('https://a.example/"onmouseover="x', ["https://a.example/"]),
        ("https://a.example/<script>", ["https://a.example/"]),
        ("https://a.example/\u202etxt.exe", ["https://a.example/"]),
        ("https://[", []),
        ("https://a.example/" + "x" * 3_000, []),
    ],
)
def test_only_plain_addresses_of_the_web_are_links(text: str, expected: list[str]) -> None:
    assert links(text) == expected


@given(st.text() | st.from_regex(r"(https?://[a-z@:./()\[\]]*| ){0,5}"))
def test_the_words_stay_as_they_were(text: str) -> None:
    assert "".join(piece.text for piece in pieces_of(text)) == text
