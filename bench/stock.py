"""A database of documents in this process, as many as asked: a few by the real use cases, the others their copies."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from webdoc_app.domain.documents import Kind
from webdoc_app.integrations.pdf import PdfRenderer
from webdoc_app.models.columns import parse_time, time_text
from webdoc_app.reads.pdf_pages import pdf_page
from webdoc_app.services import (
    companies,
    conversation,
    customers,
    decoding,
    documents,
    issuing,
    rendering,
    sending,
    sharing,
)
from webdoc_app.services.database import async_engine, migrate
from webdoc_app.services.nonces import new_nonce
from webdoc_app.services.tracking import Visitor, confirm_opening_with_token
from webdoc_app.services.work import Actor, Runtime, configure, reading, runtime

ORIGINALS = 50
ACTOR = Actor("user", "bench", "Lucas Morel")
KINDS = (Kind.QUOTE, Kind.INVOICE, Kind.ORDER, Kind.QUOTE, Kind.DELIVERY)

# A copy's ids are the original's with the copy's number at their end.
COPIED = ("documents", "document_lines", "document_versions", "share_links", "openings", "messages", "events")
IDS = ("id", "document_id", "chain_id", "link_id")


@dataclass(frozen=True)
class Stock:
    """A database full of documents. Services work on the one last entered: `enter` it before they read."""

    company_id: str
    document_id: str
    runtime: Runtime

    def enter(self) -> None:
        configure(self.runtime)


@asynccontextmanager
async def services(*, with_pdfs: bool = False) -> AsyncIterator[str]:
    """Services on a fresh SQLite database; gives the id of a company. PDFs are rendered only with `with_pdfs`."""
    with tempfile.TemporaryDirectory(prefix="webdoc-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'webdoc.sqlite3'}"
        migrate(url)
        renderer = PdfRenderer(pdf_page)
        engine = async_engine(url)
        render = renderer.render if with_pdfs else None
        configure(Runtime(engine, ["k" * 32], "http://localhost:3000", render_pdf=render))
        try:
            company_id, _ = await companies.create_company("Atelier Morel", "m@example.org", "motdepasse")
            yield company_id
        finally:
            await rendering.stop()
            configure(None)
            renderer.close()
            decoding.close()
            await engine.dispose()


@asynccontextmanager
async def stock(size: int) -> AsyncIterator[Stock]:
    """Services on a database of `size` documents, a multiple of 50."""
    async with services() as company_id:
        ids = [await _original(company_id, rank) for rank in range(ORIGINALS)]
        async with runtime().engine.begin() as connection:
            for table in COPIED:
                await _copy(connection, table, size // ORIGINALS - 1)
        yield Stock(company_id, ids[0], runtime())


async def _original(company_id: str, rank: int) -> str:
    customer = {"name": f"Client {rank % 12}", "email": "client@example.org"}
    customer_id = await customers.create_customer(company_id, customer)
    document_id = await draft(company_id, customer_id, KINDS[rank % len(KINDS)])
    await issuing.issue_document(company_id, document_id, ACTOR)
    await sending.send_document(company_id, document_id, sending.Letter(), ACTOR)
    async with reading() as session:
        link = await sharing.main_link(session, document_id)
    assert link is not None
    token = sharing.token_of(link)
    await confirm_opening_with_token(token, Visitor("192.0.2.10", "bench"))
    nonce = new_nonce(document_id, conversation.PURPOSE)
    await conversation.post_message_with_token(token, "Une question ?", nonce, Visitor("192.0.2.10", "bench"))
    return document_id


async def draft(company_id: str, customer_id: str, kind: Kind = Kind.QUOTE) -> str:
    """A draft of four lines; its id."""
    lines = [
        documents.LineInput(f"Meuble n° {n}", Decimal("285.50"), Decimal(2), vat_rate=Decimal(20))
        for n in range(4)
    ]
    wanted = documents.DraftInput(kind, customer_id, lines, title="Aménagement de la cuisine")
    return await documents.create_draft(company_id, wanted, ACTOR)


async def _copy(connection: AsyncConnection, table: str, copies: int) -> None:
    """Every row `copies` times more, each copy a day older than the one before it."""
    found = (await connection.exec_driver_sql(f"SELECT * FROM {table}")).mappings().all()
    rows = [_copied(dict(row), copy) for copy in range(1, copies + 1) for row in found]
    if rows:
        names = list(rows[0])
        places = ", ".join("?" * len(names))
        statement = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})"
        await connection.exec_driver_sql(statement, [tuple(row.values()) for row in rows])


def _copied(row: dict[str, Any], copy: int) -> dict[str, Any]:
    for name in IDS:
        if row.get(name):
            row[name] = f"{row[name][:26]}{copy:06}"
    for name in ("created_at", "at", "issued_at", "sent_at", "first_at", "last_at"):
        if row.get(name):
            row[name] = time_text(parse_time(row[name]) - timedelta(days=copy))
    if row.get("sequence"):
        row["sequence"] += copy * ORIGINALS
        row["number"] = f"{row['number'][:7]}{row['sequence']:05}"
    if "seq" in row:
        row["seq"] += copy * 1_000_000
    return row
