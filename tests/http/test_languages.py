"""A client who switched the page's language keeps it, through forms without scripts and to dead links."""

import re

import httpx
import pytest

from tests.http.conftest import Rest
from webdoc_app.http.app import create_api
from webdoc_app.services import limits, nonces


@pytest.fixture
def client(rest: Rest, monkeypatch: pytest.MonkeyPatch) -> httpx.AsyncClient:
    monkeypatch.setattr(limits, "_by_loop", {})
    transport = httpx.ASGITransport(app=create_api())
    return httpx.AsyncClient(transport=transport, base_url="http://localhost:3000")


async def issued(rest: Rest) -> tuple[str, str]:
    """The id of a French quote and its path."""
    body = {
        "kind": "quote",
        "lines": [{"description": "Table", "unit_price": "100"}],
        "customer": {"name": "C"},
    }
    draft = (await rest.ours.post("/documents", json=body)).json()
    document = (await rest.ours.post(f"/documents/{draft['id']}/issue")).json()
    return document["id"], document["webdocument_url"].removeprefix("http://localhost:3000")


@pytest.mark.parametrize(("language", "prefix"), [("", ""), ("fr", ""), ("en", "/en"), ("xx", "")])
async def test_a_form_leads_back_to_the_page_it_was_sent_from(
    rest: Rest, client: httpx.AsyncClient, language: str, prefix: str
) -> None:
    id_, path = await issued(rest)
    message = {"body": "Bonjour", "nonce": nonces.new_nonce(id_, "message"), "language": language}
    answer = {
        "decision": "accept",
        "version": "1",
        "name": "Claire",
        "nonce": nonces.new_nonce(id_, "decision"),
        "language": language,
    }
    for tail, form in (("messages", message), ("decision", answer)):
        sent = await client.post(f"{path}/{tail}", data=form)
        assert (sent.status_code, sent.headers["location"]) == (303, prefix + path)


async def test_a_refused_form_is_shown_again_in_the_language_it_was_read_in(
    rest: Rest, client: httpx.AsyncClient
) -> None:
    _, path = await issued(rest)
    for language, words in (
        ("en", "Do you accept this quote"),
        ("fr", "Acceptez-vous ce devis"),
        ("", "Acceptez"),
    ):
        page = await client.post(f"{path}/decision", data={"decision": "accept", "language": language})
        assert page.status_code in (409, 422)
        assert words in page.text
        assert re.search(rf'<html lang="{language or "fr"}"', page.text)


async def test_a_dead_link_is_told_in_the_language_of_its_address(
    rest: Rest, client: httpx.AsyncClient
) -> None:
    id_, path = await issued(rest)
    await rest.ours.post(f"/documents/{id_}/link/revoke")
    for prefix, language in (("", "fr"), ("/fr", "fr"), ("/en", "en")):
        page = await client.get(prefix + path)
        assert page.status_code == 410
        assert f'<html lang="{language}"' in page.text
