"""Files over HTTP: what forms take, with which words they refuse, and how files are given."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest_asyncio

from tests.factories import files as made
from webdoc_app.http.app import create_api
from webdoc_app.models import Document
from webdoc_app.services import accounts, companies, database
from webdoc_app.services.conversation import PURPOSE
from webdoc_app.services.nonces import new_nonce
from webdoc_app.services.sharing import main_link, token_of
from webdoc_app.services.work import Runtime, configure, reading, runtime

QUOTE = {
    "kind": "quote",
    "customer": {"name": "Claire"},
    "lines": [{"description": "Meuble", "unit_price": "1000.00"}],
}


@dataclass(frozen=True)
class Site:
    client: httpx.AsyncClient
    desk: httpx.AsyncClient
    strangers: httpx.AsyncClient
    quote: str
    link: str

    async def send(
        self, data: bytes, name: str, kind: str = "application/pdf", **more: str
    ) -> httpx.Response:
        fields = {"nonce": new_nonce(self.quote, PURPOSE), "body": "", **more}
        return await self.client.post(
            f"{self.link}/messages", data=fields, files={"file": (name, data, kind)}
        )


@pytest_asyncio.fixture
async def site(sqlite_url: str, built_pages: None) -> AsyncIterator[Site]:
    configure(
        Runtime(engine=database.async_engine(sqlite_url), keys=["k" * 32], origin="http://localhost:3000")
    )
    transport = httpx.ASGITransport(app=create_api())

    def browser() -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=transport, base_url="http://localhost:3000")

    desks = []
    for name in ("ours", "theirs"):
        company_id, _ = await companies.create_company(name, f"{name}@example.org", "motdepasse")
        desk = browser()
        await desk.post("/login", data={"email": f"{name}@example.org", "password": "motdepasse"})
        desks.append((company_id, desk))
    program = browser()
    program.headers["Authorization"] = f"Bearer {await accounts.create_api_key(desks[0][0], 'test')}"
    draft = (await program.post("/api/v1/documents", json=QUOTE)).json()["id"]
    await program.post(f"/api/v1/documents/{draft}/issue")
    async with reading() as session:
        link = await main_link(session, (await session.get_one(Document, draft)).id)
    assert link
    yield Site(browser(), desks[0][1], desks[1][1], draft, f"/d/{token_of(link)}")
    await runtime().engine.dispose()
    configure(None)


async def test_a_clients_file_comes_as_a_download_to_both_sides_and_to_nobody_else(site: Site) -> None:
    data = made.pdf()
    assert (await site.send(data, "Plan d’été.pdf")).status_code == 303
    page = (await site.client.get(site.link)).text
    [address] = re.findall(r'href="(/d/[\w.-]+/files/[0-9a-f]{32})" download', page)
    answer = await site.client.get(address)
    assert answer.content == data
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"Plan-d-t-.pdf\"; filename*=UTF-8''Plan%20d%E2%80%99%C3%A9t%C3%A9.pdf"
    )
    own = "/app/files/" + address.rpartition("/")[2]
    assert (await site.desk.get(own)).content == data
    assert (await site.strangers.get(own)).status_code == 404
    assert (await site.client.get(own)).status_code == 401
    for wrong in (
        address[:-1],
        address + "0",
        address.replace("/files/", "/files/../"),
        f"{site.link}/files/1",
    ):
        assert (await site.client.get(wrong)).status_code == 404
    assert (await site.client.get("/d/x/files/" + address.rpartition("/")[2])).status_code == 404


REFUSED = {
    "svg": (made.SVG, "a.svg", 422, "PDF, PNG et JPEG"),
    "zip bomb": (made.zipped(), "a.zip", 422, "PDF, PNG et JPEG"),
    "polyglot": (made.pdf() + made.zipped(100), "a.pdf", 422, "en cache un autre"),
    "pixel bomb": (made.huge_png(), "a.png", 422, "trop grande"),
    "empty": (b"", "vide.pdf", 422, "vide"),
    "path": (made.pdf(), "../../a.pdf", 422, "nom de fichier"),
    "10 MB": (b"%PDF-" + b"0" * 10_000_001, "a.pdf", 413, "10"),
    "11 MB": (b"%PDF-" + b"0" * 11_000_000, "a.pdf", 413, "volumineux"),
}


async def test_what_is_refused_is_refused_in_words_and_kept_nowhere(site: Site) -> None:
    for what, (data, name, status, words) in REFUSED.items():
        answer = await site.send(data, name)
        assert answer.status_code == status, what
        assert words in answer.text, what
    page = (await site.client.get(site.link)).text
    assert 'data-testid="message"' not in page
    assert "/files/" not in page


async def test_a_script_is_told_the_reason_as_a_problem(site: Site) -> None:
    site.client.headers["Accept"] = "application/json"
    answer = await site.send(made.SVG, "a.png", "image/png")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "file"
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_a_form_without_a_file_goes_as_before(site: Site) -> None:
    fields = {"nonce": new_nonce(site.quote, PURPOSE), "body": "Bonjour"}
    empty = {"file": ("", b"", "application/octet-stream")}
    assert (await site.client.post(f"{site.link}/messages", data=fields, files=empty)).status_code == 303
    assert "Bonjour" in (await site.client.get(site.link)).text
    fields = {"nonce": new_nonce(site.quote, PURPOSE), "body": "x" * 1_100_000}
    assert (await site.client.post(f"{site.link}/messages", data=fields)).status_code == 413


async def test_the_merchants_files_go_through_its_session_alone(site: Site) -> None:
    path, file = f"/app/documents/{site.quote}", {"file": ("Plan.png", made.picture(), "image/png")}
    for way in ("files", "messages"):
        assert (await site.client.post(f"{path}/{way}", files=file)).status_code == 401
        assert (await site.strangers.post(f"{path}/{way}", files=file)).status_code == 404
        foreign = {"Origin": "https://evil.example"}
        assert (await site.desk.post(f"{path}/{way}", files=file, headers=foreign)).status_code == 403
        bad = {"file": ("a.svg", made.SVG, "image/svg+xml")}
        assert (await site.desk.post(f"{path}/{way}", files=bad)).status_code == 422
    assert (await site.desk.post(f"{path}/files", files=file)).status_code == 201
    note = {"internal": "on", "body": "Marge", "key": "1"}
    assert (await site.desk.post(f"{path}/messages", files=file, data=note)).status_code == 201
    assert "/files/" not in (await site.client.get(site.link)).text
    said = {"body": "Voici", "key": "2"}
    for _ in range(2):
        assert (await site.desk.post(f"{path}/messages", files=file, data=said)).status_code == 201
    assert (await site.client.get(site.link)).text.count(f"{site.link}/files/") == 1
