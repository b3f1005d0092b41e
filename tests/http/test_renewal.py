"""The page of a link that is no more, over HTTP: what it offers, and that only its form ever sends anything."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from tests.http.conftest import Rest
from webdoc_app.http.app import create_api
from webdoc_app.services import limits
from webdoc_app.services.work import runtime

QUOTE = {"kind": "quote", "lines": [{"description": "Table", "unit_price": "100"}]}
KNOWN = {"name": "Claire Fontaine", "email": "claire@fontaine.example"}


@dataclass(frozen=True)
class Desk:
    rest: httpx.AsyncClient
    client: httpx.AsyncClient

    async def issue(self, **customer: str) -> dict[str, Any]:
        draft = (await self.rest.post("/documents", json={**QUOTE, "customer": customer or KNOWN})).json()
        return dict((await self.rest.post(f"/documents/{draft['id']}/issue")).json())

    async def closed(self, act: str, **customer: str) -> str:
        """The path of a document whose link was closed by `act`."""
        document = await self.issue(**customer)
        assert (await self.rest.post(f"/documents/{document['id']}/link/{act}")).status_code == 200
        return str(document["webdocument_url"]).removeprefix("http://localhost:3000")


@pytest_asyncio.fixture
async def desk(rest: Rest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setattr(limits, "_by_loop", {})
    transport = httpx.ASGITransport(app=create_api())
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:3000") as client:
        yield Desk(rest.ours, client)


async def sent(column: str = "to_email") -> list[str]:
    async with runtime().engine.connect() as connection:
        return list((await connection.execute(text(f"SELECT {column} FROM outbox_mails"))).scalars())


async def asked() -> int:
    async with runtime().engine.connect() as connection:
        query = text("SELECT count(*) FROM notifications WHERE type = 'link.requested'")
        return int((await connection.execute(query)).scalar_one())


def form_of(page: str) -> str:
    """Where the page's only form goes; it has nothing to fill in."""
    [action] = re.findall(r'<form method="post" action="([^"]+)">', page)
    assert "<input" not in page
    return action


@pytest.mark.parametrize(
    ("act", "offer"),
    [
        ("rotate", "Recevoir un nouveau lien"),
        ("revoke", "Demander un nouveau lien"),
        ("disable", "Demander un nouveau lien"),
    ],
)
async def test_looking_sends_nothing_and_the_form_does(desk: Desk, act: str, offer: str) -> None:
    path = await desk.closed(act)
    page = await desk.client.get(path)
    assert (page.status_code, offer in page.text) == (410, True)
    for way in ("GET", "HEAD", "OPTIONS", "PUT"):
        for tail in ("", "/renew", "/renew?confirm=1"):
            assert (await desk.client.request(way, path + tail)).status_code == 410
    assert (await sent(), await asked()) == ([], 0)
    answer = await desk.client.post(form_of(page.text))
    assert answer.status_code == 200
    assert (await sent(), await asked()) == (([KNOWN["email"]], 0) if act == "rotate" else ([], 1))
    headers = ("cache-control", "referrer-policy", "x-robots-tag", "x-content-type-options")
    headers += ("content-security-policy",)
    assert [answer.headers[name] for name in headers] == [page.headers[name] for name in headers]


async def test_the_answer_is_one_and_the_same_whether_an_address_is_known_or_the_limit_is_reached(
    desk: Desk,
) -> None:
    known, unknown = await desk.closed("rotate"), await desk.closed("rotate", name="Claire Fontaine")
    answers = [await desk.client.post(f"{path}/renew") for path in (known, unknown) for _ in range(5)]
    assert {(answer.status_code, answer.text) for answer in answers} == {(200, answers[0].text)}
    assert "Si une adresse est connue" in answers[0].text
    assert KNOWN["email"] not in answers[0].text
    assert (await sent(), await asked()) == ([KNOWN["email"]] * 3, 3)


async def test_the_mail_opens_the_document(desk: Desk) -> None:
    path = await desk.closed("rotate")
    await desk.client.post(f"{path}/renew", data={"email": "someone@else.example", "to": "x@else.example"})
    assert await sent() == [KNOWN["email"]]
    [[address]] = [re.findall(r"http://localhost:3000(/d/\S+)", mail) for mail in await sent("text_body")]
    assert address != path
    assert (await desk.client.get(f"{address}/nothing")).status_code == 404


async def test_a_good_link_is_opened_and_an_unknown_one_is_the_one_404(desk: Desk) -> None:
    path = str((await desk.issue())["webdocument_url"]).removeprefix("http://localhost:3000")
    good = await desk.client.post(f"{path}/renew")
    assert (good.status_code, good.headers["location"]) == (303, path)
    assert (await desk.client.get(f"{path}/renew")).status_code == 404
    forged = await desk.client.post(f"{path[:-1]}/renew")
    assert forged.status_code == 404
    assert forged.content == (await desk.client.get("/d/unknown")).content
    assert await sent() == []
