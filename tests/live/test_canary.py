"""An internal note reaches the merchant's page and nothing else, in any byte."""

import io
import json
import re
import secrets
from collections.abc import Iterator
from typing import Any

import httpx
import pikepdf
import pytest
from pypdf import PdfReader

from tests.live.site import Site, Tab


@pytest.fixture(scope="module")
def marker() -> str:
    """Letters alone: no escaping, hyphenation or encoding hides it."""
    return "kanari" + re.sub("[^a-z]", "", secrets.token_hex(40))[:12]


@pytest.fixture(scope="module")
def quote(site: Site, marker: str) -> dict[str, Any]:
    """A quote with all around it: notes before and after sending, messages, a version, a chain, an answer."""
    quote = site.ours.issue(title="Cuisine", notes="Merci de votre confiance")
    path = f"/documents/{quote['id']}"
    site.ours.post(f"{path}/messages", body=f"Marge faible {marker}", internal=True)
    site.ours.post(f"{path}/send", message="Voici votre devis.")
    site.ours.post(f"{path}/messages", body=f"Relancer {marker}", internal=True, notify=True)
    site.ours.post(f"{path}/messages", body="Bonjour", notify=True)
    site.ours.post(f"{path}/revise", title="Cuisine équipée")
    order = site.ours.post(f"{path}/convert", to="order")
    site.ours.post(f"/documents/{order['id']}/messages", body=marker, internal=True)
    site.ours.post(f"/documents/{order['id']}/issue")
    return quote


@pytest.fixture
def browser() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=30) as client:
        yield client


def test_the_merchants_page_shows_it(site: Site, marker: str, quote: dict[str, Any]) -> None:
    """The proof that the search below would find it."""
    with Tab(site, f"/app/documents/{quote['id']}", site.ours.cookie) as tab:
        assert tab.settle().count(marker) == 2
    thread = site.ours.rest.get(f"/documents/{quote['id']}/messages").text
    assert thread.count(marker) == 2


def test_no_page_file_or_error_a_client_gets_holds_it(
    site: Site, marker: str, quote: dict[str, Any], browser: httpx.Client
) -> None:
    link = quote["webdocument_url"]
    pages = [link.replace("/d/", f"{prefix}/d/") for prefix in ("", "/fr", "/en")]
    first = browser.get(link).text
    neighbours = {f"{site.origin}{path}" for path in re.findall(r'href="(/d/[\w.-]+)"', first)}
    assert neighbours
    tails = (
        "",
        "/pdf",
        "/pdf?download=1",
        "/certificate",
        "/certificate?format=json",
        "/files/1",
        "/nothing",
    )
    got = [browser.get(address + tail) for address in (*pages, *neighbours) for tail in tails]
    nonces = dict(
        re.findall(r'action="[^"]*/(decision|messages|code)".*?name="nonce" value="([^"]+)"', first, re.S)
    )
    for way, form in (
        ("decision", {}),
        ("decision", {"decision": "accept", "version": "99", "name": "x", "nonce": "x"}),
        ("messages", {"nonce": nonces.get("messages", ""), "body": ""}),
        ("messages", {"nonce": "x", "body": "x"}),
        ("code", {}),
    ):
        got.append(browser.post(f"{link}/{way}", data=form))
    got += [browser.request(method, link) for method in ("HEAD", "PUT", "DELETE", "OPTIONS")]
    got += [
        browser.get(site.origin + path)
        for path in ("/api/v1/openapi.json", "/health", "/login", "/app", "/x")
    ]
    assert {200, 404, 422} <= {answer.status_code for answer in got}
    for answer in got:
        assert marker not in answer.text + str(answer.headers), answer.url
        assert marker.encode() not in answer.content
        if answer.headers.get("content-type") == "application/pdf":
            assert marker not in everything_in(answer.content)


def everything_in(pdf: bytes) -> str:
    """Text, metadata and every decompressed stream."""
    pages = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        streams = [bytes(o.read_bytes()) for o in opened.objects if isinstance(o, pikepdf.Stream)]
        rest = str(opened.docinfo) + str(opened.Root)
    assert "Cuisine" in pages or "Meuble" in pages
    return pages + rest + b"".join(streams).decode("latin-1")


def test_no_frame_of_a_clients_tab_holds_it_also_when_a_note_is_posted_live(
    site: Site, marker: str, quote: dict[str, Any]
) -> None:
    path = quote["webdocument_url"].removeprefix(site.origin)
    with Tab(site, path) as tab, Tab(site, "/en" + path) as english:
        tab.settle()
        english.settle()
        site.ours.post(f"/documents/{quote['id']}/messages", body=f"{marker} encore", internal=True)
        site.ours.post(f"/documents/{quote['id']}/messages", body="Vu de tous")
        for each in (tab, english):
            # News come in the order of the changes: what follows the note has come, the note has not.
            each.until("Vu de tous")
            assert quote["number"] in "".join(each.frames)
            assert marker not in "".join(each.frames)


def test_no_mail_no_other_key_and_no_event_of_the_log_holds_it(
    site: Site, marker: str, quote: dict[str, Any]
) -> None:
    mails = [json.dumps(row, default=str) for row in site.rows("SELECT * FROM outbox_mails")]
    assert any("Bonjour" in mail for mail in mails)
    assert not any(marker in mail for mail in mails)
    id_ = quote["id"]
    for path in ("/documents", "/documents?q=" + marker, f"/documents/{id_}", f"/documents/{id_}/messages",
                 f"/documents/{id_}/events", f"/documents/{id_}/pdf"):  # fmt: skip
        assert marker not in site.theirs.rest.get(path).text.replace("q=" + marker, "")
    assert marker not in site.log.read_text(errors="replace")
    assert marker not in site.ours.rest.get(f"/documents/{id_}/events").text
    assert marker not in json.dumps(site.ours.rest.get(f"/documents/{id_}").json())
