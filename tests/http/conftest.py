"""The REST interface of two companies, on a database of its own."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest_asyncio

from webdoc_app.http.api.app import create_rest
from webdoc_app.services import accounts, companies, database
from webdoc_app.services.work import Runtime, configure


@dataclass(frozen=True)
class Rest:
    ours: httpx.AsyncClient
    theirs: httpx.AsyncClient
    database: Path


@pytest_asyncio.fixture
async def rest(sqlite_url: str) -> AsyncIterator[Rest]:
    engine = database.async_engine(sqlite_url)
    configure(Runtime(engine=engine, keys=["k" * 32], origin="http://localhost:3000"))
    app = create_rest()
    clients = []
    for name in ("ours", "theirs"):
        company_id, _ = await companies.create_company(name, f"{name}@example.org", "motdepasse")
        headers = {"Authorization": f"Bearer {await accounts.create_api_key(company_id, 'test')}"}
        transport = httpx.ASGITransport(app=app)
        clients.append(httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers))
    yield Rest(clients[0], clients[1], Path(sqlite_url.removeprefix("sqlite:///")))
    for client in clients:
        await client.aclose()
    configure(None)
    await engine.dispose()
