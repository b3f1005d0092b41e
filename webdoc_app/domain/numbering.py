"""Numbers of issued documents: gapless per company, series and year (CGI ann. II art. 242 nonies A, I 7°)."""

from webdoc_app.domain.documents import Kind

SERIES: dict[Kind, str] = {
    Kind.QUOTE: "D",
    Kind.ORDER: "C",
    Kind.DELIVERY: "BL",
    Kind.INVOICE: "F",
    Kind.DEPOSIT: "F",
    Kind.CREDIT: "A",
}
"""A deposit invoice is an invoice: it takes its number from the same series."""


def number(kind: Kind, year: int, sequence: int) -> str:
    """`D-2026-00001`: letters, digits and hyphens only, well below the 35 characters of BR-FR-01."""
    return f"{SERIES[kind]}-{year}-{sequence:05d}"
