"""A company with an unpaid bill, connected to the emulated providers, and the product's HTTP side in this process."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from tests.conftest import migrated_database
from tests.emulators.base import Sent
from tests.emulators.running import KEYS, Emulators, emulators
from webdoc_app.domain.documents import Kind
from webdoc_app.http.app import create_api
from webdoc_app.integrations.payments import connections
from webdoc_app.models import Document
from webdoc_app.reads.status import shown_status_of
from webdoc_app.services import companies, customers, database, documents, issuing, limits, sharing
from webdoc_app.services.audit import verify
from webdoc_app.services.nonces import new_nonce
from webdoc_app.services.payment_accounts import connect
from webdoc_app.services.work import Actor, Change, Runtime, configure, reading, runtime, today
from webdoc_app.settings import settings

ACTOR = Actor("user", "lucas", "Lucas")
PROVIDERS = ("stripe", "paypal", "payzen")
PATIENCE = 10.0


@pytest.fixture(scope="session")
def running() -> Iterator[Emulators]:
    with emulators() as found:
        yield found


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """SQLite, unless a test asks for both: see `on_both`."""
    return migrated_database(request, getattr(request, "param", "sqlite"), tmp_path / "webdoc.sqlite3")


on_both = pytest.mark.parametrize(
    "database_url",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)],
    indirect=True,
)


@dataclass
class Shop:
    """What tests do as a client at a browser, and as a provider whose webhooks come when the test says so."""

    company_id: str
    accounts: dict[str, str]
    providers: Emulators
    http: httpx.AsyncClient
    browser: httpx.AsyncClient
    news: list[Change] = field(default_factory=list)

    async def bill(self, price: str = "100", currency: str = "EUR") -> "Bill":
        """An issued invoice: `price` and 20 % of VAT."""
        customer = await customers.create_customer(
            self.company_id, {"name": "Claire Fontaine", "email": "claire@fontaine.example"}
        )
        line = documents.LineInput("Table", Decimal(price))
        draft = documents.DraftInput(Kind.INVOICE, customer, [line], currency=currency)
        id_ = await documents.create_draft(self.company_id, draft, ACTOR)
        await issuing.issue_document(self.company_id, id_, ACTOR)
        async with reading() as session:
            link = await sharing.main_link(session, id_)
        assert link
        return Bill(self, id_, sharing.token_of(link))

    async def deliver(self, provider: str, sent: Sent) -> int:
        """The webhook arrives at our door."""
        path = f"/hooks/{provider}/{self.accounts[provider]}"
        answer = await self.http.post(path, content=sent.body, headers=sent.headers)
        return answer.status_code

    async def deliver_all(self, provider: str) -> list[int]:
        """Every webhook sent so far, in order."""
        emulator = self.providers.all[provider]
        emulator.run(settled(emulator))
        sent, emulator.sent = list(emulator.sent), []
        return [await self.deliver(provider, each) for each in sent]

    def travel(self, by: timedelta) -> None:
        runtime().clock = lambda: datetime.now(UTC) + by
        for emulator in self.providers.all.values():
            emulator.shift = by

    async def count(self, statement: str) -> int:
        async with runtime().engine.connect() as connection:
            return int((await connection.execute(text(statement))).scalar_one() or 0)


def with_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on as it is by itself; counted anew, for the test's own loop."""
    monkeypatch.setenv("WEBDOC_LIMITS", "1")
    settings.cache_clear()
    limits._by_loop.clear()


async def settled(emulator: Any) -> None:
    """Until the emulator's own tasks are done."""
    import asyncio

    while others := {task for task in emulator.tasks if not task.done()}:
        await asyncio.wait(others, timeout=PATIENCE)


@dataclass
class Bill:
    shop: Shop
    id: str
    token: str

    async def press(
        self, provider: str, amount: str = "", nonce: str = "", language: str = ""
    ) -> httpx.Response:
        """The button's form; `language` is the one the page is read in."""
        fields = {"nonce": nonce or new_nonce(self.id, "pay"), "amount": amount, "language": language}
        return await self.shop.http.post(f"/d/{self.token}/pay/{provider}", data=fields)

    async def go(self, provider: str) -> str:
        """The address of the provider's page."""
        answer = await self.press(provider)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def pay(self, provider: str, act: str = "pay", *, card: str = "") -> str:
        """On the provider's page, to its end. Returns our return address; nobody has come back yet."""
        return await self.click(await self.go(provider), act, card=card)

    async def click(self, page: str, act: str = "pay", *, card: str = "") -> str:
        answer = await self.shop.browser.post(page, data={"act": act, "card": card})
        return answer.headers.get("location", "")

    async def come_back(self, address: str) -> httpx.Response:
        answer = await self.shop.http.get(address)
        assert answer.status_code == 303, answer.text
        assert answer.headers["location"] == f"/d/{self.token}"
        return answer

    async def word(self) -> str:
        return shown_status_of(await self.row(), today())

    async def row(self) -> Document:
        async with reading() as session:
            return await session.get_one(Document, self.id)

    async def ledger(self) -> list[int]:
        """Its lines, oldest first, in minor units."""
        async with runtime().engine.connect() as connection:
            query = text(
                "SELECT amount_minor FROM payments WHERE document_id = :id ORDER BY at, amount_minor DESC"
            )
            return [row[0] for row in (await connection.execute(query, {"id": self.id})).all()]

    async def told(self, type_: str) -> int:
        return await self.shop.count(
            f"SELECT count(*) FROM notifications WHERE document_id = '{self.id}' AND type = '{type_}'"
        )

    async def mails(self) -> int:
        return await self.shop.count(
            f"SELECT count(*) FROM outbox_mails WHERE document_id = '{self.id}' AND purpose = 'receipt'"
        )

    async def is_settled_once(self, amount: int = 12_000) -> None:
        """One payment, one event, one notice, one mail, and an audit that is content."""
        assert await self.ledger() == [amount]
        assert await self.word() == "paid"
        assert (await self.told("payment.settled"), await self.mails()) == (1, 1)
        events = "SELECT count(*) FROM events WHERE type = 'payment.settled' AND document_id = "
        assert await self.shop.count(f"{events}'{self.id}'") == 1
        assert await verify() == []


@pytest_asyncio.fixture
async def shop(
    database_url: str, running: Emulators, built_pages: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Shop]:
    monkeypatch.setenv("WEBDOC_LIMITS", "0")
    engine = database.async_engine(database_url)
    news: list[Change] = []

    async def publish(changes: list[Change]) -> None:
        news.extend(changes)

    configure(
        Runtime(
            engine=engine,
            keys=["k" * 32],
            origin="http://localhost:3000",
            publish=publish,
            payment_apis=running.apis,
        )
    )
    for emulator in running.all.values():
        emulator.sent, emulator.calls, emulator.shift = [], [], timedelta(0)
        emulator.faults = type(emulator.faults)(drop=True)
    running.payzen.numbers.clear()
    company_id, _ = await companies.create_company("Atelier Morel", "lucas@atelier.example", "motdepasse")
    accounts = {name: await connect(company_id, name, "test", KEYS[name]) for name in PROVIDERS}
    running.know({name: f"http://localhost:3000/hooks/{name}/{id_}" for name, id_ in accounts.items()})
    transport = httpx.ASGITransport(app=create_api())
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://localhost:3000") as http,
        httpx.AsyncClient(trust_env=False) as browser,
    ):
        yield Shop(company_id, accounts, running, http, browser, news)
    await connections.close()
    configure(None)
    await engine.dispose()
