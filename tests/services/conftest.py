"""A company with an issued quote, on a database of its own: SQLite, and PostgreSQL where it is installed."""

import os
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import create_engine, text

from tests.postgres import cluster, programs
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


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    found = programs()
    if found is None:
        assert not os.environ.get("CI"), "PostgreSQL is missing where the whole suite must run"
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with cluster(found) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return _new_database(request, tmp_path / "webdoc.sqlite3")


@pytest.fixture
def other_database_url(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> str:
    """Another one of the same kind, empty."""
    return _new_database(request, tmp_path / "other" / "webdoc.sqlite3")


def _new_database(request: pytest.FixtureRequest, file: Path) -> str:
    if "sqlite" in request.node.callspec.params["database_url"]:
        return f"sqlite:///{file}"
    server = request.getfixturevalue("postgres")
    name = f"webdoc_{secrets.token_hex(6)}"
    engine = create_engine(server + "postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return str(server + name)


@pytest_asyncio.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    url = database_url
    database.migrate(url)
    engine = database.async_engine(url)
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
    yield World(company_id, quote_id, sharing.token_of(link), url)
    configure(None)
    await engine.dispose()


async def execute(statement: str) -> int:
    """Runs a statement behind the product's back; of a count, the number."""
    async with runtime().engine.connect() as connection:
        result = await connection.execute(text(statement))
        found = result.scalar_one() if result.returns_rows else 0
        await connection.commit()
    return int(found)
