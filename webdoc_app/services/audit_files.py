"""Checking stored files: each one's bytes against its SHA-256, certificates against their facts and their seal.

They are read a few at a time: a company's PDFs do not fit in memory at once.
"""

import hashlib
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from webdoc_app.domain.certificates import faults_of, key_of, pdf_faults_of
from webdoc_app.services.seals import seal_holds
from webdoc_app.services.work import runtime

Row = Mapping[str, Any] | RowMapping
AT_ONCE = 10
"""Files of 10 MB at most: 100 MB."""


@asynccontextmanager
async def raw_connection() -> AsyncIterator[AsyncConnection]:
    """A connection that reads any value there is: SQLite takes bytes that are no text into columns of texts."""
    async with runtime().engine.connect() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        if connection.dialect.name != "sqlite" or raw is None:
            yield connection
            return
        before, raw.text_factory = raw.text_factory, _read_text
        try:
            yield connection
        finally:
            raw.text_factory = before


def _read_text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


async def check_files(connection: AsyncConnection, seals: Collection[str]) -> AsyncIterator[str]:
    """One line a fault. `seals` are the public keys certificates may be sealed with."""
    for table, (columns, faults) in _FILES.items():
        result = await connection.stream(text(f"SELECT {columns}, sha256, data FROM {table}"))
        async for some in result.mappings().partitions(AT_ONCE):
            for row in some:
                data = _bytes(row["data"])
                if hashlib.sha256(data).hexdigest() != row["sha256"]:
                    yield f"{_NAMES[table].format_map(row)} : fichier altéré"
                elif faults:
                    for fault in faults(row, data, seals):
                        yield f"{_NAMES[table].format_map(row)} : {fault}"


def _bytes(data: Any) -> bytes:
    return bytes(data) if isinstance(data, (bytes, memoryview)) else str(data).encode("utf-8", "replace")


def _faults_of_certificate(row: Row, data: bytes, seals: Collection[str]) -> Iterator[str]:
    faults = faults_of(data, seal_holds) if row["format"] == "json" else pdf_faults_of(data, seal_holds)
    yield from faults
    if not faults and key_of(data) not in seals:
        yield "le sceau est d’une autre clé que celles de cette installation"


Faults = Callable[[Row, bytes, Collection[str]], Iterator[str]]
_FILES: dict[str, tuple[str, Faults | None]] = {
    "stored_pdfs": ("document_id, version", None),
    "stored_receipts": ("payment_id", None),
    "files": ("id", None),
    "logos": ("company_id", None),
    "certificates": ("event_id, format", _faults_of_certificate),
}
_NAMES = {
    "stored_pdfs": "PDF du document {document_id}, version {version}",
    "stored_receipts": "reçu du paiement {payment_id}",
    "files": "fichier {id}",
    "logos": "logo de l’entreprise {company_id}",
    "certificates": "attestation de l’événement {event_id} ({format})",
}
