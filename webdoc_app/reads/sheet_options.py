"""Optional lines of a quote: what the content adds up to with those that were chosen."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from webdoc_app.domain.documents import Adjustment, Line, compute_totals
from webdoc_app.domain.money import decimal_text


def option_ids(content: Mapping[str, Any]) -> list[str]:
    """Ids of the optional lines, in their order."""
    return [line["id"] for line in content["lines"] if line.get("is_optional")]


def content_with(content: Mapping[str, Any], chosen: Collection[str]) -> Mapping[str, Any]:
    """The content with the totals of its own lines and the chosen options; itself where nothing is chosen."""
    if not chosen:
        return content
    lines = [_line(row) for row in content["lines"] if not row.get("is_optional") or row["id"] in chosen]
    adjustments = [
        Adjustment(row["amount"], Decimal(row["vat_rate"]), row["is_charge"], row["reason"])
        for row in content["adjustments"] or ()
    ]
    totals = compute_totals(lines, content["currency"], adjustments)
    return {
        **content,
        "lines_minor": totals.lines,
        "net_minor": totals.net,
        "vat_minor": totals.vat,
        "gross_minor": totals.gross,
        "vat_breakdown": [
            {"rate": decimal_text(row.rate), "basis": row.basis, "vat": row.vat}
            for row in totals.vat_breakdown
        ],
    }


def _line(row: Mapping[str, Any]) -> Line:
    return Line(
        unit_price=Decimal(row["unit_price"]),
        quantity=Decimal(row["quantity"]),
        base_quantity=Decimal(row["base_quantity"]),
        discount_percent=Decimal(row["discount_percent"]),
        vat_rate=Decimal(row["vat_rate"]),
        allowances=row["allowances_minor"],
        charges=row["charges_minor"],
    )
