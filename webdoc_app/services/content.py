"""What is frozen of a document: its content, read from the raw rows, and the hash of it.

Issuing and auditing read the same way, so a row changed behind the product's back shows.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.content import canonical_json
from webdoc_app.models import Company, Customer

FROZEN = [
    "id",
    "chain_id",
    "origin_id",
    "customer_id",
    "kind",
    "version",
    "number",
    "series",
    "year",
    "sequence",
    "title",
    "notes",
    "currency",
    "language",
    "issue_date",
    "valid_until",
    "due_date",
    "deposit_percent",
    "lines_minor",
    "allowances_minor",
    "charges_minor",
    "net_minor",
    "vat_minor",
    "gross_minor",
    "prepaid_minor",
    "rounding_minor",
    "import_sha256",
    "duplicate_of",
    "issued_at",
]
FROZEN_JSON = ("seller", "customer", "adjustments", "vat_breakdown", "extras")
FROZEN_LINE = [
    "id",
    "origin_id",
    "position",
    "description",
    "unit",
    "quantity",
    "base_quantity",
    "unit_price",
    "discount_percent",
    "vat_rate",
    "allowances_minor",
    "charges_minor",
    "net_minor",
]


async def raw_content(session: AsyncSession, document_id: str) -> dict[str, Any]:
    """The content of a document as its rows say it now."""
    found = await session.execute(text("SELECT * FROM documents WHERE id = :id"), {"id": document_id})
    lines = await session.execute(
        text("SELECT * FROM document_lines WHERE document_id = :id ORDER BY position, id"),
        {"id": document_id},
    )
    return content_of(dict(found.mappings().one()), [dict(line) for line in lines.mappings()])


def content_of(document: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The canonical content of raw rows. Raises ValueError where a JSON column cannot be read."""
    content: dict[str, Any] = {name: document[name] for name in FROZEN}
    for name in FROZEN_JSON:
        content[name] = json.loads(document[name]) if document[name] else None
    content["lines"] = [_line_of(line) for line in lines]
    return content


def _line_of(line: Mapping[str, Any]) -> dict[str, Any]:
    """`is_optional` stands only in the lines it is true of: contents frozen before it existed keep their hash."""
    content = {name: line[name] for name in FROZEN_LINE}
    return content | {"is_optional": True} if line["is_optional"] else content


def seller_of(company: Company) -> str:
    """The seller's identity as an issued document keeps it: canonical JSON."""
    names = [
        "name",
        "legal_form",
        "email",
        "phone",
        "address",
        "siren",
        "rcs",
        "vat_number",
        "iban",
        "bic",
        "terms",
        "late_penalty",
        "operations",
        "vat_on_debits",
        "color",
        "logo_sha256",
    ]
    return canonical_json({name: getattr(company, name) for name in names})


def buyer_of(customer: Customer) -> str:
    """The customer as an issued document keeps them: canonical JSON."""
    names = ("name", "email", "address", "siren", "vat_number")
    return canonical_json({name: getattr(customer, name) for name in names})
