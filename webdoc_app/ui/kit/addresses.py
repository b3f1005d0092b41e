"""Addresses of lists: what was chosen stands in the query, so that a page can be kept, sent and gone back to."""

from collections.abc import Mapping
from urllib.parse import urlencode


def with_query(base: str, values: Mapping[str, str]) -> str:
    """`base` with what is not empty."""
    query = urlencode({name: value for name, value in values.items() if value})
    return f"{base}?{query}" if query else base


def page_number(text: str) -> int:
    """The page an address asks for, counted from 1: what is no number is the first."""
    wanted = text[:6]
    return max(int(wanted), 1) if wanted.isascii() and wanted.isdigit() else 1


def page_links(base: str, values: Mapping[str, str], page: int, *, more: bool) -> tuple[str, str]:
    """The addresses of the pages before and after this one; empty where there is none."""
    before = with_query(base, {**values, "page": str(page - 1)}) if page > 1 else ""
    after = with_query(base, {**values, "page": str(page + 1)}) if more else ""
    return before, after
