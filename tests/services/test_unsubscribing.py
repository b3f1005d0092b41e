"""No more reminders: by the address in their header, for whoever got them; said to the merchant; taken back."""

import re
from collections.abc import AsyncIterator
from email.message import Message

import httpx
import pytest
import pytest_asyncio

from tests.factories.agents import SENDERS_OF_FORMS
from tests.factories.smtp import Script, serve
from tests.services.conftest import ACTOR, World, execute
from tests.services.shop import CLAIRE, Shop, open_shop, switch_on
from webdoc_app.domain.errors import Conflict
from webdoc_app.domain.followups import Quiet, Why
from webdoc_app.http.app import create_api
from webdoc_app.integrations.mail.smtp import SmtpPostman
from webdoc_app.postman import delivering
from webdoc_app.reads.recipients import recipients_of
from webdoc_app.services import audit, followups, limits
from webdoc_app.services.documents import find_document
from webdoc_app.services.outbox import deliver_due
from webdoc_app.services.reminders import run_due_tasks
from webdoc_app.services.unsubscribing import set_stopped, unsubscribe_url
from webdoc_app.services.work import reading, runtime

ORIGIN = "https://documents.example.fr"


@pytest_asyncio.fixture
async def shop(world: World) -> Shop:
    runtime().origin = ORIGIN
    shop = await open_shop(world.company_id, world.url)
    await switch_on(world.company_id)
    return shop


@pytest_asyncio.fixture
async def http(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    monkeypatch.setattr(limits, "_by_loop", {})
    transport = httpx.ASGITransport(app=create_api())
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        yield client


async def delivered(shop: Shop) -> list[Message]:
    """What reaches the client when the reminder of a quote nobody opened is due."""
    script = Script()
    controller = serve(script)
    try:
        shop.go(2026, 3, 6, 9)
        await shop.run()
        await deliver_due(delivering(SmtpPostman(f"smtp://127.0.0.1:{controller.port}")))
    finally:
        controller.stop()
    return script.taken


async def stops() -> int:
    return await execute("SELECT count(*) FROM reminder_stops")


async def test_one_click_stops_all_reminders_of_the_recipient_and_a_button_lets_them_come_again(
    shop: Shop, http: httpx.AsyncClient
) -> None:
    quote, other = await shop.issue(), await shop.issue()
    *documents, _, reminder = await delivered(shop)
    assert [mail["List-Unsubscribe"] for mail in documents] == [None, None]
    assert reminder["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    ways = re.findall(r"<([^>]+)>", reminder["List-Unsubscribe"])
    assert ways[1].startswith("mailto:lucas@atelier.example?subject=")
    way = ways[0].removeprefix(ORIGIN)
    assert way.startswith("/unsubscribe/")

    for method in ("GET", "HEAD", "GET"):
        page = await http.request(method, way)
        assert page.status_code == 200
    assert await stops() == 0
    assert 'data-testid="unsubscribe"' in page.text
    assert "claire@fontaine.example" in page.text
    assert {page.headers["cache-control"], page.headers["referrer-policy"]} == {"no-store", "no-referrer"}

    for agent in SENDERS_OF_FORMS:
        seen = await http.post(way, headers={"user-agent": agent})
        assert 'data-testid="unsubscribe"' in seen.text, agent
    assert await stops() == 0

    for _ in range(2):
        done = await http.post(way, data={"List-Unsubscribe": "One-Click"})
        assert (done.status_code, 'data-testid="resubscribe"' in done.text) == (200, True)
    assert await stops() == 1
    events = "SELECT count(*) FROM events WHERE type = 'reminder.stopped'"
    assert await execute(events) == 1
    for document in (quote, other):
        assert await shop.plan(document) == Quiet(Why.UNSUBSCRIBED)
        shop.go(2026, 3, 20, 9)
        with pytest.raises(Conflict):
            await followups.send_now(shop.company_id, document, ACTOR)
    async with reading() as session:
        rows = await recipients_of(session, await find_document(session, shop.company_id, other), "fr")
    assert rows[0].facts.endswith("ne veut plus de relances")

    assert 'data-testid="unsubscribe"' in (await http.post(way, data={"again": "1"})).text
    assert await stops() == 0
    assert await shop.plan(quote) != Quiet(Why.UNSUBSCRIBED)
    assert await audit.verify() == []


async def test_addresses_that_are_not_ours_lead_nowhere(shop: Shop, http: httpx.AsyncClient) -> None:
    token = await shop.token(await shop.issue())
    for path in (f"/unsubscribe/{token}", "/unsubscribe/x", f"/unsubscribe/{'x' * 3_000}"):
        for method in ("GET", "POST"):
            assert (await http.request(method, path)).status_code == 404
    assert await stops() == 0


async def test_without_https_no_one_click_is_promised(shop: Shop) -> None:
    runtime().origin = "http://localhost:3000"
    await shop.issue()
    reminder = (await delivered(shop))[-1]
    assert "http://localhost:3000/unsubscribe/" in reminder["List-Unsubscribe"]
    assert reminder["List-Unsubscribe-Post"] is None


async def test_a_hold_comes_back_without_a_mail_to_whoever_wants_none(shop: Shop) -> None:
    quote = await shop.issue()
    await shop.answer(quote, "hold", until="2026-03-05")
    async with reading() as session:
        row = (await recipients_of(session, await find_document(session, shop.company_id, quote), "fr"))[0]
    way = unsubscribe_url(row.id, CLAIRE["email"].upper())
    await set_stopped(way.rpartition("/")[2], stopped=True)
    shop.go(2026, 3, 5, 9)
    await run_due_tasks()
    query = "SELECT count(*) FROM outbox_mails WHERE purpose = 'return' AND to_email = '{}'"
    assert await execute(query.format(CLAIRE["email"])) == 0
    assert await execute(query.format("lucas@atelier.example")) == 1
