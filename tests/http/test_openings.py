"""Robots and people at a client's link: whatever a robot does, nothing becomes « Consulté », and nobody is lost."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from tests.factories.agents import BEHIND_A_BROWSERS_NAME, MISTAKEN, SCANNERS_AND_PREVIEWS, people, robots
from webdoc_app.domain.tracking import Act, Agent, Hit, OpeningClass, judge
from webdoc_app.http.app import create_api
from webdoc_app.integrations.robots import agent_of
from webdoc_app.services import accounts, companies, database, hits, tracking
from webdoc_app.services.tracking import Sight, Visitor
from webdoc_app.services.work import Runtime, configure, runtime

QUOTE = {
    "kind": "quote",
    "customer": {"name": "Claire", "email": "c@example.org"},
    "lines": [{"description": "Meuble", "unit_price": "1000.00"}],
}
PREFETCH = [
    {"sec-purpose": "prefetch"},
    {"sec-purpose": "prefetch;prerender"},
    {"purpose": "prefetch"},
    {"x-purpose": "preview"},
    {"x-moz": "prefetch"},
]


@dataclass(frozen=True)
class Site:
    client: httpx.AsyncClient
    id: str
    token: str

    async def rows(self, query: str) -> list[tuple[object, ...]]:
        await hits.all_written()
        async with runtime().engine.connect() as connection:
            return [tuple(row) for row in (await connection.execute(text(query))).all()]

    async def kept(self) -> dict[str, int]:
        query = "SELECT opening_class, sum(views) FROM openings GROUP BY opening_class"
        return {str(name): int(str(views)) for name, views in await self.rows(query)}

    async def status(self) -> str:
        return str((await self.client.get(f"/api/v1/documents/{self.id}")).json()["status"])

    async def untouched(self) -> bool:
        """Nothing a person would call a change, anywhere."""
        [(opened, visits, state)] = await self.rows("SELECT opened_at, visits, state FROM documents")
        [(events,)] = await self.rows("SELECT count(*) FROM events WHERE actor_kind = 'client'")
        [(news,)] = await self.rows("SELECT count(*) FROM notifications")
        return (opened, visits, state, events, news) == (None, 0, "issued", 0, 0)


async def _some_pdf(content: str, logo: bytes | None) -> bytes:
    return b"%PDF-1.7"


@pytest_asyncio.fixture
async def site(sqlite_url: str, built_pages: None) -> AsyncIterator[Site]:
    engine = database.async_engine(sqlite_url)
    configure(Runtime(engine, ["k" * 32], "http://localhost:3000", render_pdf=_some_pdf))
    company_id, _ = await companies.create_company("Morel", "m@example.org", "motdepasse")
    headers = {"Authorization": f"Bearer {await accounts.create_api_key(company_id, 'test')}"}
    transport = httpx.ASGITransport(app=create_api())
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        client.headers.update(headers)
        made = (await client.post("/api/v1/documents", json=QUOTE)).json()
        issued = (await client.post(f"/api/v1/documents/{made['id']}/issue")).json()
        yield Site(client, issued["id"], issued["webdocument_url"].rpartition("/")[2])
    await hits.all_written()
    configure(None)
    await engine.dispose()


def forms_as_they_stand(html: str) -> list[tuple[str, dict[str, str]]]:
    """What a script that submits every form of the page would send."""
    found = []
    for action, inner in re.findall(r'<form[^>]*\baction="([^"]+)"[^>]*>(.*?)</form>', html, re.DOTALL):
        fields = re.findall(r'<(?:input|textarea)\b[^>]*?name="(\w+)"(?:[^>]*?value="([^"]*)")?', inner)
        found.append((action, dict(fields)))
    return found


async def test_whatever_a_robot_does_nothing_becomes_viewed(site: Site) -> None:
    sample = [*SCANNERS_AND_PREVIEWS, *robots()[::70]]
    for agent in sample:
        headers = {"user-agent": agent}
        assert (await site.client.head(f"/d/{site.token}", headers=headers)).status_code == 200
        page = await site.client.get(f"/d/{site.token}", headers=headers)
        await site.client.get(f"/d/{site.token}", headers={**headers, **PREFETCH[0]})
        await tracking.confirm_opening_with_token(
            site.token, Visitor("127.0.0.1", agent), Sight(gesture=False)
        )
    forms = forms_as_they_stand(page.text)
    assert len(forms) == 4
    for action, fields in forms:
        answer = await site.client.post(action, data=fields, headers=headers)
        assert answer.status_code == 422, action
    assert await site.untouched()
    assert set(await site.kept()) == {"automatic"}
    assert await site.status() == "issued"


async def test_a_request_of_a_person_is_fetched_and_one_ahead_of_them_is_a_machines(site: Site) -> None:
    headers = {"user-agent": people()[0]}
    await site.client.get(f"/d/{site.token}", headers=headers)
    pdf = await site.client.get(f"/d/{site.token}/pdf", headers=headers)
    assert pdf.headers["content-security-policy"] == "default-src 'none'; style-src 'unsafe-inline'"
    assert await site.kept() == {"fetched": 2}
    for ahead in PREFETCH:
        await site.client.get(f"/d/{site.token}", headers={**headers, **ahead})
    assert await site.kept() == {"fetched": 2, "automatic": len(PREFETCH)}
    assert await site.untouched()


async def test_no_person_is_lost_with_or_without_a_gesture(site: Site) -> None:
    sample = [*MISTAKEN, *people()[::40]]
    agents = list(dict.fromkeys(sample))
    for number, agent in enumerate(agents):
        await site.client.get(f"/d/{site.token}", headers={"user-agent": agent})
        sight = Sight(gesture=number % 2 == 0)
        await tracking.confirm_opening_with_token(site.token, Visitor("127.0.0.1", agent), sight)
    counted = (await site.client.get(f"/api/v1/documents/{site.id}")).json()["openings"]
    assert (counted["client"], counted["automatic"]) == (len(agents), 0)
    assert await site.status() == "viewed"


async def test_a_scanner_behind_a_browsers_name_is_told_by_its_head(site: Site) -> None:
    for agent in BEHIND_A_BROWSERS_NAME:
        headers = {"user-agent": agent}
        await site.client.head(f"/d/{site.token}", headers=headers)
        await site.client.get(f"/d/{site.token}", headers=headers)
        await tracking.confirm_opening_with_token(
            site.token, Visitor("127.0.0.1", agent), Sight(gesture=False)
        )
    assert await site.untouched()


@pytest.mark.parametrize("act", [Act.HEAD, Act.FETCH, Act.SIGHT])
@pytest.mark.parametrize("prefetch", [False, True])
def test_every_robot_short_of_a_gesture_counts_for_nothing(act: Act, prefetch: bool) -> None:
    for agent in robots():
        assert not judge(Hit(act, agent_of(agent), prefetch=prefetch)).counts


def test_every_person_in_view_counts() -> None:
    for agent in people():
        assert judge(Hit(Act.FETCH, agent_of(agent))).class_ is OpeningClass.FETCHED
        assert judge(Hit(Act.SIGHT, agent_of(agent))).counts
        assert agent_of(agent) is Agent.BROWSER
