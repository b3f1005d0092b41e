"""All that money moves, to compare before and after; and a way to try many messages within one asynchronous test."""

import os
from collections.abc import Awaitable, Callable
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy
from sqlalchemy import text

from webdoc_app.services.work import runtime

_BOOKS = {
    "payments": "SELECT * FROM payments ORDER BY id",
    "attempts": "SELECT id, amount_minor, currency, captured_id, refunded_minor, fee_minor, dispute, receipt_url"
    " FROM payment_attempts ORDER BY id",
    "documents": "SELECT id, state, paid_minor, refunded_minor, processing_minor, disputed_minor, credited_minor,"
    " prepaid_minor FROM documents ORDER BY id",
    "events": "SELECT id, type FROM events ORDER BY id",
}


async def books() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the ledger, the money of every attempt, what every document has and shows, and the history."""
    async with runtime().engine.connect() as connection:
        return {
            name: [tuple(row) for row in await connection.execute(text(query))]
            for name, query in _BOOKS.items()
        }


async def states() -> dict[str, str]:
    """Each attempt's word."""
    async with runtime().engine.connect() as connection:
        rows = await connection.execute(text("SELECT id, state FROM payment_attempts"))
        return {row[0]: row[1] for row in rows}


def examples(strategy: SearchStrategy[Any], most: int, soak: int = 20) -> list[Any]:
    """So many different draws of a strategy, the same at every run; more of them under WEBDOC_SOAK=1."""
    found: list[Any] = []
    most *= soak if os.environ.get("WEBDOC_SOAK") == "1" else 1

    @settings(
        max_examples=most,
        derandomize=os.environ.get("WEBDOC_SOAK") != "1",
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def draw(value: Any) -> None:
        found.append(value)

    draw()
    return found


async def moves_nothing(act: Callable[[], Awaitable[Any]], what: object) -> None:
    """Does something, and compares the books before and after."""
    before = await books()
    await act()
    after = await books()
    assert after == before, what
