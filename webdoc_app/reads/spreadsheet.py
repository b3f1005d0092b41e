"""Files for a spreadsheet: UTF-8 with its mark, semicolons and commas, as French programs open them."""

import csv
import io
from collections.abc import Sequence

from webdoc_app.domain.money import amount_text

MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def spreadsheet_line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerow(cells)
    return out.getvalue()


def amount_cell(minor: int, currency: str) -> str:
    """`120000` -> `1200,00`."""
    return amount_text(minor, currency).replace(".", ",")


def harmless(text: str) -> str:
    """A text a spreadsheet takes for a text: what begins a formula gets an apostrophe before it (OWASP)."""
    flat = " ".join(text.split())
    return f"'{flat}" if text.startswith(_FORMULAS) or flat.startswith(_FORMULAS) else flat
