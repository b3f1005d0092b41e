"""Frozen contents of documents, as issuing keeps them, from plain values. Totals are computed."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from webdoc_app.domain.documents import Adjustment, Line, compute_totals

SELLER = {
    "name": "Atelier Morel",
    "legal_form": "SARL",
    "email": "bonjour@atelier-morel.example",
    "phone": "04 78 00 00 12",
    "address": "14 rue des Tables Claudiennes\n69001 Lyon",
    "siren": "812345678",
    "rcs": "Lyon 812 345 678",
    "vat_number": "FR32812345678",
    "iban": "FR7630006000011234567890189",
    "bic": "AGRIFRPP",
    "terms": "Solde à la réception.",
    "late_penalty": "trois fois le taux d’intérêt légal",
    "operations": "both",
    "color": "#1f4fd8",
    "logo_sha256": None,
}
CONSUMER = {
    "name": "Mme Claire Fontaine",
    "email": "claire@fontaine.example",
    "address": "8 quai de Bondy\n69005 Lyon",
    "siren": "",
    "vat_number": "",
}
BUSINESS = {
    "name": "Imprimerie des Terreaux",
    "email": "compta@terreaux.example",
    "address": "3 place des Terreaux\n69001 Lyon",
    "siren": "552100554",
    "vat_number": "FR40552100554",
}


def line(description: str = "Pose", **changes: Any) -> dict[str, Any]:
    """A line of 1 at 100 with 20 % VAT; `net_minor` is filled by `content`."""
    return {
        "id": f"line-{description}"[:32],
        "origin_id": None,
        "position": 0,
        "description": description,
        "unit": "",
        "quantity": "1",
        "base_quantity": "1",
        "unit_price": "100",
        "discount_percent": "0",
        "vat_rate": "20",
        "allowances_minor": 0,
        "charges_minor": 0,
        **changes,
    }


def content(
    kind: str = "quote",
    lines: Sequence[dict[str, Any]] | None = None,
    adjustments: Sequence[dict[str, Any]] = (),
    **changes: Any,
) -> dict[str, Any]:
    """A document's content; `adjustments` are {amount, vat_rate, is_charge, reason}."""
    rows = list(lines or [line()])
    currency = changes.get("currency", "EUR")
    priced = [_priced(row) for row in rows]
    for row, one in zip(rows, priced, strict=True):
        row.setdefault("net_minor", one.net(currency))
    extra = [
        Adjustment(a["amount"], Decimal(a["vat_rate"]), a["is_charge"], a["reason"]) for a in adjustments
    ]
    totals = compute_totals(priced, currency, extra)
    return {
        "id": "0123456789abcdef0123456789abcdef",
        "chain_id": "0123456789abcdef0123456789abcdef",
        "origin_id": None,
        "customer_id": "fedcba9876543210fedcba9876543210",
        "kind": kind,
        "version": 1,
        "number": "D-2026-00012",
        "series": "D",
        "year": 2026,
        "sequence": 12,
        "title": "",
        "notes": "",
        "currency": currency,
        "language": "fr",
        "issue_date": "2026-11-24",
        "valid_until": None,
        "due_date": None,
        "deposit_percent": None,
        "lines_minor": totals.lines,
        "allowances_minor": totals.allowances,
        "charges_minor": totals.charges,
        "net_minor": totals.net,
        "vat_minor": totals.vat,
        "gross_minor": totals.gross,
        "prepaid_minor": 0,
        "rounding_minor": 0,
        "import_sha256": None,
        "duplicate_of": None,
        "issued_at": "2026-11-24T09:12:00.000000Z",
        "seller": SELLER,
        "customer": CONSUMER,
        "adjustments": list(adjustments),
        "vat_breakdown": [
            {"rate": str(row.rate), "basis": row.basis, "vat": row.vat} for row in totals.vat_breakdown
        ],
        "extras": {},
        "lines": rows,
        **changes,
    }


def content_json(*args: Any, **changes: Any) -> str:
    return json.dumps(content(*args, **changes))


def _priced(row: dict[str, Any]) -> Line:
    return Line(
        Decimal(row["unit_price"]),
        Decimal(row["quantity"]),
        Decimal(row["base_quantity"]),
        Decimal(row["discount_percent"]),
        Decimal(row["vat_rate"]),
        row["allowances_minor"],
        row["charges_minor"],
    )
