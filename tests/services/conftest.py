"""A company with an issued quote, on a database of its own: SQLite, and PostgreSQL where it is installed."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal

import pytest_asyncio
from sqlalchemy import text

from webdoc_app.domain.documents import Kind
from webdoc_app.services import companies, customers, database, documents, issuing, sharing
from webdoc_app.services.work import Actor, Runtime, configure, reading, runtime

ACTOR = Actor("user", "lucas", "Lucas")


@dataclass(frozen=True)
class World:
    company_id: str
    quote_id: str
    token: str
    url: str


@pytest_asyncio.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    engine = database.async_engine(database_url)
    configure(Runtime(engine=engine, keys=["k" * 32], origin="http://localhost:3000"))
    company_id, _ = await companies.create_company("Atelier Morel", "lucas@atelier.example", "motdepasse")
    customer_id = await customers.create_customer(company_id, {"name": "Claire Fontaine"})
    line = documents.LineInput("Meuble", Decimal("285"), Decimal(6), vat_rate=Decimal(10))
    draft = documents.DraftInput(Kind.QUOTE, customer_id, [line])
    quote_id = await documents.create_draft(company_id, draft, ACTOR)
    await issuing.issue_document(company_id, quote_id, ACTOR)
    async with reading() as session:
        link = await sharing.main_link(session, quote_id)
    assert link is not None
    yield World(company_id, quote_id, sharing.token_of(link), database_url)
    configure(None)
    await engine.dispose()


async def execute(statement: str) -> int:
    """Runs a statement behind the product's back; of a count, the number."""
    async with runtime().engine.connect() as connection:
        result = await connection.execute(text(statement))
        found = result.scalar_one() if result.returns_rows else 0
        await connection.commit()
    return int(found)
