"""The attempts no webhook and no return told of: their providers are asked once their time has come.

Several at once, in fair turns of the companies: one whose provider does not answer waits for its own alone.
"""

import asyncio
import logging
import weakref
from collections import Counter
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import update
from sqlmodel import col, func, select

from webdoc_app.core.turns import FairTurns
from webdoc_app.integrations.payments.contract import PaymentsError
from webdoc_app.models import PaymentAttempt
from webdoc_app.services.settling import settle
from webdoc_app.services.work import reading, runtime, work

logger = logging.getLogger(__name__)
PLACES, EACH = 24, 2
"""Attempts asked about at once, and those of one company."""


@dataclass
class _Asking:
    """What a worker is asking about: attempt -> its company, and the task that asks."""

    turns: FairTurns = field(default_factory=lambda: FairTurns(PLACES, each=EACH))
    under_way: dict[str, tuple[str, "asyncio.Task[bool]"]] = field(default_factory=dict)


_by_loop: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Asking]" = weakref.WeakKeyDictionary()


async def settle_due(limit: int = 20) -> int:
    """Asks about those that are due, at most so many, and waits for all of them. Returns how many were asked about."""
    asked, begun = 0, 0
    waited_for: set[asyncio.Task[bool]] = set()
    while True:
        fresh = await begin_due(limit - begun)
        begun += len(fresh)
        waited_for |= set(fresh)
        if not waited_for:
            return asked
        done, waited_for = await asyncio.wait(waited_for, return_when=asyncio.FIRST_COMPLETED)
        asked += sum(task.result() for task in done)


async def begin_due(limit: int = PLACES) -> list["asyncio.Task[bool]"]:
    """Begins to ask about those that are due, of each company a few. Each task says whether it was the one to ask."""
    asking = _by_loop.setdefault(asyncio.get_running_loop(), _Asking())
    busy = Counter(company for company, _ in asking.under_way.values())
    begun: list[asyncio.Task[bool]] = []
    for attempt_id, company_id in await _due(asking.under_way.keys()) if limit > 0 else ():
        if len(begun) < limit and busy[company_id] < EACH and attempt_id not in asking.under_way:
            busy[company_id] += 1
            task = asyncio.create_task(_ask_about(asking, attempt_id, company_id))
            asking.under_way[attempt_id] = (company_id, task)
            begun.append(task)
    return begun


async def _ask_about(asking: _Asking, attempt_id: str, company_id: str) -> bool:
    try:
        async with asking.turns.turn(company_id):
            if not await _put_off(attempt_id):
                return False
            with suppress(PaymentsError):
                await settle(attempt_id)
            return True
    except Exception:
        logger.exception("attempt %s could not be asked about, going on", attempt_id)
        return True
    finally:
        asking.under_way.pop(attempt_id, None)


async def _due(under_way: Collection[str]) -> list[tuple[str, str]]:
    """Ids and companies; first the one that is due longest of each company, then the second ones."""
    rank = func.row_number().over(
        partition_by=col(PaymentAttempt.company_id), order_by=col(PaymentAttempt.next_check_at)
    )
    due = (
        select(PaymentAttempt.id, PaymentAttempt.company_id, PaymentAttempt.next_check_at, rank.label("rank"))
        .where(
            col(PaymentAttempt.next_check_at) <= runtime().clock(),
            col(PaymentAttempt.id).not_in(list(under_way)),
        )
        .subquery()
    )
    query = select(due.c.id, due.c.company_id).where(due.c.rank <= EACH)
    async with reading() as session:
        found = await session.exec(query.order_by(due.c.rank, due.c.next_check_at).limit(PLACES * 4))
        return [(str(id_), str(company)) for id_, company in found.all()]


async def _put_off(attempt_id: str) -> bool:
    """Of several workers one asks; where the provider does not answer, it is asked again later."""
    async with work() as w:
        claimed = await w.session.execute(
            update(PaymentAttempt)
            .where(col(PaymentAttempt.id) == attempt_id, col(PaymentAttempt.next_check_at) <= w.at)
            .values(next_check_at=w.at + timedelta(minutes=2))
        )
        return bool(claimed.rowcount)  # type: ignore[attr-defined]
